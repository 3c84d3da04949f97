"""A policy as a TOML file. Whatever is wrong with it is said in words, by line, all at once."""

import re
import tomllib
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from bot.access.policy_tables import MOST_APPROVALS, Allow, Deny, DigestsTable, PolicyFile, Require, nearest
from bot.access.rules import BUILT_IN, Policy, PolicyKind
from bot.access.toml_lines import Lines
from bot.access.toml_lines import Path as Place

_LARGEST = 64 * 1024


class PolicyError(Exception):
    """The policy cannot be used; one line for each thing that is wrong, with the file's name and the line."""


def load(path: Path | None, kinds: Sequence[PolicyKind]) -> Policy:
    """The policy in that file; the built-in one when there is none. Raises PolicyError.

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


def read(text: str, kinds: Sequence[PolicyKind], name: str = "policy") -> Policy:
    """The policy in a TOML text; `name` is what errors call it. Raises PolicyError."""
    try:
        found = tomllib.loads(text, parse_float=Decimal)
    except (ValueError, ArithmeticError, RecursionError) as error:
        raise PolicyError(_not_toml(name, text, error)) from None
    try:
        file = PolicyFile.model_validate(found, context=kinds)
    except ValidationError as error:
        wrong = [(one["loc"], _words(one)) for one in error.errors(include_url=False)]
    else:
        wrong = list(_same_names(file))
        if not wrong:
            return file.policy()
    lines = Lines(text)
    said = sorted((lines.of(place), words) for place, words in wrong)
    raise PolicyError("\n".join(f"{name}, line {line}: {words}" for line, words in said))


def _same_names(file: PolicyFile) -> Iterator[tuple[Place, str]]:
    """The audit trail calls rules by their names."""
    seen: set[str] = set()
    for key, tables in (("allow", file.allow), ("deny", file.deny), ("require", file.require)):
        for position, table in enumerate(tables):
            if table.name in seen:
                yield (key, position, "name"), f'name: another rule is called "{table.name}" already'
            seen |= {table.name} - {""}


def _not_toml(name: str, text: str, error: Exception) -> str:
    said = re.fullmatch(r"(.*) \(at (?:line (\d+), column \d+|end of document)\)", str(error), re.DOTALL)
    if said is None:
        return f"{name}: is not TOML (a number is too large, or it nests too deeply)"
    line = said[2] or text.rstrip().count("\n") + 1
    return f"{name}, line {line}: is not TOML ({said[1][0].lower()}{said[1][1:]})"


_LISTS: dict[str, type[BaseModel]] = {"allow": Allow, "deny": Deny, "require": Require}
_TABLES: dict[str, type[BaseModel]] = {**_LISTS, "digests": DigestsTable}
_SAID = {
    "bool_type": "should be true or false, without quotes",
    "int_type": "should be a whole number, without quotes",
    "greater_than_equal": f"should be from 1 to {MOST_APPROVALS}",
    "less_than_equal": f"should be from 1 to {MOST_APPROVALS}",
    "string_type": "should be a text, in quotes",
    "string_too_short": "should not be empty",
    "string_too_long": "should be shorter",
    "too_short": "should not be empty",
    "list_type": 'should be a list of texts: ["…", "…"]',
}


def _words(error: Any) -> str:
    path, kind, said = error["loc"], error["type"], str(error["msg"]).removeprefix("Value error, ")
    key = next(part for part in reversed(path) if isinstance(part, str))
    if kind == "extra_forbidden":
        table = PolicyFile if len(path) == 1 else _TABLES[path[0]]
        return f'"{key}" is not known{nearest(key, list(table.model_fields))}'
    if kind == "missing":
        return f'"{key}" is missing'
    if path == ("digests",):
        return "should be [digests], with one bracket"
    if len(path) < 3 and path[0] in _LISTS:
        return f"[[{key}]] {said}" if kind == "value_error" else f"should be [[{key}]], with two brackets"
    return f"{key}: {_SAID.get(kind, said)}"
