"""Which change a button is about, and which preview of it the person saw."""

import re
from typing import NamedTuple

from bot.kit.carried import Unreadable

_ENCODED = re.compile(r"([A-Za-z0-9_-]{1,100}):([1-9][0-9]{0,8})")


class Ref(NamedTuple):
    id: str
    version: int

    def encode(self) -> str:
        return f"{self.id}:{self.version}"

    @classmethod
    def decode(cls, value: str) -> "Ref":
        """Raises Unreadable on anything that `encode` did not make."""
        match = _ENCODED.fullmatch(value)
        if match is None:
            raise Unreadable(cls.__name__)
        return cls(match[1], int(match[2]))
