"""What a billing control says, in a few words."""

from decimal import Decimal, InvalidOperation
from typing import Any

from bot.changes.control import words
from bot.changes.control.entries import Entry
from bot.changes.control.input import ControlType
from bot.kit import numbers


def value_of(control: str, entry: Entry) -> str:
    """Not yet made safe."""
    enabled = entry.get("enabled", control == ControlType.USAGE)
    if not enabled:
        return words.OFF
    if control == ControlType.SPEND:
        limit = _number(entry.get("overage_limit"))
        percentage = entry.get("limit_type") == "usage_percentage"
        return words.percent(limit) if percentage else words.units(limit)
    if control == ControlType.USAGE:
        return words.per(_number(entry.get("limit")), str(entry.get("interval") or ""))
    if control == ControlType.OVERAGE:
        return words.ALLOWED
    return words.units(_number(entry.get("threshold")))


def _number(value: Any) -> str:
    try:
        return numbers.number(Decimal(str(value)))
    except InvalidOperation:
        return "–"
