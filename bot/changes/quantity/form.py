"""The form that changes how much of a feature a subscription has."""

from decimal import Decimal

from bot.autumn.models import Subscription
from bot.changes import amounts, notes
from bot.changes import words as changes_words
from bot.changes.amounts import NotAnAmount
from bot.changes.billing import form as billing_form
from bot.changes.billing import words as billing_words
from bot.changes.billing.form import SubscriptionPicker
from bot.changes.billing.quantities import sold_with
from bot.changes.forms import fields as parts
from bot.changes.forms.model import FormContent, FormState, Meta, Parsed
from bot.changes.model import Facts
from bot.changes.notes import Note
from bot.changes.quantity import words
from bot.changes.quantity.request import QuantityInput
from bot.changes.quantity.words import Billed
from bot.changes.spec import ChangeForm
from bot.kit import blocks, form_values, text
from bot.kit.card import Block
from bot.kit.form_values import Values
from bot.lookups import names

QUANTITY_BLOCK = "quantity"
BILLED_BLOCK = "billed"
_LONGEST = 100
PICKER = SubscriptionPicker(lambda subscription, _facts: bool(_offered(subscription)))


def feature_block(subscription_id: str) -> str:
    """One for each subscription, so that a feature picked of another is not kept."""
    return f"feature:{parts.digest(subscription_id)}"


def build(state: FormState) -> FormContent:
    if not PICKER.offered(state.facts):
        return FormContent(state.meta, closed=words.NO_QUANTITIES)
    content = [PICKER.field(state)]
    if (subscription := PICKER.picked(state.values, state.facts)) is not None:
        content.append(_pick_feature(state, subscription))
    typed = form_values.typed(state.values, QUANTITY_BLOCK)[:_LONGEST]
    element = blocks.typed(parts.field_id("quantity"), typed, most=_LONGEST, telling=True)
    content.append(
        blocks.field(QUANTITY_BLOCK, words.QUANTITY, element, billing_words.QUANTITY_HINT, listens=True)
    )
    return FormContent(
        PICKER.remember(state),
        billing_form.held(state.facts),
        content,
        after=[parts.radio(BILLED_BLOCK, words.BILLED, words.BILLINGS, _billed(state.values))],
        problem=_typed_wrong(state.values),
    )


def draft(meta: Meta, values: Values, facts: Facts) -> QuantityInput | None:
    subscription = PICKER.picked(values, facts)
    feature = _feature(values, subscription) if subscription else ""
    quantity, _ = _quantity(values)
    if subscription is None or not feature or quantity is None:
        return None
    return QuantityInput(
        customer=meta.customer,
        subscription=subscription.id,
        product=subscription.plan_id,
        feature=feature,
        quantity=quantity,
        billed=_billed(values),
    )


def parse(meta: Meta, values: Values) -> Parsed:
    subscription, product, errors = billing_form.submitted(meta, values)
    block = feature_block(subscription)
    feature = form_values.chosen(values, block)
    quantity, wrong = _quantity(values)
    if subscription and not feature:
        errors[block if block in values else billing_form.SUBSCRIPTION_BLOCK] = changes_words.STALE
    if wrong is not None:
        errors[QUANTITY_BLOCK] = notes.plain(wrong)
    if quantity is None:
        return parts.parsed(meta, values, None, errors)
    request = QuantityInput(
        customer=meta.customer,
        subscription=subscription,
        product=product,
        feature=feature,
        quantity=quantity,
        billed=_billed(values),
    )
    return parts.parsed(meta, values, request, errors)


def _offered(subscription: Subscription) -> list[str]:
    """Ids of features that an option can carry."""
    return [feature for feature in sold_with(subscription) if 0 < text.length(feature) <= blocks.OPTION]


def _feature(values: Values, subscription: Subscription) -> str:
    """The one that is picked; if there is only one, that one."""
    offered = _offered(subscription)
    chosen = form_values.chosen(values, feature_block(subscription.id))
    return chosen if chosen in offered else offered[0] if len(offered) == 1 else ""


def _pick_feature(state: FormState, subscription: Subscription) -> Block:
    called = names.features(state.facts.customer)
    option_of = {
        feature: blocks.option(text.literal(called.get(feature) or feature, blocks.OPTION), feature)
        for feature in _offered(subscription)
    }
    initial = option_of.get(_feature(state.values, subscription))
    element = blocks.select(parts.field_id("bought"), words.PICK_FEATURE, list(option_of.values()), initial)
    return blocks.field(feature_block(subscription.id), words.FEATURE, element, listens=True)


def _quantity(values: Values) -> tuple[Decimal | None, Note | None]:
    try:
        return amounts.parse_amount(form_values.typed(values, QUANTITY_BLOCK)), None
    except NotAnAmount as error:
        return None, amounts.note(error.code)


def _typed_wrong(values: Values) -> str:
    _, wrong = _quantity(values)
    return notes.plain(wrong) if wrong is not None and form_values.typed(values, QUANTITY_BLOCK) else ""


def _billed(values: Values) -> Billed:
    return form_values.one_of(values, BILLED_BLOCK, Billed, Billed.NOW)


FORM = ChangeForm(build, draft, parse)
