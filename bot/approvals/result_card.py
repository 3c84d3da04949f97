"""What came of a click or a submission, for the person who made it."""

from collections.abc import Sequence
from datetime import datetime

from bot.access.policy import Decision
from bot.approvals import state_text as change_state
from bot.approvals import words as say
from bot.approvals.lifecycle import Record
from bot.changes import lines as change_lines
from bot.changes import notes
from bot.changes.model import Note
from bot.kit import blocks, text
from bot.kit.card import Card
from bot.lookups import frame as parts


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
    told = say.RESULTS[result]
    do = told.do if decision is None or decision.permit else f"{barred(decision)}\n{told.do}"
    found = [blocks.section("result", notes.listed(f"*{told.what}*\n{do}", refusals))]
    if record is not None:
        asked = change_lines.asked(record.input, {})
        found.append(blocks.section("change", f"{asked}\n{change_state.told(record, {})}"))
    return parts.card(found, [], [], stamp=now)


def barred(decision: Decision) -> str:
    """Why the policy says no, in mrkdwn; empty when it says yes."""
    if decision.permit:
        return ""
    return say.barred(say.BARRED[decision.reason], text.code(decision.rule, 60))
