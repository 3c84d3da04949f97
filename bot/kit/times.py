"""How days and moments are written, and in which time zone: one rule for all of Maple.

Billing has one calendar: an invoice is due, a balance resets, a grant expires and a subscription ends on a
day in UTC, as Stripe counts days, written the same for every reader (`billing_day`; `billing_moment` where a
person chose the minute). What people do and Maple reads is a moment (`moment`): Slack draws it in each
reader's own time zone, and in UTC where it cannot (tables, notifications). Files have ISO dates.
"""

from datetime import UTC, date, datetime


def moment(at: datetime, lead: str = "") -> str:
    """`Today at 15:06`, in mrkdwn; `resets today at 15:06` where words lead up to it.

    Slack writes Today, Tomorrow and Yesterday small only where its own token begins with something else.
    """
    prefix = f"{lead} " if lead else ""
    return f"<!date^{int(at.timestamp())}^{prefix}{{date_short_pretty}} at {{time}}|{prefix}{utc(at)} UTC>"


def calendar_day(on: date) -> str:
    """`Jun 15, 2025`."""
    return f"{on:%b} {on.day}, {on.year}"


def short_day(on: date) -> str:
    """`Jun 15`: for axes and lists of days close to now."""
    return f"{on:%b} {on.day}"


def billing_day(at: datetime) -> str:
    """`Jun 15, 2025`: in UTC."""
    return calendar_day(at.astimezone(UTC))


def billing_moment(at: datetime) -> str:
    """`Jun 15, 2025 at 15:06 UTC`: on the same day as `billing_day`."""
    return f"{billing_day(at)} at {at.astimezone(UTC):%H:%M} UTC"


def utc(at: datetime) -> str:
    """`2025-06-15 15:06`."""
    return at.astimezone(UTC).isoformat(sep=" ", timespec="minutes")[:16]


def milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)
