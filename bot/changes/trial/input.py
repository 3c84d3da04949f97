"""When a trial is to end."""

from typing import Literal

from pydantic import AwareDatetime

from bot.changes.model import ChangeInput
from bot.changes.trial.words import TrialAction


class TrialInput(ChangeInput):
    kind: Literal["trial"] = "trial"
    subscription: str
    """Its id, which changes with each change of the trial."""
    product: str
    """The id of its plan."""
    action: TrialAction
    ends_at: AwareDatetime | None = None
    """Only for MOVE_END. Autumn counts in whole days, so the trial ends then, or less than a day later."""
