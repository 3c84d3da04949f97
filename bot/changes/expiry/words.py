"""What people read about the expiry of standalone grants."""

from bot.changes.lines import LineLabel, LineStyle
from bot.changes.notes import NoteCode

BUTTON = "Change expiry"
TITLE = "Change expiry"
HEADING = "Expiry of a grant"
HELP = "move the day on which a standalone grant expires"

EXPIRES = "New expiry"
EXPIRES_HINT = "In your own time zone; shown in UTC afterwards. Anything left of the grant then is lost."
NO_DATE_PICKED = "Pick the new day and time."
NO_GRANTS = (
    "This customer has no standalone grant whose expiry can be moved. What a product includes ends with the "
    "product, a grant that refills never expires, and Autumn no longer shows a grant that is used up."
)
NEVER = "never"
GONE = "Maple checked in Autumn: the grant is no longer there. It was used up, was removed or has expired."


def move(feature: str, moment: str) -> str:
    return f"Move the expiry of the {feature} grant to {moment}"


class ExpiryLine(LineLabel):
    EXPIRES = "grant_expiry", "Expires", LineStyle(no_before=NEVER, no_after=NEVER)


class ExpiryNote(NoteCode):
    # Refusals
    GRANT_GONE = (
        "expiry_grant_gone",
        lambda of: (
            f"This grant of {of.text('feature')} is no longer there: it was used up, was removed or has "
            "expired. Give the feature again if it is still needed."
        ),
    )
    OF_PRODUCT = (
        "expiry_of_product",
        lambda of: f"This balance of {of.text('feature')} belongs to a product, so it ends with the product.",
    )
    UNLIMITED = (
        "expiry_unlimited",
        "Autumn doesn't let an unlimited grant expire. Remove the grant when it should end.",
    )
    REFILLS = (
        "expiry_refills",
        "This grant refills regularly, and Autumn would not refill one that expires. Remove it when it "
        "should end.",
    )
    PAST = "expiry_past", "The new expiry is in the past. Remove the grant if it should end now."
    TOO_FAR = (
        "expiry_too_far",
        lambda of: f"The new expiry is too far away. The latest is {of.billing_moment('latest')}.",
    )
    # Warnings
    CANNOT_CLEAR = (
        "expiry_cannot_clear",
        "This grant has no expiry yet. Autumn can move an expiry but not remove it, so this can't be undone.",
    )
