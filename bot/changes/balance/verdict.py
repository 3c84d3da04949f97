"""What became of a figure that was to be moved, while the customer goes on using it.

Usage only ever lowers what is left, so what is read back is at most what the write left, or at most what
was there when it was not done.
"""

from decimal import Decimal

from bot.changes.canonical import near
from bot.changes.model import Verdict

_LIKELIER = 4


def settled(was: Decimal, wanted: Decimal, now: Decimal) -> Verdict:
    """Of what was left, what it was to become, and what is read back."""
    if near(now, wanted):
        return Verdict.APPLIED
    if near(now, was):
        return Verdict.NOT_APPLIED
    low, high = min(was, wanted), max(was, wanted)
    if now > high:  # neither of the two, less usage: somebody else moved it
        return Verdict.UNCLEAR
    if now > low:
        return _which(high, wanted)
    # Below both, either may have been used down to here. The lower is taken when the other would need five
    # times the usage or more within the moments between the readings; else it is left open.
    return _which(low, wanted) if _LIKELIER * (low - now) <= high - low else Verdict.UNCLEAR


def _which(one: Decimal, wanted: Decimal) -> Verdict:
    return Verdict.APPLIED if one == wanted else Verdict.NOT_APPLIED
