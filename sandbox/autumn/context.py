"""One request, as a route's handler sees it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.autumn.model import Json
from sandbox.autumn.state import AutumnState
from sandbox.autumn.validation import BodyReader, bad_input


@dataclass(slots=True)
class Context:
    state: AutumnState
    env: str
    """sandbox or live, by the key."""
    version: tuple[int, int, int]
    base_url: str
    body: Json = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    path: Mapping[str, str] = field(default_factory=dict)
    status: int = 200
    """Of the answer, unless it is an error."""

    @property
    def reader(self) -> BodyReader:
        return BodyReader(self.body)

    def customer_id(self) -> str:
        """The customer id of the body. Raises 400."""
        reader = self.reader
        customer_id = reader.customer_id()
        reader.done()
        return customer_id

    def text(self, name: str) -> str:
        """A required string of the body. Raises 400."""
        reader = self.reader
        value = reader.get(name, "string", required=True)
        reader.done()
        return str(value)

    def whole_number(self, name: str, default: int) -> int:
        """A whole number of the query string. Raises 400."""
        try:
            return int(self.query.get(name, default))
        except ValueError:
            raise bad_input(f"{name}: Invalid input: expected number, received NaN") from None


Handler = Callable[[Context], Any]


@dataclass(frozen=True, slots=True)
class ApiRoute:
    """How one endpoint is reached and guarded.

    `group`: of the rate limit that it counts against.
    """

    method: str
    path: str
    name: str
    handler: Handler
    scope: str | tuple[str, ...] | None = None
    group: str = "general"
    write: bool = False


def rpc(
    name: str, handler: Handler, scope: str | None, group: str = "general", *, write: bool = False
) -> ApiRoute:
    """POST /v1/namespace.verb."""
    return ApiRoute("POST", f"/v1/{name}", name, handler, scope, group, write)
