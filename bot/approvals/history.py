"""What was changed for a customer, newest first, with every step."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from bot.approvals import state_text, words
from bot.approvals.lifecycle import ChangeEvent, Record
from bot.changes import descriptions
from bot.changes import lines as change_lines
from bot.kit import blocks, ids, layout, mentions, phrases, text, times
from bot.kit.card import Block, Card
from bot.lookups import frame, labels
from bot.lookups.place import Place

SIZE = 5
_STEPS = 12
_REASON = 150
_SILENT = frozenset({ChangeEvent.WRITING, ChangeEvent.SHOWN, ChangeEvent.REDRAW})
"""Steps that are kept but tell a person nothing."""


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
    """Those whose steps the card needs."""
    return layout.paged(records, place.page, SIZE).items


def history(
    place: Place,
    records: Sequence[Record],
    steps: Mapping[str, Sequence[Step]],
    *,
    now: datetime,
    called: Mapping[str, str] | None = None,
) -> Card:
    """`records` newest first, all of them; `steps` by change id, of those on this page, oldest first."""
    page = layout.paged(records, place.page, SIZE)
    title = [
        blocks.header("head", text.literal(place.customer, 140) or labels.NO_ID),
        blocks.context("part", words.HISTORY_TITLE),
    ]
    if not records:
        return layout.card(title, [blocks.section("none", words.NO_HISTORY)], [], stamp=now)
    content: list[layout.Drawn] = []
    for index, record in enumerate(page.items):
        content += _one(index, record, steps.get(record.id, ()), called or {})
    return layout.card(title, content, _paging(place, page), stamp=now)


def _one(index: int, record: Record, steps: Sequence[Step], named: Mapping[str, str]) -> list[Block]:
    asked = words.history_line(
        times.moment(record.created_at), descriptions.summary(record.input, named), _state(record)
    )
    reason = text.mrkdwn(record.reason, _REASON)
    part = state_text.part(record, named)
    lines = [asked, part, *change_lines.bullets(record.lines, named), words.because(reason) if reason else ""]
    found = layout.packed(f"change.{index}", [line for line in lines if line])
    told = [_step(one) for one in steps if one.event not in _SILENT]
    if told:
        shown = [*told[:_STEPS], *([words.more_steps(len(told) - _STEPS)] if len(told) > _STEPS else [])]
        found.append(blocks.context(f"steps.{index}", "\n".join(shown)))
    return found


def _state(record: Record) -> str:
    return words.UNDONE_STATE if record.undone else words.STATES[record.state]


def _step(one: Step) -> str:
    known = next((event for event in ChangeEvent if event == one.event), None)
    what = words.STEPS[known] if known else text.mrkdwn(one.event, 40)
    by = mentions.person(one.actor) if one.actor else words.POLICY
    return words.step(times.moment(datetime.fromisoformat(one.at)), what.format(by=by))


def _paging(place: Place, page: layout.Paged[Record]) -> list[Block]:
    if page.pages == 1:
        return []
    moves = [
        (page.number > 0, phrases.PREVIOUS, "previous", page.number - 1),
        (page.left > 0, phrases.NEXT, "next", page.number + 1),
    ]
    found = [
        frame.go(label, key, place.at(page=number), kind=ids.HISTORY)
        for there, label, key, number in moves
        if there
    ]
    shown = [button for button in found if button is not None]
    counted = blocks.context("page", phrases.page(page.number + 1, page.pages, page.left))
    return [counted, *([blocks.actions("paging", shown)] if shown else [])]
