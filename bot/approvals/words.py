"""Every word Maple says about changes, in one place.

Arguments are texts that are already safe to show where they go.
"""

from collections.abc import Mapping

from bot.approvals.lifecycle import MOST_OF_CHANNEL, MOST_OF_PERSON, Ending, Event, Now, State
from bot.changes.model import BalanceAction, Kind, LineLabel, RewardAction
from bot.lookups.words import Say, count

KINDS = {
    Kind.BALANCE: "Change of a balance",
    Kind.REWARD: "Change of a reward",
    Kind.DETAILS: "Change of details",
    Kind.DELETION: "Deletion of a customer",
}
UNDO_OF = "Undo"

# Forms

TITLES = {
    Kind.BALANCE: "Change balance",
    Kind.REWARD: "Change reward",
    Kind.DETAILS: "Edit details",
    Kind.DELETION: "Delete customer",
}
"""Up to 24 characters."""
SUBMIT = "Submit change"
CANCEL = "Cancel"
CLOSE = "Close"
LOADING = "Reading this customer from Autumn …"
WORKING = "Checking with Autumn and taking the change in …"
WORKING_MORE = "You can close this window: you will hear of it where you asked."
TOO_LONG = "This customer's id is too long for a form in Slack. Change it in Autumn's dashboard."
REASON = "Reason"
REASON_HINT = "Kept with the change for good, and shown to whoever approves it."
TICKET = "Link to a ticket"
STALE = "The form was still being redrawn for this choice. Look at what it shows now and submit again."
NOT_OFFERED = "This form does not offer that. Pick what to do, then submit again."
REASON_NEEDED = "Say why. The reason is kept with the change."
TICKET_WRONG = "This is not a web address that Maple can keep: it begins with https:// and has no spaces."
CONFIRM_FIRST = "Tick the box to confirm, then submit again."
PREVIEW = "*What changes*"
NOT_YET = "Fill in the form to see what changes, before and after."
REFUSED = ":no_entry: *This cannot be done*"
WARNED = ":warning: *Know this first*"
IN_STRIPE = "The customer in Stripe"
TO_DO_IN_STRIPE = ":warning: *Still to do in Stripe*"
ESTIMATE = "Maple's own estimate, before tax"

FEATURE = "Feature"
PICK_FEATURE = "Pick a feature"
ROW = "Which part of it"
PICK_ROW = "Pick where it comes from"
ROW_HINT = "This feature comes from several sources. The change is made to one of them."
ACTION = "What to do"
ACTIONS = {
    BalanceAction.GIVE: ("Give extra allowance", "Granted and remaining both rise by the amount"),
    BalanceAction.SET: ("Set the balance", "What remains becomes the amount"),
    BalanceAction.USAGE: ("Correct billed usage", "What counts as used becomes the amount"),
    BalanceAction.NONE: ("Only a new reset date", "No figure changes"),
}
"""Label and description, up to 75 characters each."""
AMOUNT = "Amount"
AMOUNT_HINTS = {
    BalanceAction.GIVE: "How many units more: 500, 1,000, 1k, 2.5m",
    BalanceAction.SET: "1,000, 1k, 2.5m. A negative one, -40, is so many units over the limit.",
    BalanceAction.USAGE: "How many units count as used: 0, 1,000, 1k, 2.5m",
}
RESET = "New reset date"
RESET_HINT = "In your own time zone. Leave it empty to keep the reset date."
RESET_ONLY_HINT = "In your own time zone."
PAID_FOR = "paid for"
NO_RESET = "does not reset"
NO_BALANCES = "This customer has no features, so there is no balance to change."
NO_RESET_PICKED = "Pick the new reset date, or another thing to do."
NO_FEATURE_PICKED = "Pick a feature."
NO_ROW_PICKED = "Pick which part of the balance to change."

REWARD_ACTIONS = {
    RewardAction.APPLY: ("Apply a coupon", "A discount on what the customer pays"),
    RewardAction.REDEEM: ("Redeem a promo code", "A grant of features, by its code"),
    RewardAction.REMOVE: ("Remove the coupon", "Takes the customer's own discount away"),
}
COUPON = "Coupon"
PICK_COUPON = "Pick a coupon"
CODE = "Promo code"
CODE_HINT = "Letter for letter, as it is in Autumn."
NO_COUPONS = "Autumn has no coupons. Make one in its dashboard first."
NO_DISCOUNTS = "*Discounts*\nNone."
DISCOUNTS_UNREAD = "*Discounts*\nNot read from Stripe."
ALL_PLANS = "all products"

NAME = "Name"
EMAIL = "E-mail"
FINGERPRINT = "Fingerprint"
FINGERPRINT_HINT = "What keeps one person from starting several trials. Leave it as it is unless you know."
NOTHING_ALTERED = "Nothing is altered yet."

LIVE = "*What is live*"
NOTHING_LIVE = "*What is live*\nNothing: no subscriptions, unpaid invoices, coming invoices or entities."
NOT_IN_STRIPE = (
    "The customer is deleted in Autumn only. *Nothing is deleted or cancelled in Stripe:* subscriptions go "
    "on charging there until they are cancelled there."
)
NEVER_IN_STRIPE = "The customer is deleted in Autumn. They are not in Stripe, so nothing is charged there."
TYPE_ID = "Type the customer's id in full"
UNDERSTOOD = "Last confirmation"
UNDERSTOOD_LABEL = "Delete this customer. It cannot be undone."
UNDERSTOOD_MORE = "I know that Stripe goes on charging until cancelled there."
UNDERSTOOD_MORE_NO_STRIPE = "I know that everything the customer has in Autumn goes with it."


def entities(number: int) -> str:
    return count(number, "entity", "entities")


def off(value: str) -> str:
    return f"{value} off"


def type_id_hint(customer: str) -> str:
    return f"To be sure that it is the right one: {customer}"


def by_code(code: str) -> str:
    return f"Promo code {code}"


def granted_as(balance: str) -> str:
    return f"Granted as {balance}"


def part(told: str) -> str:
    return f"*Part:* {told}"


def row_left(left: str, granted: str) -> str:
    return f"{left} of {granted} left"


def left_out(number: int) -> str:
    return f"{count(number, 'more')} cannot be picked here: the id is too long for Slack."


def needed(number: int) -> str:
    if number == 0:
        return "This is applied as soon as you submit it."
    return f"This needs {count(number, 'approval')} before it is applied."


# Lines

LABELS = {
    LineLabel.GRANTED: "Granted",
    LineLabel.REMAINING: "Remaining",
    LineLabel.USAGE: "Used",
    LineLabel.OVERAGE: "Over the limit",
    LineLabel.RESET: "Resets",
    LineLabel.TOTAL_REMAINING: "Remaining of the feature in all",
    LineLabel.COUPON: "Coupon",
    LineLabel.NEXT_INVOICE: "Next invoice",
    LineLabel.GRANT: "Grant",
    LineLabel.CODE: "Promo code",
    LineLabel.NAME: "Name",
    LineLabel.EMAIL: "E-mail",
    LineLabel.FINGERPRINT: "Fingerprint",
    LineLabel.CUSTOMER: "Customer",
    LineLabel.SUBSCRIPTIONS: "Subscriptions",
    LineLabel.ENTITIES: "Entities",
}
ABSENT = "none"
GIVEN = "given"
GONE_FROM_AUTUMN = "gone from Autumn"
GONE = "no longer shown by Autumn"


def line(label: str, about: str, before: str, after: str) -> str:
    """`Granted: 1,000 → *1,500*`."""
    named = f"{label} {about}".rstrip()
    if before == after:
        return f"{named}: {before}, unchanged"
    return f"{named}: {before} → *{after}*" if before else f"{named}: *{after}*"


def at_least(number: str) -> str:
    return f"at least {number}"


def on_day(day: str) -> str:
    return f"on {day}"


def of_feature(feature: str) -> str:
    return f"of {feature}"


def estimated(told: str) -> str:
    return f"{told} (estimate, before tax)"


# What is asked for, in one line


def give(feature: str, amount: str) -> str:
    return f"Give {amount} extra of {feature}"


def take(feature: str, amount: str) -> str:
    return f"Take {amount} of the allowance of {feature} back"


def set_balance(feature: str, amount: str) -> str:
    return f"Set the balance of {feature} to {amount}"


def correct_usage(feature: str, amount: str) -> str:
    return f"Correct the billed usage of {feature} to {amount}"


def shift(feature: str, amount: str) -> str:
    return f"Move what remains of {feature} by {amount}"


def only_reset(feature: str, moment: str) -> str:
    return f"Move the reset of {feature} to {moment}"


def and_reset(told: str, moment: str) -> str:
    return f"{told}, and move its reset to {moment}"


def apply_coupon(coupon: str) -> str:
    return f"Apply the coupon {coupon}"


def redeem(code: str) -> str:
    return f"Redeem the promo code {code}"


REMOVE_COUPON = "Remove the coupon"
DELETE = "Delete the customer in Autumn"


def edit(fields: str) -> str:
    return f"Change {fields}"


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
    State.OVERTAKEN: ":fast_forward: *Overtaken: nothing was changed*",
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
    State.OVERTAKEN: "overtaken",
}
OVERTAKEN = (
    "What it was asked on no longer holds. These are the figures as they are now; ask again if it is still "
    "wanted."
)
EXPIRED = "Nobody decided in time. Ask again if it is still wanted."
ANEW = (
    "*The figures moved since it was asked.* These are the new ones; earlier approvals do not count for them."
)
WAIT_FOR_IT = "Maple is writing this to Autumn and reads it back. This card will say what happened."
UNDONE = "It was undone."
UNDOING = "An undo of it is under way or was asked for."
NOW_SHOWN = "*What Autumn shows now*"
NOW_UNKNOWN = "*What Autumn shows now*\nMaple could not read it, or the customer is gone. Look in Autumn."
NOW_UNREAD = "*What Autumn shows now*\nMaple could not read it. Look in Autumn."
NOW_GONE = "*What Autumn shows now*\nThe customer is not there any more."
NOW_NOT_THERE = "*What Autumn shows now*\nMaple read it, and this balance is not there any more."
NO_GRANT = "*What Autumn shows now*\nMaple read it, and the grant is not there."
PART_OF_GRANT = "*What Autumn shows now*\nMaple read it, and what is there is not what the grant was to give."
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

ENDINGS: Mapping[Ending, str] = {
    Ending.DONE: "Autumn was read back and shows the change.",
    Ending.FOUND_DONE: "Autumn's answer was lost, but it was read back and shows the change.",
    Ending.MARKED_APPLIED: "A person looked and said that it was applied.",
    Ending.NOT_REACHED: "Autumn could not be reached. Ask again in a minute.",
    Ending.AUTUMN_REFUSED: "Autumn refused it. {why}",
    Ending.RATE_LIMITED: "Autumn is limiting requests, so it was not done. Ask again in a minute.",
    Ending.GUARDED: "As things are now, it must not be done:",
    Ending.CUSTOMER_GONE: "The customer is no longer in Autumn.",
    Ending.NOT_AS_ASKED: (
        "What is stored of this change is not what was asked for or approved, so nothing was sent. "
        "Whoever runs Maple should run `maple audit verify`."
    ),
    Ending.NOT_READ: "Autumn could not be read just before, so nothing was sent. Ask again in a minute.",
    Ending.BUSY: "Another change of the same customer took too long, so nothing was sent. Ask again.",
    Ending.ASKER_NOT_ALLOWED: "The person who asked for this is no longer allowed to ask for it.",
    Ending.INTERRUPTED: "Maple was stopped before anything was sent. Ask again.",
    Ending.MARKED_NOT_APPLIED: "A person looked and said that it was not applied.",
    Ending.NOT_SEEN: "Autumn said yes.",
    Ending.NO_ANSWER: "Autumn's answer was cut off or did not come.",
    Ending.AUTUMN_BROKE: "Autumn had an error of its own, which does not tell how far it got.",
    Ending.DUPLICATE: "Autumn says it had got the same change before.",
    Ending.REFUSED_YET_MOVED: "Autumn refused it. {why}",
    Ending.PARTLY: "One of several steps did not go through.",
    Ending.CUT_OFF: "Maple was stopped in the middle.",
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


def and_others(number: int) -> str:
    return f"and {count(number, 'other')}"


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
    "first: if the figures moved, nothing runs."
)
APPROVE_DELETION_TITLE = "Approve this deletion?"
APPROVE_DELETION_TEXT = (
    "The customer is deleted in Autumn. It cannot be undone, and nothing is cancelled in Stripe."
)
WITHDRAW_TITLE = "Withdraw this?"
WITHDRAW_TEXT = "Nobody can approve it any more. You can ask again."
UNDO_TITLE = "Undo this?"
UNDO_TEXT = "Undoing is a change of its own: it may need approval, and you will hear of it."
MARK_TITLE = "Have you looked in Autumn?"
MARK_APPLIED_TEXT = "You say that the change is there in Autumn. This is kept with your name."
MARK_NOT_APPLIED_TEXT = "You say that the change is not there in Autumn. This is kept with your name."

DENY_TITLE = "Deny this change"
DENY_SUBMIT = "Deny"
DENY_REASON = "Why"
DENY_HINT = "The person who asked will read this."
DENY_REASON_NEEDED = "Say why, so that the person who asked knows."

# History

HISTORY = "History"
HISTORY_TITLE = "*Changes of this customer*"
NO_HISTORY = "Nothing was changed for this customer with Maple."
STEPS: Mapping[Event, str] = {
    Event.ASKED: "asked by {by}",
    Event.APPROVED: "approved by {by}",
    Event.DENIED: "denied by {by}",
    Event.WITHDRAWN: "withdrawn by {by}",
    Event.EXPIRED: "expired",
    Event.OVERTAKEN: "the figures moved, previewed anew",
    Event.APPLYING: "applying began",
    Event.WRITING: "written to Autumn",
    Event.APPLIED: "applied",
    Event.FAILED: "failed, nothing changed",
    Event.UNCONFIRMED: "unconfirmed",
    Event.MARKED: "settled by {by}",
    Event.UNDONE: "undone",
    Event.SHOWN: "shown",
    Event.REDRAW: "shown again",
}
MAPLE = "Maple"
POLICY = "the policy"


UNDONE_STATE = "undone"


def history_line(moment: str, asked: str, state: str) -> str:
    return f"{moment} · *{asked}* · {state}"


def step(moment: str, what: str) -> str:
    return f"{moment} · {what}"


def more_steps(number: int) -> str:
    return f"and {count(number, 'more step')}"


# The row of buttons on a customer's card

CHANGE_BALANCE = "Change balance"
CHANGE_REWARD = "Change reward"
EDIT_DETAILS = "Edit details"
DELETE_CUSTOMER = "Delete customer"

# What came of a click or a submission, where the card alone does not say it

RESULTS: Mapping[str, Say] = {
    "done": Say("It was taken in.", "The change's card shows what comes of it."),
    "again": Say("This form was submitted before.", "It is one change, and its card shows what comes of it."),
    "refused": Say("As things are now, this cannot be done.", "Nothing was asked for."),
    "moved": Say(
        "The figures moved while the form was open.",
        "Nothing was asked for. Look at the new ones and submit again.",
    ),
    "not_allowed": Say("You may not do this.", "Nothing was changed."),
    "no_reason": Say("The team's policy wants a reason for this.", "Nothing was asked for yet."),
    "no_channel": Say(
        "This needs approval, and there is no channel to ask in.",
        "Nothing was asked for. Whoever runs Maple must set MAPLE_APPROVALS_CHANNEL.",
    ),
    "too_many_of_person": Say(
        f"{MOST_OF_PERSON} requests of yours wait for approval, which is as many as may.",
        "Nothing was asked for. Withdraw one, or try again once some are decided.",
    ),
    "too_many_of_channel": Say(
        f"{MOST_OF_CHANNEL} requests from this channel wait for approval, which is as many as may.",
        "Nothing was asked for. Try again once some are decided.",
    ),
    "overtaken": Say(
        "The figures moved since this was shown, so nothing was run.",
        "The card shows the new ones. Look at them and decide again.",
    ),
    "failed": Say("This cannot be done any more, so nothing was run.", "The card says why."),
    "too_late": Say("Somebody was first, or its time was up.", "The card shows what it has come to."),
    "stale": Say("This showed older figures.", "Nothing was decided. Look at the card as it is now."),
    "seen_applied": Say(
        "Autumn shows this change, so it was not marked as not applied.",
        "Look at the customer in Autumn. If it is there, mark it as applied; that can be undone.",
    ),
    "unchecked": Say(
        "Maple could not check with Slack whether whoever asked, or approved before, still may.",
        "Nothing was decided. Try again in a minute.",
    ),
    "already": Say("You have approved this already.", "It waits for somebody else's approval."),
    "no_undo": Say("There is no undo for this, or it is under way or done.", "Nothing was changed."),
    "unknown": Say("Maple does not know this change.", "Nothing was changed."),
    "trouble": Say("Autumn could not be read.", "Nothing was decided. Try again in a minute."),
    "channel_shared": Say(
        "The channel for approvals is shared with another company, so customer data stays out of it.",
        "Nothing was asked for or decided. Whoever runs Maple must set MAPLE_APPROVALS_CHANNEL to one of "
        "your own.",
    ),
    "channel_unchecked": Say(
        "Maple could not check with Slack who is in the channel for approvals.",
        "Nothing was asked for or decided. Try again in a minute.",
    ),
    "channel_out": Say(
        "Maple is not in the channel for approvals, or it is archived.",
        "Nothing was asked for or decided. Type `/invite @Maple` there, then try again.",
    ),
}
"""By the results of the verbs, and by what stands against the channel for approvals."""

NOT_TAKEN = "The form was not taken, so nothing was asked for."
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
