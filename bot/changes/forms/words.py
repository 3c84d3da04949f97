"""What people read in the forms of all kinds of change."""

from bot.kit.phrases import count

SUBMIT = "Submit change"
GATHER = "Add to a list"
GATHER_HINT = "Request several changes together, for one customer or many."
SAVE = "Save changes"
ASKS_OTHERS = (
    ":no_entry: Your team's policy doesn't let you request this. Fill it in, and *Ask them* passes it on to "
    "people who can."
)


def others(who: str, *, askable: bool) -> str:
    """`askable`: whether the form can be passed on to them."""
    passed_on = " *Ask them* passes your form on to them." if askable else ""
    return f"*Who can request it:* {who}.{passed_on}"


CLOSE = "Close"
PICK_CUSTOMER = "Pick the customer"
LOADING = "Reading this customer from Autumn…"
WORKING = "Checking with Autumn and saving your request…"
WORKING_MORE = "You can close this window. The result is posted where you opened it."
TOO_LONG = "This customer's id is too long for a form in Slack. Change it in Autumn's dashboard."
PRESET = "Preset"
PICK_PRESET = "Pick a preset"
REASON = "Reason"
REASON_HINT = "Kept with the change permanently, and shown to whoever approves it."
TICKET = "Link to a ticket"
SCOPE = "*Applies to*\nThe whole customer, or one entity"
WHOLE_CUSTOMER = "Whole customer"
PICK_ENTITY = "Find an entity"
FEATURE = "Feature"
PICK_FEATURE = "Pick a feature"
NO_FEATURE_PICKED = "Pick a feature."
GRANT = "Grant"
PICK_GRANT = "Pick a grant"
NO_GRANT_PICKED = "Pick the grant."

REASON_NEEDED = "Enter a reason. It is kept with the change."
TICKET_WRONG = (
    "This is not a web address that Maple can keep. It must begin with https:// and have no spaces."
)

PREVIEW = "*What changes*"
NOT_YET = "Fill in the form to see what changes, before and after."


def unclear_entity(typed: str) -> str:
    return f"It isn't clear which entity {typed} is. Pick it, then fill in the form."


def preset_limit(days: int) -> str:
    return "Once a day per customer" if days == 1 else f"Once every {days:,} days per customer"


def preset_again(name: str, day: str) -> str:
    return f"{name}: this customer already got it. It can be given again from {day}."


def needed(number: int) -> str:
    if number == 0:
        return "This is applied as soon as you submit it."
    return f"This needs {count(number, 'approval')} before it is applied."
