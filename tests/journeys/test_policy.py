"""What a team's policy lets people do, as they meet it."""

from dataclasses import replace

from tests.journeys.changing import UNHURRIED, ask_for_messages, give, lea_sees
from tests.stage import Mode, on_stage

SMALL_AT_ONCE = """
[[allow]]
name = "asks"
who = "everyone"
may = ["ask", "approve", "undo", "history"]

[[allow]]
name = "small"
who = "everyone"
may = "at_once"
changes = "balance"
amount_up_to = 500
per_day = 1_000
"""
TWO = """
[[allow]]
who = "everyone"
may = ["ask", "approve", "history"]

[[require]]
approvals = 2
"""


async def test_third_gift_of_a_day_needs_approval_and_the_form_says_why(mode: Mode) -> None:
    async with on_stage(mode, policy=SMALL_AT_ONCE, timings=UNHURRIED) as maple:
        for _ in range(2):
            await give(maple, "500")
            await maple.bot.work.drain(10)
            await maple.ana.sees("Applied at once, as the policy allows")
            await maple.ana.close()
        await maple.ana.command("/autumn balance cus_acme")
        await maple.ana.sees("What to do")
        await maple.ana.choose("Feature", "Messages")
        await maple.ana.sees("resets")
        await maple.ana.fill("Amount", "500")
        form = await maple.ana.sees("This needs 1 approval before it is applied")
        assert "This is the 3rd change to this balance today, 1,500 in all." in form
        await maple.ana.fill("Reason", "They asked again")
        await maple.ana.submit()
        card = await lea_sees(maple, "Waiting for approval")
        assert "This is the 3rd change to this balance today, 1,500 in all." in card
        assert len(maple.autumn.ledger) == 2


async def test_approval_of_someone_who_left_is_not_counted(mode: Mode) -> None:
    async with on_stage(mode, policy=TWO, timings=replace(UNHURRIED, person=0)) as maple:
        await ask_for_messages(maple.ana, "500")
        await lea_sees(maple, "0 of 2 approvals")
        await maple.lea.click("Approve")
        await maple.lea.sees("1 of 2 approvals")
        maple.lea.user.kind = "guest"
        maple.raj.go("#billing")
        await maple.raj.sees("1 of 2 approvals")
        await maple.raj.click("Approve")
        card = await maple.raj.sees("Not counted, because they may no longer approve this")
        assert "1 of 2 approvals" in card
        assert maple.autumn.ledger == []
