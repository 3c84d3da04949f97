"""Every guard of every kind of change is met by a person and shows its note."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import groupby
from pathlib import Path

import pytest

from bot.approvals import words as approvals_words
from bot.approvals.lifecycle import Cause
from bot.approvals.results import Result
from bot.changes import notes, registry
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
from tests.journeys.changing import (
    ACTION,
    AT_ONCE,
    PREVIEW,
    WAITING,
    approve_waiting,
    ask_for_a_name,
    elsewhere,
    lea_sees,
    own_card,
    request_undo,
    requested,
    undo,
)
from tests.journeys.guarding import BALANCE, DELETION, DETAILS, REWARD, Case, fill_in
from tests.journeys.guarding_subscriptions import ADDITION, CANCELLATION, QUANTITY, SWITCH, TRIAL
from tests.journeys.kinds import apply_coupon
from tests.running import Mode, Running, actor, running_maple

_TESTS = Path(__file__).parent.parent
TABLES = [_TESTS / "batches", *(_TESTS / "changes").glob("*/")]
REFUSED = approvals_words.RESULTS[Result.REFUSED].what
MODES: dict[str, tuple[Mode, tuple[Case, ...]]] = {
    "balance": ("http", BALANCE),
    "reward": ("socket", REWARD),
    "details": ("socket", DETAILS),
    "deletion": ("http", DELETION),
    "cancellation": ("socket", CANCELLATION),
    "switch": ("http", SWITCH),
    "addition": ("http", ADDITION),
    "quantity": ("socket", QUANTITY),
    "trial": ("http", TRIAL),
}


def _by_form(case: Case) -> tuple[str, bool, tuple[tuple[str, str], ...]]:
    """Those that are filled in one after the other in the same form, before those that submit it."""
    return case.line, case.submits, case.filled


@pytest.mark.parametrize("kind", MODES)
async def test_form_shows_note_while_it_is_filled_in(kind: str) -> None:
    mode, cases = MODES[kind]
    async with running_maple(mode) as maple:
        for line, of_line in groupby(sorted(cases, key=_by_form), key=lambda case: case.line):
            await maple.ana.command(line)
            await maple.bot.work.drain(10)
            filled: dict[str, str] = {}
            for case in of_line:
                if case.submits or not filled.keys() <= dict(case.filled).keys():
                    await maple.ana.command(line)
                    await maple.bot.work.drain(10)
                    filled = {}
                entries = tuple(entry for entry in case.filled if filled.get(entry[0]) != entry[1])
                await fill_in(maple, replace(case, line="", filled=entries))
                filled = dict(case.filled)
        assert await maple.bot.changes.waiting() == []
        assert maple.autumn.ledger == []


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
    met = {case.code for _, cases in MODES.values() for case in cases} | MET_BELOW
    assert set(registry.note_codes().values()) - met - set(_tabled()) == set()


def _tabled() -> Iterator[NoteCode]:
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


# What somebody else does in Autumn meanwhile


def _past_due(customer: LocalCustomer) -> None:
    customer.products[0].status = "past_due"


def _lost(customer: LocalCustomer) -> None:
    customer.products.clear()
    customer.rows.clear()


@pytest.mark.parametrize(
    ("becomes", "note"),
    [
        (_past_due, "Autumn hides the balance of Messages while Pro is past due."),
        (_lost, "The customer does not have Messages. Give them a product that includes it, in Autumn."),
    ],
)
async def test_page_of_a_customer_without_balances_or_products(
    becomes: Callable[[LocalCustomer], None], note: str
) -> None:
    async with running_maple("http") as maple:
        await maple.ana.command("/autumn features cus_oscorp")
        await maple.ana.sees("Messages")
        await maple.ana.click("Open", within="Messages")
        await maple.bot.work.drain(10)
        maple.autumn.state.org.include_past_due = False
        becomes(maple.autumn.state.customers["cus_oscorp"])
        await maple.ana.click("Change balance")
        await maple.bot.work.drain(10)
        await maple.ana.sees(note)


async def _part(maple: Running) -> None:
    """Ana fills in a form for one part of a balance."""
    part = ("Which part of it", "250 of 250 left")
    about = (("Feature", "Messages"), part, ("Amount", "5"), ("Reason", "x"))
    await fill_in(maple, Case(BalanceNote.OTHER_ROWS, "/autumn balance cus_vandelay", "250 → 255", about))


async def _part_goes(maple: Running) -> None:
    rows = maple.autumn.state.customers["cus_vandelay"].rows
    rows[:] = [row for row in rows if row.external_id != "goodwill_march"]


async def test_part_gone_at_submit_is_refused(maple: Running) -> None:
    await _part(maple)
    await _part_goes(maple)
    await maple.ana.submit()
    form = await maple.ana.sees("This part of Messages is no longer there. Pick another.")
    assert REFUSED in form
    assert await maple.bot.changes.waiting() == []


async def test_refused_form_that_was_closed_is_answered_in_a_message(maple: Running) -> None:
    await _part(maple)
    await _part_goes(maple)
    maple.autumn.faults.add("customers.get", "latency", seconds=60)
    await maple.ana.submit()
    await maple.ana.sees("Checking with Autumn")
    await maple.ana.close()
    maple.autumn.faults.clear()
    message = await maple.ana.sees("Your form was not accepted, so nothing was requested")
    assert "This part of Messages is no longer there." in message


async def test_part_gone_at_approval_is_refused(maple: Running) -> None:
    await _part(maple)
    await maple.ana.submit()
    await lea_sees(maple, WAITING)
    await _part_goes(maple)
    assert await approve_waiting(maple) is Result.FAILED
    card = await maple.lea.sees(approvals_words.ENDINGS[Cause.GUARDED])
    assert "is no longer there. Pick another." in card
    assert maple.autumn.ledger == []


async def test_coupon_gone_at_approval_is_refused() -> None:
    async with running_maple("socket") as maple:
        await apply_coupon(maple)
        await lea_sees(maple, WAITING)
        del maple.autumn.state.rewards["loyal10"]
        assert await approve_waiting(maple) is Result.FAILED
        card = await maple.lea.sees(approvals_words.ENDINGS[Cause.GUARDED])
        assert "Autumn no longer has the coupon 10% off, always." in card
        assert maple.autumn.ledger == []


@pytest.mark.parametrize(
    ("becomes", "note"),
    [
        ("cus_other", "Autumn answered with another customer, so nothing was changed."),
        ("old@form", "This customer's id has an old format, which Autumn accepts only for balance changes"),
    ],
)
async def test_unwritable_id_is_refused(becomes: str, note: str) -> None:
    async with running_maple("http") as maple:
        customer = maple.autumn.state.customers["cus_acme"]
        if "@" in becomes:
            customer.id = becomes
            maple.autumn.state.customers.changed(customer)
            await ask_for_a_name_of(maple, becomes)
        else:
            await ask_for_a_name_of(maple, "cus_acme")
            customer.id = becomes
            await maple.ana.submit()
        await maple.ana.sees(note)
        assert await maple.bot.changes.waiting() == []


async def ask_for_a_name_of(maple: Running, customer: str) -> None:
    await fill_in(
        maple,
        Case(CommonNote.OLD_ID, f"/autumn update {customer}", "Name", (("Name", "New"), ("Reason", "x"))),
    )


async def test_approver_sees_that_others_have_the_email() -> None:
    async with running_maple("socket") as maple:
        await maple.ana.command("/autumn update cus_acme")
        await maple.bot.work.drain(10)
        await maple.ana.fill("Email", "billing@twinpeaks.example")
        await maple.bot.work.drain(10)
        await maple.ana.submit()
        await lea_sees(maple, "3 other customers also have this email address.")


# What the customer has beside the product


async def test_unstarted_add_on_is_warned_of_in_form_and_card() -> None:
    async with running_maple("http") as maple:
        state = maple.autumn.state
        customer = state.customers["cus_massive"]
        later = products.PlanTerms(status="scheduled", started_at=state.now + 5 * DAY)
        products.give(state, customer, state.plan("support_plus"), later)
        note = "Add-ons that have not started may be dropped with the product: Support Plus."
        switch = (("New product", "Team"), ("Reason", "x"))
        await fill_in(maple, Case(BillingNote.ADD_ONS_AT_RISK, "/autumn switch cus_massive", note, switch))
        await maple.ana.close()
        for what in ("Cancel now", "Cancel at the end of the period"):
            cancel = (("Subscription", "Starter"), ("What to do", what), ("Reason", "x"))
            case = Case(BillingNote.ADD_ONS_AT_RISK, "/autumn cancel cus_massive", note, cancel)
            await fill_in(maple, case)
            await maple.ana.submit()
            await lea_sees(maple, note)
            await maple.ana.close()
            await _withdraw(maple)


async def _withdraw(maple: Running) -> None:
    (record,) = await maple.bot.changes.waiting()
    await maple.bot.changes.withdraw(record.id, actor(maple.ana))


async def _switch(maple: Running, customer: str) -> None:
    """Ana picks Team in the form."""
    about = (("New product", "Team"),)
    note = switch_words.SwitchLine.STARTS_NOW.style.no_after
    await fill_in(maple, Case(SwitchNote.STARTS_ANEW, f"/autumn switch {customer}", note, about))


async def test_switch_that_would_replace_another_product_is_refused() -> None:
    async with running_maple("http") as maple:
        await _switch(maple, "cus_massive")
        await maple.ana.fill("Reason", "x")
        await elsewhere(
            maple, "billing.attach", customer_id="cus_massive", plan_id="pro", plan_schedule="immediate"
        )
        await maple.ana.submit()
        form = await maple.ana.sees("Autumn would replace Pro, but this request replaces Starter.")
        assert REFUSED in form
        assert await maple.bot.changes.waiting() == []


async def test_switch_replaces_the_main_product_of_the_same_group() -> None:
    async with running_maple("http", policy=AT_ONCE) as maple:
        state = maple.autumn.state
        state.plans["pro"].group = state.plans["team"].group = "workspace"
        customer = state.customers["cus_massive"]
        products.give(state, customer, state.plan("pro"), products.PlanTerms(started_at=state.now))
        await _switch(maple, "cus_massive")
        await maple.ana.sees("Product Pro: ends now")
        await maple.ana.fill("Reason", "x")
        await maple.ana.submit()
        await maple.ana.sees(approvals_words.ENDINGS[Cause.DONE])
        assert sorted(product.plan_id for product in customer.products if product.running) == [
            "starter",
            "team",
        ]


# What the demo does not have


def _rollovers_unclear(maple: Running) -> None:
    rows = maple.autumn.state.customers["cus_acme"].rows
    (row_with_rollovers,) = [row for row in rows if row.feature_id == "credits"]
    rows.append(replace(row_with_rollovers, id="another", rollovers=[]))


def _over_the_limit(maple: Running) -> None:
    rows = maple.autumn.state.customers["cus_northwind"].rows
    (row,) = [row for row in rows if row.feature_id == "messages"]
    row.balance = -500


def _two_main_products(maple: Running) -> None:
    state = maple.autumn.state
    customer = state.customers["cus_massive"]
    products.give(state, customer, state.plan("pro"), products.PlanTerms(started_at=state.now))


def _stripe_unread(maple: Running) -> None:
    maple.autumn.faults.add("customers.get", "500", expanding="invoice_previews")


def _currency_unknown(maple: Running) -> None:
    maple.autumn.faults.clear()
    customer = maple.autumn.state.customers["cus_acme"]
    customer.discounts.clear()
    # No product that is left has a price of its own, which would tell the company's currency.
    customer.products[:] = [product for product in customer.products if product.plan_id == "extra_seats"]


PREPARED: tuple[tuple[Callable[[Running], None], Case], ...] = (
    (
        _rollovers_unclear,
        Case(
            BalanceNote.ROLLOVERS_UNCLEAR,
            "/autumn balance cus_acme",
            "AI Credits has rolled-over units, and Autumn does not say which part",
            (
                ("Feature", "AI Credits"),
                ("Which part of it", "Team"),
                (ACTION, "Set the balance"),
                ("Amount", "10"),
            ),
        ),
    ),
    (
        _over_the_limit,
        Case(
            BalanceNote.OVERAGE_LOWERED,
            "/autumn balance cus_northwind",
            "100 fewer over the limit will be billed on the next invoice.",
            (("Feature", "Messages"), (ACTION, "Set the balance"), ("Amount", "-400")),
        ),
    ),
    (
        _two_main_products,
        Case(
            SwitchNote.SEVERAL_HELD,
            "/autumn switch cus_massive",
            "The customer has several main products that this one could replace",
            (("New product", "Team"),),
        ),
    ),
    (
        _stripe_unread,
        Case(
            DeletionNote.STRIPE_UNREAD,
            "/autumn delete cus_noname",
            "Stripe could not be reached, so coming charges are not listed here.",
        ),
    ),
    (
        _currency_unknown,
        Case(
            RewardNote.CURRENCY_UNKNOWN,
            "/autumn reward cus_acme",
            "Autumn does not say which currency this coupon is in. The estimate assumes USD",
            (("Coupon", "$100 off for 6 months"),),
        ),
    ),
)


async def test_form_shows_notes_about_rare_customers() -> None:
    async with running_maple("http") as maple:
        for prepare, case in PREPARED:
            prepare(maple)
            await fill_in(maple, case)
            await maple.ana.close()


# What is billed


async def test_only_seats_above_the_grant_are_billed() -> None:
    """With 20 granted and 14 used, a usage of 20 is neither billed nor confirmed; 24 bills 4."""
    part = (("Feature", "Seats"), ("Which part of it", "Team"), (ACTION, "Correct billed usage"))
    async with running_maple("http") as maple:
        rows = maple.autumn.state.customers["cus_acme"].rows
        (row,) = [row for row in rows if row.feature_id == "seats" and row.included == 20]
        row.balance = 6
        within = Case(
            BalanceNote.OTHER_ROWS, "/autumn balance cus_acme", "14 → 20", (*part, ("Amount", "20"))
        )
        await fill_in(maple, within)
        form = await maple.ana.sees("14 → 20")
        assert "billed." not in form
        assert "card" not in form
        row.balance = -4
        await maple.ana.close()
        fewer = "1 fewer than now will be billed. Any credit comes"
        await fill_in(
            maple,
            Case(BalanceNote.SEATS_LOWERED, "/autumn balance cus_acme", fewer, (*part, ("Amount", "23"))),
        )


# What cannot be seen


async def test_invisible_characters_are_not_written() -> None:
    """tests/kit/test_visible.py tries every one of them."""
    async with running_maple("socket", policy=AT_ONCE) as maple:
        for field, typed, visible in (
            ("Name", "New\u3164\u3164", "New"),
            ("Email", "office\u200b@acme.example", "office@acme.example"),
            ("Fingerprint", "New\ufe0f", "New"),
        ):
            await maple.ana.command("/autumn update cus_acme")
            await maple.ana.sees("Fingerprint")
            await maple.ana.fill(field, typed)
            await maple.ana.sees(f"→ {visible}")
            await maple.ana.fill("Reason", "x")
            await maple.ana.submit()
            await maple.ana.sees(approvals_words.ENDINGS[Cause.DONE])
            await maple.ana.close()
            assert visible in maple.autumn.ledger[-1].body.values(), field
        assert len(maple.autumn.ledger) == 3


async def test_email_with_a_blank_in_it_is_refused(maple: Running) -> None:
    await maple.ana.command("/autumn update cus_acme")
    await maple.ana.sees("Fingerprint")
    await maple.ana.fill("Email", "office\u2800@acme.example")
    await maple.ana.sees("This is not an email address.")


async def test_invisible_name_and_reason_count_as_empty() -> None:
    nothing = "\u2800\u3164\u200b"
    async with running_maple("http") as maple:
        await maple.ana.command("/autumn update cus_acme")
        await maple.ana.sees("Fingerprint")
        await maple.ana.fill("Name", nothing)
        await maple.ana.sees("Name: Acme Ltd → none")
        await maple.ana.fill("Reason", nothing)
        await maple.ana.submit()
        card = await lea_sees(maple, WAITING)
        assert approvals_words.NO_REASON.replace("*", "") in card


async def test_undo_does_not_write_invisible_characters() -> None:
    async with running_maple("http", policy=AT_ONCE) as maple:
        maple.autumn.state.customers["cus_acme"].name = "Acme\u200b Ltd"
        await ask_for_a_name(maple.ana, "Acme Group")
        await maple.ana.sees(approvals_words.ENDINGS[Cause.DONE])
        await _undo_is_refused(maple, "The name contains invisible characters.")


# Undoing


async def test_grant_cut_since_cannot_be_taken_back() -> None:
    async with running_maple("http", policy=AT_ONCE) as maple:
        await requested(maple)
        await elsewhere(
            maple, "balances.update", customer_id="cus_acme", feature_id="messages", included_grant=100
        )
        note = "The customer is granted 100 now, so no more can be taken back."
        before = len(maple.autumn.ledger)
        await own_card(maple.ana, "[Undo]")
        await request_undo(maple.ana)
        refusal = await maple.ana.sees(note)
        assert REFUSED in refusal
        assert "Nothing was requested" in refusal
        assert len(maple.autumn.ledger) == before
        await _undo_is_refused(maple, note)


async def _undo_is_refused(maple: Running, note: str) -> None:
    """Without clicking."""
    before = len(maple.autumn.ledger)
    (change,) = await maple.bot.changes.requested_by(maple.ana.id)
    outcome = await maple.bot.changes.undo(change.id, "undo", actor(maple.ana))
    assert outcome.result is Result.REFUSED
    assert outcome.assessment is not None
    (refusal,) = outcome.assessment.judgement.refusals
    assert note in notes.plain(refusal)
    assert len(maple.autumn.ledger) == before


async def test_nothing_is_left_to_undo_after_a_reset() -> None:
    async with running_maple("socket", policy=AT_ONCE) as maple:
        await requested(maple)
        maple.autumn.clock.move(timedelta(days=40))
        await _undo_is_refused(maple, "The balance has reset since, so there is nothing left to undo.")


async def test_replaced_coupon_is_not_undone() -> None:
    async with running_maple("http", policy=AT_ONCE) as maple:
        await apply_coupon(maple)
        await maple.ana.sees(approvals_words.ENDINGS[Cause.DONE])
        await elsewhere(maple, "customers/cus_northwind/coupons/sorry50")
        await _undo_is_refused(maple, "The customer has a different coupon by now, so this cannot be undone.")


async def test_restored_coupon_starts_its_months_again() -> None:
    async with running_maple("socket") as maple:
        remove = ((ACTION, "Remove the coupon"), ("Reason", "x"))
        await fill_in(maple, Case(RewardNote.REPLACES, "/autumn reward cus_coupons", "20% off", remove))
        await maple.ana.submit()
        await lea_sees(maple, WAITING)
        await approve_waiting(maple)
        assert await undo(maple) is Result.DONE
        card = await maple.lea.sees("Undo: reward change")
        assert "20% off for 3 months restarts: its duration begins now." in card


async def test_credit_is_spent_on_the_earliest_invoices_and_only_once() -> None:
    async with running_maple("socket") as maple:
        pick = ("Coupon", "$250 of invoice credit")
        await fill_in(maple, Case(RewardNote.REPLACES, "/autumn reward cus_acme", "This replaces", (pick,)))
        screen = await maple.ana.sees(PREVIEW)
        figures = re.findall(r"Next invoice on [^:]+: (\S+) → (\S+) ", screen)
        assert figures == [("$179.10", "$0.00"), ("$89.10", "$48.00"), ("$90.00", "$100.00")]


async def test_dollars_are_not_taken_off_yen() -> None:
    async with running_maple("http") as maple:
        pick = ("Coupon", "$100 off for 6 months")
        note = "This coupon is an amount in USD: it takes nothing off invoices in JPY."
        await fill_in(maple, Case(RewardNote.OTHER_CURRENCY, "/autumn reward cus_tyrell", note, (pick,)))
        screen = await maple.ana.sees(PREVIEW)
        assert ": ¥31,530, unchanged" in screen
        assert "shows from the next invoice" not in screen
