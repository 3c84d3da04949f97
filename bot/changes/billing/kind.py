"""What the kinds of change to a customer's subscriptions share: Autumn previews them, and answers alike."""

from decimal import Decimal

from pydantic import ValidationError

from bot.access.limits import Worth
from bot.autumn.models import Model, Text
from bot.changes.billing import quote
from bot.changes.billing.subscriptions import WRITE_SCOPE
from bot.changes.model import Facts, PaymentPage, PendingPayment, Snapshot
from bot.changes.spec import ChangeKind, I


class _RequiredAction(Model):
    code: Text = ""


class _BillingAnswer(Model):
    payment_url: Text = ""
    required_action: _RequiredAction | None = None
    invoice: object = None

    @property
    def page(self) -> PaymentPage | None:
        if self.invoice is not None:
            return PaymentPage.INVOICE
        return PaymentPage.CHECKOUT if self.payment_url and self.required_action is None else None


class SubscriptionChange(ChangeKind[I]):
    """A change to what a customer subscribes to, or buys once."""

    offered_on = frozenset({"products", "entity"})
    of_entities = True
    scopes = (WRITE_SCOPE,)
    quoted = True

    def holds(self, request: I, previewed: Snapshot, current: Snapshot) -> bool:  # noqa: ARG002 - for those that override it
        return quote.holds(previewed, current)

    def pending_payment(self, answer: object) -> PendingPayment | None:
        """The plan is unchanged until an invoice or a checkout is paid, though Autumn answers with 200."""
        try:
            billed = _BillingAnswer.model_validate(answer)
        except ValidationError:
            return None
        if not billed.payment_url and billed.required_action is None:
            return None
        reason = billed.required_action.code if billed.required_action else ""
        return PendingPayment(billed.payment_url, reason, billed.page)


class BilledChange(SubscriptionChange[I]):
    """A change as large as the money that is charged, credited or refunded now."""

    unit = "money"
    in_money = True
    valued = True

    def amount(self, request: I, before: Snapshot) -> Decimal | None:  # noqa: ARG002 - as above
        return quote.money_moved(before)

    def worth(
        self,
        request: I,  # noqa: ARG002 - as above
        amount: Decimal | None,
        before: Snapshot,
        facts: Facts,  # noqa: ARG002
    ) -> Worth | None:
        return quote.worth(amount, before)
