"""Errors in words."""

import math

from bot.autumn.errors import AutumnError, RateLimited
from bot.kit import phrases
from bot.lookups import labels


def explanation(error: BaseException) -> phrases.Say:
    """What happened and what to do, by the nearest class up the error's tree."""
    kind = error.kind if isinstance(error, AutumnError) else type(error)
    failure = next(labels.FAILURES[ancestor] for ancestor in kind.__mro__ if ancestor in labels.FAILURES)
    if isinstance(error, RateLimited) and error.retry_after:
        return phrases.Say(failure.what, labels.wait(min(3600, max(1, math.ceil(error.retry_after)))))
    return failure


def line(part: str, error: AutumnError) -> str:
    """One line in a card whose other parts could be read."""
    failure = explanation(error)
    return labels.part_failed(part, failure.what, failure.do)
