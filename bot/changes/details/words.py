"""What people read about edits of a customer's details."""

from bot.changes.lines import LineLabel, LineStyle
from bot.changes.notes import Details, NoteCode
from bot.kit import phrases

BUTTON = "Edit details"
TITLE = "Edit details"
HEADING = "Details change"
HELP = "edit the customer's name, email or fingerprint"

NAME = "Name"
EMAIL = "Email"
FINGERPRINT = "Fingerprint"
FINGERPRINT_HINT = "Stops one person from starting several trials. Leave it as it is unless you are sure."
NOTHING_ALTERED = "Change at least one of the fields."

_FIELDS = {"name": "name", "email": "email", "fingerprint": "fingerprint"}
_IN_FULL = LineStyle(length=1300)
"""It is what will be written."""


def fields(names: list[str]) -> str:
    return phrases.joined([_FIELDS.get(name, name) for name in names]) or phrases.NONE


def edit(names: list[str]) -> str:
    return f"Change {fields(names)}"


class DetailsLine(LineLabel):
    NAME = "name", NAME, _IN_FULL
    EMAIL = "email", EMAIL, _IN_FULL
    FINGERPRINT = "fingerprint", FINGERPRINT, _IN_FULL


def _fields(of: Details, name: str) -> str:
    return fields(of.raw(name).split(", "))


class DetailsNote(NoteCode):
    # Refusals
    NAME_TOO_LONG = "name_too_long", lambda of: f"The name can have up to {of.number('most')} characters."
    EMAIL_TOO_LONG = (
        "email_too_long",
        lambda of: f"The email address can have up to {of.number('most')} characters.",
    )
    FINGERPRINT_TOO_LONG = (
        "fingerprint_too_long",
        lambda of: f"The fingerprint can have up to {of.number('most')} characters.",
    )
    BAD_EMAIL = "bad_email", "This is not an email address."
    BAD_TEXT = "bad_text", lambda of: f"The {_fields(of, 'field')} contains invisible characters."
    # Warnings
    ALSO_IN_STRIPE = "also_in_stripe", lambda of: f"Also changed in Stripe: {_fields(of, 'fields')}."
    NOT_CLEARED_IN_STRIPE = (
        "not_cleared_in_stripe",
        lambda of: f"Cleared only in Autumn, kept in Stripe: {_fields(of, 'fields')}.",
    )
    SAME_EMAIL = (
        "same_email",
        lambda of: of.plural(
            "Another customer also has this email address.",
            "{} other customers also have this email address.",
        ),
    )
