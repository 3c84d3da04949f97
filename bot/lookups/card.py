"""A customer's card: who they are, what needs attention, one part, and the buttons between the parts."""

from collections.abc import Sequence
from typing import Any

from bot.autumn.models import Customer, Organization
from bot.kit import blocks, ids, layout, text
from bot.kit.card import Block, Card
from bot.lookups import labels, registry
from bot.lookups.frame import Frame, environment, foot, go, head
from bot.lookups.overview import attention
from bot.lookups.part import Answer, LookupPart
from bot.lookups.place import Place


def card(
    place: Place,
    answer: Answer,
    *,
    shareable: bool,
    org: Organization | None = None,
    actions: Sequence[Block] = (),
) -> Card:
    """The card for the person who asked, with the buttons that change it.

    `actions`: more rows of buttons, which come first.
    """
    frame = Frame(place, private=True)
    return _card(frame, answer, [*actions, *_navigation(place, shareable=shareable)], org)


def shared(place: Place, answer: Answer, *, by: str, org: Organization | None = None) -> Card:
    """The same facts for a whole channel; `by` is the id of the Slack user who shared them."""
    frame = Frame(place, private=False)
    open_button = go(labels.OPEN_CUSTOMER, "customer", place.model_copy(update={"until": 0}), kind=ids.OPEN)
    return _card(frame, answer, frame.buttons("open", [open_button]), org, labels.shared_by(by))


def _card(frame: Frame, answer: Answer, buttons: list[Block], org: Organization | None, *more: str) -> Card:
    part: LookupPart[Any] = registry.part(frame.place.part)
    customer = answer.customer if isinstance(answer.customer, Customer) else None
    before = head(customer, frame.place.customer, org)
    if customer:
        before += attention.attention(customer, answer.read_at, answer.unpaid, most=part.most_attention)
    if part.heading:
        before.append(blocks.context("part", f"*{part.title}*"))
    after = [*buttons, foot(answer.read_at, environment(customer, org), org, *more)]
    return layout.card(before, part.draw(answer, frame), after, stamp=answer.read_at)


def _navigation(place: Place, *, shareable: bool) -> list[Block]:
    """The tabs; below them Refresh and Share."""
    part = registry.part(place.part)
    current = part.parent or part.id
    tabs = [go(tab.title, tab.id, place.go(tab.id), primary=tab.id == current) for tab in registry.tabs()]
    refresh = go(labels.REFRESH, "refresh", place.model_copy(update={"until": 0}))
    rows = {"navigation": tabs, "tools": [refresh, _share(place, part.title) if shareable else None]}
    drawn = {name: [button for button in row if button is not None] for name, row in rows.items()}
    navigation = [blocks.actions(name, row) for name, row in drawn.items() if row]
    if None in tabs or refresh is None:
        navigation.append(blocks.context("left_out", labels.TOO_LONG_TO_CLICK))
    return navigation


def _share(place: Place, title: str) -> blocks.Button | None:
    value = place.encode()
    if text.length(value) > blocks.BUTTON_VALUE:
        return None
    confirm = blocks.confirm(labels.SHARE_TITLE, labels.share_text(title), labels.SHARE_YES, labels.SHARE_NO)
    return blocks.button(labels.SHARE, ids.SHARE, value, confirm=confirm)
