"""What the forms of changes to subscriptions share: what the customer has, and which one is meant."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from bot.autumn.models import Subscription
from bot.changes import notes
from bot.changes import words as changes_words
from bot.changes.billing import subscriptions, words
from bot.changes.billing.words import BillingNote
from bot.changes.forms import fields as parts
from bot.changes.forms.model import FormState, Meta
from bot.changes.model import Facts
from bot.changes.notes import Note
from bot.kit import blocks, form_values, layout, phrases, text, times
from bot.kit.card import Block
from bot.kit.form_values import Values
from bot.lookups import labels, names
from bot.lookups.products import card as products
from bot.lookups.products import words as products_words
from bot.lookups.products.subscriptions import ByEnding

SUBSCRIPTION_BLOCK = "subscription"
_MOST = 15
"""Subscriptions whose products a form remembers, within what Slack lets it carry."""


@dataclass(frozen=True, slots=True)
class SubscriptionPicker:
    """The field that says which subscription is meant."""

    fits: Callable[[Subscription, Facts], bool] = lambda _subscription, _facts: True
    more: Callable[[Facts], Sequence[Subscription]] = lambda _facts: ()
    """What can be picked besides subscriptions, in the form of one."""

    def offered(self, facts: Facts) -> list[Subscription]:
        """Those that the form can offer."""
        fitting = [
            subscription
            for subscription in (*subscriptions.offered(facts), *self.more(facts))
            if self.fits(subscription, facts)
            and text.length(subscription.id) <= blocks.OPTION
            and text.length(subscription.plan_id) <= blocks.OPTION
        ]
        return fitting[:_MOST]

    def picked(self, values: Values, facts: Facts) -> Subscription | None:
        """The one that is picked; if there is only one, that one."""
        offered = self.offered(facts)
        chosen = form_values.chosen(values, SUBSCRIPTION_BLOCK)
        if not chosen and len(offered) == 1:
            return offered[0]
        return next((subscription for subscription in offered if subscription.id == chosen), None)

    def field(self, state: FormState) -> Block:
        """For at least one."""
        options = {subscription.id: _option(subscription) for subscription in self.offered(state.facts)}
        picked = self.picked(state.values, state.facts)
        element = blocks.select(
            parts.field_id("subscription"),
            words.PICK_SUBSCRIPTION,
            list(options.values()),
            options[picked.id] if picked else None,
        )
        return blocks.field(SUBSCRIPTION_BLOCK, words.SUBSCRIPTION, element, listens=True)

    def remember(self, state: FormState) -> Meta:
        """Keeps the product of each subscription, since a submission comes without facts."""
        products_of = {subscription.id: subscription.plan_id for subscription in self.offered(state.facts)}
        return state.meta.model_copy(update={"shown": products_of})


def submitted(meta: Meta, values: Values) -> tuple[str, str, dict[str, str]]:
    """The ids of the subscription and its product, and what is wrong with them."""
    chosen = form_values.chosen(values, SUBSCRIPTION_BLOCK)
    if not chosen:
        return "", "", {SUBSCRIPTION_BLOCK: notes.plain(Note(BillingNote.NOT_PICKED))}
    if chosen not in meta.shown:
        return "", "", {SUBSCRIPTION_BLOCK: changes_words.NOT_OFFERED}
    return chosen, meta.shown[chosen], {}


def held(facts: Facts) -> list[Block]:
    """What the customer has, and where to change what entities hold; or what the entity has."""
    currencies, changes = names.currencies(facts.customer), ByEnding(facts.customer)
    lines = []
    for subscription in facts.customer.subscriptions:
        change = changes.of(subscription)
        details = [
            f"*{names.plan(subscription)}*",
            products.state(subscription, facts.read_at, change),
            products.price(subscription, currencies),
            products.quantity(subscription),
            products.following(subscription, facts.read_at, currencies, change),
        ]
        lines.append("• " + " · ".join(part for part in details if part))
    for purchase in facts.customer.purchases:
        details = [f"*{names.plan(purchase)}*", labels.ONE_OFF, products.quantity(purchase)]
        lines.append("• " + " · ".join(part for part in details if part))
    title = words.HELD_BY_ENTITY if facts.scope else words.HELD
    drawn = [blocks.section("held", layout.listed(title, lines or [words.NOTHING_HELD], _MOST))]
    merged = sum(listed.scope == "entity" for listed in facts.customer.subscriptions)
    if merged and not facts.scope:
        drawn.append(blocks.context("of_entities", words.of_entities(merged)))
    return drawn


def _option(subscription: Subscription) -> Any:
    called = (subscription.plan.name if subscription.plan else "") or subscription.plan_id
    label = text.literal(called, blocks.OPTION) or phrases.NONE
    return blocks.option(label, subscription.id, _next_date(subscription))


def _next_date(subscription: Subscription) -> str:
    """In plain text: it tells two subscriptions to one product apart."""
    for label, at in (
        (products_words.ENDS, subscription.expires_at),
        (products_words.TRIAL_ENDS, subscription.trial_ends_at),
        (products_words.NEXT_BILLING, subscription.current_period_end),
        (products_words.STARTED, subscription.started_at),
    ):
        if at is not None:
            return labels.on(label, times.billing_day(at))
    return ""
