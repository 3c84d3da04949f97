"""Errors in words."""

import math

from bot.autumn.errors import AutumnError, RateLimited
from bot.lookups import words


def said(error: BaseException) -> words.Say:
    """What happened and what to do, by the nearest class up the error's tree."""
    kind = error.kind if isinstance(error, AutumnError) else type(error)
    say = next(words.FAILURES[one] for one in kind.__mro__ if one in words.FAILURES)
    if isinstance(error, RateLimited) and error.retry_after:
        return words.Say(say.what, words.wait(min(3600, max(1, math.ceil(error.retry_after)))))
    return say


def line(part: str, error: AutumnError) -> str:
    """One line in a card whose other parts could be read."""
    say = said(error)
    return words.part_failed(part, say.what, say.do)
