"""What README and the manual name must exist, and what exists must be named there."""

import re
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from app.main import create_app
from app.settings import ServerSettings
from catalog.command import GROUP, build
from catalog.settings import CatalogSettings, DatabaseSettings, PushSettings, Settings
from profiler.settings import ProfilerSettings

ROOT = Path(__file__).parents[2]
# What users read: every command, option, route and setting is named in one of these.
MANUAL_FILES = ("README.md", "docs/commands.md", "docs/api.md", "docs/measuring.md")
MANUAL = "\n".join((ROOT / name).read_text() for name in MANUAL_FILES)
DOCUMENTS = [
    path.read_text() for path in (*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md")))
]
# What a CI job's script reads itself (docs/ci/gitlab-ci.yml), and no command does.
OF_A_JOB = {"URL"}
SETTINGS = (ServerSettings, PushSettings, CatalogSettings, DatabaseSettings, ProfilerSettings)


def subcommands(group: object, prefix: str = "") -> Iterator[tuple[str, TyperCommand]]:
    """Every command below `group` with its words after `archrank`, the groups themselves left out."""
    assert isinstance(group, TyperGroup)
    for name, command in group.commands.items():
        if isinstance(command, TyperCommand):
            yield prefix + name, command
        else:
            yield from subcommands(command, f"{prefix}{name} ")


def options_of(command: TyperCommand) -> set[str]:
    """The long options of a command, those that switch something off included."""
    return {
        option
        for parameter in command.params
        for option in (*parameter.opts, *parameter.secondary_opts)
        if option.startswith("--")
    }


COMMANDS = dict(subcommands(get_command(build())))


def usages() -> Iterator[tuple[str, str]]:
    """Each use of a command in a document: the command's name, and the rest of the line or of the code."""
    registered = {entry.name for entry in entry_points(group=GROUP)}
    for document in DOCUMENTS:
        for usage in re.findall(r"\barchrank ([a-z][a-z -]*[^`\n]*)", document):
            first, *others = usage.split("#")[0].split()
            if first not in registered:
                continue
            if first in COMMANDS:
                yield first, usage
            elif others:
                yield f"{first} {others[0].strip('`.,')}", usage


def open_ended(route: str) -> str:
    """The route with every path parameter written alike."""
    return re.sub(r"\{\w+\}", "{}", route)


def served() -> set[tuple[str, str]]:
    """Method and route of every operation of the API."""
    paths = create_app(ServerSettings()).openapi()["paths"]
    return {(method.upper(), open_ended(path)) for path in paths for method in paths[path]}


def test_every_make_target_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    commands = r"(?:^    |`)make\s([a-z-]+)"  # set as code, not the verb of a sentence
    named = {name for text in DOCUMENTS for name in re.findall(commands, text, re.MULTILINE)}
    assert {"run", "test"} <= named
    assert named <= targets


def test_every_command_named_exists_with_its_options() -> None:
    seen = list(usages())
    assert {"profile", "recommend", "card", "serve", "doctor", "catalog export"} <= {name for name, _ in seen}
    for name, usage in seen:
        assert name in COMMANDS, usage
        for option in re.findall(r"(?<![\w-])(--[a-z-]+)", usage):
            assert option in options_of(COMMANDS[name]), f"{option} in {usage!r}"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_in_the_manual(name: str) -> None:
    assert re.search(rf"`archrank {name}\b", MANUAL)


@pytest.mark.parametrize(
    ("name", "option"), [(name, option) for name in COMMANDS for option in sorted(options_of(COMMANDS[name]))]
)
def test_every_option_is_in_the_manual(name: str, option: str) -> None:
    if option != "--help":
        assert re.search(rf"(?<![\w-]){option}(?![\w-])", MANUAL), name


def test_every_option_named_alone_is_an_option_of_some_command() -> None:
    options = {option for command in COMMANDS.values() for option in options_of(command)}
    named = set(re.findall(r"`(--[a-z][a-z-]*)", MANUAL))
    assert {"--interval-target", "--precision-target"} <= named
    assert named <= options


def test_every_route_named_exists() -> None:
    operations = served()
    for text in DOCUMENTS:
        for method, route in re.findall(r"\b(GET|POST|PUT|PATCH|DELETE) (/[\w/{}.-]*)", text):
            pattern = open_ended(route)
            parent = re.sub(r"/[^/]+$", "/{}", pattern)  # a route with its parameter filled in
            assert (method, pattern) in operations or (method, parent) in operations, f"{method} {route}"


def test_every_route_is_in_the_manual() -> None:
    named = {
        (method, open_ended(route)) for method, route in re.findall(r"`([A-Z]+) (/[\w/{}.-]*)[`?]", MANUAL)
    }
    assert served() <= named


@pytest.mark.parametrize("settings", SETTINGS)
def test_every_setting_is_in_the_manual(settings: type[Settings]) -> None:
    for field in settings.model_fields:
        assert f"`ARCHRANK_{field.upper()}`" in MANUAL


def test_every_setting_named_exists() -> None:
    fields = {field.upper() for settings in SETTINGS for field in settings.model_fields}
    named = {name for text in DOCUMENTS for name in re.findall(r"ARCHRANK_([A-Z_]+)", text)}
    assert named - OF_A_JOB <= fields


def test_the_readme_is_one_page_with_a_small_picture() -> None:
    text = (ROOT / "README.md").read_text()
    assert len(text.splitlines()) <= 80
    (picture,) = re.findall(r"!\[[^]]+\]\((\S+\.svg)\)", text)
    assert 0 < (ROOT / picture).stat().st_size < 150_000
