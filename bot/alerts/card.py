"""An alert as a message in Slack: what happened to whom, and what to do about it."""

from bot.alerts import words
from bot.alerts.model import AlertEvent
from bot.alerts.sources.source import AlertSource, EventNames
from bot.changes import registry as kinds
from bot.kit import blocks, ids, layout, text, times
from bot.kit.card import Block, Card
from bot.lookups.place import OVERVIEW, Place

_NAME = 80


def alert_card(event: AlertEvent, source: AlertSource, names: EventNames) -> Card:
    happened = event.occurrence
    customer = text.mrkdwn(names.customer, _NAME)
    customer_id = text.code(happened.customer, _NAME)
    entity = words.entity(text.code(happened.entity, _NAME)) if happened.entity else ""
    who = " · ".join(part for part in (f"*{customer}*" if customer else "", customer_id, entity) if part)
    at = times.moment(event.noted_at)
    origin = words.polled(at) if event.polled else words.reported(at)
    return layout.card(
        [
            blocks.section("alert", f"{source.emoji} *{source.title}* · {who}"),
            blocks.section("happened", source.tell(happened, names)),
            *_buttons(event, source),
            blocks.context("about", f"{origin} · {words.MANAGE}"),
        ],
        [],
        [],
        stamp=None,
    )


def _buttons(event: AlertEvent, source: AlertSource) -> list[Block]:
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
