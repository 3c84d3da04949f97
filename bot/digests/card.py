"""A digest as a message: for its channel on each due day, or for one person who asks."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from bot.autumn.models import Organization
from bot.digests import sections, words
from bot.digests.items import ReportItem
from bot.digests.model import Digest, DigestContent
from bot.digests.report.model import Report, ReportSection, RowQuery
from bot.digests.sections import cells
from bot.digests.sections.section import Timing, Viewpoint
from bot.digests.tables import (
    MOST_CURRENCIES,
    MOST_ROWS,
    about_amounts,
    charts,
    make_viewpoint,
    query_button,
    section_blocks,
    since_previous,
    sum_text,
)
from bot.kit import blocks, ids, layout, mentions, money, phrases, text, times
from bot.kit.card import Block, Card
from bot.lookups import csv_form, frame, labels
from bot.lookups.csv_form import CsvSource

_NAME = 60
_DAYS = 5
_REACHES_BACK = timedelta(minutes=1)
"""A post whose window starts this long before Autumn was read says so."""
_ROUNDING = timedelta(minutes=30)
"""A digest may look this much further ahead than whole days and still be titled with these."""
_OPTION = 40
"""Characters of a customer in the select. Fifty of them count towards the message's text."""


def digest_card(
    report: Report,
    *,
    digest: Digest,
    late: datetime | None = None,
    skipped: Sequence[date] = (),
    org: Organization | None = None,
) -> Card:
    """The message in the channel: one screen, a line or two for each section.

    `late`: when it was due, if it is late. `skipped`: local dates that were due since the last post and had
    none.
    """
    zone = digest.schedule.zone
    viewpoint = make_viewpoint(zone, report.read_at)
    reaches_back = report.read_at - report.start >= _REACHES_BACK
    notes = [
        *([words.since_last(times.moment(report.start))] if reaches_back else []),
        *([words.late(times.moment(late))] if late else []),
        *([words.skipped(_days(skipped))] if skipped else []),
    ]
    schedule = words.schedule_text(digest.schedule, text.mrkdwn)
    attention = _attention(report, digest.content)
    lines = summary_lines(report, viewpoint) or [_nothing(report, digest.content, viewpoint)]
    in_thread = [words.IN_THREAD] if report.parts else []
    return layout.card(
        [
            *_head(report, digest.content, viewpoint, org, words.title),
            *([blocks.section("notes", "\n".join(notes))] if notes else []),
            *_missing(report),
            *([blocks.section("attention", attention)] if attention else []),
        ],
        layout.packed("summary", lines),
        [_foot(report, org, [schedule, words.MANAGE, *in_thread])],
        stamp=report.read_at,
    )


def details_card(report: Report, query: RowQuery, org: Organization | None = None) -> Card:
    """The message in a digest's thread: its tables and charts, and what can be done with its rows."""
    viewpoint = make_viewpoint(query.zone, report.read_at)
    content = DigestContent(sections=frozenset(query.sections), days=query.days)
    return layout.card(
        [blocks.context("what", frame.environment(None, org), words.DETAILS)],
        _content(report, content, query, viewpoint),
        _clicks(report, content, query),
        stamp=report.read_at,
    )


def upcoming_card(
    report: Report,
    *,
    content: DigestContent,
    query_base: RowQuery,
    org: Organization | None = None,
    preview: bool = False,
) -> Card:
    """The same for one person, in private. `preview`: what a digest would say now."""
    title = words.preview_title if preview else words.title
    viewpoint = make_viewpoint(query_base.zone, report.read_at)
    return layout.card(
        [*_head(report, content, viewpoint, org, title), *_missing(report)],
        _content(report, content, query_base, viewpoint),
        [*_clicks(report, content, query_base), _foot(report, org, [words.PRIVATE])],
        stamp=report.read_at,
    )


def _head(
    report: Report,
    content: DigestContent,
    viewpoint: Viewpoint,
    org: Organization | None,
    title: Callable[[str], str],
) -> list[Block]:
    heading, name = title(_ahead(report, content, viewpoint)), text.literal(content.name, _NAME)
    start, end = map(times.billing_day, (report.start, report.end - timedelta(seconds=1)))
    return [
        blocks.header("head", words.named(name, heading) if name else heading),
        blocks.context("what", frame.environment(None, org), words.window(start, end)),
    ]


def _foot(report: Report, org: Organization | None, more: Sequence[str]) -> Block:
    organization = text.mrkdwn(org.name, 60) if org else ""
    facts = [times.moment(report.read_at, labels.READ), organization, *more]
    return blocks.context("foot", " · ".join(fact for fact in facts if fact))


def _attention(report: Report, content: DigestContent) -> str:
    """Who is asked to do something about what (mrkdwn); empty if there is nothing to do or nobody to ask."""
    rows = [
        words.counted(section.short_name, part.count)
        for part in report.parts
        if part.count and (section := sections.section(part.section)).needs_someone
    ]
    if not rows or not content.mentions:
        return ""
    people = " ".join(map(mentions.anyone, content.mentions))
    return words.attention(people, phrases.joined(rows))


# The summary


def summary_lines(report: Report, viewpoint: Viewpoint) -> list[str]:
    """What a digest says on one screen (mrkdwn)."""
    lines: list[str] = []
    for part in report.parts:
        if sections.section(part.section).upcoming:
            lines += _tomorrow(report, viewpoint)
        lines.append(_summary(part, viewpoint))
        lines += _news(part)
    return lines


def _tomorrow(report: Report, viewpoint: Viewpoint) -> list[str]:
    """What is due on the day after Autumn was read, in each currency."""
    today = report.read_at.astimezone(viewpoint.zone).date()
    amounts = [
        money.money(amount, code)
        for code, days in report.daily.items()
        for day, amount in days
        if (day - today).days == 1 and amount
    ]
    return [words.tomorrow(_some(amounts))] if amounts else []


def _summary(part: ReportSection, viewpoint: Viewpoint) -> str:
    section = sections.section(part.section)
    amounts = [sum_text(total) for total in part.totals if total.amount]
    facts = [
        words.section_title(section.title, phrases.count(part.count, *section.unit)),
        _some(amounts),
        words.undated(part.undated),
        words.unknown(part.unknown),
        since_previous(part),
        _first(part, viewpoint),
    ]
    return " · ".join(fact for fact in facts if fact)


def _first(part: ReportSection, viewpoint: Viewpoint) -> str:
    """The row that comes next. What is already past does not, and is named only if nothing else is listed."""
    if not part.items:
        return ""
    section, earliest = sections.section(part.section), part.items[0]
    if section.timing is Timing.ANY_TIME or not cells.is_past(earliest, viewpoint):
        return words.first(section.first, _named(earliest, viewpoint))
    for item in part.items:
        if item.at is not None and not cells.is_past(item, viewpoint):
            return words.first(section.first, _named(item, viewpoint))
    return words.first(words.EARLIEST, _named(earliest, viewpoint))


def _named(item: ReportItem, viewpoint: Viewpoint) -> str:
    """A customer and the first two facts about the row (mrkdwn)."""
    first_facts = [fact for fact in sections.section(item.section).facts(item, viewpoint) if fact][:2]
    customer = cells.customer(item, text.mrkdwn)
    return f"{customer} ({', '.join(first_facts)})" if first_facts else customer


def _news(part: ReportSection) -> list[str]:
    """Which rows are new, and which were settled, since the previous digest."""
    news = part.news
    if news is None or not (news.new_count or news.settled_count):
        return []
    facts = [
        words.new_rows(news.new_count, _customers_of(news.new, news.new_count)),
        words.settled_rows(news.settled_count, _customers_of(news.settled, news.settled_count)),
    ]
    return [words.news(" · ".join(fact for fact in facts if fact))]


def _customers_of(items: Sequence[ReportItem], count: int) -> str:
    names = dict.fromkeys(cells.customer(item, text.mrkdwn) for item in items)
    left = count - len(items)
    return ", ".join(names) + (f" {phrases.and_more(left)}" if left else "")


def _some(amounts: Sequence[str]) -> str:
    """Amounts in as many currencies as fit on a line."""
    left = len(amounts) - MOST_CURRENCIES
    return " · ".join(f"*{amount}*" for amount in amounts[:MOST_CURRENCIES]) + (
        f" {phrases.and_more(left)}" if left > 0 else ""
    )


def _missing(report: Report) -> list[Block]:
    lines = dict.fromkeys(words.warning(_missing_text(name)) for name in report.missing)
    return [blocks.section("missing", "\n".join(lines))] if lines else []


def _missing_text(name: str) -> str:
    """`name`: a section's key, PREVIEWS or CUSTOMERS."""
    for section in sections.chosen([name]):
        return words.section_missing(section.title)
    return words.MISSING.get(name, words.MISSING_OTHER)


def _content(
    report: Report, content: DigestContent, query: RowQuery, viewpoint: Viewpoint
) -> list[layout.Drawn]:
    listed = [candidate for candidate in report.parts if candidate.count]
    if not listed:
        return [blocks.section("nothing", _nothing(report, content, viewpoint))]
    content_blocks: list[layout.Drawn] = []
    remaining_charts = charts(report)
    for part in listed:
        content_blocks += section_blocks(part, query, viewpoint)
        if sections.section(part.section).upcoming:
            content_blocks += [about_amounts(report), *remaining_charts]
            remaining_charts = []
    return [*content_blocks, *remaining_charts, blocks.context("zone", words.BILLING_DAYS)]


def _nothing(report: Report, content: DigestContent, viewpoint: Viewpoint) -> str:
    if report.missing:
        return words.NOTHING_READ
    nothing = phrases.joined([section.none_text for section in sections.chosen(content.sections)])
    return words.nothing(_ahead(report, content, viewpoint), nothing)


def _ahead(report: Report, content: DigestContent, viewpoint: Viewpoint) -> str:
    """How far it looks: the chosen days, or further if the next digest is due later than that."""
    length = report.end - report.read_at
    if length <= timedelta(days=content.days) + _ROUNDING:
        return words.ahead(content.days)
    first, last = (at.astimezone(viewpoint.zone).date() for at in (report.read_at, report.end))
    return words.ahead(max(content.days, (last - first).days), round(length / timedelta(hours=1)))


# A section


# What can be clicked


def _clicks(report: Report, content: DigestContent, query: RowQuery) -> list[Block]:
    if not report.parts:
        return []
    keys = tuple(section.key for section in sections.chosen(content.sections))
    of_all = query.at(sections=keys)
    csv = query_button(words.DOWNLOAD, ids.DIGEST_CSV, of_all)
    other_format = query_button(csv_form.OTHER_FORMAT, f"{ids.CSV_FORMAT}:{CsvSource.DIGEST}", of_all)
    elements: list[Any] = [
        element for element in (_customers(report), csv, other_format) if element is not None
    ]
    return [blocks.actions("more", elements)] if elements else []


def _customers(report: Report) -> Any:
    """A select of the listed customers whose id fits into an option; None if there are none."""
    names: dict[str, str] = {}
    for part in report.parts:
        for item in () if part.groups else part.items[:MOST_ROWS]:
            customer_id = item.customer_id or ""
            if customer_id and text.length(customer_id) <= blocks.OPTION:
                names.setdefault(customer_id, text.clean(item.customer) or customer_id)
    if not names:
        return None
    folded = [name.casefold() for name in names.values()]
    options = [
        blocks.option(_label(option_id, name, unique=folded.count(name.casefold()) == 1), option_id)
        for option_id, name in names.items()
    ]
    return blocks.select(ids.DIGEST_CUSTOMER, words.OPEN_CUSTOMER, options)


def _label(customer_id: str, name: str, *, unique: bool) -> str:
    """The name, with the id if several customers share it."""
    label = name if unique else f"{text.literal(name, _OPTION // 2)} · {customer_id}"
    return text.literal(label, _OPTION) or labels.NO_NAME


def _days(days: Sequence[date]) -> str:
    first = [f"{day:%a} {times.short_day(day)}" for day in days[:_DAYS]]
    left = len(days) - len(first)
    return phrases.joined(first) + (f" {phrases.and_more(left)}" if left else "")
