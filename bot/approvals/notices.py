"""Short words about a change, beside its card: a step that was taken, or why a form was not."""

from collections.abc import Mapping, Sequence

from bot.approvals import state_text as change_state
from bot.approvals import words as say
from bot.approvals.lifecycle import Event, Record
from bot.autumn.errors import AutumnError
from bot.changes import lines as change_lines
from bot.changes import notes
from bot.changes.model import Note
from bot.kit import blocks, text
from bot.kit.card import Card
from bot.lookups import failures, words
from bot.lookups import frame as parts

_SILENT = frozenset({Event.APPLYING, Event.WRITING, Event.SHOWN, Event.REDRAW})
"""The card alone shows these."""


def notice(record: Record, event: Event, *, called: Mapping[str, str] | None = None) -> Card | None:
    """A step, for the person who asked; None when it is none to be told of."""
    if event in _SILENT:
        return None
    named = called or {}
    asked = change_lines.asked(record.input, named)
    customer = text.code(record.customer_id, 120) or words.NO_ID
    told = change_state.told(record, named)
    more = say.YOUR_COPY if event is Event.ASKED else ""
    said = "\n".join(line for line in (f"*{asked}* · {customer}", told, more) if line)
    return parts.card(parts.packed("notice", said.split("\n")), [], [], stamp=None)


def result_words(
    result: str,
    *,
    error: AutumnError | None = None,
    refusals: Sequence[Note] = (),
    called: Mapping[str, str] | None = None,
) -> str:
    """Why a form was not taken, in mrkdwn; `refusals`: what the guards say against it."""
    told = failures.said(error) if error else say.RESULTS[result]
    return notes.listed(f"*{told.what}* {told.do}", refusals, called)


def not_taken(told: str) -> Card:
    """Said where a form that was not taken is open no more."""
    return parts.card([blocks.section("not_taken", f"*{say.NOT_TAKEN}*\n{told}")], [], [], stamp=None)


def elsewhere() -> Card:
    """In a form, when several customers match: they are listed in the conversation."""
    return parts.card([blocks.section("elsewhere", say.ELSEWHERE)], [], [], stamp=None)
