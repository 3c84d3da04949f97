"""What a digest says, as a message: to its channel each due day, or to one person who asks."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.autumn.models import Organization
from bot.digests import sections, words
from bot.digests.chart import charts
from bot.digests.items import ReportItem
from bot.digests.model import Digest, Wanted
from bot.digests.report.model import CurrencyTotal, Report, ReportSection, RowQuery
from bot.digests.schedule import known_zone
from bot.digests.sections import cells
from bot.digests.sections.section import DigestSection, Grouping, Viewpoint
from bot.kit import blocks, ids, layout, money, phrases, text, times
from bot.kit.card import Block, Card
from bot.lookups import frame, labels

_ROWS = 10
_CURRENCIES = 4
_DAYS = 5
_MADE_UP = timedelta(minutes=1)
"""A post that begins so long before it was read says so."""
_ROUNDING = timedelta(minutes=30)
"""By so much more than whole days a digest may look ahead and still be said to look ahead by these."""
_OPTION = 40
"""Characters of a customer in the select: fifty of them count to the text of the message."""


def digest_card(
    report: Report,
    *,
    digest: Digest,
    query_base: RowQuery,
    late: datetime | None = None,
    skipped: Sequence[date] = (),
    org: Organization | None = None,
) -> Card:
    """The message in the channel.

    `query_base`: of the scan it was made from. `late`: when it was due, where that is worth telling.
    `skipped`: local dates that were due since the last one and had none.
    """
    made_up = report.read_at - report.start >= _MADE_UP
    notes = [
        *([words.since_last(times.moment(report.start))] if made_up else []),
        *([words.late(times.moment(late))] if late else []),
        *([words.skipped(_days(skipped))] if skipped else []),
    ]
    told = [words.schedule_text(digest.schedule, text.mrkdwn), words.MANAGE]
    return _card(report, digest.wanted, query_base, org, title=words.title, notes=notes, told=told)


def upcoming_card(
    report: Report,
    *,
    wanted: Wanted,
    query_base: RowQuery,
    org: Organization | None = None,
    preview: bool = False,
) -> Card:
    """The same for one person, in private. `preview`: of a digest, as it would be now."""
    title = words.preview_title if preview else words.title
    return _card(report, wanted, query_base, org, title=title, told=[words.PRIVATE])


def _card(
    report: Report,
    wanted: Wanted,
    query: RowQuery,
    org: Organization | None,
    *,
    title: Callable[[str], str],
    notes: Sequence[str] = (),
    told: Sequence[str],
) -> Card:
    seen = viewpoint(query.zone, report.read_at)
    span = words.window(times.day(report.start), times.day(report.end - timedelta(seconds=1)))
    before = [
        blocks.header("head", title(_ahead(report, wanted, seen))),
        blocks.context("what", frame.environment(None, org), span),
        *([blocks.section("notes", "\n".join(notes))] if notes else []),
        *_missing(report),
    ]
    where = text.mrkdwn(org.name, 60) if org else ""
    facts = [times.moment(report.read_at, labels.READ), where, *told]
    foot = blocks.context("foot", " · ".join(fact for fact in facts if fact))
    return layout.card(
        before,
        _content(report, wanted, query, seen),
        [*_clicks(report, wanted, query), foot],
        stamp=report.read_at,
    )


def _missing(report: Report) -> list[Block]:
    lines = dict.fromkeys(words.warning(_missing_text(name)) for name in report.missing)
    return [blocks.section("missing", "\n".join(lines))] if lines else []


def _missing_text(name: str) -> str:
    """`name`: a section's key, PREVIEWS or CUSTOMERS."""
    for section in sections.chosen([name]):
        return words.section_missing(section.title)
    return words.MISSING.get(name, words.MISSING_OTHER)


def _content(report: Report, wanted: Wanted, query: RowQuery, seen: Viewpoint) -> list[layout.Drawn]:
    if not report.parts:
        return [blocks.section("nothing", _nothing(report, wanted, seen))]
    found: list[layout.Drawn] = []
    drawn = charts(report, seen)
    for part in report.parts:
        found += _part(part, query, seen)
        if sections.section(part.section).upcoming:
            found += [_about_amounts(report), *drawn]
            drawn = []
    zone = words.table_zone(text.mrkdwn(query.zone, 60))
    return [*found, *drawn, layout.Either(rich=(blocks.context("zone", zone),), plain=())]


def _nothing(report: Report, wanted: Wanted, seen: Viewpoint) -> str:
    if report.missing:
        return words.NOTHING_READ
    told = phrases.joined([section.none_text for section in sections.chosen(wanted.sections)])
    return words.nothing(_ahead(report, wanted, seen), told)


def _ahead(report: Report, wanted: Wanted, seen: Viewpoint) -> str:
    """How far it looks: the days asked for, or further where the next digest is not due before then."""
    whole = report.end - report.read_at
    if whole <= timedelta(days=wanted.days) + _ROUNDING:
        return words.ahead(wanted.days)
    first, last = (cells.local(at, seen.zone).date() for at in (report.read_at, report.end))
    return words.ahead(max(wanted.days, (last - first).days), round(whole / timedelta(hours=1)))


def _about_amounts(report: Report) -> Block:
    told = [words.estimates(report.estimates)] if report.estimates else []
    return blocks.context("amounts", " ".join([words.BEFORE_TAX, *told]))


# A section


def _part(part: ReportSection, query: RowQuery, seen: Viewpoint) -> list[layout.Drawn]:
    section = sections.section(part.section)
    block = section.key
    if section.grouping is not None and part.groups:
        shown = _grouped(section.grouping, part)
    else:
        shown = _listed(section, part, seen)
    more = shown.left > 0 or bool(part.groups)
    head = blocks.section(
        block, "\n".join(head_lines(part)), accessory=_see_all(part, query) if more else None
    )
    drawn: list[layout.Drawn] = [head]
    if shown.lines:
        table = blocks.table(f"{block}.table", section.title, shown.rows)
        lines = layout.packed(f"{block}.lines", shown.lines)
        drawn.append(layout.Either(rich=(table,), plain=tuple(lines)))
    if shown.left > 0:
        drawn.append(blocks.context(f"{block}.left", phrases.and_more(shown.left)))
    return drawn


@dataclass(frozen=True, slots=True)
class _Rows:
    rows: list[list[blocks.Cell]]
    """The table."""
    lines: list[str]
    """The same in mrkdwn."""
    left: int
    """How many are left out."""


def _listed(section: DigestSection, part: ReportSection, seen: Viewpoint) -> _Rows:
    items = part.items[:_ROWS]
    rows = [_columns(section.columns), *(section.cells(item, seen) for item in items)]
    return _Rows(rows, [_line(item, seen) for item in items], part.count - len(items))


def _grouped(grouping: Grouping, part: ReportSection) -> _Rows:
    groups = part.groups[:_ROWS]
    rows = [_columns(grouping.columns), *map(grouping.cells, groups)]
    return _Rows(rows, [*map(grouping.line, groups)], len(part.groups) - len(groups))


def _columns(labels: Sequence[str]) -> list[blocks.Cell]:
    return [blocks.cell(label) for label in labels]


def _line(item: ReportItem, seen: Viewpoint) -> str:
    customer = f"*{cells.customer(item, text.mrkdwn)}*"
    return "• " + " · ".join(fact for fact in (customer, facts(item, seen)) if fact)


def facts(item: ReportItem, seen: Viewpoint) -> str:
    """What there is to say of a row (mrkdwn), apart from the customer."""
    section = sections.section(item.section)
    return " · ".join(fact for fact in section.facts(item, seen) if fact)


def viewpoint(zone: str, read_at: datetime) -> Viewpoint:
    return Viewpoint(ZoneInfo(zone) if known_zone(zone) else UTC, read_at)


def head_lines(part: ReportSection) -> list[str]:
    """What the section is, how many rows it has, and what they come to; in mrkdwn."""
    section = sections.section(part.section)
    name = words.section_title(section.title, phrases.count(part.count, *section.unit))
    if not part.totals:
        return [" · ".join(fact for fact in (name, _since(part)) if fact)]
    totals = [_total(total, part) for total in part.totals[:_CURRENCIES]]
    left = len(part.totals) - len(totals)
    return [name, *totals, *([phrases.and_more(left)] if left else [])]


def _since(part: ReportSection) -> str:
    """How many more or fewer than in the digest before."""
    if part.count_before is None:
        return ""
    return _change(part.count - part.count_before, lambda size: f"{size:,}")


def _total(total: CurrencyTotal, part: ReportSection) -> str:
    counted = phrases.count(total.count, *sections.section(part.section).unit) if len(part.totals) > 1 else ""
    since = ""
    if total.before is not None:
        since = _change(total.amount - total.before, lambda size: money.money(size, total.currency))
    amount = money.money(total.amount, total.currency)
    return words.total(amount if total.currency else words.currency_unknown(amount), counted, since)


def _change(by: Any, shown: Callable[[Any], str]) -> str:
    return words.change(shown(abs(by)), more=by > 0) if by else words.SAME


def _see_all(part: ReportSection, query: RowQuery) -> blocks.Button | None:
    return query_button(words.SEE_ALL, f"{ids.DIGEST_ALL}:{part.section}", query.at(section=part.section))


def query_button(label: str, action_id: str, query: RowQuery) -> blocks.Button | None:
    """None for a query that Slack cannot carry."""
    value = query.encode()
    if text.length(value) > blocks.BUTTON_VALUE:
        return None
    return blocks.button(label, action_id, value)


# What can be clicked


def _clicks(report: Report, wanted: Wanted, query: RowQuery) -> list[Block]:
    if not report.parts:
        return []
    asked = tuple(section.key for section in sections.chosen(wanted.sections))
    csv = query_button(words.DOWNLOAD, ids.DIGEST_CSV, query.at(sections=asked))
    found: list[Any] = [one for one in (_customers(report), csv) if one is not None]
    return [blocks.actions("more", found)] if found else []


def _customers(report: Report) -> Any:
    """A select of the customers shown, with ids that an option can carry; None when there are none."""
    named: dict[str, str] = {}
    for part in report.parts:
        for item in () if part.groups else part.items[:_ROWS]:
            known = item.customer_id or ""
            if known and text.length(known) <= blocks.OPTION:
                named.setdefault(known, text.clean(item.customer) or known)
    if not named:
        return None
    shared = [name.casefold() for name in named.values()]
    options = [
        blocks.option(_label(known, name, alone=shared.count(name.casefold()) == 1), known)
        for known, name in named.items()
    ]
    return blocks.select(ids.DIGEST_CUSTOMER, words.OPEN_CUSTOMER, options)


def _label(known: str, name: str, *, alone: bool) -> str:
    """With the id where several are called the same."""
    told = name if alone else f"{text.literal(name, _OPTION // 2)} · {known}"
    return text.literal(told, _OPTION) or labels.NO_NAME


def _days(days: Sequence[date]) -> str:
    shown = [f"{day:%a} {cells.short_day(day)}" for day in days[:_DAYS]]
    left = len(days) - len(shown)
    return phrases.joined(shown) + (f" {phrases.and_more(left)}" if left else "")
