"""The rows of a digest's sections: as cells of a table, and as lines where there is none.

Tables show times in the digest's own zone, as Slack cannot draw them in each reader's; lines leave it to
Slack.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from bot.digests import items, words
from bot.digests.items import ReportItem, ResetGroup
from bot.digests.model import Section
from bot.digests.schedule import known_zone
from bot.kit import blocks, layout, links, money, numbers, phrases, text, times
from bot.lookups import labels
from bot.lookups.invoices.facts import InvoiceState

_NAME = 40
_MOST_PLANS = 10


@dataclass(frozen=True, slots=True)
class Where:
    """What rows are seen from."""

    zone: tzinfo
    read_at: datetime


def where(zone: str, read_at: datetime) -> Where:
    return Where(ZoneInfo(zone) if known_zone(zone) else UTC, read_at)


def columns(section: Section) -> list[blocks.Cell]:
    return [blocks.cell(label) for label in words.COLUMNS[section]]


def group_columns() -> list[blocks.Cell]:
    return [blocks.cell(label) for label in words.GROUP_COLUMNS]


def cells(item: ReportItem, seen: Where) -> list[blocks.Cell]:
    """As many as `columns` of its section."""
    name = blocks.cell(customer(item, text.literal))
    match item.section:
        case Section.INVOICES:
            return [name, _plans_cell(item), _billing_day_cell(item), _amount_cell(item)]
        case Section.UNPAID:
            return [name, _amount_cell(item), *_age_cells(item, seen), *_paying_cells(item)]
        case Section.PAST_DUE:
            return [name, _plans_cell(item), _day_cell(item, seen)]
        case Section.TRIALS:
            return [name, _plans_cell(item), _moment_cell(item, seen)]
        case _:
            return [
                name,
                blocks.cell(feature(item, text.literal)),
                _moment_cell(item, seen),
                _left_cell(item),
            ]


def line(item: ReportItem, seen: Where) -> str:
    """In mrkdwn."""
    facts = [f"*{customer(item, text.mrkdwn)}*", *_facts(item, seen)]
    return "• " + " · ".join(fact for fact in facts if fact)


def detail(item: ReportItem, seen: Where) -> str:
    """What a line says, without the customer."""
    return " · ".join(fact for fact in _facts(item, seen) if fact)


def group_cells(group: ResetGroup) -> list[blocks.Cell]:
    left = group.remaining
    return [
        blocks.cell(_group_name(group, text.literal)),
        blocks.cell(group.day.isoformat()),
        blocks.quantity(group.customers, f"{group.customers:,}"),
        blocks.cell("") if left is None else blocks.quantity(numbers.finite(left), numbers.number(left)),
    ]


def group_line(group: ResetGroup) -> str:
    """In mrkdwn."""
    facts = [
        f"*{_group_name(group, text.mrkdwn) or phrases.NONE}*",
        words.resets(short_day(group.day)),
        words.customers(group.customers),
        "" if group.remaining is None else words.remaining(numbers.number(group.remaining)),
    ]
    return "• " + " · ".join(fact for fact in facts if fact)


# The facts


def customer(item: ReportItem, safe: layout.Safe) -> str:
    return safe(item.customer, _NAME) or safe(item.customer_id or "", _NAME) or labels.NO_NAME


def plans(item: ReportItem) -> list[str]:
    """Names, or ids of those without; not made safe yet."""
    named = item.details.get(items.PLAN_NAMES)
    known = [str(one) for one in named] if isinstance(named, list | tuple) else []
    return [
        (known[index] if index < len(known) else "") or plan_id for index, plan_id in enumerate(item.plans)
    ]


def feature(item: ReportItem, safe: layout.Safe) -> str:
    return safe(detail_text(item, items.FEATURE_NAME) or item.feature, _NAME)


def amount(item: ReportItem) -> str:
    """In words where there is none."""
    if item.amount is None:
        return labels.BILLED_BY_USE if item.details.get(items.ESTIMATE) else words.NO_AMOUNT
    shown = money.money(item.amount, item.currency)
    return words.estimated(shown) if item.details.get(items.ESTIMATE) else shown


def units(item: ReportItem, name: str) -> Decimal | None:
    """How much of the feature is left (`REMAINING`) or was granted; None where that is not known."""
    try:
        found = Decimal(detail_text(item, name))
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def status(item: ReportItem, safe: layout.Safe) -> str:
    known = detail_text(item, items.STATUS)
    try:
        state = InvoiceState(known)
    except ValueError:
        return safe(known, 30)
    return labels.INVOICE_STATES.get(state, "")


def detail_text(item: ReportItem, name: str) -> str:
    return str(item.details.get(name) or "")


def short_day(day: date) -> str:
    """`Nov 24`."""
    return f"{day:%b} {day.day}"


def local(at: datetime, zone: tzinfo) -> datetime:
    """In the zone; as it is at the ends of the calendar, where there is no such time."""
    try:
        return at.astimezone(zone)
    except OverflowError:
        return at


def _facts(item: ReportItem, seen: Where) -> list[str]:
    named = text.mrkdwn(", ".join(plans(item)[:_MOST_PLANS]), _NAME)
    day = times.day(item.at) if item.at else ""
    match item.section:
        case Section.INVOICES:
            billed = times.billing_day(item.at) if item.at else ""
            return [named, words.was_due(billed) if _past(item, seen) else billed, amount(item)]
        case Section.UNPAID:
            return [
                f"*{amount(item)}*",
                words.old(words.age(_days(item.at, seen))) if item.at else "",
                status(item, text.mrkdwn),
                _link(item),
            ]
        case Section.PAST_DUE:
            return [named, words.since(day) if day else ""]
        case Section.TRIALS:
            return [named, (words.ended if _past(item, seen) else words.ends)(day) if day else ""]
        case _:
            made = bool(item.details.get(items.PASSED))
            reset = (words.was_reset if made else words.resets)(day) if day else ""
            return [feature(item, text.mrkdwn), reset, _left(item)]


def _past(item: ReportItem, seen: Where) -> bool:
    return item.at is not None and item.at < seen.read_at


def _link(item: ReportItem) -> str:
    url = links.web(detail_text(item, items.URL))
    return links.linked(url, labels.HOSTED) if url else ""


def _left(item: ReportItem) -> str:
    if item.details.get(items.UNLIMITED):
        return words.UNLIMITED
    found = _of_granted(item)
    return words.remaining(found) if found else ""


def _of_granted(item: ReportItem) -> str:
    """`1,500 of 10,000`."""
    left, granted = units(item, items.REMAINING), units(item, items.GRANTED)
    if left is None:
        return ""
    return (
        words.of_granted(numbers.number(left), numbers.number(granted)) if granted else numbers.number(left)
    )


def _days(at: datetime, seen: Where) -> int:
    return max(0, (seen.read_at - at).days)


def _group_name(group: ResetGroup, safe: layout.Safe) -> str:
    return safe(group.name or group.feature, _NAME)


# Cells


def _plans_cell(item: ReportItem) -> blocks.Cell:
    return blocks.cell(text.literal(", ".join(plans(item)[:_MOST_PLANS]), _NAME))


def _moment_cell(item: ReportItem, seen: Where) -> blocks.Cell:
    if item.at is None:
        return blocks.cell("")
    return blocks.cell(local(item.at, seen.zone).isoformat(sep=" ", timespec="minutes")[:16])


def _day_cell(item: ReportItem, seen: Where) -> blocks.Cell:
    return blocks.cell(local(item.at, seen.zone).date().isoformat() if item.at else "")


def _billing_day_cell(item: ReportItem) -> blocks.Cell:
    """An invoice has the same day for everybody, whatever the digest's zone."""
    return blocks.cell(times.utc_day(item.at) if item.at else "")


def _amount_cell(item: ReportItem) -> blocks.Cell:
    if item.amount is None:
        return blocks.cell(amount(item))
    return blocks.quantity(numbers.finite(item.amount), amount(item))


def _age_cells(item: ReportItem, seen: Where) -> list[blocks.Cell]:
    if item.at is None:
        return [blocks.cell(""), blocks.cell("")]
    days = _days(item.at, seen)
    return [blocks.quantity(days, words.age(days)), _billing_day_cell(item)]


def _paying_cells(item: ReportItem) -> list[blocks.Cell]:
    url = links.web(detail_text(item, items.URL))
    return [
        blocks.cell(status(item, text.literal)),
        blocks.link(url, labels.HOSTED_SHORT) if url else blocks.cell(""),
    ]


def _left_cell(item: ReportItem) -> blocks.Cell:
    if item.details.get(items.UNLIMITED):
        return blocks.cell(labels.UNLIMITED)
    found = units(item, items.REMAINING)
    return blocks.cell("") if found is None else blocks.quantity(numbers.finite(found), _of_granted(item))
