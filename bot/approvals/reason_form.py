"""The forms that ask for a reason: of a denial, and of an undo."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from bot.approvals import words
from bot.kit import blocks, form_values, ids, phrases
from bot.kit.carried import Ref

REASON_BLOCK = "reason"
_LONGEST = 1000


@dataclass(frozen=True, slots=True)
class ReasonForm:
    id: str
    """Its callback id."""
    title: str
    submit: str
    hint: str
    needed: str
    """The error when no reason is given."""


DENIAL = ReasonForm(
    ids.DENY_MODAL, words.DENY_TITLE, words.DENY_SUBMIT, words.DENY_HINT, words.DENY_REASON_NEEDED
)
UNDO = ReasonForm(
    ids.UNDO_MODAL, words.UNDO_TITLE, words.UNDO_SUBMIT, words.UNDO_HINT, words.UNDO_REASON_NEEDED
)
BATCH_DENIAL = replace(DENIAL, id=ids.BATCH_DENY_MODAL)
BATCH_UNDO = replace(UNDO, id=ids.BATCH_UNDO_MODAL)


class Submission(NamedTuple):
    reason: str
    errors: Mapping[str, str]
    """In plain words by block_id; empty if the form is complete."""


def modal(form: ReasonForm, ref: Ref) -> dict[str, Any]:
    reason = blocks.typed(form.id, most=_LONGEST, lines=True)
    return {
        "type": "modal",
        "callback_id": form.id,
        "private_metadata": ref.encode(),
        "title": _plain(form.title),
        "submit": _plain(form.submit),
        "close": _plain(phrases.CANCEL),
        "blocks": [blocks.field(REASON_BLOCK, words.REASON, reason, form.hint)],
    }


def parse(form: ReasonForm, values: Mapping[str, Mapping[str, Any]]) -> Submission:
    reason = form_values.typed_lines(values, REASON_BLOCK)
    return Submission(reason, {} if reason else {REASON_BLOCK: form.needed})


def _plain(label: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": label, "emoji": False}
