"""Words of the search and the look-up form."""

from bot.kit.phrases import count

NO_ID_TO_OPEN = (
    "Can't be opened here: this customer has no id in Autumn. Look for them in Autumn's dashboard."
)
ID_TOO_LONG_TO_OPEN = (
    "Can't be opened here: this customer's id is too long for a Slack button. Type `/autumn` and the id."
)

MESSAGE_TITLE = "Customers in a message"
MESSAGE_LOOKING = "Looking for customers in this message…"
MESSAGE_NOBODY = (
    "*No customer found in this message*\nMaple looked for email addresses, ids and links to customers' "
    "pages. Type `/autumn` and part of a name to search by name."
)
MESSAGE_THREAD_UNREAD = "Maple couldn't read the rest of the thread, so it looked in this message only."
MESSAGE_OPENED = (
    "The customer's card is in the conversation behind this window, or in your direct messages with Maple if "
    "Maple isn't in that conversation. Only you can see it."
)
MESSAGE_CHANGE = "Request a change"
NEAR = "Did you mean one of these?"
STILL_SEARCHING = "Still searching Autumn: type one more letter"

MODAL_TITLE = "Look up a customer"
MODAL_SUBMIT = "Look up"
MODAL_CUSTOMER = "Customer"
MODAL_CUSTOMER_HINT = "Type at least two letters of the id, name or email address."
MODAL_PLACEHOLDER = "Id, name or email"
MODAL_PART = "Show"


def matches(query: str, number: int, *, more: bool) -> str:
    if more:
        return f"More than {count(number, 'customer')} match {query}"
    return f"{count(number, 'customer')} match{'es' if number == 1 else ''} {query}"


def matches_more(number: int) -> str:
    return (
        f"Autumn has more matches than these {number:,}. Type more of the name or email to narrow them down."
    )


def nobody(query: str) -> str:
    return (
        f"*No customer found for {query}*\nMaple searched ids, names and email addresses in the Autumn "
        "environment of its key. Nothing was created.\nTry part of the name or email address, or the id "
        "exactly as it is in Autumn."
    )


def stripe_ids_compared(number: int) -> str:
    return (
        f"Autumn can't search by Stripe id, so Maple compared the ids of its newest {number:,} customers. "
        "Try the name or email address."
    )


def did_you_mean(command: str) -> str:
    return f"Did you mean {command}?"
