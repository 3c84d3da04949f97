"""Changes that Autumn makes only once the customer has paid."""

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import select

from bot.approvals import state_text, words
from bot.approvals.card import Audience, change_card, withheld_card
from bot.approvals.lifecycle import Cause, ChangeEvent, Record, State
from bot.approvals.message_cards import outcome_card
from bot.approvals.preview import Sleep
from bot.approvals.results import Result
from bot.approvals.service import ChangeService
from bot.changes.model import ChangeInput, PaymentPage
from bot.changes.switch.request import SwitchInput
from bot.changes.switch.words import SwitchAction
from bot.changes.trial.request import TrialInput
from bot.changes.trial.words import TrialAction
from bot.store.tables import audit, changes
from tests.approvals.harness import NOW, RAJ, Harness, Pauses
from tests.approvals.records import record

URL = "https://pay.example/in_1?secret=yes"


async def change_awaiting_payment(harness: Harness, sleep: Sleep = asyncio.sleep) -> Record:
    """The end of a trial, for a customer without a card."""
    harness.local.set_card("cus_umbrella", on_file=False)
    return await end_of_trial(harness, harness.service(sleep=sleep))


async def end_of_trial(harness: Harness, service: ChangeService) -> Record:
    customer = await harness.autumn.customer("cus_umbrella")
    request = TrialInput(
        customer="cus_umbrella",
        subscription=customer.subscriptions[0].id,
        product="pro",
        action=TrialAction.END_NOW,
    )
    return await approved(harness, service, request)


async def approved(harness: Harness, service: ChangeService, request: ChangeInput) -> Record:
    """The change, requested by Ana and approved by Raj."""
    waiting = await harness.waiting(service, request)
    done = (await service.approve(waiting.id, 1, RAJ)).record
    assert done is not None
    return done


async def test_change_that_waits_for_payment_is_neither_applied_nor_failed_and_written_once(
    sqlite_harness: Harness,
) -> None:
    harness, pauses = sqlite_harness, Pauses()
    done = await change_awaiting_payment(harness, pauses.sleep)
    assert pauses.count == 1, "it is read back once"
    assert (done.state, done.ending) == (State.UNCONFIRMED, Cause.AWAITS_PAYMENT)
    assert done.details == {"payment": "payment_method_required", "page": PaymentPage.INVOICE}
    assert not done.invertible
    assert harness.written() == 1
    assert harness.events(done)[-1] is ChangeEvent.UNCONFIRMED
    assert await harness.trail_is_intact()


async def test_checkout_is_told_from_an_open_invoice(sqlite_harness: Harness) -> None:
    harness = sqlite_harness
    service = harness.service()
    request = SwitchInput(customer="cus_empty", product="pro", action=SwitchAction.NOW)
    done = await approved(harness, service, request)
    assert "/checkout/" in done.payment_url
    assert done.details == {"payment": "", "page": PaymentPage.CHECKOUT}
    checked = (await service.check_again(done.id, RAJ)).record
    assert checked is not None
    assert words.SETTLE_PAYMENT[PaymentPage.CHECKOUT] in state_text.described(checked, {})


async def test_payment_link_is_given_once_and_stored_nowhere(sqlite_harness: Harness) -> None:
    harness = sqlite_harness
    done = await change_awaiting_payment(harness)
    assert "/invoice/in_" in done.payment_url
    number = done.payment_url.rpartition("/")[2]
    stored = await harness.service().get(done.id)
    assert stored is not None
    assert stored.payment_url == ""
    async with harness.database.reading() as connection:
        for table in (changes, audit):
            rows = (await connection.execute(select(table))).all()
            assert rows
            assert number not in str(rows)


async def test_applied_is_refused_until_the_customer_has_paid_and_not_applied_after(
    sqlite_harness: Harness,
) -> None:
    harness = sqlite_harness
    done = await change_awaiting_payment(harness)
    refused = await harness.service().mark(done.id, RAJ, applied=True)
    assert refused.result is Result.SEEN_NOT_APPLIED
    stored = await harness.service().get(done.id)
    assert stored == refused.record
    assert stored is not None
    assert (stored.state, stored.ending) == (State.UNCONFIRMED, Cause.AWAITS_PAYMENT)
    harness.local.pay(done.payment_url.rpartition("/")[2])
    assert (await harness.service().mark(done.id, RAJ, applied=False)).result is Result.SEEN_APPLIED
    marked = (await harness.service().mark(done.id, RAJ, applied=True)).record
    assert marked is not None
    assert (marked.state, marked.ending) == (State.APPLIED, Cause.MARKED_APPLIED)


async def test_customer_with_a_card_does_not_have_to_pay_first(sqlite_harness: Harness) -> None:
    harness = sqlite_harness
    harness.local.set_card("cus_umbrella")
    done = await end_of_trial(harness, harness.service())
    assert (done.state, done.payment_url) == (State.APPLIED, "")


AWAITED = replace(
    record(State.UNCONFIRMED),
    kind="trial",
    input=TrialInput(customer="cus_1", subscription="sub_1", product="pro", action=TrialAction.END_NOW),
    ending=Cause.AWAITS_PAYMENT,
    payment_url=URL,
)


@pytest.mark.parametrize("reason", ["", *words.PAYMENTS])
def test_only_the_requesters_outcome_has_the_link(reason: str) -> None:
    done = replace(AWAITED, details={"payment": reason})
    outcome = str(outcome_card(done, now=NOW).blocks)
    assert f"<{URL}|{words.PAYMENT_LINK}>" in outcome
    assert words.PAYMENT_LINK_PRIVATE in outcome
    for audience in Audience:
        card = str(change_card(done, audience=audience, now=NOW).blocks)
        assert "pay.example" not in card
        assert words.AWAITS_PAYMENT in card
        assert words.SETTLE not in card
        assert words.PAYMENTS.get(reason, words.AWAITS_PAYMENT) in card
    withheld = str(withheld_card(done, now=NOW).blocks)
    assert words.AWAITS_PAYMENT in withheld
    assert "pay.example" not in withheld


@pytest.mark.parametrize(
    ("details", "page"),
    [
        ({"payment": "", "page": "checkout"}, PaymentPage.CHECKOUT),
        ({"payment": "payment_failed", "page": "invoice"}, PaymentPage.INVOICE),
        ({"payment": "", "page": "checkout", "now": "absent"}, PaymentPage.CHECKOUT),
        ({"payment": ""}, None),
    ],
)
def test_what_to_do_about_a_payment_depends_on_where_it_is_made(
    details: dict[str, str], page: PaymentPage | None
) -> None:
    done = replace(AWAITED, details=details)
    cards = [change_card(done, audience=Audience.APPROVER, now=NOW), outcome_card(done, now=NOW)]
    for said in map(str, (card.plain for card in cards)):
        shown = {candidate for candidate, sentence in words.SETTLE_PAYMENT.items() if sentence in said}
        assert shown == {page}


@pytest.mark.parametrize("url", ["", "javascript:alert(1)"])
def test_link_without_a_web_address_is_dropped(url: str) -> None:
    outcome = outcome_card(replace(AWAITED, payment_url=url), now=NOW)
    assert words.PAYMENT_LINK_PRIVATE not in str(outcome.blocks)
