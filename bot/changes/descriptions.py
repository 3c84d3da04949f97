"""A change in words, whatever its kind."""

from bot.changes import registry, words
from bot.changes.model import ChangeInput, Now, Snapshot
from bot.changes.notes import Names


def summary(request: ChangeInput, names: Names) -> str:
    """The request in one line, in mrkdwn."""
    return registry.of(request).summary(request, names)


def shown_now(request: ChangeInput, before: Snapshot, after: Snapshot | None, now: Now | None) -> str:
    """What was last read back, with a title, in mrkdwn."""
    if after is not None:
        lines = registry.of(request).shown_now(request, before, after)
    elif now is Now.UNREAD:
        lines = [words.NOW_UNREAD]
    elif now is Now.GONE:
        lines = [words.NOW_GONE]
    else:
        lines = [words.NOW_UNKNOWN]
    return "\n".join([words.NOW_SHOWN, *lines])
