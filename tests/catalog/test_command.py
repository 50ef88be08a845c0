import subprocess
import sys
from importlib.metadata import EntryPoint, PackageNotFoundError, entry_points, version
from inspect import cleandoc
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
import typer
from typer.main import get_command

from catalog import command, extras
from catalog.cli import app
from catalog.command import GROUP, main
from catalog.errors import ArchrankError, CatalogUnavailable
from catalog.extras import missing_packages


def greet(name: str) -> None:
    """Say hello."""
    typer.echo(f"hello {name}")


def fail() -> None:
    raise CatalogUnavailable("the disk [is] full", "make room: [rm] something")


def give_up() -> None:
    raise ArchrankError("nothing to be done")


def crash() -> None:
    raise ZeroDivisionError


many = typer.Typer(help="Several at once.")
many.command("greet")(greet)
many.command("fail")(fail)


@pytest.fixture
def _commands(monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands above in place of the installed ones; the extra that `fly` needs is missing."""
    module = ModuleType("stub_commands")
    vars(module).update(greet=greet, fail=fail, give_up=give_up, crash=crash, many=many)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    entries = [
        EntryPoint(name, f"{module.__name__}:{value}", GROUP)
        for name, value in {
            "many": "many",
            "greet": "greet [postgres]",
            "fail": "fail",
            "give-up": "give_up",
            "crash": "crash",
            "fly": "not_even_defined [wings]",
        }.items()
    ]
    monkeypatch.setattr(command, "entry_points", lambda group: entries if group == GROUP else [])
    monkeypatch.setattr(
        command, "missing_packages", lambda extra: ["feathers", "wax"] if extra == "wings" else []
    )


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """The exit code of `archrank ARGUMENTS`."""
    monkeypatch.setattr(sys, "argv", ["archrank", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    assert isinstance(ended.value.code, int)
    return ended.value.code


pytestmark = pytest.mark.usefixtures("_commands")


def test_a_function_is_a_subcommand(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "greet", "you") == 0
    assert capsys.readouterr() == ("hello you\n", "")


def test_an_application_is_a_group_of_subcommands(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "many", "greet", "you") == 0
    assert capsys.readouterr() == ("hello you\n", "")


def test_the_help_lists_every_subcommand_also_those_that_lack_an_extra(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    assert run(monkeypatch, "--help") == 0
    listed = capsys.readouterr().out
    for text in ("many", "Several at once.", "greet", "Say hello.", "fly", "pip install 'archrank[wings]'"):
        assert text in listed


@pytest.mark.parametrize("option", ["--version", "-V"])
def test_the_version_is_the_installed_distributions(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], option: str
) -> None:
    assert run(monkeypatch, option) == 0
    assert capsys.readouterr() == (f"archrank {version('archrank')}\n", "")


def imported_by(*arguments: str) -> tuple[list[str], set[str]]:
    """The lines that `archrank ARGUMENTS` prints, and the modules that it imports."""
    script = """
import sys
from catalog.command import main
sys.argv = ["archrank", *sys.argv[1:]]
try:
    main()
finally:
    print(*sys.modules)
"""
    command_line = [sys.executable, "-c", script, *arguments]
    done = subprocess.run(command_line, capture_output=True, text=True, check=True)
    *lines, modules = done.stdout.splitlines()
    return lines, set(modules.split())


HEAVY = {"numpy", "scipy", "sqlalchemy", "pydantic", "fastapi", "jinja2", "rich"}


def test_the_version_is_printed_before_anything_heavy_is_imported() -> None:
    lines, modules = imported_by("--version")
    assert lines == [f"archrank {version('archrank')}"]
    assert not {*HEAVY, "app", "profiler"} & modules


@pytest.mark.parametrize("arguments", [("--help",), ("recommend", "--help"), ("catalog", "--help")])
def test_help_is_printed_before_anything_heavy_is_imported(arguments: tuple[str, ...]) -> None:
    lines, modules = imported_by(*arguments)
    assert any("Usage: archrank" in line for line in lines)
    # Typer itself imports Pydantic for the options of a subcommand.
    assert not (HEAVY if arguments == ("--help",) else HEAVY - {"pydantic"}) & modules


def test_the_list_of_subcommands_imports_none_of_the_commands_that_are_functions() -> None:
    _, modules = imported_by("--help")
    functions = {
        entry.module
        for entry in entry_points(group=GROUP)
        if entry.module.partition(".")[0] in ("app", "profiler")
    }
    assert functions
    assert not functions & modules


def test_each_subcommand_is_listed_with_the_help_that_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    installed = {entry.name: entry for entry in entry_points(group=GROUP)}
    monkeypatch.setattr(command, "entry_points", lambda group: installed.values())
    monkeypatch.setattr(command, "missing_packages", lambda extra: [])
    subcommands = get_command(command.build()).commands  # type: ignore[attr-defined]
    # As in a process that has not imported the modules of the commands.
    with monkeypatch.context() as patch:
        for entry in installed.values():
            patch.delitem(sys.modules, entry.module, raising=False)
        listed = {name: subcommands.listed(name).help for name in installed}
    assert {name: cleandoc(text) for name, text in listed.items()} == {
        name: subcommands[name].help for name in installed
    }


def test_a_recommendation_imports_nothing_that_only_others_need(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARCHRANK_CATALOG_URL", f"sqlite:///{tmp_path / 'catalog.sqlite'}")
    imported_by("targets")  # it makes the catalog
    lines, modules = imported_by("recommend", "--target", "rtx-4090", "--min", "throughput_ips=0")
    assert any("rtx-4090" in line for line in lines)
    others = {
        "alembic",
        "fastapi",
        "jinja2",
        "sqlalchemy.dialects.postgresql",
        "app.questions.answers.training_plans",
        "app.contract.networks.cards",
        "app.contract.answers.comparisons",
        "app.presentation.documents.markdown",
        "catalog.reference.facts.training_data",
    }
    assert not others & modules


@pytest.mark.parametrize("arguments", [(), ("greet",), ("many",), ("many", "greet"), ("fly",)])
def test_h_is_short_for_help_everywhere(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    assert run(monkeypatch, *arguments, "--help") == 0
    long = capsys.readouterr()
    assert run(monkeypatch, *arguments, "-h") == 0
    assert capsys.readouterr() == long
    assert "Usage:" in long.out


def test_a_subcommand_is_imported_when_it_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delattr("stub_commands.many")  # its entry point leads nowhere now
    assert run(monkeypatch, "greet", "you") == 0
    assert capsys.readouterr().out == "hello you\n"
    with pytest.raises(AttributeError):
        run(monkeypatch, "many")


def test_a_misspelt_subcommand_is_answered_with_its_neighbour(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "gret") == 2
    assert "Did you mean 'greet'?" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [("fly",), ("fly", "--to", "the sun"), ("fly", "high")])
def test_a_subcommand_that_lacks_an_extra_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    assert run(monkeypatch, *arguments) == 2
    assert capsys.readouterr() == (
        "",
        "error: archrank fly needs feathers, wax.\n  Run `pip install 'archrank[wings]'`.\n",
    )


@pytest.mark.parametrize("arguments", [("fail",), ("many", "fail")], ids=["function", "group"])
def test_an_expected_error_is_one_message_with_its_remedy_and_exit_code_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    assert run(monkeypatch, *arguments) == 2
    assert capsys.readouterr() == ("", "error: the disk [is] full\n  make room: [rm] something\n")


def test_an_error_without_remedy_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "give-up") == 2
    assert capsys.readouterr() == ("", "error: nothing to be done\n")


def test_a_long_message_is_not_broken_into_lines(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    assert run(monkeypatch, "fail") == 2
    assert len(capsys.readouterr().err.splitlines()) == 2


def test_an_unexpected_error_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ZeroDivisionError):
        run(monkeypatch, "crash")


@pytest.mark.parametrize("arguments", [("no-such-command",), ("greet",), ("greet", "--no-such-option")])
def test_a_wrong_call_ends_in_exit_code_2_on_stderr(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    assert run(monkeypatch, *arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "Traceback" not in err


def test_the_installed_commands_have_the_catalogs() -> None:
    (entry,) = [entry for entry in entry_points(group=GROUP) if entry.name == "catalog"]
    assert entry.extras == []
    assert entry.load() is app


@pytest.mark.parametrize(
    ("extra", "missing"),
    [
        ("wings", ["feathers", "wax"]),
        ("postgres", []),
        ("dev", ["wax"]),
        ("no-such-extra", []),
    ],
)
def test_missing_packages_are_those_of_the_extra_that_are_not_installed(
    monkeypatch: pytest.MonkeyPatch, extra: str, missing: list[str]
) -> None:
    requires = [
        "alembic>=1.16",
        "not-installed-here; python_version < '3'",
        'feathers>=1; extra == "wings"',
        'numpy>=2; extra == "wings"',
        'wax[bees]; extra == "wings"',
        'psycopg[binary]>=3.2; extra == "postgres"',
        'wax; extra == "dev"',
        'tar; extra == "dev" and python_version < "3"',
    ]

    def distribution(name: str) -> SimpleNamespace:
        if name not in ("archrank", "numpy", "psycopg"):
            raise PackageNotFoundError(name)
        return SimpleNamespace(requires=requires)

    monkeypatch.setattr(extras, "distribution", distribution)
    assert missing_packages(extra) == missing


def test_a_build_for_gpus_counts_as_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    def distribution(name: str) -> SimpleNamespace:
        if name not in ("archrank", "onnxruntime-gpu"):
            raise PackageNotFoundError(name)
        return SimpleNamespace(requires=['onnxruntime; extra == "profiler"', 'onnx; extra == "profiler"'])

    monkeypatch.setattr(extras, "distribution", distribution)
    assert missing_packages("profiler") == ["onnx"]


def test_a_distribution_without_requirements_misses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extras, "distribution", lambda name: SimpleNamespace(requires=None))
    assert missing_packages("profiler") == []


def test_the_drivers_that_these_tests_use_are_not_missing() -> None:
    assert missing_packages("postgres") == []
