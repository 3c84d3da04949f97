"""What a button or a form carries, decoded and known to exist here: its part, its kind of change.

All of these raise Unreadable, which the listener tells the person in words.
"""

from collections.abc import Sequence
from typing import Any

from bot.changes import registry as kinds
from bot.changes.forms.model import Meta
from bot.changes.spec import ChangeKind, Misread, Sentence, ShortForm
from bot.kit.carried import Unreadable
from bot.links import registry as links
from bot.links.registry import LinkKind
from bot.lookups import registry as parts
from bot.lookups.find.card import Search
from bot.lookups.finder.filters import Order
from bot.lookups.place import Place


def place(value: str) -> Place:
    decoded = Place.decode(value)
    _check_part(decoded.part)
    return decoded


def search(value: str) -> Search:
    decoded = Search.decode(value)
    _check_part(decoded.part)
    return decoded


def change_form(metadata: str) -> Meta:
    decoded = Meta.decode(metadata)
    kind(decoded.kind)
    return decoded


def kind(kind_id: str) -> ChangeKind[Any]:
    try:
        return kinds.kind(kind_id)
    except kinds.UnknownKind:
        raise Unreadable("kind") from None


def list_order(value: str) -> Order:
    try:
        return Order(value)
    except ValueError:
        raise Unreadable("order") from None


def link_kind(kind_id: str) -> LinkKind:
    try:
        return links.kind(kind_id)
    except LookupError:
        raise Unreadable("link") from None


def sentences(typed: str) -> tuple[ShortForm, Sequence[Sentence]]:
    """A short form that was read before, read again."""
    command, _, text = typed.partition(" ")
    if command not in kinds.short_forms():
        raise Unreadable("sentence")
    _, short = kinds.short_forms()[command]
    read = short.read(text)
    if isinstance(read, Misread):
        raise Unreadable("sentence")
    return short, read


def _check_part(part_id: str) -> None:
    try:
        parts.part(part_id)
    except LookupError:
        raise Unreadable("part") from None
