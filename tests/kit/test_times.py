"""Times as Slack shows them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from bot.kit import times


def test_times_are_drawn_by_slack_with_utc_to_fall_back_on() -> None:
    at = datetime(2025, 6, 15, 17, 6, 40, tzinfo=timezone(timedelta(hours=2)))
    assert times.moment(at) == "<!date^1750000000^{date_short_pretty} at {time}|2025-06-15 15:06 UTC>"
    assert times.milliseconds(datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)) == 1000


@pytest.mark.parametrize("hours", [-8, 0, 13])
def test_billing_date_is_the_utc_day_in_every_zone(hours: int) -> None:
    at = datetime(2025, 6, 15, 23, 30, tzinfo=UTC).astimezone(timezone(timedelta(hours=hours)))
    assert times.billing_day(at) == "Jun 15, 2025"
    assert times.billing_moment(at) == "Jun 15, 2025 at 23:30 UTC"
