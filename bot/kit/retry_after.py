"""Retry-After as it comes: whole seconds, a fraction of one, a date, or something else entirely."""

import math
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


def seconds(value: str) -> float | None:
    """Seconds from now, at least 0; None if the value is not understood."""
    try:
        number = float(value)
    except ValueError:
        return _until(value)
    return max(0.0, number) if math.isfinite(number) else None


def _until(value: str) -> float | None:
    try:
        at = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, (at.replace(tzinfo=at.tzinfo or UTC) - datetime.now(UTC)).total_seconds())
