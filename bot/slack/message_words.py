"""All the words of a message: those of other apps have theirs in blocks and attachments. Pure."""

import html
from collections.abc import Iterator, Mapping
from typing import Any

_WORDS = ("text", "url", "title", "title_link", "pretext", "from_url", "value", "alt_text")
_INSIDE = (*_WORDS, "blocks", "elements", "fields", "accessory", "attachments")
_LONGEST = 20_000
_DEEPEST = 12


def message_words(message: Mapping[str, Any]) -> str:
    """Its text, and what its blocks and attachments say besides; cut at 20,000 characters. Never raises."""
    words = ""
    for part in _words(message, _DEEPEST):
        # The blocks of what a person wrote repeat the text, in which Slack escapes some characters.
        if part not in words and html.escape(part, quote=False) not in words:
            words = f"{words}\n{part}" if words else part
        if len(words) >= _LONGEST:
            break
    return words[:_LONGEST]


def _words(part: object, deep: int) -> Iterator[str]:
    if not deep:
        return
    if isinstance(part, list):
        for inner in part:
            yield from _words(inner, deep - 1)
    if isinstance(part, Mapping):
        for name in _INSIDE:
            inner = part.get(name)
            if isinstance(inner, str) and name in _WORDS and inner.strip():
                yield inner.replace("\0", "\ufffd")
            else:
                yield from _words(inner, deep - 1)
