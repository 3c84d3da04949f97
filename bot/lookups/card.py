"""What people see: pure functions from answers to Slack's blocks. No network, no clock, no state."""

from bot.approvals.card import Audience, change_card, withheld_card
from bot.approvals.denial import denial, deny_modal
from bot.approvals.history import history, history_page
from bot.approvals.notices import elsewhere, not_taken, notice, result_words
from bot.approvals.result_card import barred, result_card
from bot.autumn.errors import AutumnError
from bot.autumn.models import Customer, Organization
from bot.changes import buttons as editing
from bot.digests.all_rows import (
    customer_on_top,
    digest_expired,
    see_all,
    see_all_expired,
    see_all_loading,
    see_all_stopped,
)
from bot.digests.card import digest_card, upcoming_card
from bot.digests.csv_file import csv_asking, csv_comment, csv_head, csv_line, csv_name, csv_sent
from bot.digests.list_card import (
    digest_created,
    digest_list,
    digest_note,
    digest_outcome,
    digest_progress,
    digest_said,
    digest_stopped,
    digest_waiting,
)
from bot.kit import blocks, ids
from bot.kit.card import Block, Card
from bot.kit.ref import Ref
from bot.lookups import frame as parts
from bot.lookups import words
from bot.lookups.answers import Answer, FeatureDetail, Features, Invoices, Overview, Products, Read
from bot.lookups.events import card as events
from bot.lookups.features import card as features
from bot.lookups.features import detail_card as feature
from bot.lookups.find.card import Search, matches, nobody
from bot.lookups.find.modal import look_up_modal
from bot.lookups.help import asking, days_hint, help_card, usage_hint
from bot.lookups.home import home
from bot.lookups.invoices import card as invoices
from bot.lookups.invoices.facts import Unpaid
from bot.lookups.names import features as features_of
from bot.lookups.names import plans as plans_of
from bot.lookups.options import customer_options, feature_options, resolve, token
from bot.lookups.overview import attention
from bot.lookups.overview import card as overview
from bot.lookups.place import Part, Place
from bot.lookups.products import card as products
from bot.lookups.trouble import Refusal, refused, trouble

__all__ = [
    "Audience",
    "Card",
    "Ref",
    "Refusal",
    "Search",
    "asking",
    "barred",
    "card",
    "change_card",
    "csv_asking",
    "csv_comment",
    "csv_head",
    "csv_line",
    "csv_name",
    "csv_sent",
    "customer_on_top",
    "customer_options",
    "days_hint",
    "denial",
    "deny_modal",
    "digest_card",
    "digest_created",
    "digest_expired",
    "digest_list",
    "digest_note",
    "digest_outcome",
    "digest_progress",
    "digest_said",
    "digest_stopped",
    "digest_waiting",
    "elsewhere",
    "feature_options",
    "features_of",
    "help_card",
    "history",
    "history_page",
    "home",
    "look_up_modal",
    "matches",
    "nobody",
    "not_taken",
    "notice",
    "plans_of",
    "refused",
    "resolve",
    "result_card",
    "result_words",
    "see_all",
    "see_all_expired",
    "see_all_loading",
    "see_all_stopped",
    "shared",
    "token",
    "trouble",
    "upcoming_card",
    "usage_hint",
    "withheld_card",
]

_ATTENTION = 3
"""How many of the things that need attention are shown on cards other than the overview."""


def card(
    place: Place,
    answer: Answer,
    *,
    shareable: bool,
    org: Organization | None = None,
    changes: bool = False,
) -> Card:
    """The card for the person who asked, with the buttons that change it.

    `changes`: also with those that open the forms in which changes of the customer are asked for.
    """
    frame = parts.Frame(place, private=True)
    edit = editing.row(place) if changes else []
    return _card(frame, answer, [*edit, *parts.navigation(place, shareable=shareable)], org)


def shared(place: Place, answer: Answer, *, by: str, org: Organization | None = None) -> Card:
    """The same facts for a whole channel; `by` is the id of the Slack user who shared them."""
    frame = parts.Frame(place, private=False)
    open_it = parts.go(words.OPEN_CUSTOMER, "customer", place.model_copy(update={"until": 0}), kind=ids.OPEN)
    return _card(frame, answer, frame.buttons("open", [open_it]), org, words.shared_by(by))


def _card(
    frame: parts.Frame, answer: Answer, buttons: list[Block], org: Organization | None, *more: str
) -> Card:
    customer = answer.customer if isinstance(answer.customer, Customer) else None
    most = 10 if isinstance(answer, Overview) else _ATTENTION
    urgent = attention.attention(customer, answer.read_at, _unpaid(answer), most=most) if customer else []
    before = [*parts.head(customer, frame.place.customer, org), *urgent]
    if frame.place.part is not Part.OVERVIEW and not isinstance(answer, FeatureDetail):
        before.append(blocks.context("part", f"*{words.PARTS[frame.place.part]}*"))
    foot = parts.foot(answer.read_at, parts.environment(customer, org), org, *more)
    return parts.card(before, _content(frame, answer), [*buttons, foot], stamp=answer.read_at)


def _unpaid(answer: Answer) -> Read[Unpaid] | None:
    if isinstance(answer, Overview):
        return None if isinstance(answer.invoices, AutumnError) else answer.invoices.unpaid
    return answer.unpaid


def _content(frame: parts.Frame, answer: Answer) -> list[parts.Drawn]:
    match answer:
        case Overview():
            return overview.content(answer)
        case Products():
            return products.content(answer, frame)
        case Features():
            return features.content(answer, frame)
        case FeatureDetail():
            return feature.content(answer, frame)
        case Invoices():
            return invoices.content(answer, frame)
        case _:
            return events.content(answer, frame)
