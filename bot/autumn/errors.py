"""What can go wrong between Maple and Autumn.

AutumnError
├── NotSent              a request that certainly did not reach Autumn: no connection, or no turn in time
├── Unreachable          no answer: connection refused, reset, name not found
│   └── TimedOut         no answer within the time allowed
├── Garbled              an answer that is not Autumn's (not JSON, or not the documented shape)
└── Refused              Autumn answered with an error status
    ├── NotFound         404
    ├── NoSuchRoute      401 `no_auth_header`: this Autumn does not have the route
    ├── Unauthorized     401: the key is missing, malformed or revoked
    ├── Forbidden        403: the key lacks a scope, or the request is blocked
    ├── Conflict         409, and 423 (another billing operation holds the customer)
    ├── RateLimited      429, `retry_after` in seconds when Autumn said so
    └── Unavailable      500, 502, 503, 504
"""

from typing import ClassVar


class AutumnError(Exception):
    """A request to Autumn failed."""

    def __init__(self, detail: str = "", *, request: str = "") -> None:
        super().__init__(detail or (self.__doc__ or ""))
        self.detail = detail
        #: The request, e.g. ``POST customers.get``. Never contains a key, a body or customer data.
        self.request = request

    @property
    def kind(self) -> "type[AutumnError]":
        """The class that says what went wrong; an error that wraps another returns the other's."""
        return type(self)


class NotSent(AutumnError):
    """Autumn was not reached, so nothing was changed."""


class Unreachable(AutumnError):
    """Autumn could not be reached."""


class TimedOut(Unreachable):
    """Autumn did not answer in time."""


class Garbled(AutumnError):
    """Autumn's answer could not be read."""


class Refused(AutumnError):
    """Autumn refused the request."""

    statuses: ClassVar[tuple[int, ...]] = ()

    def __init__(
        self,
        detail: str = "",
        *,
        request: str = "",
        status: int,
        code: str = "",
        retry_after: float | None = None,
    ) -> None:
        super().__init__(detail, request=request)
        self.status = status
        #: Autumn's own code (``customer_not_found``, ``insufficient_scopes``, …), empty if it sent none.
        self.code = code
        #: Seconds to wait before asking again, when Autumn named them.
        self.retry_after = retry_after


class NotFound(Refused):
    """Autumn has no such thing."""

    statuses = (404,)


class NoSuchRoute(Refused):
    """Autumn has no such route: it may be another version, or another server."""


class Unauthorized(Refused):
    """Autumn did not accept the key."""

    statuses = (401,)


class Forbidden(Refused):
    """The key lacks the permission for this."""

    statuses = (403,)


class Conflict(Refused):
    """The request conflicts with another operation."""

    statuses = (409, 423)


class RateLimited(Refused):
    """Autumn's rate limit was reached."""

    statuses = (429,)


class Unavailable(Refused):
    """Autumn had an internal error."""

    statuses = (500, 502, 503, 504)


_BY_STATUS = {
    status: kind
    for kind in (NotFound, Unauthorized, Forbidden, Conflict, RateLimited, Unavailable)
    for status in kind.statuses
}


_NO_ROUTE = "no_auth_header"


def refused(status: int, code: str = "") -> type[Refused]:
    """The error class for a status of 400 or above and the code that Autumn sent, if any.

    Autumn answers an unknown path with a 401 and a code of its own; the key may be fine.
    """
    if status == 401 and code == _NO_ROUTE:
        return NoSuchRoute
    return _BY_STATUS.get(status, Unavailable if status >= 500 else Refused)


def named(name: str) -> type[AutumnError]:
    """The error class with that name; AutumnError if no class has it."""
    classes: list[type[AutumnError]] = [AutumnError]
    for parent in classes:
        classes += parent.__subclasses__()
    return next((error_class for error_class in classes if error_class.__name__ == name), AutumnError)
