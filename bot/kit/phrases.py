"""Phrases that cards of every feature share."""

from collections.abc import Sequence
from typing import NamedTuple

CANCEL = "Cancel"
NOT_NOW = "Not now"

MAPLE = "Maple"

PREVIOUS = "Previous"
NEXT = "Next"

NONE = "–"

HOME_TITLE = "Maple"

MODAL_CLOSE = "Close"


def joined(parts: Sequence[str]) -> str:
    """`a, b and c`."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else "".join(parts)


def count(number: int, singular: str, plural: str = "") -> str:
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


def and_more(number: int) -> str:
    return f"_and {number:,} more_"


def credit(amount: str) -> str:
    return f"{amount} credit"


def page(number: int, pages: int, left: int) -> str:
    return (
        f"Page {number} of {pages:,} · {left:,} left" if left else f"Page {number} of {pages:,} · last page"
    )


def left_out(number: int) -> str:
    return f"_{count(number, 'more part')} left out: too long for one Slack message_"


def more_lines(number: int) -> str:
    return f"… and {count(number, 'more line')}"


class Say(NamedTuple):
    what: str
    do: str


def and_others(number: int) -> str:
    return f"and {count(number, 'other')}"
