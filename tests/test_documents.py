"""The documents about the code name rooms that exist, and the map shows every room that there is."""

import re
import tomllib
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("app", "catalog", "profiler")
ARCHITECTURE = ROOT / "docs" / "architecture.md"
ABOUT_CODE = (ARCHITECTURE, ROOT / "CONTRIBUTING.md")
DOCUMENTS = (*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md")))


def exists(place: str) -> bool:
    """Whether a folder, a file, or a module without its ending is there."""
    path = ROOT / place
    if place.endswith("/"):
        return path.is_dir()
    return path.exists() or path.with_name(f"{path.name}.py").is_file()


def map_entries() -> Iterator[str]:
    """The paths that the tree in docs/architecture.md shows; folders end in a slash."""
    tree = re.search(r"```\n(.*?)```", ARCHITECTURE.read_text(), re.DOTALL)
    assert tree is not None
    folders: list[str] = []
    for line in tree.group(1).splitlines():
        name = line.split()[0]
        depth = (len(line) - len(line.lstrip())) // 2
        folders[depth:] = [name]
        yield "".join(folders)


def rooms_in_order() -> dict[str, list[set[str]]]:
    """By package, the rooms of the import table from the top down; those of one level never meet."""
    table = ARCHITECTURE.read_text().partition("| package | from the top down |")[2].partition("\n\n")[0]
    rows = [line.strip("| ").split(" | ") for line in table.strip().splitlines()[1:]]
    return {package: [set(level.split(", ")) for level in levels.split(" > ")] for package, levels in rows}


def contracts() -> list[list[set[str]]]:
    """The layers of every contract of import-linter, with the names of rooms instead of modules."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    return [
        [
            {re.sub(rf"^({'|'.join(PACKAGES)})\.", "", room.strip("() ")) for room in level.split("|")}
            for level in contract["layers"]
        ]
        for contract in settings["contracts"]
        if contract["type"] == "layers"
    ]


MAP = list(map_entries())
ROOMS = rooms_in_order()


def test_the_map_shows_the_three_packages_and_their_tests() -> None:
    packages = [entry for entry in MAP if re.fullmatch(r"\w+/", entry)]
    assert packages == ["catalog/", "profiler/", "app/", "tests/"]
    assert len(MAP) == len(set(MAP))


@pytest.mark.parametrize("entry", MAP)
def test_every_entry_of_the_map_exists(entry: str) -> None:
    assert exists(entry)


@pytest.mark.parametrize("package", PACKAGES)
def test_every_room_is_on_the_map(package: str) -> None:
    children = (ROOT / package).iterdir()
    rooms = {f"{package}/{child.name}/" for child in children if (child / "__init__.py").is_file()}
    modules = {f"{package}/{child.stem}" for child in (ROOT / package).glob("[!_]*.py")}
    assert rooms | modules <= set(MAP)


@pytest.mark.parametrize("document", ABOUT_CODE, ids=lambda path: path.name)
def test_every_path_of_code_exists(document: Path) -> None:
    code = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", document.read_text(), flags=re.DOTALL))
    places = [text for text in code if re.match(r"(app|catalog|profiler|tests)/", text)]
    assert len(places) > 10
    assert [place for place in places if not exists(place)] == []


def test_every_room_of_the_import_table_exists() -> None:
    assert set(ROOMS) == {"all", *PACKAGES}
    places = [
        room if package == "all" else f"{package}/{room}"
        for package, levels in ROOMS.items()
        for level in levels
        for room in level
    ]
    assert [place for place in places if not exists(place)] == []


@pytest.mark.parametrize("package", ROOMS)
def test_the_import_table_says_what_the_contracts_say(package: str) -> None:
    assert ROOMS[package] in contracts()


def test_every_link_between_documents_leads_somewhere() -> None:
    links = [
        (document, link)
        for document in DOCUMENTS
        for link in re.findall(r"\]\(([^)\s]+)\)", document.read_text())
        if not re.match(r"https?:", link)
    ]
    assert len(links) > 20
    broken = []
    for document, link in links:
        place, _, heading = link.partition("#")
        path = document.parent / place if place else document
        if not path.exists() or (heading and heading not in headings(path)):
            broken.append(f"{document.name}: {link}")
    assert broken == []


def headings(document: Path) -> set[str]:
    """The anchors that GitHub gives to the headings of a document."""
    titles = re.findall(r"^#+ (.+)$", document.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize(("document", "word"), list(product(ABOUT_CODE, ("TODO", "(+)"))))
def test_nothing_is_announced(document: Path, word: str) -> None:
    assert word not in document.read_text()
