"""Words of the forms."""

from bot.access.rules import Kind
from bot.kit.phrases import count

TITLES = {
    Kind.BALANCE: "Change balance",
    Kind.REWARD: "Change reward",
    Kind.DETAILS: "Edit details",
    Kind.DELETION: "Delete customer",
}
"""Up to 24 characters."""
SUBMIT = "Submit change"

CLOSE = "Close"
LOADING = "Reading this customer from Autumn …"
WORKING = "Checking with Autumn and taking the change in …"
WORKING_MORE = "You can close this window: you will hear of it where you asked."
TOO_LONG = "This customer's id is too long for a form in Slack. Change it in Autumn's dashboard."
REASON = "Reason"
REASON_HINT = "Kept with the change for good, and shown to whoever approves it."
TICKET = "Link to a ticket"

REASON_NEEDED = "Say why. The reason is kept with the change."
TICKET_WRONG = "This is not a web address that Maple can keep: it begins with https:// and has no spaces."

PREVIEW = "*What changes*"
NOT_YET = "Fill in the form to see what changes, before and after."


def needed(number: int) -> str:
    if number == 0:
        return "This is applied as soon as you submit it."
    return f"This needs {count(number, 'approval')} before it is applied."
