"""What people read about requests and their outcome. Arguments are already escaped."""

from collections.abc import Mapping

from bot.access.rules import BUILT_IN_RULE, Verb
from bot.approvals.lifecycle import MOST_OF_CHANNEL, MOST_OF_PERSON, Cause, ChangeEvent, State
from bot.approvals.results import Result
from bot.changes.model import Now, PaymentPage
from bot.kit import text
from bot.kit.phrases import Say, count

UNDO_OF = "Undo"

# States

HEADLINES = {
    State.WAITING: ":hourglass_flowing_sand: *Waiting for approval*",
    State.APPROVED: ":arrows_counterclockwise: *Approved. Applying…*",
    State.APPLYING: ":arrows_counterclockwise: *Applying…*",
    State.APPLIED: ":white_check_mark: *Applied*",
    State.FAILED: ":x: *Failed: nothing was changed*",
    State.UNCONFIRMED: ":warning: *Unconfirmed: it may have been applied*",
    State.DENIED: ":no_entry: *Denied: nothing was changed*",
    State.WITHDRAWN: ":leftwards_arrow_with_hook: *Withdrawn: nothing was changed*",
    State.EXPIRED: ":alarm_clock: *Expired: nothing was changed*",
    State.SUPERSEDED: ":fast_forward: *Outdated: nothing was changed*",
}
AWAITS_PAYMENT = ":credit_card: *Waiting for the customer to pay: nothing is changed yet*"
AWAITS_PAYMENT_STATE = "waiting for the customer to pay"
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
    State.SUPERSEDED: "outdated",
}
SUPERSEDED = (
    "The numbers changed since this was requested. These are the current ones; request it again if it is "
    "still needed."
)
EXPIRED = "Nobody decided in time. Request it again if it is still needed."
ANEW = (
    "*The numbers changed since this was requested.* These are the new ones; earlier approvals don't count."
)
EDITED = "*Edited by the person who requested it.* Earlier approvals don't count."
WAIT_FOR_IT = (
    "Maple is making this change in Autumn and will then check it there. This card will show the outcome."
)
UNDONE = "This was undone."
UNDONE_HEADLINE = ":leftwards_arrow_with_hook: *Undone*"
UNDOING = "An undo was requested or is being applied."
WITHHELD = (
    "This channel is now shared with another company, so Maple no longer shows the request here. The person "
    "who requested it can find it in their direct messages with Maple."
)
READ_BACK: Mapping[Now, str] = {
    Now.UNREAD: "Maple couldn't read the customer again to confirm.",
    Now.GONE: "Maple checked in Autumn: the customer is no longer there.",
    Now.ABSENT: "Maple checked in Autumn: the change isn't there. It may still arrive.",
    Now.UNCLEAR: "Maple checked in Autumn: the numbers don't say for certain whether it was applied.",
    Now.BLURRED: (
        "Maple checked in Autumn: the numbers fit, but another change to this customer may be the reason. "
        "Compare the two in the history."
    ),
}
SETTLE_PAYMENT: Mapping[PaymentPage | None, str] = {
    PaymentPage.INVOICE: (
        "The open invoice is on the customer's Invoices tab. Once it is paid, *Check again* confirms this. "
        "If it will not be paid, void it in Stripe and mark this as not applied."
    ),
    PaymentPage.CHECKOUT: (
        "The customer pays with the checkout link that Autumn made; there is no open invoice. Once they have "
        "paid, *Check again* confirms this. If they aren't going to pay, expire the checkout in Stripe, or "
        "wait until it has expired, and only then mark this as not applied."
    ),
    None: (
        "Once the customer has paid, *Check again* confirms this. If they aren't going to pay, void the open "
        "invoice in Stripe or, if there is none, let the checkout expire, and only then mark this as not "
        "applied."
    ),
}
"""None: not known which."""
PAYMENT_LINK = "Payment link for the customer"
PAYMENT_LINK_PRIVATE = "Only you get this link, and Maple doesn't keep it. Send it only to the customer."
PAYMENTS: Mapping[str, str] = {
    "3ds_required": "Their bank asks them to confirm the payment.",
    "payment_method_required": "They have no card on file.",
    "payment_failed": "Their card was declined.",
    "payment_processing": "The payment is being processed.",
}
"""Why it is not paid yet, by Autumn's code."""
SETTLE = (
    "*Check again* reads the customer once more. If it stays unclear, look in Autumn and mark it as applied "
    "or not applied. Maple will not send it again."
)

ENDINGS: Mapping[Cause, str] = {
    Cause.DONE: "Maple checked in Autumn: the change was applied.",
    Cause.FOUND_DONE: "Maple got no clear answer from Autumn, but checked there: the change was applied.",
    Cause.MARKED_APPLIED: "Someone looked in Autumn and marked it as applied.",
    Cause.NOT_REACHED: "Maple couldn't reach Autumn. Request it again in a minute.",
    Cause.AUTUMN_REFUSED: "Autumn refused it. {why}",
    Cause.RATE_LIMITED: "Autumn was getting too many requests and refused it. Request it again in a minute.",
    Cause.GUARDED: "This can no longer be done:",
    Cause.CUSTOMER_GONE: "The customer is no longer in Autumn.",
    Cause.NOT_AS_ASKED: (
        "The stored request differs from the one in the audit trail, so nothing was sent. Your Maple admin "
        "should run `maple audit verify`."
    ),
    Cause.NOT_READ: (
        "Maple couldn't read the customer from Autumn, so nothing was sent. Request it again in a minute."
    ),
    Cause.BUSY: "Another change to this customer took too long, so nothing was sent. Request it again.",
    Cause.REQUESTER_NOT_ALLOWED: "The person who requested this is no longer allowed to request it.",
    Cause.INTERRUPTED: "Maple was stopped before anything was sent. Request it again.",
    Cause.MARKED_NOT_APPLIED: "Someone looked in Autumn and marked it as not applied.",
    Cause.AWAITS_PAYMENT: "Autumn makes this change once the customer has paid.{payment}",
    Cause.NOT_SEEN: "Autumn accepted it, but the change didn't show up when Maple checked.",
    Cause.NO_ANSWER: "Autumn's answer was cut off or never came.",
    Cause.AUTUMN_BROKE: "Autumn failed with an internal error, which doesn't say how far it got.",
    Cause.DUPLICATE: "Autumn says it already received this change.",
    Cause.REFUSED_YET_MOVED: (
        "Autumn refused it, but Maple can't confirm that nothing changed. Check in Autumn before you request "
        "it again."
    ),
    Cause.PARTLY: "Some of the steps went through, but not all.",
    Cause.CUT_OFF: "Maple was stopped in the middle.",
}


def requested_by(who: str, when: str) -> str:
    return f"*Requested by* {who}, {when}"


def reason(text: str) -> str:
    return f"*Reason:* {text}"


NO_REASON = "*Reason:* none given"
TICKET_LINK = "Ticket"


PAST_DUE = "*past due*"


def owed(amount: str) -> str:
    return f"*{amount} unpaid*"


def title(customer: str, summary: str, worth: str) -> str:
    return f"*{customer}* · {summary}" + (f" (≈ {worth})" if worth else "")


def earlier(number: int, days: int, newest: str) -> str:
    return f"*Earlier:* {count(number, 'change')} like this in the last {days} days. {newest}"


def newest(summary: str, when: str) -> str:
    return f"The last: {summary}, {when}"


def also_open(number: int) -> str:
    return f"*Also waiting for this customer:* {count(number, 'other request')}"


def may_approve(who: str) -> str:
    return f"*Who can approve:* {who}"


def may_request(who: str) -> str:
    return f"*Who can request it:* {who}"


def wished_by(who: str) -> str:
    return f"*Asked for by* {who}, who isn't allowed to request it"


def asked_for(who: str, task: str) -> str:
    return f"*{who} is asking you* {task}."


ASKED_OF: Mapping[Verb, str] = {
    Verb.ASK: "to request a bulk change",
    Verb.APPROVE: "to decide on this request",
    Verb.MARK: "to say whether this unconfirmed change was applied",
    Verb.UNDO: "to undo this",
    Verb.WITHDRAW: "to withdraw this",
    Verb.HISTORY: "for the history of a customer",
    Verb.LINK: "for a customer portal or payment link",
    Verb.DIGESTS: "to set up or change digests or alerts",
}
"""What someone asks those who may to do, after *is asking you*."""


def asked_in(channel: str) -> str:
    return f"Type `/autumn digest` or `/autumn alerts` in {channel}."


def asked_about(customer: str) -> str:
    return f"Customer {customer}"


OPEN_FORM = "Open the form"
OPEN_CARD = "Open the request"
CHECK_LIST = "Check the list"


def details(customer: str, reference: str, rule: str) -> str:
    return " · ".join(part for part in (f"Details: {customer}", reference, rule) if part)


UNDONE_CHANGE = "change"
UNDO_REQUEST = "request"


def undoes(change: str, reference: str) -> str:
    """`change`: UNDONE_CHANGE, as a link to its card if that is known."""
    return f"*Undoes* {change} {reference}"


def undo(request: str, reference: str) -> str:
    """`request`: UNDO_REQUEST, likewise a link."""
    return f"*Undo:* {request} {reference}"


def waits_for(mentions: str) -> str:
    return f"Please decide: {mentions}"


def reminder(customer: str, summary: str, waiting: str) -> str:
    return f":bell: *Still waiting for approval:* {customer} · {summary}\n{waiting}"


def rule(name: str) -> str:
    """`name`: not escaped yet; empty if no rule decided."""
    if name == BUILT_IN_RULE:
        return "Built-in rule"
    shown = text.code(name, 60)
    return f"Rule {shown}" if shown else ""


def expires(moment: str) -> str:
    return f"Expires {moment}"


def approvals(number: int, of: int, who: str) -> str:
    so_far = f"{number} of {count(of, 'approval')}"
    return f"{so_far}: {who}" if who else so_far


def not_counted(who: str) -> str:
    return f"Not counted, because they are no longer allowed to approve this: {who}"


RIGHT_AWAY = "Applied right away, as the policy allows"


def approved_by(who: str) -> str:
    return f"Approved by {who}"


def by(who: str, when: str) -> str:
    return f"By {who}, {when}"


def comment(text: str) -> str:
    return f"*Their reason:* {text}"


def marked_by(who: str, when: str) -> str:
    return f"Marked by {who}, {when}"


def reference(change: str, version: int) -> str:
    return f"Change {change}" + (f", version {version}" if version > 1 else "")


APPROVE = "Approve"
DENY = "Deny"
WITHDRAW = "Withdraw"
EDIT = "Edit request…"
UNDO = "Undo"
CHECK_AGAIN = "Check again"
MARK_APPLIED = "Mark as applied"
MARK_NOT_APPLIED = "Mark as not applied"
APPROVE_TITLE = "Approve this on live?"
APPROVE_TEXT = (
    "It is applied to the live customer as soon as there are enough approvals. Maple reads the customer "
    "again first: if the change no longer fits, nothing is applied."
)
WITHDRAW_TITLE = "Withdraw this?"
WITHDRAW_TEXT = "Nobody can approve it after that. You can request it again."
MARK_TITLE = "Have you looked in Autumn?"
MARK_APPLIED_TEXT = "You confirm that Autumn shows the change. This is recorded with your name."
MARK_NOT_APPLIED_TEXT = "You confirm that Autumn does not show the change. This is recorded with your name."

DENY_TITLE = "Deny this request"
DENY_SUBMIT = "Deny"
REASON = "Reason"
DENY_HINT = "The person who requested this will read it."
UNDO_TITLE = "Undo this change"
UNDO_SUBMIT = "Request undo"
UNDO_HINT = "An undo is a request like any other: it may need approval, and Maple tells you the outcome."
UNDO_REASON_NEEDED = "Give a reason, so that approvers know why."
DENY_REASON_NEEDED = "Give a reason, so that the person who requested this knows why."

ASK_AGAIN = "Request it again"
ASK_AGAIN_CHANGED = "Edit and request again"


def outcome(headline: str, customer: str, summary: str) -> str:
    """The first line is the push notification."""
    return f"{headline}\n*{customer}* · {summary}"


# History

HISTORY = "History"

HISTORY_TITLE = "*History*"
NO_HISTORY = "Nobody has changed this customer with Maple yet."
STEPS: Mapping[ChangeEvent, str] = {
    ChangeEvent.ASKED: "requested by {by}",
    ChangeEvent.APPROVED: "approved by {by}",
    ChangeEvent.DENIED: "denied by {by}",
    ChangeEvent.WITHDRAWN: "withdrawn by {by}",
    ChangeEvent.EXPIRED: "expired",
    ChangeEvent.SUPERSEDED: "outdated: the numbers changed",
    ChangeEvent.EDITED: "edited by {by}",
    ChangeEvent.APPLYING: "applying",
    ChangeEvent.WRITING: "written to Autumn",
    ChangeEvent.APPLIED: "applied",
    ChangeEvent.FAILED: "failed: nothing was changed",
    ChangeEvent.UNCONFIRMED: "unconfirmed",
    ChangeEvent.MARKED: "marked by {by}",
    ChangeEvent.CHECKED: "checked again by {by}",
    ChangeEvent.UNDONE: "undone by {by}",
    ChangeEvent.SHOWN: "shown",
    ChangeEvent.REDRAW: "shown again",
}
POLICY = "the policy"


UNDONE_STATE = "undone"


def history_line(moment: str, summary: str, state: str) -> str:
    return f"{moment} · *{summary}* · {state}"


def history_reason(reason: str, ticket: str) -> str:
    return " · ".join(part for part in (reason, ticket) if part)


def step(moment: str, sentence: str) -> str:
    return f"{moment} · {sentence}"


def more_steps(number: int) -> str:
    return f"and {count(number, 'more step')}"


# The result of a click or a submission

RESULTS: Mapping[Result, Say] = {
    Result.DONE: Say("Your request was received.", "Its card shows what happens next."),
    Result.AGAIN: Say(
        "You already submitted this form.", "It counts once; its card shows what happens next."
    ),
    Result.REFUSED: Say("This can't be done now.", "Nothing was requested."),
    Result.MOVED: Say(
        "The numbers changed while the form was open.",
        "Nothing was requested. Check the new numbers and submit again.",
    ),
    Result.NOT_ALLOWED: Say("You aren't allowed to do this.", "Nothing was changed."),
    Result.NOT_APPROVED: Say(
        "Not enough of the people who approved the list can approve this change as it is now.",
        "Nothing was changed. Request it on its own.",
    ),
    Result.GATHERED: Say(
        "You already added this change to a list.",
        "It wasn't requested separately. If the list is still there, `/autumn bulk` shows it.",
    ),
    Result.NO_REASON: Say("Your team's policy requires a reason.", "Nothing was requested yet."),
    Result.NO_CHANNEL: Say(
        "This needs approval, and no approvals channel is set up.",
        "Nothing was requested. Your Maple admin must set MAPLE_APPROVALS_CHANNEL.",
    ),
    Result.TOO_MANY_OF_PERSON: Say(
        f"{MOST_OF_PERSON} of your requests are waiting for approval, which is the limit.",
        "Nothing was requested. Withdraw one, or try again once some are decided.",
    ),
    Result.TOO_MANY_OF_CHANNEL: Say(
        f"{MOST_OF_CHANNEL} requests from this channel are waiting for approval, which is the limit.",
        "Nothing was requested. Try again once some are decided.",
    ),
    Result.SUPERSEDED: Say(
        "The numbers changed since this was shown, so nothing was applied.",
        "The card shows the new ones. Check them and decide again.",
    ),
    Result.FAILED: Say("This can no longer be done, so nothing was changed.", "The card says why."),
    Result.TOO_LATE: Say(
        "Someone already decided this request, or it expired.", "The card shows the outcome."
    ),
    Result.ALREADY_SETTLED: Say("This change already has an outcome.", "The card shows the outcome."),
    Result.STALE: Say("This card showed old numbers.", "Nothing was decided. Check the card as it is now."),
    Result.SEEN_APPLIED: Say(
        "Autumn shows this change, so Maple didn't mark it as not applied.",
        "Look at the customer in Autumn. If the change is there, mark it as applied.",
    ),
    Result.SEEN_NOT_APPLIED: Say(
        "Autumn doesn't show this change, so Maple didn't mark it as applied.",
        "If it may still come, for example once the customer has paid, check again later. If not, mark it "
        "as not applied.",
    ),
    Result.STILL_UNCONFIRMED: Say(
        "Maple read the customer again, and it is still not clear whether this was applied.",
        "The card shows what Autumn has now. Check again later, or look in Autumn and mark it.",
    ),
    Result.UNCHECKED: Say(
        "Maple couldn't check with Slack whether the requester and earlier approvers still have permission.",
        "Nothing was decided. Try again in a minute.",
    ),
    Result.ALREADY: Say("You already approved this.", "It still needs someone else's approval."),
    Result.PASSED_ON: Say(
        "Maple asked the people who can do this.",
        "Nothing was changed yet. They can find it in the approvals channel or in their direct messages with "
        "Maple.",
    ),
    Result.NOBODY_TO_ASK: Say(
        "Maple found no one in particular to ask.",
        "Nothing was changed. Ask a colleague who can do this.",
    ),
    Result.MAYBE_PASSED_ON: Say(
        "Maple can't tell whether your message reached the people who can do this.",
        "Slack didn't confirm it. Nothing was changed. If no one answers, ask a colleague directly.",
    ),
    Result.ASKED_BEFORE: Say(
        "You already asked for this.",
        "Maple asks only once, so it sent nothing this time. Nothing was changed. If no one answers, ask a "
        "colleague directly.",
    ),
    Result.MAY_YOURSELF: Say("You can do this yourself.", "Nothing was changed. Open it again to continue."),
    Result.NO_EDIT: Say(
        "This request can't be edited like that.",
        "Nothing was changed. Withdraw it, and request what is needed instead.",
    ),
    Result.NO_UNDO: Say("This can't be undone, or is already being undone.", "Nothing was changed."),
    Result.FAULT: Say(
        "Something went wrong in Maple, so nothing was sent.", "Your Maple admin can find it in the log."
    ),
    Result.UNKNOWN: Say("Maple can't find this change.", "Nothing was changed."),
    Result.TROUBLE: Say(
        "Maple couldn't read the customer from Autumn.", "Nothing was decided. Try again in a minute."
    ),
    Result.CHANNEL_SHARED: Say(
        "The approvals channel is shared with another company, so customer data stays out of it.",
        "Nothing was requested or decided. Your Maple admin must set MAPLE_APPROVALS_CHANNEL to a channel "
        "that isn't shared.",
    ),
    Result.CHANNEL_UNCHECKED: Say(
        "Maple couldn't check with Slack who is in the approvals channel.",
        "Nothing was requested or decided. Try again in a minute.",
    ),
    Result.CHANNEL_OUT: Say(
        "Maple is not in the approvals channel, or the channel is archived.",
        "Nothing was requested or decided. Type `/invite @Maple` there, then try again.",
    ),
}

NOT_ACCEPTED = "Your form was not accepted, so nothing was requested."
YOUR_CARD = (
    "You can close this window. You can edit or withdraw the request in your direct messages with Maple, and "
    "the outcome will appear there."
)
