"""Products: what the customer subscribes to, has bought, or had before."""

from datetime import datetime

from bot.autumn.client import Autumn
from bot.autumn.errors import AutumnError
from bot.autumn.models import Customer, StoredProduct
from bot.lookups import samples
from bot.lookups.answers import CatalogueNames
from bot.lookups.catalogue import held_plans, missing_names
from bot.lookups.concurrent import attempt, meanwhile
from bot.lookups.customer import customer_of
from bot.lookups.part import LookupPart
from bot.lookups.place import Place
from bot.lookups.products import card, words
from bot.lookups.products.card import ExpiredProduct, Products


async def products(autumn: Autumn, place: Place, at: datetime, known: Customer | None) -> Products:
    """Raises AutumnError when the customer cannot be read; the expired products may fail alone."""
    if not place.expired:
        customer = await customer_of(autumn, place, known)
        return Products(customer, None, at, names=await _names(autumn, customer, ()))
    async with meanwhile(
        attempt(lambda: _expired(autumn, place.customer), within=autumn.retry_policy.part)
    ) as expired:
        customer = await customer_of(autumn, place, known)
        listed = await expired
        names = await _names(autumn, customer, () if isinstance(listed, AutumnError) else listed)
        return Products(customer, listed, at, names=names)


async def _expired(autumn: Autumn, customer_id: str) -> tuple[ExpiredProduct, ...]:
    stored = [_expired_product(product) for product in await autumn.expired_products(customer_id)]
    return tuple(sorted(stored, key=_ended, reverse=True))


async def _names(autumn: Autumn, customer: Customer, expired: tuple[ExpiredProduct, ...]) -> CatalogueNames:
    return await missing_names(
        autumn,
        customer,
        plans=(product.plan_id for product in expired if not product.name),
        features=(item.feature_id for _, plan in held_plans(customer) if plan for item in plan.items),
    )


def _ended(product: ExpiredProduct) -> float:
    return product.ended_at.timestamp() if product.ended_at else 0


def _expired_product(product: StoredProduct) -> ExpiredProduct:
    return ExpiredProduct(
        plan_id=product.product_id or (product.product.id if product.product else ""),
        name=product.product.name if product.product else "",
        started_at=product.starts_at or product.created_at,
        ended_at=product.ended_at or product.canceled_at,
        quantity=product.quantity,
    )


def _sample() -> Products:
    expired = ExpiredProduct("starter", "Starter", samples.LONG_AGO, samples.NOW - 90 * samples.DAY)
    return Products(samples.customer(), (expired,), samples.NOW)


PART = LookupPart(
    id="products",
    title=words.TITLE,
    command="products",
    help=words.HELP,
    read=products,
    draw=card.content,
    sample=_sample,
)
