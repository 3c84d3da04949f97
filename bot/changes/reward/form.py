"""The form that applies a coupon, redeems a promo code, or removes the coupon."""

from collections.abc import Mapping
from typing import Any

from bot.autumn.models import Coupon
from bot.changes import notes
from bot.changes import words as changes_words
from bot.changes.billing import form as billing_form
from bot.changes.billing import words as billing_words
from bot.changes.estimate import currency_of
from bot.changes.forms import fields as parts
from bot.changes.forms.model import FormContent, FormState, Meta, Parsed
from bot.changes.model import Facts
from bot.changes.notes import Note
from bot.changes.reward import words as reward_words
from bot.changes.reward.attached import PICKER
from bot.changes.reward.request import RewardInput
from bot.changes.reward.rewards import name_of
from bot.changes.reward.words import RewardAction, RewardNote
from bot.changes.spec import ChangeForm
from bot.kit import blocks, form_values, ids, money, numbers, phrases, text
from bot.kit.card import Block
from bot.kit.form_values import Values
from bot.lookups import labels, options
from bot.lookups.overview import card as overview

ACTION_BLOCK = "action"
COUPON_BLOCK = "coupon"
CODE_BLOCK = "code"

_LONGEST = 250
_COUPONS = (RewardAction.APPLY, RewardAction.ATTACH)


def build(state: FormState) -> FormContent:
    # One that is not offered is drawn as none picked yet, and refused when it is submitted.
    action = _action(state.values) or RewardAction.APPLY
    offered = _offered(state.facts)
    fields, note, meta = [_pick_action(action)], [], state.meta
    if action is RewardAction.ATTACH and PICKER.offered(state.facts):
        fields.append(PICKER.field(state))
        meta = PICKER.remember(state)
    elif action is RewardAction.ATTACH:
        note.append(blocks.section("no_subscriptions", billing_words.NO_SUBSCRIPTIONS))
    if action in _COUPONS and offered:
        fields.append(_pick_coupon(state, offered))
    elif action in _COUPONS:
        note.append(blocks.section("no_coupons", reward_words.NO_COUPONS))
    elif action is RewardAction.REDEEM:
        fields.append(_type_code(state.values))
    coupons = state.facts.rewards.coupons if state.facts.rewards else ()
    if left_out := len({coupon.id for coupon in coupons}) - len(offered):
        note.append(blocks.context("left_out", changes_words.left_out(left_out)))
    return FormContent(meta, _discounts(state.facts), [*fields, *note])


def draft(meta: Meta, values: Values, facts: Facts) -> RewardInput | None:
    action = _action(values)
    reward, code = form_values.chosen(values, COUPON_BLOCK), form_values.typed(values, CODE_BLOCK)
    if action is None:
        return None
    if action is RewardAction.ATTACH:
        subscription = PICKER.picked(values, facts)
        return (
            _attach(meta, reward, subscription.id, subscription.plan_id) if subscription and reward else None
        )
    needed = {RewardAction.APPLY: reward, RewardAction.REDEEM: code}.get(action, "nothing")
    return _wanted(meta, action, reward, code) if needed else None


def parse(meta: Meta, values: Values) -> Parsed:
    action = _action(values)
    if action is None or ACTION_BLOCK not in values:
        return parts.parsed(meta, values, None, {ACTION_BLOCK: changes_words.NOT_OFFERED})
    reward, code = form_values.chosen(values, COUPON_BLOCK), form_values.typed(values, CODE_BLOCK)
    errors = {}
    for wants, block, filled, missing in (
        (RewardAction.APPLY, COUPON_BLOCK, reward, RewardNote.NO_REWARD),
        (RewardAction.ATTACH, COUPON_BLOCK, reward, RewardNote.NO_REWARD),
        (RewardAction.REDEEM, CODE_BLOCK, code, RewardNote.NO_CODE),
    ):
        if action is wants and block not in values:
            errors[ACTION_BLOCK] = changes_words.STALE
        elif action is wants and not filled:
            errors[block] = notes.plain(Note(missing))
    if action is not RewardAction.ATTACH:
        return parts.parsed(meta, values, _wanted(meta, action, reward, code), errors)
    if billing_form.SUBSCRIPTION_BLOCK not in values:
        return parts.parsed(meta, values, None, {ACTION_BLOCK: changes_words.STALE})
    subscription, product, unfit = billing_form.submitted(meta, values)
    return parts.parsed(meta, values, _attach(meta, reward, subscription, product), {**errors, **unfit})


def reward_options(facts: Facts, typed: str = "") -> list[dict[str, Any]]:
    searched = typed.strip().casefold()
    matching = [
        coupon
        for coupon in _offered(facts).values()
        if searched in coupon.name.casefold() or searched in coupon.id.casefold()
    ]
    named, currency = parts.called(facts), currency_of(facts)
    return [blocks.drawn_option(_option(coupon, named, currency)) for coupon in matching[: options.MOST]]


# What is filled in


def _wanted(meta: Meta, action: RewardAction, reward: str, code: str) -> RewardInput:
    return RewardInput(
        customer=meta.customer,
        action=action,
        reward=reward if action is RewardAction.APPLY else "",
        code=code if action is RewardAction.REDEEM else "",
    )


def _attach(meta: Meta, reward: str, subscription: str, product: str) -> RewardInput:
    return RewardInput(
        customer=meta.customer,
        action=RewardAction.ATTACH,
        reward=reward,
        subscription=subscription,
        product=product,
    )


def _action(values: Values) -> RewardAction | None:
    """The first to begin with; None for one that the form does not offer."""
    if not form_values.chosen(values, ACTION_BLOCK):
        return RewardAction.APPLY
    return form_values.one_of(values, ACTION_BLOCK, RewardAction, None)


# The choices


def _offered(facts: Facts) -> Mapping[str, Coupon]:
    """By id, by name; those that an option can carry."""
    coupons = facts.rewards.coupons if facts.rewards else ()
    ordered = sorted(coupons, key=lambda coupon: (name_of(coupon).casefold(), coupon.id))
    return {coupon.id: coupon for coupon in ordered if 0 < text.length(coupon.id) <= blocks.OPTION}


def _option(coupon: Coupon, named: Mapping[str, str], currency: str) -> Any:
    label = (
        text.literal(name_of(coupon), blocks.OPTION) or text.literal(coupon.id, blocks.OPTION) or phrases.NONE
    )
    return blocks.option(label, coupon.id, text.literal(_worth(coupon, named, currency), blocks.OPTION))


def _worth(coupon: Coupon, named: Mapping[str, str], currency: str) -> str:
    """Value, duration and products."""
    share = coupon.type == "percentage_discount"
    value = labels.percent(numbers.number(coupon.value)) if share else money.money(coupon.value, currency)
    plans = [named.get(plan) or plan for plan in coupon.plan_ids or ()]
    return " · ".join(
        part
        for part in (reward_words.off(value), _lasts(coupon), ", ".join(plans) or reward_words.ALL_PLANS)
        if part
    )


def _lasts(coupon: Coupon) -> str:
    duration = coupon.duration
    if duration is None:
        return ""
    if duration.type == "months" and duration.length is not None:
        return labels.months(str(duration.length))
    return {"forever": labels.FOREVER, "one_off": labels.ONCE}.get(duration.type, "")


# The fields


def _discounts(facts: Facts) -> list[Block]:
    """What the customer has now."""
    if facts.billing is None:
        return [blocks.section("discounts", reward_words.DISCOUNTS_UNREAD)]
    current = facts.billing.discounts
    return [
        blocks.section("discounts", overview.discounts(current) if current else reward_words.NO_DISCOUNTS)
    ]


def _pick_action(action: RewardAction) -> Block:
    choices = {offered: reward_words.REWARD_ACTIONS[offered] for offered in RewardAction}
    return parts.radio(ACTION_BLOCK, changes_words.ACTION, choices, action)


def _pick_coupon(state: FormState, offered: Mapping[str, Coupon]) -> Block:
    named = parts.called(state.facts)
    currency = currency_of(state.facts)
    choices = {coupon.id: _option(coupon, named, currency) for coupon in offered.values()}
    initial = choices.get(form_values.chosen(state.values, COUPON_BLOCK))
    element: Any
    if len(choices) > options.MOST:
        element = blocks.picker(ids.FORM_REWARD, reward_words.PICK_COUPON, min_query=0, initial=initial)
    else:
        element = blocks.select(ids.FORM_REWARD, reward_words.PICK_COUPON, list(choices.values()), initial)
    return blocks.field(COUPON_BLOCK, reward_words.COUPON, element, listens=True)


def _type_code(values: Values) -> Block:
    element = blocks.typed(
        parts.field_id("code"), form_values.typed(values, CODE_BLOCK)[:_LONGEST], most=_LONGEST, telling=True
    )
    return blocks.field(CODE_BLOCK, reward_words.CODE, element, reward_words.CODE_HINT, listens=True)


FORM = ChangeForm(build, draft, parse, options={ids.FORM_REWARD: reward_options})
