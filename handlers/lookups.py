"""Looking customers up: a card or a search's matches, the buttons on them, and what their selects offer."""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, assert_never

from bot.access.permission import CardRights
from bot.autumn.errors import AutumnError
from bot.autumn.models import Customer
from bot.changes import buttons
from bot.changes.model import Facts, Needs
from bot.changes.spec import ChangeKind
from bot.kit.card import Card
from bot.links import card as links_card
from bot.links import registry as link_kinds
from bot.log import log
from bot.lookups import card as lookup_card
from bot.lookups import help as lookup_help
from bot.lookups import names, registry, trouble
from bot.lookups import options as lookup_options
from bot.lookups.concurrent import meanwhile
from bot.lookups.customer import CARD
from bot.lookups.find.card import NoMatch, Search, SeveralMatches, SingleMatch
from bot.lookups.find.search import find, search
from bot.lookups.part import Answer
from bot.lookups.place import Place
from bot.lookups.readers import find_and_read, read
from bot.lookups.trouble import Refusal
from bot.slack.channels import ChannelProblem
from bot.slack.errors import NOT_THERE, Unsent
from handlers import decoding
from handlers.channel_check import in_channel
from handlers.errors import LookupFailed
from handlers.interaction import Interaction
from handlers.responding import matches_card, respond
from handlers.services import Services

_MOST_OPTIONS = 100
"""Slack takes no more, and waits for them for three seconds."""

_REFUSAL_OF_POST = dict.fromkeys(NOT_THERE, Refusal.NOT_IN_CHANNEL) | {
    "is_archived": Refusal.ARCHIVED_CHANNEL
}
"""What Slack's refusal of a shared card means, where it says so."""

# Cards


async def customer_card(interaction: Interaction, services: Services, place: Place) -> Card:
    """The private card of a place. Raises LookupFailed when nothing of it can be shown."""
    async with meanwhile(_rights(interaction, services, place)) as rights:
        answer = await _read(services, place)
        return _private_card(interaction, services, place, answer, await rights)


async def _read(services: Services, place: Place) -> Answer:
    try:
        return await read(services.autumn, place, now=services.now)
    except AutumnError as error:
        raise LookupFailed(error, place) from error


async def _rights(interaction: Interaction, services: Services, place: Place) -> CardRights:
    kinds = [kind.policy for kind in buttons.on(place)]
    return await services.permission.card_rights(interaction.actor, kinds)


async def permitted(
    interaction: Interaction, services: Services, kinds: Sequence[ChangeKind[Any]]
) -> frozenset[str]:
    """Ids of those of the kinds that this person may request, as far as that can be checked."""
    rights = await services.permission.card_rights(interaction.actor, [kind.policy for kind in kinds])
    return rights.kinds


def _private_card(
    interaction: Interaction, services: Services, place: Place, answer: Answer, rights: CardRights
) -> Card:
    services.home.looked_up(interaction.actor, place.customer)
    permitted_here = [kind for kind in buttons.on(place) if kind.id in rights.kinds]
    facts = _facts_on_card(services, place, answer, permitted_here)
    kinds = buttons.applying(permitted_here, facts, place.feature)
    tools = buttons.tools(place, kinds, history=rights.history)
    if rights.links:
        link_buttons = links_card.buttons(place, link_kinds.KINDS)
        tools = replace(tools, buttons=(*tools.buttons, *link_buttons))
    return lookup_card.card(
        place, answer, shareable=in_channel(interaction), org=services.organization(), tools=tools
    )


def _facts_on_card(
    services: Services, place: Place, answer: Answer, kinds: Sequence[ChangeKind[Any]]
) -> Facts | None:
    """What the card knows of the customer for these kinds; None if they could not be read."""
    if isinstance(answer.customer, AutumnError):
        return None
    billing_in = registry.part(place.part).billing
    billing = billing_in(answer) if billing_in else None
    facts = known_facts(services, answer.customer, kinds)
    return facts if billing is None or isinstance(billing, AutumnError) else replace(facts, billing=billing)


def known_facts(services: Services, customer: Customer, kinds: Sequence[ChangeKind[Any]]) -> Facts:
    """What is known without asking Autumn, to tell which of these kinds could change anything."""
    needs = frozenset[Needs]().union(*(kind.needs for kind in kinds))
    plans = services.autumn.last_plans() if Needs.PRODUCTS in needs else None
    return Facts(
        customer=customer,
        read_at=services.now(),
        rewards=services.autumn.last_rewards() if Needs.REWARDS in needs else None,
        offered=None if plans is None else tuple(plans),
    )


async def search_card(interaction: Interaction, services: Services, query: Search) -> Card:
    """Raises LookupFailed when Autumn does not answer."""
    try:
        if query.straight:
            return await _best_match_card(interaction, services, query)
        matches = await search(services.autumn, query.query, now=services.now)
    except AutumnError as error:
        raise LookupFailed(error, query) from error
    return matches_card(matches, query.page, query.opens)


async def _best_match_card(interaction: Interaction, services: Services, query: Search) -> Card:
    if query.whole:
        named = await find(services.autumn, query.whole, now=services.now)
        if isinstance(named, SingleMatch):
            return await customer_card(interaction, services, Place(customer=named.customer_id))
    result = await find_and_read(services.autumn, query.query, query.opens, now=services.now)
    if isinstance(result, SeveralMatches | NoMatch):
        return matches_card(result, opens=query.opens)
    place, answer = result
    rights = await _rights(interaction, services, place)
    return _private_card(interaction, services, place, answer, rights)


# Buttons


async def go_to(interaction: Interaction, services: Services) -> None:
    """Changes the card to another place."""
    place = decoding.place(interaction.value)
    answer = customer_card(interaction, services, place)
    await update_card(interaction, services, answer, partial(lookup_help.still_waiting, place))


async def turn_page(interaction: Interaction, services: Services) -> None:
    """Another page of search results."""
    answer = search_card(interaction, services, decoding.search(interaction.value))
    await update_card(interaction, services, answer, lookup_help.still_waiting)


async def pick_feature(interaction: Interaction, services: Services) -> None:
    """Opens the feature that was picked, or filters the events by it."""
    place = _place_of_select(interaction)
    answer = _picked_card(interaction, services, place)
    await update_card(interaction, services, answer, partial(lookup_help.still_waiting, place))


async def update_card(
    interaction: Interaction,
    services: Services,
    answer: Coroutine[Any, Any, Card],
    loading: Callable[[], Card],
) -> None:
    """Of several clicks on one card at once, only the latest changes it."""
    card_key = f"{interaction.channel} {interaction.message} {interaction.user}"
    async with services.latest_click.handling(card_key, interaction.occurred_at) as is_latest:

        async def update(interaction: Interaction, card: Card) -> None:
            if await is_latest():
                await services.replies.update_message(interaction, card)

        await respond(interaction, services, answer, loading=loading, send=update)


async def _picked_card(interaction: Interaction, services: Services, place: Place) -> Card:
    features = await _features_offered(services, place) if interaction.value.startswith("#") else ()
    feature = lookup_options.resolve(interaction.value, features)
    filters = registry.part(place.part).filters_by_feature
    target = place.at(feature=feature or "") if filters else place.of_feature(feature or "")
    return await customer_card(interaction, services, target)


async def pick_entity(interaction: Interaction, services: Services) -> None:
    """Opens the entity that was picked."""
    place = _place_of_select(interaction).of_entity(interaction.value)
    answer = customer_card(interaction, services, place)
    await update_card(interaction, services, answer, partial(lookup_help.still_waiting, place))


async def open_card(interaction: Interaction, services: Services) -> None:
    """Sends the person who clicked their own card; the message that was clicked stays as it is."""
    await send_card(interaction, services, decoding.place(interaction.value))


async def pick_customer(interaction: Interaction, services: Services) -> None:
    """The same for the customer that was picked."""
    if interaction.value == lookup_options.SEARCHING:
        return
    await send_card(interaction, services, Place(customer=interaction.value))


async def send_card(interaction: Interaction, services: Services, place: Place) -> None:
    """A customer's card that only this person sees; from the Home tab, in their messages with Maple."""
    replies = services.replies
    await respond(
        interaction,
        services,
        customer_card(interaction, services, place),
        loading=partial(lookup_help.still_waiting, place),
        send=replies.ephemeral if interaction.channel else replies.editable_dm(),
    )


async def share(interaction: Interaction, services: Services) -> None:
    """Posts the card's facts for the whole channel, unless people of another company would see them."""
    place = decoding.place(interaction.value)
    refusal = await _sharing_refusal(interaction, services)
    if refusal:
        await services.replies.ephemeral(interaction, trouble.refused(refusal))
        return

    async def post(interaction: Interaction, card: Card) -> None:
        try:
            await services.replies.post(interaction.channel, card)
        except Unsent as unsent:
            log.warning("card not shared", error=unsent.reason)
            refusal = _REFUSAL_OF_POST.get(unsent.reason, Refusal.POST_REFUSED)
            await services.replies.ephemeral(interaction, trouble.refused(refusal))

    await respond(
        interaction,
        services,
        _shared_card(interaction, services, place),
        loading=partial(lookup_help.still_waiting, place),
        send=post,
        send_loading=services.replies.ephemeral,
    )


async def _shared_card(interaction: Interaction, services: Services, place: Place) -> Card:
    answer = await _read(services, place)
    return lookup_card.shared(place, answer, by=interaction.user, org=services.organization())


async def _sharing_refusal(interaction: Interaction, services: Services) -> Refusal | None:
    """Why nothing is shared into this channel; None if it may be."""
    if not in_channel(interaction):
        return Refusal.NOT_IN_CHANNEL
    problem = (await services.channels.check(interaction.channel, anew=True)).problem
    match problem:
        case None:
            return None
        case ChannelProblem.SHARED:
            return Refusal.SHARED_CHANNEL
        case ChannelProblem.UNCHECKED:
            return Refusal.UNCHECKED_CHANNEL
        case ChannelProblem.ARCHIVED:
            return Refusal.ARCHIVED_CHANNEL
        case ChannelProblem.DIRECT | ChannelProblem.OUT:
            return Refusal.NOT_IN_CHANNEL
        case _:
            assert_never(problem)


# Selects


async def customer_options(
    interaction: Interaction, services: Services
) -> list[dict[str, Any]] | lookup_options.OptionGroup:
    """The customers that the command would find for what was typed."""
    offer = await services.typeahead.offer(interaction.value)
    if offer.near:
        return lookup_options.near_customers(offer.customers)
    options = lookup_options.customer_options(offer.customers)
    if offer.searching:
        return [*options[: _MOST_OPTIONS - 1], lookup_options.searching()]
    return options[:_MOST_OPTIONS]


async def feature_options(interaction: Interaction, services: Services) -> list[dict[str, Any]]:
    """The features to pick from on a card."""
    features = await _features_offered(services, _place_of_select(interaction))
    return lookup_options.feature_options(features, interaction.value)[:_MOST_OPTIONS]


async def entity_options(interaction: Interaction, services: Services) -> list[dict[str, Any]]:
    """The customer's entities whose id or name contains what was typed."""
    place = _place_of_select(interaction)
    page = await services.autumn.entities(place.customer, search=interaction.value)
    return lookup_options.entity_options(page.list)


def _place_of_select(interaction: Interaction) -> Place:
    """A select carries no extra value: the place is in its block_id."""
    return decoding.place(interaction.block.partition(":")[2])


async def _features_offered(services: Services, place: Place) -> Mapping[str, str]:
    """Names by feature id: to filter by, every feature that is tracked; else those the customer has."""
    if registry.part(place.part).filters_by_feature:
        features = await services.autumn.features()
        return {
            feature.id: feature.name or feature.id
            for feature in features
            if feature.type != "boolean" and not feature.archived
        }
    return names.features(await services.autumn.customer(place.customer, expand=CARD))
