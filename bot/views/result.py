"""What came of a click or a submission, for the person who made it."""

from datetime import datetime

from bot.approvals.life import Record
from bot.approvals.policy import Decision
from bot.views import blocks, change_lines, change_state, parts, text
from bot.views import change_words as say
from bot.views.card import Card


def result_card(
    result: str, *, now: datetime, record: Record | None = None, decision: Decision | None = None
) -> Card:
    """`result`: a `Result` of the verbs. With the change it is about, and how that stands."""
    told = say.RESULTS[result]
    do = told.do if decision is None or decision.permit else f"{barred(decision)}\n{told.do}"
    found = [blocks.section("result", f"*{told.what}*\n{do}")]
    if record is not None:
        asked = change_lines.asked(record.input, {})
        found.append(blocks.section("change", f"{asked}\n{change_state.told(record, {})}"))
    return parts.card(found, [], [], stamp=now)


def barred(decision: Decision) -> str:
    """Why the policy says no, in mrkdwn; empty when it says yes."""
    if decision.permit:
        return ""
    return say.barred(say.BARRED[decision.reason], text.code(decision.rule, 60))
