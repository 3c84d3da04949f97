"""Times: drawn by Slack in each reader's own time zone, in UTC where it cannot (tables, notifications)."""

from datetime import UTC, datetime


def moment(at: datetime, lead: str = "") -> str:
    """`Today at 15:06`, in mrkdwn; `resets today at 15:06` where words lead up to it.

    Slack writes Today, Tomorrow and Yesterday small only where its own token begins with something else.
    """
    prefix = f"{lead} " if lead else ""
    return f"<!date^{_seconds(at)}^{prefix}{{date_short_pretty}} at {{time}}|{prefix}{utc(at)} UTC>"


def day(at: datetime) -> str:
    """`Jun 15, 2025`, in mrkdwn."""
    return f"<!date^{_seconds(at)}^{{date_short}}|{utc_day(at)}>"


def billing_day(at: datetime) -> str:
    """`Jun 15, 2025`: the day of an invoice, the same for every reader, in UTC as Stripe counts days."""
    on = at.astimezone(UTC)
    return f"{on:%b} {on.day}, {on.year}"


def dated(at: datetime) -> str:
    """`Jun 15, 2025 at 15:06`, in mrkdwn, for after "on": `moment` may say Today."""
    return f"<!date^{_seconds(at)}^{{date_short}} at {{time}}|{utc(at)} UTC>"


def utc(at: datetime) -> str:
    """`2025-06-15 15:06`."""
    return at.astimezone(UTC).isoformat(sep=" ", timespec="minutes")[:16]


def utc_day(at: datetime) -> str:
    """`2025-06-15`."""
    return at.astimezone(UTC).date().isoformat()


def milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def _seconds(at: datetime) -> int:
    return int(at.timestamp())
