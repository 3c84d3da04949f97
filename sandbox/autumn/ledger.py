"""What was sent to the local Autumn: every call, and every write with its result."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sandbox.autumn.clock import AutumnClock
from sandbox.autumn.model import Json


@dataclass(slots=True)
class AutumnCall:
    route: str
    """The route's name, such as customers.get, or the path if there is no such route."""
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


def log_entry(
    clock: AutumnClock, *, method: str, path: str, customer: str | None, status: int, body: Any
) -> Json:
    """What logs.search returns for a request. Of the answers, only errors are kept."""
    return {
        "timestamp": clock.now().isoformat(),
        "source": "api_request",
        "status_code": status,
        "request": {"method": method, "url": path, "path": path},
        "context": {
            "org_id": None,
            "customer_id": customer,
            "entity_id": None,
            "auth_type": "secret_key",
            "user_id": None,
            "user_email": None,
        },
        "stripe": {"event_id": None, "event_type": None, "object_id": None},
        "request_body": None,
        "response_body": body if status >= 400 else None,
    }
