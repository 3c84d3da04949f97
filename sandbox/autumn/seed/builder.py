"""Words to describe customers with."""

from typing import Any

from sandbox.autumn import balances, invoices, products, rewards
from sandbox.autumn.model import (
    History,
    Json,
    LocalCustomer,
    LocalDiscount,
    LocalEntity,
    LocalInvoice,
    Product,
    Row,
)
from sandbox.autumn.months import DAY, add, add_months
from sandbox.autumn.numbers import clean, money
from sandbox.autumn.products import PlanTerms
from sandbox.autumn.state import AutumnState

VISA: Json = {
    "brand": "visa",
    "last4": "4242",
    "exp_month": 12,
    "exp_year": 2034,
    "country": "US",
    "funding": "credit",
}


class Builder:
    """Builds customers into a state. Days and hours are counted back from now."""

    def __init__(self, state: AutumnState) -> None:
        self.state = state
        self.now = state.now

    def ago(self, days: float) -> int:
        return self.now - round(days * DAY)

    def customer(
        self, customer_id: str | None, name: str | None, email: str | None, days: float, **details: Any
    ) -> LocalCustomer:
        """A customer created `days` ago; details are fields of Customer."""
        customer = LocalCustomer(
            internal_id=self.state.ids.autumn("cus"),
            id=customer_id,
            name=name,
            email=email,
            created_at=self.ago(days),
            **details,
        )
        return self.state.customers.add(customer)

    def has(self, customer: LocalCustomer, plan_id: str, days: float, **terms: Any) -> Product:
        """Give a plan that began `days` ago (or begins, below zero)."""
        status = terms.pop("status", "scheduled" if days < 0 else "active")
        plan = self.state.plans[plan_id]
        plan_terms = PlanTerms(started_at=self.ago(days), status=status, **terms)
        product = products.give(self.state, customer, plan, plan_terms)
        if plan.interval is not None and customer.payment_method is None:
            number = {"id": self.state.ids.stripe("pm"), "object": "payment_method", "type": "card"}
            customer.payment_method = {**number, "card": VISA, "customer": customer.stripe_id}
        return product

    def had(self, customer: LocalCustomer, plan_id: str, began: float, ended: float) -> Product:
        """A plan that is over."""
        product = self.has(customer, plan_id, began)
        products.take_away(customer, product, self.ago(ended))
        product.period_start = product.period_end = None
        return product

    def cancels(
        self, customer: LocalCustomer, product: Product, days: float, *, falls_back: bool = True
    ) -> None:
        """Cancelled `days` ago, to end with its period."""
        product.canceled_at, product.expires_at = self.ago(days), product.period_end
        fallback = products.default_plan(self.state)
        if falls_back and fallback is not None:
            products.give(
                self.state, customer, fallback, PlanTerms(status="scheduled", started_at=product.expires_at)
            )

    def uses(
        self, customer: LocalCustomer, feature_id: str, amount: float, entity_id: str | None = None
    ) -> None:
        rows = balances.of_feature(balances.seen(self.state, customer), feature_id, entity_id=entity_id)
        if entity_id is not None:
            rows = [row for row in rows if row.entity_id == entity_id]
        balances.shift(rows, -amount)

    def row(self, customer: LocalCustomer, feature_id: str) -> Row:
        """The first row of a feature."""
        return next(row for row in customer.rows if row.feature_id == feature_id)

    def grants(
        self, customer: LocalCustomer, feature_id: str, amount: float, days: float, **details: Any
    ) -> Row:
        """A standalone grant, made `days` ago; details are fields of Row."""
        row = Row(
            id=self.state.ids.autumn("cus_ent"),
            feature_id=feature_id,
            created_at=self.ago(days),
            included=amount,
            balance=amount,
            **details,
        )
        customer.rows.append(row)
        return row

    def entity(
        self, customer: LocalCustomer, entity_id: str, name: str | None, feature_id: str, days: float
    ) -> LocalEntity:
        entity = LocalEntity(entity_id, name, feature_id, self.ago(days))
        customer.entities.append(entity)
        return entity

    def rolled_over(
        self, customer: LocalCustomer, feature_id: str, granted: float, remaining: float, days: float
    ) -> None:
        """Units kept from the last period, which expire in `days`."""
        row = self.row(customer, feature_id)
        row.rollovers.append(
            {"granted": granted, "balance": remaining, "expires_at": self.now + round(days * DAY)}
        )

    def discount(
        self, customer: LocalCustomer, reward_id: str, days: float, subscription: str | None = None
    ) -> None:
        """A coupon put on `days` ago."""
        customer.stripe_id = customer.stripe_id or self.state.ids.stripe("cus")
        reward = self.state.rewards[reward_id]
        start = self.ago(days)
        end = add_months(start, reward.length or 0) // 1000 if reward.duration == "months" else None
        customer.discounts.append(LocalDiscount(reward.id, start // 1000, end, subscription))

    def invoice(self, customer: LocalCustomer, days: float, total: float, **details: Any) -> LocalInvoice:
        """An invoice of `days` ago, paid unless told otherwise; details are fields of Invoice."""
        status = details.pop("status", "paid")
        paid = details.pop("amount_paid", max(0.0, total) if status == "paid" else 0)
        invoice = LocalInvoice(
            id=self.state.ids.autumn("inv"),
            stripe_id=details.pop("stripe_id", self.state.ids.stripe("in")),
            customer_id=customer.id,
            status=status,
            total=clean(total),
            created_at=self.ago(days) // 1000 * 1000,
            currency=details.pop("currency", invoices.currency_of(self.state, customer)),
            amount_paid=paid,
            **details,
        )
        customer.invoices.append(invoice)
        return invoice

    def billed(self, customer: LocalCustomer, product: Product, *, extra: float = 0, limit: int = 60) -> None:
        """A paid invoice for each period so far; later ones with up to `extra` of usage on top."""
        plan = self.state.plans[product.plan_id]
        if plan.price is None or product.period_start is None or product.trial_ends_at:
            return
        chance = self.state.random("billed", customer.id, plan.id)
        base = invoices.price_in(plan.price, invoices.currency_of(self.state, customer)) * product.quantity
        moment, count = product.period_start, 0
        while moment >= product.started_at - DAY and count < limit:
            more = round(chance.random() * extra, 2) if moment > product.started_at + DAY else 0
            total = money(base + more, invoices.currency_of(self.state, customer))
            self.invoice(customer, (self.now - moment) / DAY, total, plan_ids=[plan.id])
            count += 1
            moment = add(product.period_start, plan.price["interval"], -count)

    def history(
        self,
        customer: LocalCustomer,
        feature_id: str,
        per_day: float,
        days: int = 60,
        rhythm: str = "office",
        *,
        share: float = 1,
        **choices: Any,
    ) -> None:
        """Events of the past `days`, adding up in this cycle to what the balance says was used.

        `share` is how much of the credits that were used was for this feature.
        """
        rows = [row for row in customer.rows if row.feature_id == feature_id and row.resets_at is not None]
        start = self.ago(30)
        used = per_day * 20
        if rows:
            assert rows[0].resets_at is not None and rows[0].interval is not None  # noqa: S101, PT018
            start = add(rows[0].resets_at, rows[0].interval, -1)
            balance = balances.show(
                [row for row in customer.rows if row.feature_id == feature_id],
                self.state.features[feature_id],
            )
            used = max(0.0, balance["usage"])
        elif paying := self._paid_by(customer, feature_id):
            credits_row, cost = paying
            assert credits_row.resets_at is not None and credits_row.interval is not None  # noqa: S101, PT018
            start = add(credits_row.resets_at, credits_row.interval, -1)
            used = max(0.0, credits_row.grant - credits_row.balance) * share / cost
        elif any(row.feature_id == feature_id and row.unlimited for row in customer.rows):
            used = -self.row(customer, feature_id).balance
        customer.history.append(History(feature_id, days, per_day, start, used, rhythm, choices))

    def _paid_by(self, customer: LocalCustomer, feature_id: str) -> tuple[Row, float] | None:
        """The first credits that a feature is paid by, and what a unit of it costs."""
        for pool in self.state.features.values():
            costs = {cost["metered_feature_id"]: cost["credit_cost"] for cost in pool.credit_schema or ()}
            rows = [row for row in customer.rows if row.feature_id == pool.id and row.resets_at is not None]
            if feature_id in costs and rows:
                return rows[0], costs[feature_id]
        return None

    def reward(self, customer: LocalCustomer, code: str) -> None:
        rewards.redeem(self.state, customer, code)
