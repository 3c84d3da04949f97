"""Reading a request's body, with Autumn's messages for its errors."""

import base64
import json
import re
from collections.abc import Callable
from typing import Any

from sandbox.autumn.errors import ApiError, invalid
from sandbox.autumn.model import Json

_EMAIL = re.compile(r"^[^\s@<>()\[\],;:\"]+@[^\s@]+\.[^\s@.]{2,}$")
_ONLY = "Use only letters, numbers, underscores, hyphens, and colons."
_KINDS: dict[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
}
_MISSING = object()


def name_of(value: object) -> str:
    """JavaScript's word for the type of a value."""
    if value is _MISSING:
        return "undefined"
    if value is None:
        return "null"
    return next((kind for kind, test in _KINDS.items() if test(value)), "object")


def parse(raw: bytes) -> Json:
    """The body. Broken or absent JSON reads as {}; anything but an object is refused."""
    try:
        body = json.loads(raw)
    except ValueError:
        return {}
    if not isinstance(body, dict):
        raise _invalid([f"input: Invalid input: expected object, received {name_of(body)}"])
    return body


def _invalid(problems: list[str]) -> ApiError:
    message = problems[0] if len(problems) == 1 else "[Validation Errors] " + "; ".join(problems)
    return ApiError(400, "invalid_inputs", message)


def bad_input(*problems: str) -> ApiError:
    return _invalid(list(problems))


class BodyReader:
    """Checks the fields of a body one by one, and refuses it with all the problems found."""

    def __init__(self, body: Json, prefix: str = "") -> None:
        self._body = body
        self._prefix = prefix
        self.problems: list[str] = []

    def has(self, name: str) -> bool:
        return name in self._body

    def get(
        self, name: str, kind: str, *, required: bool = False, null: bool = False, default: Any = None
    ) -> Any:
        value = self._body.get(name, _MISSING)
        if (value is _MISSING and not required) or (value is None and null):
            return default if value is _MISSING else None
        if not _KINDS[kind](value):
            self.say(name, f"must be a {kind} (received {name_of(value)})")
            return default
        return value

    def inner(self, name: str) -> "BodyReader | None":
        """Of an object in the body, if it has one there; its problems are noted apart."""
        value = self.get(name, "object")
        return None if value is None else BodyReader(value, f"{self._prefix}{name}.")

    def say(self, name: str, problem: str) -> None:
        self.problems.append(f"{self._prefix}{name}: {problem}")

    def customer_id(self) -> str:
        """Any string, as most routes take it: ids of the old form (with @, a dot, a slash) too."""
        return str(self.get("customer_id", "string", required=True, default=""))

    def strict_customer_id(self, *, null: bool = False) -> str:
        """An id as customers.get, .update, .delete and .get_or_create want it."""
        value = self.get("customer_id", "string", required=True, null=null, default=_MISSING)
        if isinstance(value, str) and (problem := customer_id_problem(value)):
            self.say("customer_id", problem)
        return "" if value is _MISSING else value

    def email(self) -> str | None:
        value = self.get("email", "string", null=True)
        if value is not None and not _EMAIL.match(value):
            self.say("email", "not a valid email address")
        return value  # type: ignore[no-any-return]

    def one_of(self, name: str, values: tuple[str, ...], default: Any = None) -> Any:
        """One of these, if it is given."""
        return self.choice(name, values) if self.has(name) else default

    def choice(self, name: str, values: tuple[str, ...]) -> Any:
        """One of these, which must be given."""
        value = self._body.get(name)
        if value not in values:
            self.say(name, f"must be one of: {', '.join(values)}")
            return None
        return value

    def texts(self, name: str, *, required: bool = False) -> tuple[str, ...]:
        """A string or a list of strings."""
        if isinstance(self._body.get(name), list):
            return tuple(str(text) for text in self._body[name])
        value = self.get(name, "string", required=required)
        return () if value is None else (value,)

    def limit(self, *, default: int, low: int = 1, high: int) -> int:
        value = self.get("limit", "number", default=default)
        if value < low:
            self.say("limit", f"Too small: expected number to be >={low}")
        if value > high:
            self.say("limit", f"Too big: expected number to be <={high}")
        return int(value)

    def done(self) -> None:
        """Raises 400 with every problem found."""
        if self.problems:
            raise _invalid(self.problems)


def customer_id_problem(value: str) -> str:
    if not value:
        return "can't be an empty string"
    for letter, words in (("@", "@ symbol"), (" ", "spaces"), (".", "periods")):
        if letter in value:
            return f"cannot contain {words}. {_ONLY}"
    wrong = re.search(r"[^a-zA-Z0-9_:-]", value)
    return f"cannot contain '{wrong.group()}'. {_ONLY}" if wrong else ""


def check_page(limit: int) -> None:
    """Raises 400 for a page larger than the organization may ask for."""
    if limit > 1000:
        raise invalid(f"limit {limit} exceeds max of 1000 for this org")


def encode_cursor(item_id: str, moment: int) -> str:
    text = json.dumps({"v": 0, "id": item_id, "t": moment}, separators=(",", ":"), ensure_ascii=False)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode_cursor(cursor: str) -> tuple[str, int]:
    """Raises 400 invalid_cursor."""
    try:
        read = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except ValueError:
        raise ApiError(400, "invalid_cursor", "cursor payload is not valid JSON") from None
    if (
        not isinstance(read, dict)
        or not isinstance(read.get("id"), str)
        or not isinstance(read.get("t"), int)
    ):
        raise ApiError(400, "invalid_cursor", "cursor payload has an unexpected shape")
    return read["id"], read["t"]
