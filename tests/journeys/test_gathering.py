"""Several changes, of one customer or many, gathered from their forms and requested together."""

import asyncio
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from bot.access import words as access_words
from bot.access.policy import DecisionReason
from bot.access.refusal import Ask
from bot.access.rules import Verb
from bot.approvals import words as approvals_words
from bot.approvals.results import Result
from bot.batches import words
from bot.batches.card import ListRef
from bot.batches.gathering import GatheredVersion
from bot.batches.model import BatchResult, BatchState, GatheredChange, GatheredList
from bot.changes.balance.request import BalanceInput
from bot.changes.balance.words import BalanceAction
from bot.changes.forms import words as forms_words
from bot.kit import ids
from handlers import decoding
from sandbox.slack import LocalPerson, payloads
from tests.journeys.bulk import check_list, submit_list
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


def button_payload(maple: Running, button: str, value: str = "") -> dict[str, Any]:
    """What Slack sends when Ana presses a button of the form that is open: *Submit*, or this one."""
    simulation = maple.slack.simulation
    (view,) = simulation.views.stack(maple.ana.id)
    if not button:
        return payloads.submission(simulation, maple.ana.user, view)
    action = {"type": "button", "action_id": button, "block_id": "gather", "value": value, "action_ts": "1.1"}
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


# Passing the list on

LEA_LEADS = """
[[allow]]
name = "small ones"
who = "everyone"
may = ["ask", "at_once"]
changes = ["balance"]
amount_up_to = 600
per_day = 2000

[[allow]]
name = "lea leads"
who = ["U03LEA"]
may = ["ask", "at_once", "approve"]
changes = ["balance"]
"""
"""Of the list below Ana may request the first line only."""
TWO_CHANGES = "Bulk change: 2 changes for 2 customers"


async def open_list_beyond_the_policy(maple: Running) -> str:
    await add_to_list(maple)
    await add_to_list(maple, 900, customer="cus_bold")
    return await open_gathered(maple)


async def pass_list_on(maple: Running) -> str:
    await maple.ana.click(access_words.ASK_THEM)
    answer = await maple.ana.sees(approvals_words.RESULTS[Result.PASSED_ON].what)
    await maple.ana.close()
    return answer


async def fail_to_pass_list_on(maple: Running) -> None:
    await maple.ana.click(access_words.ASK_THEM)
    await maple.ana.close()
    maple.ana.go("@maple")
    await maple.ana.sees("Reference")


async def check_passed_on_list(maple: Running) -> None:
    maple.lea.go("#billing")
    await maple.lea.click(approvals_words.CHECK_LIST)


async def apply_passed_on_list(maple: Running) -> None:
    await check_passed_on_list(maple)
    await maple.lea.sees(words.APPLY)
    await maple.lea.click(words.APPLY, confirm=True)
    await maple.lea.sees(words.REQUESTED)
    await maple.lea.close()


async def requested_lists(maple: Running) -> list[tuple[str, int]]:
    """Who requested a list, and how many changes it has."""
    return [
        (person.user.name, batch.progress.all)
        for person in (maple.ana, maple.lea)
        for batch in await maple.bot.batches.requested_by(person.id, limit=5)
    ]


async def test_gathered_list_that_was_passed_on_is_closed() -> None:
    async with running_maple("http", policy=LEA_LEADS) as maple:
        form = await open_list_beyond_the_policy(maple)
        assert access_words.BARRED[DecisionReason.NO_RULE] in form
        assert f"[{words.APPLY}]" not in form
        old_buttons = button_values(maple)
        assert on_screen(words.CLOSED) in await pass_list_on(maple)
        await maple.ana.command("/autumn bulk")
        await maple.ana.sees(words.LIST)
        maple.ana.does_not_see(words.SHOW_GATHERED)
        await maple.ana.close()
        for button in (ids.ASK_THEM, ids.BATCH_CANCEL):
            await click_old_button(maple, maple.ana, button, old_buttons[button])
            await maple.ana.sees(words.GATHERED_GONE)
            maple.ana.reload()
        await apply_passed_on_list(maple)
        assert await requested_lists(maple) == [("lea", 2)]
        await add_to_list(maple, customer="cus_html")
        assert "1 change for 1 customer" in await open_gathered(maple)


async def test_gathered_list_is_passed_on_once_from_two_windows() -> None:
    async with running_maple("http", policy=LEA_LEADS) as maple:
        await open_list_beyond_the_policy(maple)
        first = button_payload(maple, ids.ASK_THEM, button_values(maple)[ids.ASK_THEM])
        await maple.ana.close()
        await open_gathered(maple)
        second = button_payload(maple, ids.ASK_THEM, button_values(maple)[ids.ASK_THEM])
        await asyncio.gather(
            *(maple.slack.deliveries.send("interactive", click) for click in (first, second))
        )
        await maple.bot.background.drain(10)
        maple.lea.go("#billing")
        assert "".join(maple.lea.pieces()).count(f"[{approvals_words.CHECK_LIST}]") == 1


async def test_gathered_list_that_slack_did_not_pass_on_stays_open() -> None:
    async with running_maple("http", policy=LEA_LEADS) as maple:
        await open_list_beyond_the_policy(maple)
        maple.slack.faults.add("chat.postMessage", "error", error="restricted_action", times=1)
        await fail_to_pass_list_on(maple)
        await open_gathered(maple)
        await pass_list_on(maple)
        await apply_passed_on_list(maple)
        assert await requested_lists(maple) == [("lea", 2)]


async def test_gathered_list_that_changed_in_another_window_is_not_passed_on() -> None:
    async with running_maple("http", policy=LEA_LEADS) as maple:
        await open_list_beyond_the_policy(maple)
        await add_to_list(maple, customer="cus_html")
        await maple.ana.click(access_words.ASK_THEM)
        await maple.ana.sees(words.RESULTS[BatchResult.LIST_CHANGED].what)
        await maple.ana.close()
        maple.lea.go("#billing")
        maple.lea.does_not_see(approvals_words.CHECK_LIST)
        assert await waiting_and_gathered(maple) == (0, 3)


@pytest.mark.parametrize("first", ["ana", "lea"])
async def test_list_that_was_passed_on_but_not_closed_is_requested_once(
    first: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running_maple("http", policy=LEA_LEADS) as maple:

        async def crash(*_: object) -> None:
            raise OSError("crashed")

        monkeypatch.setattr(maple.bot.batches, "close_gathered", crash)
        await open_list_beyond_the_policy(maple)
        ask = button_values(maple)[ids.ASK_THEM]
        await fail_to_pass_list_on(maple)
        await open_gathered(maple)
        await maple.ana.click(words.LEAVE_OUT)
        await maple.ana.sees(words.APPLY)
        if first == "ana":
            await maple.ana.click(words.APPLY, confirm=True)
            await maple.ana.sees(words.REQUESTED)
            await check_passed_on_list(maple)
            await maple.lea.sees(on_screen(words.requested_by_other("@ana", 1)))
        else:
            await apply_passed_on_list(maple)
            await maple.ana.click(words.APPLY, confirm=True)
            await maple.ana.sees(on_screen(words.requested_by_other("@lea", 2)))
        assert len(await requested_lists(maple)) == 1
        await maple.ana.close()
        await click_old_button(maple, maple.ana, ids.ASK_THEM, ask)
        await maple.ana.sees(words.REQUESTED if first == "ana" else "A list is requested only once.")


async def test_change_that_was_added_while_the_list_was_passed_on_stays_in_a_list() -> None:
    async with running_maple("http", policy=LEA_LEADS) as maple:
        await open_list_beyond_the_policy(maple)
        ask = Ask.decode(button_values(maple)[ids.ASK_THEM])
        added = await add_to_list(maple, customer="cus_html")
        await maple.bot.batches.close_gathered(ask.key, ask.draft, actor(maple.ana))
        rest = await maple.bot.batches.gathered(actor(maple.ana))
        assert rest is not None
        assert [(line.number, line.customer) for line in rest.lines] == [(1, "cus_html")]
        assert rest.key != added.key
        assert rest.reason == added.reason
        await maple.bot.batches.close_gathered(ask.key, ask.draft, actor(maple.ana))
        assert await maple.bot.batches.gathered(actor(maple.ana)) == rest


async def test_list_that_was_requested_while_it_was_passed_on_is_not_gathered_again() -> None:
    async with running_maple("http", policy=AT_ONCE) as maple:
        await add_to_list(maple)
        await open_gathered(maple)
        key = ListRef.decode(button_values(maple)[ids.BATCH_SEND]).key
        await maple.ana.click(words.APPLY, confirm=True)
        await maple.ana.sees(words.REQUESTED)
        await maple.bot.batches.close_gathered(key, "none", actor(maple.ana))
        assert await maple.bot.batches.gathered(actor(maple.ana)) is None


async def test_pasted_list_that_was_passed_on_is_not_requested_by_its_owner_as_well() -> None:
    async with running_maple("http", policy=LEA_LEADS) as maple:
        await check_list(maple.ana, "cus_northwind,messages,500\ncus_bold,messages,900\n")
        await maple.ana.sees(words.LEAVE_OUT)
        ask = button_values(maple)[ids.ASK_THEM]
        await maple.ana.click(words.LEAVE_OUT)
        await maple.ana.sees(words.APPLY)
        apply = button_values(maple)[ids.BATCH_SEND]
        await maple.ana.close()
        await click_old_button(maple, maple.ana, ids.ASK_THEM, ask)
        answer = await maple.ana.sees(approvals_words.RESULTS[Result.PASSED_ON].what)
        assert on_screen(words.CLOSED) not in answer
        await apply_passed_on_list(maple)
        maple.ana.reload()
        await click_old_button(maple, maple.ana, ids.BATCH_SEND, apply)
        await maple.ana.sees(on_screen(words.requested_by_other("@lea", 2)))
        assert await requested_lists(maple) == [("lea", 2)]


async def test_list_that_became_allowed_is_not_passed_on() -> None:
    async with running_maple("http", policy=AT_ONCE) as maple:
        gathered = await add_to_list(maple)
        draft = await maple.bot.batches.keep(gathered.lines, actor(maple.ana))
        ask = Ask(verb=Verb.ASK, draft=draft, key=gathered.key, gathered=gathered.version)
        await click_old_button(maple, maple.ana, ids.ASK_THEM, ask.encode())
        await maple.ana.sees(approvals_words.RESULTS[Result.UNKNOWN].what)
        assert await waiting_and_gathered(maple) == (0, 1)


async def test_list_that_became_forbidden_is_passed_on_with_its_lines() -> None:
    async with running_maple("http", policy=LEA_LEADS.replace("per_day = 2000", "per_day = 600")) as maple:
        await add_to_list(maple)
        await open_gathered(maple)
        await submit_list(maple, "cus_northwind,messages,400\n")
        # Another replica checks the list again.
        async with maple.another():
            await maple.ana.click(words.APPLY, confirm=True)
            assert f"[{access_words.ASK_THEM}]" in await maple.ana.sees(on_screen(words.ANEW))
            await pass_list_on(maple)
            await check_passed_on_list(maple)
            assert "Bulk change: 1 change for 1 customer" in await maple.lea.sees(words.APPLY)
