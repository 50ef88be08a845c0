"""Which CPUs share a core, which cores are of one kind, and which CPUs are chosen."""

from pathlib import Path

import pytest

from catalog.machine.topology import CoreKind, chosen_cpus, core_kinds
from tests.catalog.machine.trees import CPUS, cpus, i7_12700h, plant


def test_a_machine_that_says_nothing_has_cores_of_one_kind(tmp_path: Path) -> None:
    assert core_kinds({0, 1, 2, 3}, tmp_path) == [CoreKind(None, (0, 1, 2, 3))]


def test_performance_cores_come_before_efficient_ones(tmp_path: Path) -> None:
    plant(tmp_path, i7_12700h())
    assert core_kinds(set(range(20)), tmp_path) == [
        CoreKind("performance", tuple(range(12))),
        CoreKind("efficient", tuple(range(12, 20))),
    ]


def test_efficient_cores_are_named_so_also_where_they_alone_are_allowed(tmp_path: Path) -> None:
    """As with `taskset -c 12-15`: the machine has others."""
    plant(tmp_path, i7_12700h())
    assert core_kinds({12, 13, 14, 15}, tmp_path) == [CoreKind("efficient", (12, 13, 14, 15))]


@pytest.mark.parametrize(
    ("files", "kinds"),
    [
        # Rockchip RK3588: four Cortex-A55 and four Cortex-A76.
        (
            cpus(8, capacity={**dict.fromkeys(range(4), 530), **dict.fromkeys(range(4, 8), 1024)}),
            [("performance", (4, 5, 6, 7)), ("efficient", (0, 1, 2, 3))],
        ),
        # A phone's chip: the prime core and the big ones are one kind.
        (
            cpus(8, capacity={0: 280, 1: 280, 2: 280, 3: 280, 4: 801, 5: 801, 6: 801, 7: 1024}),
            [("performance", (4, 5, 6, 7)), ("efficient", (0, 1, 2, 3))],
        ),
        # Three kinds.
        (
            cpus(6, capacity={0: 200, 1: 200, 2: 500, 3: 500, 4: 1024, 5: 1024}),
            [("performance", (4, 5)), ("efficient", (2, 3)), ("low power", (0, 1))],
        ),
        # AMD's Zen 5 and Zen 5c, by their clocks.
        (
            cpus(4, khz={0: 5_100_000, 1: 5_100_000, 2: 3_300_000, 3: 3_300_000}),
            [("performance", (0, 1)), ("efficient", (2, 3))],
        ),
        # Cores of one kind that reach different clocks.
        (cpus(4, khz={0: 5_000_000, 1: 5_200_000, 2: 4_700_000, 3: 4_800_000}), [(None, (0, 1, 2, 3))]),
        (cpus(4, capacity=dict.fromkeys(range(4), 1024)), [(None, (0, 1, 2, 3))]),
        # One CPU lacks the file.
        (cpus(4, capacity={0: 1024, 1: 1024, 2: 1024}), [(None, (0, 1, 2, 3))]),
    ],
)
def test_kinds_follow_from_capacities_and_else_from_clocks(
    files: dict[str, str], kinds: list[tuple[str | None, tuple[int, ...]]], tmp_path: Path
) -> None:
    plant(tmp_path, files)
    allowed = {cpu for _, cpus_ in kinds for cpu in cpus_}
    assert core_kinds(allowed, tmp_path) == [CoreKind(*kind) for kind in kinds]


@pytest.mark.parametrize(
    ("count", "chosen"),
    [(1, [11]), (2, [9, 11]), (6, [1, 3, 5, 7, 9, 11]), (7, [1, 3, 5, 7, 9, 10, 11]), (12, list(range(12)))],
)
def test_threads_get_fast_cores_of_their_own_before_they_share_any(
    count: int, chosen: list[int], tmp_path: Path
) -> None:
    plant(tmp_path, i7_12700h())
    assert chosen_cpus(range(20), count, tmp_path) == chosen


def test_efficient_cores_are_chosen_where_they_alone_are_allowed(tmp_path: Path) -> None:
    plant(tmp_path, i7_12700h())
    assert chosen_cpus(range(12, 20), 2, tmp_path) == [18, 19]


def test_cores_of_two_kinds_are_never_mixed(tmp_path: Path) -> None:
    plant(tmp_path, i7_12700h())
    assert chosen_cpus(range(20), 20, tmp_path) == list(range(12))
    assert chosen_cpus({11, 12, 13}, 2, tmp_path) == [11]


@pytest.mark.parametrize(
    ("siblings", "count", "chosen"),
    [
        ([(0, 2), (1, 3)], 2, [2, 3]),
        ([(0, 1), (2, 3)], 2, [1, 3]),
        ([(0, 1), (2, 3)], 3, [1, 2, 3]),
        ([(0, 1), (2, 3)], 1, [3]),
        ([(0, 4), (1, 5), (2, 6), (3, 7)], 4, [4, 5, 6, 7]),
        ([(0, 1)], 1, [1]),
        ([(0, 1)], 2, [0, 1]),
        ([(0, 1, 2, 3), (4, 5, 6, 7)], 3, [3, 6, 7]),
    ],
)
def test_two_threads_share_a_core_only_where_no_other_is_left(
    siblings: list[tuple[int, ...]], count: int, chosen: list[int], tmp_path: Path
) -> None:
    everything = sorted(cpu for core in siblings for cpu in core)
    plant(tmp_path, cpus(len(everything), siblings=siblings))
    assert chosen_cpus(everything, count, tmp_path) == chosen


def test_where_nothing_is_known_of_cores_the_last_cpus_are_chosen(tmp_path: Path) -> None:
    assert chosen_cpus([3, 5, 6, 7], 2, tmp_path) == [6, 7]
    assert chosen_cpus([3, 5, 6, 7], 9, tmp_path) == [3, 5, 6, 7]


def test_newer_kernels_list_siblings_under_another_name(tmp_path: Path) -> None:
    plant(tmp_path, {f"{CPUS}/cpu{cpu}/topology/core_cpus_list": "0-1\n" for cpu in (0, 1)})
    assert chosen_cpus([0, 1, 2], 2, tmp_path) == [1, 2]


def test_this_machine_s_cpus_can_be_chosen() -> None:
    assert len(chosen_cpus([0], 1)) == 1


def test_what_no_kernel_writes_costs_neither_time_nor_memory(tmp_path: Path) -> None:
    plant(tmp_path, {"sys/devices/cpu_core/cpus": "0-99999999999,7-\n", **cpus(2)})
    (tmp_path / CPUS / "cpu0" / "cpu_capacity").parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / CPUS / "cpu0" / "cpu_capacity").write_bytes(b"\xff\n")
    (kind,) = core_kinds({0, 1}, tmp_path)
    assert kind.cpus == (0, 1)
