"""The form that moves the end of a trial, or ends it."""

from bot.changes import notes
from bot.changes import words as changes_words
from bot.changes.billing import form as billing_form
from bot.changes.billing.form import SubscriptionPicker
from bot.changes.forms import fields as parts
from bot.changes.forms.model import FormContent, FormState, Meta, Parsed
from bot.changes.model import Facts
from bot.changes.notes import Note
from bot.changes.spec import ChangeForm
from bot.changes.trial import words
from bot.changes.trial.request import TrialInput, on_trial
from bot.changes.trial.words import TrialAction, TrialNote
from bot.kit import blocks, form_values
from bot.kit.card import Block
from bot.kit.form_values import Values

ACTION_BLOCK = "action"
END_BLOCK = "ends_at"
PICKER = SubscriptionPicker(lambda subscription, facts: on_trial(subscription, facts.read_at))


def build(state: FormState) -> FormContent:
    if not PICKER.offered(state.facts):
        return FormContent(state.meta, closed=words.NO_TRIALS)
    action = _action(state.values) or TrialAction.MOVE_END
    content = [
        PICKER.field(state),
        parts.radio(ACTION_BLOCK, changes_words.ACTION, words.ACTIONS, action),
    ]
    if action is TrialAction.MOVE_END:
        content.append(_pick_end(state.values))
    return FormContent(PICKER.remember(state), billing_form.held(state.facts), content)


def draft(meta: Meta, values: Values, facts: Facts) -> TrialInput | None:
    subscription = PICKER.picked(values, facts)
    action = _action(values) or TrialAction.MOVE_END
    ends_at = form_values.moment(values, END_BLOCK) if action is TrialAction.MOVE_END else None
    if subscription is None or (action is TrialAction.MOVE_END and ends_at is None):
        return None
    return TrialInput(
        customer=meta.customer,
        subscription=subscription.id,
        product=subscription.plan_id,
        action=action,
        ends_at=ends_at,
    )


def parse(meta: Meta, values: Values) -> Parsed:
    subscription, product, errors = billing_form.submitted(meta, values)
    action = _action(values)
    if action is None:
        return parts.parsed(meta, values, None, {**errors, ACTION_BLOCK: changes_words.NOT_OFFERED})
    ends_at = form_values.moment(values, END_BLOCK) if action is TrialAction.MOVE_END else None
    if action is TrialAction.MOVE_END and END_BLOCK not in values:
        errors[ACTION_BLOCK] = changes_words.STALE
    elif action is TrialAction.MOVE_END and ends_at is None:
        errors[END_BLOCK] = notes.plain(Note(TrialNote.NO_END))
    request = TrialInput(
        customer=meta.customer, subscription=subscription, product=product, action=action, ends_at=ends_at
    )
    return parts.parsed(meta, values, request, errors)


def _action(values: Values) -> TrialAction | None:
    return form_values.one_of(values, ACTION_BLOCK, TrialAction, None)


def _pick_end(values: Values) -> Block:
    picked = form_values.moment(values, END_BLOCK)
    element = blocks.moment(parts.field_id("ends_at"), int(picked.timestamp()) if picked else None)
    return blocks.field(END_BLOCK, words.ENDS_AT, element, words.ENDS_AT_HINT, listens=True)


FORM = ChangeForm(build, draft, parse)
