"""Adding a product: refusals and warnings, the write, and its verdict."""

from decimal import Decimal
from typing import Any

import pytest

from bot.autumn.models import BoughtQuantity, Plan, PlanItem, PlanPrice, Purchase, Quote, Subscription
from bot.changes import canonical, descriptions
from bot.changes import words as changes_words
from bot.changes.addition import words
from bot.changes.addition.kind import AdditionChange
from bot.changes.addition.request import AdditionInput
from bot.changes.addition.words import AdditionLine, AdditionNote
from bot.changes.billing.quantities import FeatureQuantity
from bot.changes.billing.words import BillingLine, BillingNote
from bot.changes.cancellation.request import CancellationInput
from bot.changes.cancellation.words import CancellationAction, Settlement
from bot.changes.lines import Line, ValueFormat
from bot.changes.model import Facts, PaymentPage, PendingPayment, Snapshot, Verdict
from bot.changes.notes import CommonNote, Note, mrkdwn
from tests.changes.billing.quotes import ADD_ON, OF_ENTITY, PRO, facts_with, incoming_plan
from tests.changes.billing.quotes import quote as quoted
from tests.changes.facts import AHEAD, LATER, NOW, SOON, balance, row, subscription

CHANGE = AdditionChange()
ONCE = AHEAD.model_copy(update={"interval": "one_off"})
SEATS = Plan(id="seats", add_on=True, items=[PlanItem(feature_id="seats", included=Decimal(2), price=AHEAD)])
SUPPORT = Plan(id="support", add_on=True, price=PlanPrice(amount=Decimal(99), interval="month"))
PACK = Plan(id="pack", price=PlanPrice(amount=Decimal(15), interval="one_off"))
BOTH = Plan(id="both", add_on=True, items=[*SEATS.items, PlanItem(feature_id="rooms", price=AHEAD)])
UNITS = Plan(id="units", items=[PlanItem(feature_id="messages", price=ONCE)])
OFFERED = (SEATS, SUPPORT, PACK, BOTH, UNITS, Plan(id="team"), Plan(id="old", add_on=True, archived=True))
BOUGHT = Purchase(plan_id="pack", started_at=NOW, scope="customer")
BY_TIME, CREDITED = Note(BillingNote.SHOWN_BY_TIME), Note(AdditionNote.UNDONE_WITH_CREDIT)
UNPAID, NO_UNDO = Note(AdditionNote.UNDONE_WITHOUT_MONEY), Note(CommonNote.NO_UNDO)


def addition(product: str = "support", **changes: Any) -> AdditionInput:
    return AdditionInput(**{"customer": "cus_1", "product": product, "subscription": "maple_1", **changes})


def seats(quantity: int | str, **changes: Any) -> AdditionInput:
    chosen = FeatureQuantity(feature="seats", quantity=Decimal(quantity))
    return addition("seats", quantities=(chosen,), **changes)


def seats_and_rooms(*quantities: int) -> AdditionInput:
    chosen = zip(("seats", "rooms"), quantities, strict=True)
    return addition(
        "both",
        quantities=tuple(
            FeatureQuantity(feature=feature, quantity=Decimal(quantity)) for feature, quantity in chosen
        ),
    )


BUY = addition("pack", subscription="")


def known(*subscriptions: Subscription, **changes: Any) -> Facts:
    return facts_with(*subscriptions, **{"offered": OFFERED, **changes})


def quote_bringing(plan_id: str, *lines: Any, quantity: int | None = None, **changes: Any) -> Quote:
    bought = [] if quantity is None else [BoughtQuantity(feature_id=plan_id, quantity=Decimal(quantity))]
    return quoted(*lines, incoming=[incoming_plan(plan_id, feature_quantities=bought)], **changes)


@pytest.mark.parametrize(
    ("change_input", "facts", "refusal"),
    [
        (addition(customer="cus_2"), known(PRO), Note(CommonNote.OTHER_CUSTOMER)),
        (addition("team"), known(PRO), Note(AdditionNote.CANNOT_BE_ADDED)),
        (addition("old"), known(PRO), Note(AdditionNote.CANNOT_BE_ADDED)),
        (addition("gone"), known(PRO), Note(AdditionNote.CANNOT_BE_ADDED)),
        (addition("support"), known(PRO, offered=None), Note(AdditionNote.CANNOT_BE_ADDED)),
        (addition("pack"), known(PRO), Note(AdditionNote.BILLED_OTHERWISE)),
        (addition("support", subscription=""), known(PRO), Note(AdditionNote.BILLED_OTHERWISE)),
        (
            addition(),
            known(subscription("support", id="maple_1", scope="customer", add_on=True)),
            Note(CommonNote.NOTHING_TO_DO),
        ),
        (addition("seats"), known(PRO), Note(BillingNote.QUANTITIES_MISSING)),
        (
            addition(quantities=(FeatureQuantity(feature="seats", quantity=Decimal(3)),)),
            known(PRO),
            Note(BillingNote.QUANTITIES_MISSING),
        ),
        (seats(1), known(PRO), Note(BillingNote.BELOW_INCLUDED, {"included": "2"})),
        (seats_and_rooms(2, -1), known(PRO), Note(BillingNote.NEGATIVE)),
        (
            addition(),
            known(PRO, quote_refused="product_not_found"),
            Note(BillingNote.WOULD_BE_REFUSED, {"code": "product_not_found"}),
        ),
        (
            addition(),
            known(PRO, quoted=quote_bringing("support", outgoing=[incoming_plan("pro")])),
            Note(AdditionNote.WOULD_REPLACE, {"products": "pro"}),
        ),
        (addition(), known(PRO, quoted=quoted()), Note(AdditionNote.NOT_ADDED_NOW)),
        (
            addition(),
            known(PRO, quoted=quoted(incoming=[incoming_plan("support", effective_at=LATER)])),
            Note(AdditionNote.NOT_ADDED_NOW),
        ),
        (
            seats(5),
            known(PRO, quoted=quote_bringing("seats", quantity=2)),
            Note(BillingNote.OTHER_QUANTITY, {"feature": "seats"}),
        ),
        (
            seats(5),
            known(PRO, quoted=quote_bringing("seats")),
            Note(BillingNote.OTHER_QUANTITY, {"feature": "seats"}),
        ),
    ],
)
def test_guard_refuses(change_input: AdditionInput, facts: Facts, refusal: Note) -> None:
    judged = CHANGE.guard(change_input, facts, NOW)
    assert judged.refusals == (refusal,)
    assert not judged.warnings
    assert mrkdwn(refusal)


FREE = Plan(id="support", add_on=True)
SUPPORTED = subscription("support", id="other", scope="customer", add_on=True)


@pytest.mark.parametrize(
    ("change_input", "facts", "warnings"),
    [
        (addition(), known(PRO), [BY_TIME, CREDITED]),
        (addition(), known(PRO, quoted=quote_bringing("support", 0)), [BY_TIME, CREDITED]),
        (
            addition(),
            known(PRO, quoted=quote_bringing("support", "0.01")),
            [Note(AdditionNote.MAY_NEED_PAYMENT), BY_TIME, CREDITED],
        ),
        (
            addition(),
            known(quoted=quote_bringing("support", 99, redirect_to_checkout=True)),
            [Note(BillingNote.NEEDS_CHECKOUT), BY_TIME, CREDITED],
        ),
        (
            addition(),
            known(PRO, SUPPORTED),
            [Note(AdditionNote.HELD_ALREADY, {"count": "1", "billed": "yes"}), BY_TIME, CREDITED],
        ),
        (
            addition(),
            known(PRO, SUPPORTED, SUPPORTED.model_copy(update={"canceled_at": NOW})),
            [Note(AdditionNote.HELD_ALREADY, {"count": "2"}), BY_TIME, CREDITED],
        ),
        (
            addition(),
            known(PRO, SUPPORTED.model_copy(update={"plan": FREE})),
            [Note(AdditionNote.HELD_ALREADY, {"count": "1"}), BY_TIME, CREDITED],
        ),
        (
            addition(),
            known(PRO, SUPPORTED.model_copy(update={"plan": None})),
            [Note(AdditionNote.HELD_ALREADY, {"count": "1"}), BY_TIME, CREDITED],
        ),
        (
            addition(),
            known(PRO, SUPPORTED, offered=(FREE,)),
            [Note(AdditionNote.HELD_ALREADY, {"count": "1"}), BY_TIME, CREDITED],
        ),
        (addition(), known(PRO, stripe_id=None), [Note(BillingNote.NEW_IN_STRIPE), BY_TIME, CREDITED]),
        (seats(5), known(PRO, quoted=quote_bringing("seats", quantity=5)), [BY_TIME, CREDITED]),
        (seats_and_rooms(5, 3), known(PRO), [BY_TIME, CREDITED]),
        (BUY, known(PRO, quoted=quote_bringing("pack")), [UNPAID]),
        (BUY, known(PRO, purchases=[BOUGHT]), [NO_UNDO]),
        (BUY, known(PRO, purchases=[BOUGHT.model_copy(update={"scope": "entity"})]), [UNPAID]),
    ],
)
def test_guard_warns(change_input: AdditionInput, facts: Facts, warnings: list[Note]) -> None:
    judged = CHANGE.guard(change_input, facts, NOW)
    assert judged.allowed
    assert list(judged.warnings) == warnings


@pytest.mark.parametrize(
    ("details", "text"),
    [
        ({"count": "1"}, "*The customer already has this add-on.*"),
        ({"count": "2"}, "*The customer already has this add-on 2 times.*"),
        ({"count": "1", "billed": "yes"}, "*The customer already has this add-on.* Both will be billed."),
        (
            {"count": "2", "billed": "yes"},
            "*The customer already has this add-on 2 times.* All of them will be billed.",
        ),
    ],
)
def test_warning_says_how_many_are_held_and_whether_all_are_billed(
    details: dict[str, str], text: str
) -> None:
    assert mrkdwn(Note(AdditionNote.HELD_ALREADY, details)) == text


@pytest.mark.parametrize(
    ("change_input", "fields"),
    [
        (addition(), {"subscription_id": "maple_1"}),
        (addition(entity="ws_1"), {"subscription_id": "maple_1", "entity_id": "ws_1"}),
        (BUY, {}),
        (
            seats("7.5"),
            {
                "subscription_id": "maple_1",
                "feature_quantities": [{"feature_id": "seats", "quantity": 7.5}],
            },
        ),
    ],
)
def test_plan_names_the_new_subscription(change_input: AdditionInput, fields: dict[str, Any]) -> None:
    (write,) = CHANGE.plan(change_input, known(PRO))
    assert (write.route, write.method, write.path) == ("billing.attach", "POST", "/v1/billing.attach")
    assert write.per_customer
    assert dict(write.body) == {
        "customer_id": "cus_1",
        "plan_id": change_input.product,
        "plan_schedule": "immediate",
        "redirect_mode": "if_required",
        **fields,
    }


def test_preview_lines() -> None:
    total = Line(BillingLine.TOTAL, None, "0", ValueFormat.MONEY, currency="USD")
    added = Line(AdditionLine.ADDED, None, None, about="seats")
    five = Line(BillingLine.QUANTITY, None, "5", ValueFormat.NUMBER, about="seats")
    assert list(CHANGE.preview(seats(5), known(PRO, quoted=quoted()))) == [added, five, total]
    assert list(CHANGE.preview(BUY, known(PRO))) == [Line(AdditionLine.BOUGHT, None, None, about="pack")]


def snapshot_of(request: AdditionInput, *subscriptions: Subscription, **changes: Any) -> Snapshot:
    return CHANGE.snapshot(request, known(*subscriptions, **changes))


OURS = SUPPORTED.model_copy(update={"id": "maple_1"})


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        ([PRO], [PRO, OURS], Verdict.APPLIED),
        ([PRO, SUPPORTED], [PRO, SUPPORTED, OURS], Verdict.APPLIED),
        ([PRO], [PRO], Verdict.NOT_APPLIED),
        ([PRO], [PRO, SUPPORTED], Verdict.UNCLEAR),
        ([PRO, SUPPORTED], [PRO], Verdict.UNCLEAR),
    ],
)
def test_add_on_is_recognised_by_its_id(
    before: list[Subscription], after: list[Subscription], verdict: Verdict
) -> None:
    assert (
        CHANGE.verify(addition(), snapshot_of(addition(), *before), snapshot_of(addition(), *after))
        is verdict
    )


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        ([], [BOUGHT], Verdict.APPLIED),
        ([BOUGHT], [BOUGHT, BOUGHT], Verdict.APPLIED),
        ([BOUGHT], [BOUGHT.model_copy(update={"quantity": Decimal(2)})], Verdict.APPLIED),
        ([BOUGHT], [BOUGHT], Verdict.NOT_APPLIED),
        ([], [BOUGHT.model_copy(update={"scope": "entity"})], Verdict.NOT_APPLIED),
        ([BOUGHT], [], Verdict.UNCLEAR),
    ],
)
def test_purchase_is_recognised_by_the_number_bought(
    before: list[Purchase], after: list[Purchase], verdict: Verdict
) -> None:
    assert (
        CHANGE.verify(BUY, snapshot_of(BUY, purchases=before), snapshot_of(BUY, purchases=after)) is verdict
    )


def test_purchases_of_other_products_are_left_out() -> None:
    unrelated = BOUGHT.model_copy(update={"plan_id": "other", "started_at": LATER})
    assert snapshot_of(BUY, purchases=[BOUGHT, unrelated]) == snapshot_of(BUY, purchases=[BOUGHT])


@pytest.mark.parametrize(
    ("rows", "verdict"),
    [
        ([row(included=2, prepaid_grant=Decimal(3), plan_id="seats", price=AHEAD)], Verdict.APPLIED),
        ([row(included=2, prepaid_grant=Decimal(1), plan_id="seats", price=AHEAD)], Verdict.UNCLEAR),
        ([], Verdict.UNCLEAR),
    ],
)
def test_add_on_with_another_quantity_is_unclear(rows: list[Any], verdict: Verdict) -> None:
    ours = OURS.model_copy(update={"plan_id": "seats"})
    after = snapshot_of(seats(5), PRO, ours, balances=(balance(*rows, feature_id="seats"),))
    assert CHANGE.verify(seats(5), snapshot_of(seats(5), PRO), after) is verdict


def test_verdict_is_unclear_when_the_customer_is_gone() -> None:
    assert CHANGE.verify(addition(), snapshot_of(addition(), PRO), None) is Verdict.UNCLEAR


def test_snapshot() -> None:
    subscriptions = (PRO, ADD_ON, OF_ENTITY, SUPPORTED.model_copy(update={"status": "scheduled"}))
    assert snapshot_of(addition(), *subscriptions) == {
        "subscription": None,
        "held": "0",
        "quantities": None,
        "bought_at": None,
        "period_end": "2026-12-12T15:06:00.000+00:00",
    }
    assert snapshot_of(addition(), OURS)["subscription"] == "maple_1"
    assert snapshot_of(addition(), OURS)["period_end"] is None
    sooner = SUPPORTED.model_copy(update={"current_period_end": SOON})
    assert snapshot_of(addition(), PRO, sooner)["period_end"] == canonical.time(SOON)
    again = BOUGHT.model_copy(update={"started_at": LATER})
    assert snapshot_of(BUY, purchases=[again, BOUGHT])["bought_at"] == canonical.time(LATER)


def test_new_period_changes_nothing_but_another_purchase_does() -> None:
    previewed = CHANGE.snapshot(BUY, known(quoted=quote_bringing("pack", 15)))
    begun = CHANGE.snapshot(BUY, known(PRO, quoted=quote_bringing("pack", 15)))
    assert previewed["period_end"] != begun["period_end"]
    assert CHANGE.holds(BUY, previewed, begun)
    bought = CHANGE.snapshot(BUY, known(PRO, purchases=[BOUGHT], quoted=quote_bringing("pack", 15)))
    assert not CHANGE.holds(BUY, previewed, bought)


@pytest.mark.parametrize(
    ("change_input", "before", "settlement", "one_time"),
    [(addition(), [], Settlement.CREDIT, False), (addition(), [SUPPORTED], Settlement.CREDIT, False)],
)
def test_add_on_is_undone_by_its_id(
    change_input: AdditionInput, before: list[Subscription], settlement: Settlement, one_time: bool
) -> None:
    then = snapshot_of(change_input, *before)
    assert CHANGE.inverse(change_input, then, then) == CancellationInput(
        customer="cus_1",
        subscription="maple_1",
        product="support",
        action=CancellationAction.NOW,
        settlement=settlement,
        one_time=one_time,
    )


def test_only_a_single_purchase_can_be_undone() -> None:
    first, second = snapshot_of(BUY), snapshot_of(BUY, purchases=[BOUGHT])
    assert CHANGE.inverse(BUY, first, second) == CancellationInput(
        customer="cus_1",
        subscription="",
        product="pack",
        action=CancellationAction.NOW,
        one_time=True,
        bought_at=NOW,
    )
    assert CHANGE.inverse(BUY, second, second) is None


def test_amount_and_products_for_the_policy() -> None:
    bought = known(PRO, quoted=quoted("49.5"))
    assert CHANGE.amount(addition(), CHANGE.snapshot(addition(), bought)) == Decimal("49.5")
    assert CHANGE.products(addition(), bought) == {"support"}


def test_preview_holds_while_only_time_passes() -> None:
    then = CHANGE.snapshot(addition(), known(PRO, quoted=quoted(50)))
    later = known(PRO, quoted=quoted(25), at=NOW + (LATER - NOW) / 2)
    assert CHANGE.holds(addition(), then, CHANGE.snapshot(addition(), later))
    twice = known(PRO, SUPPORTED, quoted=quoted(50))
    assert not CHANGE.holds(addition(), then, CHANGE.snapshot(addition(), twice))


def test_change_may_wait_for_payment() -> None:
    answer = {"payment_url": "https://pay.example/1"}
    assert CHANGE.pending_payment(answer) == PendingPayment(
        "https://pay.example/1", page=PaymentPage.CHECKOUT
    )


def test_addition_is_offered_where_a_product_can_be_added() -> None:
    assert CHANGE.applies_to(known(PRO), "")
    assert CHANGE.applies_to(known(PRO, offered=None), "")
    assert not CHANGE.applies_to(known(PRO, offered=(Plan(id="team"),)), "")


def test_wording() -> None:
    assert CHANGE.summary(addition(), {"support": "Support"}) == "Add Support now"
    assert CHANGE.summary(BUY, {"pack": "Pack"}) == "Buy Pack once, now"
    before = snapshot_of(addition(), PRO)
    assert list(CHANGE.shown_now(addition(), before, before)) == [words.NOT_HELD]
    assert list(CHANGE.shown_now(addition(), before, snapshot_of(addition(), PRO, OURS))) == [words.held("1")]


def test_unknown_count_is_not_taken_for_none() -> None:
    unknown: Snapshot = {}
    bought = snapshot_of(BUY, purchases=[BOUGHT])
    assert descriptions.shown_now(BUY, unknown, unknown, None).endswith(changes_words.NOW_UNKNOWN)
    assert CHANGE.verify(BUY, unknown, bought) is Verdict.UNCLEAR
    assert CHANGE.verify(BUY, bought, unknown) is Verdict.UNCLEAR
    assert CHANGE.inverse(BUY, unknown, bought) is None
