"""The form that changes a balance."""

from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from bot.autumn.models import BalanceRow
from bot.changes import amounts, notes
from bot.changes import words as changes_words
from bot.changes.amounts import NotAnAmount
from bot.changes.balance import lasting
from bot.changes.balance import words as balance_words
from bot.changes.balance.request import BalanceInput, HeldBalance, held_balance
from bot.changes.balance.sentence import BalanceSentence
from bot.changes.balance.summary import source_mark, source_option
from bot.changes.balance.words import OFFERED, BalanceAction
from bot.changes.forms import fields as parts
from bot.changes.forms.model import FormContent, FormState, Meta, Parsed
from bot.changes.grant.request import GrantInput
from bot.changes.model import ChangeInput, Facts
from bot.changes.notes import Note
from bot.changes.spec import ChangeForm, PrefilledForm, Presets
from bot.kit import blocks, form_values, ids, numbers, text
from bot.kit.card import Block
from bot.kit.form_values import Values
from bot.lookups import labels, names, options
from bot.lookups.features import card as features
from bot.lookups.names import resolve_feature
from bot.lookups.overview import attention

FEATURE_BLOCK = "feature"
ACTION_BLOCK = "action"
AMOUNT_BLOCK = "amount"
RESET_BLOCK = "reset"

_LONGEST = 100
_HIDDEN = 3
"""Plans that are named."""


def row_block(feature: str) -> str:
    """One for each feature, so that a row picked for another feature is not kept."""
    return f"row:{parts.digest(feature)}"


def build(state: FormState) -> FormContent:
    offered = _offered(state.facts)
    feature = _feature(state.meta, state.values)
    if not offered:
        refusals = state.sight.refusals if state.sight else ()
        refusal = notes.listed(changes_words.REFUSED, refusals, parts.called(state.facts)) if refusals else ""
        none = balance_words.NO_OWN_BALANCES if state.facts.scope else balance_words.NO_BALANCES
        why = [*_hidden(state.facts), *_left_out(state.facts, offered)]
        why = [*why, none] if state.facts.scope else why or [none]
        return FormContent(state.meta, closed=refusal or "\n".join(why))
    rows = _rows(state.facts, feature)
    row = rows[0].id if len(rows) == 1 else ""
    meta = state.meta.model_copy(update={"feature": feature, "row": row})
    # One that is not offered is drawn as none picked yet, and refused when it is submitted.
    action = _action(state.values) or BalanceAction.GIVE
    picked = _picked_row(state.meta, state.values, feature, rows)
    asks_term = action is BalanceAction.GIVE and lasting.matters(rows, picked)
    to_balance = not asks_term or lasting.term(state.values) == lasting.UNTIL_RESET
    fields = [
        _pick_feature(offered, feature),
        *([_pick_row(state, feature, rows)] if len(rows) > 1 and to_balance else []),
        _pick_action(action),
        *([_type_amount(state.values, action)] if action is not BalanceAction.RESET_DATE else []),
    ]
    only_reset = action is BalanceAction.RESET_DATE
    reset = [_pick_reset(state.values, required=only_reset)] if to_balance else []
    lasts = lasting.fields(state.values) if asks_term else []
    missing = [*_left_out(state.facts, offered), *_hidden(state.facts)[:_HIDDEN]]
    before = [
        *_now(state.facts, feature),
        *(blocks.context(f"missing.{index}", sentence) for index, sentence in enumerate(missing)),
    ]
    return FormContent(
        meta,
        before,
        [*fields, *reset] if only_reset else fields,
        after=[] if only_reset else [*lasts, *reset],
        problem=_typed_wrong(state.values, action),
    )


def draft(meta: Meta, values: Values, facts: Facts) -> BalanceInput | GrantInput | None:
    """Without an amount while none can be read, so that problems with the feature show right away."""
    feature, action = _feature(meta, values), _action(values)
    reset_at = form_values.moment(values, RESET_BLOCK)
    rows = _rows(facts, feature)
    row = _picked_row(meta, values, feature, rows)
    apart = _apart(values, action)
    if (
        not feature
        or (row is None and rows and not apart)
        or (action is BalanceAction.RESET_DATE and reset_at is None)
    ):
        return None
    if action is None:
        return None
    amount, wrong = _amount(values, action)
    if wrong is not None and form_values.typed(values, AMOUNT_BLOCK):
        return None
    if apart:
        return None if lasting.missing(values, "") else lasting.as_grant(meta, feature, amount, values)
    return BalanceInput(
        customer=meta.customer,
        feature=feature,
        row=row or "",
        action=action,
        amount=amount,
        reset_at=reset_at,
    )


def parse(meta: Meta, values: Values) -> Parsed:
    feature, action = form_values.chosen(values, FEATURE_BLOCK), _action(values)
    reset_at = form_values.moment(values, RESET_BLOCK)
    apart = _apart(values, action)
    row, errors = _row(meta, values, feature)
    if action is None or ACTION_BLOCK not in values:
        return parts.parsed(meta, values, None, {**errors, ACTION_BLOCK: changes_words.NOT_OFFERED})
    amount, wrong = _amount(values, action)
    if wrong is not None:
        block, problem = (
            (AMOUNT_BLOCK, notes.plain(wrong))
            if AMOUNT_BLOCK in values
            else (ACTION_BLOCK, changes_words.STALE)
        )
        errors[block] = problem
    if action is BalanceAction.RESET_DATE and reset_at is None:
        errors[RESET_BLOCK] = balance_words.NO_RESET_PICKED
    if apart:
        errors |= lasting.missing(values, changes_words.STALE)
        return parts.parsed(meta, values, lasting.as_grant(meta, feature, amount, values), errors)
    request = BalanceInput(
        customer=meta.customer, feature=feature, row=row, action=action, amount=amount, reset_at=reset_at
    )
    return parts.parsed(meta, values, request, errors)


def feature_options(facts: Facts, typed: str = "") -> list[dict[str, Any]]:
    return options.feature_options(_offered(facts), typed)


def fill(sentence: BalanceSentence, facts: Facts) -> PrefilledForm:
    """The form as the sentence fills it in. A feature that is not clear is left to be picked; if a feature
    cannot be changed, the preview says why."""
    typed = sentence.feature
    feature = resolve_feature(typed, _offered(facts)) or resolve_feature(
        typed, names.features(facts.customer)
    )
    values: dict[str, Mapping[str, Any]] = {
        ACTION_BLOCK: form_values.with_option(parts.field_id("action"), sentence.action),
        AMOUNT_BLOCK: form_values.with_text(parts.field_id("amount"), sentence.amount),
        parts.REASON_BLOCK: form_values.with_text(parts.field_id("reason"), sentence.reason),
    }
    if feature:
        values[FEATURE_BLOCK] = form_values.with_option(ids.FORM_FEATURE, feature)
    at = sentence.day.moment(facts.read_at) if sentence.day else None
    if at is not None:
        values[RESET_BLOCK] = form_values.with_moment(parts.field_id("reset"), at)
    unclear = sentence.feature and not feature
    return PrefilledForm(
        values, balance_words.pick_feature(text.code(sentence.feature, 60)) if unclear else ""
    )


# What is filled in


def _feature(meta: Meta, values: Values) -> str:
    return form_values.chosen(values, FEATURE_BLOCK) or meta.feature


def _action(values: Values) -> BalanceAction | None:
    """The first to begin with; None for one that the form does not offer."""
    if not form_values.chosen(values, ACTION_BLOCK):
        return BalanceAction.GIVE
    return form_values.one_of(values, ACTION_BLOCK, OFFERED, None)


def _apart(values: Values, action: BalanceAction | None) -> bool:
    """Whether what is given becomes a standalone grant."""
    return action is BalanceAction.GIVE and lasting.term(values) != lasting.UNTIL_RESET


def _amount(values: Values, action: BalanceAction) -> tuple[Decimal | None, Note | None]:
    if action is BalanceAction.RESET_DATE:
        return None, None
    try:
        return amounts.parse_amount(form_values.typed(values, AMOUNT_BLOCK)), None
    except NotAnAmount as problem:
        return None, amounts.note(problem.code)


def _typed_wrong(values: Values, action: BalanceAction) -> str:
    """The problem with a typed amount, in plain words."""
    _, wrong = _amount(values, action)
    return notes.plain(wrong) if wrong and form_values.typed(values, AMOUNT_BLOCK) else ""


def _row(meta: Meta, values: Values, feature: str) -> tuple[str, dict[str, str]]:
    """The row, or what is wrong. A form submitted before it showed the feature's rows must be looked at."""
    if not feature:
        return "", {FEATURE_BLOCK: balance_words.NO_FEATURE_PICKED}
    block = row_block(feature)
    if block in values:
        picked = form_values.chosen(values, block)
        return picked, {} if picked else {block: balance_words.NO_ROW_PICKED}
    return (meta.row, {}) if feature == meta.feature else ("", {FEATURE_BLOCK: changes_words.STALE})


def _picked_row(meta: Meta, values: Values, feature: str, rows: list[BalanceRow]) -> str | None:
    """The only one, or the one that is picked; to begin with, the one the form was opened with."""
    if len(rows) == 1:
        return rows[0].id
    row_ids = {row.id for row in rows}
    picked = form_values.chosen(values, row_block(feature)) or meta.row
    return picked if picked in row_ids else None


# The choices


def _offered(facts: Facts) -> Mapping[str, str]:
    """Names by id, of the features whose balance can be changed, and that an option can carry."""
    features_by_id = names.features(facts.customer)
    return {
        feature_id: name
        for feature_id, name in features_by_id.items()
        if _carried(feature_id) and _changeable(feature_id, facts)
    }


def _left_out(facts: Facts, offered: Mapping[str, str]) -> list[str]:
    """Why features cannot be picked."""
    features_by_id = names.features(facts.customer)
    too_long = sum(not _carried(feature_id) for feature_id in features_by_id)
    unchangeable = len(features_by_id) - too_long - len(offered)
    why = balance_words.shared if facts.scope else balance_words.unchangeable
    return [
        *([changes_words.left_out(too_long)] if too_long else []),
        *([why(unchangeable)] if unchangeable else []),
    ]


def _changeable(feature_id: str, facts: Facts) -> bool:
    rows = _rows(facts, feature_id)
    requests = (
        BalanceInput(customer="", feature=feature_id, row=row.id, action=BalanceAction.GIVE) for row in rows
    )
    return any(isinstance(held_balance(request, facts), HeldBalance) for request in requests)


def _carried(known_id: str) -> bool:
    return 0 < text.length(known_id) <= blocks.OPTION and not known_id.startswith("#")


def _rows(facts: Facts, feature: str) -> list[BalanceRow]:
    balance = facts.customer.balances.get(feature)
    rows = [row for row in balance.breakdown if _carried(row.id)] if balance else []
    return list({row.id: row for row in rows}.values())[: options.MOST]


# The fields


def _pick_feature(offered: Mapping[str, str], feature: str) -> Block:
    choices = {feature_id: options.feature_option(feature_id, name) for feature_id, name in offered.items()}
    initial = choices.get(feature)
    element: Any
    if len(choices) > options.MOST:
        element = blocks.picker(ids.FORM_FEATURE, balance_words.PICK_FEATURE, min_query=0, initial=initial)
    else:
        ordered = sorted(choices.items(), key=lambda item: (offered[item[0]].casefold(), item[0]))
        element = blocks.select(
            ids.FORM_FEATURE, balance_words.PICK_FEATURE, [choice for _, choice in ordered], initial
        )
    return blocks.field(FEATURE_BLOCK, balance_words.FEATURE, element, listens=True)


def _pick_row(state: FormState, feature: str, rows: list[BalanceRow]) -> Block:
    choices = _row_options(rows, feature, names.plans(state.facts.customer))
    picked = _picked_row(state.meta, state.values, feature, rows)
    element = blocks.select(
        parts.field_id("row"),
        balance_words.PICK_ROW,
        list(choices.values()),
        choices[picked] if picked else None,
    )
    return blocks.field(row_block(feature), balance_words.ROW, element, balance_words.ROW_HINT, listens=True)


def _row_options(rows: list[BalanceRow], feature: str, plans: Mapping[str, str]) -> dict[str, Any]:
    """By row; those that are equal but for their amounts have a mark."""
    labels_by_row = {balance_row.id: source_option(balance_row, feature, plans) for balance_row in rows}
    times_used = Counter(labels_by_row.values())
    choices = {}
    for row in rows:
        source, facts = labels_by_row[row.id]
        marked = f"{source} {source_mark(row.id)}" if times_used[source, facts] > 1 else source
        label = text.literal(f"{marked} · {_left(row)}", blocks.OPTION)
        choices[row.id] = blocks.option(label, row.id, text.literal(facts, blocks.OPTION))
    return choices


def _left(row: BalanceRow) -> str:
    if row.unlimited:
        return labels.UNLIMITED
    granted = row.included_grant + row.prepaid_grant
    return changes_words.row_left(numbers.number(row.remaining), numbers.number(granted))


def _pick_action(action: BalanceAction) -> Block:
    choices = {offered: balance_words.ACTIONS[offered] for offered in OFFERED}
    return parts.radio(ACTION_BLOCK, changes_words.ACTION, choices, action)


def _type_amount(values: Values, action: BalanceAction) -> Block:
    element = blocks.typed(
        parts.field_id("amount"),
        form_values.typed(values, AMOUNT_BLOCK)[:_LONGEST],
        most=_LONGEST,
        telling=True,
    )
    return blocks.field(
        AMOUNT_BLOCK, balance_words.AMOUNT, element, balance_words.AMOUNT_HINTS[action], listens=True
    )


def _pick_reset(values: Values, *, required: bool) -> Block:
    at = form_values.moment(values, RESET_BLOCK)
    element = blocks.moment(parts.field_id("reset"), int(at.timestamp()) if at else None)
    hint = balance_words.RESET_ONLY_HINT if required else balance_words.RESET_HINT
    return blocks.field(RESET_BLOCK, balance_words.RESET, element, hint, optional=not required, listens=True)


def _hidden(facts: Facts) -> list[str]:
    """Plans for which Autumn shows no balances, so that what they give cannot be picked."""
    customer = facts.customer
    hidden = [
        subscription
        for subscription in customer.subscriptions
        if attention.hides_balances(customer, subscription)
    ]
    return [labels.hidden(names.plan(subscription)) for subscription in hidden]


def _now(facts: Facts, feature: str) -> list[Block]:
    """What the customer has of the feature now."""
    balance = facts.customer.balances.get(feature)
    if balance is None:
        return []
    facts_shown = [f"*{names.feature(balance)}*", *features.figures(balance)]
    facts_shown.append(features.resets(balance.next_reset_at, facts.read_at))
    return [blocks.section("now", " · ".join(fact for fact in facts_shown if fact))]


def _given(request: ChangeInput) -> tuple[str, Decimal] | None:
    """The feature and the amount of an extra allowance."""
    if isinstance(request, BalanceInput) and request.action is BalanceAction.GIVE and request.amount:
        return request.feature, request.amount
    return None


def _preset_fits(feature: str, facts: Facts) -> bool:
    return feature in facts.customer.balances


def _fill_preset(feature: str, amount: Decimal) -> Values:
    return {
        ACTION_BLOCK: form_values.with_option(parts.field_id("action"), BalanceAction.GIVE),
        FEATURE_BLOCK: form_values.with_option(ids.FORM_FEATURE, feature),
        AMOUNT_BLOCK: form_values.with_text(parts.field_id("amount"), numbers.number(amount)),
    }


FORM: ChangeForm[Any] = ChangeForm(
    build,
    draft,
    parse,
    options={ids.FORM_FEATURE: feature_options},
    presets=Presets(_preset_fits, _given, _fill_preset),
)
"""For a balance, or for a grant if it must outlast the reset."""
