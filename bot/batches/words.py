"""What people read about bulk changes. Arguments are already escaped."""

from collections.abc import Mapping

from bot.approvals import words as approvals_words
from bot.approvals.results import Result
from bot.batches.model import BatchResult, BatchState, LineReason, LineState
from bot.kit.phrases import Say, count

# The form

TITLE = "Bulk change"
LOADING = "Reading the customers from Autumn…"
CHECKING = "Checking the list line by line…"
SAVING = "Saving your request…"
LIST = "List"


def list_hint(most: int) -> str:
    return (
        f"Up to {most} lines: customer (id or email), feature, amount, action, kind, entity. Or list "
        "customers only and choose the rest below."
    )


def kinds(lines: list[str]) -> str:
    return "\n".join(["*Kinds of change*, and what each needs in its line:", *lines])


def kind(kind: str, usage: str, *, usual: bool) -> str:
    return f"• {kind}{' (the default)' if usual else ''}: {usage}"


FILE = "Or a CSV file"
FILE_HINT = "The same columns, in any order with a header."
SHOW_GATHERED = "Show list"
GATHERED = (
    "To add another change, close this window and choose *Add to a list* in its form. Maple keeps the list "
    "for a day; *Cancel* discards it."
)


def gathered(changes: int) -> str:
    return f"You have gathered {count(changes, 'change')} to request together."


NO_SOURCE = "Paste a list, or pick a file."
ONE_SOURCE = "Paste a list or pick a file, not both."
ACTION = "What to do"
PICK_ACTION = "Pick what to do"
FOR_ALL_HINT = "Used for lines that don't name an action."
AMOUNT = "Amount, or the new reset date"
AMOUNT_HINT = "For each customer: 500, 1,000, 1k, 2.5m. A date like 2026-12-31."
CHECK = "Check the list"


def listed(customers: int) -> str:
    return (
        f"*{count(customers, 'customer')}* from the list. You'll see each one before anything is requested."
    )


def too_many_listed(most: int) -> str:
    return f"A bulk change has up to {most} customers, and this list has more. Add a filter."


# The checked list


def checked(right: int, customers: int) -> str:
    changes = count(right, "change")
    return f"*Bulk change: {changes} for {count(customers, 'customer')}*"


def wrong(number: int) -> str:
    return f":warning: *{count(number, 'line')} can't be requested:*"


def wrong_line(number: int, text: str, why: str) -> str:
    return f"• Line {number}: {text}\n   {why}" if text else f"• Line {number}\n   {why}"


def more_wrong(number: int) -> str:
    return f"… and {count(number, 'more line')}. *{WRONG_CSV}* has all of them."


NOTHING_RIGHT = "No line can be requested. Correct the list, and check it again."
NOTHING_REQUESTED = "Nothing was requested."
ANEW = ":warning: Something has changed since the list was checked. Look at it again before you continue."
SEND = "Send for approval"
APPLY = "Apply now"
LEAVE_OUT = "Leave out the wrong lines"
WRONG_CSV = "Wrong lines as CSV"
CANCEL = "Cancel"
CANCELLED = "Cancelled. Nothing was requested."
GATHERED_SINCE = (
    ":warning: The list has changed in another window, so nothing was done. This is the list as it is now."
)
GATHERED_GONE = (
    "This list is no longer there: it was requested, passed on or cancelled in another window, or nothing "
    "was added to it for a day."
)
LISTED_GONE = "The customers of this list are no longer kept. List them again, or paste or upload a list."
GONE = "This list is no longer kept. Check it again; nothing was requested."
CSV_SENT = "The file is in your direct messages with Maple."
WRONG_CSV_GONE = "The wrong lines are no longer kept. Check the list again."
APPLY_TITLE = "Apply all of these?"
APPLY_TEXT = "Maple starts right away. You can stop it on the card."


def total(change: str, lines: int, units: str) -> str:
    return f"• {change}: {count(lines, 'line')}" + (f", {units}" if units else "")


def moved_in_all(units: str) -> str:
    return f"{units} in all"


def moved_both_ways(added: str, taken: str) -> str:
    return f"{added} added, {taken} taken away"


def of_kind(kind: str, feature: str) -> str:
    return f"{kind}, {feature}" if feature else kind


def totals(value: str, unknown: int, *, both_ways: bool) -> str:
    """`unknown`: how many lines the value leaves out. `both_ways`: it counts both what is added and what is
    taken away."""
    if not value:
        return "*In all*"
    value += ", added and taken away together" if both_ways else ""
    left_out = f", without {count(unknown, 'line')} of unknown worth" if unknown else ""
    return f"*In all* (≈ {value}{left_out})"


LARGEST = "*The largest lines*"


def previewed_line(customer: str, summary: str) -> str:
    return f"*{customer}* · {summary}"


def warned(warning: str) -> str:
    return f":warning: {warning}"


def largest_line(customer: str, summary: str) -> str:
    return f"• {customer} · {summary}"


PROBLEMS: Mapping[LineReason, str] = {
    LineReason.NO_CUSTOMER: "No customer has exactly this id or email address.",
    LineReason.SEVERAL_CUSTOMERS: "Several customers have this email address. Use the id.",
    LineReason.NO_ENTITY: "The customer has no entity with exactly this id or name.",
    LineReason.TOO_MANY: "The list is too long.",
    LineReason.NO_UNDO: "This can't be undone, or is already being undone.",
    LineReason.NOT_READ: "Maple couldn't read the customer from Autumn. Check the list again in a minute.",
}


def repeated(line: int) -> str:
    return f"Line {line} already changes the same thing. Request one of the two separately."


def affected(line: int) -> str:
    return f"Line {line} changes what this one is based on. Request this one once the other is applied."


# The card


def title(changes: int, customers: int, *, undo: bool) -> str:
    heading = "Undo of a bulk change" if undo else "Bulk change"
    return f"*{heading}: {count(changes, 'change')} for {count(customers, 'customer')}*"


def title_of(changes: int, *, undo: bool) -> str:
    """In a list of requests."""
    heading = "Undo of a bulk change" if undo else "Bulk change"
    return f"*{heading}* · {count(changes, 'change')}"


STATES: Mapping[BatchState, str] = {
    BatchState.WAITING: ":hourglass_flowing_sand: *Waiting for approval*",
    BatchState.RUNNING: ":arrows_counterclockwise: *Applying…*",
    BatchState.STOPPING: ":arrows_counterclockwise: *Stopping…*",
    BatchState.STOPPED: ":double_vertical_bar: *Stopped*",
    BatchState.DONE: ":white_check_mark: *Finished*",
    BatchState.DENIED: ":no_entry: *Denied: nothing was changed*",
    BatchState.WITHDRAWN: ":leftwards_arrow_with_hook: *Withdrawn: nothing was changed*",
    BatchState.EXPIRED: ":alarm_clock: *Expired: nothing was changed*",
}
NOT_ALL = ":warning: *Finished, but not every line was applied*"
LINE_STATES: Mapping[LineState, str] = {
    LineState.QUEUED: "not started",
    LineState.RUNNING: "being applied",
    LineState.APPLIED: "applied",
    LineState.REFUSED: "failed: nothing was changed",
    LineState.UNCONFIRMED: "unconfirmed: it may have been applied",
    LineState.SKIPPED: "not started",
}


def progress(applied: int, of: int, counts: list[str]) -> str:
    return " · ".join([f"*{applied:,} of {of:,} applied*", *counts])


def failed(number: int) -> str:
    return f"{number:,} failed"


def unconfirmed(number: int) -> str:
    return f"{number:,} unconfirmed"


def not_started(number: int) -> str:
    return f"{number:,} not started"


UNCONFIRMED_LINES = (
    "Maple can't tell whether the unconfirmed lines were applied, and won't send them again. *Check again* "
    "looks in Autumn once more. To look yourself, find their customers and changes in *Results as CSV*."
)


def stopped_by(who: str) -> str:
    return f"Stopped by {who}"


STOPPED_BY_MAPLE = "Stopped because Maple couldn't reach Autumn or Slack. Resume it in a minute."
LAPSED = "It was stopped, and its approval expired before it was resumed."
STOPPING = "Lines already started will finish. No others will start."


UNDONE = "An undo of this was requested."


def undoes(reference: str) -> str:
    return f"*Undoes* bulk change {reference}"


def reference(batch: str) -> str:
    return f"Bulk change {batch}"


STOP = "Stop"
RESUME = "Resume"
UNDO = "Undo all…"
LIST_CSV = "List as CSV"
RESULTS_CSV = "Results as CSV"
APPROVE_TITLE = "Approve all of these?"
APPROVE_TEXT = (
    "Maple starts as soon as there are enough approvals. Each customer is read again first: a line that no "
    "longer fits is not applied."
)


def to_confirm(kind: str, lines: int, question: str) -> str:
    """In plain text, of the lines of one kind."""
    return f"{kind}, {count(lines, 'line')}: {question}"


STOP_TITLE = "Stop this?"
STOP_TEXT = "What is applied stays applied. You can resume it or undo it."
RESUME_TITLE = "Resume the rest?"
RESUME_TEXT = "The lines that haven't started are applied under the same approval."
WITHHELD = (
    "This channel is now shared with another company, so Maple no longer shows the bulk change here. The "
    "person who requested it can find it in their direct messages with Maple."
)

# Files

WRONG_COLUMNS = ("line", "text", "what is wrong")
COLUMNS = ("line", "customer", "customer id", "change", "result", "why", "change id")


def csv_comment(lines: int, *, ended: bool) -> str:
    contents = "The results" if ended else "The whole list"
    return f"{contents}: {count(lines, 'line')}."


def wrong_csv_comment(lines: int) -> str:
    return f"The lines that can't be requested: {count(lines, 'line')}."


# The result of a click

RESULTS: Mapping[BatchResult, Say] = {
    BatchResult.PROBLEMS: Say("Some lines can't be requested.", "Nothing was requested."),
    BatchResult.TOO_MANY_WAIT: Say(
        "Too many of your bulk changes are waiting for approval.",
        "Nothing was requested. Try again once some are decided.",
    ),
    BatchResult.REQUESTER_NOT_ALLOWED: Say(
        "The person who requested this is no longer allowed to request it.",
        "Nothing was decided. You can deny it.",
    ),
    BatchResult.TOO_LATE: Say("Someone else acted first, or it expired.", "The card shows how it stands."),
    BatchResult.STALE: Say("This card was out of date.", "Nothing was decided. Check the card as it is now."),
    BatchResult.LIST_CHANGED: Say(
        "The list has changed in another window.", "Nothing was requested. `/autumn bulk` shows the list."
    ),
    BatchResult.ALREADY: Say("You already approved this.", "It still needs someone else's approval."),
    BatchResult.UNKNOWN: Say("Maple can't find this bulk change.", "Nothing was changed."),
    BatchResult.STILL_UNCONFIRMED: Say(
        "Maple read the customers again, and it is still not clear whether these lines were applied.",
        "Check again later, or look at these customers in Autumn.",
    ),
    BatchResult.ALREADY_SETTLED: Say("No line is unconfirmed any more.", "The card shows how it stands."),
    BatchResult.TROUBLE: Say("Maple couldn't read the customers from Autumn.", "Try again in a minute."),
    # As for a single change
    BatchResult.DONE: approvals_words.RESULTS[Result.DONE],
    BatchResult.AGAIN: approvals_words.RESULTS[Result.AGAIN],
    BatchResult.NOT_ALLOWED: approvals_words.RESULTS[Result.NOT_ALLOWED],
    BatchResult.NO_REASON: approvals_words.RESULTS[Result.NO_REASON],
    BatchResult.NO_CHANNEL: approvals_words.RESULTS[Result.NO_CHANNEL],
    BatchResult.UNCHECKED: approvals_words.RESULTS[Result.UNCHECKED],
    BatchResult.NO_UNDO: approvals_words.RESULTS[Result.NO_UNDO],
}


def undo_left_out(number: int) -> str:
    stays = "stays as it is" if number == 1 else "stay as they are"
    return f"{count(number, 'line')} can't be undone, and {stays}."


REQUESTED = "Its card is in your direct messages with Maple, and shows what happens next."


def requested_by_other(who: str, changes: int) -> str:
    """Of a list that was passed on."""
    return f"Requested by {who}: {count(changes, 'change')}. A list is requested only once."


CLOSED = "The list was passed on and is no longer open. What you add next goes into a new list."

# Files from people

FILE_TOO_BIG = "The file is too big. The limit is 1 MB."
FILE_NOT_GIVEN = "Slack didn't give Maple the file. Upload it again, or paste the list."
