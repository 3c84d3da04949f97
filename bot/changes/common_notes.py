"""Notes that several kinds of change share."""

from bot.changes.notes import NoteCode


class CommonNote(NoteCode):
    NOTHING_TO_DO = "nothing_to_do", "Nothing would change: everything already is like this."
    OTHER_CUSTOMER = "other_customer", "Autumn answered with another customer, so nothing was changed."
    RECREATED = (
        "recreated",
        "This customer was deleted, and a new one was created with the same id. Check the new customer, and "
        "submit a new request if the change is still needed.",
    )
    OLD_ID = (
        "old_id",
        "This customer's id has an old format, which Autumn accepts only for balance changes, coupons and "
        "promo codes. Make this change in Autumn's dashboard.",
    )
    ENTITY_GONE = "entity_gone", "The customer no longer has this entity."
    NO_UNDO = "no_undo", "This cannot be undone."
