"""Links to customers' pages in Autumn that people share: each gets a preview, if that is allowed.

Slack reports links in channels that Maple is not in as well; those get none.
"""

import asyncio
import contextlib

from bot.autumn.client import Autumn
from bot.autumn.errors import AutumnError, NotFound
from bot.autumn.models import Customer
from bot.kit import links
from bot.kit.card import Block
from bot.lookups.card import link_preview
from bot.lookups.customer import CARD
from bot.slack import messages
from handlers.interaction import Interaction
from handlers.services import Services

_MOST_LINKS = 5


async def shared(interaction: Interaction, services: Services) -> None:
    pages = {
        url: customer_id
        for url in interaction.links
        if (customer_id := links.customer_of(url, services.environment))
    }
    if not pages or (await services.channels.check(interaction.channel, anew=True)).problem is not None:
        return
    named = services.permission.may_preview(interaction.channel)
    previews = await asyncio.gather(
        *(_preview(services, linked_id, named=named) for linked_id in list(pages.values())[:_MOST_LINKS])
    )
    unfurls = {url: {"blocks": blocks} for url, blocks in zip(pages, previews, strict=False) if blocks}
    if unfurls:
        await messages.unfurl(services.slack, interaction.unfurl_id, interaction.source, unfurls)


async def _preview(services: Services, customer_id: str, *, named: bool) -> list[Block]:
    """Empty if there is no such customer."""
    if not named:
        return link_preview(customer_id, services.environment)
    try:
        customer = await _customer(services.autumn, customer_id, services.timeouts.asking_after)
    except NotFound:
        return []
    return link_preview(customer_id, services.environment, customer)


async def _customer(autumn: Autumn, customer_id: str, seconds: float) -> Customer | None:
    """None when Autumn does not answer soon: then the preview does without. Raises NotFound."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            try:
                return await autumn.customer(customer_id, expand=CARD)
            except NotFound:
                raise
            except AutumnError:
                return None
    return None
