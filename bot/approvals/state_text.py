"""What a change has come to, in words."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.approvals import autumn_refusals as refusals
from bot.approvals import words as say
from bot.approvals.lifecycle import Ending, Now, Record, State
from bot.changes import lines as change_lines
from bot.changes import notes
from bot.kit import text, times

_USER = re.compile(r"[UW][A-Z0-9]{1,30}")
_SAID = 1500
_SHOWN = 5


def person(user: str) -> str:
    """A mention of a Slack user; Maple itself when there is none."""
    if not user:
        return say.MAPLE
    return f"<@{user}>" if _USER.fullmatch(user) else text.code(user, 40) or say.MAPLE


def people(users: Sequence[str]) -> str:
    shown = [person(user) for user in dict.fromkeys(users)]
    left = len(shown) - _SHOWN
    return ", ".join(shown[:_SHOWN]) + (f" {say.and_others(left)}" if left > 0 else "")


def told(record: Record, called: Mapping[str, str]) -> str:
    """The state and all that goes with it, in mrkdwn."""
    found = [say.HEADLINES[record.state], *_LINES[record.state](record, called)]
    return "\n".join(line for line in found if line)


def _waiting(record: Record, called: Mapping[str, str]) -> list[str]:  # noqa: ARG001 - as all states
    got = [one.person for one in record.approvals if one.counts]
    so_far = say.approvals(len(got), record.needed, people(got))
    expires = say.expires(times.moment(record.expires_at))
    return [say.ANEW if record.version > 1 else "", f"{so_far} · {expires}", _not_counted(record)]


def _going(record: Record, called: Mapping[str, str]) -> list[str]:  # noqa: ARG001 - as all states
    return [_approved(record), say.WAIT_FOR_IT]


def _applied(record: Record, called: Mapping[str, str]) -> list[str]:
    return [_approved(record), *_ending(record, called), _undo(record)]


def _failed(record: Record, called: Mapping[str, str]) -> list[str]:
    return [_approved(record), *_ending(record, called)]


def _unconfirmed(record: Record, called: Mapping[str, str]) -> list[str]:
    return [_approved(record), *_ending(record, called), say.SETTLE]


def _decided(record: Record, called: Mapping[str, str]) -> list[str]:  # noqa: ARG001 - as all states
    return [say.by(person(record.decided_by), _when(record.decided_at or record.updated_at)), _said(record)]


def _expired(record: Record, called: Mapping[str, str]) -> list[str]:  # noqa: ARG001 - as all states
    return [say.EXPIRED]


def _overtaken(record: Record, called: Mapping[str, str]) -> list[str]:  # noqa: ARG001 - as all states
    return [say.OVERTAKEN]


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
        return say.AT_ONCE
    approvers = [one.person for one in record.approvals if one.counts]
    return say.approved_by(people(approvers)) if approvers else ""


def _not_counted(record: Record) -> str:
    passed_over = [one.person for one in record.approvals if not one.counts]
    return say.not_counted(people(passed_over)) if passed_over else ""


def _ending(record: Record, called: Mapping[str, str]) -> list[str]:
    if record.ending is None:
        return []
    found = [say.ENDINGS[record.ending].format(why=refusals.said(record.details)), _read_back(record)]
    if record.ending is Ending.GUARDED:
        found += [f"• {notes.mrkdwn(note, called)}" for note in record.refusals]
    if record.ending in (Ending.MARKED_APPLIED, Ending.MARKED_NOT_APPLIED):
        when = _when(record.decided_at or record.updated_at)
        found += [say.marked_by(person(record.decided_by), when), _said(record)]
    return found


def _undo(record: Record) -> str:
    if record.undone:
        return say.UNDONE
    return say.UNDOING if record.undo else ""


def now_shown(record: Record) -> str:
    """What Autumn shows now, for a change of which that is not clear; else empty."""
    if record.state is not State.UNCONFIRMED:
        return ""
    return change_lines.now_shown(record.input, record.before, record.after, _now(record))


def _read_back(record: Record) -> str:
    now = _now(record) if record.state is State.UNCONFIRMED else None
    return say.READ_BACK[now] if now else ""


def _now(record: Record) -> Now | None:
    """None: not known, of a change that ended before this was kept."""
    now = record.details.get("now")
    return Now(now) if now else None


def _said(record: Record) -> str:
    return say.said(shown) if (shown := text.mrkdwn(record.said, _SAID)) else ""


def _when(at: datetime) -> str:
    return times.moment(at)
