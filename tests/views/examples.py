"""How many examples Hypothesis tries: few as a rule, 20 times as many with `MAPLE_MORE_EXAMPLES=20`."""

import os

from hypothesis import HealthCheck, settings


def examples(number: int) -> settings:
    more = int(os.environ.get("MAPLE_MORE_EXAMPLES", "1"))
    return settings(
        max_examples=number * more,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
