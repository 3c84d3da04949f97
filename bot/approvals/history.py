"""The history of a customer: every change, newest first, with every step."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from bot.approvals import card as approvals_card
from bot.approvals import state_text, words
from bot.approvals.lifecycle import ChangeEvent, Record
from bot.changes import descriptions
from bot.changes import lines as change_lines
from bot.kit import blocks, ids, layout, links, mentions, phrases, text, times
from bot.kit.card import Block, Card
from bot.lookups import frame, labels
from bot.lookups.place import Place

SIZE = 5
_STEPS = 12
_REASON_LENGTH = 150
_SILENT = frozenset({ChangeEvent.WRITING, ChangeEvent.SHOWN, ChangeEvent.REDRAW})
"""Steps that the trail keeps but the history leaves out."""


class Step(Protocol):
    """A row of the audit trail."""

    @property
    def at(self) -> str:
        """ISO 8601."""
        ...

    @property
    def event(self) -> str: ...

    @property
    def actor(self) -> str:
        """A Slack user; empty for Maple itself."""
        ...


def history_page(place: Place, records: Sequence[Record]) -> Sequence[Record]:
    """The records whose steps the card needs."""
    return layout.paged(records, place.page, SIZE).items


def history(
    place: Place,
    records: Sequence[Record],
    steps: Mapping[str, Sequence[Step]],
    *,
    now: datetime,
    names: Mapping[str, str] | None = None,
    viewer: str = "",
) -> Card:
    """`records`: all, newest first. `steps`: by change id, of those on this page, oldest first. `viewer`: who
    sees it, and can edit their own requests."""
    page = layout.paged(records, place.page, SIZE)
    title = [
        blocks.header("head", text.literal(place.customer, 140) or labels.NO_ID),
        blocks.context("part", words.HISTORY_TITLE),
    ]
    back = frame.go(labels.OPEN_CUSTOMER, "customer", Place(customer=place.customer), kind=ids.OPEN)
    leads_back = [blocks.actions("back", [back])] if back is not None else []
    if not records:
        return layout.card(title, [blocks.section("none", words.NO_HISTORY)], leads_back, stamp=now)
    content: list[layout.Drawn] = []
    for index, record in enumerate(page.items):
        content += _entry(index, record, steps.get(record.id, ()), names or {})
        if record.editable and record.requester == viewer:
            edit = approvals_card.edit_button(record, suffix=f":{index}")
            content.append(blocks.actions(f"change.{index}.do", [edit]))
    return layout.card(title, content, [*_paging(place, page), *leads_back], stamp=now)


def _entry(index: int, record: Record, steps: Sequence[Step], names: Mapping[str, str]) -> list[Block]:
    title = words.history_line(
        times.moment(record.created_at), descriptions.summary(record.input, names), state_text.short(record)
    )
    lines = [
        title,
        state_text.part(record, names),
        *change_lines.bullets(record.lines, names),
        state_text.unlike_preview(record),
        _why(record),
    ]
    comment = text.mrkdwn(record.comment, _REASON_LENGTH)
    lines.append(words.comment(comment) if comment else "")
    drawn = layout.packed(f"change.{index}", [line for line in lines if line])
    visible = [_step(step) for step in steps if step.event not in _SILENT]
    if visible:
        left = len(visible) - _STEPS
        listed = [*visible[:_STEPS], *([words.more_steps(left)] if left > 0 else [])]
        drawn.append(blocks.context(f"steps.{index}", "\n".join(listed)))
    return drawn


def _why(record: Record) -> str:
    reason = text.mrkdwn(record.reason, _REASON_LENGTH)
    ticket = links.linked(record.ticket, words.TICKET_LINK) if links.web(record.ticket) else ""
    return words.history_reason(words.reason(reason) if reason else "", ticket)


def _step(step: Step) -> str:
    event = next((candidate for candidate in ChangeEvent if candidate == step.event), None)
    sentence = words.STEPS[event] if event else text.mrkdwn(step.event, 40)
    by = mentions.person(step.actor) if step.actor else words.POLICY
    return words.step(times.moment(datetime.fromisoformat(step.at)), sentence.format(by=by))


def _paging(place: Place, page: layout.Paged[Record]) -> list[Block]:
    if page.pages == 1:
        return []
    moves = [
        (page.number > 0, phrases.PREVIOUS, "previous", page.number - 1),
        (page.left > 0, phrases.NEXT, "next", page.number + 1),
    ]
    buttons = [
        button
        for possible, label, key, number in moves
        if possible and (button := frame.go(label, key, place.at(page=number), kind=ids.HISTORY))
    ]
    position = blocks.context("page", phrases.page(page.number + 1, page.pages, page.left))
    return [position, *([blocks.actions("paging", buttons)] if buttons else [])]
