"""What went wrong, in words for the person who asked."""

from enum import StrEnum

from bot.autumn.errors import NotFound
from bot.kit import blocks, layout, text
from bot.kit.card import Card
from bot.kit.carried import Unreadable
from bot.lookups import frame, labels
from bot.lookups.find import card as find
from bot.lookups.place import Place
from bot.store.errors import StoreLostMidway


class Refusal(StrEnum):
    """Why someone is not answered."""

    GUEST = "guest"
    OUTSIDER = "outsider"
    UNCHECKED = "unchecked"
    """Slack could not be asked who the person is."""
    SHARED_CHANNEL = "shared_channel"
    """Seen by another company, so nothing is shared into it."""
    UNCHECKED_CHANNEL = "unchecked_channel"
    """Slack could not be asked whether the channel is shared."""
    NOT_IN_CHANNEL = "not_in_channel"
    """Maple is not in the channel, so it can neither look at it nor post there."""
    ARCHIVED_CHANNEL = "archived_channel"
    POST_REFUSED = "post_refused"
    UNREADABLE = "unreadable"
    """A button or a form that this version of Maple did not make."""


_REFUSALS = {
    Refusal.GUEST: labels.GUEST,
    Refusal.OUTSIDER: labels.OUTSIDER,
    Refusal.UNCHECKED: labels.UNCHECKED,
    Refusal.SHARED_CHANNEL: labels.SHARED_CHANNEL,
    Refusal.UNCHECKED_CHANNEL: labels.UNCHECKED_CHANNEL,
    Refusal.NOT_IN_CHANNEL: labels.NOT_IN_CHANNEL,
    Refusal.ARCHIVED_CHANNEL: labels.ARCHIVED_CHANNEL,
    Refusal.POST_REFUSED: labels.POST_REFUSED,
    Refusal.UNREADABLE: labels.UNREADABLE,
}


def trouble(
    error: BaseException | Refusal, *, reference: str, place: Place | find.Search | None = None
) -> Card:
    """A whole answer that failed; with a button to try again where that can help."""
    if isinstance(error, Refusal):
        return refused(error)
    if isinstance(error, Unreadable):
        return refused(Refusal.UNREADABLE)
    failure = labels.explanation(error)
    changed = isinstance(error, StoreLostMidway)
    explanation = labels.failure(failure.what, failure.do, text.code(reference), changed=changed)
    drawn = [blocks.section("trouble", explanation)]
    again = None if isinstance(error, NotFound) else _again(place)
    if again:
        drawn.append(blocks.actions("again", [again]))
    return layout.card(drawn, [], [], stamp=None)


def _again(place: Place | find.Search | None) -> blocks.Button | None:
    if isinstance(place, find.Search):
        return find.again(place)
    return frame.go(labels.TRY_AGAIN, "again", place) if place else None


def refused(reason: Refusal) -> Card:
    refusal = _REFUSALS[reason]
    return layout.card([blocks.section("refused", f"*{refusal.what}*\n{refusal.do}")], [], [], stamp=None)
