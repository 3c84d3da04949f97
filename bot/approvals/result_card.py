"""What came of a click or a submission, for the person who made it."""

from collections.abc import Sequence
from datetime import datetime

from bot.access.policy import Decision
from bot.approvals import state_text, words
from bot.approvals.lifecycle import Record
from bot.changes import descriptions, notes
from bot.changes.notes import Note
from bot.kit import blocks, layout, text
from bot.kit.card import Card


def result_card(
    result: str,
    *,
    now: datetime,
    record: Record | None = None,
    decision: Decision | None = None,
    refusals: Sequence[Note] = (),
) -> Card:
    """`result`: a `Result` of the verbs. With the change it is about, and how that stands; `refusals`: what
    the guards say against it."""
    told = words.RESULTS[result]
    do = told.do if decision is None or decision.permit else f"{barred(decision)}\n{told.do}"
    found = [blocks.section("result", notes.listed(f"*{told.what}*\n{do}", refusals))]
    if record is not None:
        asked = descriptions.summary(record.input, {})
        found.append(blocks.section("change", f"{asked}\n{state_text.told(record, {})}"))
    return layout.card(found, [], [], stamp=now)


def barred(decision: Decision) -> str:
    """Why the policy says no, in mrkdwn; empty when it says yes."""
    if decision.permit:
        return ""
    return words.barred(words.BARRED[decision.reason], text.code(decision.rule, 60))
