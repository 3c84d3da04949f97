"""Products: what the customer subscribes to, has bought, or had before."""

from bot.lookups import samples
from bot.lookups.part import LookupPart
from bot.lookups.products import card, words
from bot.lookups.products.answer import ExpiredProduct, Products
from bot.lookups.products.read import products


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
