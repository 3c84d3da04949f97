"""The form that deletes a customer."""

from datetime import datetime

from bot.autumn.models import InvoicePreview, Subscription
from bot.changes import notes
from bot.changes import words as changes_words
from bot.changes.deletion import words as deletion_words
from bot.changes.deletion.request import MOST_ENTITIES, DeletionInput
from bot.changes.deletion.words import DeletionNote
from bot.changes.forms import fields as parts
from bot.changes.forms.model import FormContent, FormState, Meta, Parsed
from bot.changes.model import Facts
from bot.changes.notes import Note
from bot.changes.spec import ChangeForm
from bot.kit import blocks, form_values, layout, money, text, times
from bot.kit.card import Block
from bot.kit.form_values import Values
from bot.lookups import labels, names
from bot.lookups.products import card as products

TYPED_BLOCK = "typed"
UNDERSTOOD_BLOCK = "understood"

_MOST = 15
_LONGEST = 3000


def build(state: FormState) -> FormContent:
    return FormContent(
        state.meta,
        before=[_live(state.facts), blocks.section("stripe", _stripe(state.facts))],
        fields=[_type_id(state), _understand(state)],
    )


def draft(meta: Meta, values: Values, facts: Facts) -> DeletionInput:  # noqa: ARG001 - as all kinds
    """As if the id were typed: what goes is shown before."""
    return DeletionInput(customer=meta.customer, typed=meta.customer)


def parse(meta: Meta, values: Values) -> Parsed:
    typed = form_values.typed(values, TYPED_BLOCK)
    errors = {}
    if typed != meta.customer:
        errors[TYPED_BLOCK] = notes.plain(Note(DeletionNote.ID_NOT_TYPED))
    if not form_values.ticked(values, UNDERSTOOD_BLOCK):
        errors[UNDERSTOOD_BLOCK] = deletion_words.CONFIRM_FIRST
    return parts.parsed(meta, values, DeletionInput(customer=meta.customer, typed=typed), errors)


def _live(facts: Facts) -> Block:
    """What continues in Stripe, or is deleted with the customer."""
    currencies = names.currencies(facts.customer)
    lines = [_holding(item, currencies, facts.read_at) for item in facts.customer.subscriptions]
    lines += [_coming(item) for item in (facts.billing.upcoming if facts.billing else None) or ()]
    if facts.unpaid is not None and facts.unpaid.count:
        totals = money.sums(facts.unpaid.totals)
        lines.append(labels.unpaid(facts.unpaid.count, totals, at_least=facts.unpaid.at_least))
    if facts.entities:
        entities = deletion_words.entities(len(facts.entities))
        lines.append(changes_words.at_least(entities) if len(facts.entities) >= MOST_ENTITIES else entities)
    if not lines:
        unread = "" if facts.billing else f"\n{notes.plain(Note(DeletionNote.STRIPE_UNREAD))}"
        return blocks.section("live", f"{deletion_words.NOTHING_LIVE}{unread}")
    return blocks.section("live", layout.listed(deletion_words.LIVE, [f"• {item}" for item in lines], _MOST))


def _holding(subscription: Subscription, currencies: names.Currencies, now: datetime) -> str:
    price = products.price(subscription, currencies) or deletion_words.PRICE_UNKNOWN
    by_entities = labels.BY_ENTITIES.lower() if subscription.scope == "entity" else ""
    facts = [
        f"*{names.plan(subscription)}*",
        products.state(subscription, now),
        price,
        products.quantity(subscription),
        by_entities,
    ]
    return " · ".join(part for part in facts if part)


def _coming(preview: InvoicePreview) -> str:
    day = times.billing_day(preview.invoice_at) if preview.invoice_at else ""
    return labels.next_invoice(money.money(preview.total, preview.currency), day)


def _type_id(state: FormState) -> Block:
    element = blocks.typed(parts.field_id("typed"), form_values.typed(state.values, TYPED_BLOCK)[:_LONGEST])
    customer_id = text.literal(state.meta.customer, 1500)
    return blocks.field(
        TYPED_BLOCK, deletion_words.TYPE_ID, element, deletion_words.type_id_hint(customer_id)
    )


def _stripe(facts: Facts) -> str:
    return deletion_words.NOT_IN_STRIPE if facts.customer.stripe_id else deletion_words.NEVER_IN_STRIPE


def _understand(state: FormState) -> Block:
    more = (
        deletion_words.UNDERSTOOD_MORE
        if state.facts.customer.stripe_id
        else deletion_words.UNDERSTOOD_MORE_NO_STRIPE
    )
    return parts.tick(
        UNDERSTOOD_BLOCK, deletion_words.UNDERSTOOD, deletion_words.UNDERSTOOD_LABEL, more, state.values
    )


def keep(meta: Meta, values: Values) -> Values:  # noqa: ARG001 - as all kinds
    """Everything but the confirmation: that is typed and ticked each time."""
    return {
        block: entered for block, entered in values.items() if block not in (TYPED_BLOCK, UNDERSTOOD_BLOCK)
    }


FORM = ChangeForm(build, draft, parse, keep=keep)
