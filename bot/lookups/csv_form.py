"""The form that asks for the format of a CSV file. At first it shows that of the person's locale."""

from enum import StrEnum
from typing import Any

from pydantic import Field

from bot.kit import blocks, form_values, ids, surfaces
from bot.kit.carried import Carried, ChannelId
from bot.kit.csv_table import CsvFormat, Decimals, Separator
from bot.kit.form_values import Values

SEPARATOR_BLOCK = "separator"
DECIMALS_BLOCK = "decimals"

OTHER_FORMAT = "Other CSV format"
"""The button that opens the form."""
TITLE = "CSV format"
DOWNLOAD = "Download CSV"
CANCEL = "Cancel"
FIELD_SEPARATOR = "Between cells"
FIELD_DECIMALS = "Decimals"
PICK = "Choose"
SEPARATORS = {Separator.COMMA: "Comma", Separator.SEMICOLON: "Semicolon", Separator.TAB: "Tab"}
DECIMALS = {Decimals.POINT: "1234.50", Decimals.COMMA: "1234,50"}


class CsvSource(StrEnum):
    """What the rows of the file are."""

    DIGEST = "digest"
    CUSTOMERS = "customers"


class CsvMeta(Carried):
    """What the form keeps in its private_metadata: the click that opened it."""

    source: CsvSource = Field(alias="s")
    query: str = Field(alias="q")
    """Encoded; the source knows how."""
    channel: ChannelId = Field(default="", alias="c")
    message: str = Field(default="", alias="m")
    thread_ts: str = Field(default="", alias="t")
    is_ephemeral: bool = Field(default=False, alias="e")


def build(meta: CsvMeta, proposed: CsvFormat) -> dict[str, Any]:
    separators = {key: blocks.option(label, key) for key, label in SEPARATORS.items()}
    decimals = {key: blocks.option(label, key) for key, label in DECIMALS.items()}
    separator = blocks.select("csv:separator", PICK, [*separators.values()], separators[proposed.separator])
    decimal = blocks.select("csv:decimals", PICK, [*decimals.values()], decimals[proposed.decimals])
    fields = [
        blocks.field(SEPARATOR_BLOCK, FIELD_SEPARATOR, separator),
        blocks.field(DECIMALS_BLOCK, FIELD_DECIMALS, decimal),
    ]
    return {
        **surfaces.modal(TITLE, fields, callback=ids.CSV_FORM, metadata=meta.encode()),
        "submit": surfaces.plain_text(DOWNLOAD),
        "close": surfaces.plain_text(CANCEL),
    }


def parse(values: Values) -> CsvFormat:
    """Raises ValueError on a form that `build` did not make."""
    return CsvFormat(
        Separator(form_values.chosen(values, SEPARATOR_BLOCK)),
        Decimals(form_values.chosen(values, DECIMALS_BLOCK)),
    )
