"""Trials that end."""

from collections.abc import Iterator

from bot.autumn.bulk import ListedCustomer, moment
from bot.digests.items import ReportItem, ScanWindow, StoredItem
from bot.digests.sections import cells
from bot.digests.sections.section import DigestSection, Timing, Viewpoint
from bot.digests.sections.subscriptions import started, subscription_cells, subscription_item
from bot.kit import text

_KEY = "trials"


def _collect(customer: ListedCustomer, window: ScanWindow) -> Iterator[StoredItem]:
    for subscription in started(customer):
        ends = moment(subscription.get("trial_ends_at"))
        if ends in window:
            yield subscription_item(_KEY, customer, subscription, ends)


def _facts(item: ReportItem, viewpoint: Viewpoint) -> list[str]:
    verb = "ended" if cells.is_past(item, viewpoint) else "ends"
    return [cells.plans(item, text.mrkdwn), f"{verb} {cells.day(item)}" if item.at else ""]


SECTION = DigestSection(
    key=_KEY,
    title="Trials ending",
    hint="Who is about to become a paying customer, or to leave",
    short_name="trials",
    unit=("trial", "trials"),
    none_text="no trials ending",
    columns=("Customer", "Products", "Trial ends"),
    cells=subscription_cells,
    facts=_facts,
    timing=Timing.WITHIN_WINDOW,
    first="next",
    collect=_collect,
)
