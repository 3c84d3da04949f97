"""One feature: where its balance comes from, and its usage over time."""

from datetime import datetime, timedelta
from decimal import Decimal

from bot.autumn.errors import AutumnError
from bot.autumn.models import Balance, BalanceRow, Flag, Rollover
from bot.kit import blocks, layout, numbers, phrases, text, times
from bot.kit.card import Block
from bot.lookups import frame as parts
from bot.lookups import labels, names
from bot.lookups.entities_share import entities_share
from bot.lookups.feature import words
from bot.lookups.feature.answer import Bin, FeatureDetail, Spending, Usage
from bot.lookups.features import card as features
from bot.lookups.place import Span

_ROWS = 20
_SOURCE, _INCLUDED, _PREPAID, _USED, _REMAINING, _RESETS, _PRICE, _EXPIRES = range(len(words.ROW_COLUMNS))
_SOMETIMES = (_PREPAID, _PRICE, _EXPIRES)
_ROLLOVERS = 10
_COSTS = 8
_SERIES = 6
_SERIES_NAME = 20
"""What Slack's charts can show."""
_SPANS = (Span.DAY, Span.WEEK, Span.MONTH, Span.QUARTER, Span.CYCLE)


def content(answer: FeatureDetail, frame: parts.Frame) -> list[layout.Drawn]:
    place = frame.place
    found: list[layout.Drawn] = []
    balance = answer.customer.balances.get(place.feature)
    if balance is not None:
        found += _balance(balance, answer)
    else:
        found.append(blocks.section("feature", _without_balance(answer, place.feature)))
    found += _usage(answer, frame, balance.name if balance else place.feature)
    back = frame.go(words.BACK_TO_FEATURES, "back", place.go("features"))
    return [*found, *frame.buttons("back", [back])]


def _without_balance(answer: FeatureDetail, feature_id: str) -> str:
    flag = answer.customer.flags.get(feature_id)
    if flag is None:
        return words.not_held(text.code(feature_id) or phrases.NONE)
    plan = text.mrkdwn(_plan_of(flag, answer), 60)
    told = words.flag(names.feature(flag), plan)
    return f"{told} {words.flag_expires(times.day(flag.expires_at))}" if flag.expires_at else told


def _plan_of(flag: Flag, answer: FeatureDetail) -> str:
    plan_id = flag.plan_id or ""
    return names.plans(answer.customer, answer.names).get(plan_id) or plan_id


def _balance(balance: Balance, answer: FeatureDetail) -> list[layout.Drawn]:
    bar = "" if balance.unlimited else numbers.bar(balance.remaining, balance.granted, 20)
    facts = [*features.figures(balance), features.resets(balance.next_reset_at, answer.read_at)]
    head = [f"*{names.feature(balance)}*", bar, " · ".join(fact for fact in facts if fact)]
    head.append(_costs(balance, answer))
    found: list[layout.Drawn] = [blocks.section("feature", "\n".join(line for line in head if line))]
    found += _rows(balance, answer)
    if balance.rollovers:
        lines = [f"• {_rollover(one)}" for one in balance.rollovers]
        found.append(blocks.section("rollovers", layout.listed(words.ROLLOVERS, lines, _ROLLOVERS)))
    return found


def _costs(balance: Balance, answer: FeatureDetail) -> str:
    costs = balance.feature.credit_costs if balance.feature else ()
    if not costs:
        return ""
    called = names.features(answer.customer, answer.names)
    shown = [
        words.credit_cost(
            text.mrkdwn(called.get(one.metered_feature_id) or one.metered_feature_id, 60),
            numbers.number(one.credit_cost) if one.credit_cost is not None else "",
        )
        for one in costs
    ]
    return words.credit_costs(layout.inline(shown, _COSTS))


def _rows(balance: Balance, answer: FeatureDetail) -> list[layout.Drawn]:
    found = _sources(balance, answer)
    if not found:
        return [blocks.context("rows", words.NO_ROWS)]
    currency = names.currency(answer.customer)
    shown = [*found[: _ROWS - 1], *found[-1:]] if len(found) > _ROWS else found
    rows = [row for row, _ in shown]
    facts = [_facts(row, text.literal(source, 60), currency) for row, source in shown]
    kept = _columns(facts)
    columns = [words.ROW_COLUMNS[column] for column in kept]
    drawn = [_cells(row, told) for row, told in zip(rows, facts, strict=True)]
    table = blocks.table(
        "rows",
        words.ROWS.strip("*"),
        [[blocks.cell(column) for column in columns], *([row[column] for column in kept] for row in drawn)],
    )
    left = len(found) - len(shown)
    lost = [blocks.context("rows.left", phrases.and_more(left))] if left else []
    lines = [
        _line(row, text.mrkdwn(source, 60), told, kept)
        for (row, source), told in zip(shown, facts, strict=True)
    ]
    plain = layout.packed("rows", [words.ROWS, *lines])
    note = (
        [] if all(row.expires_at is None for row in rows) else [blocks.context("rows.utc", words.TABLE_UTC)]
    )
    return [layout.Either(rich=(table, *note, *lost), plain=(*plain, *lost))]


def _sources(balance: Balance, answer: FeatureDetail) -> list[tuple[BalanceRow, str]]:
    """The rows, and what they are called; the entities' share comes last, so that the sums add up."""
    called = names.plans(answer.customer, answer.names)
    found = [
        (row, (called.get(row.plan_id) or row.plan_id) if row.plan_id else labels.NO_PLAN)
        for row in balance.breakdown
    ]
    share = entities_share(balance)
    return [*found, (share, labels.BY_ENTITIES)] if share else found


def _facts(row: BalanceRow, source: str, currency: str) -> list[str]:
    """In the order of `labels.ROW_COLUMNS`; safe in a table cell."""
    return [
        source,
        labels.UNLIMITED if row.unlimited else numbers.number(row.included_grant),
        numbers.number(row.prepaid_grant),
        numbers.number(row.usage),
        labels.UNLIMITED if row.unlimited else numbers.number(row.remaining),
        names.reset(row.reset),
        names.unit_price(row.price, currency),
        times.utc(row.expires_at) if row.expires_at else "",
    ]


def _columns(facts: list[list[str]]) -> list[int]:
    """Which columns are worth their room: most balances are not prepaid, cost nothing and never expire."""
    return [
        column
        for column in range(len(words.ROW_COLUMNS))
        if column not in _SOMETIMES or any(row[column] not in ("", "0") for row in facts)
    ]


def _cells(row: BalanceRow, facts: list[str]) -> list[blocks.Cell]:
    amounts = {_PREPAID: row.prepaid_grant, _USED: row.usage}
    if not row.unlimited:
        amounts |= {_INCLUDED: row.included_grant, _REMAINING: row.remaining}
    return [
        blocks.quantity(numbers.finite(amounts[column]), fact) if column in amounts else blocks.cell(fact)
        for column, fact in enumerate(facts)
    ]


def _line(row: BalanceRow, source: str, facts: list[str], kept: list[int]) -> str:
    """The same as mrkdwn: only the source comes from outside."""
    told = [
        words.labelled(words.ROW_COLUMNS[column], facts[column])
        for column in kept
        if column not in (_SOURCE, _EXPIRES) and facts[column]
    ]
    if row.expires_at:
        told.append(times.moment(row.expires_at, words.ROW_COLUMNS[_EXPIRES].lower()))
    return f"• *{source}* · {' · '.join(told)}"


def _rollover(one: Rollover) -> str:
    granted = numbers.number(one.granted) if one.granted is not None else ""
    return words.rollover(
        numbers.number(one.balance), granted, times.day(one.expires_at) if one.expires_at else ""
    )


def _usage(answer: FeatureDetail, frame: parts.Frame, name: str) -> list[layout.Drawn]:
    if answer.usage is None:
        known = frame.place.feature in answer.customer.flags
        return [blocks.context("usage", words.NO_USAGE_KIND)] if known else []
    spans = [
        frame.go(
            labels.SPANS[span], f"span:{span}", frame.place.at(span=span), primary=span is frame.place.span
        )
        for span in _SPANS
    ]
    return [*_history(answer.usage, frame.place.span, name), *frame.buttons("spans", spans)]


def _history(usage: Usage | AutumnError, span: Span, name: str) -> list[layout.Drawn]:
    if isinstance(usage, AutumnError):
        return [parts.failed("usage", words.USAGE, usage)]
    bins = usage.bins[-blocks.CHART_POINTS :]
    if not any(one.value for one in bins):
        return [blocks.section("usage", words.no_usage(span) if not usage.events else _total(usage, span))]
    cut = len(usage.bins) - len(bins)
    note = blocks.context("usage.utc", words.usage_note(cut) if cut else words.USAGE_UTC)
    bin_labels = _labels(bins)
    title = text.literal(words.usage_title(text.literal(name, 24), span), blocks.CHART_TITLE)
    chart = blocks.grouped_bars("chart", title, bin_labels, _series(usage, bins))
    found: list[layout.Drawn] = [
        blocks.section("usage", _total(usage, span)),
        layout.Either(rich=(chart,), plain=(_text_bars(bin_labels, bins),)),
        note,
    ]
    if usage.spent_by:
        lines = [f"• {_spending(one)}" for one in usage.spent_by]
        found.insert(1, blocks.section("spent_by", layout.listed(words.SPENT_BY, lines, _COSTS)))
    return found


def _series(usage: Usage, bins: tuple[Bin, ...]) -> list[tuple[str, list[float]]]:
    """One for all, or one for each feature that spent credits, where it is known how many."""
    whole = [(words.USED_SERIES, [numbers.finite(one.value) for one in bins])]
    by = [one for one in usage.spent_by if len(one.credits) == len(usage.bins)]
    if len(by) < 2 or len(by) < len(usage.spent_by):
        return whole
    shown = by if len(by) <= _SERIES else by[: _SERIES - 1]
    left = by[len(shown) :]
    named = [(_short(one), list(one.credits)) for one in shown]
    if len({name for name, _ in named}) < len(named):
        named = [
            (text.literal(f"{index} · {name}", _SERIES_NAME), values)
            for index, (name, values) in enumerate(named, 1)
        ]
    if left:
        named.append(
            (
                words.OTHER_SERIES,
                [sum(values, Decimal(0)) for values in zip(*(one.credits for one in left), strict=True)],
            )
        )
    return [(name, [numbers.finite(value) for value in values[-len(bins) :]]) for name, values in named]


def _short(one: Spending) -> str:
    return text.literal(one.name or one.feature_id, _SERIES_NAME) or phrases.NONE


def _spending(one: Spending) -> str:
    name = text.mrkdwn(one.name or one.feature_id, 60) or phrases.NONE
    taken = numbers.number(sum(one.credits, Decimal(0))) if one.credits else ""
    return words.spending(name, numbers.number(one.units), one.events, taken)


def _total(usage: Usage, span: Span) -> str:
    return words.usage_total(numbers.number(usage.total), usage.events, span)


def _labels(bins: tuple[Bin, ...]) -> list[str]:
    """Unique and at most 20 characters: hours within a day, else days, else days with hours."""
    starts = [one.start for one in bins]
    for form in (_hour if starts[-1] - starts[0] < timedelta(days=1) else _day, _day_hour):
        shown = [form(start) for start in starts]
        if len(set(shown)) == len(shown):
            return shown
    return [f"{index} · {_day(start)}" for index, start in enumerate(starts, 1)]


def _hour(at: datetime) -> str:
    return at.strftime("%H:%M")


def _day(at: datetime) -> str:
    return at.strftime("%b %d")


def _day_hour(at: datetime) -> str:
    return at.strftime("%b %d %H:%M")


def _text_bars(labels: list[str], bins: tuple[Bin, ...]) -> Block:
    most = max(one.value for one in bins)
    wide = max(len(label) for label in labels)
    lines = [
        f"{label:<{wide}} {numbers.bar(one.value, most, 12)} {numbers.compact(one.value)}"
        for label, one in zip(labels, bins, strict=True)
    ]
    return blocks.section("bars", "```\n" + "\n".join(lines) + "\n```")
