"""What was asked of the local Autumn: every call, and every write with what became of it."""

from dataclasses import dataclass
from datetime import datetime

from sandbox.autumn.model import Json


@dataclass(slots=True)
class AutumnCall:
    route: str
    """The route's name, such as customers.get, or the path when it is no route."""
    method: str
    path: str
    at: datetime
    status: int | None = None
    """None while it is answered, and when the connection was cut."""
    customer: str | None = None


@dataclass(slots=True)
class AutumnWrite:
    route: str
    at: datetime
    customer: str | None
    body: Json
    idempotency_key: str | None
    status: int | None = None
    """What was answered; None when the connection was cut."""
    applied: bool = False
    applied_at: datetime | None = None
