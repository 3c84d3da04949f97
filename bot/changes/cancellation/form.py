"""The form that cancels a subscription, or takes a cancellation back."""

from bot.autumn.models import Subscription
from bot.changes import words as changes_words
from bot.changes.billing import form as billing_form
from bot.changes.billing import subscriptions
from bot.changes.billing import words as billing_words
from bot.changes.billing.form import SubscriptionPicker
from bot.changes.cancellation import words
from bot.changes.cancellation.request import CancellationInput, offered_purchases, purchase_meant
from bot.changes.cancellation.words import CancellationAction, Settlement
from bot.changes.forms import fields as parts
from bot.changes.forms.model import FormContent, FormState, Meta, Parsed
from bot.changes.model import Facts
from bot.changes.spec import ChangeForm
from bot.kit import blocks, form_values
from bot.kit.form_values import Values

ACTION_BLOCK = "action"
SETTLEMENT_BLOCK = "settlement"
PICKER = SubscriptionPicker(more=offered_purchases)


def build(state: FormState) -> FormContent:
    if not PICKER.offered(state.facts):
        return FormContent(state.meta, closed=billing_words.NO_SUBSCRIPTIONS)
    picked = PICKER.picked(state.values, state.facts)
    action = _action(state.values, picked, state.facts)
    if picked is not None and purchase_meant(picked.id):
        removed = [PICKER.field(state), blocks.context("removed", words.REMOVED_NOW)]
        return FormContent(PICKER.remember(state), billing_form.held(state.facts), removed)
    content = [
        PICKER.field(state),
        parts.radio(ACTION_BLOCK, changes_words.ACTION, words.ACTIONS, action),
    ]
    if action is CancellationAction.NOW:
        settlement = _settlement(state.values) or Settlement.CREDIT
        content.append(parts.radio(SETTLEMENT_BLOCK, words.SETTLEMENT, words.SETTLEMENTS, settlement))
    return FormContent(PICKER.remember(state), billing_form.held(state.facts), content)


def draft(meta: Meta, values: Values, facts: Facts) -> CancellationInput | None:
    subscription = PICKER.picked(values, facts)
    if subscription is None:
        return None
    if bought := purchase_meant(subscription.id):
        return _removal(meta, bought)
    action = _action(values, subscription, facts)
    settlement = (_settlement(values) or Settlement.CREDIT) if action is CancellationAction.NOW else None
    return CancellationInput(
        customer=meta.customer,
        subscription=subscription.id,
        product=subscription.plan_id,
        action=action,
        settlement=settlement,
    )


def parse(meta: Meta, values: Values) -> Parsed:
    subscription, product, errors = billing_form.submitted(meta, values)
    if purchase_meant(subscription):
        return parts.parsed(meta, values, _removal(meta, product), errors)
    action = form_values.one_of(values, ACTION_BLOCK, CancellationAction, None)
    if action is None:
        return parts.parsed(meta, values, None, {**errors, ACTION_BLOCK: changes_words.NOT_OFFERED})
    settlement = _settlement(values) if action is CancellationAction.NOW else None
    if action is CancellationAction.NOW and settlement is None:
        errors[ACTION_BLOCK] = changes_words.STALE
    request = CancellationInput(
        customer=meta.customer,
        subscription=subscription,
        product=product,
        action=action,
        settlement=settlement,
    )
    return parts.parsed(meta, values, request, errors)


def _removal(meta: Meta, product: str) -> CancellationInput:
    return CancellationInput(
        customer=meta.customer,
        subscription="",
        product=product,
        action=CancellationAction.NOW,
        one_time=True,
    )


def _action(values: Values, subscription: Subscription | None, facts: Facts) -> CancellationAction:
    """What is picked; at first, what fits the subscription."""
    cancelled = subscription is not None and subscriptions.cancels(subscription, facts)
    first = CancellationAction.TAKE_BACK if cancelled else CancellationAction.AT_PERIOD_END
    return form_values.one_of(values, ACTION_BLOCK, CancellationAction, first)


def _settlement(values: Values) -> Settlement | None:
    return form_values.one_of(values, SETTLEMENT_BLOCK, Settlement, None)


FORM = ChangeForm(build, draft, parse)
