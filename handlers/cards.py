"""The buttons on a card: move between its parts, open it for oneself, turn pages, share it."""

from collections.abc import Coroutine
from typing import Any

from bot.kit import ids
from bot.kit.card import Card
from bot.lookups import card as lookup_card
from bot.lookups import help as lookup_help
from bot.lookups import options as lookup_options
from bot.lookups import trouble
from bot.lookups.find.card import Search
from bot.lookups.place import Part, Place
from bot.lookups.trouble import Refusal
from handlers import answering, listing, options
from handlers.interaction import Ask
from handlers.replies import SLACK_ERRORS, Unsent, slack_reason
from handlers.services import Desk

# Slack's names for a channel that Maple is not in. A direct message between people reads the same.
_NOT_THERE = frozenset({"not_in_channel", "channel_not_found", "missing_scope"})


async def go(ask: Ask, desk: Desk) -> None:
    """Changes the card to another place."""
    place = Place.decode(ask.value)
    await _change(ask, desk, answering.card(ask, desk, place), lookup_help.asking(place))


async def turn(ask: Ask, desk: Desk) -> None:
    """Turns a page of search results."""
    wanted = Search.decode(ask.value)
    await _change(ask, desk, listing.searched(ask, desk, wanted), lookup_help.asking(None))


async def pick_feature(ask: Ask, desk: Desk) -> None:
    """Opens the feature that was picked, or filters the events by it."""
    place = Place.decode(ask.block.removeprefix(f"{ids.PICK_FEATURE}:"))
    await _change(ask, desk, _picked(ask, desk, place), lookup_help.asking(place))


async def _change(ask: Ask, desk: Desk, answer: Coroutine[Any, Any, Card], asking: Card) -> None:
    """Of several clicks on one card that run at once, only the last changes it."""
    async with desk.turns.take(f"{ask.channel} {ask.message} {ask.actor.user}", ask.at) as last:

        async def change(ask: Ask, card: Card) -> None:
            if await last():
                await desk.replies.change(ask, card)

        await answering.say(ask, desk, answer, asking=asking, by=change)


async def _picked(ask: Ask, desk: Desk, place: Place) -> Card:
    among = await options.offered(desk, place) if ask.value.startswith("#") else ()
    feature = lookup_options.resolve(ask.value, among)
    target = place if place.part is Part.EVENTS else place.go(Part.FEATURE)
    return await answering.card(ask, desk, target.at(feature=feature or ""))


async def open_card(ask: Ask, desk: Desk) -> None:
    """Answers whoever clicked with a card of their own; the message clicked stays as it is."""
    place = Place.decode(ask.value)
    await answering.say(
        ask, desk, answering.card(ask, desk, place), asking=lookup_help.asking(place), by=desk.replies.fresh
    )


async def share(ask: Ask, desk: Desk) -> None:
    """Posts the card's facts for the whole channel, unless people of another company would see them."""
    place = Place.decode(ask.value)
    closed = await closed_to(ask, desk)
    if closed:
        await desk.replies.fresh(ask, trouble.refused(closed))
        return

    async def post(ask: Ask, card: Card) -> None:
        try:
            await desk.replies.post(ask.channel, card)
        except Unsent as unsent:
            if unsent.reason not in _NOT_THERE:
                raise
            await desk.replies.fresh(ask, trouble.refused(Refusal.NOT_IN_CHANNEL))

    await answering.say(
        ask,
        desk,
        _shared(ask, desk, place),
        asking=lookup_help.asking(place),
        by=post,
        meanwhile=desk.replies.fresh,
    )


async def _shared(ask: Ask, desk: Desk, place: Place) -> Card:
    answer = await answering.answered(desk, place)
    return lookup_card.shared(place, answer, by=ask.actor.user, org=desk.organization())


async def closed_to(ask: Ask, desk: Desk) -> Refusal | None:
    """Why nothing is shared into this channel; None if it may be. In doubt it may not."""
    if not answering.may_share(ask):
        return Refusal.NOT_IN_CHANNEL
    try:
        answer = await desk.slack.conversations_info(channel=ask.channel)
    except SLACK_ERRORS as error:
        return Refusal.NOT_IN_CHANNEL if slack_reason(error) in _NOT_THERE else Refusal.UNCHECKED_CHANNEL
    channel = answer["channel"]
    if channel.get("is_ext_shared") or channel.get("is_pending_ext_shared"):
        return Refusal.SHARED_CHANNEL
    return None
