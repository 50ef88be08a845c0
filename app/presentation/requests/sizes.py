"""Sizes of images as people write them."""

from app.contract.common.fields import MOST_PIXELS
from app.errors import InvalidSize


def parse_size(text: str) -> dict[str, int]:
    """The field `typical_image` from WIDTHxHEIGHT: `width` and `height`, in pixels.

    Raises:
        InvalidSize: a text of another form.
    """
    width, _, height = text.strip().lower().partition("x")
    sides = [
        int(side) if side.isdecimal() and len(side) <= len(str(MOST_PIXELS)) else 0
        for side in (width, height)
    ]
    if not all(0 < side <= MOST_PIXELS for side in sides):
        raise InvalidSize(
            f"The size of your images, {text!r}, is not WIDTHxHEIGHT.", "Give the size in pixels, as 640x480."
        )
    return {"width": sides[0], "height": sides[1]}
