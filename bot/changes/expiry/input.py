"""A new expiry of a standalone grant."""

from typing import Literal

from pydantic import AwareDatetime

from bot.changes.model import ChangeInput


class ExpiryInput(ChangeInput):
    kind: Literal["expiry"] = "expiry"
    feature: str
    row: str
    """The grant's id."""
    expires_at: AwareDatetime
