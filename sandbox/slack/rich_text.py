"""Converts a stored message to the rich_text block that Slack's composer creates."""

import html
import re
from collections.abc import Iterator

from sandbox.slack.model import Block, Json

_ANGLE = re.compile(r"<([^<>]+)>")
_FENCE = re.compile(r"```\n?(.+?)\n?```\n?", re.DOTALL)


def rich_text(text: str) -> list[Block]:
    """Mentions, links and code blocks become elements; bold and the like stay as typed."""
    parts: list[Json] = []
    for at, piece in enumerate(_FENCE.split(text)):
        if at % 2:
            parts.append({"type": "rich_text_preformatted", "border": 0, "elements": [_text(piece)]})
        elif piece:
            parts.append({"type": "rich_text_section", "elements": list(_elements(piece))})
    return [{"type": "rich_text", "elements": parts}]


def _text(text: str) -> Json:
    return {"type": "text", "text": html.unescape(_ANGLE.sub(lambda match: match[1].partition("|")[0], text))}


def _elements(text: str) -> Iterator[Json]:
    for at, piece in enumerate(_ANGLE.split(text)):
        if at % 2:
            yield _element(piece)
        elif piece:
            yield {"type": "text", "text": html.unescape(piece)}


def _element(inside: str) -> Json:
    target, _, label = inside.partition("|")
    if target.startswith("@"):
        return {"type": "user", "user_id": target[1:]}
    if target.startswith("#"):
        return {"type": "channel", "channel_id": target[1:]}
    if target.startswith("!subteam^"):
        return {"type": "usergroup", "usergroup_id": target.split("^")[1]}
    if target.startswith("!"):
        return {"type": "broadcast", "range": target[1:]}
    link: Json = {"type": "link", "url": html.unescape(target)}
    return {**link, "text": html.unescape(label)} if label else link
