"""A user's project whose modules have the names of ours and of the libraries that are measured."""

from pathlib import Path

TRAP = "A module of the working folder was imported."
_PACKAGES = ("app", "catalog", "tests")
_MODULES = ("profiler", "torch", "torchvision", "timm", "numpy", "onnx", "onnxruntime", "openvino", "json")


def set_traps(folder: Path) -> Path:
    """Fill the folder with modules that fail when they are imported, and return it."""
    folder.mkdir(exist_ok=True)
    files = [folder / f"{name}.py" for name in _MODULES]
    for name in _PACKAGES:
        (folder / name).mkdir()
        files.append(folder / name / "__init__.py")
    for file in files:
        file.write_text(f"raise RuntimeError({TRAP!r})\n")
    return folder
