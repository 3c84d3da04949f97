"""One feature: where its balance comes from, and its usage over time."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from bot.autumn.errors import AutumnError
from bot.autumn.models import Balance, BalanceRow, Customer, Entity, Flag, Rollover
from bot.kit import blocks, layout, numbers, phrases, text, times
from bot.kit.card import Block
from bot.lookups import frame as parts
from bot.lookups import labels, names
from bot.lookups.answers import CatalogueNames, Read
from bot.lookups.entities import card as entities
from bot.lookups.entities import words as entity_words
from bot.lookups.entities.holdings import entities_share
from bot.lookups.feature import words
from bot.lookups.feature.bins import Bin, Spending, Usage
from bot.lookups.feature.pace import Pace, beyond, pace
from bot.lookups.features import card as features
from bot.lookups.invoices.facts import Unpaid
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


@dataclass(frozen=True, slots=True)
class FeatureDetail:
    """What is read of one feature."""

    customer: Customer
    usage: Read[Usage] | None
    """None for a boolean feature, or one the customer does not have."""
    read_at: datetime
    entity: Read[Entity] | None = None
    """Whose usage it is, where the place is of an entity; None if the customer has no such entity."""
    unpaid: Read[Unpaid] | None = None
    names: CatalogueNames = field(default_factory=CatalogueNames)


def content(answer: FeatureDetail, frame: parts.Frame) -> list[layout.Drawn]:
    if frame.place.entity:
        return _of_entity(answer, frame)
    place = frame.place
    drawn: list[layout.Drawn] = []
    balance = answer.customer.balances.get(place.feature)
    if balance is not None:
        drawn += _balance(balance, answer)
    else:
        drawn.append(blocks.section("feature", _without_balance(answer, place.feature)))
    usage = _usage(answer, frame, balance.name if balance else place.feature)
    if usage and answer.customer.entities:
        usage.append(blocks.context("usage.of_all", words.USAGE_OF_ALL))
    drawn += usage
    back = frame.go(words.BACK_TO_FEATURES, "back", place.go("features"))
    check = frame.go(labels.CAN_USE, "check", place.asking())
    return [*drawn, *frame.buttons("back", [back, check])]


def _of_entity(answer: FeatureDetail, frame: parts.Frame) -> list[layout.Drawn]:
    """What one entity has of the feature, and used of it."""
    place, entity = frame.place, answer.entity
    back = frame.go(words.BACK_TO_ENTITY, "back", place.of_entity(place.entity))
    if entity is None:
        gone = blocks.section("entity", entity_words.GONE)
        return [gone, *frame.buttons("back", [back])]
    if isinstance(entity, AutumnError):
        failed = parts.failed("entity", entity_words.ENTITY, entity)
        return [failed, *frame.buttons("back", [back])]
    held = names.features(answer.customer, answer.names).get(place.feature) or place.feature
    feature = text.mrkdwn(held, 60) or phrases.NONE
    lines = entities.balance_lines(entity, place.feature, answer) or [words.entity_without(feature)]
    heading = words.of_entity(feature, entities.title(entity))
    check = frame.go(labels.CAN_USE, "check", place.asking())
    return [
        blocks.section("feature", "\n".join([heading, *lines])),
        *_usage(answer, frame, held),
        *frame.buttons("back", [back, check]),
    ]


def _without_balance(answer: FeatureDetail, feature_id: str) -> str:
    flag = answer.customer.flags.get(feature_id)
    if flag is None:
        return words.not_held(text.code(feature_id) or phrases.NONE)
    plan = text.mrkdwn(_plan_of(flag, answer), 60)
    sentence = words.flag(names.feature(flag), plan)
    return (
        f"{sentence} {words.flag_expires(times.billing_day(flag.expires_at))}"
        if flag.expires_at
        else sentence
    )


def _plan_of(flag: Flag, answer: FeatureDetail) -> str:
    plan_id = flag.plan_id or ""
    return names.plans(answer.customer, answer.names).get(plan_id) or plan_id


def _balance(balance: Balance, answer: FeatureDetail) -> list[layout.Drawn]:
    facts = [
        *features.usage(balance, answer.customer),
        features.resets(balance.next_reset_at, answer.read_at),
    ]
    head = [
        f"*{names.feature(balance)}*",
        features.bar(balance, 20),
        " · ".join(fact for fact in facts if fact),
    ]
    head.append(_costs(balance, answer))
    drawn: list[layout.Drawn] = [blocks.section("feature", "\n".join(line for line in head if line))]
    drawn += _rows(balance, answer)
    if balance.rollovers:
        lines = [f"• {_rollover(rollover)}" for rollover in balance.rollovers]
        drawn.append(blocks.section("rollovers", layout.listed(words.ROLLOVERS, lines, _ROLLOVERS)))
    return drawn


def _costs(balance: Balance, answer: FeatureDetail) -> str:
    costs = balance.feature.credit_costs if balance.feature else ()
    if not costs:
        return ""
    feature_names = names.features(answer.customer, answer.names)
    prices = [
        words.credit_cost(
            text.mrkdwn(feature_names.get(cost.metered_feature_id) or cost.metered_feature_id, 60),
            numbers.number(cost.credit_cost) if cost.credit_cost is not None else "",
        )
        for cost in costs
    ]
    return words.credit_costs(layout.inline(prices, _COSTS))


def _rows(balance: Balance, answer: FeatureDetail) -> list[layout.Drawn]:
    sources = _sources(balance, answer)
    if not sources:
        return [blocks.context("rows", words.NO_ROWS)]
    currencies = names.currencies(answer.customer)
    listed = [*sources[: _ROWS - 1], *sources[-1:]] if len(sources) > _ROWS else sources
    rows = [row for row, _ in listed]
    facts = [_facts(row, text.literal(source, 60), currencies) for row, source in listed]
    columns_kept = _columns(facts)
    columns = [words.ROW_COLUMNS[column] for column in columns_kept]
    drawn = [_cells(row, row_facts) for row, row_facts in zip(rows, facts, strict=True)]
    table = blocks.table(
        "rows",
        words.ROWS.strip("*"),
        [
            [blocks.cell(column) for column in columns],
            *([row[column] for column in columns_kept] for row in drawn),
        ],
    )
    left = len(sources) - len(listed)
    left_out = [blocks.context("rows.left", phrases.and_more(left))] if left else []
    lines = [
        _line(row, text.mrkdwn(source, 60), row_facts, columns_kept)
        for (row, source), row_facts in zip(listed, facts, strict=True)
    ]
    plain = layout.packed("rows", [words.ROWS, *lines])
    return [layout.Either(rich=(table, *left_out), plain=(*plain, *left_out))]


def _sources(balance: Balance, answer: FeatureDetail) -> list[tuple[BalanceRow, str]]:
    """The rows, and what they are called; the entities' share comes last, so that the sums add up."""
    plan_names = names.plans(answer.customer, answer.names)
    sources = [
        (row, (plan_names.get(row.plan_id) or row.plan_id) if row.plan_id else labels.NO_PLAN)
        for row in balance.breakdown
    ]
    share = entities_share(balance)
    return [*sources, (share, labels.BY_ENTITIES)] if share else sources


def _facts(row: BalanceRow, source: str, currencies: names.Currencies) -> list[str]:
    """In the order of `labels.ROW_COLUMNS`; safe in a table cell."""
    return [
        source,
        labels.UNLIMITED if row.unlimited else numbers.number(row.included_grant),
        numbers.number(row.prepaid_grant),
        numbers.number(row.usage),
        labels.UNLIMITED if row.unlimited else numbers.number(row.remaining),
        names.reset(row.reset),
        names.unit_price(row.price, currencies),
        times.billing_day(row.expires_at) if row.expires_at else "",
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


def _line(row: BalanceRow, source: str, facts: list[str], columns: list[int]) -> str:
    """The same as mrkdwn: only the source comes from outside."""
    labelled = [
        words.labelled(words.ROW_COLUMNS[column], facts[column])
        for column in columns
        if column not in (_SOURCE, _EXPIRES) and facts[column]
    ]
    if row.expires_at:
        labelled.append(words.labelled(words.ROW_COLUMNS[_EXPIRES], facts[_EXPIRES]))
    return f"• *{source}* · {' · '.join(labelled)}"


def _rollover(rollover: Rollover) -> str:
    granted = numbers.number(rollover.granted) if rollover.granted is not None else ""
    return words.rollover(
        numbers.number(rollover.balance),
        granted,
        times.billing_day(rollover.expires_at) if rollover.expires_at else "",
    )


def _usage(answer: FeatureDetail, frame: parts.Frame, name: str) -> list[layout.Drawn]:
    if answer.usage is None:
        is_flag = frame.place.feature in answer.customer.flags
        return [blocks.context("usage", words.NO_USAGE_KIND)] if is_flag else []
    spans = [
        frame.go(
            labels.SPANS[span], f"span:{span}", frame.place.at(span=span), current=span is frame.place.span
        )
        for span in _SPANS
    ]
    if isinstance(answer.usage, AutumnError):
        history: list[layout.Drawn] = [parts.failed("usage", words.USAGE, answer.usage)]
    else:
        balance, chosen_span = answer.customer.balances.get(frame.place.feature), frame.place.span
        # An entity draws on what it shares with others as well, so its own pace says little about the reset.
        paced = balance is not None and chosen_span is Span.CYCLE and not frame.place.entity
        expected = None
        if balance and paced:
            expected = pace(balance, answer.usage, answer.read_at, beyond(balance, answer.customer))
        history = _history(answer.usage, expected, chosen_span, name)
    return [*history, *frame.buttons("spans", spans)]


def _history(usage: Usage, expected: Pace | None, span: Span, name: str) -> list[layout.Drawn]:
    bins = usage.bins[-blocks.CHART_POINTS :]
    if not any(bin_.value for bin_ in bins):
        return [blocks.section("usage", words.no_usage(span) if not usage.events else _total(usage, span))]
    hidden = len(usage.bins) - len(bins)
    note = blocks.context("usage.utc", words.usage_note(hidden) if hidden else words.USAGE_UTC)
    bin_labels = _labels([bin_.start for bin_ in bins])
    title = text.literal(words.usage_title(text.literal(name, 24), span), blocks.CHART_TITLE)
    bars = blocks.grouped_bars("chart", title, bin_labels, _series(usage, bins))
    chart = _pace_chart(title, expected) if expected else bars
    drawn: list[layout.Drawn] = [
        blocks.section("usage", _total(usage, span)),
        layout.Either(rich=(chart,), plain=(_text_bars(bin_labels, bins),)),
        note,
    ]
    if expected:
        drawn.insert(1, blocks.section("pace", _pace(expected)))
    if usage.spent_by:
        lines = [f"• {_spending(spending)}" for spending in usage.spent_by]
        drawn.insert(1, blocks.section("spent_by", layout.listed(words.SPENT_BY, lines, _COSTS)))
    return drawn


def _series(usage: Usage, bins: tuple[Bin, ...]) -> list[tuple[str, list[float]]]:
    """One for all, or one for each feature that spent credits, if the numbers are known."""
    whole = [(words.USED_SERIES, [numbers.finite(bin_.value) for bin_ in bins])]
    spenders = [spending for spending in usage.spent_by if len(spending.credits) == len(usage.bins)]
    if len(spenders) < 2 or len(spenders) < len(usage.spent_by):
        return whole
    charted = spenders if len(spenders) <= _SERIES else spenders[: _SERIES - 1]
    uncharted = spenders[len(charted) :]
    series = [(_short(spending), list(spending.credits)) for spending in charted]
    if len({name for name, _ in series}) < len(series):
        series = [
            (text.literal(f"{index} · {name}", _SERIES_NAME), values)
            for index, (name, values) in enumerate(series, 1)
        ]
    if uncharted:
        series.append(
            (
                words.OTHER_SERIES,
                [
                    sum(values, Decimal(0))
                    for values in zip(*(spending.credits for spending in uncharted), strict=True)
                ],
            )
        )
    return [(name, [numbers.finite(value) for value in values[-len(bins) :]]) for name, values in series]


def _short(spending: Spending) -> str:
    return text.literal(spending.name or spending.feature_id, _SERIES_NAME) or phrases.NONE


def _spending(spending: Spending) -> str:
    name = text.mrkdwn(spending.name or spending.feature_id, 60) or phrases.NONE
    credits_taken = numbers.number(sum(spending.credits, Decimal(0))) if spending.credits else ""
    return words.spending(name, numbers.number(spending.units), spending.events, credits_taken)


def _total(usage: Usage, span: Span) -> str:
    return words.usage_total(numbers.number(usage.total), usage.events, span)


def _pace_chart(title: str, expected: Pace) -> Block:
    """The usage by the end of each day, and what may be used: two lines."""
    used = [numbers.finite(amount) for _, amount in expected.points]
    allowance = [numbers.finite(expected.granted)] * len(used)
    days = _labels([at for at, _ in expected.points])
    return blocks.lines(
        "chart", title, days, [(words.PACE_SERIES, used), (words.ALLOWANCE_SERIES, allowance)]
    )


def _pace(expected: Pace) -> str:
    used_up = times.billing_day(expected.used_up_at) if expected.used_up_at else ""
    amounts = numbers.number(expected.at_reset), numbers.number(expected.granted)
    resets = times.billing_day(expected.resets_at)
    return words.pace(*amounts, day=resets, used_up=used_up, beyond=expected.beyond)


def _labels(starts: Sequence[datetime]) -> list[str]:
    """Unique and at most 20 characters: hours within a day, else days, else days with hours."""
    for form in (_hour if starts[-1] - starts[0] < timedelta(days=1) else _day, _day_hour):
        bin_labels = [form(start) for start in starts]
        if len(set(bin_labels)) == len(bin_labels):
            return bin_labels
    return [f"{index} · {_day(start)}" for index, start in enumerate(starts, 1)]


def _hour(at: datetime) -> str:
    return at.strftime("%H:%M")


def _day(at: datetime) -> str:
    return times.short_day(at)


def _day_hour(at: datetime) -> str:
    return f"{_day(at)} {_hour(at)}"


def _text_bars(bin_labels: list[str], bins: tuple[Bin, ...]) -> Block:
    largest = max(bin_.value for bin_ in bins)
    width = max(len(label) for label in bin_labels)
    lines = [
        f"{label:<{width}} {numbers.bar(bin_.value, largest, 12)} {numbers.compact(bin_.value)}"
        for label, bin_ in zip(bin_labels, bins, strict=True)
    ]
    return blocks.section("bars", "```\n" + "\n".join(lines) + "\n```")
