"""Short words about a change, beside its card: a step that was taken, or why a form was not."""

from collections.abc import Mapping, Sequence

from bot.approvals import state_text, words
from bot.approvals.lifecycle import ChangeEvent, Record
from bot.autumn.errors import AutumnError
from bot.changes import descriptions, notes
from bot.changes.notes import Note
from bot.kit import blocks, layout, text
from bot.kit.card import Card
from bot.lookups import failures, labels

_SILENT = frozenset({ChangeEvent.APPLYING, ChangeEvent.WRITING, ChangeEvent.SHOWN, ChangeEvent.REDRAW})
"""The card alone shows these."""


def notice(record: Record, event: ChangeEvent, *, called: Mapping[str, str] | None = None) -> Card | None:
    """A step, for the person who asked; None when it is none to be told of."""
    if event in _SILENT:
        return None
    named = called or {}
    asked = descriptions.summary(record.input, named)
    customer = text.code(record.customer_id, 120) or labels.NO_ID
    told = state_text.told(record, named)
    more = words.YOUR_COPY if event is ChangeEvent.ASKED else ""
    said = "\n".join(line for line in (f"*{asked}* · {customer}", told, more) if line)
    return layout.card(layout.packed("notice", said.split("\n")), [], [], stamp=None)


def result_words(
    result: str,
    *,
    error: AutumnError | None = None,
    refusals: Sequence[Note] = (),
    called: Mapping[str, str] | None = None,
) -> str:
    """Why a form was not taken, in mrkdwn; `refusals`: what the guards say against it."""
    told = failures.explanation(error) if error else words.RESULTS[result]
    return notes.listed(f"*{told.what}* {told.do}", refusals, called)


def not_taken(told: str) -> Card:
    """Said where a form that was not taken is open no more."""
    return layout.card([blocks.section("not_taken", f"*{words.NOT_TAKEN}*\n{told}")], [], [], stamp=None)


def elsewhere() -> Card:
    """In a form, when several customers match: they are listed in the conversation."""
    return layout.card([blocks.section("elsewhere", words.ELSEWHERE)], [], [], stamp=None)
