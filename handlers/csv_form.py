"""The format of a CSV file: that of the person's locale, or what they choose in a form."""

from dataclasses import dataclass, replace
from typing import assert_never

from bot.kit.carried import Unreadable
from bot.kit.csv_table import CsvFormat, csv_format
from bot.lookups import csv_form
from bot.lookups.csv_form import CsvMeta, CsvSource
from handlers import digest_rows, finder
from handlers.interaction import Interaction
from handlers.services import Services


async def open_form(interaction: Interaction, services: Services) -> None:
    meta = CsvMeta(
        source=_source(interaction.action.partition(":")[2]),
        query=interaction.value,
        channel=interaction.channel,
        message=interaction.message,
        thread_ts=interaction.thread_ts,
        is_ephemeral=interaction.is_ephemeral,
    )
    view = csv_form.build(meta, csv_format(await services.people.locale(interaction.actor)))
    await services.replies.open_modal(interaction, view)


def _source(name: str) -> CsvSource:
    try:
        return CsvSource(name)
    except ValueError:
        raise Unreadable(CsvSource.__name__) from None


@dataclass(frozen=True, slots=True)
class Chosen:
    meta: CsvMeta
    format: CsvFormat


def parse(interaction: Interaction) -> Chosen:
    meta = CsvMeta.decode(interaction.metadata)
    try:
        return Chosen(meta, csv_form.parse(interaction.state))
    except ValueError:
        raise Unreadable(CsvMeta.__name__) from None


async def submitted(interaction: Interaction, services: Services, form: Chosen) -> None:
    """Goes on as a click on *Download CSV* would have where the form was opened."""
    meta = form.meta
    click = replace(
        interaction,
        channel=meta.channel,
        message=meta.message,
        thread_ts=meta.thread_ts,
        is_ephemeral=meta.is_ephemeral,
        value=meta.query,
        view="",
    )
    match meta.source:
        case CsvSource.DIGEST:
            await digest_rows.send_csv(click, services, form.format)
        case CsvSource.CUSTOMERS:
            await finder.send_csv(click, services, form.format)
        case _:
            assert_never(meta.source)
