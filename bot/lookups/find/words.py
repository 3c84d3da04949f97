"""Words of the find."""

from bot.kit.phrases import count

NO_ID_TO_OPEN = "Cannot be opened here: it has no id in Autumn. Find it in Autumn's dashboard."
ID_TOO_LONG_TO_OPEN = (
    "Cannot be opened here: its id is too long for a Slack button. Type `/autumn` and the id."
)

MODAL_TITLE = "Look up a customer"
MODAL_SUBMIT = "Look up"
MODAL_CUSTOMER = "Customer"
MODAL_CUSTOMER_HINT = "Type at least two letters of the id, the name, or the e-mail address."
MODAL_PLACEHOLDER = "Id, name or e-mail"
MODAL_PART = "Show"


def matches(query: str, number: int, *, more: bool) -> str:
    if more:
        return f"More than {count(number, 'customer')} match {query}"
    return f"{count(number, 'customer')} match{'es' if number == 1 else ''} {query}"


def matches_more(number: int) -> str:
    return (
        f"Autumn has more matches than these {number:,}. Type more of the name or e-mail to narrow them down."
    )


def nobody(query: str) -> str:
    return (
        f"*No customer found for {query}*\nAutumn's ids, names and e-mail addresses were searched, in the "
        "environment that Maple's key belongs to. Nothing was created.\nTry a part of the name or the e-mail "
        "address, or the id as it is in Autumn."
    )


def stripe_ids_compared(number: int) -> str:
    return (
        f"Autumn cannot search by Stripe id, so Maple compared those of its newest {number:,} customers. Try "
        "the name or the e-mail address."
    )


def did_you_mean(command: str) -> str:
    return f"Did you mean {command}?"
