"""Every word of the Home tab."""

from bot.kit.phrases import count, joined

FIND = "Find a customer"

DECIDING = "Waiting for your decision"
NOTHING_TO_DECIDE = "Nothing is waiting for you."
REQUESTS = "Your requests"
NO_REQUESTS = "You have no requests yet."
RECENT = "Customers you looked up"
DIGESTS = "Digests in your channels"
NO_DIGESTS = "None of your channels has a digest. Type `/autumn digest` in a channel to set one up."
DIGESTS_UNKNOWN = "Maple couldn't check with Slack which channels you are in."
NOT_IN_CHANNEL = "You're no longer in this digest's channel. Nothing was changed."
POWERS = "What you can do"
OPEN_CARD = "Open the request"
LOOK_UP_ONLY = "Look up customers. Your team's policy doesn't let you request changes."


def more(number: int) -> str:
    return f"_and {count(number, 'more request')}_"


def requested_by(who: str, when: str, expires: str) -> str:
    return f"Requested by {who} {when} · expires {expires}"


def requested(when: str) -> str:
    return f"Requested {when}"


def request(titles: list[str]) -> str:
    return f"Request: {joined(titles)}"


def at_once(titles: list[str]) -> str:
    return f"Applied right away: {joined(titles)}"


def sometimes_at_once(titles: list[str]) -> str:
    return f"Applied right away within your team's limits: {joined(titles)}"


def within(limits: str, titles: list[str]) -> str:
    return f"Without approval, {limits}: {joined(titles)}"


def approve(titles: list[str]) -> str:
    return f"Approve or deny: {joined(titles)}"


HISTORY = "See a customer's history"
SET_UP_DIGESTS = "Set up digests"
