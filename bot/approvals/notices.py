"""Short messages beside a card: that a change was undone, or why a form was not accepted."""

from collections.abc import Mapping, Sequence

from bot.approvals import state_text, words
from bot.approvals.lifecycle import Record
from bot.autumn.errors import AutumnError
from bot.changes import descriptions, notes
from bot.changes.notes import Note
from bot.kit import blocks, layout, text
from bot.kit.card import Card
from bot.lookups import labels


def undone_notice(record: Record, *, names: Mapping[str, str] | None = None) -> Card:
    """For the person who requested a change that somebody else undid."""
    summary = descriptions.summary(record.input, names or {})
    customer = text.code(record.customer_id, 120) or labels.NO_ID
    lines = [f"*{summary}* · {customer}", *state_text.described(record, names or {}).split("\n")]
    return layout.card(layout.packed("notice", lines), [], [], stamp=None)


def result_words(
    result: str,
    *,
    error: AutumnError | None = None,
    refusals: Sequence[Note] = (),
    names: Mapping[str, str] | None = None,
) -> str:
    """Why a form was not accepted, in mrkdwn. `refusals`: the guards' objections."""
    sentence = labels.explanation(error) if error else words.RESULTS[result]
    return notes.listed(f"*{sentence.what}* {sentence.do}", refusals, names)


def not_accepted(why: str) -> Card:
    """For a form that was closed before Maple could say why it was not accepted."""
    title = f"*{words.NOT_ACCEPTED}*\n{why}"
    return layout.card([blocks.section("not_accepted", title)], [], [], stamp=None)
