"""The result of a click or a submission, for the person who made it."""

from collections.abc import Sequence
from datetime import datetime

from bot.access import refusal as policy_refusal
from bot.access.refusal import PolicyRefusal
from bot.approvals import state_text, words
from bot.approvals.lifecycle import Record
from bot.changes import descriptions, notes
from bot.changes.notes import Note
from bot.kit import blocks, layout
from bot.kit.card import Block, Card


def result_card(
    result: str,
    *,
    now: datetime,
    record: Record | None = None,
    refusal: PolicyRefusal | None = None,
    refusals: Sequence[Note] = (),
) -> Card:
    """`result`: a `Result`. `record`: the change it is about, shown with its state. `refusal`: by the policy.
    `refusals`: the guards' objections."""
    sentence = words.RESULTS[result]
    drawn: list[Block] = []
    if refusal is None:
        drawn.append(blocks.section("result", notes.listed(f"*{sentence.what}*\n{sentence.do}", refusals)))
    else:
        drawn.append(blocks.section("result", f"*{sentence.what}* {sentence.do}"))
        drawn += policy_refusal.drawn(refusal)
    if record is not None:
        summary = descriptions.summary(record.input, {})
        drawn.append(blocks.section("change", f"{summary}\n{state_text.described(record, {})}"))
    return layout.card(drawn, [], [], stamp=now)
