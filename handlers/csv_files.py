"""What handlers that send CSV files share."""

from bot.kit.csv_table import CsvFormat, csv_format
from handlers.interaction import Interaction
from handlers.services import Services


async def own_format(interaction: Interaction, services: Services) -> CsvFormat:
    """The format that the person's spreadsheet opens, by their locale in Slack."""
    return csv_format(await services.people.locale(interaction.actor))
