"""Subscriptions that Autumn has marked as past due."""

from collections.abc import Iterator

from bot.autumn.bulk import ListedCustomer, moment
from bot.digests.items import ReportItem, ScanWindow, StoredItem
from bot.digests.sections import cells
from bot.digests.sections.section import DigestSection, Timing, Viewpoint
from bot.digests.sections.subscriptions import started, subscription_cells, subscription_item
from bot.kit import text

_KEY = "past_due"


def _collect(customer: ListedCustomer, _window: ScanWindow) -> Iterator[StoredItem]:
    for subscription in started(customer):
        if subscription.get("past_due"):
            # What is unpaid was billed at the start of the period.
            billed = moment(subscription.get("current_period_start"))
            yield subscription_item(_KEY, customer, subscription, billed)


def _facts(item: ReportItem, _seen: Viewpoint) -> list[str]:
    return [cells.plans(item, text.mrkdwn), f"since {cells.day(item)}" if item.at else ""]


SECTION = DigestSection(
    key=_KEY,
    title="Past due",
    hint="Subscriptions with a payment that failed or is late",
    short_name="past due",
    unit=("subscription", "subscriptions"),
    none_text="no subscriptions past due",
    columns=("Customer", "Products", "Since"),
    cells=subscription_cells,
    facts=_facts,
    timing=Timing.ANY_TIME,
    first="oldest",
    tracked=True,
    needs_someone=True,
    fixed_time=False,
    collect=_collect,
)
