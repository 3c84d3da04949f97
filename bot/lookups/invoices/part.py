"""Invoices: the next one, and those before it."""

from bot.lookups import samples
from bot.lookups.invoices import card, words
from bot.lookups.invoices.answer import Invoices
from bot.lookups.invoices.read import invoices
from bot.lookups.part import LookupPart


def _sample() -> Invoices:
    return Invoices(samples.customer(), samples.invoices(), False, (samples.preview(),), samples.NOW)


PART = LookupPart(
    id="invoices",
    title=words.TITLE,
    command="invoices",
    help=words.HELP,
    read=invoices,
    reads_invoices=True,
    draw=card.content,
    sample=_sample,
)
