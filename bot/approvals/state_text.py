"""What a change has come to, in words."""

from collections.abc import Mapping
from datetime import datetime

from bot.approvals import autumn_refusals, words
from bot.approvals.lifecycle import Cause, Record, State
from bot.changes import descriptions, notes, registry
from bot.changes.model import Now
from bot.kit import text, times
from bot.kit.mentions import people, person

_SAID = 1500


def told(record: Record, called: Mapping[str, str]) -> str:
    """The state and all that goes with it, in mrkdwn."""
    found = [words.HEADLINES[record.state], *_LINES[record.state](record, called)]
    return "\n".join(line for line in found if line)


def _waiting(record: Record, called: Mapping[str, str]) -> list[str]:  # noqa: ARG001 - as all states
    got = [one.person for one in record.approvals if one.counts]
    so_far = words.approvals(len(got), record.needed, people(got))
    expires = words.expires(times.moment(record.expires_at))
    return [words.ANEW if record.version > 1 else "", f"{so_far} · {expires}", _not_counted(record)]


def _going(record: Record, called: Mapping[str, str]) -> list[str]:  # noqa: ARG001 - as all states
    return [_approved(record), words.WAIT_FOR_IT]


def _applied(record: Record, called: Mapping[str, str]) -> list[str]:
    return [_approved(record), *_ending(record, called), _undo(record)]


def _failed(record: Record, called: Mapping[str, str]) -> list[str]:
    return [_approved(record), *_ending(record, called)]


def _unconfirmed(record: Record, called: Mapping[str, str]) -> list[str]:
    return [_approved(record), *_ending(record, called), words.SETTLE]


def _decided(record: Record, called: Mapping[str, str]) -> list[str]:  # noqa: ARG001 - as all states
    return [words.by(person(record.decided_by), _when(record.decided_at or record.updated_at)), _said(record)]


def _expired(record: Record, called: Mapping[str, str]) -> list[str]:  # noqa: ARG001 - as all states
    return [words.EXPIRED]


def _overtaken(record: Record, called: Mapping[str, str]) -> list[str]:  # noqa: ARG001 - as all states
    return [words.OVERTAKEN]


_LINES = {
    State.WAITING: _waiting,
    State.APPROVED: _going,
    State.APPLYING: _going,
    State.APPLIED: _applied,
    State.FAILED: _failed,
    State.UNCONFIRMED: _unconfirmed,
    State.DENIED: _decided,
    State.WITHDRAWN: _decided,
    State.EXPIRED: _expired,
    State.OVERTAKEN: _overtaken,
}


def _approved(record: Record) -> str:
    if record.needed == 0:
        return words.AT_ONCE
    approvers = [one.person for one in record.approvals if one.counts]
    return words.approved_by(people(approvers)) if approvers else ""


def _not_counted(record: Record) -> str:
    passed_over = [one.person for one in record.approvals if not one.counts]
    return words.not_counted(people(passed_over)) if passed_over else ""


def _ending(record: Record, called: Mapping[str, str]) -> list[str]:
    if record.ending is None:
        return []
    found = [
        words.ENDINGS[record.ending].format(why=autumn_refusals.said(record.details)),
        _read_back(record),
    ]
    if record.ending is Cause.GUARDED:
        found += [f"• {notes.mrkdwn(note, called)}" for note in record.refusals]
    if record.ending in (Cause.MARKED_APPLIED, Cause.MARKED_NOT_APPLIED):
        when = _when(record.decided_at or record.updated_at)
        found += [words.marked_by(person(record.decided_by), when), _said(record)]
    return found


def _undo(record: Record) -> str:
    if record.undone:
        return words.UNDONE
    return words.UNDOING if record.undo else ""


def now_shown(record: Record) -> str:
    """What Autumn shows now, for a change of which that is not clear; else empty."""
    if record.state is not State.UNCONFIRMED:
        return ""
    return descriptions.shown_now(record.input, record.before, record.after, _now(record))


def _read_back(record: Record) -> str:
    now = _now(record) if record.state is State.UNCONFIRMED else None
    return words.READ_BACK[now] if now else ""


def _now(record: Record) -> Now | None:
    """None: not known, of a change that ended before this was kept."""
    now = record.details.get("now")
    return Now(now) if now else None


def _said(record: Record) -> str:
    return words.said(shown) if (shown := text.mrkdwn(record.said, _SAID)) else ""


def _when(at: datetime) -> str:
    return times.moment(at)


def part(record: Record, called: Mapping[str, str]) -> str:
    """Which part of the customer is changed, in mrkdwn; empty where the summary says it all."""
    return registry.kind(record.kind).part(record.input, record.before, record.lines, called)
