from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.changes.balance.figures import settled
from bot.changes.model import Verdict

A, N, U = Verdict.APPLIED, Verdict.NOT_APPLIED, Verdict.UNCLEAR


@pytest.mark.parametrize(
    ("was", "target", "now", "verdict"),
    [
        (700, 500, 500, A), (700, 500, 700, N), (700, 500, 701, U),
        (700, 500, 501, N), (700, 500, 699, N),
        (700, 500, 499, A), (700, 500, 450, A), (700, 500, "449.99", U), (700, 500, 0, U),
        (500, 700, 700, A), (500, 700, 500, N), (500, 700, 701, U),
        (500, 700, 501, A), (500, 700, 699, A),
        (500, 700, 499, N), (500, 700, 450, N), (500, 700, "449.99", U),
        (10, -40, -40, A), (10, -40, -41, A), (10, -40, 9, N), ("0.5", "0.2", "0.2", A),
    ],
)  # fmt: skip
def test_verdict_of_a_number(was: str, target: str, now: str, verdict: Verdict) -> None:
    assert settled(Decimal(was), Decimal(target), Decimal(now)) is verdict


_FIGURES = st.integers(-1000, 1000).map(Decimal)
_USED = st.integers(0, 200).map(Decimal)


@given(was=_FIGURES, target=_FIGURES, before=_USED, after=_USED)
def test_little_usage_never_hides_the_write(
    was: Decimal, target: Decimal, before: Decimal, after: Decimal
) -> None:
    """Usage smaller than the change itself never turns one verdict into the other."""
    assume(before + after < abs(target - was))
    assert settled(was, target, target - after) is not N
    assert settled(was, target, was - before - after) is not A
    assert settled(was, target, target) is A
