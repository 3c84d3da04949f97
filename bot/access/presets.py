"""Presets of a policy: requests that a team makes again and again, ready to be picked in the form.

A preset only fills the form in. The rules still decide whether the request is allowed and what it needs.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

_LONGEST_NAME = 40
_LONGEST_REASON = 500
_DAYS = re.compile(r"([1-9][0-9]{0,2}) ?d", re.ASCII)


@dataclass(frozen=True, slots=True)
class Preset:
    name: str
    feature: str = ""
    """A feature's id; with `amount`."""
    amount: Decimal | None = None
    """Extra allowance; None: it fills in a reason only."""
    reason: str = ""
    every: timedelta | None = None
    """A customer gets it once in that time."""

    @property
    def gives(self) -> tuple[str, Decimal] | None:
        return None if self.amount is None else (self.feature, self.amount)

    def again(self, given_at: Iterable[datetime], now: datetime) -> datetime | None:
        """When the customer may get it again, by when they got it before; None: now."""
        if self.every is None:
            return None
        again = max((moment + self.every for moment in given_at), default=now)
        return again if again > now else None


def _units(value: object) -> Decimal:
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        amount = Decimal(value)
        if amount.is_finite() and amount > 0:
            return amount
    raise ValueError("must be a number over 0, without quotes (5_000 or 12.5)")


def _days(value: object) -> timedelta:
    match = _DAYS.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError('must be a number of days like "30d"')
    return timedelta(days=int(match[1]))


Words = Annotated[str, Field(min_length=1, max_length=_LONGEST_NAME)]


class PresetTable(BaseModel):
    """As it is written in a policy file."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: Words
    feature: Annotated[str, Field(min_length=1)] | None = None
    amount: Annotated[Decimal, BeforeValidator(_units)] | None = None
    reason: Annotated[str, Field(min_length=1, max_length=_LONGEST_REASON)] = ""
    every: Annotated[timedelta, BeforeValidator(_days)] | None = None

    @model_validator(mode="after")
    def _whole(self) -> "PresetTable":
        if (self.feature is None) != (self.amount is None):
            raise ValueError("feature and amount need each other")
        if self.feature is None and not self.reason:
            raise ValueError("fills nothing in: write feature and amount, or reason")
        if self.every is not None and self.feature is None:
            raise ValueError("every needs feature and amount")
        return self

    def preset(self) -> Preset:
        return Preset(self.name, self.feature or "", self.amount, self.reason, self.every)
