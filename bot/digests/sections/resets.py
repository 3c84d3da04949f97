"""Balances that reset."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from bot.autumn.bulk import ListedBalance, ListedCustomer, ListedSource, granted_by, moment
from bot.autumn.models import Reset
from bot.digests import items
from bot.digests.items import (
    ReportItem,
    ResetGroup,
    ResetState,
    ScannedCustomer,
    ScanWindow,
    StoredItem,
    plain,
    stored,
)
from bot.digests.sections import cells
from bot.digests.sections.section import DigestSection, Grouping, Timing, Viewpoint
from bot.digests.sections.subscriptions import start_by_plan
from bot.kit import blocks, layout, numbers, phrases, text, times
from bot.lookups import labels
from bot.lookups.feature.bins import cycle_start

_KEY = "resets"
_UNLIMITED = "unlimited"
_COMING = "resets"
_PAST = {ResetState.OVERDUE: "due since", ResetState.PASSED: "was reset"}


def last_reset(row: ListedSource, began: datetime | None, now: datetime) -> datetime | None:
    """When a plan's balance was last reset; None if it never was, is overdue, or that is unknown.

    `began`: when the customer got the plan.
    """
    reset = row.get("reset") or {}
    following = moment(reset.get("resets_at"))
    if following is None or began is None or following <= now:
        return None
    cycle = Reset(
        interval=reset.get("interval") or "",
        interval_count=reset.get("interval_count"),
        resets_at=following,
    )
    at = cycle_start(cycle, now, anchor=began)
    return at if at is not None and began < at else None


def _collect(customer: ListedCustomer, window: ScanWindow) -> Iterator[StoredItem]:
    for feature_id, balance in (customer.get("balances") or {}).items():
        yield from _upcoming(customer, feature_id, balance, window)
        yield from _passed(customer, feature_id, balance, window)


def _upcoming(
    customer: ListedCustomer, feature_id: str, balance: ListedBalance, window: ScanWindow
) -> Iterator[StoredItem]:
    """A row for each time at which part of the balance resets. Overdue resets count: Autumn catches up on
    them when the customer is next read individually."""
    if balance.get("unlimited"):
        return
    for resets_at, (granted, remaining, plans) in _by_time(balance).items():
        at = moment(resets_at)
        if at is None or at > window.end:
            continue
        yield stored(
            _KEY,
            ScannedCustomer.of(customer),
            at=at,
            # Not money: stored in `amount` so SQL can sum it.
            amount=remaining,
            plans=plans,
            feature=feature_id,
            details={
                items.FEATURE_NAME: _feature_name(feature_id, balance),
                items.GRANTED: str(plain(granted)),
                items.REMAINING: str(plain(remaining)),
            },
        )


def _passed(
    customer: ListedCustomer, feature_id: str, balance: ListedBalance, window: ScanWindow
) -> Iterator[StoredItem]:
    """Resets since the last digest of balances whose product the customer had before the reset."""
    began = start_by_plan(customer)
    for source in balance.get("breakdown") or ():
        plan_id = source.get("plan_id") or ""
        at = last_reset(source, began.get(plan_id), window.start)
        if at is not None and window.passed(at) and not source.get("unlimited"):
            yield stored(
                _KEY,
                ScannedCustomer.of(customer),
                at=at,
                plans=[plan_id],
                feature=feature_id,
                details={items.FEATURE_NAME: _feature_name(feature_id, balance), items.PASSED: True},
            )


def _by_time(balance: ListedBalance) -> dict[float, tuple[Decimal, Decimal, list[str]]]:
    """By time: granted, remaining, and ids of plans."""
    totals: dict[float, tuple[Decimal, Decimal, list[str]]] = {}
    for source in balance.get("breakdown") or ():
        at = (source.get("reset") or {}).get("resets_at")
        if at is None or source.get("unlimited"):
            continue
        granted, remaining, plans = totals.get(at, (Decimal(0), Decimal(0), []))
        plan_id = source.get("plan_id")
        totals[at] = (
            granted + granted_by(source),
            remaining + (source.get("remaining") or 0),
            plans if plan_id is None or plan_id in plans else [*plans, plan_id],
        )
    next_reset = balance.get("next_reset_at")
    if not totals and next_reset is not None:
        granted, remaining = balance.get("granted") or Decimal(0), balance.get("remaining") or Decimal(0)
        return {next_reset: (granted, remaining, [])}
    return totals


def _feature_name(feature_id: str, balance: ListedBalance) -> str:
    return (balance.get("feature") or {}).get("name") or feature_id


def _state(item: ReportItem, viewpoint: Viewpoint) -> ResetState:
    if item.details.get(items.PASSED):
        return ResetState.PASSED
    return ResetState.OVERDUE if cells.is_past(item, viewpoint) else ResetState.COMING


def _cells(item: ReportItem, viewpoint: Viewpoint) -> list[blocks.Cell]:
    return [
        cells.customer_cell(item),
        blocks.cell(cells.feature(item, text.literal)),
        _when_cell(item, viewpoint),
        _left_cell(item),
    ]


def _when_cell(item: ReportItem, viewpoint: Viewpoint) -> blocks.Cell:
    if item.at is None:
        return blocks.cell("")
    when = f"{_PAST.get(_state(item, viewpoint), '')} {cells.day(item)}".lstrip()
    return blocks.quantity(times.milliseconds(item.at), when)


def _facts(item: ReportItem, viewpoint: Viewpoint) -> list[str]:
    verb = _PAST.get(_state(item, viewpoint), _COMING)
    left = cells.left(item)
    if item.details.get(items.UNLIMITED):
        left = _UNLIMITED
    elif left:
        left = f"{left} left"
    return [cells.feature(item, text.mrkdwn), f"{verb} {cells.day(item)}" if item.at else "", left]


def _left_cell(item: ReportItem) -> blocks.Cell:
    if item.details.get(items.UNLIMITED):
        return blocks.cell(labels.UNLIMITED)
    left = cells.units(item, items.REMAINING)
    return blocks.cell("") if left is None else blocks.quantity(numbers.finite(left), cells.left(item))


def _group_cells(group: ResetGroup) -> list[blocks.Cell]:
    left = group.remaining
    return [
        blocks.cell(_group_name(group, text.literal)),
        blocks.quantity(group.day.toordinal(), _group_when(group, "")),
        blocks.quantity(group.customers, f"{group.customers:,}"),
        blocks.cell("") if left is None else blocks.quantity(numbers.finite(left), numbers.number(left)),
    ]


def _group_line(group: ResetGroup) -> str:
    facts = [
        f"*{_group_name(group, text.mrkdwn) or phrases.NONE}*",
        _group_when(group, _COMING),
        phrases.count(group.customers, "customer"),
        "" if group.remaining is None else f"{numbers.number(group.remaining)} left",
    ]
    return "• " + " · ".join(fact for fact in facts if fact)


def _group_when(group: ResetGroup, coming: str) -> str:
    """`due since Nov 3, 2026 or later`. `coming`: the verb for what is not past."""
    when = f"{_PAST.get(group.state, coming)} {times.calendar_day(group.day)}".lstrip()
    return f"{when} or later" if group.state is ResetState.OVERDUE else when


def _group_name(group: ResetGroup, safe: layout.Safe) -> str:
    return safe(group.name or group.feature, cells.NAME_LENGTH)


SECTION = DigestSection(
    key=_KEY,
    title="Resets",
    hint="Balances that are about to reset, and what is left of them",
    short_name="resets",
    unit=("reset", "resets"),
    none_text="no resets",
    columns=("Customer", "Feature", "Resets", "Left"),
    cells=_cells,
    facts=_facts,
    timing=Timing.UNTIL_WINDOW_ENDS,
    first="next",
    default=False,
    collect=_collect,
    grouping=Grouping(("Feature", "Resets", "Customers", "Left"), _group_cells, _group_line),
)
