"""What a button or a form carries, so that nothing has to be remembered between clicks.

Messages outlive the version of Maple that drew them, and anyone can forge a payload of their own form: a
value is trusted only as far as it can be read.
"""

import re
from typing import Annotated, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

LONGEST_CHANNEL_ID = 32
"""Real ones have about a dozen characters."""
ChannelId = Annotated[str, Field(max_length=LONGEST_CHANNEL_ID)]
"""Of a channel, or of a person for their direct messages; may be empty."""
_ENCODED = re.compile(r"([A-Za-z0-9_-]{1,100}):([1-9][0-9]{0,8})")


class Unreadable(ValueError):
    """A button or a form carries something that this version of Maple does not make."""


class Carried(BaseModel):
    """Compact JSON in a button's value or in a form's private_metadata."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    def encode(self) -> str:
        return self.model_dump_json(by_alias=True, exclude_defaults=True)

    @classmethod
    def decode(cls, value: str) -> Self:
        """Raises Unreadable on anything that `encode` did not make."""
        try:
            return cls.model_validate_json(value)
        except ValidationError:
            # Not chained: it quotes the value.
            raise Unreadable(cls.__name__) from None


class Ref(NamedTuple):
    """Which change a button is about, and which preview of it the person saw."""

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
