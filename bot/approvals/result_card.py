"""The result of a click or a submission, for the person who made it."""

from collections.abc import Sequence
from datetime import datetime

from bot.access import words as access_words
from bot.access.policy import Decision
from bot.approvals import state_text, words
from bot.approvals.lifecycle import Record
from bot.changes import descriptions, notes
from bot.changes.notes import Note
from bot.kit import blocks, layout, text
from bot.kit.card import Card

_MOST_LIMITS = 3


def result_card(
    result: str,
    *,
    now: datetime,
    record: Record | None = None,
    decision: Decision | None = None,
    refusals: Sequence[Note] = (),
) -> Card:
    """`result`: a `Result`. `record`: the change it is about, shown with its state. `refusals`: the guards'
    objections."""
    sentence = words.RESULTS[result]
    do = sentence.do if decision is None or decision.permit else f"{barred(decision)}\n{sentence.do}"
    drawn = [blocks.section("result", notes.listed(f"*{sentence.what}*\n{do}", refusals))]
    if record is not None:
        summary = descriptions.summary(record.input, {})
        drawn.append(blocks.section("change", f"{summary}\n{state_text.described(record, {})}"))
    return layout.card(drawn, [], [], stamp=now)


def barred(decision: Decision) -> str:
    """Why the policy does not allow it, in mrkdwn; empty if it does."""
    if decision.permit:
        return ""
    why = words.barred(words.BARRED[decision.reason], text.code(decision.rule, 60))
    return "\n".join([why, *limits(decision)])


def limits(decision: Decision) -> list[str]:
    """The policy's limits that the change goes beyond, in mrkdwn."""
    return [access_words.exceeded(limit) for limit in decision.exceeded[:_MOST_LIMITS]]
