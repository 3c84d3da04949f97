"""The form that asks why a change is denied."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from bot.approvals import words as say
from bot.kit import blocks, ids
from bot.kit import form_values as read
from bot.kit.ref import Ref

REASON_BLOCK = "reason"
_LONGEST = 1000


class Denial(NamedTuple):
    said: str
    errors: Mapping[str, str]
    """In plain words by block_id; empty when all is well."""


def deny_modal(ref: Ref) -> dict[str, Any]:
    reason = blocks.typed(ids.DENY_MODAL, most=_LONGEST, lines=True)
    return {
        "type": "modal",
        "callback_id": ids.DENY_MODAL,
        "private_metadata": ref.encode(),
        "title": _plain(say.DENY_TITLE),
        "submit": _plain(say.DENY_SUBMIT),
        "close": _plain(say.CANCEL),
        "blocks": [blocks.field(REASON_BLOCK, say.DENY_REASON, reason, say.DENY_HINT)],
    }


def denial(values: Mapping[str, Mapping[str, Any]]) -> Denial:
    """A submission."""
    said = read.typed_lines(values, REASON_BLOCK)
    return Denial(said, {} if said else {REASON_BLOCK: say.DENY_REASON_NEEDED})


def _plain(shown: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": shown, "emoji": False}
