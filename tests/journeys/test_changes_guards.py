"""Every note of every kind of change is shown to a person in a form or on a card."""

import re
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import groupby
from pathlib import Path

import pytest

from bot.approvals import words as approvals_words
from bot.approvals.lifecycle import Cause
from bot.approvals.results import Result
from bot.changes import registry
from bot.changes.balance import words as balance_words
from bot.changes.balance.words import BalanceNote
from bot.changes.billing.words import BillingNote
from bot.changes.deletion.words import DeletionNote
from bot.changes.details.words import DetailsNote
from bot.changes.notes import CommonNote, NoteCode
from bot.changes.reward.words import RewardNote
from bot.changes.switch import words as switch_words
from bot.changes.switch.words import SwitchNote
from sandbox.autumn import products
from sandbox.autumn.model import LocalCustomer
from sandbox.autumn.months import DAY
from tests.approvals.harness import ANA
from tests.journeys.changing import (
    ACTION,
    AT_ONCE,
    PREVIEW,
    FormSetup,
    change_in_autumn,
    read_own_card,
    request_shown_to_lea,
    request_undo,
)
from tests.journeys.guarding import BALANCE, DELETION, DETAILS, REWARD, NoteCase, fill_in
from tests.journeys.guarding_subscriptions import ADDITION, CANCELLATION, QUANTITY, SWITCH, TRIAL
from tests.journeys.harness import FormHarness, applied_record, form_harness, refusal
from tests.journeys.kinds import apply_coupon, give_allowance
from tests.running import Running, running_maple
from tests.screen import on_screen

_TESTS = Path(__file__).parent.parent
TABLES = [_TESTS / "batches", *(_TESTS / "changes").glob("*/")]
REFUSED = approvals_words.RESULTS[Result.REFUSED].what
CASES: dict[str, tuple[NoteCase, ...]] = {
    "balance": BALANCE,
    "reward": REWARD,
    "details": DETAILS,
    "deletion": DELETION,
    "cancellation": CANCELLATION,
    "switch": SWITCH,
    "addition": ADDITION,
    "quantity": QUANTITY,
    "trial": TRIAL,
}


@pytest.fixture
async def harness() -> AsyncIterator[FormHarness]:
    async with form_harness() as harness:
        yield harness


def _by_form(case: NoteCase) -> tuple[str, bool, tuple[tuple[str, str], ...]]:
    """The sort order: cases that share an open form come one after the other, before those that submit it."""
    return case.line, case.submits, case.filled


@pytest.mark.parametrize("kind", CASES)
async def test_form_shows_note_while_it_is_filled_in(harness: FormHarness, kind: str) -> None:
    for line, of_line in groupby(sorted(CASES[kind], key=_by_form), key=lambda case: case.line):
        await harness.ana.command(line)
        filled: dict[str, str] = {}
        for case in of_line:
            if case.submits or not filled.keys() <= dict(case.filled).keys():
                await harness.ana.command(line)
                filled = {}
            entries = tuple(entry for entry in case.filled if filled.get(entry[0]) != entry[1])
            await fill_in(harness, replace(case, line="", filled=entries))
            filled = dict(case.filled)
    assert await harness.changes.waiting() == []
    assert harness.autumn.ledger == []


async def test_balance_that_cannot_be_changed_is_refused(maple: Running) -> None:
    for customer, feature, why in (
        ("cus_acme", "Single Sign-On", "Single Sign-On is on or off, so it has no balance"),
        ("cus_acme", "API Calls", "API Calls is unlimited, so there is no balance to change."),
        ("cus_piedpiper", "Exports", "Exports is held by the customer's entities."),
    ):
        await maple.ana.command(f'/autumn give {customer} 5 "{feature}"')
        form = await maple.ana.sees(why)
        assert balance_words.PICK_FEATURE in form
        await maple.ana.close()


def test_every_guard_is_covered() -> None:
    met = {case.code for cases in CASES.values() for case in cases} | MET_BELOW
    assert set(registry.note_codes().values()) - met - set(_covered_by_tables()) == set()


def _covered_by_tables() -> Iterator[NoteCode]:
    """The notes covered by the kinds' own table tests, and by those of list lines."""
    tables = "".join(path.read_text() for folder in TABLES for path in folder.glob("test_*.py"))
    for code in registry.note_codes().values():
        if f"{type(code).__name__}.{code.name}" in tables:
            yield code


MET_BELOW = {
    BillingNote.ADD_ONS_AT_RISK,
    SwitchNote.REPLACES_ANOTHER,
    SwitchNote.SEVERAL_HELD,
    BalanceNote.FEATURE_IS_FLAG,
    BalanceNote.UNLIMITED,
    BalanceNote.ENTITY_BALANCE,
    RewardNote.ALREADY_REDEEMED,
    DetailsNote.BAD_TEXT,
    RewardNote.CURRENCY_UNKNOWN,
    BalanceNote.FEATURE_NOT_HELD,
    BalanceNote.MORE_THAN_GRANTED,
    RewardNote.MOVED_SINCE,
    CommonNote.OLD_ID,
    CommonNote.OTHER_CUSTOMER,
    BalanceNote.PAST_DUE_HIDDEN,
    BalanceNote.OVERAGE_LOWERED,
    CommonNote.RECREATED,
    BalanceNote.RESET_SINCE,
    RewardNote.REWARD_UNKNOWN,
    BalanceNote.ROLLOVERS_UNCLEAR,
    BalanceNote.ROW_GONE,
    BalanceNote.SAME_DAY,
    DetailsNote.SAME_EMAIL,
    RewardNote.STARTS_AFRESH,
    BalanceNote.SEATS_LOWERED,
    DeletionNote.STRIPE_UNREAD,
}
"""These take more than filling in a form."""


# What someone else does in Autumn meanwhile


def _past_due(customer: LocalCustomer) -> None:
    customer.products[0].status = "past_due"


def _remove_products_and_balances(customer: LocalCustomer) -> None:
    customer.products.clear()
    customer.rows.clear()


async def test_page_of_a_customer_without_balances_or_products(maple: Running) -> None:
    maple.autumn.state.org.include_past_due = False
    for customer, becomes, note in (
        ("cus_oscorp", _past_due, "Autumn hides the balance of Messages while Pro is past due."),
        (
            "cus_northwind",
            _remove_products_and_balances,
            "The customer doesn't have Messages. Use Give a feature, or put them on a product",
        ),
    ):
        await maple.ana.command(f"/autumn features {customer}")
        await maple.ana.sees(customer)
        await maple.ana.click("Open", within="Messages")
        await maple.bot.background.drain(10)
        becomes(maple.autumn.state.customers[customer])
        await maple.ana.click("Change balance")
        await maple.ana.sees(note)
        await maple.ana.close()


async def _fill_in_for_a_part(at: FormSetup) -> None:
    """Ana fills in a form for one part of a balance."""
    await at.ana.command("/autumn balance cus_vandelay")
    await at.ana.sees(ACTION)
    await at.ana.choose("Feature", "Messages")
    await at.ana.sees("Source")
    await at.ana.choose("Source", "250 of 250 left")
    await at.ana.fill("Amount", "5")
    await at.ana.sees("250 → 255")
    await at.ana.fill("Reason", "x")


def _remove_part(at: FormSetup) -> None:
    rows = at.autumn.state.customers["cus_vandelay"].rows
    rows[:] = [row for row in rows if row.external_id != "goodwill_march"]


async def test_part_gone_at_submit_is_refused(maple: Running) -> None:
    await _fill_in_for_a_part(maple)
    _remove_part(maple)
    await maple.ana.submit()
    form = await maple.ana.sees("This source of Messages is no longer there. Pick another.")
    assert REFUSED in form
    assert await maple.bot.changes.waiting() == []


async def test_refused_form_that_was_closed_is_answered_in_a_message(maple: Running) -> None:
    await _fill_in_for_a_part(maple)
    _remove_part(maple)
    maple.autumn.faults.add("customers.get", "latency", seconds=60)
    await maple.ana.submit()
    await maple.ana.sees("Checking with Autumn")
    await maple.ana.close()
    maple.autumn.faults.clear()
    message = await maple.ana.sees("Your form was not accepted, so nothing was requested")
    assert "This source of Messages is no longer there." in message


async def _stopped_at_approval(harness: FormHarness) -> str:
    """The card of a request that the guards refuse when it is approved."""
    outcome = await harness.approve()
    assert outcome.result is Result.FAILED
    assert outcome.record is not None
    assert harness.autumn.ledger == []
    card = await harness.card(outcome.record)
    assert on_screen(approvals_words.ENDINGS[Cause.GUARDED]) in card
    return card


async def test_part_gone_at_approval_is_refused(harness: FormHarness) -> None:
    await _fill_in_for_a_part(harness)
    await harness.ana.submit()
    _remove_part(harness)
    assert "is no longer there. Pick another." in await _stopped_at_approval(harness)


async def test_coupon_gone_at_approval_is_refused(harness: FormHarness) -> None:
    await apply_coupon(harness)
    del harness.autumn.state.rewards["loyal10"]
    assert "Autumn no longer has the coupon 10% off, always." in await _stopped_at_approval(harness)


async def test_answer_about_another_customer_is_refused(harness: FormHarness) -> None:
    await harness.ana.command("/autumn update cus_acme")
    await harness.ana.fill("Name", "New")
    harness.autumn.state.customers["cus_acme"].id = "cus_other"
    await harness.ana.submit()
    assert "Autumn answered with another customer, so nothing was changed." in refusal(harness.ana.outcome)
    assert await harness.changes.waiting() == []


async def test_id_of_an_old_format_is_refused(harness: FormHarness) -> None:
    customer = harness.autumn.state.customers["cus_acme"]
    customer.id = "old@form"
    harness.autumn.state.customers.changed(customer)
    await harness.ana.command("/autumn update old@form")
    await harness.ana.fill("Name", "New")
    note = "This customer's id has an old format, which Autumn accepts only for balance changes"
    await harness.ana.sees(note)
    await harness.ana.submit()
    assert note in refusal(harness.ana.outcome)


async def test_approver_sees_that_others_have_the_email(harness: FormHarness) -> None:
    await harness.ana.command("/autumn update cus_acme")
    await harness.ana.fill("Email", "billing@twinpeaks.example")
    await harness.ana.submit()
    assert "3 other customers also have this email address." in await harness.card(await harness.waiting())


# What else the customer has


async def test_unstarted_add_on_is_warned_of_in_form_and_card(harness: FormHarness) -> None:
    state = harness.autumn.state
    customer = state.customers["cus_massive"]
    later = products.PlanTerms(status="scheduled", started_at=state.now + 5 * DAY)
    products.give(state, customer, state.plan("support_plus"), later)
    note = "Add-ons that haven't started may be called off with the product: Support Plus."
    switch = (("New product", "Team"), ("Reason", "x"))
    await fill_in(harness, NoteCase(BillingNote.ADD_ONS_AT_RISK, "/autumn switch cus_massive", note, switch))
    for choice in ("Cancel now", "Cancel at the end of the period"):
        cancel = (("Subscription", "Starter"), ("What to do", choice), ("Reason", "x"))
        await fill_in(
            harness, NoteCase(BillingNote.ADD_ONS_AT_RISK, "/autumn cancel cus_massive", note, cancel)
        )
        await harness.ana.submit()
        record = await harness.waiting()
        assert note in await harness.card(record), choice
        await harness.changes.withdraw(record.id, ANA)


async def _switch_to_team(harness: FormHarness) -> None:
    await harness.ana.command("/autumn switch cus_massive")
    await harness.ana.choose("New product", "Team")
    await harness.ana.sees(switch_words.SwitchLine.STARTS_NOW.style.no_after)


async def test_switch_that_would_replace_another_product_is_refused(harness: FormHarness) -> None:
    await _switch_to_team(harness)
    await change_in_autumn(
        harness, "billing.attach", customer_id="cus_massive", plan_id="pro", plan_schedule="immediate"
    )
    await harness.ana.submit()
    assert "Autumn would replace pro, but this request replaces starter." in refusal(harness.ana.outcome)
    assert await harness.changes.waiting() == []


async def test_switch_replaces_the_main_product_of_the_same_group() -> None:
    async with form_harness(at_once=True) as harness:
        state = harness.autumn.state
        state.plans["pro"].group = state.plans["team"].group = "workspace"
        customer = state.customers["cus_massive"]
        products.give(state, customer, state.plan("pro"), products.PlanTerms(started_at=state.now))
        await _switch_to_team(harness)
        await harness.ana.sees("Product Pro: ends now")
        await harness.ana.submit()
        applied_record(harness.ana.outcome)
        assert sorted(product.plan_id for product in customer.products if product.running) == [
            "starter",
            "team",
        ]


# Cases that the demo's customers do not have


def _rollovers_unclear(harness: FormHarness) -> None:
    rows = harness.autumn.state.customers["cus_acme"].rows
    (row_with_rollovers,) = [row for row in rows if row.feature_id == "credits"]
    rows.append(replace(row_with_rollovers, id="another", rollovers=[]))


def _over_the_limit(harness: FormHarness) -> None:
    rows = harness.autumn.state.customers["cus_northwind"].rows
    (row,) = [row for row in rows if row.feature_id == "messages"]
    row.balance = -500


def _two_main_products(harness: FormHarness) -> None:
    state = harness.autumn.state
    customer = state.customers["cus_massive"]
    products.give(state, customer, state.plan("pro"), products.PlanTerms(started_at=state.now))


def _stripe_unread(harness: FormHarness) -> None:
    harness.autumn.faults.add("customers.get", "500", expanding="invoice_previews")


def _currency_unknown(harness: FormHarness) -> None:
    harness.autumn.faults.clear()
    customer = harness.autumn.state.customers["cus_acme"]
    customer.discounts.clear()
    # No remaining product has a base price, which would show the company's currency.
    customer.products[:] = [product for product in customer.products if product.plan_id == "extra_seats"]


PREPARED: tuple[tuple[Callable[[FormHarness], None], NoteCase], ...] = (
    (
        _rollovers_unclear,
        NoteCase(
            BalanceNote.ROLLOVERS_UNCLEAR,
            "/autumn balance cus_acme",
            "AI Credits has rolled-over units, and Autumn doesn't say which source",
            (
                ("Feature", "AI Credits"),
                ("Source", "Team"),
                (ACTION, "Set the balance"),
                ("Amount", "10"),
            ),
        ),
    ),
    (
        _over_the_limit,
        NoteCase(
            BalanceNote.OVERAGE_LOWERED,
            "/autumn balance cus_northwind",
            "The overage billed on the next invoice falls by 100.",
            (("Feature", "Messages"), (ACTION, "Set the balance"), ("Amount", "-400")),
        ),
    ),
    (
        _two_main_products,
        NoteCase(
            SwitchNote.SEVERAL_HELD,
            "/autumn switch cus_massive",
            "The customer has several main products that this one could replace",
            (("New product", "Team"),),
        ),
    ),
    (
        _stripe_unread,
        NoteCase(
            DeletionNote.STRIPE_UNREAD,
            "/autumn delete cus_noname",
            "Stripe couldn't be reached, so upcoming charges are not listed here.",
        ),
    ),
    (
        _currency_unknown,
        NoteCase(
            RewardNote.CURRENCY_UNKNOWN,
            "/autumn reward cus_acme",
            "Autumn doesn't say which currency this coupon is in. The estimate assumes USD",
            (("Coupon", "$100 off for 6 months"),),
        ),
    ),
)


async def test_form_shows_notes_about_rare_customers(harness: FormHarness) -> None:
    for prepare, case in PREPARED:
        prepare(harness)
        await fill_in(harness, case)


# What is billed


async def test_only_seats_above_the_grant_are_billed(harness: FormHarness) -> None:
    """With 20 granted and 14 used, a usage of 20 is neither billed nor confirmed; 24 bills 4."""
    part = (("Feature", "Seats"), ("Source", "Team"), (ACTION, "Correct usage"))
    rows = harness.autumn.state.customers["cus_acme"].rows
    (row,) = [row for row in rows if row.feature_id == "seats" and row.included == 20]
    row.balance = 6
    within = NoteCase(
        BalanceNote.OTHER_ROWS, "/autumn balance cus_acme", "14 → 20", (*part, ("Amount", "20"))
    )
    await fill_in(harness, within)
    form = await harness.ana.sees("14 → 20")
    assert "billed." not in form
    assert "card" not in form
    row.balance = -4
    fewer = "Autumn will bill for 1 fewer. Any credit comes"
    await fill_in(
        harness,
        NoteCase(BalanceNote.SEATS_LOWERED, "/autumn balance cus_acme", fewer, (*part, ("Amount", "23"))),
    )


# What cannot be seen


async def test_invisible_characters_are_not_written() -> None:
    """tests/kit/test_visible.py tries every one of them."""
    async with form_harness(at_once=True) as harness:
        for field, typed, visible in (
            ("Name", "New\u3164\u3164", "New"),
            ("Email", "office\u200b@acme.example", "office@acme.example"),
            ("Fingerprint", "New\ufe0f", "New"),
        ):
            await harness.ana.command("/autumn update cus_acme")
            await harness.ana.fill(field, typed)
            await harness.ana.sees(f"→ {visible}")
            await harness.ana.submit()
            applied_record(harness.ana.outcome)
            assert visible in harness.autumn.ledger[-1].body.values(), field
        assert len(harness.autumn.ledger) == 3


async def test_email_with_a_blank_in_it_is_refused(harness: FormHarness) -> None:
    await harness.ana.command("/autumn update cus_acme")
    await harness.ana.fill("Email", "office\u2800@acme.example")
    await harness.ana.sees("This is not an email address.")


async def test_invisible_name_and_reason_count_as_empty(harness: FormHarness) -> None:
    nothing = "\u2800\u3164\u200b"
    await harness.ana.command("/autumn update cus_acme")
    await harness.ana.fill("Name", nothing)
    await harness.ana.sees("Name: Acme Ltd → none")
    await harness.ana.fill("Reason", nothing)
    await harness.ana.submit()
    assert on_screen(approvals_words.NO_REASON) in await harness.card(await harness.waiting())


async def test_undo_does_not_write_invisible_characters() -> None:
    async with form_harness(at_once=True) as harness:
        harness.autumn.state.customers["cus_acme"].name = "Acme\u200b Ltd"
        await harness.ana.command("/autumn update cus_acme")
        await harness.ana.fill("Name", "Acme Group")
        await harness.ana.submit()
        await _undo_is_refused(harness, "The name contains invisible characters.")


# Undoing


async def test_grant_cut_since_cannot_be_taken_back() -> None:
    async with running_maple("http", policy=AT_ONCE) as maple:
        await request_shown_to_lea(maple)
        await change_in_autumn(
            maple, "balances.update", customer_id="cus_acme", feature_id="messages", included_grant=100
        )
        before = len(maple.autumn.ledger)
        await read_own_card(maple.ana, "[Undo]")
        await request_undo(maple.ana)
        answer = await maple.ana.sees("The customer is granted 100 now, so no more can be taken back.")
        assert REFUSED in answer
        assert "Nothing was requested" in answer
        assert len(maple.autumn.ledger) == before


async def _undo_is_refused(harness: FormHarness, note: str) -> None:
    record = applied_record(harness.ana.outcome)
    before = len(harness.autumn.ledger)
    assert note in refusal(await harness.undo(record))
    assert len(harness.autumn.ledger) == before


async def test_nothing_is_left_to_undo_after_a_reset() -> None:
    async with form_harness(at_once=True) as harness:
        await give_allowance(harness)
        harness.autumn.clock.move(timedelta(days=40))
        await _undo_is_refused(harness, "The balance has reset since, so there is nothing left to undo.")


async def test_replaced_coupon_is_not_undone() -> None:
    async with form_harness(at_once=True) as harness:
        await apply_coupon(harness)
        await change_in_autumn(harness, "customers/cus_northwind/coupons/sorry50")
        await _undo_is_refused(
            harness, "The customer has a different coupon by now, so this can't be undone."
        )


async def test_restored_coupon_starts_its_months_again(harness: FormHarness) -> None:
    remove = ((ACTION, "Remove the coupon"), ("Reason", "x"))
    await fill_in(harness, NoteCase(RewardNote.REPLACES, "/autumn reward cus_coupons", "20% off", remove))
    await harness.ana.submit()
    record = applied_record(await harness.approve())
    assert (await harness.undo(record)).result is Result.DONE
    card = await harness.card(await harness.waiting())
    assert "Undo: reward change" in card
    assert "20% off for 3 months restarts: its duration begins now." in card


async def test_credit_is_spent_on_the_earliest_invoices_and_only_once(harness: FormHarness) -> None:
    pick = ("Coupon", "$250 of invoice credit")
    await fill_in(harness, NoteCase(RewardNote.REPLACES, "/autumn reward cus_acme", "This replaces", (pick,)))
    screen = await harness.ana.sees(PREVIEW)
    figures = re.findall(r"Next invoice on [^:]+: (\S+) → (\S+) ", screen)
    assert figures == [("$179.10", "$0.00"), ("$89.10", "$48.00"), ("$90.00", "$100.00")]


async def test_dollars_are_not_taken_off_yen(harness: FormHarness) -> None:
    pick = ("Coupon", "$100 off for 6 months")
    note = "This coupon is an amount in USD: it takes nothing off invoices in JPY."
    await fill_in(harness, NoteCase(RewardNote.OTHER_CURRENCY, "/autumn reward cus_tyrell", note, (pick,)))
    screen = await harness.ana.sees(PREVIEW)
    assert ": ¥31,530, unchanged" in screen
    assert "shows from the next invoice" not in screen
