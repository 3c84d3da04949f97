"""Picking one of a customer's standalone grants in a form."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from bot.changes import words as changes_words
from bot.changes.canonical import ZERO
from bot.changes.forms import fields as parts
from bot.changes.forms import words
from bot.changes.forms.model import FormState
from bot.changes.model import Facts
from bot.changes.standalone import MADE_IDS, GrantSize, GrantState, StandaloneGrant, held
from bot.kit import blocks, form_values, numbers, text, times
from bot.kit.card import Block
from bot.kit.form_values import Values
from bot.lookups import labels, options

GRANT_BLOCK = "grant"
_NAME = 40
_MARK = 6


def offered(facts: Facts, fits: Callable[[StandaloneGrant], bool]) -> Mapping[str, StandaloneGrant]:
    """By an option's value: those whose id an option can carry, as many as a select can hold."""
    able = {_value(grant): grant for grant in held(facts.customer) if fits(grant)}
    carried = [item for item in able.items() if text.length(item[0]) <= blocks.OPTION]
    return dict(carried[: options.MOST])


def chosen(values: Values) -> tuple[str, str]:
    """The feature and the id of the grant that is picked; both empty while none is."""
    try:
        feature, row = json.loads(form_values.chosen(values, GRANT_BLOCK))
    except ValueError:
        return "", ""
    return str(feature), str(row)


def field(state: FormState, grants: Mapping[str, StandaloneGrant]) -> Block:
    """To begin with, the only one of the feature that the form was opened for."""
    called = parts.called(state.facts)
    choices = {value: _option(value, grant, called) for value, grant in grants.items()}
    of_feature = [value for value, grant in grants.items() if grant.feature == state.meta.feature]
    first = of_feature[0] if len(of_feature) == 1 else ""
    initial = choices.get(form_values.chosen(state.values, GRANT_BLOCK) or first)
    element = blocks.select(parts.field_id("grant"), words.PICK_GRANT, list(choices.values()), initial)
    return blocks.field(GRANT_BLOCK, words.GRANT, element, listens=True)


def left_out(state: FormState, fits: Callable[[StandaloneGrant], bool]) -> list[Block]:
    """How many cannot be picked here."""
    missing = sum(fits(grant) for grant in held(state.facts.customer)) - len(offered(state.facts, fits))
    return [blocks.context("left_out", changes_words.left_out(missing))] if missing else []


def name(grant: GrantState) -> str:
    """Not escaped yet."""
    return labels.NO_PLAN if grant.row.startswith(MADE_IDS) else changes_words.granted_as(grant.row)


def part(grant: GrantState | None) -> str:
    """Which grant a change is about, in mrkdwn."""
    if grant is None:
        return ""
    mark = [text.mrkdwn(f"…{grant.row[-_MARK:]}")] if grant.row.startswith(MADE_IDS) else []
    return changes_words.source(" · ".join([text.mrkdwn(name(grant), 60), *_facts(grant), *mark]))


def _value(grant: StandaloneGrant) -> str:
    return json.dumps([grant.feature, grant.row], separators=(",", ":"))


def _option(value: str, grant: StandaloneGrant, called: Mapping[str, str]) -> Any:
    feature = text.literal(called.get(grant.feature) or grant.feature, _NAME)
    label = text.literal(f"{feature} · {name(grant)}", blocks.OPTION)
    return blocks.option(label, value, text.literal(" · ".join(_facts(grant)), blocks.OPTION))


def _facts(grant: GrantState) -> list[str]:
    size = {
        GrantSize.AMOUNT: changes_words.row_left(
            numbers.number(max(grant.left, ZERO)), numbers.number(grant.granted)
        ),
        GrantSize.UNLIMITED: labels.UNLIMITED,
        GrantSize.SWITCH: changes_words.SWITCHED_ON,
    }[grant.size]
    resets = labels.on(labels.RESETS, times.billing_day(grant.resets_at)) if grant.resets_at else ""
    expires = labels.on(labels.EXPIRES, times.billing_day(grant.expires_at)) if grant.expires_at else ""
    return [fact for fact in (size, resets, expires) if fact]
