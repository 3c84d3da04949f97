"""A change in words, whatever its kind."""

from bot.changes import registry, words
from bot.changes.model import ChangeInput, Now, Snapshot
from bot.changes.notes import Names
from bot.kit import text
from bot.lookups.names import entity_key

_NAME = 60


def summary(request: ChangeInput, names: Names) -> str:
    """The request in one line, in mrkdwn."""
    sentence = registry.of(request).summary(request, names)
    return words.for_entity(sentence, entity(request.entity, names)) if request.entity else sentence


def entity(entity_id: str, names: Names) -> str:
    """By its name, if that is known, and always by its id."""
    name = text.mrkdwn(names.get(entity_key(entity_id), ""), _NAME)
    shown_id = text.code(entity_id, _NAME)
    return words.named(name, shown_id) if name else shown_id


def shown_now(request: ChangeInput, before: Snapshot, after: Snapshot | None, now: Now | None) -> str:
    """What was last read back, with a title, in mrkdwn."""
    if after is not None:
        lines = registry.of(request).shown_now(request, before, after) or [words.NOW_UNKNOWN]
    elif now is Now.UNREAD:
        lines = [words.NOW_UNREAD]
    elif now is Now.GONE:
        lines = [words.NOW_ENTITY_GONE if request.entity else words.NOW_GONE]
    else:
        lines = [words.NOW_UNKNOWN]
    return "\n".join([words.NOW_SHOWN, *lines])
