"""The modal that offers every change of a card whose menu cannot hold them all. Pure."""

from collections.abc import Sequence
from typing import Any

from pydantic import Field

from bot.changes import words
from bot.changes.spec import ChangeKind
from bot.kit import blocks, ids, surfaces
from bot.kit.card import Block
from bot.kit.carried import Carried
from bot.lookups.place import Place


class ChooserMeta(Carried):
    channel: str = Field(default="", alias="h")
    """Where the asker is to hear of the change."""


def loading(meta: ChooserMeta) -> dict[str, Any]:
    return _modal([blocks.section("waiting", words.LOADING_CHANGES)], meta)


def choices(place: Place, kinds: Sequence[ChangeKind[Any]], meta: ChooserMeta) -> dict[str, Any]:
    """A button for each, the dangerous ones last."""
    value = place.encode()
    shown = [
        blocks.section(
            f"kind.{kind.id}",
            f"*{kind.button}*\n{kind.help[:1].upper()}{kind.help[1:]}",
            accessory=blocks.button(words.CHOOSE, f"{ids.CHOOSE}:{kind.id}", value, danger=kind.danger),
        )
        for kind in sorted(kinds, key=lambda kind: kind.danger)
    ]
    return _modal(shown or [blocks.section("nothing", words.NO_CHANGES)], meta)


def _modal(shown: Sequence[Block], meta: ChooserMeta) -> dict[str, Any]:
    return surfaces.modal(words.CHOOSER_TITLE, shown, callback=ids.CHOOSER_MODAL, metadata=meta.encode())
