"""A billing date is the same day on every card, for every reader."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bot.alerts.model import Occurrence
from bot.alerts.sources import plan_changed
from bot.alerts.sources.source import EventNames
from bot.approvals import card as approvals_card
from bot.approvals.card import Audience
from bot.changes.balance.request import BalanceInput
from bot.changes.balance.words import BalanceAction, BalanceLine, BalanceNote
from bot.changes.lines import Line, ValueFormat
from bot.changes.notes import Note
from bot.digests import all_rows, sections
from bot.digests import card as digests_card
from bot.digests.items import RESETS_AT
from bot.digests.model import Schedule
from bot.digests.report.model import RowQuery
from bot.digests.schedule import zones
from bot.kit import times
from bot.kit.card import Card
from bot.kit.csv_table import CsvFormat
from bot.lookups.answers import Billing
from bot.lookups.features.card import Features
from sandbox.slack.clock import SlackClock
from sandbox.slack.manifest import Manifest
from sandbox.slack.mrkdwn import readable
from sandbox.slack.workspace import Workspace
from tests.approvals.records import record
from tests.digests import samples
from tests.examples import examples
from tests.kit import checks
from tests.lookups import drawing
from tests.lookups.samples import NOW, balance, customer, invoice, preview, row, subscription, usage

WORKSPACE = Workspace(Manifest.read(Path("app_manifest.yml")), SlackClock())
AWAY = timedelta(days=30)
"""Far from every other day on the cards."""
MOMENTS = st.datetimes(
    (NOW + AWAY).replace(tzinfo=None), (NOW + 20 * AWAY).replace(tzinfo=None), timezones=st.just(UTC)
)
ZONES = st.sampled_from(sorted(zones()))


def lookups(at: datetime) -> Iterator[Card]:
    """The tabs of a customer whose dates are all one moment."""
    balance_due = balance(next_reset_at=at, breakdown=[row(expires_at=at)])
    holder = customer(
        balances={"messages": balance_due},
        subscriptions=[subscription(trial_ends_at=at, canceled_at=NOW, expires_at=at, current_period_end=at)],
    )
    billing = Billing((), (preview(invoice_at=at),))
    yield drawing.draw(replace(drawing.overview(), customer=holder, billing=billing), drawing.PLACE)
    yield drawing.draw(Features(holder, NOW), drawing.AT_FEATURES)
    yield drawing.draw(
        replace(drawing.detail(balance_due, usage(1, 2, 3)), customer=holder), drawing.AT_FEATURE
    )
    yield drawing.draw(drawing.products(holder), drawing.AT_PRODUCTS)
    issued = invoice("open", created_at=at)
    yield drawing.draw(drawing.invoices(issued, customer=holder, billing=billing), drawing.AT_INVOICES)


def digests(at: datetime, zone: str) -> Iterator[Any]:
    """A digest in a zone with a row for each section, all due at one moment, and its file."""
    query = RowQuery(scan="scan_1", zone=zone, sections=sections.all_keys())
    for key in sections.all_keys():
        due = samples.item(key, at=at, details={RESETS_AT: times.milliseconds(at)})
        content = samples.report(samples.part(key, items=(due,)), end=at + AWAY)
        posted = samples.digest(schedule=Schedule(at=time(9), zone=zone))
        yield digests_card.details_card(content, query).blocks
        if key != "unpaid":  # where these two show its age
            yield digests_card.digest_card(content, digest=posted).blocks
            yield all_rows.see_all(samples.page(due), query.at(section=key))
        yield all_rows.csv_table(CsvFormat()).text([all_rows.csv_row(due)])


def approval(at: datetime) -> Card:
    request = BalanceInput(
        customer="cus_1", feature="messages", row="row_1", action=BalanceAction.RESET_DATE, reset_at=at
    )
    stored = at.isoformat()
    lines = (Line(BalanceLine.RESET, stored, stored, ValueFormat.TIME),)
    warnings = (Note(BalanceNote.UNTIL_RESET, {"at": stored}), Note(BalanceNote.ROW_EXPIRES, {"at": stored}))
    waiting = record(input=request, lines=lines, warnings=warnings)
    return approvals_card.change_card(waiting, audience=Audience.APPROVER, now=NOW)


def alert(at: datetime) -> str:
    change = {"plan": "pro", "what": "cancelled", "until": times.milliseconds(at)}
    return plan_changed.SOURCE.tell(Occurrence("cus_1", facts={"changes": [change]}), EventNames())


def text_in_zone(content: Any, zone: str) -> str:
    """The text as someone in this zone reads it."""
    written = content if isinstance(content, str) else checks.read(content)
    return readable(written, WORKSPACE, replace(WORKSPACE.user("ana"), tz=zone))


def days_near(at: datetime, read: str) -> set[date]:
    """The days in a text within a day of the moment."""
    named = (
        datetime.strptime(f"{day} +0000", "%b %d, %Y %z").date()
        for day in re.findall(r"[A-Z][a-z]{2} \d+, \d{4}", read)
    )
    numbered = map(date.fromisoformat, re.findall(r"\d{4}-\d{2}-\d{2}", read))
    return {day for day in (*named, *numbered) if abs(day - at.date()) < timedelta(days=5)}


@given(at=MOMENTS, zones=st.tuples(ZONES, ZONES))
@examples(100)
def test_any_two_readers_see_the_same_billing_day_everywhere(at: datetime, zones: tuple[str, str]) -> None:
    private = [*(card.blocks for card in (*lookups(at), approval(at))), alert(at)]
    posted = [content for zone in zones for content in digests(at, zone)]
    for content in [*private, *posted]:
        assert [days_near(at, text_in_zone(content, zone)) for zone in zones] == [{at.date()}, {at.date()}]
