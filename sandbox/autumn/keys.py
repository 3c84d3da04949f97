"""How a request is let in: secret keys and what they may do, and one request per idempotency key."""

import secrets
from dataclasses import dataclass, field

from sandbox.autumn.errors import ApiError
from sandbox.autumn.months import DAY

_PREFIXES = {"am_sk_test_": "sandbox", "am_sk_live_": "live"}


@dataclass(frozen=True, slots=True)
class Key:
    secret: str
    env: str
    scopes: frozenset[str] | None
    """None for a key from before scopes existed: it may do everything."""

    def check(self, scope: str | tuple[str, ...] | None) -> None:
        """Raises 403 when the key lacks the scope (one of several, when several are given)."""
        if scope is None or self.scopes is None:
            return
        scopes = (scope,) if isinstance(scope, str) else scope
        if not any(self._has(accepted) for accepted in scopes):
            raise ApiError(403, "insufficient_scopes", f"Insufficient scopes. Missing: {scopes[0]}")

    def _has(self, scope: str) -> bool:
        assert self.scopes is not None  # noqa: S101
        if self.scopes & {scope, "admin", "owner"}:
            return True
        area, _, access = scope.partition(":")
        return access == "read" and f"{area}:write" in self.scopes


class Keys:
    def __init__(self) -> None:
        self._keys: dict[str, Key] = {}

    def make(self, scopes: frozenset[str] | None = None, env: str = "sandbox") -> Key:
        prefix = next(candidate for candidate, name in _PREFIXES.items() if name == env)
        return self.add(prefix + secrets.token_hex(21), scopes)

    def add(self, secret: str, scopes: frozenset[str] | None = None) -> Key:
        env = next(name for prefix, name in _PREFIXES.items() if secret.startswith(prefix))
        self._keys[secret] = Key(secret, env, scopes)
        return self._keys[secret]

    def revoke(self, secret: str) -> None:
        del self._keys[secret]

    def admit(self, authorization: str | None) -> Key:
        """The key of an Authorization header. Raises 401."""
        if not authorization or not authorization.startswith("Bearer "):
            raise ApiError(401, "no_secret_key", "Secret key not found in Authorization header")
        secret = authorization.removeprefix("Bearer ").strip()
        if not secret.startswith(tuple(_PREFIXES)):
            raise ApiError(401, "invalid_request", "Invalid authorization token prefix")
        if secret not in self._keys:
            masked = secret[:15] + "*" * (len(secret) - 15)
            raise ApiError(401, "invalid_secret_key", f"Invalid secret key: {masked}")
        return self._keys[secret]


@dataclass(slots=True)
class Idempotency:
    """One request per key, organization and environment in a day, whatever the route.

    A replay is refused and never answered with the first response; a request that failed frees its key.
    """

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
