"""How a request is let in, limited, answered and written down, in the order Autumn does it."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import unquote

from sandbox.autumn import happenings, ledger
from sandbox.autumn.context import ApiRoute, Context
from sandbox.autumn.errors import ApiError
from sandbox.autumn.keys import Idempotency, Key, Keys
from sandbox.autumn.ledger import AutumnWrite
from sandbox.autumn.model import Json
from sandbox.autumn.ratelimit import Limit, RateLimiter
from sandbox.autumn.state import AutumnState
from sandbox.autumn.validation import parse

NEWEST = (2, 3, 0)
_VERSIONS: dict[str, tuple[int, int, int]] = {
    "2.3.0": NEWEST, "2.2.0": (2, 2, 0), "2.1.0": (2, 1, 0), "2.0.0": (2, 0, 0), "beta": (2, 0, 0),
    "1.4.0": (1, 4, 0), "1.2.0": (1, 2, 0), "1.1.0": (1, 1, 0), "0.2.0": (0, 2, 0), "0.1.0": (0, 1, 0),
    "2026-05-13": NEWEST, "2026-03-18": (2, 2, 0), "2026-03-17": (2, 1, 0), "2026-03-16": (2, 0, 0),
    "2025-05-05": (1, 2, 0), "2025-04-17": (1, 1, 0), "1.0": (0, 2, 0),
}  # fmt: skip
_KEEP_CACHED = ("coupons.add", "coupons.remove", "balances.update", "balances.track")
"""Writes after which customers.get still answers from its copy of the customer; balances change in it."""
_LIMITED = "Too many requests, please try again later."
_OLD_LIST = Limit(5)


@dataclass(frozen=True, slots=True)
class ApiRequest:
    method: str
    path: str
    headers: Mapping[str, str]
    """Names in lower case."""
    raw: bytes = b""
    query: Mapping[str, str] = field(default_factory=dict)
    base_url: str = ""


@dataclass(slots=True)
class ApiAnswer:
    status: int
    body: Any
    """A str is sent as text/plain, anything else as JSON."""
    headers: dict[str, str] = field(default_factory=dict)
    write: AutumnWrite | None = None


def version_of(header: str | None) -> tuple[int, int, int]:
    """The API version asked for; the newest when none is. Raises 400."""
    if header is None:
        return NEWEST
    for candidate in (header, f"{header}.0", f"{header}.0.0"):
        if candidate in _VERSIONS:
            return _VERSIONS[candidate]
    raise ApiError(400, "invalid_api_version", f'"{header}" is not a valid API version')


class RouteMatch(NamedTuple):
    """The route of a request, and the parts of its path by their names."""

    route: ApiRoute
    path: dict[str, str]


class Router:
    def __init__(self, routes: Iterable[ApiRoute]) -> None:
        self._exact: dict[tuple[str, str], ApiRoute] = {}
        self._patterns: list[tuple[str, re.Pattern[str], ApiRoute]] = []
        for route in routes:
            if "{" in route.path:
                pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", route.path)
                self._patterns.append((route.method, re.compile(f"{pattern}$"), route))
            else:
                self._exact[route.method, route.path] = route

    def find(self, method: str, path: str) -> RouteMatch | None:
        """`path` still percent-encoded, so that an encoded slash stays within its part."""
        if exact := self._exact.get((method, path)):
            return RouteMatch(exact, {})
        for verb, pattern, route in self._patterns:
            if verb == method and (match := pattern.match(path)):
                return RouteMatch(route, {name: unquote(part) for name, part in match.groupdict().items()})
        return None


@dataclass(slots=True)
class Dispatcher:
    """Takes requests for the API."""

    state: AutumnState
    keys: Keys
    limiter: RateLimiter
    router: Router
    idempotency: Idempotency = field(default_factory=Idempotency)
    writes: list[AutumnWrite] = field(default_factory=list)

    def take(self, request: ApiRequest, match: RouteMatch | None) -> ApiAnswer:
        """Answer a request. Never raises for what a caller did."""
        env = "sandbox"
        answer = ApiAnswer(500, {})
        try:
            key = self.keys.admit(request.headers.get("authorization"))
            env = key.env
            if match is None:
                if request.path.startswith("/v1/"):
                    answer.headers.update(self.limiter.take("general", "organization").headers)
                raise ApiError(401, "no_auth_header", "Unauthorized - no session found")  # noqa: TRY301
            self._serve(request, key, match, answer)
        except ApiError as error:
            answer.status = error.status
            answer.body = {"message": error.message, "code": error.code, "env": env}
        if match is not None:
            customer = named_customer(match.path, _peek(request.raw))
            self.state.logged.append(
                ledger.log_entry(
                    self.state.clock,
                    method=request.method,
                    path=request.path,
                    customer=customer,
                    status=answer.status,
                    body=answer.body,
                )
            )
        return answer

    def _serve(self, request: ApiRequest, key: Key, match: RouteMatch, answer: ApiAnswer) -> None:
        route, path = match
        version = version_of(request.headers.get("x-api-version"))
        if not self._within_limit(request, route, path, version, answer):
            return
        idempotency_key = request.headers.get("idempotency-key")
        if idempotency_key is not None:
            self.idempotency.take(key.env, idempotency_key, self.state.now)
        context = Context(self.state, key.env, version, request.base_url, query=request.query, path=path)
        if route.write:
            body = _peek(request.raw)
            answer.write = AutumnWrite(
                route.name, self.state.clock.now(), named_customer(path, body), body, idempotency_key
            )
            self.writes.append(answer.write)
        try:
            key.check(route.scope)
            context.body = parse(request.raw)
            answer.body = _handle(route, context)
            answer.status = context.status
        except ApiError as error:
            answer.status = error.status
            raise
        finally:
            self._settle(key, idempotency_key, answer)

    def apply(self, request: ApiRequest, match: RouteMatch) -> bool:
        """Do a write that was let in before; answers whether it could still be done."""
        context = Context(
            self.state, "sandbox", NEWEST, request.base_url, query=request.query, path=match.path
        )
        context.body = parse(request.raw)
        try:
            _handle(match.route, context)
        except ApiError:
            return False
        return True

    def _settle(self, key: Key, idempotency_key: str | None, answer: ApiAnswer) -> None:
        if idempotency_key is not None:
            self.idempotency.settle(key.env, idempotency_key, answer.status)
        if answer.write is not None:
            answer.write.status = answer.status
            if answer.status < 400:
                answer.write.applied, answer.write.applied_at = True, self.state.clock.now()

    def _within_limit(
        self,
        request: ApiRequest,
        route: ApiRoute,
        path: Json,
        version: tuple[int, int, int],
        answer: ApiAnswer,
    ) -> bool:
        by_customer = route.group in ("check", "entities", "events", "track", "attach")
        counted = (named_customer(path, _peek(request.raw)) or "undefined") if by_customer else "organization"
        old = route.group == "list_customers" and version < NEWEST
        verdict = self.limiter.take(
            "list_customers_old" if old else route.group, counted, _OLD_LIST if old else None
        )
        answer.headers.update(verdict.headers)
        if not verdict.allowed:
            answer.status, answer.body = 429, _LIMITED
        return verdict.allowed


def _handle(route: ApiRoute, context: Context) -> Any:
    customer_id = named_customer(context.path, context.body)
    customer = context.state.customers.get(customer_id) if route.write and customer_id else None
    if customer is None:
        return route.handler(context)
    if route.name not in _KEEP_CACHED:
        customer.drop_cached()
    with happenings.plans(context.state, customer):
        return route.handler(context)


def _peek(raw: bytes) -> Json:
    try:
        return parse(raw)
    except ApiError:
        return {}


def named_customer(path: Mapping[str, str], body: Json) -> str | None:
    """The customer a request is about, if it says."""
    customer_id = path.get("customer_id", body.get("customer_id"))
    return customer_id if isinstance(customer_id, str) else None
