"""Autumn's own preview: what of it is shown, and how long it stays valid."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.autumn.models import InvoiceCredits, NextCycle, Quote
from bot.changes.billing import quote, subscriptions
from bot.changes.billing.words import BillingLine
from bot.changes.lines import Line, ValueFormat, bullets
from bot.changes.model import Snapshot
from tests.changes.billing.quotes import PERIOD_END, PRO, charge, facts_with, incoming_plan, refund
from tests.changes.billing.quotes import quote as quoted
from tests.changes.facts import LATER, NOW

PERIOD = PERIOD_END - NOW
"""The rest of the period at the time of the preview."""


def snapshot_after(
    autumn_quote: Quote | None, after: timedelta = timedelta(), *, period_end: Any = PERIOD_END
) -> Snapshot:
    """The snapshot taken this long after the preview was first shown."""
    subscription = PRO.model_copy(update={"current_period_end": period_end})
    facts = facts_with(subscription, quoted=autumn_quote, at=NOW + after)
    return {**subscriptions.snapshot(subscription, "pro", facts), **quote.snapshot(facts)}


def money(label: BillingLine, amount: str, about: str = "", currency: str = "USD") -> Line:
    return Line(label, None, amount, ValueFormat.MONEY, currency=currency, about=about)


def credit(balance: Any, currency: str = "usd") -> InvoiceCredits:
    return InvoiceCredits(balance=Decimal(str(balance)), currency=currency)


def test_every_amount_is_shown_with_sum_and_next_invoice() -> None:
    autumn_quote = quoted(
        charge("-19.99998450617284", description="Unused Pro"),
        charge("49.99997", "team", description="", display_name="Team"),
        total=Decimal(30),
        next_cycle=NextCycle(starts_at=LATER, total=Decimal(50)),
    )
    assert list(quote.lines(facts_with(PRO, quoted=autumn_quote))) == [
        money(BillingLine.CHARGE, "-20", "Unused Pro"),
        money(BillingLine.CHARGE, "50", "Team"),
        money(BillingLine.TOTAL, "30"),
        money(BillingLine.NEXT_TOTAL, "50", "2026-12-12T15:06:00.000+00:00"),
    ]


@pytest.mark.parametrize(("number", "beyond"), [(8, []), (9, ["1 more line: *$9.00*"]),
    (10, ["2 more lines: *$19.00*"])])  # fmt: skip
def test_lines_beyond_eight_are_shown_as_one(number: int, beyond: list[str]) -> None:
    autumn_quote = quoted(*range(1, number + 1))
    lines = list(quote.lines(facts_with(PRO, quoted=autumn_quote)))
    assert [line.after for line in lines[:8]] == ["1", "2", "3", "4", "5", "6", "7", "8"]
    assert bullets(lines[8:-1], {}) == [f"• Billed now: {line}" for line in beyond]
    assert lines[-1] == money(BillingLine.TOTAL, str(sum(range(1, number + 1))))


@pytest.mark.parametrize(
    ("autumn_quote", "shown"),
    [
        (quoted(-20, 50, total=Decimal(0), invoice_credits=credit(45)), ("30", "30", "0")),
        (quoted(20, total=Decimal(15), invoice_credits=credit(5)), ("20", "5", "15")),
        (quoted("29.99998", total=Decimal(12), invoice_credits=credit("18.004")), ("30", "18", "12")),
        # Less or more than what there is would pay: that is something else.
        (quoted(20, total=Decimal(0), invoice_credits=credit(5)), ("0",)),
        (quoted("1.01", total=Decimal(1), invoice_credits=credit(5)), ("1",)),
        # Cents by which Autumn may round otherwise are no credit.
        (quoted(20, total=Decimal(20), invoice_credits=credit(5)), ("20",)),
        (quoted("20.004", total=Decimal("20"), invoice_credits=credit(5)), ("20",)),
        (quoted(20, total=Decimal("19.99"), invoice_credits=credit(0)), ("19.99",)),
        (quoted(-20, total=Decimal(-20), invoice_credits=credit(5)), ("-20",)),
        (quoted(20, total=Decimal("20.01"), invoice_credits=credit(5)), ("20.01",)),
        (quoted(20, total=Decimal(15), invoice_credits=credit(5, "eur")), ("15",)),
        (quoted(20, total=Decimal(15)), ("15",)),
        (quoted(20, total=Decimal(19), invoice_credits=InvoiceCredits(currency="usd")), ("19",)),
        (quoted(20, total=Decimal("19.5"), invoice_credits=credit("0.5")), ("20", "0.5", "19.5")),
        (quoted(-20, total=Decimal(0), invoice_credits=credit(5)), ("0",)),
    ],
)
def test_what_the_customers_credit_pays_is_shown(autumn_quote: Quote, shown: tuple[str, ...]) -> None:
    """Autumn takes it off the total, though the invoice is of the whole sum."""
    lines = list(quote.lines(facts_with(PRO, quoted=autumn_quote)))
    labels = (BillingLine.TOTAL, BillingLine.PAID_FROM_CREDIT, BillingLine.CHARGED)
    expected = [money(label, amount) for label, amount in zip(labels, shown, strict=False)]
    assert lines[len(autumn_quote.line_items) :] == expected


def test_credit_is_compared_as_its_currency_is_rounded() -> None:
    autumn_quote = quoted(
        "999.6", total=Decimal("400.4"), currency="jpy", invoice_credits=credit("600.4", "jpy")
    )
    lines = list(quote.lines(facts_with(PRO, quoted=autumn_quote)))
    assert [line.after for line in lines] == ["1000", "1000", "600", "400"]


def test_credit_is_read_from_autumns_preview() -> None:
    answer = {
        "line_items": [{"description": "Team", "total": 20}],
        "total": 0,
        "currency": "usd",
        "invoice_credits": {"balance": 20, "currency": "usd"},
    }
    lines = list(quote.lines(facts_with(PRO, quoted=Quote.model_validate(answer))))
    assert bullets(lines, {}) == [
        "• Billed now: Team: *$20.00*",
        "• Total billed now: *$20.00*",
        "• Paid from the customer's credit: *$20.00*",
        "• Charged now: *$0.00*",
    ]


def test_refund_is_shown_instead_of_a_bill_in_its_invoices_currency() -> None:
    autumn_quote = quoted(refund=refund("19.9999"), currency="")
    assert list(quote.lines(facts_with(PRO, quoted=autumn_quote))) == [money(BillingLine.REFUND, "20")]


def test_next_invoice_without_a_date_is_shown_without_one() -> None:
    autumn_quote = quoted(next_cycle=NextCycle(total=Decimal(5)), currency="jpy")
    lines = list(quote.lines(facts_with(PRO, quoted=autumn_quote)))
    assert lines[-1] == money(BillingLine.NEXT_TOTAL, "5", "", "JPY")


def test_usage_is_not_shown_as_part_of_the_next_invoices_total() -> None:
    """Autumn names what will be billed by usage, without amounts, and counts it in no total."""
    usage = {"display_name": "Messages", "plan_id": "pro", "feature_id": "messages"}
    cycle = NextCycle.model_validate({"total": 49, "usage_line_items": [usage]})
    *_, next_line = quote.lines(facts_with(PRO, quoted=quoted(next_cycle=cycle, currency="usd")))
    assert next_line == money(BillingLine.NEXT_BEFORE_USAGE, "49", "", "USD")
    assert bullets([next_line], {}) == ["• Next invoice without usage: *$49.00*"]


def test_credit_unknown_to_an_earlier_preview_outdates_it() -> None:
    """A second after a quantity was raised, Autumn previews no credit for lowering it again; it stores
    charges later. A preview from then must not be applied, in either direction."""
    at_once, later = quoted(), quoted("-9")
    assert not quote.holds(snapshot_after(at_once), snapshot_after(later))
    assert not quote.holds(snapshot_after(later), snapshot_after(at_once))
    assert not quote.holds(snapshot_after(quoted("0")), snapshot_after(later))


def test_missing_currency_is_not_invented() -> None:
    (total,) = quote.lines(facts_with(PRO, quoted=quoted(currency="")))
    assert total.currency == ""


def test_snapshot() -> None:
    assert quote.snapshot(facts_with(PRO, quoted=quoted(-20, 50, total=Decimal(25)))) == {
        "quote:at": "2026-11-22T15:06:00.000+00:00",
        "quote:currency": "USD",
        "quote:lines": '[["pro", null, "-20"], ["pro", null, "50"]]',
        "quote:total": "25",
        "quote:refund": None,
        "quote:invoice": None,
        "quote:refunded": None,
        "quote:checkout": None,
    }
    snapshot = quote.snapshot(
        facts_with(PRO, quoted=quoted(refund=refund("19.5", refunded=5), redirect_to_checkout=True))
    )
    assert (snapshot["quote:refund"], snapshot["quote:invoice"], snapshot["quote:refunded"]) == (
        "19.5",
        "in_1",
        "5",
    )
    assert snapshot["quote:checkout"] == "yes"


@pytest.mark.parametrize(
    ("amount", "holds"), [("20.04", True), ("20.05", False), ("19.96", True), ("19.95", False)]
)
def test_difference_of_a_cent_is_tolerated(amount: str, holds: bool) -> None:
    quote_shown, now = quoted(20, total=Decimal(30)), quoted(amount, total=Decimal(30))
    assert quote.holds(snapshot_after(quote_shown), snapshot_after(now)) is holds


def test_two_more_cents_charged_are_tolerated() -> None:
    snapshot_shown = snapshot_after(quoted(20, total=Decimal(5)))
    assert quote.holds(snapshot_shown, snapshot_after(quoted(20, total=Decimal("5.02"))))


def test_differing_clocks_allow_no_larger_amount() -> None:
    snapshot_shown = snapshot_after(quoted(-20), PERIOD / 2)
    assert quote.holds(snapshot_shown, snapshot_after(quoted(-20)))
    assert not quote.holds(snapshot_shown, snapshot_after(quoted(-30)))


def test_nothing_is_shown_before_autumn_was_asked() -> None:
    assert list(quote.lines(facts_with(PRO))) == []
    assert quote.snapshot(facts_with(PRO)) == {}
    assert quote.money_moved({}) is None
    assert quote.following("pro", facts_with(PRO)) is None
    assert quote.incoming("pro", facts_with(PRO)) is None


def test_product_and_its_successor_are_distinguished() -> None:
    facts = facts_with(
        PRO, quoted=quoted(incoming=[incoming_plan("free"), incoming_plan("pro", expires_at=LATER)])
    )
    following, incoming = quote.following("pro", facts), quote.incoming("pro", facts)
    assert following is not None
    assert following.plan_id == "free"
    assert incoming is not None
    assert incoming.expires_at == LATER


@pytest.mark.parametrize(
    ("autumn_quote", "moved"),
    [
        (quoted(), "0"),
        (quoted(-20), "20"),
        (quoted(-20, 50), "30"),
        (quoted("-19.99999", "49.99999"), "30"),
        (quoted("7.5", currency="jpy"), "8"),
        (quoted(refund=refund("12.34")), "12.34"),
        (quoted(20, total=Decimal(0)), "20"),
        (quoted(20, total=Decimal(0), invoice_credits=credit(20)), "20"),
    ],
)
def test_amount_is_the_money_that_moves(autumn_quote: Quote, moved: str) -> None:
    assert quote.money_moved(snapshot_after(autumn_quote)) == Decimal(moved)


@pytest.mark.parametrize(
    ("was", "now"),
    [
        (None, None),
        (quoted(), quoted()),
        (quoted(-20), quoted(-20)),
        (quoted(-20), quoted("-19.99")),
        (quoted(-20), quoted(-10)),
        (quoted(-20, 50), quoted(-10, 25)),
        (quoted(-20, 50), quoted(-10, 50)),
        (quoted(refund=refund(20)), quoted(refund=refund(20))),
        (quoted(refund=refund(20)), quoted(refund=refund(10))),
        (quoted(20, total=Decimal(15)), quoted(20, total=Decimal(5))),
        (quoted(20, total=Decimal(0)), quoted(10, total=Decimal(0))),
    ],
)
def test_preview_holds_while_only_time_moves_the_amounts(was: Quote | None, now: Quote | None) -> None:
    assert quote.holds(snapshot_after(was), snapshot_after(now, PERIOD / 2))


@pytest.mark.parametrize(
    ("was", "now"),
    [
        (quoted(-20), quoted("-9.9")),
        (quoted(-20), quoted("-20.1")),
        (quoted(-20), quoted(20)),
        (quoted(-20), quoted()),
        (quoted(), quoted(-20)),
        (quoted(-20), quoted(charge(-20, "team"))),
        (quoted(-20), quoted(charge(-20, feature_id="seats"))),
        (quoted(-20), quoted(-20, currency="eur")),
        (quoted(-20, 50), quoted(-20, 60)),
        (quoted(20, total=Decimal(0)), quoted(20, total=Decimal(20))),
        (quoted(20, total=Decimal(5)), quoted(20, total=Decimal("5.03"))),
        (quoted(refund=refund(20)), quoted(refund=refund(9))),
        (quoted(refund=refund(20)), quoted(refund=refund(20, refunded=5))),
        (quoted(refund=refund(20)), quoted()),
        (quoted(), quoted(refund=refund(20))),
        (quoted(), quoted(redirect_to_checkout=True)),
        (None, quoted(-20)),
    ],
)
def test_preview_does_not_hold_when_anything_else_moved_them(was: Quote | None, now: Quote | None) -> None:
    assert not quote.holds(snapshot_after(was), snapshot_after(now, PERIOD / 2))


def test_another_invoice_to_refund_outdates_the_preview() -> None:
    other_refund = refund(20)
    other_refund = other_refund.model_copy(
        update={"invoice": other_refund.invoice.model_copy(update={"stripe_id": "in_2"})}
    )
    assert not quote.holds(
        snapshot_after(quoted(refund=refund(20))), snapshot_after(quoted(refund=other_refund))
    )


def test_new_period_outdates_the_preview() -> None:
    renewed = snapshot_after(quoted(-20), period_end=LATER + timedelta(days=30))
    assert not quote.holds(snapshot_after(quoted(-20)), renewed)


def test_amounts_without_a_period_must_stay_the_same() -> None:
    then, now = (
        snapshot_after(quoted(20), after, period_end=None) for after in (timedelta(), timedelta(days=1))
    )
    assert quote.holds(then, now)
    for amount in (19, 35):
        assert not quote.holds(then, snapshot_after(quoted(amount), timedelta(days=1), period_end=None))
    credit = snapshot_after(quoted(-20), period_end=None)
    assert not quote.holds(credit, snapshot_after(quoted(-35), period_end=None))


def test_nothing_is_left_at_the_end_of_the_period() -> None:
    ended = snapshot_after(quoted(-20), PERIOD)
    assert quote.holds(ended, snapshot_after(quoted(0), PERIOD))
    assert quote.holds(snapshot_after(quoted(-20)), snapshot_after(quoted(0), PERIOD + timedelta(days=1)))


@given(
    amount=st.decimals(min_value=-5000, max_value=5000, places=2),
    share=st.decimals(min_value=0, max_value=1, places=4),
)
def test_amounts_autumn_prorates_always_hold(amount: Decimal, share: Decimal) -> None:
    gone = PERIOD * float(1 - share)
    then, now = snapshot_after(quoted(amount)), snapshot_after(quoted(amount * share), gone)
    assert quote.holds(then, now)


@given(
    amount=st.decimals(min_value=1, max_value=5000, places=2),
    extra=st.decimals(min_value="0.01", max_value=100, places=2),
    share=st.decimals(min_value=0, max_value=1, places=4),
)
def test_larger_amount_than_shown_never_holds(amount: Decimal, extra: Decimal, share: Decimal) -> None:
    snapshot_shown = snapshot_after(quoted(refund=refund(amount)))
    dearer = amount + extra + Decimal("0.02") + amount / 1000
    assert not quote.holds(
        snapshot_shown, snapshot_after(quoted(refund=refund(dearer)), PERIOD * float(1 - share))
    )
