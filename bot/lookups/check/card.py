"""Whether a customer may use a number of units of a feature, why, and what is left."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, assert_never

from bot.autumn.errors import Refused
from bot.autumn.models import Check, Customer, Entity
from bot.kit import blocks, layout, numbers, phrases, text
from bot.lookups import controls, names
from bot.lookups import frame as parts
from bot.lookups.answers import CatalogueNames, Read
from bot.lookups.check import words
from bot.lookups.check.reason import CheckReason, Why, reason
from bot.lookups.features import card as features
from bot.lookups.invoices.facts import Unpaid
from bot.lookups.place import Place

_AMOUNTS = tuple(Decimal(10) ** power for power in range(6))
"""Offered besides the amount that was asked about."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What is read to say whether a customer may use these units of a feature."""

    customer: Customer
    feature: str
    """Its id; empty when none or several may be meant."""
    boolean: bool
    """Whether the feature is only on or off."""
    place: Place
    """How many units, and for which entity."""
    check: Read[Check] | None
    """None without a feature to ask about."""
    read_at: datetime
    unpaid: Read[Unpaid] | None = None
    names: CatalogueNames = field(default_factory=CatalogueNames)
    entity: Entity | None = None
    """The one asked about, with its own billing controls."""

    @property
    def holders(self) -> tuple[controls.Holder, ...]:
        return (self.customer,) if self.entity is None else (self.entity, self.customer)


def content(answer: Checked, frame: parts.Frame) -> list[layout.Drawn]:
    picker = features.pick(frame, words.ANOTHER if answer.feature else words.PICK)
    if not answer.feature:
        typed = text.code(frame.place.feature, 60)
        question = words.unknown_feature(typed) if typed else words.WHICH
        return [blocks.section("check", question), *picker]
    return [*_result(answer), *_amounts(answer, frame), *picker, *_back(answer, frame)]


def _result(answer: Checked) -> list[layout.Drawn]:
    check = answer.check
    if isinstance(check, Check):
        return [blocks.section("check", "\n".join(_lines(check, answer))), *_balance(check, answer)]
    if isinstance(check, Refused) and check.code == "entity_not_found":
        return [blocks.section("check", words.NO_ENTITY)]
    return [parts.failed("check", words.CHECK, check)] if check else []


def _lines(check: Check, answer: Checked) -> list[str]:
    entity = text.code(answer.place.entity, 60)
    who = words.entity(entity) if entity else words.THEY
    units = "" if answer.boolean else numbers.number(answer.place.units)
    because = reason(check, answer.feature, answer.place.units, *answer.holders)
    facts = [
        words.REASONS[because.why],
        _limit(because, check),
        _credits(check, answer),
        _plan(check, answer),
    ]
    return [
        words.verdict(who, units, _name(answer.feature, answer), allowed=check.allowed),
        " ".join(fact for fact in facts if fact),
    ]


def _limit(because: CheckReason, check: Check) -> str:
    """The limit that stops it, in figures."""
    limit = because.limit or {}
    match because.why:
        case Why.USAGE_LIMIT:
            interval = text.literal(str(limit.get("interval") or ""), 20)
            return words.usage_limit(_figure(limit.get("limit")), interval, _figure(limit.get("usage", 0)))
        case Why.SPEND_LIMIT:
            most = _figure(limit.get("overage_limit"))
            percentage = limit.get("limit_type") == "usage_percentage"
            return words.spend_limit_percent(most) if percentage else words.spend_limit(most)
        case Why.MOST_TO_BUY:
            return words.sold(_figure(check.balance.max_purchase if check.balance else None))
        case (
            Why.SWITCHED_ON
            | Why.UNLIMITED
            | Why.ENOUGH_LEFT
            | Why.OVERAGE_OF_PRODUCT
            | Why.OVERAGE_NOT_BILLED
            | Why.OVERAGE_ALLOWED
            | Why.AUTUMN_ALLOWS
            | Why.NOT_HELD
            | Why.NOT_ENOUGH
            | Why.AUTUMN_REFUSES
        ):
            return ""
        case _:
            assert_never(because.why)


def _figure(value: Any) -> str:
    figure = controls.number(value)
    return phrases.NONE if figure is None else numbers.number(figure)


def _credits(check: Check, answer: Checked) -> str:
    if check.balance is None or check.balance.feature_id == answer.feature:
        return ""
    return words.paid_by(numbers.number(check.required_balance), _name(check.balance.feature_id, answer))


def _plan(check: Check, answer: Checked) -> str:
    plan_id = check.flag.plan_id if check.flag else None
    plan = names.plans(answer.customer, answer.names).get(plan_id, plan_id) if plan_id else ""
    return words.from_plan(text.mrkdwn(plan, 60)) if plan else ""


def _balance(check: Check, answer: Checked) -> list[layout.Drawn]:
    balance = check.balance
    if balance is None:
        return []
    facts = [
        *features.usage(balance, *answer.holders),
        features.resets(balance.next_reset_at, answer.read_at),
    ]
    after = balance.remaining - check.required_balance
    if check.allowed and not balance.unlimited and after >= 0:
        facts.append(words.left_after(numbers.number(after)))
    name = _name(balance.feature_id, answer)
    return [blocks.context("balance", " · ".join([f"*{name}*", *(fact for fact in facts if fact)]))]


def _name(feature_id: str, answer: Checked) -> str:
    """In mrkdwn."""
    called = names.features(answer.customer, answer.names)
    return text.mrkdwn(called.get(feature_id) or feature_id, 60) or phrases.NONE


def _amounts(answer: Checked, frame: parts.Frame) -> list[layout.Drawn]:
    if answer.boolean or not frame.private:
        return []
    at, current = frame.place.at(feature=answer.feature), frame.place.units
    amounts = sorted({*_AMOUNTS, current})
    buttons = [
        frame.go(numbers.number(units), f"units:{index}", at.at(units=units), current=units == current)
        for index, units in enumerate(amounts)
    ]
    return [*frame.buttons("amounts", buttons), blocks.context("how_many", words.HOW_MANY)]


def _back(answer: Checked, frame: parts.Frame) -> list[layout.Drawn]:
    place = frame.place
    target = place.of_entity(place.entity) if place.entity else place.of_feature(answer.feature)
    back = frame.go(words.BACK_TO_ENTITY if place.entity else words.BACK_TO_FEATURE, "back", target)
    return list(frame.buttons("back", [back]))
