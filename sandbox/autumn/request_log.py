"""What logs.search tells of a request."""

from typing import Any

from sandbox.autumn.clock import AutumnClock
from sandbox.autumn.model import Json


def entry(
    clock: AutumnClock, *, method: str, path: str, customer: str | None, status: int, body: Any
) -> Json:
    """Of what was answered, only errors are kept."""
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
