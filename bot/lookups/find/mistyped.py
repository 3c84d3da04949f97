"""Customers whom a mistyped text may mean. Pure."""

import difflib
from collections.abc import Iterable

from bot.autumn.models import Customer
from bot.lookups.find.query import bare, cut, fold

_STEM = 3
"""The first letters of a mistyped name, which are assumed to be right."""
_LONGEST = 60
_CLOSE = 0.75
_MOST = 5


def stem(text: str) -> str:
    """What to search for: the first letters of the text. Empty if it is too short or too long to be a
    mistyped name."""
    typed = _typed(text)
    return typed[:_STEM] if _STEM < len(typed) <= _LONGEST else ""


def near(text: str, customers: Iterable[Customer]) -> tuple[Customer, ...]:
    """Those of the customers whose name, id or email is nearly the text, the nearest first."""
    likeness = difflib.SequenceMatcher(None, b=fold(_typed(text)))
    rated = [(_likeness(likeness, customer), customer) for customer in customers if customer.id]
    likely = sorted((pair for pair in rated if pair[0] >= _CLOSE), key=lambda pair: -pair[0])
    return tuple(customer for _, customer in likely[:_MOST])


def _typed(text: str) -> str:
    """The text without the quotes around it."""
    return bare(cut(text))


def _likeness(likeness: difflib.SequenceMatcher[str], customer: Customer) -> float:
    """From 0 to 1; 0 for what is not close."""
    name = fold(customer.name)
    best = 0.0
    for known in {name, *name.split(), fold(customer.id or ""), *fold(customer.email).partition("@")[::2]}:
        likeness.set_seq1(known)
        # The first two are upper bounds, and soon computed.
        if likeness.real_quick_ratio() >= _CLOSE and likeness.quick_ratio() >= _CLOSE:
            best = max(best, likeness.ratio())
    return best
