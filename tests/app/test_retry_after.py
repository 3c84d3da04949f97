from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.kit import retry_after


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0),
        ("30", 30),
        ("1.5", 1.5),
        (" 2 ", 2),
        ("-3", 0),
        ("3600", 3600),
        ("", None),
        ("soon", None),
        ("nan", None),
        ("inf", None),
        ("1e999", None),
    ],
)
def test_retry_after_in_seconds_is_parsed(value: str, seconds: float | None) -> None:
    assert retry_after.seconds(value) == seconds


def test_retry_after_as_a_date_is_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    noon = datetime(2026, 11, 29, 12, tzinfo=UTC)
    monkeypatch.setattr(retry_after, "datetime", SimpleNamespace(now=lambda _zone: noon))
    assert retry_after.seconds("Sun, 29 Nov 2026 12:00:30 GMT") == 30
    assert retry_after.seconds("Sun, 29 Nov 2026 12:00:30 -0000") == 30
    assert retry_after.seconds("Sun, 29 Nov 2026 11:00:00 GMT") == 0


@given(st.text())
def test_any_retry_after_is_parsed_or_unknown(value: str) -> None:
    seconds = retry_after.seconds(value)
    assert seconds is None or seconds >= 0
