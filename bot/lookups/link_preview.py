"""The preview of a link to a customer's page in Autumn. Everyone in the channel sees it, guests as well."""

from bot.autumn.models import Customer
from bot.kit import blocks, ids, text
from bot.kit.card import Block
from bot.lookups import frame, labels, names
from bot.lookups.place import Place

_PRODUCTS = 3


def link_preview(customer_id: str, env: str, customer: Customer | None = None) -> list[Block]:
    """`customer`: whose name and products may be shown there; without, only a button that answers in private.

    Empty where a button cannot carry the id.
    """
    button = frame.go(labels.OPEN_CUSTOMER, "link", Place(customer=customer_id), kind=ids.OPEN)
    if button is None:
        return []
    badge = text.code(env.upper(), 30)
    if customer is None:
        return [
            blocks.section("preview", f"{labels.PREVIEW} {badge}\n{labels.PREVIEW_PRIVATE}", accessory=button)
        ]
    # Not the email address, which stands in for a name elsewhere.
    name = text.mrkdwn(customer.name, 140) or text.mrkdwn(customer_id, 140)
    products = [names.plan(held) for held in customer.subscriptions[:_PRODUCTS]]
    line = " · ".join(products) or labels.NO_PRODUCTS
    return [blocks.section("preview", f"*{name}* {badge}\n{line}", accessory=button)]
