"""Declares Web API methods and reads their arguments."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from sandbox.slack.errors import SlackError
from sandbox.slack.model import Json
from sandbox.slack.simulation import Simulation

TokenKind = Literal["bot", "app"]


class Args:
    """The arguments of a call, from the query, a form or JSON."""

    def __init__(self, values: Json) -> None:
        self.values = values

    def text(self, name: str, default: str = "") -> str:
        value = self.values.get(name)
        return default if value is None else str(value)

    def required(self, name: str) -> str:
        value = self.text(name)
        if not value:
            raise SlackError("invalid_arguments", messages=[f"missing required field: {name}"])
        return value

    def flag(self, name: str, *, default: bool = False) -> bool:
        value = self.values.get(name)
        return default if value is None else str(value).lower() in ("1", "true")

    def number(self, name: str, default: int) -> int:
        try:
            return int(self.text(name) or default)
        except ValueError:
            raise SlackError("invalid_arguments", messages=[f"must be a number: {name}"]) from None

    def data(self, name: str, error: str = "invalid_arguments") -> Any:
        """A structured argument, which forms send as a JSON string. Raises `error` if it is invalid."""
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value) if value else None
        except ValueError:
            raise SlackError(error) from None

    def names(self, name: str) -> list[str]:
        """A list, as JSON or separated by commas."""
        value = self.values.get(name)
        if isinstance(value, str) and value.startswith("["):
            value = self.data(name)
        if isinstance(value, list):
            return [str(item) for item in value]
        return [item.strip() for item in str(value or "").split(",") if item.strip()]


Answer: TypeAlias = Callable[[Simulation, Args], Json]


@dataclass(frozen=True, slots=True)
class Method:
    name: str
    answer: Answer
    scope: str | None
    """The scope every call needs. A method may check further ones itself."""
    by: TokenKind
    """The kind of token it accepts."""


METHODS: dict[str, Method] = {}


def method(name: str, *, scope: str | None = None, by: TokenKind = "bot") -> Callable[[Answer], Answer]:
    def declare(answer: Answer) -> Answer:
        METHODS[name] = Method(name, answer, scope, by)
        return answer

    return declare


def need(sim: Simulation, *scopes: str) -> None:
    """Raises missing_scope unless the app has all these scopes."""
    lacking = [scope for scope in scopes if scope not in sim.scopes]
    if lacking:
        provided = ",".join(sorted(sim.scopes))
        raise SlackError("missing_scope", extra={"needed": ",".join(lacking), "provided": provided})


def page_of(items: list[Json], args: Args, key: str, *, default: int = 100) -> Json:
    """One page of a list. The cursor holds the start of the next page."""
    limit = max(1, min(args.number("limit", default), 1000))
    cursor = args.text("cursor")
    if cursor and not (cursor.startswith("at:") and cursor[3:].isdigit()):
        raise SlackError("invalid_cursor")
    start = int(cursor[3:]) if cursor else 0
    following = f"at:{start + limit}" if start + limit < len(items) else ""
    return {key: items[start : start + limit], "response_metadata": {"next_cursor": following}}
