"""How many examples Hypothesis tries: a fraction in a normal run, all in CI and where coverage is measured.

`MAPLE_EXAMPLES=1` tries all of them, `MAPLE_EXAMPLES=20` twenty times as many.
"""

import os

from hypothesis import HealthCheck, settings

_FRACTION = 0.15
_LEAST = 10


def examples(number: int, *suppressed: HealthCheck) -> settings:
    """`number` is what a run in CI tries."""
    everything = "1" if os.environ.get("CI") == "true" else str(_FRACTION)
    factor = float(os.environ.get("MAPLE_EXAMPLES", everything))
    return settings(
        max_examples=max(min(number, _LEAST), round(number * factor)),
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, *suppressed],
    )


def use_everywhere() -> None:
    """A test that does not say how many tries 100. What else the profile in use says holds."""
    settings.register_profile("maple", examples(100))
    settings.load_profile("maple")
