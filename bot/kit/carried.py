"""What a button or a form carries, so that nothing has to be remembered between clicks.

Messages outlive the version of Maple that drew them, and anybody can make up a payload of their own form: a
value is believed only as far as it can be read.
"""

from typing import Self

from pydantic import BaseModel, ConfigDict, ValidationError


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
