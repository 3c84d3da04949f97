"""New details of a customer."""

from typing import Literal

from bot.changes.model import ChangeInput


class DetailsInput(ChangeInput):
    """None leaves a field alone, an empty text clears it."""

    kind: Literal["details"] = "details"
    name: str | None = None
    email: str | None = None
    fingerprint: str | None = None
