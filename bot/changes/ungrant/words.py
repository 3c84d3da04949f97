"""What people read about the removal of standalone grants."""

from bot.changes.lines import LineLabel, LineStyle, name
from bot.changes.notes import NoteCode
from bot.changes.words import of_feature

BUTTON = "Remove grant"
TITLE = "Remove a grant"
HEADING = "Removal of a grant"
HELP = "take a standalone grant away again"

NO_GRANTS = (
    "This customer has no standalone grant to remove. What a product includes isn't a grant, and Autumn no "
    "longer shows a grant that is used up."
)
GONE = "Maple checked in Autumn: the grant isn't there."
STILL_THERE = "Maple checked in Autumn: the grant is still there."
ON = "on"
UNLIMITED = "unlimited"


def remove(feature: str) -> str:
    return f"Remove the {feature} grant"


_REMOVED = LineStyle(no_after="removed", about=lambda about, names: of_feature(name(about, names)))


class UngrantLine(LineLabel):
    GRANT = "removed_grant", "Grant", _REMOVED
    """`about` is the feature's id."""
    REMAINING = "removed_remaining", "Remaining across all sources"


class UngrantNote(NoteCode):
    # Refusals
    USED_UP = (
        "ungrant_used_up",
        lambda of: (
            f"This grant of {of.text('feature')} is no longer there: it was used up, was removed or has "
            "expired. There is nothing left to take back."
        ),
    )
    OF_PRODUCT = (
        "ungrant_of_product",
        lambda of: (
            f"This balance of {of.text('feature')} belongs to a product, so it can't be removed on its own."
        ),
    )
    # Warnings
    USED = (
        "ungrant_used",
        lambda of: f"Units already used ({of.number('units')}) stay used.",
    )
    OTHERS_HIDDEN = (
        "ungrant_others_hidden",
        lambda of: (
            f"Whatever else the customer has of {of.text('feature')} counts again. Autumn hides it while the "
            "feature is unlimited, so this may also be all they have."
        ),
    )
    FEATURE_LOST = (
        "ungrant_feature_lost",
        lambda of: f"This is all the customer has of {of.text('feature')}: they won't be able to use it.",
    )
