"""An alert as a message: what happened to whom, and what to do about it. And the alerts of a channel and of a
person, listed in a modal."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.access import post_words
from bot.access import refusal as policy_refusal
from bot.access.post_targets import Pause
from bot.access.refusal import PolicyRefusal
from bot.alerts import sources, words
from bot.alerts.model import AlertEvent, AlertSubscription, TooManyAlerts
from bot.alerts.sources.source import AlertSource, EventNames
from bot.alerts.words import AlertNote
from bot.changes import registry as kinds
from bot.kit import blocks, ids, layout, mentions, phrases, surfaces, text, times
from bot.kit.card import Block, Card
from bot.kit.carried import Ref
from bot.lookups.place import OVERVIEW, Place
from bot.slack.channels import ChannelProblem

MOST = 10
"""Of each of the two lists: a modal can have a hundred blocks."""

_CHANNEL = re.compile(r"[CGD][A-Z0-9]+")
_CUSTOMER_NAME = 80
_NAME = 40
_MOST_NAMES = 3


def alert_card(event: AlertEvent, source: AlertSource, names: EventNames) -> Card:
    happened = event.occurrence
    customer = text.mrkdwn(names.customer, _CUSTOMER_NAME)
    customer_id = text.code(happened.customer, _CUSTOMER_NAME)
    entity = words.entity(text.code(happened.entity, _CUSTOMER_NAME)) if happened.entity else ""
    who = " · ".join(part for part in (f"*{customer}*" if customer else "", customer_id, entity) if part)
    at = times.moment(event.noted_at)
    origin = words.polled(at) if event.polled else words.reported(at)
    return layout.card(
        [
            blocks.section("alert", f"{source.emoji} *{source.title}* · {who}"),
            blocks.section("happened", source.tell(happened, names)),
            *_alert_buttons(event, source),
            blocks.context("about", f"{origin} · {words.MANAGE}"),
        ],
        [],
        [],
        stamp=None,
    )


def _alert_buttons(event: AlertEvent, source: AlertSource) -> list[Block]:
    happened = event.occurrence
    place = Place(customer=happened.customer, part="feature" if happened.feature else OVERVIEW)
    value = place.at(feature=happened.feature).encode()
    if text.length(value) > blocks.BUTTON_VALUE:
        return []
    buttons = [blocks.button(words.OPEN, f"{ids.OPEN}:alert", value, primary=True)]
    if source.offers_allowance and happened.feature:
        kind = kinds.kind("balance")
        buttons.append(blocks.button(words.GIVE_ALLOWANCE, f"{ids.CHANGE}:{kind.id}", value))
    return [blocks.actions("do", buttons)]


@dataclass(frozen=True, slots=True)
class AlertList:
    channel: str
    """Where the command was typed."""
    in_channel: Sequence[AlertSubscription] = ()
    own: Sequence[AlertSubscription] = ()
    """Those that go to the person's direct messages."""
    problem: ChannelProblem | None = None
    """Why the channel can have none now."""
    refusal: PolicyRefusal | None = None
    """Why the policy does not let this person change them."""
    webhooks: bool = True
    """Whether Maple receives Autumn's webhooks."""
    called: Mapping[str, str] = field(default_factory=dict)
    """Names of products and features by id; not escaped yet."""


def alert_list(alerts: AlertList, note: AlertNote | TooManyAlerts | None = None) -> dict[str, Any]:
    """`note`: what just happened."""
    problem = post_words.problem(words.PROBLEMS[alerts.problem]) if alerts.problem else ""
    drawn = [
        blocks.section("what", words.LIST_WHAT),
        *([blocks.section("note", words.NOTES[note])] if note else []),
        *([blocks.section("problem", problem)] if problem else []),
        *([] if alerts.webhooks else [blocks.section("webhooks", words.NO_WEBHOOKS)]),
        *([] if alerts.refusal is None else _only_others(alerts.refusal)),
        *_part("channel", words.THIS_CHANNEL, alerts.in_channel, alerts, fit=not alerts.problem),
        *_part("own", words.ONLY_YOU, alerts.own, alerts, fit=True),
    ]
    if not alerts.in_channel and not alerts.own:
        drawn.append(blocks.section("none", words.NO_ALERTS))
    if alerts.refusal is None:
        new = blocks.button(words.NEW, ids.ALERT_NEW, alerts.channel, primary=True)
        drawn.append(blocks.actions("new", [new]))
    return surfaces.modal(words.LIST_TITLE, drawn, callback=ids.ALERT_LIST, metadata=alerts.channel)


def _only_others(refusal: PolicyRefusal) -> list[Block]:
    return [blocks.context("others", words.ONLY_OTHERS), *policy_refusal.drawn(refusal)]


def alerts_waiting(channel: str) -> dict[str, Any]:
    """The list while the alerts are loading."""
    drawn = [blocks.section("waiting", words.LIST_LOADING)]
    return surfaces.modal(words.LIST_TITLE, drawn, callback=ids.ALERT_LIST, metadata=channel)


def alert_note(note: AlertNote | TooManyAlerts) -> Card:
    """What just happened, if the list is no longer open."""
    return layout.card([blocks.section("note", words.NOTES[note])], [], [], stamp=None)


def alert_stopped(subscription: AlertSubscription) -> Card:
    """Tells the owner that it is paused or, if it is not, that it was removed."""
    personal = subscription.personal
    where = (
        words.IN_YOUR_DIRECT_MESSAGES if personal else post_words.in_channel(_channel(subscription.channel))
    )
    description, why = what_it_tells(subscription, {}), subscription.pause
    if why is None:
        sentence = post_words.owner_removed("alert", where, description, _person(subscription.stopped_by))
        return layout.card([blocks.section("removed", sentence)], [], [], stamp=None)
    if why is Pause.ASKED:
        sentence = post_words.owner_paused_by("alert", where, description, _person(subscription.stopped_by))
    else:
        sentence = post_words.owner_paused("alert", where, description, words.PAUSES[why])
    following = words.OWNER_NEXT_HERE if personal else words.OWNER_NEXT
    content = [blocks.section("paused", sentence), blocks.context("next", following)]
    return layout.card(content, [], [], stamp=None)


def what_it_tells(subscription: AlertSubscription, called: Mapping[str, str]) -> str:
    """In a line: its sources and its filters."""
    choice = subscription.choice
    titles = phrases.joined([source.title for source in sources.chosen(choice.sources)])
    plans, features = _names(choice.plans, called), _names(choice.features, called)
    parts = [
        f"*{titles}*",
        words.products(plans) if plans else words.all_customers(),
        words.features(features) if features else "",
    ]
    return " · ".join(part for part in parts if part)


def _names(plan_ids: frozenset[str], called: Mapping[str, str]) -> str:
    names = sorted(text.mrkdwn(called.get(plan_id) or plan_id, _NAME) for plan_id in plan_ids)
    return layout.inline(names, _MOST_NAMES)


def _channel(channel: str) -> str:
    return f"<#{channel}>" if _CHANNEL.fullmatch(channel) else text.code(channel, 40)


def _person(user: str) -> str:
    return mentions.person(user) if user else post_words.SOMEONE


def _state(subscription: AlertSubscription) -> str:
    if subscription.pause is None:
        return words.ACTIVE
    if subscription.pause is Pause.ASKED:
        return post_words.paused_by(_person(subscription.stopped_by))
    return post_words.paused(words.PAUSES[subscription.pause])


def _part(
    part: str, title: str, subscriptions: Sequence[AlertSubscription], alerts: AlertList, *, fit: bool
) -> list[Block]:
    """`fit`: whether alerts can go there now; if not, none can be resumed."""
    if not subscriptions:
        return []
    drawn = [blocks.divider(f"{part}.line"), blocks.section(f"{part}.title", title)]
    for index, subscription in enumerate(subscriptions[:MOST]):
        drawn += _one(f"{part}.{index}", subscription, alerts, fit=fit)
    if len(subscriptions) > MOST:
        drawn.append(blocks.context(f"{part}.left", words.more(len(subscriptions) - MOST)))
    return drawn


def _one(place: str, subscription: AlertSubscription, alerts: AlertList, *, fit: bool) -> list[Block]:
    owner = post_words.set_up_by(mentions.person(subscription.owner))
    drawn = [
        blocks.section(place, f"{what_it_tells(subscription, alerts.called)}\n{_state(subscription)}"),
        blocks.context(f"owner.{place}", owner),
    ]
    if alerts.refusal is None:
        drawn.append(blocks.actions(f"do.{place}", _buttons(place, subscription, fit=fit)))
    return drawn


def _buttons(place: str, subscription: AlertSubscription, *, fit: bool) -> list[blocks.Button]:
    """An action_id may occur only once in a modal, so each ends in its place."""
    ref = Ref(subscription.id, subscription.version).encode()
    buttons = [blocks.button(words.EDIT, f"{ids.ALERT_EDIT}:{place}", ref)]
    if subscription.pause is None:
        buttons.append(blocks.button(words.PAUSE, f"{ids.ALERT_PAUSE}:{place}", ref))
    elif fit:
        buttons.append(blocks.button(words.RESUME, f"{ids.ALERT_RESUME}:{place}", ref))
    confirm = blocks.confirm(
        words.REMOVE_TITLE, words.REMOVE_TEXT, words.REMOVE, phrases.NOT_NOW, danger=True
    )
    remove = blocks.button(words.REMOVE, f"{ids.ALERT_REMOVE}:{place}", ref, danger=True, confirm=confirm)
    return [*buttons, remove]
