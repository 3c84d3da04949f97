"""The same delivery may come more than once, over either way in, and to any replica: it is done once."""

from bot.store.deliveries import first_time
from bot.store.errors import StoreSlow
from handlers.interaction import Interaction
from handlers.services import Services


async def first(interaction: Interaction, services: Services) -> bool:
    """Whether this ask was not taken up before. Raises what the database driver does."""
    return not interaction.trigger_id or await first_time(
        services.database, interaction.trigger_id, services.now()
    )


async def first_in_time(interaction: Interaction, services: Services) -> bool:
    """The same, for what needs the trigger, which lives for 3 seconds. Raises StoreSlow past that."""
    try:
        return await services.work.within(services.timings.trigger, first(interaction, services))
    except TimeoutError:
        raise StoreSlow from None
