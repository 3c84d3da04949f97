"""The schema of blocks, compiled once into functions.

A failed `anyOf` says nothing of use, so the branch is chosen by `type` first: a button is held against
the button's rules only. `tests/sandbox/slack` compares the verdicts with jsonschema's own.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

from sandbox.slack.model import Json


@dataclass(frozen=True, slots=True)
class Problem:
    pointer: str
    """A JSON pointer, relative to the list of blocks or the view."""
    code: str
    message: str

    def under(self, root: str) -> "Problem":
        return Problem(root + self.pointer, self.code, self.message)

    def api(self) -> Json:
        return {"pointer": self.pointer, "code": self.code, "message": self.message}

    def line(self) -> str:
        return f"{self.message} [json-pointer:{self.pointer}]"


Problems: TypeAlias = list[Problem]
Check: TypeAlias = Callable[[Any, str, Problems], None]

PATH = Path(__file__).parents[1] / "schema" / "blocks.json"

_TYPES: dict[str, Callable[[Any], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "null": lambda value: value is None,
}

_LIMITS: dict[str, tuple[Callable[[Any], float] | None, str, Callable[[float, float], bool], str]] = {
    "maxLength": (len, "string", lambda measured, limit: measured > limit, "must be at most {} characters"),
    "minLength": (len, "string", lambda measured, limit: measured < limit, "must be at least {} characters"),
    "maxItems": (len, "array", lambda measured, limit: measured > limit, "no more than {} items allowed"),
    "minItems": (len, "array", lambda measured, limit: measured < limit, "must have at least {} items"),
    "maximum": (None, "number", lambda measured, limit: measured > limit, "must be at most {}"),
    "minimum": (None, "number", lambda measured, limit: measured < limit, "must be at least {}"),
    "exclusiveMinimum": (None, "number", lambda measured, limit: measured <= limit, "must be more than {}"),
}


class Schema:
    def __init__(self, document: Json) -> None:
        self._definitions: dict[str, Json] = document["definitions"]
        self._compiled: dict[str, Check] = {}

    def check(self, name: str) -> Check:
        """The compiled check of a definition, compiled on first use. Definitions may be recursive."""
        if name not in self._compiled:
            # Recursive definitions refer to each other by name while they are being compiled.
            self._compiled[name] = self._later(name)
            self._compiled[name] = self._compile(self._definitions[name])
        return self._compiled[name]

    def _later(self, name: str) -> Check:
        def check(value: Any, at: str, problems: Problems) -> None:
            self._compiled[name](value, at, problems)

        return check

    def types(self, name: str) -> frozenset[str]:
        """The values of `type` that a definition accepts."""
        return frozenset(kind for kind, _ in self._branches({"$ref": f"#/definitions/{name}"}) if kind)

    def _compile(self, schema: Json) -> Check:
        if "$ref" in schema:
            return self._reference(schema["$ref"].rsplit("/", 1)[1])
        if "anyOf" in schema:
            return self._choice(schema)
        if "allOf" in schema:
            return _all([self._compile(part) for part in schema["allOf"]])
        checks = [_limit(key, schema[key]) for key in _LIMITS if key in schema]
        if "const" in schema:
            checks.append(_one_of([schema["const"]]))
        if "enum" in schema:
            checks.append(_one_of(schema["enum"]))
        if "properties" in schema or schema.get("type") == "object":
            checks.append(self._object(schema))
        if "items" in schema:
            checks.append(_items(self._compile(schema["items"])))
        return _typed(schema["type"], _all(checks)) if "type" in schema else _all(checks)

    def _reference(self, name: str) -> Check:
        return self.check(name)

    def _branches(self, schema: Json) -> list[tuple[str | None, Json]]:
        """The alternatives of an anyOf, each with the `type` it accepts."""
        if "$ref" in schema:
            return self._branches(self._definitions[schema["$ref"].rsplit("/", 1)[1]])
        if "anyOf" in schema:
            return [leaf for branch in schema["anyOf"] for leaf in self._branches(branch)]
        return [(schema.get("properties", {}).get("type", {}).get("const"), schema)]

    def _choice(self, schema: Json) -> Check:
        by_type: dict[str | None, list[Check]] = {}
        for kind, leaf in self._branches(schema):
            by_type.setdefault(kind, []).append(self._compile(leaf))
        known_types = ", ".join(sorted(type_name for type_name in by_type if type_name))

        def choose(value: Any, at: str, problems: Problems) -> None:
            kind = value.get("type") if isinstance(value, dict) else None
            branches = by_type.get(kind if isinstance(kind, str) else None) or by_type.get(None)
            if not branches:
                problems.append(
                    Problem(
                        f"{at}/type", "unsupported_type", f"unsupported type: {kind}; one of {known_types}"
                    )
                )
                return
            best: Problems | None = None
            for branch in branches:
                trouble: Problems = []
                branch(value, at, trouble)
                if not trouble:
                    return
                best = trouble if best is None or len(trouble) < len(best) else best
            problems.extend(best or [])

        return choose

    def _object(self, schema: Json) -> Check:
        parts = {name: self._compile(part) for name, part in schema.get("properties", {}).items()}
        required = schema.get("required", [])
        closed = schema.get("additionalProperties") is False

        def check(value: Any, at: str, problems: Problems) -> None:
            if not isinstance(value, dict):
                return
            for key in required:
                if key not in value:
                    problems.append(Problem(at, "missing_field", f"missing required field: {key}"))
            for key, item in value.items():
                if key in parts:
                    parts[key](item, f"{at}/{key}", problems)
                elif closed:
                    problems.append(Problem(at, "additional_property", f"invalid additional property: {key}"))

        return check


def _all(checks: list[Check]) -> Check:
    if len(checks) == 1:
        return checks[0]

    def check(value: Any, at: str, problems: Problems) -> None:
        for part in checks:
            part(value, at, problems)

    return check


def _typed(kind: str, then: Check) -> Check:
    is_kind = _TYPES[kind]

    def check(value: Any, at: str, problems: Problems) -> None:
        if is_kind(value):
            then(value, at, problems)
        else:
            problems.append(Problem(at, "wrong_type", f"must be a {kind}"))

    return check


def _limit(key: str, limit: float) -> Check:
    measure, kind, broken, words = _LIMITS[key]
    applies = _TYPES[kind]
    message = words.format(limit)

    def check(value: Any, at: str, problems: Problems) -> None:
        if applies(value) and broken(measure(value) if measure else value, limit):
            problems.append(Problem(at, "failed_constraint", message))

    return check


def _one_of(allowed: list[Any]) -> Check:
    def check(value: Any, at: str, problems: Problems) -> None:
        if value not in allowed:
            problems.append(Problem(at, "failed_constraint", f"must be one of {allowed}"))

    return check


def _items(check_item: Check) -> Check:
    def check(value: Any, at: str, problems: Problems) -> None:
        if isinstance(value, list):
            for position, item in enumerate(value):
                check_item(item, f"{at}/{position}", problems)

    return check


@cache
def schema() -> Schema:
    return Schema(json.loads(PATH.read_text("utf-8")))
