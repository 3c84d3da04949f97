"""What a billing control says, in a few words."""

from decimal import Decimal
from typing import Any

from bot.changes.control import entries, properties, words
from bot.changes.control.words import ControlType
from bot.kit import numbers, phrases
from bot.lookups import controls
from bot.lookups.controls import Entry

_ONCE = Decimal(1)


def value_of(control: str, entry: Entry) -> str:
    """Not yet made safe."""
    if not controls.enabled(control, entry):
        return words.OFF
    if control == ControlType.SPEND:
        limit = _number(entry.get("overage_limit"))
        percentage = entry.get("limit_type") == "usage_percentage"
        return words.percent(limit) if percentage else words.units(limit)
    if control == ControlType.USAGE:
        limit = words.per(_number(entry.get("limit")), str(entry.get("interval") or ""))
        counted = entries.counted(entry)
        return words.only_with(limit, properties.shown(counted)) if counted else limit
    if control == ControlType.OVERAGE:
        return words.ALLOWED
    threshold = _number(entry.get("threshold"))
    if control == ControlType.ALERT:
        return words.alert(threshold, str(entry.get("threshold_type") or ""))
    return words.top_up(threshold, _number(entry.get("quantity")), _purchases(entry.get("purchase_limit")))


def _purchases(limit: Any) -> str:
    """How often it may buy; empty without a limit."""
    if not isinstance(limit, dict):
        return ""
    interval, times = str(limit.get("interval") or ""), controls.number(limit.get("interval_count"))
    return words.purchases(_number(limit.get("limit")), interval, numbers.number(times or _ONCE))


def _number(value: Any) -> str:
    figure = controls.number(value)
    return phrases.NONE if figure is None else numbers.number(figure)
