"""What was filled in, out of a view's `state.values`. Nothing filled in reads as empty."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, time
from typing import Any, TypeAlias, TypeVar

from bot.kit import mentions
from bot.kit.visible import visible, visible_lines

Choice = TypeVar("Choice", bound=str)
Default = TypeVar("Default")
Values: TypeAlias = Mapping[str, Mapping[str, Any]]
"""A view's `state.values`: what each input holds now, by block_id and action_id."""


def typed(values: Values, block: str) -> str:
    """A text of one line, as it is seen."""
    return visible(_value(values, block))


def typed_lines(values: Values, block: str) -> str:
    """A text of several lines, as it is seen."""
    return visible_lines(_value(values, block))


def as_typed(values: Values, block: str) -> str:
    """A text with everything in it, for what must be read character by character."""
    return _value(values, block)


def files(values: Values, block: str) -> tuple[str, ...]:
    """The ids of the files that are picked."""
    return tuple(str(file.get("id") or "") for file in _held(values, block).get("files") or ())


def chosen(values: Values, block: str) -> str:
    """The value of the option that is picked."""
    return str((_held(values, block).get("selected_option") or {}).get("value") or "")


def one_of(values: Values, block: str, choices: Iterable[Choice], default: Default) -> Choice | Default:
    """Which of these is picked; `default` for none of them."""
    value = chosen(values, block)
    return next((choice for choice in choices if choice == value), default)


def person(values: Values, block: str) -> str:
    """The id of the person who is picked; empty for anything that is not a person's id."""
    user = str(_held(values, block).get("selected_user") or "")
    return user if mentions.is_user(user) else ""


def ticked(values: Values, block: str) -> bool:
    return bool(_held(values, block).get("selected_options"))


def picked(values: Values, block: str) -> tuple[str, ...]:
    """The values of the options that are picked."""
    options = _held(values, block).get("selected_options") or ()
    return tuple(str(option.get("value") or "") for option in options)


def clock(values: Values, block: str) -> time | None:
    """A time of day, to the minute."""
    try:
        return time.fromisoformat(str(_held(values, block).get("selected_time") or ""))
    except ValueError:
        return None


def moment(values: Values, block: str) -> datetime | None:
    """A date and time; None if nothing is picked, or if no calendar has it."""
    seconds = _held(values, block).get("selected_date_time")
    if not isinstance(seconds, int):
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError):
        return None


def with_text(action: str, value: str) -> dict[str, Any]:
    """A block in which this is typed."""
    return {action: {"value": value}}


def with_option(action: str, value: str) -> dict[str, Any]:
    """A block in which this option is picked."""
    return {action: {"selected_option": {"value": value}}}


def with_moment(action: str, at: datetime) -> dict[str, Any]:
    """A block in which this moment is picked."""
    return {action: {"selected_date_time": int(at.timestamp())}}


def _value(values: Values, block: str) -> str:
    return str(_held(values, block).get("value") or "")


def _held(values: Values, block: str) -> Mapping[str, Any]:
    """The one input of a block."""
    return next(iter((values.get(block) or {}).values()), {}) or {}
