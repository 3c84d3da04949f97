"""What Autumn answers to a change of a subscription: done, or waiting for a payment."""

from pydantic import ValidationError

from bot.autumn.models import Model, Text
from bot.changes.model import PendingPayment


class _RequiredAction(Model):
    code: Text = ""


class _BillingAnswer(Model):
    payment_url: Text = ""
    required_action: _RequiredAction | None = None


def pending_payment(answer: object) -> PendingPayment | None:
    """The plan is unchanged until an invoice or a checkout is paid, though Autumn answers with 200."""
    try:
        told = _BillingAnswer.model_validate(answer)
    except ValidationError:
        return None
    if not told.payment_url and told.required_action is None:
        return None
    return PendingPayment(told.payment_url, told.required_action.code if told.required_action else "")
