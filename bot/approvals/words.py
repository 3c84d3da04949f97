"""Every word Maple says about changes, in one place.

Arguments are texts that are already safe to show where they go.
"""

from collections.abc import Mapping

from bot.approvals.lifecycle import MOST_OF_CHANNEL, MOST_OF_PERSON, Cause, ChangeEvent, State
from bot.changes.model import Now
from bot.kit.phrases import Say, count

UNDO_OF = "Undo"

# Forms

ESTIMATE = "Maple's own estimate, before tax"


# Lines


# What is asked for, in one line


# The life of a change

HEADLINES = {
    State.WAITING: ":hourglass_flowing_sand: *Waiting for approval*",
    State.APPROVED: ":arrows_counterclockwise: *Approved. Applying …*",
    State.APPLYING: ":arrows_counterclockwise: *Applying …*",
    State.APPLIED: ":white_check_mark: *Applied*",
    State.FAILED: ":x: *Failed: nothing was changed*",
    State.UNCONFIRMED: ":warning: *Unconfirmed: it may have happened*",
    State.DENIED: ":no_entry: *Denied: nothing was changed*",
    State.WITHDRAWN: ":leftwards_arrow_with_hook: *Withdrawn: nothing was changed*",
    State.EXPIRED: ":alarm_clock: *Expired: nothing was changed*",
    State.OVERTAKEN: ":fast_forward: *Outdated: nothing was changed*",
}
STATES = {
    State.WAITING: "waiting",
    State.APPROVED: "approved",
    State.APPLYING: "being applied",
    State.APPLIED: "applied",
    State.FAILED: "failed",
    State.UNCONFIRMED: "unconfirmed",
    State.DENIED: "denied",
    State.WITHDRAWN: "withdrawn",
    State.EXPIRED: "expired",
    State.OVERTAKEN: "outdated",
}
OVERTAKEN = (
    "The figures have changed since this was requested. These are the current ones; request it again if "
    "it is still needed."
)
EXPIRED = "Nobody decided in time. Request it again if it is still needed."
ANEW = (
    "*The figures changed since this was requested.* These are the new ones; earlier approvals do not count."
)
WAIT_FOR_IT = "Maple is writing this to Autumn and reads it back. This card will say what happened."
UNDONE = "It was undone."
UNDOING = "An undo was requested or is being applied."
WITHHELD = (
    "People of another company can read this channel now, so Maple does not show the request here any more. "
    "Approvers find it in Maple's Home tab, and the person who asked in their messages with Maple."
)
READ_BACK: Mapping[Now, str] = {
    Now.UNREAD: "Maple could not read it back.",
    Now.GONE: "Read back, the customer is not there any more.",
    Now.ABSENT: "It was read back, and the change is not there. It may come later.",
    Now.UNCLEAR: "It was read back, and is neither as it was before nor as it was to be.",
}
SETTLE = "Look in Autumn, then say what became of it. Maple will not send it again."

ENDINGS: Mapping[Cause, str] = {
    Cause.DONE: "Autumn was read back and shows the change.",
    Cause.FOUND_DONE: "Autumn's answer was lost, but it was read back and shows the change.",
    Cause.MARKED_APPLIED: "A person looked and said that it was applied.",
    Cause.NOT_REACHED: "Autumn could not be reached. Ask again in a minute.",
    Cause.AUTUMN_REFUSED: "Autumn refused it. {why}",
    Cause.RATE_LIMITED: "Autumn is limiting requests, so it was not done. Ask again in a minute.",
    Cause.GUARDED: "As things are now, it must not be done:",
    Cause.CUSTOMER_GONE: "The customer is no longer in Autumn.",
    Cause.NOT_AS_ASKED: (
        "What is stored of this change is not what was asked for or approved, so nothing was sent. "
        "Whoever runs Maple should run `maple audit verify`."
    ),
    Cause.NOT_READ: "Autumn could not be read just before, so nothing was sent. Ask again in a minute.",
    Cause.BUSY: "Another change of the same customer took too long, so nothing was sent. Ask again.",
    Cause.ASKER_NOT_ALLOWED: "The person who asked for this is no longer allowed to ask for it.",
    Cause.INTERRUPTED: "Maple was stopped before anything was sent. Ask again.",
    Cause.MARKED_NOT_APPLIED: "A person looked and said that it was not applied.",
    Cause.NOT_SEEN: "Autumn said yes.",
    Cause.NO_ANSWER: "Autumn's answer was cut off or did not come.",
    Cause.AUTUMN_BROKE: "Autumn had an error of its own, which does not tell how far it got.",
    Cause.DUPLICATE: "Autumn says it had got the same change before.",
    Cause.REFUSED_YET_MOVED: "Autumn refused it. {why}",
    Cause.PARTLY: "One of several steps did not go through.",
    Cause.CUT_OFF: "Maple was stopped in the middle.",
}


def asked_by(who: str, when: str) -> str:
    return f"*Asked by* {who}, {when}"


def because(reason: str) -> str:
    return f"*Why:* {reason}"


NO_REASON = "*Why:* no reason was given"
TICKET_LINK = "Ticket"


def rule(name: str) -> str:
    return f"Rule {name}"


def expires(moment: str) -> str:
    return f"Expires {moment}"


def approvals(number: int, of: int, who: str) -> str:
    got = f"{number} of {count(of, 'approval')}"
    return f"{got}: {who}" if who else got


def not_counted(who: str) -> str:
    return f"Not counted, because they may no longer approve this: {who}"


AT_ONCE = "Applied at once, as the policy allows"


def approved_by(who: str) -> str:
    return f"Approved by {who}"


def by(who: str, when: str) -> str:
    return f"By {who}, {when}"


def said(words: str) -> str:
    return f"*Their reason:* {words}"


def marked_by(who: str, when: str) -> str:
    return f"Marked by {who}, {when}"


def reference(change: str, version: int) -> str:
    return f"Change {change}" + (f", version {version}" if version > 1 else "")


APPROVE = "Approve"
DENY = "Deny"
WITHDRAW = "Withdraw"
UNDO = "Undo"
MARK_APPLIED = "Mark as applied"
MARK_NOT_APPLIED = "Mark as not applied"
NOT_NOW = "Not now"
APPROVE_TITLE = "Approve this on live?"
APPROVE_TEXT = (
    "It is applied to the customer's live account as soon as there are enough approvals. Maple looks again "
    "first: if the figures have changed, nothing is applied."
)
WITHDRAW_TITLE = "Withdraw this?"
WITHDRAW_TEXT = "Nobody can approve it any more. You can ask again."
UNDO_TITLE = "Undo this?"
UNDO_TEXT = "An undo is a change of its own: it may need approval, and Maple tells you how it goes."
MARK_TITLE = "Have you looked in Autumn?"
MARK_APPLIED_TEXT = "You say that the change is there in Autumn. This is kept with your name."
MARK_NOT_APPLIED_TEXT = "You say that the change is not there in Autumn. This is kept with your name."

DENY_TITLE = "Deny this change"
DENY_SUBMIT = "Deny"
DENY_REASON = "Why"
DENY_HINT = "The person who asked will read this."
DENY_REASON_NEEDED = "Say why, so that the person who asked knows."

# History

HISTORY_TITLE = "*Changes of this customer*"
NO_HISTORY = "Nothing was changed for this customer with Maple."
STEPS: Mapping[ChangeEvent, str] = {
    ChangeEvent.ASKED: "asked by {by}",
    ChangeEvent.APPROVED: "approved by {by}",
    ChangeEvent.DENIED: "denied by {by}",
    ChangeEvent.WITHDRAWN: "withdrawn by {by}",
    ChangeEvent.EXPIRED: "expired",
    ChangeEvent.OVERTAKEN: "figures changed, previewed again",
    ChangeEvent.APPLYING: "applying began",
    ChangeEvent.WRITING: "written to Autumn",
    ChangeEvent.APPLIED: "applied",
    ChangeEvent.FAILED: "failed, nothing changed",
    ChangeEvent.UNCONFIRMED: "unconfirmed",
    ChangeEvent.MARKED: "settled by {by}",
    ChangeEvent.UNDONE: "undone",
    ChangeEvent.SHOWN: "shown",
    ChangeEvent.REDRAW: "shown again",
}
POLICY = "the policy"


UNDONE_STATE = "undone"


def history_line(moment: str, asked: str, state: str) -> str:
    return f"{moment} · *{asked}* · {state}"


def step(moment: str, what: str) -> str:
    return f"{moment} · {what}"


def more_steps(number: int) -> str:
    return f"and {count(number, 'more step')}"


# The row of buttons on a customer's card


# What came of a click or a submission, where the card alone does not say it

RESULTS: Mapping[str, Say] = {
    "done": Say("Your request was sent.", "Its card shows how it goes on."),
    "again": Say("This form was submitted before.", "It counts once; its card shows how it goes on."),
    "refused": Say("This cannot be done as things are now.", "Nothing was requested."),
    "moved": Say(
        "The figures changed while the form was open.",
        "Nothing was requested. Check the new figures and submit again.",
    ),
    "not_allowed": Say("You may not do this.", "Nothing was changed."),
    "no_reason": Say("Your team's policy asks for a reason.", "Nothing was requested yet."),
    "no_channel": Say(
        "This needs approval, and no channel for approvals is set up.",
        "Nothing was requested. Whoever runs Maple must set MAPLE_APPROVALS_CHANNEL.",
    ),
    "too_many_of_person": Say(
        f"{MOST_OF_PERSON} of your requests are waiting for approval, which is the limit.",
        "Nothing was requested. Withdraw one, or try again once some are decided.",
    ),
    "too_many_of_channel": Say(
        f"{MOST_OF_CHANNEL} requests from this channel are waiting for approval, which is the limit.",
        "Nothing was requested. Try again once some are decided.",
    ),
    "overtaken": Say(
        "The figures changed since this was shown, so nothing was applied.",
        "The card shows the new ones. Look at them and decide again.",
    ),
    "failed": Say("This can no longer be done, so nothing was applied.", "The card says why."),
    "too_late": Say("Someone already decided this request, or it expired.", "The card shows the outcome."),
    "stale": Say("This card showed older figures.", "Nothing was decided. Look at the card as it is now."),
    "seen_applied": Say(
        "Autumn shows this change, so it was not marked as not applied.",
        "Look at the customer in Autumn. If it is there, mark it as applied; that can be undone.",
    ),
    "unchecked": Say(
        "Maple could not check with Slack whether whoever asked, or approved before, still may.",
        "Nothing was decided. Try again in a minute.",
    ),
    "already": Say("You have approved this already.", "It still needs someone else's approval."),
    "no_undo": Say("This cannot be undone, or is already being undone.", "Nothing was changed."),
    "unknown": Say("Maple cannot find this change.", "Nothing was changed."),
    "trouble": Say("Autumn could not be read.", "Nothing was decided. Try again in a minute."),
    "channel_shared": Say(
        "The channel for approvals is shared with another company, so customer data stays out of it.",
        "Nothing was requested or decided. Whoever runs Maple must set MAPLE_APPROVALS_CHANNEL to one of "
        "your own.",
    ),
    "channel_unchecked": Say(
        "Maple could not check with Slack who is in the channel for approvals.",
        "Nothing was requested or decided. Try again in a minute.",
    ),
    "channel_out": Say(
        "Maple is not in the channel for approvals, or it is archived.",
        "Nothing was requested or decided. Type `/invite @Maple` there, then try again.",
    ),
}
"""By the results of the verbs, and by what stands against the channel for approvals."""

NOT_TAKEN = "Your form was not accepted, so nothing was requested."
YOUR_COPY = "Its card, with *Withdraw*, is in your messages with Maple."
ELSEWHERE = "More than one customer may be meant, or none. Look in the conversation behind this window."

BARRED: Mapping[str, str] = {
    "denied": "A rule of the team's policy forbids you this",
    "no_rule": "No rule of the team's policy lets you do this",
    "own": "You asked for this yourself, so somebody else must decide",
    "not_yours": "Only the person who asked may withdraw this",
    "not_a_member": "Only full members of this workspace may do this",
    "unchecked": "Maple could not check with Slack who you are and what groups you are in",
}
"""By the policy's reasons."""


def barred(why: str, rule_name: str) -> str:
    return f"{why} (rule {rule_name})." if rule_name else f"{why}."
