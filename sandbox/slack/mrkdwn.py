"""Converts mrkdwn to the text a person reads: link labels, local times, no asterisks."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sandbox.slack.model import User
from sandbox.slack.workspace import Workspace

_ANGLE = re.compile(r"<([^<>]+)>")
_CODE = re.compile(r"(```.*?```|`[^`\n]+`)", re.DOTALL)
_SET_ASIDE = re.compile("\ue000(\\d+)\ue001")
_STYLES = tuple(
    re.compile(rf"(?<![\w{re.escape(mark)}]){re.escape(mark)}(?=\S)([^{re.escape(mark)}\n]+?)(?<=\S)"
               rf"{re.escape(mark)}(?![\w{re.escape(mark)}])")
    for mark in "*_~"
)  # fmt: skip


def readable(text: str, workspace: Workspace, reader: User) -> str:
    """The text as `reader` sees it."""
    codes: list[str] = []

    def set_aside(match: re.Match[str]) -> str:
        codes.append(match[0].strip("`"))
        return f"\ue000{len(codes) - 1}\ue001"

    # Set code aside while removing styles: *`a*b`* is bold code.
    styled = _CODE.sub(set_aside, text)
    for style in _STYLES:
        styled = style.sub(r"\1", styled)
    whole = _SET_ASIDE.sub(lambda match: codes[int(match[1])] if int(match[1]) < len(codes) else "", styled)
    marked = _ANGLE.sub(lambda match: _angle(match[1], workspace, reader), whole)
    return plain(marked)


def plain(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def links(text: str) -> list[tuple[str, str]]:
    """(label, address) of each link in a mrkdwn text."""
    pairs: list[tuple[str, str]] = []
    for inside in _ANGLE.findall(text):
        if inside[0] not in "@#!":
            address, _, label = inside.partition("|")
            pairs.append((plain(label or address), plain(address)))
    return pairs


def _angle(inside: str, workspace: Workspace, reader: User) -> str:
    target, _, label = inside.partition("|")
    if target.startswith("!date^"):
        return _date(target, label, reader, workspace.clock.now())
    if target.startswith("@"):
        user = workspace.users.get(target[1:])
        return f"@{user.name}" if user else inside
    if target.startswith("#"):
        channel = workspace.channels.get(target[1:])
        return f"#{channel.name}" if channel else label
    if target.startswith("!subteam^"):
        group = workspace.groups.get(target.split("^")[1])
        return f"@{group.handle}" if group else label
    if target.startswith("!"):
        return f"@{target[1:]}"
    return label or target


def _date(target: str, fallback: str, reader: User, now: float) -> str:
    parts = target.split("^")
    if len(parts) < 3 or not re.fullmatch(r"-?\d+", parts[1]):
        return fallback
    zone = ZoneInfo(reader.tz)
    try:
        at = datetime.fromtimestamp(int(parts[1]), zone)
    except (OverflowError, ValueError, OSError):
        return fallback
    return format_date(parts[2], at, datetime.fromtimestamp(now, zone))


def format_date(pattern: str, at: datetime, now: datetime) -> str:
    """Formats a time with Slack's tokens, such as {date_short} at {time}."""

    def token(match: re.Match[str]) -> str:
        name = match[1]
        if name.endswith("_pretty"):
            return _near(at, now) or _TOKENS[name.removesuffix("_pretty")](at)
        return _TOKENS[name](at) if name in _TOKENS else match[0]

    return re.sub(r"\{(\w+)\}", token, pattern)


def _near(at: datetime, now: datetime) -> str | None:
    days = (at.date() - now.date()) // timedelta(days=1)
    return {0: "today", -1: "yesterday", 1: "tomorrow"}.get(days)


def _ordinal(day: int) -> str:
    suffix = "th" if 10 < day % 100 < 20 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return f"{day}{suffix}"


def _clock(at: datetime, seconds: str = "") -> str:
    return f"{at.hour % 12 or 12}:{at:%M}{seconds} {at:%p}"


_TOKENS: dict[str, Callable[[datetime], str]] = {
    "date_num": lambda at: f"{at:%Y-%m-%d}",
    "date_slash": lambda at: f"{at:%m/%d/%Y}",
    "date": lambda at: f"{at:%B} {_ordinal(at.day)}, {at.year}",
    "date_short": lambda at: f"{at:%b} {at.day}, {at.year}",
    "date_long": lambda at: f"{at:%A}, {at:%B} {_ordinal(at.day)}, {at.year}",
    "time": _clock,
    "time_secs": lambda at: _clock(at, f":{at:%S}"),
}
