"""Times, as Slack draws them."""

from datetime import UTC, datetime, timedelta, timezone

from bot.kit import times


def test_times_are_drawn_by_slack_with_utc_to_fall_back_on() -> None:
    at = datetime(2025, 6, 15, 17, 6, 40, tzinfo=timezone(timedelta(hours=2)))
    assert times.moment(at) == "<!date^1750000000^{date_short_pretty} at {time}|2025-06-15 15:06 UTC>"
    assert times.day(at) == "<!date^1750000000^{date_short}|2025-06-15>"
    assert times.milliseconds(datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)) == 1000
