"""Several changes, of one customer or many, gathered from their forms and requested together."""

from datetime import timedelta

from bot.access import words as access_words
from bot.access.people import Actor
from bot.access.policy import DecisionReason
from bot.approvals import words as approvals_words
from bot.approvals.results import Result
from bot.batches import words
from bot.batches.model import BatchState
from bot.changes.forms import words as forms_words
from sandbox.slack import Person
from tests.journeys.changing import AT_ONCE
from tests.running import Running, running_maple
from tests.screen import on_screen

WAITING = on_screen(words.STATES[BatchState.WAITING])
BUTTON = f"[{forms_words.GATHER}]"


async def give(
    person: Person, amount: str = "500", reason: str = "The outage", customer: str = "cus_northwind"
) -> None:
    """Fills in the balance form for Northwind."""
    await person.command(f"/autumn balance {customer}")
    await person.sees("What to do")
    await person.choose("Feature", "Messages")
    await person.fill("Amount", amount)
    await person.sees(BUTTON)
    await person.fill("Reason", reason)


async def remove_coupon(person: Person) -> None:
    await person.command("/autumn reward cus_acme")
    await person.sees("Apply a coupon")
    await person.choose("What to do", "Remove the coupon")
    await person.sees(BUTTON)
    await person.fill("Reason", "The offer is over")


async def gather(person: Person) -> None:
    await person.click(forms_words.GATHER)
    await person.sees(on_screen(words.GATHERED))


async def test_changes_of_several_forms_share_one_approval(maple: Running) -> None:
    await give(maple.ana)
    await gather(maple.ana)
    assert "Bulk change: 1 change for 1 customer" in await maple.ana.sees(words.SEND)
    await maple.ana.close()
    await remove_coupon(maple.ana)
    await gather(maple.ana)
    screen = await maple.ana.sees(words.SEND)
    assert "Bulk change: 2 changes for 2 customers" in screen
    assert maple.autumn.ledger == []
    await maple.ana.click(words.SEND)
    await maple.ana.sees(words.REQUESTED)
    await maple.ana.close()
    maple.lea.go("#billing")
    card = await maple.lea.sees(WAITING)
    assert "The offer is over" in card
    await maple.lea.click(approvals_words.APPROVE)
    await maple.lea.sees("2 of 2 applied")
    assert len(maple.autumn.ledger) == 2


async def test_list_that_was_sent_is_not_sent_with_later_changes(maple: Running) -> None:
    await give(maple.ana)
    await gather(maple.ana)
    await maple.ana.click(words.SEND)
    await maple.ana.sees(words.REQUESTED)
    await maple.ana.close()
    await remove_coupon(maple.ana)
    await gather(maple.ana)
    assert "Bulk change: 1 change for 1 customer" in await maple.ana.sees(words.SEND)


async def test_invalid_form_is_not_added(maple: Running) -> None:
    await give(maple.ana)
    await maple.ana.fill(forms_words.TICKET, "not a link")
    await maple.ana.click(forms_words.GATHER)
    await maple.ana.sees(forms_words.TICKET_WRONG)
    person = maple.slack.person("ana")
    assert await maple.bot.batches.gathered(Actor(person.id, maple.bot_team)) is None


async def test_same_form_adds_its_change_once(maple: Running) -> None:
    ana = Actor(maple.slack.person("ana").id, maple.bot_team)
    await give(maple.ana)
    await gather(maple.ana)
    gathered = await maple.bot.batches.gathered(ana)
    assert gathered is not None
    (line,) = gathered.lines
    assert line.input is not None
    assert await maple.bot.batches.gather(line.input, "", ana) == gathered


async def test_gathered_list_appears_in_the_bulk_form_and_cancel_drops_it(maple: Running) -> None:
    await give(maple.ana)
    await gather(maple.ana)
    await maple.ana.close()
    for _ in range(2):
        await maple.ana.command("/autumn bulk")
        await maple.ana.sees(words.gathered(1))
        await maple.ana.click(words.SHOW_GATHERED)
        await maple.ana.sees("Bulk change: 1 change for 1 customer")
        await maple.ana.close()
    await maple.ana.command("/autumn bulk")
    await maple.ana.sees(words.SHOW_GATHERED)
    await maple.ana.click(words.SHOW_GATHERED)
    await maple.ana.sees("Bulk change: 1 change for 1 customer")
    await maple.ana.click(words.CANCEL)
    await maple.ana.sees(words.CANCELLED)
    await maple.ana.close()
    await maple.ana.command("/autumn bulk")
    await maple.ana.sees(words.LIST)
    maple.ana.does_not_see(words.SHOW_GATHERED)


async def test_expired_gathered_list_is_empty(maple: Running) -> None:
    await give(maple.ana)
    await gather(maple.ana)
    await maple.ana.close()
    await maple.ana.command("/autumn bulk")
    await maple.ana.sees(words.SHOW_GATHERED)
    maple.clock.move(timedelta(days=2))
    await maple.bot.batches.ticker.keep_up()
    await maple.ana.click(words.SHOW_GATHERED)
    await maple.ana.sees(words.NOTHING_RIGHT)


async def test_second_change_of_the_same_balance_is_reported(maple: Running) -> None:
    await give(maple.ana)
    await gather(maple.ana)
    await maple.ana.close()
    await give(maple.ana, "20")
    await gather(maple.ana)
    await maple.ana.sees(words.repeated(1))
    await maple.ana.click(words.LEAVE_OUT)
    assert "Bulk change: 1 change" in await maple.ana.sees(words.SEND)


async def test_deletion_and_edited_request_cannot_be_gathered(maple: Running) -> None:
    await maple.ana.command("/autumn delete cus_noname")
    await maple.ana.sees("Type the customer's id in full")
    await maple.ana.fill("Type the customer's id in full", "cus_noname")
    await maple.ana.choose("Final confirmation", "Delete this customer. It cannot be undone.")
    await maple.ana.sees("What changes")
    maple.ana.does_not_see(BUTTON)


async def test_list_that_needs_no_approval_is_applied_right_away() -> None:
    async with running_maple("http", policy=AT_ONCE) as maple:
        await give(maple.ana)
        await gather(maple.ana)
        await maple.ana.click(words.APPLY, confirm=True)
        await maple.ana.sees(words.REQUESTED)
        await maple.ana.close()
        maple.ana.go("@maple")
        await maple.ana.sees("1 of 1 applied")


async def test_gathered_list_beyond_the_policy_is_passed_on_to_those_who_may() -> None:
    policy = """
[[allow]]
name = "small ones"
who = "everyone"
may = "ask"
changes = ["balance"]
amount_up_to = 600

[[allow]]
name = "lea leads"
who = ["U03LEA"]
may = ["ask", "approve"]
changes = ["balance"]
"""
    async with running_maple("http", policy=policy) as maple:
        await give(maple.ana)
        await gather(maple.ana)
        await maple.ana.close()
        await give(maple.ana, customer="cus_bold")
        await gather(maple.ana)
        shown = await maple.ana.sees(access_words.BARRED[DecisionReason.NO_RULE])
        assert f"[{words.SEND}]" not in shown
        await maple.ana.click(access_words.ASK_THEM)
        await maple.ana.sees(approvals_words.RESULTS[Result.PASSED_ON].what)
        maple.lea.go("#billing")
        await maple.lea.sees(approvals_words.CHECK_LIST)
        await maple.lea.click(approvals_words.CHECK_LIST)
        assert "Bulk change: 2 changes for 2 customers" in await maple.lea.sees(words.SEND)
