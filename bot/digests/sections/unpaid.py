"""Unpaid invoices."""

from datetime import UTC, datetime

from bot.autumn.bulk import ListedInvoice, moment
from bot.digests import items
from bot.digests.items import ReportItem, ScannedCustomer, StoredItem, stored
from bot.digests.sections import cells
from bot.digests.sections.section import DigestSection, PlanNames, Timing, Viewpoint
from bot.kit import blocks, links, text
from bot.kit.phrases import count
from bot.lookups import labels
from bot.lookups.invoices import facts

_KEY = "unpaid"
_TODAY = "today"


def _collect(invoice: ListedInvoice, plan_names: PlanNames) -> StoredItem | None:
    """The list of invoices lacks the customer's name and email, which are filled in later."""
    invoice_facts = facts.facts_of(
        invoice.get("status"), invoice.get("total"), invoice.get("amount_paid"), None
    )
    if not invoice_facts.unpaid:
        return None
    plans = invoice.get("plan_ids") or []
    details = {
        items.STATUS: invoice_facts.state.value,
        items.URL: invoice.get("hosted_invoice_url"),
        items.INVOICE: invoice.get("id"),
        items.ENTITY: invoice.get("entity_id"),
        items.PLAN_NAMES: [plan_names.get(plan, plan) for plan in plans],
    }
    customer_id = invoice.get("customer_id")
    return stored(
        _KEY,
        ScannedCustomer(customer_id, customer_id or ""),
        at=moment(invoice.get("created_at")),
        amount=invoice_facts.due,
        currency=(invoice.get("currency") or "").lower(),
        plans=plans,
        details={name: value for name, value in details.items() if value},
    )


def _cells(item: ReportItem, viewpoint: Viewpoint) -> list[blocks.Cell]:
    url = links.web(cells.detail(item, items.URL))
    return [
        cells.customer_cell(item),
        cells.amount_cell(item),
        blocks.quantity(_days(item.at, viewpoint), _age(item.at, viewpoint)) if item.at else blocks.cell(""),
        cells.day_cell(item.at),
        blocks.cell(cells.status(item, text.literal)),
        blocks.link(url, labels.HOSTED_SHORT) if url else blocks.cell(""),
    ]


def _facts(item: ReportItem, viewpoint: Viewpoint) -> list[str]:
    url = links.web(cells.detail(item, items.URL))
    age = _age(item.at, viewpoint) if item.at else ""
    return [
        f"*{cells.amount(item)}*",
        f"{age} old" if age and age != _TODAY else age,
        cells.status(item, text.mrkdwn),
        links.linked(url, labels.HOSTED) if url else "",
    ]


def _age(at: datetime, viewpoint: Viewpoint) -> str:
    days = _days(at, viewpoint)
    return count(days, "day") if days else _TODAY


def _days(at: datetime, viewpoint: Viewpoint) -> int:
    """By the calendar of billing, like the date next to it."""
    return max(0, (viewpoint.read_at.astimezone(UTC).date() - at.astimezone(UTC).date()).days)


SECTION = DigestSection(
    key=_KEY,
    title="Unpaid invoices",
    hint="Open invoices, how old they are, and where to pay them",
    short_name="unpaid",
    unit=("invoice", "invoices"),
    none_text="no unpaid invoices",
    columns=("Customer", "Amount", "Age", "Since", "Status", "Link"),
    cells=_cells,
    facts=_facts,
    timing=Timing.ANY_TIME,
    collect_invoice=_collect,
    money=True,
    first="oldest",
    tracked=True,
    needs_someone=True,
    fixed_time=False,
)
