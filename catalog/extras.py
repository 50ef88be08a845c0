"""Which optional packages are installed."""

from importlib.metadata import PackageNotFoundError, distribution

from packaging.requirements import Requirement

# Distributions that hold the same package, built for a GPU: installed in its stead.
GPU_BUILDS = {"onnxruntime": "onnxruntime-gpu"}
DISTRIBUTION = "archrank"


def missing_packages(extra: str) -> list[str]:
    """The packages of the extra, and of the extras that it names, that are not installed."""
    missing: list[str] = []
    for line in distribution(DISTRIBUTION).requires or ():
        requirement = Requirement(line)
        if requirement.marker is None or "extra" not in str(requirement.marker):
            continue
        if requirement.marker.evaluate({"extra": extra}):
            for named in requirement.extras if requirement.name == DISTRIBUTION else ():
                missing += missing_packages(named)
            names = (requirement.name, GPU_BUILDS.get(requirement.name, requirement.name))
            if not any(map(_is_installed, names)):
                missing.append(requirement.name)
    return missing


def _is_installed(name: str) -> bool:
    try:
        distribution(name)
    except PackageNotFoundError:
        return False
    return True
