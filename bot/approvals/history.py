"""What was changed for a customer, newest first, with every step."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from bot.approvals import state_text as change_state
from bot.approvals import words as say
from bot.approvals.lifecycle import Event, Record
from bot.changes import lines as change_lines
from bot.kit import blocks, ids, text, times
from bot.kit.card import Block, Card
from bot.lookups import frame as parts
from bot.lookups import words
from bot.lookups.place import Place

SIZE = 5
_STEPS = 12
_REASON = 150
_SILENT = frozenset({Event.WRITING, Event.SHOWN, Event.REDRAW})
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
    return parts.paged(records, place.page, SIZE).items


def history(
    place: Place,
    records: Sequence[Record],
    steps: Mapping[str, Sequence[Step]],
    *,
    now: datetime,
    called: Mapping[str, str] | None = None,
) -> Card:
    """`records` newest first, all of them; `steps` by change id, of those on this page, oldest first."""
    page = parts.paged(records, place.page, SIZE)
    title = [
        blocks.header("head", text.literal(place.customer, 140) or words.NO_ID),
        blocks.context("part", say.HISTORY_TITLE),
    ]
    if not records:
        return parts.card(title, [blocks.section("none", say.NO_HISTORY)], [], stamp=now)
    content: list[parts.Drawn] = []
    for index, record in enumerate(page.items):
        content += _one(index, record, steps.get(record.id, ()), called or {})
    return parts.card(title, content, _paging(place, page), stamp=now)


def _one(index: int, record: Record, steps: Sequence[Step], named: Mapping[str, str]) -> list[Block]:
    asked = say.history_line(
        times.moment(record.created_at), change_lines.asked(record.input, named), _state(record)
    )
    reason = text.mrkdwn(record.reason, _REASON)
    part = change_lines.part(record, named)
    lines = [asked, part, *change_lines.lines(record.lines, named), say.because(reason) if reason else ""]
    found = parts.packed(f"change.{index}", [line for line in lines if line])
    told = [_step(one) for one in steps if one.event not in _SILENT]
    if told:
        shown = [*told[:_STEPS], *([say.more_steps(len(told) - _STEPS)] if len(told) > _STEPS else [])]
        found.append(blocks.context(f"steps.{index}", "\n".join(shown)))
    return found


def _state(record: Record) -> str:
    return say.UNDONE_STATE if record.undone else say.STATES[record.state]


def _step(one: Step) -> str:
    known = next((event for event in Event if event == one.event), None)
    what = say.STEPS[known] if known else text.mrkdwn(one.event, 40)
    by = change_state.person(one.actor) if one.actor else say.POLICY
    return say.step(times.moment(datetime.fromisoformat(one.at)), what.format(by=by))


def _paging(place: Place, page: parts.Paged[Record]) -> list[Block]:
    if page.pages == 1:
        return []
    moves = [
        (page.number > 0, words.PREVIOUS, "previous", page.number - 1),
        (page.left > 0, words.NEXT, "next", page.number + 1),
    ]
    found = [
        parts.go(label, key, place.at(page=number), kind=ids.HISTORY)
        for there, label, key, number in moves
        if there
    ]
    shown = [button for button in found if button is not None]
    counted = blocks.context("page", words.page(page.number + 1, page.pages, page.left))
    return [counted, *([blocks.actions("paging", shown)] if shown else [])]
