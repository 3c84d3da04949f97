"""A card as one text, for notifications and screen readers, and how much text a block holds."""

import re
from typing import Any

from bot.kit import phrases, text
from bot.kit.card import Block

LONGEST = 3000
_LINK = re.compile(r"<https?://[^|<>]*\|([^<>]*)>")
_SILENT = ("actions", "divider")


def words_of(drawn: list[Block]) -> str:
    """All that the blocks say, in mrkdwn, without buttons and links; what does not fit is counted."""
    lines = [
        line
        for block in drawn
        if block["type"] not in _SILENT
        for line in _text_of(block).splitlines()
        if line
    ]
    fitting: list[str] = []
    room = LONGEST - 40
    for line in lines:
        room -= text.length(line) + 1
        if room < 0:
            break
        fitting.append(line)
    left = len(lines) - len(fitting)
    return "\n".join([*fitting, phrases.more_lines(left)] if left else fitting)


def size(value: Any) -> int:
    """How many characters of text a block holds, in UTF-16 units."""
    if isinstance(value, dict):
        return sum(
            text.length(inner)
            if key in ("text", "caption", "label", "title") and isinstance(inner, str)
            else size(inner)
            for key, inner in value.items()
        )
    if isinstance(value, list | tuple):
        return sum(size(inner) for inner in value)
    return 0


def _text_of(block: Block) -> str:
    texts = [block["text"]] if "text" in block else block.get("elements", [])
    return text.unlinked(" · ".join(_safe(text_object) for text_object in texts))


def _safe(text_object: dict[str, Any]) -> str:
    if text_object["type"] == "plain_text":
        return "\n".join(text.mrkdwn(line, 600) for line in text_object["text"].split("\n"))
    return _LINK.sub(r"\1", text_object["text"])
