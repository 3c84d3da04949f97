"""Idempotency-Key: one request per key, organisation and environment in a day, whatever the route.

A replay is refused and never answered with the first response; a request that failed frees its key.
"""

from dataclasses import dataclass, field

from sandbox.autumn.errors import ApiError
from sandbox.autumn.months import DAY


@dataclass(slots=True)
class Idempotency:
    _taken: dict[tuple[str, str], int] = field(default_factory=dict)

    def take(self, env: str, key: str, now: int) -> None:
        """Raises 409 while the key is taken."""
        if now - self._taken.get((env, key), now - DAY) < DAY:
            raise ApiError(
                409,
                "duplicate_idempotency_key",
                f"Another request with idempotency key {key} has already been received",
            )
        self._taken[env, key] = now

    def settle(self, env: str, key: str, status: int) -> None:
        """Free the key of a failed request. A conflict keeps it."""
        if status >= 400 and status != 409:
            self._taken.pop((env, key), None)

    def clear(self) -> None:
        self._taken.clear()
