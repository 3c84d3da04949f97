"""The deletion of a customer."""

from typing import Literal

from bot.changes.model import ChangeInput


class DeletionInput(ChangeInput):
    kind: Literal["deletion"] = "deletion"
    typed: str
    """The customer's id as the person typed it."""
