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
from handlers.interaction import Interaction
from handlers.replies import SLACK_ERRORS, Unsent, slack_reason
from handlers.services import Services

# Slack's names for a channel that Maple is not in. A direct message between people reads the same.
_NOT_THERE = frozenset({"not_in_channel", "channel_not_found", "missing_scope"})


async def go(interaction: Interaction, services: Services) -> None:
    """Changes the card to another place."""
    place = Place.decode(interaction.value)
    await _change(
        interaction, services, answering.card(interaction, services, place), lookup_help.asking(place)
    )


async def turn(interaction: Interaction, services: Services) -> None:
    """Turns a page of search results."""
    wanted = Search.decode(interaction.value)
    await _change(
        interaction, services, listing.searched(interaction, services, wanted), lookup_help.asking(None)
    )


async def pick_feature(interaction: Interaction, services: Services) -> None:
    """Opens the feature that was picked, or filters the events by it."""
    place = Place.decode(interaction.block.removeprefix(f"{ids.PICK_FEATURE}:"))
    await _change(interaction, services, _picked(interaction, services, place), lookup_help.asking(place))


async def _change(
    interaction: Interaction, services: Services, answer: Coroutine[Any, Any, Card], asking: Card
) -> None:
    """Of several clicks on one card that run at once, only the last changes it."""
    async with services.turns.take(
        f"{interaction.channel} {interaction.message} {interaction.actor.user}", interaction.occurred_at
    ) as last:

        async def change(interaction: Interaction, card: Card) -> None:
            if await last():
                await services.replies.change(interaction, card)

        await answering.say(interaction, services, answer, asking=asking, by=change)


async def _picked(interaction: Interaction, services: Services, place: Place) -> Card:
    among = await options.offered(services, place) if interaction.value.startswith("#") else ()
    feature = lookup_options.resolve(interaction.value, among)
    target = place if place.part is Part.EVENTS else place.go(Part.FEATURE)
    return await answering.card(interaction, services, target.at(feature=feature or ""))


async def open_card(interaction: Interaction, services: Services) -> None:
    """Answers whoever clicked with a card of their own; the message clicked stays as it is."""
    place = Place.decode(interaction.value)
    await answering.say(
        interaction,
        services,
        answering.card(interaction, services, place),
        asking=lookup_help.asking(place),
        by=services.replies.fresh,
    )


async def share(interaction: Interaction, services: Services) -> None:
    """Posts the card's facts for the whole channel, unless people of another company would see them."""
    place = Place.decode(interaction.value)
    closed = await closed_to(interaction, services)
    if closed:
        await services.replies.fresh(interaction, trouble.refused(closed))
        return

    async def post(interaction: Interaction, card: Card) -> None:
        try:
            await services.replies.post(interaction.channel, card)
        except Unsent as unsent:
            if unsent.reason not in _NOT_THERE:
                raise
            await services.replies.fresh(interaction, trouble.refused(Refusal.NOT_IN_CHANNEL))

    await answering.say(
        interaction,
        services,
        _shared(interaction, services, place),
        asking=lookup_help.asking(place),
        by=post,
        meanwhile=services.replies.fresh,
    )


async def _shared(interaction: Interaction, services: Services, place: Place) -> Card:
    answer = await answering.answered(services, place)
    return lookup_card.shared(place, answer, by=interaction.actor.user, org=services.organization())


async def closed_to(interaction: Interaction, services: Services) -> Refusal | None:
    """Why nothing is shared into this channel; None if it may be. In doubt it may not."""
    if not answering.may_share(interaction):
        return Refusal.NOT_IN_CHANNEL
    try:
        answer = await services.slack.conversations_info(channel=interaction.channel)
    except SLACK_ERRORS as error:
        return Refusal.NOT_IN_CHANNEL if slack_reason(error) in _NOT_THERE else Refusal.UNCHECKED_CHANNEL
    channel = answer["channel"]
    if channel.get("is_ext_shared") or channel.get("is_pending_ext_shared"):
        return Refusal.SHARED_CHANNEL
    return None
