"""The requester edits a waiting request, wherever she sees it."""

from decimal import Decimal

from sqlalchemy import text

from bot.approvals import words as approvals_words
from bot.approvals.lifecycle import Cause
from bot.approvals.requests import ChangeRequest
from bot.approvals.results import Result
from bot.changes.balance.request import BalanceInput
from bot.changes.forms import words as forms_words
from bot.home import words as home_words
from tests.journeys.changing import (
    OUTAGE,
    WAITING,
    approve_waiting,
    close_and_read_own_card,
    read_as_approver,
    read_own_card,
    request_change,
    request_shown_to_lea,
)
from tests.journeys.steps import assert_in_order
from tests.running import Running, actor
from tests.screen import on_screen


async def test_edited_request_replaces_the_old_one_on_the_same_card(maple: Running) -> None:
    before = (await maple.bot.autumn.customer("cus_acme")).balances["messages"].remaining
    await request_change(maple)
    await read_as_approver(maple, WAITING)
    await close_and_read_own_card(maple.ana, f"[{approvals_words.EDIT}]")
    await maple.ana.click(approvals_words.EDIT)
    form = await maple.ana.sees(forms_words.SAVE)
    assert OUTAGE in form
    await maple.ana.fill("Amount", "200")
    await maple.ana.sees("50,200")
    await maple.ana.submit()
    await maple.ana.sees("version 2")
    card = await maple.lea.sees("Give 200 extra Messages")
    assert on_screen(approvals_words.EDITED) in card
    maple.lea.does_not_see("Give 500 extra Messages")
    assert await approve_waiting(maple) is Result.DONE
    await maple.lea.sees(approvals_words.ENDINGS[Cause.DONE])
    await close_and_read_own_card(maple.ana, "Give 200 extra Messages", approvals_words.ENDINGS[Cause.DONE])
    customer = await maple.bot.autumn.customer("cus_acme")
    assert customer.balances["messages"].remaining == before + 200
    (record,) = await maple.bot.changes.history("cus_acme")
    assert isinstance(record.input, BalanceInput)
    assert record.input.amount == Decimal(200)
    await maple.lea.command("/autumn history cus_acme")
    history = await maple.lea.sees("edited by @ana")
    assert_in_order(history, "requested by @ana", "edited by @ana", "approved by @lea", "applied")


async def test_request_is_edited_from_the_home_tab_and_from_the_history(maple: Running) -> None:
    await request_shown_to_lea(maple)
    await maple.ana.open_home()
    await maple.ana.sees(home_words.REQUESTS)
    await edit(maple)
    await maple.ana.close()
    await maple.ana.command("/autumn history cus_acme")
    await edit(maple)
    await maple.ana.fill("Amount", "200")
    await maple.ana.settled()
    await maple.ana.submit()
    await maple.ana.sees("version 2")
    await maple.lea.sees("Give 200 extra Messages")


async def edit(maple: Running) -> None:
    """Ana opens the form of her request from where she sees it."""
    await maple.ana.sees(f"[{approvals_words.EDIT}]")
    await maple.ana.click(approvals_words.EDIT)
    form = await maple.ana.sees(forms_words.SAVE)
    assert OUTAGE in form


async def test_click_on_the_version_before_the_edit_decides_nothing(maple: Running) -> None:
    record = await request_shown_to_lea(maple)
    await maple.lea.sees(WAITING)
    maple.slack.faults.add("chat.update", "error", error="fatal_error", times=None)
    about = record.input.model_copy(update={"amount": Decimal(200)})
    edited = ChangeRequest("edit", about, actor(maple.ana), reason=OUTAGE)
    assert (await maple.bot.changes.edit(record.id, record.version, edited)).result is Result.DONE
    await maple.lea.click("Approve")
    await maple.lea.sees(approvals_words.RESULTS[Result.STALE].what)
    assert maple.autumn.ledger == []


async def test_request_that_was_decided_meanwhile_is_not_edited(maple: Running) -> None:
    await request_change(maple)
    await read_as_approver(maple, WAITING)
    await close_and_read_own_card(maple.ana, f"[{approvals_words.EDIT}]")
    await maple.ana.click(approvals_words.EDIT)
    await maple.ana.sees(forms_words.SAVE)
    await approve_waiting(maple)
    await maple.ana.submit()
    form = await maple.ana.sees(approvals_words.RESULTS[Result.TOO_LATE].what)
    assert f"[{forms_words.SAVE}]" in form
    assert len(maple.autumn.ledger) == 1


async def test_edit_button_on_an_old_card_explains_itself(maple: Running) -> None:
    await request_shown_to_lea(maple)
    await read_own_card(maple.ana, f"[{approvals_words.EDIT}]")
    for change, result in (
        ("version = 2", Result.STALE),
        ("state = 'denied'", Result.TOO_LATE),
        ("env = 'live'", Result.UNKNOWN),
    ):
        async with maple.bot.database.writing() as connection:
            await connection.execute(text(f"UPDATE changes SET {change}"))  # noqa: S608
        await maple.ana.click(approvals_words.EDIT)
        await maple.ana.sees(approvals_words.RESULTS[result].what)
        await maple.ana.close()
