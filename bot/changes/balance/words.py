"""Words of the balance."""

from bot.changes.model import BalanceAction

FEATURE = "Feature"
PICK_FEATURE = "Pick a feature"
ROW = "Which part of it"
PICK_ROW = "Pick where it comes from"
ROW_HINT = "This feature comes from several sources. The change is made to one of them."
ACTIONS = {
    BalanceAction.GIVE: ("Give extra allowance", "Granted and remaining both rise by the amount"),
    BalanceAction.SET: ("Set the balance", "What remains becomes the amount"),
    BalanceAction.USAGE: ("Correct billed usage", "What counts as used becomes the amount"),
    BalanceAction.NONE: ("Only a new reset date", "No figure changes"),
}
"""Label and description, up to 75 characters each."""
AMOUNT = "Amount"
AMOUNT_HINTS = {
    BalanceAction.GIVE: "How many units more: 500, 1,000, 1k, 2.5m",
    BalanceAction.SET: "1,000, 1k, 2.5m. A negative one, -40, is so many units over the limit.",
    BalanceAction.USAGE: "How many units count as used: 0, 1,000, 1k, 2.5m",
}
RESET = "New reset date"
RESET_HINT = "In your own time zone. Leave it empty to keep the reset date."
RESET_ONLY_HINT = "In your own time zone."
PAID_FOR = "paid for"
NO_RESET = "does not reset"
NO_BALANCES = "This customer has no features, so there is no balance to change."
NO_RESET_PICKED = "Pick the new reset date, or another thing to do."
NO_FEATURE_PICKED = "Pick a feature."
NO_ROW_PICKED = "Pick which part of the balance to change."


def by_code(code: str) -> str:
    return f"Promo code {code}"


def granted_as(balance: str) -> str:
    return f"Granted as {balance}"


def part(told: str) -> str:
    return f"*Part:* {told}"


def row_left(left: str, granted: str) -> str:
    return f"{left} of {granted} left"
