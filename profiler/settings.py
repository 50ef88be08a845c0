"""Where artefacts are cached. It is read from environment variables that begin with ARCHRANK_."""

from pathlib import Path
from typing import Annotated

import platformdirs
from pydantic import AfterValidator, Field

from catalog.settings import Settings


def _in_folder(path: Path) -> Path:
    """The same path, when it is a folder or can become one.

    Raises:
        ValueError: a file is in the way, or a folder that may not be read, or this user has no home, or the
            name is not UTF-8, which the runtimes need.
    """
    str(path).encode()
    if path.parts[:1] == ("~",):  # a user without an entry in the system's list, as in many containers
        raise ValueError
    places = (path.absolute(), *path.absolute().parents)
    try:
        possible = next(place for place in places if place.exists()).is_dir()
    except OSError as error:
        raise ValueError from error
    if not possible:
        raise ValueError
    return path


class ProfilerSettings(Settings):
    """`ARCHRANK_CACHE_DIR`: folder of the artefacts. `ARCHRANK_CACHE_GB`: what it may hold (10^9 bytes)."""

    cache_dir: Annotated[Path, AfterValidator(_in_folder)] = Field(
        default_factory=lambda: Path(platformdirs.user_cache_path("archrank")),
        description="a folder whose name is UTF-8",
    )
    cache_gb: float = Field(
        default=20.0, ge=0, allow_inf_nan=False, description="a number of gigabytes of at least 0"
    )
