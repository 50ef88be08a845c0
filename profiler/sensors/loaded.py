"""Whether a process has really loaded the packages that are installed.

A module of a library's name would be measured in its place, under the installed version's name. The parent
says what is installed, and the process compares what it has loaded.
"""

import json
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from profiler.faults import FaultKind, HostFault

_NUMBERS = re.compile(r"\d+(\.\d+)*")


@dataclass(frozen=True)
class InstalledPackage:
    """A package as its metadata describe it: the module to import, its version, and the folder in which the
    module lies. The folder is None where the package is installed to be edited."""

    module: str
    version: str
    folder: str | None


@cache
def installed_package(name: str, module: str) -> InstalledPackage | None:
    """The installed package `name`, which is imported as `module`. None where it is not installed."""
    try:
        found = distribution(name)
    except PackageNotFoundError:
        return None
    folder = None if _is_edited(found) else str(Path(str(found.locate_file(""))).resolve())
    return InstalledPackage(module, found.version, folder)


def require(expected: Iterable[InstalledPackage]) -> None:
    """Refuse to measure with other packages than these.

    Raises:
        HostFault: this process has loaded another version, or a module of another folder. The detail names
            the version and the file.
    """
    for package in expected:
        module = sys.modules.get(package.module)
        version, file = getattr(module, "__version__", None), getattr(module, "__file__", None)
        if not (_is_same(version, package.version) and _lies_in(file, package.folder)):
            raise HostFault(
                FaultKind.OTHER_RUNTIME,
                f"{package.module} {version} of {file} was loaded, but {package.version} is installed in "
                f"{package.folder or 'a folder of source code'}.",
            )


def _is_same(loaded: object, installed: str) -> bool:
    """Whether two versions are of one release. Libraries add the number of a build to theirs, or drop it."""
    return isinstance(loaded, str) and _release(loaded) == _release(installed)


def _release(version: str) -> list[int]:
    match = _NUMBERS.match(version)
    numbers = [int(number) for number in match.group().split(".")] if match else []
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return numbers


def _lies_in(file: object, folder: str | None) -> bool:
    if folder is None:
        return True
    return isinstance(file, str) and Path(file).resolve().is_relative_to(Path(folder).resolve())


def _is_edited(found: Distribution) -> bool:
    text = found.read_text("direct_url.json")
    return bool(text and json.loads(text).get("dir_info", {}).get("editable"))
