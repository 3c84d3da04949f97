"""What people see: pure functions from answers to Slack's blocks. No network, no clock, no state."""

from collections.abc import Sequence

from bot.autumn.errors import AutumnError
from bot.autumn.models import Customer, Organization
from bot.kit import blocks, ids, layout
from bot.kit.card import Block, Card
from bot.lookups import frame as parts
from bot.lookups import labels
from bot.lookups.answers import Answer, Read
from bot.lookups.events import card as events
from bot.lookups.feature import card as detail_card
from bot.lookups.feature.answer import FeatureDetail
from bot.lookups.features import card as features
from bot.lookups.features.answer import Features
from bot.lookups.invoices import card as invoices
from bot.lookups.invoices.answer import Invoices
from bot.lookups.invoices.facts import Unpaid
from bot.lookups.overview import attention
from bot.lookups.overview import card as overview
from bot.lookups.overview.answer import Overview
from bot.lookups.place import Part, Place
from bot.lookups.products import card as products
from bot.lookups.products.answer import Products

_ATTENTION = 3
"""How many of the things that need attention are shown on cards other than the overview."""


def card(
    place: Place,
    answer: Answer,
    *,
    shareable: bool,
    org: Organization | None = None,
    actions: Sequence[Block] = (),
) -> Card:
    """The card for the person who asked, with the buttons that change it.

    `actions`: more rows of buttons, which come first.
    """
    frame = parts.Frame(place, private=True)
    return _card(frame, answer, [*actions, *parts.navigation(place, shareable=shareable)], org)


def shared(place: Place, answer: Answer, *, by: str, org: Organization | None = None) -> Card:
    """The same facts for a whole channel; `by` is the id of the Slack user who shared them."""
    frame = parts.Frame(place, private=False)
    open_it = parts.go(labels.OPEN_CUSTOMER, "customer", place.model_copy(update={"until": 0}), kind=ids.OPEN)
    return _card(frame, answer, frame.buttons("open", [open_it]), org, labels.shared_by(by))


def _card(
    frame: parts.Frame, answer: Answer, buttons: list[Block], org: Organization | None, *more: str
) -> Card:
    customer = answer.customer if isinstance(answer.customer, Customer) else None
    most = 10 if isinstance(answer, Overview) else _ATTENTION
    urgent = attention.attention(customer, answer.read_at, _unpaid(answer), most=most) if customer else []
    before = [*parts.head(customer, frame.place.customer, org), *urgent]
    if frame.place.part is not Part.OVERVIEW and not isinstance(answer, FeatureDetail):
        before.append(blocks.context("part", f"*{labels.PARTS[frame.place.part]}*"))
    foot = parts.foot(answer.read_at, parts.environment(customer, org), org, *more)
    return layout.card(before, _content(frame, answer), [*buttons, foot], stamp=answer.read_at)


def _unpaid(answer: Answer) -> Read[Unpaid] | None:
    if isinstance(answer, Overview):
        return None if isinstance(answer.invoices, AutumnError) else answer.invoices.unpaid
    return answer.unpaid


def _content(frame: parts.Frame, answer: Answer) -> list[layout.Drawn]:
    match answer:
        case Overview():
            return overview.content(answer)
        case Products():
            return products.content(answer, frame)
        case Features():
            return features.content(answer, frame)
        case FeatureDetail():
            return detail_card.content(answer, frame)
        case Invoices():
            return invoices.content(answer, frame)
        case _:
            return events.content(answer, frame)
