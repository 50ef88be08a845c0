"""What the pages fetch beside their HTML: own files, and libraries out of the wheels that hold them.

Every address has the digest of all own files and of the libraries' versions in it, so a browser may keep a
file for good. Modules import each other by relative addresses, which stay within one digest.
"""

import gzip
import mimetypes
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

_OWN = Path(__file__).parent / "static"
# File of a library, by the name that pages use: its package, and its place in the package's folder.
_LIBRARIES = {
    "plotly.min.js": ("plotly", "package_data/plotly.min.js"),
    "swagger-ui-bundle.js": ("fastapi_offline", "static/swagger-ui-bundle.js"),
    "swagger-ui.css": ("fastapi_offline", "static/swagger-ui.css"),
}
_DISTRIBUTIONS = {"plotly": "plotly", "fastapi_offline": "fastapi-offline"}
_DIGITS = 12
# zlib's default: level 9 takes twice as long on plotly.js, and saves 1 %.
_COMPRESSION = 6


@dataclass(frozen=True)
class Asset:
    """A file as it is sent: `plain`, and `compressed` by gzip."""

    media_type: str
    plain: bytes
    compressed: bytes


def address(name: str) -> str:
    """The address of the file `name`, which changes whenever a file does."""
    return f"/static/{_digest()}/{name}"


def is_current(digest: str) -> bool:
    """Whether addresses with this digest lead to the files as they are now."""
    return digest == _digest()


@cache
def asset(name: str) -> Asset | None:
    """The file `name`, own or a library's. None where no page has such a file. It is read once."""
    path = _path(name)
    if path is None:
        return None
    plain = path.read_bytes()
    media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return Asset(media_type, plain, gzip.compress(plain, _COMPRESSION, mtime=0))


def _path(name: str) -> Path | None:
    if name in _LIBRARIES:
        package, place = _LIBRARIES[name]
        return _folder(package) / place
    return _own().get(name)


@cache
def _own() -> dict[str, Path]:
    return {path.name: path for path in sorted(_OWN.iterdir())}


def _folder(package: str) -> Path:
    """Where a package is installed. It is not imported: only its files are served."""
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError(f"The package {package} is not installed.")
    return Path(spec.submodule_search_locations[0])


@cache
def _digest() -> str:
    digest = sha256()
    for path in _own().values():
        digest.update(path.name.encode() + path.read_bytes())
    for distribution in _DISTRIBUTIONS.values():
        digest.update(version(distribution).encode())
    return digest.hexdigest()[:_DIGITS]
