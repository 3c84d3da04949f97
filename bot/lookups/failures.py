"""Errors in words."""

import math

from bot.autumn.errors import AutumnError, RateLimited
from bot.kit import phrases
from bot.lookups import labels


def said(error: BaseException) -> phrases.Say:
    """What happened and what to do, by the nearest class up the error's tree."""
    kind = error.kind if isinstance(error, AutumnError) else type(error)
    say = next(labels.FAILURES[one] for one in kind.__mro__ if one in labels.FAILURES)
    if isinstance(error, RateLimited) and error.retry_after:
        return phrases.Say(say.what, labels.wait(min(3600, max(1, math.ceil(error.retry_after)))))
    return say


def line(part: str, error: AutumnError) -> str:
    """One line in a card whose other parts could be read."""
    say = said(error)
    return labels.part_failed(part, say.what, say.do)
