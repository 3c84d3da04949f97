"""Any policy, request and person for Hypothesis, and a policy written back as a file."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import TypeVar

from hypothesis import strategies as st

from bot.access.limits import Limit, Measure, Today, Worth
from bot.access.rules import (
    EVERYONE,
    Person,
    Policy,
    Power,
    Request,
    Requirement,
    Rule,
    Verb,
    When,
    Who,
)
from bot.autumn.models import Environment
from tests.policy import KINDS

T = TypeVar("T")

USERS = ("U1A", "U2B", "W3C")
GROUPS = ("S1A", "@support", "@leads")
PRODUCTS = ("pro", "max", "free")
REWARDS = ("vip", "new")
FEATURES = ("messages", "seats")
CURRENCIES = ("USD", "EUR", "JPY")


def subsets(of: Iterable[T], *, least: int = 0, mostly_none: bool = False) -> st.SearchStrategy[frozenset[T]]:
    """Any subset, drawn as one number whose bits select values: faster than drawing values one by one."""
    values = tuple(of)
    picks = st.integers(0, 2 ** len(values) - 1).map(
        lambda bits: frozenset(value for index, value in enumerate(values) if bits >> index & 1)
    )
    if least:
        picks = picks.filter(lambda pick: len(pick) >= least)
    return st.just(frozenset[T]()) | picks if mostly_none else picks


amounts = st.integers(0, 4).map(Decimal)
currencies = st.sampled_from(CURRENCIES)
money = st.dictionaries(currencies, amounts, min_size=1)
todays = st.builds(
    Today,
    units=amounts,
    person_units=amounts,
    values=st.dictionaries(currencies, amounts),
    person_values=st.dictionaries(currencies, amounts),
)


@st.composite
def conditions(draw: st.DrawFn, *, gives: bool) -> When:
    changes = draw(subsets([kind.id for kind in KINDS], mostly_none=True))
    sized = changes in (frozenset({"balance"}), frozenset({"reward"}))
    over = draw(st.none() | amounts) if sized else None
    exclusive = Decimal(0) if over is None else over + 1
    up_to = draw(st.none() | amounts.map(exclusive.__add__)) if sized else None
    value_over = draw(st.none() | money) if sized else None
    value_up_to = draw(st.none() | money) if sized and value_over is None else None
    # As in a file: without a daily limit, the limit on one change is the daily limit too.
    days: dict[Measure, Limit | None] = {}
    if changes == {"balance"}:
        day = draw(st.none() | amounts)
        days[Measure.DAY] = day if day is not None else up_to if gives else over
        days[Measure.PERSON_DAY] = draw(st.none() | amounts)
    if sized:
        days[Measure.VALUE_DAY] = draw(st.none() | money) or (value_up_to if gives else value_over)
        days[Measure.VALUE_PERSON_DAY] = draw(st.none() | money)
    above: dict[Measure, Limit | None] = {Measure.AMOUNT: over, Measure.VALUE: value_over}
    most: dict[Measure, Limit | None] = {Measure.AMOUNT: up_to, Measure.VALUE: value_up_to}
    return When(
        changes=changes,
        over=_without_none(above if gives else above | days),
        up_to=_without_none(most | days if gives else most),
        environment=draw(st.none() | st.sampled_from(Environment)),
        products=draw(subsets(PRODUCTS, mostly_none=True)),
        rewards=draw(subsets(REWARDS)) if changes == {"reward"} else frozenset(),
        features=draw(subsets(FEATURES, mostly_none=True)),
    )


def _without_none(limits: Mapping[Measure, Limit | None]) -> dict[Measure, Limit]:
    return {measure: limit for measure, limit in limits.items() if limit is not None}


whos = st.just(EVERYONE) | st.tuples(subsets(USERS), subsets(GROUPS)).filter(any).map(
    lambda user_and_group: Who(users=user_and_group[0], groups=user_and_group[1])
)


@st.composite
def rules(draw: st.DrawFn, list_: str) -> Rule:
    when = draw(conditions(gives=list_ == "allow"))
    of = [power for power in Power if when.any_change or power not in (Power.HISTORY, Power.LINK)]
    powers = draw(subsets(of, least=1))
    return Rule(f"{list_}-{draw(st.integers(0, 10_000))}", draw(whos), powers, when)


@st.composite
def requirements(draw: st.DrawFn) -> Requirement:
    return Requirement(
        f"require-{draw(st.integers(0, 10_000))}",
        draw(whos),
        draw(conditions(gives=False)),
        approvals=draw(st.integers(1, 4)),
        reason=draw(st.booleans()),
        expires=draw(st.none() | st.integers(5, 43_200).map(lambda minutes: timedelta(minutes=minutes))),
    )


policies = st.builds(
    Policy,
    allow=st.lists(rules("allow"), max_size=4).map(tuple),
    deny=st.lists(rules("deny"), max_size=2).map(tuple),
    require=st.lists(requirements(), max_size=2).map(tuple),
)
requests = st.builds(
    Request,
    verb=st.sampled_from(Verb),
    kind=st.sampled_from(KINDS),
    amount=st.none() | amounts,
    environment=st.none() | st.sampled_from(Environment),
    products=st.none() | subsets(PRODUCTS),
    rewards=st.none() | subsets(REWARDS),
    features=st.none() | subsets(FEATURES),
    worth=st.none() | st.builds(Worth, amounts, currencies),
    earlier=todays,
    own=st.booleans(),
)
people = st.builds(
    Person,
    user=st.sampled_from(USERS),
    member=st.sampled_from([True, True, True, False, None]),
    groups=subsets(GROUPS),
    unchecked=subsets(GROUPS),
)


def policy_file(policy: Policy) -> str:
    """The policy as a file with the same meaning."""
    out: list[str] = []
    for key, rules in (("allow", policy.allow), ("deny", policy.deny)):
        for rule in rules:
            out += [f"[[{key}]]", f"may = {_list(rule.may)}", *_common(rule)]
    for requirement in policy.require:
        out += [
            "[[require]]",
            f"approvals = {requirement.approvals}",
            f"reason = {str(requirement.reason).lower()}",
        ]
        out += [f'expires = "{requirement.expires // timedelta(minutes=1)}m"'] if requirement.expires else []
        out += _common(requirement)
    return "\n".join(out)


def _common(rule: Rule | Requirement) -> list[str]:
    who, when = rule.who, rule.when
    lists = {
        "changes": when.changes,
        "products": when.products,
        "rewards": when.rewards,
        "features": when.features,
    }
    limits = {
        **{_KEYS[measure, "over"]: limit for measure, limit in when.over.items()},
        **{_KEYS[measure, "up_to"]: limit for measure, limit in when.up_to.items()},
    }
    return [
        f'name = "{rule.name}"',
        'who = "everyone"' if who.everyone else f"who = {_list(who.users | who.groups)}",
        *(f"{key} = {_list(value)}" for key, value in lists.items() if value),
        *(f"{key} = {_limit(limit)}" for key, limit in limits.items()),
        *([f'environment = "{when.environment}"'] if when.environment else []),
    ]


_KEYS = {
    (measure, side): {Measure.AMOUNT: f"amount_{side}", Measure.VALUE: f"value_{side}"}.get(measure, key)
    for side in ("over", "up_to")
    for measure, key in {
        Measure.AMOUNT: "",
        Measure.VALUE: "",
        Measure.DAY: "per_day",
        Measure.PERSON_DAY: "per_person_day",
        Measure.VALUE_DAY: "value_per_day",
        Measure.VALUE_PERSON_DAY: "value_per_person_day",
    }.items()
}


def _limit(limit: Limit) -> str:
    if isinstance(limit, Mapping):
        return "{ " + ", ".join(f"{code} = {most}" for code, most in limit.items()) + " }"
    return str(limit)


def _list(of: Iterable[str]) -> str:
    return str([str(value) for value in sorted(of)])
