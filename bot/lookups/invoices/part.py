"""Invoices: the next one, and those before it."""

from bot.lookups import samples
from bot.lookups.answers import Billing
from bot.lookups.invoices import card, words
from bot.lookups.invoices.answer import Invoices
from bot.lookups.invoices.read import invoices
from bot.lookups.part import LookupPart


def _sample() -> Invoices:
    billing = Billing(discounts=(), upcoming=(samples.preview(),))
    return Invoices(samples.customer(), samples.invoices(), False, billing, samples.NOW)


PART = LookupPart(
    id="invoices",
    title=words.TITLE,
    command="invoices",
    help=words.HELP,
    read=invoices,
    reads_invoices=True,
    billing=lambda answer: answer.billing,
    draw=card.content,
    sample=_sample,
)
