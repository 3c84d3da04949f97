import pytest

from bot.autumn import errors
from bot.autumn.errors import AutumnError, refused


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "invalid_inputs", errors.Refused),
        (401, "invalid_secret_key", errors.Unauthorized),
        (401, "", errors.Unauthorized),
        (401, "no_auth_header", errors.NoSuchRoute),
        (403, "insufficient_scopes", errors.Forbidden),
        (404, "customer_not_found", errors.NotFound),
        (409, "duplicate_idempotency_key", errors.Conflict),
        (418, "", errors.Refused),
        (423, "lock_already_exists", errors.Conflict),
        (429, "", errors.RateLimited),
        (500, "internal_error", errors.Unavailable),
        (503, "service_unavailable", errors.Unavailable),
        (599, "", errors.Unavailable),
    ],
)
def test_error_type_follows_the_status(status: int, code: str, kind: type[AutumnError]) -> None:
    assert refused(status, code) is kind


def test_error_without_a_message_has_a_text() -> None:
    assert str(errors.TimedOut()) == "Autumn did not answer in time."
    assert str(errors.NotFound("Customer x not found", status=404)) == "Customer x not found"
