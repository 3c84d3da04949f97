"""The properties of events by which a usage limit counts, as people type and read them: one in each line,
`model = gpt-4`.

Autumn compares values with their type. What reads as a number, as true or as false is one; a text that would
be read so stands in quotation marks.
"""

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from bot.changes import canonical

LONGEST = 300
"""All together, as shown: Autumn has no such bound, but cards have to show all of it."""
LONGEST_NAME = 64
LONGEST_TEXT = 128
_WORDS = {"true": True, "false": False}
_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,11})(\.[0-9]{1,6})?")


class NotProperties(ValueError):
    """Nothing that events could have."""


def parse(typed: str) -> dict[str, Any]:
    """Lines as typed, without the empty ones. Raises NotProperties."""
    properties: dict[str, Any] = {}
    for line in filter(str.strip, typed.splitlines()):
        name, _, value = (part.strip() for part in line.partition("="))
        if not 1 <= len(name) <= LONGEST_NAME or name in properties:
            raise NotProperties
        properties[name] = _read(value)
    if len(shown(properties)) > LONGEST:
        raise NotProperties
    return properties


def shown(properties: Mapping[str, Any]) -> str:
    """In one line, in the order of their names; not escaped yet."""
    return ", ".join(f"{name} = {_written(properties[name])}" for name in sorted(properties))


def dump(properties: Mapping[str, Any]) -> str:
    """In one text, to compare; empty for none."""
    return json.dumps(properties, sort_keys=True, separators=(",", ":")) if properties else ""


def _read(value: str) -> str | int | float | bool:
    if value in _WORDS:
        return _WORDS[value]
    if _NUMBER.fullmatch(value):
        return canonical.figure(Decimal(value))
    text = _quoted(value) if value.startswith('"') else value
    if not 1 <= len(text) <= LONGEST_TEXT:
        raise NotProperties
    return text


def _quoted(value: str) -> str:
    try:
        text = json.loads(value)
    except ValueError:
        raise NotProperties from None
    return str(text)


def _written(value: Any) -> str:
    """As it could be typed."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return canonical.number(Decimal(str(value)))
    if not isinstance(value, str):
        return json.dumps(value)
    ambiguous = value in _WORDS or _NUMBER.fullmatch(value) or value != value.strip() or '"' in value
    return json.dumps(value, ensure_ascii=False) if ambiguous else value
