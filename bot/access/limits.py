"""Limits on the size of a change: on one change, and on a day of a customer or of a person; in units of a
feature or in money.

What has no known size exceeds every limit, and so does money in a currency that the limit does not name.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum, auto
from typing import TypeAlias, assert_never

from babel.numbers import is_currency

_ZERO = Decimal(0)


class Measure(Enum):
    """What a limit is about."""

    AMOUNT = auto()
    """Units of one change, or days or percent, as its kind has it."""
    DAY = auto()
    """Units of one feature, for one customer, on one day."""
    PERSON_DAY = auto()
    """Units of one feature, requested by one person for any customer, on one day."""
    VALUE = auto()
    """Money that one change is worth."""
    VALUE_DAY = auto()
    VALUE_PERSON_DAY = auto()


@dataclass(frozen=True, slots=True)
class Worth:
    """What a change is worth."""

    amount: Decimal
    """In major units, without a sign."""
    currency: str
    """In capitals."""


def worth_in(amount: Decimal | None, currency: str | None) -> Worth | None:
    """None if the amount is unknown, or the currency is not one."""
    code = (currency or "").upper()
    return Worth(amount, code) if amount is not None and is_currency(code) else None


Limit: TypeAlias = Decimal | Mapping[str, Decimal]
"""Units, or money by currency."""
Limits: TypeAlias = Mapping[Measure, Limit]


@dataclass(frozen=True, slots=True)
class Today:
    """What other changes that add up with a change have moved today."""

    count: int = 0
    """Changes of the same feature and customer."""
    units: Decimal = _ZERO
    """The units of those changes."""
    person_units: Decimal = _ZERO
    """Of the same feature, requested by the same person."""
    values: Mapping[str, Decimal] = field(default_factory=dict)
    """What all changes of the customer are worth, by currency."""
    person_values: Mapping[str, Decimal] = field(default_factory=dict)
    """What all that the person requested is worth, by currency."""


NOTHING_MOVED = Today()


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How far a change may drift from what was shown, as the customer keeps using it: the larger of the
    two."""

    percent: Decimal = _ZERO
    """Of what was shown."""
    units: Decimal = _ZERO

    def covers(self, shown: Decimal, now: Decimal) -> bool:
        return abs(now - shown) <= max(self.units, abs(shown) * self.percent / 100)


EXACT = Tolerance()


@dataclass(frozen=True, slots=True)
class Size:
    """The size of a change, and what others moved before it."""

    amount: Decimal | None = None
    worth: Worth | None = None
    earlier: Today = NOTHING_MOVED


@dataclass(frozen=True, slots=True)
class Exceeded:
    """A limit that a change exceeds."""

    rule: str
    measure: Measure
    limit: Decimal | None
    """None if there is no limit in this currency, or if the change's worth is unknown."""
    left: Decimal = _ZERO
    """Of the limit, before the change."""
    currency: str = ""
    """Of a limit in money; empty if the change's worth is unknown."""


def exceeded(rule: str, limits: Limits, size: Size) -> Iterator[Exceeded]:
    """The limits of a rule that the change exceeds."""
    for measure, limit in limits.items():
        own, currency = _own(measure, size)
        most = limit.get(currency) if isinstance(limit, Mapping) else limit
        if most is None:
            yield Exceeded(rule, measure, None, currency=currency)
            continue
        left = most - _earlier(measure, size.earlier, currency)
        if own is None or own > left:
            yield Exceeded(rule, measure, most, max(_ZERO, left), currency)


def _own(measure: Measure, size: Size) -> tuple[Decimal | None, str]:
    """The size of the change itself, and its currency if it is money."""
    match measure:
        case Measure.AMOUNT | Measure.DAY | Measure.PERSON_DAY:
            return size.amount, ""
        case Measure.VALUE | Measure.VALUE_DAY | Measure.VALUE_PERSON_DAY:
            return (size.worth.amount, size.worth.currency) if size.worth else (None, "")
        case _:
            assert_never(measure)


def _earlier(measure: Measure, today: Today, currency: str) -> Decimal:
    match measure:
        case Measure.AMOUNT | Measure.VALUE:
            return _ZERO
        case Measure.DAY:
            return today.units
        case Measure.PERSON_DAY:
            return today.person_units
        case Measure.VALUE_DAY:
            return today.values.get(currency, _ZERO)
        case Measure.VALUE_PERSON_DAY:
            return today.person_values.get(currency, _ZERO)
        case _:
            assert_never(measure)
