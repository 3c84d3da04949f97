"""What a person sees of a text: the one place that knows which characters draw nothing.

Whatever is typed goes through here before it is previewed, judged or written, and whatever came from outside
before it is shown, so that what people see is all there is.
"""

import re
import unicodedata

_SPACE = re.compile(r"\s+")
_SURROGATE = re.compile("[\ud800-\udfff]")
_BLANK = re.compile("[\u115f\u1160\u2800\u3164\uffa0\U0001d159]")
"""Letters and symbols that are drawn as an empty place."""
_HIDDEN = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u034f\u061c\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f"
    "\u202a-\u202e\u2060-\u206f\ufeff\ufff0-\ufffb\U00016fe4\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e001f\U000e0080-\U000e00ff\U000e01f0-\U000e0fff]"
)
"""Controls, bidirectional marks, zero-width spaces, fillers, and what else Unicode says to ignore."""
_DEPENDENT = re.compile("[\u200c\u200d\ufe00-\ufe0f\U000e0020-\U000e007f\U000e0100-\U000e01ef]")
"""Joiners, variation selectors and tags: part of some letters and emoji, and nothing elsewhere."""
_STACKED = re.compile(
    "([\u0300-\u036f\u0488\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]{3})"
    "[\u0300-\u036f\u0488\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+"
)
"""More marks on one letter than any language stacks: they would run over the lines around."""
_JOINERS = "\u200c\u200d"
_KEYCAP = "\u20e3"
_BLACK_FLAG = "\U0001f3f4"


def visible(text: str) -> str:
    """One line as it is seen: white space runs are a space, lone surrogates U+FFFD, towers of marks cut."""
    if text.isascii() and text.isprintable() and "  " not in text:
        return text.strip()
    spaced = _BLANK.sub(" ", _HIDDEN.sub("", _SURROGATE.sub("\ufffd", text)))
    if _DEPENDENT.search(spaced):
        spaced = _without_loose(spaced)
    return _SPACE.sub(" ", _STACKED.sub(r"\1", spaced)).strip()


def visible_lines(text: str) -> str:
    """The same of several lines, without empty ones at either end."""
    return "\n".join(visible(line) for line in text.splitlines()).strip()


def hides(text: str) -> bool:
    """Whether it holds anything that cannot be seen, other than white space."""
    return visible(text) != " ".join(text.split())


def _without_loose(text: str) -> str:
    """Without joiners, selectors and tags that belong to nothing."""
    visible = ""
    for place, char in enumerate(text):
        if not _DEPENDENT.match(char) or _belongs(char, visible[-1:], text[place + 1 : place + 2]):
            visible += char
    return visible


def _belongs(char: str, before: str, after: str) -> bool:
    if char in _JOINERS:
        # What depends on a letter cannot be joined to one, and may itself be left out.
        return _joins(before) and _joins(after) and not _DEPENDENT.match(after)
    if "\U000e0020" <= char <= "\U000e007f":
        return before == _BLACK_FLAG or "\U000e0020" <= before <= "\U000e007f"
    return after == _KEYCAP or _varies(before)


def _joins(char: str) -> bool:
    """Whether a joiner next to it can be seen: in emoji, and in scripts whose letters take other shapes."""
    if not char:
        return False
    category = unicodedata.category(char)
    if category == "Lo":
        return unicodedata.east_asian_width(char) == "N"
    return category in ("So", "Sk", "Mn", "Mc")


def _varies(char: str) -> bool:
    """Whether there are variants of it: emoji and other symbols, and Chinese characters."""
    if not char:
        return False
    if unicodedata.category(char) == "Lo":
        return unicodedata.east_asian_width(char) == "W"
    return unicodedata.category(char) in ("So", "Sm", "Po") and not char.isascii()
