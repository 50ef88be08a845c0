"""Which optional packages are installed."""

from importlib.metadata import PackageNotFoundError, distribution

# Distributions that hold the same package, built for a GPU: installed in its stead.
GPU_BUILDS = {"onnxruntime": "onnxruntime-gpu"}
DISTRIBUTION = "archrank"


def missing_packages(extra: str) -> list[str]:
    """The packages of the extra, and of the extras that it names, that are not installed."""
    from packaging.requirements import Requirement  # noqa: PLC0415 - few commands need an extra

    missing: list[str] = []
    for line in distribution(DISTRIBUTION).requires or ():
        if not _names_extra(line, extra):
            continue
        requirement = Requirement(line)
        if requirement.marker is not None and requirement.marker.evaluate({"extra": extra}):
            for named in requirement.extras if requirement.name == DISTRIBUTION else ():
                missing += missing_packages(named)
            names = (requirement.name, GPU_BUILDS.get(requirement.name, requirement.name))
            if not any(map(_is_installed, names)):
                missing.append(requirement.name)
    return missing


def _names_extra(line: str, extra: str) -> bool:
    return f'"{extra}"' in line or f"'{extra}'" in line


def _is_installed(name: str) -> bool:
    try:
        distribution(name)
    except PackageNotFoundError:
        return False
    return True
