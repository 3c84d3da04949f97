"""The tables of a policy file."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from difflib import get_close_matches
from enum import StrEnum
from typing import Annotated, ClassVar, TypeVar

from babel.numbers import is_currency
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, model_validator

from bot.access.limits import EXACT, Limit, Limits, Measure, Tolerance
from bot.access.presets import PresetTable
from bot.access.rules import (
    EVERYONE,
    MOST_BATCH_LINES,
    ApprovalRules,
    BatchRules,
    DigestRules,
    Policy,
    PolicyKind,
    Power,
    Requirement,
    Rule,
    When,
    Who,
)
from bot.autumn.models import Environment

MOST_APPROVALS = 10
_SHORTEST, _LONGEST = timedelta(minutes=5), timedelta(days=30)
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_EVERYONE = "everyone"
_USER = re.compile(r"[UW][A-Z0-9]{2,}")
_CHANNEL = re.compile(r"[CG][A-Z0-9]{2,}")
_GROUP = re.compile(r"S[A-Z0-9]{2,}|@[a-z0-9][a-z0-9._-]*")

Word = TypeVar("Word", bound=StrEnum)


def _word(words: type[Word]) -> BeforeValidator:
    def check(value: object) -> object:
        allowed = [str(word) for word in words]
        if value in allowed:
            return words(str(value))
        raise ValueError(f"unknown value {_quoted(value)}{nearest(str(value), allowed)}")

    return BeforeValidator(check)


def _kind(value: object, info: ValidationInfo) -> PolicyKind:
    kinds = _known_kinds(info)
    if isinstance(value, str) and value in kinds:
        return kinds[value]
    raise ValueError(f"unknown value {_quoted(value)}{nearest(str(value), list(kinds))}")


def _known_kinds(info: ValidationInfo) -> Mapping[str, PolicyKind]:
    """By id. The validation's context is the registered kinds of change."""
    kinds: Sequence[PolicyKind] = info.context or ()
    return {kind.id: kind for kind in kinds}


def _list(value: object) -> object:
    """A single value needs no brackets."""
    return [value] if isinstance(value, str) else value


def _one_of_who(value: object) -> str:
    if isinstance(value, str) and (value == _EVERYONE or _USER.fullmatch(value) or _GROUP.fullmatch(value)):
        return value
    raise ValueError(
        f'{_quoted(value)} is not a person or group: write "everyone", a user id (U…), a group id (S…) '
        "or a group's handle (@…)"
    )


def _mentionable(value: object) -> str:
    if isinstance(value, str) and (_USER.fullmatch(value) or _GROUP.fullmatch(value)):
        return value
    raise ValueError(
        f"{_quoted(value)} cannot be mentioned: write a user id (U…), a group id (S…) or a group's "
        "handle (@…)"
    )


def _channel(value: object) -> str:
    if isinstance(value, str) and _CHANNEL.fullmatch(value):
        return value
    raise ValueError(f"{_quoted(value)} is not a channel id (C…, at the end of the channel's details)")


def _amount(value: object) -> Decimal:
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        amount = Decimal(value)
        if amount.is_finite() and amount >= 0:
            return amount
    raise ValueError("must be a number, 0 or more, without quotes (1_000 or 12.5)")


def _money(value: object) -> object:
    names_currencies = isinstance(value, dict) and value and all(is_currency(str(code)) for code in value)
    if not names_currencies:
        raise ValueError("must name its currencies: { USD = 50, EUR = 45 }")
    return value


def _tolerance(value: object) -> Tolerance:
    if isinstance(value, dict) and value and value.keys() <= {"percent", "units"}:
        return Tolerance(**{str(key): _amount(size) for key, size in value.items()})
    raise ValueError("must say percent or units: { percent = 10, units = 500 }")


def _span(value: object) -> timedelta:
    match = re.fullmatch(r"(\d{1,5}) ?([mhd])", value, re.ASCII) if isinstance(value, str) else None
    span = timedelta(**{_UNITS[match[2]]: int(match[1])}) if match else timedelta()
    if not _SHORTEST <= span <= _LONGEST:
        raise ValueError('must be a duration like "90m", "24h" or "7d", from 5 minutes to 30 days')
    return span


def _quoted(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else "(not text)"


def nearest(word: str, known_words: list[str]) -> str:
    """A suggestion, for the end of a sentence about an unknown word."""
    near = get_close_matches(word, known_words, n=1)
    return f'; did you mean "{near[0]}"?' if near else f" (known: {', '.join(known_words)})"


Text = Annotated[str, Field(min_length=1, max_length=80)]
Some = Field(min_length=1)
Names = Annotated[list[Text], BeforeValidator(_list), Some]
Whom = Annotated[list[Annotated[str, BeforeValidator(_one_of_who)]], BeforeValidator(_list), Some]
Mentions = Annotated[list[Annotated[str, BeforeValidator(_mentionable)]], BeforeValidator(_list)]
Channels = Annotated[list[Annotated[str, BeforeValidator(_channel)]], BeforeValidator(_list)]
Powers = Annotated[list[Annotated[Power, _word(Power)]], BeforeValidator(_list), Some]
Kinds = Annotated[list[Annotated[PolicyKind, BeforeValidator(_kind)]], BeforeValidator(_list), Some]
Amount = Annotated[Decimal, BeforeValidator(_amount)]
Money = Annotated[dict[str, Amount], BeforeValidator(_money)]


class _Strict(BaseModel):
    """Unknown keys are refused, and no value is converted to another type."""

    model_config = ConfigDict(extra="forbid", strict=True)


class _Table(_Strict):
    """What all three lists have in common: a name, and which changes a rule is about."""

    gives: ClassVar[bool] = False
    """Whether its rules give powers; the others take them away, or require more."""

    name: Text = ""
    changes: Kinds = []
    amount_over: Amount | None = None
    amount_up_to: Amount | None = None
    per_day: Amount | None = None
    per_person_day: Amount | None = None
    value_over: Money | None = None
    value_up_to: Money | None = None
    value_per_day: Money | None = None
    value_per_person_day: Money | None = None
    environment: Annotated[Environment, _word(Environment)] | None = None
    products: Names = []
    rewards: Names = []
    features: Names = []

    @model_validator(mode="after")
    def _kinds_have_what_is_limited(self, info: ValidationInfo) -> "_Table":
        kinds = _known_kinds(info).values()
        if (self.amount_over, self.amount_up_to) != (None, None):
            self._check_amounts(kinds)
        if (self.per_day, self.per_person_day) != (None, None) and not self._all_are(lambda kind: kind.daily):
            key = "per_person_day" if self.per_day is None else "per_day"
            raise ValueError(f"{key} needs {_choice(kinds, lambda kind: kind.daily)}, and no other kind")
        if self._values() and not self._all_are(lambda kind: kind.valued):
            valued = _choice(kinds, lambda kind: kind.valued)
            raise ValueError(f"{self._values()[0]} needs {valued}, and no other kind")
        if self.rewards and not (len(self.changes) == 1 and self.changes[0].rewards):
            raise ValueError(f"rewards needs {_choice(kinds, lambda kind: kind.rewards)}")
        return self

    @model_validator(mode="after")
    def _between(self) -> "_Table":
        over, up_to = self.amount_over, self.amount_up_to
        if over is not None and up_to is not None and over >= up_to:
            raise ValueError("amount_over must be less than amount_up_to")
        above, most = self.value_over or {}, self.value_up_to or {}
        if any(above[code] >= most[code] for code in above.keys() & most.keys()):
            raise ValueError("value_over must be less than value_up_to")
        return self

    def _check_amounts(self, kinds: Iterable[PolicyKind]) -> None:
        if money := [kind.id for kind in self.changes if kind.money]:
            raise ValueError(
                f'amounts of "{money[0]}" are money: write value_over or value_up_to = {{ USD = 50 }}'
            )
        if len({kind.unit for kind in self.changes}) != 1 or not self.changes[0].unit:
            units = _choice(kinds, lambda kind: bool(kind.unit) and not kind.money, units=True)
            raise ValueError(f"amounts need {units}, and no kind with another unit")

    def _all_are(self, holds: Callable[[PolicyKind], bool]) -> bool:
        return bool(self.changes) and all(map(holds, self.changes))

    def _values(self) -> list[str]:
        """The keys of the limits in money that it has."""
        keys = ("value_over", "value_up_to", "value_per_day", "value_per_person_day")
        return [key for key in keys if getattr(self, key) is not None]

    def when(self) -> When:
        """With limits per day as strict as those on one change, so that splitting a change gains nothing."""
        over: dict[Measure, Limit | None]
        over = {Measure.AMOUNT: self.amount_over, Measure.VALUE: self.value_over}
        up_to: dict[Measure, Limit | None]
        up_to = {Measure.AMOUNT: self.amount_up_to, Measure.VALUE: self.value_up_to}
        single = up_to if self.gives else over
        daily: Limit | None = self.per_day
        if daily is None and self._all_are(lambda kind: kind.daily):
            daily = single[Measure.AMOUNT]
        days: dict[Measure, Limit | None] = {
            Measure.DAY: daily,
            Measure.PERSON_DAY: self.per_person_day,
            Measure.VALUE_DAY: self.value_per_day or single[Measure.VALUE],
            Measure.VALUE_PERSON_DAY: self.value_per_person_day,
        }
        return When(
            changes=frozenset(kind.id for kind in self.changes),
            over=_limits(over if self.gives else over | days),
            up_to=_limits(up_to | days if self.gives else up_to),
            environment=self.environment,
            products=frozenset(self.products),
            rewards=frozenset(self.rewards),
            features=frozenset(self.features),
        )


def _limits(limits: Mapping[Measure, Limit | None]) -> Limits:
    return {measure: limit for measure, limit in limits.items() if limit is not None}


def _choice(kinds: Iterable[PolicyKind], among: Callable[[PolicyKind], bool], *, units: bool = False) -> str:
    """The kinds to choose from, for the end of a sentence."""
    return " or ".join(
        f'changes = "{kind.id}"' + (f" ({kind.unit})" if units else "") for kind in kinds if among(kind)
    )


class Deny(_Table):
    who: Whom
    may: Powers = list(Power)
    """If left out, every power."""

    @model_validator(mode="after")
    def _of_a_customer(self) -> "Deny":
        of_all = [power for power in (Power.HISTORY, Power.LINK) if power in self.may]
        if "may" in self.model_fields_set and of_all and not self.when().any_change:
            raise ValueError(
                f'"{of_all[0]}" is about a whole customer: give it a rule without changes, limits, '
                "features, products or rewards"
            )
        return self

    def rule(self, name: str) -> Rule:
        return Rule(self.name or name, _who(self.who), frozenset(self.may), self.when())


class Allow(Deny):
    gives = True
    may: Powers


class Require(_Table):
    who: Whom = [_EVERYONE]
    approvals: Annotated[int, Field(ge=1, le=MOST_APPROVALS)] | None = None
    reason: bool = False
    expires: Annotated[timedelta, BeforeValidator(_span)] | None = None

    @model_validator(mode="after")
    def _something(self) -> "Require":
        if self.approvals is None and self.expires is None and not self.reason:
            raise ValueError("requires nothing: add approvals, reason = true or expires")
        return self

    def requirement(self, name: str) -> Requirement:
        return Requirement(
            self.name or name, _who(self.who), self.when(), self.approvals, self.reason, self.expires
        )


class DigestsTable(_Strict):
    """The `[digests]` table: who may set up digests, and where they may go."""

    who: Whom = [_EVERYONE]
    shared_channels: Channels = []

    def rules(self) -> DigestRules:
        return DigestRules(_who(self.who), frozenset(self.shared_channels))


class LinkPreviewsTable(_Strict):
    """Where the preview of a link names the customer."""

    channels: Channels


class ApprovalsTable(_Strict):
    """The `[approvals]` table: who is notified of requests that wait."""

    mention: Mentions = []
    escalate_to: Mentions = []
    remind: bool = True
    post_applied: bool = True
    tolerance: Annotated[Tolerance, BeforeValidator(_tolerance)] = EXACT

    def rules(self) -> ApprovalRules:
        return ApprovalRules(
            tuple(self.mention), tuple(self.escalate_to), self.remind, self.post_applied, self.tolerance
        )


class BatchesTable(_Strict):
    """The `[batches]` table: how long a list of changes may be."""

    most_lines: Annotated[int, Field(ge=1, le=MOST_BATCH_LINES)] = MOST_BATCH_LINES

    def rules(self) -> BatchRules:
        return BatchRules(self.most_lines)


class PolicyFile(_Strict):
    allow: list[Allow] = []
    deny: list[Deny] = []
    require: list[Require] = []
    digests: DigestsTable = DigestsTable()
    link_previews: LinkPreviewsTable = LinkPreviewsTable(channels=[])
    approvals: ApprovalsTable = ApprovalsTable()
    preset: list[PresetTable] = []
    batches: BatchesTable = BatchesTable()

    def policy(self) -> Policy:
        return Policy(
            tuple(table.rule(f"allow {n}") for n, table in enumerate(self.allow, 1)),
            tuple(table.rule(f"deny {n}") for n, table in enumerate(self.deny, 1)),
            tuple(table.requirement(f"require {n}") for n, table in enumerate(self.require, 1)),
            self.digests.rules(),
            frozenset(self.link_previews.channels),
            self.approvals.rules(),
            tuple(table.preset() for table in self.preset),
            self.batches.rules(),
        )


def _who(names: list[str]) -> Who:
    if _EVERYONE in names:
        return EVERYONE
    users = frozenset(name for name in names if _USER.fullmatch(name))
    return Who(users=users, groups=frozenset(names) - users)
