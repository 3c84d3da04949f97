"""How people are mentioned in Slack."""

import re
from collections.abc import Sequence

from bot.kit import phrases, text

_USER = re.compile(r"[UW][A-Z0-9]{1,30}")
_GROUP = re.compile(r"S[A-Z0-9]{1,30}")

_SHOWN = 5


def is_user(name: str) -> bool:
    """Whether this can be a person's id in Slack."""
    return _USER.fullmatch(name) is not None


def is_group(name: str) -> bool:
    """Whether this can be a user group's id in Slack."""
    return _GROUP.fullmatch(name) is not None


def person(user: str) -> str:
    """A mention of a Slack user; *Maple* if `user` is empty."""
    if not user:
        return phrases.MAPLE
    return f"<@{user}>" if _USER.fullmatch(user) else text.code(user, 40) or phrases.MAPLE


def anyone(name: str) -> str:
    """A mention of a person (U…) or a user group (S…); anything else as plain text."""
    if _GROUP.fullmatch(name):
        return f"<!subteam^{name}>"
    return person(name) if _USER.fullmatch(name) else text.mrkdwn(name, 40)


def people(users: Sequence[str]) -> str:
    mentions = [person(user) for user in dict.fromkeys(users)]
    left = len(mentions) - _SHOWN
    return ", ".join(mentions[:_SHOWN]) + (f" {phrases.and_others(left)}" if left > 0 else "")
