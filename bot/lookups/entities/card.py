"""A customer's entities, and what one of them has."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from bot.autumn.errors import AutumnError
from bot.autumn.models import Balance, Customer, Entity
from bot.kit import blocks, ids, layout, numbers, phrases, text, times
from bot.kit.card import Block
from bot.lookups import frame as parts
from bot.lookups import labels, names
from bot.lookups.answers import CatalogueNames, Read
from bot.lookups.entities import holdings, words
from bot.lookups.entities.holdings import OwnBalance
from bot.lookups.features import card as features
from bot.lookups.invoices.facts import Unpaid

SIZE = 8
_TOTALS = 6
_BALANCES = 3
_PLANS = 3
_OWN = 15
_USAGES = 5


class HasNames(Protocol):
    """An answer about a customer, and what their features are called."""

    @property
    def customer(self) -> Customer: ...

    @property
    def names(self) -> CatalogueNames: ...

    @property
    def read_at(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class Entities:
    """What is read about all of a customer's entities."""

    customer: Customer
    entities: Read[tuple[Entity, ...]]
    """The newest first, up to `MOST` in `part.py`."""
    more: bool
    """Whether there are more than were read."""
    read_at: datetime
    unpaid: Read[Unpaid] | None = None
    names: CatalogueNames = field(default_factory=CatalogueNames)


@dataclass(frozen=True, slots=True)
class EntityDetail:
    """What is read about one of them."""

    customer: Customer
    entity: Read[Entity] | None
    """None when the customer has no such entity."""
    read_at: datetime
    unpaid: Read[Unpaid] | None = None
    names: CatalogueNames = field(default_factory=CatalogueNames)


def content(answer: Entities, frame: parts.Frame) -> list[layout.Drawn]:
    listed = answer.entities
    if isinstance(listed, AutumnError):
        return [parts.failed("entities", words.ENTITY_LIST, listed)]
    if not listed:
        return [blocks.section("entities", words.NO_ENTITIES)]
    page = layout.paged(listed, frame.place.page, SIZE)
    title = words.number_of(len(listed), more=answer.more)
    drawn: list[layout.Drawn] = [
        blocks.section("totals", layout.listed(title, _totals(answer, listed), _TOTALS)),
        *(_entity(index, entity, answer, frame) for index, entity in enumerate(page.items)),
    ]
    if answer.more:
        drawn.append(blocks.context("more", words.newest_only(len(listed))))
    drawn += parts.paging(frame, page, frame.place)
    if page.pages > 1:
        drawn += _finder(frame)
    return drawn


def detail(answer: EntityDetail, frame: parts.Frame) -> list[layout.Drawn]:
    back = frame.go(words.BACK_TO_ENTITIES, "back", frame.place.go("entities"))
    check = frame.go(labels.CAN_USE, "check", frame.place.asking())
    return [*_detail(answer), *_usages(answer, frame), *frame.buttons("back", [back, check])]


def title(entity: Entity) -> str:
    """In mrkdwn."""
    return text.mrkdwn(name(entity), 80) or words.NO_NAME


def balance_lines(entity: Entity, feature_id: str, answer: HasNames) -> list[str]:
    """What the entity has of a feature: its own, and what it shares with the whole customer."""
    shared_ids = holdings.shared_ids(answer.customer)
    own = [
        balance for balance in holdings.own_balances(entity, shared_ids) if balance.feature_id == feature_id
    ]
    shared = holdings.shared_rows(feature_id, answer.customer) if feature_id in entity.balances else None
    return [
        *(words.its_own(_balance(balance, answer, entity)) for balance in own),
        *([words.shared(_balance(shared, answer))] if shared else []),
    ]


def name(entity: Entity) -> str:
    """Not escaped yet."""
    return entity.name or entity.id or words.NO_NAME


def _totals(answer: Entities, listed: Sequence[Entity]) -> list[str]:
    """For each feature: the entities' own, what all share, and both together as Autumn counts it."""
    customer = answer.customer
    lines = []
    for own in holdings.worst_first(holdings.totals(listed, holdings.shared_ids(customer))):
        balance = customer.balances.get(own.feature_id)
        shared = holdings.shared_rows(own.feature_id, customer)
        lines.append(
            words.total(
                text.mrkdwn(_feature_name(own.feature_id, customer, answer.names), 60),
                _amount(balance) if balance and not answer.more else "",
                _amount(own),
                words.entities(own.holders),
                _amount(shared) if shared else "",
            )
        )
    return lines


def _entity(index: int, entity: Entity, answer: Entities, frame: parts.Frame) -> Block:
    customer = answer.customer
    plans = _plans(entity, customer, answer.names)
    balances = [
        f"{text.mrkdwn(_feature_name(own.feature_id, customer, answer.names), 40)} {words.used(_amount(own))}"
        for own in holdings.worst_first(holdings.own_balances(entity, holdings.shared_ids(customer)))
        if own.usage
    ]
    facts = [_id(entity), *plans, *([layout.inline(balances, _BALANCES)] if balances else [])]
    lines = "\n".join([f"*{title(entity)}*", " · ".join(fact for fact in facts if fact)])
    place = frame.place.of_entity(entity.id)
    open_it = frame.go(labels.OPEN, f"open:{index}", place) if entity.id else None
    return blocks.section(f"entity.{index}", lines.rstrip(), accessory=open_it)


def _id(entity: Entity) -> str:
    return text.code(entity.id, 60) if entity.name else ""


def _plans(entity: Entity, customer: Customer, catalogue_names: CatalogueNames) -> list[str]:
    plan_names = names.plans(customer, catalogue_names)
    own = [holding.plan_id for holding in holdings.own_plans(entity)]
    safe = [text.mrkdwn(plan_names.get(plan_id) or plan_id, 60) or phrases.NONE for plan_id in own]
    return [layout.inline(safe, _PLANS)] if safe else []


def _detail(answer: EntityDetail) -> list[layout.Drawn]:
    entity, customer = answer.entity, answer.customer
    if entity is None:
        return [blocks.section("entity", words.GONE)]
    if isinstance(entity, AutumnError):
        return [parts.failed("entity", words.ENTITY, entity)]
    plans = _plans(entity, customer, answer.names)
    feature = text.mrkdwn(_feature_name(entity.feature_id, customer, answer.names), 60)
    facts = [
        _id(entity),
        words.counts_as(feature) if feature else "",
        words.since(times.billing_day(entity.created_at)) if entity.created_at else "",
    ]
    lines = [
        f"*{title(entity)}*",
        " · ".join(fact for fact in facts if fact),
        words.plans(plans[0]) if plans else "",
    ]
    own_balances = holdings.worst_first(holdings.own_balances(entity, holdings.shared_ids(customer)))
    own = [_balance(balance, answer, entity) for balance in own_balances]
    drawn: list[layout.Drawn] = [
        blocks.section("entity", "\n".join(line for line in lines if line)),
        blocks.section("own", layout.listed(words.OWN_BALANCES, own, _OWN) if own else words.NO_OWN_BALANCES),
    ]
    shared = [
        _balance(shared_balance, answer)
        for feature_id in entity.balances
        if (shared_balance := holdings.shared_rows(feature_id, customer))
    ]
    if shared:
        drawn.append(blocks.section("shared", layout.listed(words.SHARED_BALANCES, shared, _OWN)))
    return drawn


def _usages(answer: EntityDetail, frame: parts.Frame) -> list[Block]:
    """Buttons to the usage of what it has, its own features first."""
    entity, customer = answer.entity, answer.customer
    if entity is None or isinstance(entity, AutumnError):
        return []
    own = [
        balance.feature_id
        for balance in holdings.worst_first(holdings.own_balances(entity, holdings.shared_ids(customer)))
    ]
    return frame.buttons(
        "usages",
        [
            frame.go(
                words.usage_of(_feature_name(feature_id, customer, answer.names)),
                f"usage:{index}",
                frame.place.of_feature(feature_id),
            )
            for index, feature_id in enumerate(list(dict.fromkeys([*own, *entity.balances]))[:_USAGES])
        ],
    )


def _balance(balance: OwnBalance, answer: HasNames, *owner: Entity) -> str:
    """`owner`: the entity, of a balance that is its own."""
    feature = text.mrkdwn(_feature_name(balance.feature_id, answer.customer, answer.names), 60)
    as_balance = Balance(
        feature_id=balance.feature_id,
        granted=balance.granted,
        usage=balance.usage,
        remaining=balance.remaining,
        unlimited=balance.unlimited,
        breakdown=list(balance.rows),
    )
    facts = [
        f"{features.bar(as_balance)} *{feature or phrases.NONE}*",
        *features.usage(as_balance, answer.customer, *owner),
        features.resets(balance.next_reset_at, answer.read_at),
    ]
    return " · ".join(fact for fact in facts if fact)


def _amount(balance: OwnBalance | Balance) -> str:
    used, granted = numbers.number(balance.usage), numbers.number(balance.granted)
    return words.unlimited(used) if balance.unlimited else words.of(used, granted)


def _feature_name(feature_id: str, customer: Customer, catalogue_names: CatalogueNames) -> str:
    return (
        names.features(customer, catalogue_names).get(feature_id)
        or catalogue_names.features.get(feature_id)
        or feature_id
    )


def _finder(frame: parts.Frame) -> list[Block]:
    """The select that finds entities by name or id; left out when its block id cannot carry the place."""
    block_id = f"{ids.PICK_ENTITY}:{frame.place.at().encode()}"
    if not frame.private or text.length(block_id) > blocks.BLOCK_ID:
        return []
    return [blocks.actions(block_id, [blocks.picker(ids.PICK_ENTITY, words.PICK_ENTITY, min_query=0)])]
