"""What people read about trials."""

from enum import StrEnum

from bot.changes.lines import LineLabel, LineStyle
from bot.changes.notes import NoteCode


class TrialAction(StrEnum):
    MOVE_END = "move_end"
    END_NOW = "end_now"


BUTTON = "Change trial"
TITLE = "Change trial"
HEADING = "Trial change"
HELP = "extend a trial, or end it now"

ACTIONS = {
    TrialAction.MOVE_END: ("Move the end of the trial", "Later, or earlier"),
    TrialAction.END_NOW: ("End the trial now", "The first period begins and is billed right away"),
}
ENDS_AT = "New end of the trial"
ENDS_AT_HINT = "Autumn counts in whole days from the moment this is applied, and rounds up to the next one."
NO_TRIALS = "The customer is not on a trial."


def move_end(product: str, day: str) -> str:
    """`day`: of the moment that was picked, which Autumn rounds up."""
    return f"Move the end of the trial of {product} to {day}, or up to a day later"


def ends_on(day: str) -> str:
    return f"Autumn set the end of the trial to *{day}*."


def end_now(product: str) -> str:
    return f"End the trial of {product} now"


class TrialLine(LineLabel):
    ENDS = "trial_ends", "Trial ends on", LineStyle(no_after="now")
    """A calendar day of billing, as text."""


class TrialNote(NoteCode):
    # Refusals
    NOT_ON_TRIAL = "not_on_trial", "This subscription is not on a trial."
    NO_END = "no_trial_end", "Pick when the trial should end."
    END_PAST = "trial_end_past", "The end of the trial must be in the future. To end it now, choose that."
    END_TOO_FAR = (
        "trial_end_too_far",
        lambda of: f"A trial can last until {of.billing_day('latest')} at most.",
    )
    CANCELLED = (
        "cancelled_trial",
        "This subscription is cancelled and ends with its trial. Take the cancellation back first.",
    )
    # Warnings
    SHORTER = "trial_shorter", "*The trial gets shorter:* the first charge comes earlier."
    RESETS_MOVE = "trial_moves_resets", "The balances of this product reset when the trial ends."
    MAY_NEED_PAYMENT = (
        "trial_may_need_payment",
        "If the card can't be charged, the trial goes on until the customer pays the invoice.",
    )
