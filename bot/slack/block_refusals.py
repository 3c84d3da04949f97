"""Slack refuses blocks by many names: which they are, and when a card is sent again in its plain form."""

import re
import time
from collections.abc import Callable, Sequence

from bot.kit.card import Block, Card

_UNKNOWN = "invalid_blocks"
"""What Slack answers, among other reasons, if it does not know a type of block yet."""
_NAMES = frozenset(
    {
        _UNKNOWN,
        "invalid_blocks_format",
        "invalid_block_id",
        "invalid_attachments",
        "msg_blocks_too_long",
        "only_one_table_allowed",
        "too_many_attachments",
        "too_many_blocks",
    }
)
_ABOUT_BLOCKS = frozenset({"attachment", "attachments", "block", "blocks", "table", "tables"})
_NAME = re.compile(r"[a-z]+(?:_[a-z]+)+")


def refuses_blocks(error: str) -> bool:
    """Whether Slack's name of an error means that it takes the message, but not these blocks.

    Slack lists few of these names, so new ones are known by what they are about.
    """
    return error in _NAMES or not _ABOUT_BLOCKS.isdisjoint(error.split("_"))


def named_in(body: str) -> str:
    """The name of such an error in an answer that is not JSON; empty if it names none."""
    return next((name for name in _NAME.findall(body) if name in _NAMES), "")


class CardForm:
    """In which form a card is sent: the rich one first, and the plain one when that is refused.

    `seconds`: how long it is remembered that the workspace does not know the newer blocks.
    """

    def __init__(self, seconds: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._plain_until = float("-inf")

    def first(self, card: Card) -> Sequence[Block]:
        return card.plain if self._clock() < self._plain_until else card.blocks

    def again(self, card: Card, sent: Sequence[Block], error: str) -> Sequence[Block] | None:
        """What to send after these blocks were refused; None when it makes no sense to send it again."""
        if not refuses_blocks(error) or sent == card.plain:
            return None
        if error == _UNKNOWN:
            self._plain_until = self._clock() + self._seconds
        return card.plain
