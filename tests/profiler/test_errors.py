"""The tree of errors that the docstring of their module draws."""

from profiler import errors


def test_the_tree_names_every_error_of_its_module() -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    classes = {kind.__name__ for kind in kinds if issubclass(kind, Exception)}
    named = {line.split()[0] for line in (errors.__doc__ or "").splitlines()[2:] if line.strip()}
    assert classes <= named
