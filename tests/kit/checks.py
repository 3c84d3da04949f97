"""What must hold for everything that Maple shows."""

import re
from collections.abc import Iterator
from typing import Any

from bot.kit import blocks as kit
from bot.kit import text
from bot.kit.card import Block, Card
from sandbox.slack.blocks import check, rules

_TOKEN = re.compile(r"<([^<>]*)>")
_DATE = re.compile(r"!date\^-?\d+\^[^|^<>]+\|(Read )?[-0-9: UTC]+")
_LINK = re.compile(r"https?://[^|<>\s]+\|[^<>|]+")
_NEW = {"data_table", "data_visualization"}
GROUP = "S01LEADS"
SHARER = "U0"
"""The shortest possible user id, for texts at their maximum length."""


def fits(card: Card) -> None:
    """Asserts that the card is within Slack's limits in both forms, harmless, and complete as plain text."""
    assert card.text
    assert text.length(card.text) <= 3000
    harmless(card.text)
    assert not re.search(r"://(?=\S)|\w@\w", _TOKEN.sub("", card.text)), "Slack would make a link of this"
    for form in (card.blocks, card.plain):
        message(list(form))
    assert not _NEW & {block["type"] for block in card.plain}


def fitting_text(card: Card) -> str:
    """All text of a card, which must fit."""
    fits(card)
    return read(card.blocks)


def message(blocks: list[Block]) -> None:
    assert check.blocks_problems(blocks, "message") == []
    assert rules.text_length(blocks) <= 12_000
    for block in blocks:
        assert block["block_id"]
    for mrkdwn in strings(blocks, "mrkdwn"):
        assert text.length(mrkdwn) <= 3000
        harmless(mrkdwn)
    for element in elements(blocks):
        assert text.length(element.get("value", "")) <= kit.BUTTON_VALUE
        if element["type"] != "overflow":
            assert element["action_id"]


def _is_ours(token: str) -> bool:
    """A mention that Maple makes."""
    return token in (f"@{SHARER}", f"!subteam^{GROUP}")


def harmless(mrkdwn: str) -> None:
    """Asserts that it contains no mention and no link but Maple's own."""
    for token in _TOKEN.findall(mrkdwn):
        assert _DATE.fullmatch(token) or _LINK.fullmatch(token) or _is_ours(token), token
    rest = _TOKEN.sub("", mrkdwn)
    assert "<" not in rest
    assert ">" not in rest


def strings(value: Any, kind: str) -> Iterator[str]:
    """All texts of a kind (mrkdwn, plain_text, raw_text), at any depth."""
    if isinstance(value, dict):
        if value.get("type") == kind:
            yield value["text"]
        for inner in value.values():
            yield from strings(inner, kind)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from strings(inner, kind)


def elements(blocks: Any) -> Iterator[dict[str, Any]]:
    """All elements that can be clicked."""
    for block in blocks:
        yield from block["elements"] if block["type"] == "actions" else ()
        if "accessory" in block:
            yield block["accessory"]


def buttons(card: Card) -> dict[str, str]:
    """The buttons' values by label; the first if several share a label."""
    values: dict[str, str] = {}
    for element in elements(card.blocks):
        if element["type"] == "button":
            values.setdefault(element["text"]["text"], element.get("value", ""))
    return values


def read(blocks: Any) -> str:
    """All text in the blocks, including tables and charts."""
    texts: list[str] = []

    def walk(value: Any) -> None:
        if isinstance(value, dict):
            texts.extend(
                inner
                for key, inner in value.items()
                if key in ("text", "title", "label", "caption") and isinstance(inner, str)
            )
            for inner in value.values():
                walk(inner)
        elif isinstance(value, list | tuple):
            for inner in value:
                walk(inner)

    walk(blocks)
    return "\n".join(texts)
