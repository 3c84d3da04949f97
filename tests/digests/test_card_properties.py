"""Any report fits Slack's limits, is harmless, and counts what is left out."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.access.post_targets import Pause
from bot.autumn.models import Organization
from bot.digests import all_rows, list_card, sections, tables
from bot.digests import card as digests_card
from bot.digests.items import ReportItem, ResetGroup
from bot.digests.model import EVERY_DAY, MOST_DAYS, Digest, DigestContent, Schedule
from bot.digests.report.model import CurrencyTotal, ItemPage, News, Report, ReportSection, RowQuery
from bot.digests.schedule import zones
from bot.kit import text
from tests.changes.filling import modal
from tests.examples import examples
from tests.kit import checks
from tests.lookups.test_any_customer import CURRENCIES, MAYBE_TIMES, NUMBERS, TEXTS, TIMES, URLS

SECTIONS = st.sampled_from(sections.all_keys())
MISSING = st.sampled_from(["previews", *sections.all_keys()])
IDS = st.none() | st.sampled_from(["cus_1", "", "<!channel>", "c" * 76, "c" * 2500, "é*"]) | TEXTS
FLAGS = st.booleans()
DAYS = st.dates(date(2, 1, 1), date(9998, 12, 31))
DETAILS = st.fixed_dictionaries(
    {},
    optional={
        "estimate": FLAGS,
        "plan_names": st.lists(TEXTS, max_size=3) | TEXTS,
        "feature_name": TEXTS,
        "remaining": NUMBERS.map(str) | TEXTS,
        "granted": NUMBERS.map(str) | TEXTS,
        "unlimited": FLAGS,
        "status": st.sampled_from(["open", "", "<odd>"]) | TEXTS,
        "url": URLS,
        "invoice": TEXTS,
        "email": TEXTS,
        "entity": TEXTS,
    },
)
ITEMS = st.builds(
    ReportItem,
    section=SECTIONS,
    customer_id=IDS,
    customer=TEXTS,
    at=MAYBE_TIMES,
    amount=st.none() | NUMBERS,
    currency=CURRENCIES,
    plans=st.lists(TEXTS, max_size=3).map(tuple),
    feature=TEXTS,
    details=DETAILS,
)
TOTALS = st.builds(
    CurrencyTotal,
    currency=CURRENCIES,
    amount=NUMBERS,
    count=st.integers(0, 10**9),
    before=st.none() | NUMBERS,
)
GROUPS = st.builds(
    ResetGroup,
    feature=TEXTS,
    name=TEXTS,
    day=DAYS,
    customers=st.integers(0, 10**9),
    remaining=st.none() | NUMBERS,
)
QUERIES = st.builds(
    RowQuery,
    scan=st.just("scan_1"),
    days=st.integers(1, MOST_DAYS),
    plans=st.lists(TEXTS.map(lambda value: text.clean(value)[:75]), max_size=3).map(tuple),
    minimum=st.decimals(0, 10**12, places=6),
    zone=st.sampled_from(["UTC", "Asia/Kathmandu", "<!here>", "../etc", ""]),
    section=SECTIONS,
    page=st.integers(0, 10**9),
)
SCHEDULES = st.builds(
    Schedule,
    weekdays=st.frozensets(st.sampled_from(sorted(EVERY_DAY)), min_size=1),
    at=st.times().map(lambda value: value.replace(second=0, microsecond=0)),
    zone=st.sampled_from(zones()),
)
WANTED = st.builds(
    DigestContent,
    sections=st.frozensets(SECTIONS, min_size=1),
    days=st.integers(1, MOST_DAYS),
    plans=st.frozensets(st.text("abc_*<>é ", min_size=1, max_size=30), max_size=20),
    minimum=st.decimals(0, 10**9, places=6),
    skip_empty=FLAGS,
)
ORGS = st.none() | st.builds(Organization, name=TEXTS, env=st.sampled_from(["live", "sandbox", "", "a&b"]))


@st.composite
def parts(draw: st.DrawFn, section: str) -> ReportSection:
    few = [replace(item, section=section) for item in draw(st.lists(ITEMS, max_size=3))]
    return ReportSection(
        section=section,
        count=draw(st.integers(len(few), 10**9)),
        totals=tuple(draw(st.lists(TOTALS, max_size=7))),
        items=tuple(few * 4)[:10],
        groups=tuple(draw(st.lists(GROUPS, max_size=2)) * draw(st.sampled_from([0, 1, 9]))),
        count_before=draw(st.none() | st.integers(0, 10**9)),
        news=draw(st.none() | news(few)),
    )


def news(rows: list[ReportItem]) -> st.SearchStrategy[News]:
    counts = st.integers(0, 10**9)
    return st.builds(
        News, new_count=counts, new=st.just(tuple(rows)), settled_count=counts, settled=st.just(tuple(rows))
    )


@st.composite
def reports(draw: st.DrawFn) -> Report:
    start = draw(TIMES)
    drawn_parts = tuple(draw(parts(section)) for section in draw(st.sets(SECTIONS)))
    daily = st.dictionaries(CURRENCIES, st.lists(st.tuples(DAYS, NUMBERS), max_size=50), max_size=3)
    return Report(
        read_at=draw(TIMES),
        start=start,
        end=start + timedelta(days=draw(st.integers(0, 100))),
        parts=drawn_parts,
        daily=draw(daily),
        estimates=draw(st.integers(0, 1000)),
        missing=tuple(draw(st.lists(MISSING | TEXTS, max_size=4))),
        empty=not drawn_parts,
    )


DIGESTS = st.builds(
    Digest,
    id=st.sampled_from(["dig_1", "0190-ab"]),
    channel=st.just("C1"),
    team=st.just("T1"),
    owner=st.sampled_from(["", "<!channel>"]),
    schedule=SCHEDULES,
    content=WANTED,
    private=FLAGS,
    pause=st.none() | st.sampled_from(list(Pause)),
    next_due=TIMES,
    version=st.integers(1, 10**6),
)


@given(reports(), DIGESTS, QUERIES, ORGS, st.tuples(MAYBE_TIMES, st.lists(DAYS, max_size=8)))
@examples(40)
def test_any_digest_fits_slack(
    content: Report,
    drawn: Digest,
    query: RowQuery,
    org: Organization | None,
    notes: tuple[datetime | None, list[date]],
) -> None:
    head = digests_card.digest_card(content, digest=drawn, late=notes[0], skipped=notes[1], org=org)
    checks.fits(head)
    assert "Coming up in the next" in checks.read(head.blocks)
    assert len(digests_card.summary_lines(content, tables.make_viewpoint("UTC", content.read_at))) <= 13
    thread_card = digests_card.details_card(content, query, org)
    checks.fits(thread_card)
    for element in checks.elements(thread_card.blocks):
        if element["type"] == "static_select":
            values = [option["value"] for option in element["options"]]
            assert len(set(values)) == len(values)
            assert all(0 < text.length(value) <= 75 for value in values)
            assert set(values) <= {item.customer_id for part in content.parts for item in part.items}
        else:
            assert RowQuery.decode(element["value"]).scan == query.scan
    checks.fits(digests_card.upcoming_card(content, content=drawn.content, query_base=query, org=org))


@st.composite
def pages(draw: st.DrawFn) -> ItemPage:
    number, after = draw(st.integers(0, 9)), draw(st.integers(0, 9))
    return ItemPage(
        items=tuple(draw(st.lists(ITEMS, max_size=3)) * draw(st.sampled_from([1, 5]))),
        page=number,
        pages=number + after + 1,
        left=after * 10,
        count=(number + after + 1) * 10,
        totals=tuple(draw(st.lists(TOTALS, max_size=6))),
        read_at=draw(TIMES),
    )


@given(pages(), QUERIES)
@examples(40)
def test_any_page_of_rows_fits_slack(page: ItemPage, query: RowQuery) -> None:
    view = modal(all_rows.see_all(page, query))
    assert RowQuery.decode(view["private_metadata"]) == query.at(page=page.page)


@given(QUERIES)
@examples(40)
def test_query_survives_a_button(query: RowQuery) -> None:
    assert RowQuery.decode(query.encode()) == query


@given(st.lists(DIGESTS, max_size=3), st.sampled_from([1, 12]))
@examples(30)
def test_any_list_of_digests_fits_slack(digests: list[Digest], times: int) -> None:
    modal(list_card.digest_list(digests * times, channel="C1"))
    for digest in digests[:1]:
        assert list_card.digest_stopped(digest, Pause.SHARED).text


@given(
    st.lists(st.tuples(st.integers(0, 40), st.decimals(0, 10**6, places=2)), min_size=1, max_size=60),
    st.integers(1, 40),
    st.sampled_from(["UTC", "Pacific/Auckland"]),
)
@examples(40)
def test_chart_bars_add_up_to_the_total(due_amounts: list[tuple[int, Decimal]], days: int, zone: str) -> None:
    start = datetime(2026, 11, 23, 8, tzinfo=UTC)
    due = [(start.date() + timedelta(days=day), amount) for day, amount in due_amounts]
    content = Report(
        read_at=start,
        start=start,
        end=start + timedelta(days=days),
        parts=(ReportSection("invoices", 1),),
        daily={"usd": due},
    )
    card = digests_card.upcoming_card(
        content, content=DigestContent(), query_base=RowQuery(scan="s", zone=zone)
    )
    drawn = [block for block in card.blocks if block["type"] == "data_visualization"]
    if len({day for day, amount in due if amount}) >= 7:
        assert drawn, "thirty days share at most fifteen bars"
    if drawn:
        points = drawn[0]["chart"]["series"][0]["data"]
        assert sum(point["value"] for point in points) == pytest.approx(float(sum(point for _, point in due)))
        assert 1 <= len(points) <= 20
    else:
        assert drawn == []
