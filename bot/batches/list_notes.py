"""What can be wrong with a list, in words."""

from bot.batches.model import MOST_LINES
from bot.changes.notes import NoteCode

MOST_BYTES = 1_000_000


class ListNote(NoteCode):
    """Why a list, or a line of it, cannot be read. `column` is one of Maple's own words."""

    # The whole list
    TOO_BIG = "too_big", f"The list is too big. The most is {MOST_BYTES // 1_000_000} MB."
    TOO_MANY = (
        "too_many",
        lambda of: f"The list has {of.number('lines')} lines. The most is {MOST_LINES:,}.",
    )
    EMPTY = "empty", "The list is empty."
    WORKBOOK = "workbook", "This is a spreadsheet's own file. Save it as CSV, or paste the cells."
    NOT_TEXT = "not_text", "This is not a text file. Save the list as CSV, or paste it."
    NO_CUSTOMERS = (
        "no_customers",
        "The header has no column for the customer. The columns are customer, feature, amount, action, kind "
        "and entity.",
    )
    SAME_COLUMN = "same_column", lambda of: f"The header has two columns for the {of.raw('column')}."
    UNKNOWN_COLUMN = (
        "unknown_column",
        lambda of: (
            f"The header has a column that Maple does not know: {of.text('column')}. Remove it, or call it "
            "customer, feature, amount, action, kind or entity."
        ),
    )
    # One line
    LONG_LINE = "long_line", "The line is too long."
    QUOTES = "quotes", "The quotes do not match."
    TOO_MANY_CELLS = (
        "too_many_cells",
        lambda of: of.plural("There is one cell too many.", "There are {} cells too many."),
    )
    HIDDEN = "hidden", lambda of: f"The {of.raw('column')} contains characters that cannot be seen."
    FORMULA = "formula", lambda of: f"The {of.raw('column')} looks like a formula."
    MIXED = "mixed", lambda of: f"The {of.raw('column')} contains a comma, a semicolon or a tab."
    LONG_CELL = "long_cell", lambda of: f"The {of.raw('column')} is too long."
    NO_CUSTOMER = "no_customer", "The customer is missing."
    UNKNOWN_KIND = (
        "unknown_kind",
        lambda of: f"{of.text('kind')} is no kind of change that a list can have. Write {of.raw('words')}.",
    )
    NO_ENTITIES = "no_entities", "This kind of change is for the whole customer. Leave the entity out."
