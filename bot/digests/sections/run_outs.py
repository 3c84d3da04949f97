"""Customers whose balance will run out before it resets, at the pace of this cycle."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from bot.autumn.bulk import ListedBalance, ListedCustomer, ListedSource, granted_by, moment
from bot.autumn.models import Reset
from bot.digests import items
from bot.digests.items import ReportItem, ScannedCustomer, ScanWindow, StoredItem, plain, stored
from bot.digests.sections import cells
from bot.digests.sections.section import DigestSection, Timing, Viewpoint
from bot.digests.sections.subscriptions import start_by_plan
from bot.kit import blocks, text, times
from bot.lookups.feature.bins import cycle_start

_KEY = "run_outs"
_SHORTEST = timedelta(hours=6)
"""Before this much of a cycle has passed, its pace says little."""


@dataclass(frozen=True, slots=True)
class RunOut:
    at: datetime
    """When nothing is left at the pace of this cycle."""
    resets_at: datetime
    """When some of the balance refills."""
    remaining: Decimal
    granted: Decimal


def run_out(balance: ListedBalance, began: Mapping[str, datetime], now: datetime) -> RunOut | None:
    """When a balance is used up at the pace of its cycle, if that is before the next reset.

    `began`: when the customer got each product, by its id.
    None if nothing is left or was used, if usage beyond it is charged for, or if its cycle is not known.
    """
    sources = balance.get("breakdown") or ()
    if balance.get("unlimited") or any(
        source.get("unlimited") or source.get("price") is not None for source in sources
    ):
        return None
    cycles = [
        running
        for source in sources
        if (running := _cycle(source, began.get(source.get("plan_id") or ""), now)) is not None
    ]
    remaining = sum((source.get("remaining") or Decimal(0) for source in sources), Decimal(0))
    per_second = sum(cycle.used_per_second for cycle in cycles)
    if remaining <= 0 or per_second <= 0:
        return None
    resets_at = min(cycle.resets_at for cycle in cycles)
    lasts = float(remaining) / per_second
    if lasts >= (resets_at - now).total_seconds():
        return None
    granted = sum((granted_by(source) for source in sources), Decimal(0))
    return RunOut(now + timedelta(seconds=lasts), resets_at, remaining, granted)


@dataclass(frozen=True, slots=True)
class _Cycle:
    resets_at: datetime
    used_per_second: float


def _cycle(source: ListedSource, anchor: datetime | None, now: datetime) -> _Cycle | None:
    """None if it does not reset, has only just begun, or has no known rhythm."""
    reset = source.get("reset") or {}
    resets_at = moment(reset.get("resets_at"))
    if resets_at is None or resets_at <= now:
        return None
    began = cycle_start(
        Reset(
            interval=reset.get("interval") or "",
            interval_count=reset.get("interval_count"),
            resets_at=resets_at,
        ),
        now,
        anchor=anchor,
    )
    if began is None or now - began < _SHORTEST:
        return None
    used = granted_by(source) - (source.get("remaining") or Decimal(0))
    return _Cycle(resets_at, float(used) / (now - began).total_seconds())


def _collect(customer: ListedCustomer, window: ScanWindow) -> Iterator[StoredItem]:
    began = start_by_plan(customer)
    for feature_id, balance in (customer.get("balances") or {}).items():
        expected = run_out(balance, began, window.start)
        if expected is None or expected.at > window.end:
            continue
        plan_ids = [
            plan_id for source in balance.get("breakdown") or () if (plan_id := source.get("plan_id"))
        ]
        yield stored(
            _KEY,
            ScannedCustomer.of(customer),
            at=expected.at,
            plans=list(dict.fromkeys(plan_ids)),
            feature=feature_id,
            details={
                items.FEATURE_NAME: (balance.get("feature") or {}).get("name") or feature_id,
                items.GRANTED: str(plain(expected.granted)),
                items.REMAINING: str(plain(expected.remaining)),
                items.RESETS_AT: round(expected.resets_at.timestamp() * 1000),
            },
        )


def _cells(item: ReportItem, _seen: Viewpoint) -> list[blocks.Cell]:
    resets_at = _resets_at(item)
    return [
        cells.customer_cell(item),
        blocks.cell(cells.feature(item, text.literal)),
        cells.day_cell(item.at),
        blocks.cell(cells.left(item)),
        cells.day_cell(resets_at),
    ]


def _facts(item: ReportItem, _seen: Viewpoint) -> list[str]:
    resets_at = _resets_at(item)
    left = cells.left(item)
    return [
        cells.feature(item, text.mrkdwn),
        f"runs out {cells.day(item)}" if item.at else "",
        f"{left} left" if left else "",
        f"resets {times.billing_day(resets_at)}" if resets_at else "",
    ]


def _resets_at(item: ReportItem) -> datetime | None:
    stored_time = item.details.get(items.RESETS_AT)
    return moment(stored_time) if isinstance(stored_time, int | float) else None


SECTION = DigestSection(
    key=_KEY,
    title="Running out",
    hint="Who will use up a balance before it resets, at this cycle's pace",
    short_name="running out",
    unit=("balance", "balances"),
    none_text="nobody running out",
    columns=("Customer", "Feature", "Runs out", "Left", "Resets"),
    cells=_cells,
    facts=_facts,
    timing=Timing.WITHIN_WINDOW,
    fixed_time=False,
    first="next",
    collect=_collect,
)
