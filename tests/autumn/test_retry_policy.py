import pytest

from bot.autumn.errors import (
    AutumnError,
    Garbled,
    NotFound,
    RateLimited,
    TimedOut,
    Unauthorized,
    Unavailable,
    Unreachable,
)
from bot.autumn.retry_policy import RetryPolicy, pause

RETRY_POLICY = RetryPolicy(whole=15, attempts=3, backoff=0.25)


def rate_limited(retry_after: float | None) -> RateLimited:
    return RateLimited(status=429, retry_after=retry_after)


@pytest.mark.parametrize(
    ("error", "attempt", "elapsed", "expected"),
    [
        pytest.param(Unreachable(), 1, 0, 0.25, id="no connection: again"),
        pytest.param(Unreachable(), 2, 0, 0.5, id="the second pause is twice as long"),
        pytest.param(Unreachable(), 3, 0, None, id="three attempts are enough"),
        pytest.param(TimedOut(), 1, 5, None, id="slow once, slow again"),
        pytest.param(Unavailable(status=500), 1, 0, None, id="500 would be the same again"),
        pytest.param(Unavailable(status=502), 1, 0, 0.25, id="502 passes"),
        pytest.param(Unavailable(status=503, retry_after=1), 1, 0, 1, id="503 as long as it says"),
        pytest.param(Unavailable(status=504), 1, 0, 0.25, id="504 passes"),
        pytest.param(rate_limited(None), 1, 0, 0.25, id="429 that does not say how long"),
        pytest.param(rate_limited(0), 1, 0, 0, id="429 that says at once"),
        pytest.param(rate_limited(14.9), 1, 0, 14.9, id="429 that just fits"),
        pytest.param(rate_limited(14.9), 1, 0.1, None, id="429 that no longer fits"),
        pytest.param(rate_limited(60), 1, 0, None, id="429 for a minute: say so at once"),
        pytest.param(rate_limited(1), 3, 0, None, id="429 three times"),
        pytest.param(NotFound(status=404), 1, 0, None, id="404"),
        pytest.param(Unauthorized(status=401), 1, 0, None, id="401"),
        pytest.param(Garbled(), 1, 0, None, id="rubbish"),
        pytest.param(AutumnError(), 1, 0, None, id="anything else"),
    ],
)
def test_retry_decisions(error: AutumnError, attempt: int, elapsed: float, expected: float | None) -> None:
    assert pause(RETRY_POLICY, error, attempt=attempt, elapsed=elapsed) == expected
