"""The README is a promise: what it names must exist."""

import re
from importlib.metadata import entry_points
from pathlib import Path

import pytest
import typer
from typer.main import get_command

from app.main import create_app
from app.settings import ServerSettings
from catalog.command import GROUP, build
from catalog.settings import CatalogSettings
from profiler.settings import ProfilerSettings

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
TEXTS = [README, *(path.read_text() for path in sorted((ROOT / "docs").rglob("*.md")))]


def test_every_make_target_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    commands = r"(?:^    |`)make\s([a-z-]+)"  # set as code, not the verb of a sentence
    named = {name for text in TEXTS for name in re.findall(commands, text, re.MULTILINE)}
    assert {"run", "test"} <= named
    assert named <= targets


def test_every_command_and_option_exists() -> None:
    root = get_command(build())
    named = [match for text in TEXTS for match in re.findall(r"\barchrank ([a-z][a-z -]*[^`\n]*)", text)]
    commands = {entry.name for entry in entry_points(group=GROUP)}
    used = [one for one in named if one.split()[0] in commands]
    assert {"profile", "recommend", "card", "serve", "doctor", "catalog"} <= {one.split()[0] for one in used}
    for one in used:
        words = one.split("#")[0].split()
        command = root.get_command(typer.Context(root), words[0])  # type: ignore[attr-defined]
        if words[0] == "catalog" and len(words) > 1:
            command = command.get_command(typer.Context(command), words[1].strip("`.,"))
        assert command is not None, one
        options = {option for parameter in command.params for option in parameter.opts}
        for word in re.findall(r"(--[a-z-]+)", " ".join(words)):
            assert word in options, f"{word} in {one!r}"


def test_every_route_exists() -> None:
    paths = create_app(ServerSettings()).openapi()["paths"]
    known = {re.sub(r"\{\w+\}", "{}", path) for path in paths}
    named = [route for text in TEXTS for route in re.findall(r"\b(GET|POST) (/[\w/{}.-]*)", text)]
    assert named
    for method, route in named:
        pattern = re.sub(r"\{\w+\}", "{}", route)
        exact = pattern if pattern in known else re.sub(r"/[^/]+$", "/{}", pattern)
        assert exact in known, route
        assert method.lower() in {
            name for path in paths if re.sub(r"\{\w+\}", "{}", path) == exact for name in paths[path]
        }


@pytest.mark.parametrize("settings", [ServerSettings, CatalogSettings, ProfilerSettings])
def test_every_setting_is_documented(
    settings: type[ServerSettings] | type[CatalogSettings] | type[ProfilerSettings],
) -> None:
    for field in settings.model_fields:
        assert f"ARCHRANK_{field.upper()}" in README


def test_every_setting_named_exists() -> None:
    fields = {*ServerSettings.model_fields, *CatalogSettings.model_fields, *ProfilerSettings.model_fields}
    named = {name for text in TEXTS for name in re.findall(r"ARCHRANK_([A-Z_]+)", text)}
    assert named <= {field.upper() for field in fields}
