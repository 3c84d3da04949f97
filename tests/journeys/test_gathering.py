"""Several changes, of one customer or many, gathered from their forms and requested together."""

import asyncio
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

from bot.access import words as access_words
from bot.access.policy import DecisionReason
from bot.approvals import words as approvals_words
from bot.approvals.results import Result
from bot.batches import words
from bot.batches.gathering import GatheredVersion
from bot.batches.model import BatchState, GatheredChange, GatheredList
from bot.changes.balance.request import BalanceInput
from bot.changes.balance.words import BalanceAction
from bot.changes.forms import words as forms_words
from bot.kit import ids
from handlers import decoding
from sandbox.slack import LocalPerson, payloads
from tests.journeys.changing import AT_ONCE
from tests.journeys.steps import click_old_button
from tests.running import Running, actor, running_maple
from tests.screen import on_screen

WAITING = on_screen(words.STATES[BatchState.WAITING])
BUTTON = f"[{forms_words.GATHER}]"


async def open_filled_form(person: LocalPerson) -> None:
    """Opens the balance form for Northwind, filled in."""
    await person.command("/autumn give cus_northwind 500 messages because of the outage")
    await person.sees(BUTTON)


async def remove_coupon(person: LocalPerson) -> None:
    await person.command("/autumn reward cus_acme")
    await person.sees("Apply a coupon")
    await person.choose("What to do", "Remove the coupon")
    await person.sees(BUTTON)
    await person.fill("Reason", "The offer is over")


async def gather(person: LocalPerson) -> None:
    await person.click(forms_words.GATHER)
    await person.sees(on_screen(words.GATHERED))


async def add_to_list(
    maple: Running, amount: int = 500, *, customer: str = "cus_northwind", feature: str = "messages"
) -> GatheredList:
    """Adds a change of this balance to Ana's list, without a form."""
    balance = (await maple.bot.autumn.customer(customer)).balances[feature]
    change = BalanceInput(
        customer=customer,
        feature=feature,
        row=balance.breakdown[0].id,
        action=BalanceAction.GIVE,
        amount=Decimal(amount),
    )
    line = GatheredChange(uuid4().hex, change, "of the outage")
    list_so_far = await maple.bot.batches.gather(line, actor(maple.ana))
    assert list_so_far is not None
    return list_so_far


async def open_gathered(maple: Running) -> str:
    """Ana opens her list from the bulk form."""
    await maple.ana.command("/autumn bulk")
    await maple.ana.sees(words.SHOW_GATHERED)
    await maple.ana.click(words.SHOW_GATHERED)
    return await maple.ana.sees("Bulk change: ")


async def test_changes_of_several_forms_share_one_approval(maple: Running) -> None:
    await open_filled_form(maple.ana)
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


async def test_list_that_was_sent_is_not_cancelled_nor_sent_with_later_changes(maple: Running) -> None:
    await add_to_list(maple)
    await open_gathered(maple)
    buttons = button_values(maple)
    await maple.ana.click(words.SEND)
    await maple.ana.sees(words.REQUESTED)
    await maple.ana.close()
    await click_old_button(maple, maple.ana, ids.BATCH_CANCEL, buttons[ids.BATCH_CANCEL])
    await maple.ana.sees(words.GATHERED_GONE)
    await add_to_list(maple, customer="cus_bold")
    assert "1 change for 1 customer" in await open_gathered(maple)


async def test_invalid_form_is_not_added(maple: Running) -> None:
    await open_filled_form(maple.ana)
    await maple.ana.fill(forms_words.TICKET, "not a link")
    await maple.ana.click(forms_words.GATHER)
    await maple.ana.sees(forms_words.TICKET_WRONG)
    assert await maple.bot.batches.gathered(actor(maple.ana)) is None


async def test_same_form_adds_its_change_once(maple: Running) -> None:
    await open_filled_form(maple.ana)
    await gather(maple.ana)
    list_so_far = await maple.bot.batches.gathered(actor(maple.ana))
    assert list_so_far is not None
    (line,) = list_so_far.lines
    assert line.input is not None
    for form in (last_added_form(maple), "another form"):
        assert (
            await maple.bot.batches.gather(GatheredChange(form, line.input), actor(maple.ana)) == list_so_far
        )


def last_added_form(maple: Running) -> str:
    """The submission id of the form that was last added to the list."""
    clicks = [
        request.payload for request in maple.slack.sent if request.payload.get("type") == "block_actions"
    ]
    (added,) = [click for click in clicks if click["actions"][0]["action_id"] == ids.GATHER]
    return decoding.change_form(added["view"]["private_metadata"]).submission


def button_payload(maple: Running, button: str) -> dict[str, Any]:
    """What Slack sends when Ana presses a button of the form that is open: *Submit*, or this one."""
    simulation = maple.slack.simulation
    (view,) = simulation.views.stack(maple.ana.id)
    if not button:
        return payloads.submission(simulation, maple.ana.user, view)
    action = {"type": "button", "action_id": button, "block_id": "gather", "value": "", "action_ts": "1.1"}
    return payloads.view_actions(simulation, maple.ana.user, view, action)


async def waiting_and_gathered(maple: Running) -> tuple[int, int]:
    """How many requests wait, and how many lines Ana has gathered."""
    list_so_far = await maple.bot.batches.gathered(actor(maple.ana))
    return len(await maple.bot.changes.waiting()), len(list_so_far.lines) if list_so_far else 0


async def test_form_that_was_added_to_a_list_is_not_submitted_as_well(maple: Running) -> None:
    await open_filled_form(maple.ana)
    submit = button_payload(maple, "")
    await gather(maple.ana)
    await maple.slack.deliveries.send("interactive", submit)
    await maple.ana.sees(approvals_words.RESULTS[Result.GATHERED].what)
    assert await waiting_and_gathered(maple) == (0, 1)


async def test_form_that_was_submitted_is_not_added_to_a_list_as_well(maple: Running) -> None:
    await open_filled_form(maple.ana)
    add = button_payload(maple, ids.GATHER)
    await maple.ana.submit()
    await maple.ana.sees(approvals_words.YOUR_CARD)
    await maple.slack.deliveries.send("interactive", add)
    await maple.ana.sees(approvals_words.RESULTS[Result.AGAIN].what)
    assert await waiting_and_gathered(maple) == (1, 0)


async def test_form_that_is_added_and_submitted_at_once_has_one_effect(maple: Running) -> None:
    await open_filled_form(maple.ana)
    buttons = [button_payload(maple, button) for button in ("", ids.GATHER)]
    await asyncio.gather(*(maple.slack.deliveries.send("interactive", button) for button in buttons))
    await maple.bot.background.drain(10)
    assert sum(await waiting_and_gathered(maple)) == 1


def button_values(maple: Running) -> dict[str, str]:
    """The values of the open list's buttons."""
    (form,) = maple.slack.simulation.views.stack(maple.ana.id)
    elements = [element for block in form.body["blocks"] for element in block.get("elements", ())]
    return {element["action_id"]: element["value"] for element in elements if element["type"] == "button"}


async def test_list_that_changed_in_another_window_is_shown_as_it_is(maple: Running) -> None:
    await add_to_list(maple)
    await open_gathered(maple)
    for button, customer, lines in ((words.CANCEL, "cus_bold", 2), (words.SEND, "cus_html", 3)):
        await add_to_list(maple, customer=customer)
        await maple.ana.click(button)
        form = await maple.ana.sees(f"Bulk change: {lines} changes for {lines} customers")
        assert on_screen(words.GATHERED_SINCE) in form, button
        assert await waiting_and_gathered(maple) == (0, lines), button
    await maple.ana.click(words.SEND)
    await maple.ana.sees(words.REQUESTED)
    (batch,) = await maple.bot.batches.requested_by(maple.ana.id, limit=5)
    assert batch.progress.all == 3


async def test_list_that_was_cancelled_in_another_window_is_not_requested(maple: Running) -> None:
    version = GatheredVersion.of(await add_to_list(maple))
    await open_gathered(maple)
    assert await maple.bot.batches.drop_gathered(version, actor(maple.ana))
    await maple.ana.click(words.SEND)
    await maple.ana.sees(words.GATHERED_GONE)
    assert await maple.bot.batches.requested_by(maple.ana.id, limit=5) == []


async def test_list_in_a_message_is_shown_there_again_once_it_has_changed(maple: Running) -> None:
    await add_to_list(maple)
    await open_gathered(maple)
    buttons = button_values(maple)
    await maple.ana.close()
    await add_to_list(maple, customer="cus_bold")
    await click_old_button(maple, maple.ana, ids.BATCH_SEND, buttons[ids.BATCH_SEND])
    assert "2 changes for 2 customers" in await maple.ana.sees(on_screen(words.GATHERED_SINCE))
    assert await waiting_and_gathered(maple) == (0, 2)


async def test_gathered_list_is_in_the_bulk_form_until_it_is_cancelled_or_expires(
    maple: Running,
) -> None:
    await add_to_list(maple)
    assert "1 change for 1 customer" in await open_gathered(maple)
    await maple.ana.close()
    assert "1 change for 1 customer" in await open_gathered(maple)
    await maple.ana.click(words.CANCEL)
    await maple.ana.sees(words.CANCELLED)
    await maple.ana.close()
    await maple.ana.command("/autumn bulk")
    await maple.ana.sees(words.LIST)
    maple.ana.does_not_see(words.SHOW_GATHERED)
    await maple.ana.close()

    await add_to_list(maple)
    await maple.ana.command("/autumn bulk")
    await maple.ana.sees(words.gathered(1))
    maple.clock.move(timedelta(days=2))
    await maple.bot.batches.ticker.keep_up()
    await maple.ana.click(words.SHOW_GATHERED)
    await maple.ana.sees(on_screen(words.GATHERED_GONE))


async def test_second_change_of_the_same_balance_is_reported(maple: Running) -> None:
    await add_to_list(maple)
    await open_filled_form(maple.ana)
    await maple.ana.fill("Amount", "20")
    await maple.ana.sees("→")
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
        await add_to_list(maple)
        await open_gathered(maple)
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
        await add_to_list(maple)
        await add_to_list(maple, customer="cus_bold")
        await open_gathered(maple)
        form = await maple.ana.sees(access_words.BARRED[DecisionReason.NO_RULE])
        assert f"[{words.SEND}]" not in form
        await maple.ana.click(access_words.ASK_THEM)
        await maple.ana.sees(approvals_words.RESULTS[Result.PASSED_ON].what)
        maple.lea.go("#billing")
        await maple.lea.sees(approvals_words.CHECK_LIST)
        await maple.lea.click(approvals_words.CHECK_LIST)
        assert "Bulk change: 2 changes for 2 customers" in await maple.lea.sees(words.SEND)
