import math
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from fnmatch import fnmatchcase
from itertools import chain
from pathlib import Path
from typing import get_args, get_type_hints

import pytest

from catalog.entities.networks import Workload
from catalog.reference.speeds import published
from catalog.reference.speeds.published import WorkloadIndex, describe
from catalog.reference.speeds.timm_results import ACCURACY_FILES, SourceFile
from catalog.reference.texts import families as module_under_test
from catalog.reference.texts.families import Claim, Family, families, families_of
from catalog.words.metrics import Metric, Subject
from catalog.words.vocabulary import Dataset
from tests.builders import success_of
from tests.reference_tables import WHOLE

ALL = tuple(families().values())
CLAIMS = tuple((family, claim) for family in ALL for claim in family.claims)


# The texts


@pytest.mark.parametrize("family", ALL, ids=lambda family: family.slug)
def test_a_family_is_described_in_full(family: Family) -> None:
    assert family.kind in {"convolutional", "transformer", "hybrid", "mlp", "state_space", "detector"}
    assert 1980 < family.year < 2030
    assert all((family.title, family.paper))
    for text in (family.introduced, family.strengths, family.drawbacks, family.choose_when):
        assert 30 <= len(text) <= 900
    assert family.url is None or family.url.startswith("https://")
    assert family.predecessor is None or family.predecessor in families()
    assert family.predecessor != family.slug
    assert bool(family.module) == bool(family.architectures)


def test_no_family_is_its_own_ancestor() -> None:
    for family in ALL:
        ancestors, one = [], family
        while one.predecessor is not None:
            assert one.predecessor not in ancestors
            ancestors.append(one.predecessor)
            one = families()[one.predecessor]


def test_families_are_sorted() -> None:
    assert list(families()) == sorted(families())


def test_every_module_has_a_file_of_its_own() -> None:
    modules = {family.module for family in ALL if family.module is not None}
    assert modules <= families().keys()


# Which families describe an architecture


def write_family(folder: Path, slug: str, module: str | None, *architectures: str) -> None:
    facts = ["title", "kind", "paper", "introduced", "strengths", "drawbacks", "choose_when"]
    lines = [f'{name} = "{slug}"' for name in facts]
    if module is not None:
        lines += [f'module = "{module}"', f"architectures = {list(architectures)}"]
    (folder / f"{slug}.toml").write_text("\n".join(["year = 2020", *lines]))


def forget_families() -> None:
    """Let the files be read again."""
    for member in vars(module_under_test).values():
        if hasattr(member, "cache_clear"):
            member.cache_clear()


@pytest.fixture
def toys(tmp_path: Path) -> Iterator[None]:
    """Made-up families in the place of those that ship."""
    write_family(tmp_path, "bigtoy", "toys", "toy_big*")
    write_family(tmp_path, "hugetoy", "toys", "toy_bigger*", "*_bigger_than_ever")
    write_family(tmp_path, "toys", "toys", "toy_*")
    write_family(tmp_path, "strangers", "strangers", "*")
    write_family(tmp_path, "orphans", None)
    write_family(tmp_path, "half", "headless", "half_*")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module_under_test, "_FOLDER", tmp_path)
        forget_families()
        yield
    forget_families()


def slugs(architecture: str, module: str | None) -> list[str]:
    return [family.slug for family in families_of(architecture, module)]


@pytest.mark.usefixtures("toys")
@pytest.mark.parametrize(
    ("architecture", "expected"),
    [
        ("toy_small", ["toys"]),
        ("toy_big_1", ["bigtoy", "toys"]),
        ("toy_bigger_1", ["hugetoy", "toys"]),
        ("toy_big_bigger_than_ever", ["hugetoy", "toys"]),
        ("Toy_small", ["toys"]),
        ("no_toy", ["toys"]),
    ],
    ids=[
        "only the module",
        "a longer pattern",
        "a still longer one",
        "the longest of several of a family",
        "cases differ, so only the module",
        "no pattern, so only the module",
    ],
)
def test_the_longest_pattern_wins_and_the_modules_own_comes_last(
    architecture: str, expected: list[str]
) -> None:
    assert slugs(architecture, "toys") == expected


@pytest.mark.usefixtures("toys")
def test_patterns_reach_no_further_than_their_module() -> None:
    assert slugs("toy_big_1", "strangers") == ["strangers"]
    assert slugs("toy_big_1", "a module without texts") == []
    assert slugs("toy_big_1", None) == []


@pytest.mark.usefixtures("toys")
def test_a_module_may_lack_a_file_of_its_own() -> None:
    assert slugs("half_1", "headless") == ["half"]
    assert slugs("other", "headless") == []


@pytest.mark.parametrize(
    ("architecture", "module", "expected"),
    [
        ("resnet50", "resnet", ["resnet"]),
        ("resnext50_32x4d", "resnet", ["resnext", "resnet"]),
        ("wide_resnet50_2", "resnet", ["wide_resnet", "resnet"]),
        ("vgg16_bn", "vgg", ["vgg"]),
    ],
)
def test_well_known_networks_have_their_families(architecture: str, module: str, expected: list[str]) -> None:
    assert slugs(architecture, module) == expected


def test_no_two_patterns_of_one_length_claim_an_architecture() -> None:
    for architecture in WHOLE.architectures():
        lengths = {
            family.slug: max(len(pattern) for pattern in matching)
            for family in ALL
            if family.module == architecture.family
            if (matching := [one for one in family.architectures if fnmatchcase(architecture.name, one)])
        }
        assert list(lengths.values()).count(max(lengths.values())) == 1, (architecture.name, lengths)


def test_every_pattern_finds_an_architecture() -> None:
    names = defaultdict(list)
    for architecture in WHOLE.architectures():
        names[architecture.family].append(architecture.name)
    for family in ALL:
        for pattern in family.architectures:
            assert any(fnmatchcase(name, pattern) for name in names[family.module or ""]), (
                family.slug,
                pattern,
            )


# Claims


Values = Mapping[tuple[str, Metric], float]


@dataclass(frozen=True)
class Numbers:
    """What the tables say of architectures by their name and a metric; of checkpoints for top1.

    `speeds` holds, by target, what each published run measured.
    """

    counts: Values
    top1: Mapping[str, float]
    speeds: Mapping[str, list[Values]]

    def pairs(self, claim: Claim) -> Iterator[tuple[float, float]]:
        """The two numbers that a claim compares, in each run that has both."""
        if claim.metric is Metric.TOP1:
            yield self.top1[claim.left], self.top1[claim.right]
        elif claim.target is None:
            yield self.counts[claim.left, claim.metric], self.counts[claim.right, claim.metric]
        else:
            left, right = (claim.left, claim.metric), (claim.right, claim.metric)
            for values in self.speeds[claim.target]:
                if left in values and right in values:
                    yield values[left], values[right]


@pytest.fixture(scope="module")
def numbers() -> Numbers:
    workloads, architectures = WHOLE.workloads(), WHOLE.architectures()
    default = {Workload(one.name, one.num_classes, one.native_size) for one in architectures}
    counts: dict[tuple[str, Metric], float] = {}
    for one in workloads:
        if one.workload in default and one.counts is not None:
            counts[one.workload.architecture, Metric.PARAMS_M] = one.counts.params_m
            counts[one.workload.architecture, Metric.GMACS] = one.counts.gmacs
    top1: dict[str, float] = {}
    for accuracy in chain.from_iterable(WHOLE.accuracies().values()):
        if accuracy.dataset == Dataset.IMAGENET_VAL:
            top1[accuracy.checkpoint] = max(accuracy.top1, top1.get(accuracy.checkpoint, 0))
    return Numbers(counts, top1, _speeds(WorkloadIndex.of(workloads, WHOLE.aliases())))


def _speeds(known: WorkloadIndex) -> Mapping[str, list[Values]]:
    sizes = {one.name: one.native_size for one in WHOLE.architectures()}
    found: dict[str, list[Values]] = defaultdict(list)
    for source, rows in WHOLE.speeds().items():
        found[describe(source.name).target.id].append(
            {
                (one.workload.architecture, value.metric): value.value
                for one in published.measurements(source, rows, known)
                if one.workload.input_size == sizes[one.workload.architecture]
                for value in success_of(one).values
                if value.value is not None
            }
        )
    return found


def test_there_are_claims_of_every_kind() -> None:
    assert {claim.metric for _, claim in CLAIMS} == {
        Metric.PARAMS_M,
        Metric.GMACS,
        Metric.TOP1,
        Metric.THROUGHPUT_IPS,
        Metric.LATENCY_MS,
    }


def is_speed(source: SourceFile) -> bool:
    return source.name not in ACCURACY_FILES


TARGETS = {describe(source.name).target.id for source in WHOLE.sources().values() if is_speed(source)}


@pytest.mark.parametrize(
    ("family", "claim"), CLAIMS, ids=[f"{family.slug}: {claim.text}" for family, claim in CLAIMS]
)
def test_a_claim_is_well_formed(family: Family, claim: Claim) -> None:
    assert claim.text
    assert claim.relation in get_args(get_type_hints(Claim)["relation"])
    assert claim.factor > 0
    assert claim.left != claim.right
    if claim.metric.subject is Subject.CASE:
        assert claim.target in TARGETS
    else:
        assert claim.target is None
    for field in fields(Claim):
        value = getattr(claim, field.name)
        assert value is None or isinstance(value, str | float | int)


@pytest.mark.parametrize(
    ("family", "claim"), CLAIMS, ids=[f"{family.slug}: {claim.text}" for family, claim in CLAIMS]
)
def test_a_claim_holds_in_the_tables(family: Family, claim: Claim, numbers: Numbers) -> None:
    pairs = list(numbers.pairs(claim))
    assert pairs, "no run has both"
    for left, right in pairs:
        bound = claim.factor * right
        assert left < bound if claim.relation == "<" else left > bound, pairs


@pytest.mark.parametrize(
    "claim", [claim for _, claim in CLAIMS if claim.metric is Metric.TOP1], ids=lambda claim: claim.text
)
def test_accuracies_that_a_claim_compares_differ_beyond_their_intervals(
    claim: Claim, numbers: Numbers
) -> None:
    ((left, right),) = numbers.pairs(claim)
    assert abs(left - right) > _half_width(left) + _half_width(right)


def _half_width(top1: float) -> float:
    """Of the 95 % interval of an accuracy on ImageNet's 50,000 validation images, in points."""
    share = top1 / 100
    return 1.96 * 100 * math.sqrt(share * (1 - share) / Dataset.IMAGENET_VAL.images)


def test_a_run_that_contradicts_a_claim_would_be_seen(numbers: Numbers) -> None:
    ghosts = Claim("", Metric.THROUGHPUT_IPS, "repghostnet_100", ">", "ghostnet_100", target="rtx-4090")
    verdicts = {left > right for left, right in numbers.pairs(ghosts)}
    assert verdicts == {True, False}
