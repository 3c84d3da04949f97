"""Which subscription a line of a list means."""

from bot.autumn.models import Subscription
from bot.changes import line_form
from bot.changes.billing import subscriptions
from bot.changes.billing.words import BillingNote
from bot.changes.model import Facts
from bot.changes.notes import Note
from bot.lookups import names


def meant(typed: str, facts: Facts) -> Subscription | Note:
    """By its id, or by a product to which the customer has one subscription."""
    offered = subscriptions.offered(facts)
    for subscription in offered:
        if subscription.id == typed:
            return subscription
    called = names.plans(facts.customer)
    product = line_form.known(
        "product", typed, {each.plan_id: called.get(each.plan_id, "") for each in offered}
    )
    if isinstance(product, Note):
        return product
    held = [each for each in offered if each.plan_id == product]
    return held[0] if len(held) == 1 else Note(BillingNote.SEVERAL, {"product": product})
