"""How a customer's coupon is spread over the coming invoices, whatever Autumn's previews say."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.autumn.models import Discount, InvoicePreview, LineDiscount, PreviewLine
from bot.lookups.invoices.discounting import doubtful, settled
from tests.examples import examples

SOON = datetime(2026, 12, 2, tzinfo=UTC)
LATER = SOON + timedelta(days=10)


def line(before: Any, off: Any = 0, reward: str = "own", percent: Any = None) -> PreviewLine:
    share = None if percent is None else Decimal(percent)
    discounts = [LineDiscount(reward_id=reward, amount_off=Decimal(off), percent_off=share)] if off else []
    total = max(Decimal(0), Decimal(before) - Decimal(off))
    return PreviewLine(subtotal=Decimal(before), total=total, discounts=discounts)


def preview(*lines: PreviewLine, at: datetime | None = SOON, currency: str = "usd") -> InvoicePreview:
    total = sum((line.total for line in lines), Decimal(0))
    return InvoicePreview(invoice_at=at, currency=currency, total=total, line_items=list(lines))


def own_discount(
    kind: str = "fixed_discount", value: Any = 10, lasts: str = "forever", **changes: Any
) -> Discount:
    fields = {"id": "own", "type": kind, "discount_value": Decimal(value), "duration_type": lasts}
    return Discount(**{**fields, "currency": "usd", **changes})


ONCE = own_discount(lasts="one_off")
CREDIT = own_discount("invoice_credits", 250, "one_off")


@pytest.mark.parametrize(
    ("discount", "previews", "totals"),
    [
        # For one invoice: the earliest, which may be the last in the list.
        (ONCE, (preview(line(50, 10), at=LATER), preview(line(20, 10))), [50, 10]),
        (ONCE, (preview(line(50, 10), at=None), preview(line(20, 10), at=LATER)), [50, 10]),
        (ONCE, (preview(line(30)), preview(line(20, 10), at=LATER)), [30, 10]),
        (own_discount(lasts="months"), (preview(line(50, 10)), preview(line(20, 10), at=LATER)), [40, 10]),
        (
            own_discount("percentage_discount", 50, "one_off"),
            (preview(line(50, 25)), preview(line(20, 10), at=LATER)),
            [25, 20],
        ),
        # Credit until it is used up; the line it no longer covers pays the rest.
        (CREDIT, (preview(line(199, 250)), preview(line(40, 40), line(60, 60), at=LATER)), [0, 49]),
        # Dollars are not deducted from euros.
        (
            own_discount(),
            (preview(line(50, 10), currency="eur"), preview(line(20, 10), currency="USD")),
            [50, 10],
        ),
        (own_discount(end=SOON), (preview(line(50, 10), at=LATER),), [50]),
        # A subscription with its own discount is known only from Autumn's preview.
        (
            Discount(id="sub", subscription_id="s", type="fixed_discount", discount_value=Decimal(10)),
            (preview(line(50, 10, "sub")), preview(line(20, 10, "sub"))),
            [40, 10],
        ),
    ],
)
def test_coupon_is_spent_over_the_coming_invoices(
    discount: Discount, previews: tuple[InvoicePreview, ...], totals: list[int]
) -> None:
    settled_previews = settled(previews, (discount,))
    assert [settled_preview.total for settled_preview in settled_previews] == totals
    assert [
        sum(line.total for line in settled_preview.line_items) for settled_preview in settled_previews
    ] == totals


def test_subscription_with_its_own_discount_leaves_the_coupon_to_others() -> None:
    theirs = Discount(id="sub", subscription_id="s")
    previews = (preview(line(50, 5, "sub")), preview(line(20, 10), at=LATER))
    assert [settled_preview.total for settled_preview in settled(previews, (theirs, ONCE))] == [45, 10]


def test_discount_without_effect_is_not_listed() -> None:
    previews = (preview(line(199, 199)), preview(line(60, 60), line(40), at=LATER))
    first, second = settled(previews, (CREDIT,))
    assert first.line_items[0].discounts[0].amount_off == 199
    assert second.line_items[0].discounts[0].amount_off == 51
    (gone,) = settled((preview(line(50, 10), currency="eur"),), (own_discount(),))
    assert gone.line_items[0].discounts == []


@pytest.mark.parametrize(
    ("previews", "expected"),
    [
        ((), False),
        ((preview(line(50)), preview(line(20))), False),
        ((preview(line(50, 5, percent=10), line(10, 1, percent=10)),), False),
        ((preview(line(50, 5, percent=10)), preview(line(20, 2, percent=10))), True),
        ((preview(line(50, 5)),), True),
    ],
)
def test_only_previews_with_shared_or_amount_discounts_are_doubtful(
    previews: tuple[InvoicePreview, ...], expected: bool
) -> None:
    assert doubtful(previews) is expected


@given(
    st.lists(
        st.tuples(st.integers(0, 300), st.sampled_from([SOON, LATER, None]), st.sampled_from(["usd", "eur"])),
        max_size=5,
    ),
    st.sampled_from(["fixed_discount", "invoice_credits"]),
    st.sampled_from(["one_off", "forever"]),
    st.integers(1, 250),
)
@examples(200)
def test_amount_is_never_deducted_twice(
    invoices: list[tuple[int, datetime | None, str]], kind: str, lasts: str, value: int
) -> None:
    previews = [
        preview(line(before, min(before, value)), at=at, currency=code) for before, at, code in invoices
    ]
    settled_previews = settled(previews, (own_discount(kind, value, lasts),))
    off = [
        before - value_off.total for (before, _, _), value_off in zip(invoices, settled_previews, strict=True)
    ]
    assert all(0 <= value_off <= value for value_off in off)
    assert all(not value_off or code == "usd" for value_off, (_, _, code) in zip(off, invoices, strict=True))
    if kind == "invoice_credits":
        assert sum(off) <= value
    elif lasts == "one_off":
        assert sum(value_off > 0 for value_off in off) <= 1
