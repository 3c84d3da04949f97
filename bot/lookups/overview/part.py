"""The overview: a customer at a glance."""

from bot.lookups import samples
from bot.lookups.answers import Billing
from bot.lookups.invoices.answer import InvoiceList
from bot.lookups.invoices.facts import Unpaid
from bot.lookups.overview import card, words
from bot.lookups.overview.answer import Overview
from bot.lookups.overview.read import overview, overview_in_one
from bot.lookups.part import LookupPart
from bot.lookups.place import OVERVIEW


def _sample() -> Overview:
    billing = Billing(discounts=(), upcoming=(samples.preview(),))
    listed = InvoiceList(samples.invoices(), more=False, unpaid=Unpaid())
    return Overview(samples.customer(), billing, listed, samples.NOW)


PART = LookupPart(
    id=OVERVIEW,
    title=words.TITLE,
    help=words.HELP,
    read=overview,
    read_after_search=overview_in_one,
    reads_invoices=True,
    draw=card.content,
    billing=lambda answer: answer.billing,
    heading=False,
    lists_balances=True,
    most_attention=5,
    sample=_sample,
)
