"""A made-up customer, whom the samples of the parts show."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from bot.autumn import models

NOW = datetime(2026, 1, 15, 9, tzinfo=UTC)
DAY = timedelta(days=1)
SOON = NOW + 10 * DAY
LONG_AGO = NOW - 200 * DAY
CUSTOMER_ID = "maple_sample"
FEATURE_ID = "messages"


def customer() -> models.Customer:
    row = models.BalanceRow(
        id="row",
        plan_id="pro",
        included_grant=Decimal(1000),
        remaining=Decimal(700),
        usage=Decimal(300),
        reset=models.Reset(interval="month", resets_at=SOON),
    )
    balance = models.Balance(
        feature_id=FEATURE_ID,
        feature=feature(),
        granted=Decimal(1000),
        remaining=Decimal(700),
        usage=Decimal(300),
        next_reset_at=SOON,
        breakdown=[row],
    )
    return models.Customer(
        id=CUSTOMER_ID,
        name="Maple Sample",
        email="sample@maple.example",
        created_at=LONG_AGO,
        env="sandbox",
        stripe_id="cus_sample",
        subscriptions=[_subscription()],
        balances={FEATURE_ID: balance},
        flags={"sso": models.Flag(feature_id="sso", plan_id="pro")},
    )


def feature() -> models.Feature:
    return models.Feature(id=FEATURE_ID, name="Messages", type="metered", consumable=True)


def invoices() -> tuple[models.Invoice, ...]:
    return tuple(
        models.Invoice(
            id=f"inv_{number}",
            plan_ids=["pro"],
            status=status,
            total=Decimal(20),
            currency="usd",
            created_at=NOW - number * 30 * DAY,
            hosted_invoice_url="https://example.com/invoice",
        )
        for number, status in enumerate(("open", "paid", "void"))
    )


def preview() -> models.InvoicePreview:
    line = models.PreviewLine(description="Pro", total=Decimal(20))
    return models.InvoicePreview(
        plan_ids=["pro"], invoice_at=SOON, currency="usd", total=Decimal(20), line_items=[line]
    )


def _subscription() -> models.Subscription:
    price = models.PlanPrice(amount=Decimal(20), interval="month", currency="usd")
    return models.Subscription(
        id="sub",
        plan_id="pro",
        plan=models.Plan(id="pro", name="Pro", price=price),
        status="active",
        started_at=LONG_AGO,
        current_period_start=NOW - 20 * DAY,
        current_period_end=SOON,
        scope="customer",
    )
