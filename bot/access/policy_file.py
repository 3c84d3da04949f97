"""Reads a policy from a TOML file. Every mistake is reported in plain words, with its line."""

import re
import tomllib
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError

from bot.access.policy_tables import PolicyFile, nearest
from bot.access.rules import BUILT_IN, Policy, PolicyKind
from bot.access.toml_lines import Lines
from bot.access.toml_lines import Path as Place

_LARGEST = 64 * 1024


class PolicyError(Exception):
    """The policy cannot be used; one line of text for each mistake, with the file's name and line number."""


def load(path: Path | None, kinds: Sequence[PolicyKind]) -> Policy:
    """The policy in that file, or the built-in one. Raises PolicyError.

    `kinds`: the kinds of change that rules may name.
    """
    if path is None:
        return BUILT_IN
    try:
        data = path.read_bytes()
    except OSError as error:
        raise PolicyError(f"{path}: cannot be read ({error.strerror})") from None
    if len(data) > _LARGEST:
        raise PolicyError(f"{path}: is larger than {_LARGEST // 1024} kB")
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise PolicyError(f"{path}, line {line}: is not UTF-8 text") from None
    return read(text, kinds, str(path))


def read(text: str, kinds: Sequence[PolicyKind], name: str) -> Policy:
    """The policy in a TOML text; `name` is used in errors. Raises PolicyError."""
    try:
        tables = tomllib.loads(text, parse_float=Decimal)
    except (ValueError, ArithmeticError, RecursionError) as error:
        raise PolicyError(_not_toml(name, text, error)) from None
    try:
        file = PolicyFile.model_validate(tables, context=kinds)
    except ValidationError as error:
        mistakes = [(detail["loc"], _words(detail)) for detail in error.errors()]
    else:
        mistakes = list(_same_names(file))
        if not mistakes:
            return file.policy()
    lines = Lines(text)
    by_line = sorted((lines.of(place), words) for place, words in mistakes)
    raise PolicyError("\n".join(f"{name}, line {line}: {words}" for line, words in by_line))


def _same_names(file: PolicyFile) -> Iterator[tuple[Place, str]]:
    """Names must be unique: the audit trail refers to rules by name."""
    earlier: set[str] = set()
    names = {
        "allow": [table.name for table in file.allow],
        "deny": [table.name for table in file.deny],
        "require": [table.name for table in file.require],
        "preset": [preset.name for preset in file.preset],
    }
    for key, of_tables in names.items():
        for position, name in enumerate(of_tables):
            if name in earlier:
                yield (key, position, "name"), f'name: another rule is already called "{name}"'
            earlier |= {name} - {""}


def _not_toml(name: str, text: str, error: Exception) -> str:
    match = re.fullmatch(r"(.*) \(at (?:line (\d+), column \d+|end of document)\)", str(error), re.DOTALL)
    if match is None:
        return f"{name}: is not valid TOML (a number is too large, or the nesting is too deep)"
    line = match[2] or text.rstrip().count("\n") + 1
    return f"{name}, line {line}: is not valid TOML ({match[1][0].lower()}{match[1][1:]})"


_FIELDS: dict[str, Any] = {name: field.annotation for name, field in PolicyFile.model_fields.items()}
_LISTS: dict[str, type[BaseModel]] = {
    name: get_args(annotation)[0] for name, annotation in _FIELDS.items() if get_origin(annotation) is list
}
_SINGLE: dict[str, type[BaseModel]] = {
    name: annotation for name, annotation in _FIELDS.items() if name not in _LISTS
}
_TABLES: dict[str, type[BaseModel]] = {**_LISTS, **_SINGLE}
_MESSAGES = {
    "bool_type": "must be true or false, without quotes",
    "int_type": "must be a whole number, without quotes",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "string_type": "must be text, in quotes",
    "string_too_short": "must not be empty",
    "string_too_long": "is too long",
    "too_short": "must not be empty",
    "list_type": 'must be a list of texts: ["…", "…"]',
}


def _words(error: Any) -> str:
    path, kind, message = error["loc"], error["type"], str(error["msg"]).removeprefix("Value error, ")
    key = next(part for part in reversed(path) if isinstance(part, str))
    if kind == "extra_forbidden":
        table = PolicyFile if len(path) == 1 else _TABLES[path[0]]
        return f'unknown key "{key}"{nearest(key, list(table.model_fields))}'
    if kind == "missing":
        return f'"{key}" is missing'
    if len(path) == 1 and key in _SINGLE:
        return f"must be [{key}], in single brackets"
    if len(path) < 3 and path[0] in _LISTS:
        return f"[[{key}]] {message}" if kind == "value_error" else f"must be [[{key}]], in double brackets"
    if kind in _MESSAGES:
        message = _MESSAGES[kind].format_map(error.get("ctx", {}))
    return f"{key}: {message}"
