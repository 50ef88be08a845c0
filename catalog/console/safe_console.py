"""A console on which no text that came from elsewhere commands the terminal."""

from typing import Any

from rich.console import Console
from rich.text import Text

from catalog.words.texts import is_line, visible


class SafeConsole(Console):
    """Shows what is not seen, so that no text that came from elsewhere commands the terminal.

    Each text is one line. A line break in it is shown, too.
    """

    def render_str(self, text: str, **options: Any) -> Text:
        """`text` as this console shows it."""
        return super().render_str(visible(text), **options)

    def print(self, *objects: Any, **options: Any) -> None:
        """Print the objects, which are texts or what rich renders."""
        super().print(*map(_visible, objects), **options)


def _visible(shown: Any) -> Any:
    if isinstance(shown, Text) and not is_line(shown.plain):
        return Text(visible(shown.plain), style=shown.style)
    return shown
