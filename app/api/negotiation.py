"""Which representation a client accepts (RFC 9110, section 12.5.1)."""

from collections.abc import Sequence


def negotiated(accept: str, offered: Sequence[str]) -> str | None:
    """Which of the `offered` media types an `Accept` header prefers. Of equals, the first.

    A header that names none of them is passed over, and gets the first. None where it excludes all of them.
    """
    wishes = [_wish(part) for part in accept.split(",") if part.strip()]
    if not wishes:
        return offered[0]
    qualities = {media_type: _quality(media_type, wishes) for media_type in offered}
    stated = {media_type: quality for media_type, quality in qualities.items() if quality is not None}
    if not stated:
        return offered[0]
    best = max(stated, key=lambda media_type: stated[media_type] or 0)
    if stated[best]:
        return best
    return next((media_type for media_type in offered if media_type not in stated), None)


def accepts_gzip(accept_encoding: str) -> bool:
    """Whether an answer may be compressed with gzip, by RFC 9110. Without the header, it may not be."""
    wishes = dict(_wish(part) for part in accept_encoding.split(",") if part.strip())
    return wishes.get("gzip", wishes.get("*", 0.0)) > 0


def _quality(media_type: str, wishes: Sequence[tuple[str, float]]) -> float | None:
    """What the most specific wish says of the media type. None where none does."""
    kind, _, _ = media_type.partition("/")
    for range_ in (media_type, f"{kind}/*", "*/*"):
        qualities = [quality for wished, quality in wishes if wished == range_]
        if qualities:
            return max(qualities)
    return None


def _wish(part: str) -> tuple[str, float]:
    """A media range and its quality. A quality that is malformed counts as none, which is 1."""
    range_, *parameters = (piece.strip() for piece in part.split(";"))
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "q":
            try:
                quality = float(value)
            except ValueError:
                break
            # Not a number fails both comparisons.
            return range_.lower(), min(quality, 1.0) if quality >= 0 else 1.0
    return range_.lower(), 1.0
