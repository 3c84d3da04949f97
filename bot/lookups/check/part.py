"""Whether a customer may use so many units of a feature. Opened from a feature, an entity, or by command."""

from decimal import Decimal

from bot.autumn.models import Check
from bot.lookups import labels, samples
from bot.lookups.check import card, words
from bot.lookups.check.answer import Checked
from bot.lookups.check.read import checked
from bot.lookups.part import LookupPart, ReadScope
from bot.lookups.place import Place


def _sample() -> Checked:
    customer = samples.customer()
    asked = Place(customer=samples.CUSTOMER_ID, part="check", feature=samples.FEATURE_ID, units=Decimal(500))
    balance = customer.balances[samples.FEATURE_ID]
    check = Check(allowed=True, required_balance=Decimal(500), balance=balance)
    return Checked(customer, samples.FEATURE_ID, False, asked, check, samples.NOW)


_NOBODY = "maple-doctor-asks-about-nobody"

PART = LookupPart(
    id="check",
    title=labels.MAY_USE,
    command="check",
    help=words.HELP,
    parent="features",
    read=checked,
    draw=card.content,
    filters_by_feature=True,
    scope=ReadScope(
        "balances:read",
        "check what a customer may use",
        lambda autumn: autumn.check(_NOBODY, _NOBODY, Decimal(1)),
    ),
    sample=_sample,
)
