"""How many examples Hypothesis tries: a fraction in a normal run, all in CI and where coverage is measured.

`MAPLE_EXAMPLES=1` tries all of them, `MAPLE_EXAMPLES=20` twenty times as many.
"""

import os

from hypothesis import HealthCheck, settings

_FRACTION = 0.1
_LEAST = 5


def examples(number: int, *suppressed: HealthCheck) -> settings:
    """`number`: how many a CI run tries."""
    default_factor = "1" if os.environ.get("CI") == "true" else str(_FRACTION)
    factor = float(os.environ.get("MAPLE_EXAMPLES", default_factor))
    return settings(
        max_examples=max(min(number, _LEAST), round(number * factor)),
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, *suppressed],
    )


def use_everywhere() -> None:
    """Tests without their own number try 100. The rest of the current profile applies."""
    settings.register_profile("maple", examples(100))
    settings.load_profile("maple")
