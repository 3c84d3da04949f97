"""Short messages beside a card: a step in the life of a change, or why a form was not accepted."""

from collections.abc import Mapping, Sequence

from bot.approvals import state_text, words
from bot.approvals.lifecycle import ChangeEvent, Record
from bot.autumn.errors import AutumnError
from bot.changes import descriptions, notes
from bot.changes.notes import Note
from bot.kit import blocks, layout, links, text
from bot.kit.card import Card
from bot.lookups import failures, labels

_SILENT = frozenset(
    {ChangeEvent.APPLYING, ChangeEvent.WRITING, ChangeEvent.CHECKED, ChangeEvent.SHOWN, ChangeEvent.REDRAW}
)
"""Only the card shows these."""


def notice(record: Record, event: ChangeEvent, *, names: Mapping[str, str] | None = None) -> Card | None:
    """A step, for the person who requested the change; None if only the card shows it."""
    if event in _SILENT:
        return None
    summary = descriptions.summary(record.input, names or {})
    customer = text.code(record.customer_id, 120) or labels.NO_ID
    lines = [f"*{summary}* · {customer}", *state_text.described(record, names or {}).split("\n")]
    lines += [words.YOUR_COPY] if event is ChangeEvent.ASKED else _payment_link(record)
    return layout.card(layout.packed("notice", lines), [], [], stamp=None)


def _payment_link(record: Record) -> list[str]:
    """Only ever in a notice: other people see the cards."""
    if not links.web(record.payment_url):
        return []
    return [links.linked(record.payment_url, words.PAYMENT_LINK), words.PAYMENT_LINK_PRIVATE]


def result_words(
    result: str,
    *,
    error: AutumnError | None = None,
    refusals: Sequence[Note] = (),
    names: Mapping[str, str] | None = None,
) -> str:
    """Why a form was not accepted, in mrkdwn. `refusals`: the guards' objections."""
    sentence = failures.explanation(error) if error else words.RESULTS[result]
    return notes.listed(f"*{sentence.what}* {sentence.do}", refusals, names)


def not_accepted(why: str) -> Card:
    """For a form that was closed before Maple could say why it was not accepted."""
    title = f"*{words.NOT_ACCEPTED}*\n{why}"
    return layout.card([blocks.section("not_accepted", title)], [], [], stamp=None)
