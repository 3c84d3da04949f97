"""What is shown: a message in its rich form and in the plain form that every workspace can draw."""

from dataclasses import dataclass
from typing import Any, TypeAlias

Block: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Card:
    text: str
    """The whole message in words: notifications and screen readers."""
    blocks: tuple[Block, ...]
    plain: tuple[Block, ...]
    """The same facts without the newer blocks (data_table, data_visualization), for workspaces that do
    not have them yet. Equal to `blocks` when none is used."""
