"""The form that asks for the reason of a denial."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from bot.approvals import words
from bot.kit import blocks, form_values, ids, phrases
from bot.kit.ref import Ref

REASON_BLOCK = "reason"
_LONGEST = 1000


class Denial(NamedTuple):
    reason: str
    errors: Mapping[str, str]
    """In plain words by block_id; empty if the form is complete."""


def deny_modal(ref: Ref) -> dict[str, Any]:
    reason = blocks.typed(ids.DENY_MODAL, most=_LONGEST, lines=True)
    return {
        "type": "modal",
        "callback_id": ids.DENY_MODAL,
        "private_metadata": ref.encode(),
        "title": _plain(words.DENY_TITLE),
        "submit": _plain(words.DENY_SUBMIT),
        "close": _plain(phrases.CANCEL),
        "blocks": [blocks.field(REASON_BLOCK, words.DENY_REASON, reason, words.DENY_HINT)],
    }


def denial(values: Mapping[str, Mapping[str, Any]]) -> Denial:
    """Parses a submission."""
    reason = form_values.typed_lines(values, REASON_BLOCK)
    return Denial(reason, {} if reason else {REASON_BLOCK: words.DENY_REASON_NEEDED})


def _plain(label: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": label, "emoji": False}
