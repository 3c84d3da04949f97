"""The removal of a standalone grant."""

from typing import Literal

from bot.changes.model import ChangeInput


class UngrantInput(ChangeInput):
    kind: Literal["ungrant"] = "ungrant"
    feature: str
    row: str
    """The grant's id."""
