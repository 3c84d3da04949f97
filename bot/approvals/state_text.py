"""The state of a change and all that goes with it, in words."""

from collections.abc import Mapping
from typing import assert_never

from bot.approvals import words
from bot.approvals.lifecycle import Cause, Record, State
from bot.changes import autumn_refusals, descriptions, notes, registry
from bot.changes.model import Now, PaymentPage
from bot.kit import text, times
from bot.kit.mentions import people, person

_COMMENT_LENGTH = 1500


def described(record: Record, names: Mapping[str, str]) -> str:
    """The state, how it came about and what to do, in mrkdwn."""
    lines = [headline(record), *_explanation(record, names)]
    return "\n".join(line for line in lines if line)


def headline(record: Record) -> str:
    if record.undone:
        return words.UNDONE_HEADLINE
    return words.AWAITS_PAYMENT if _awaits_payment(record) else words.HEADLINES[record.state]


def short(record: Record) -> str:
    """The state in a list of changes."""
    if record.undone:
        return words.UNDONE_STATE
    return words.AWAITS_PAYMENT_STATE if _awaits_payment(record) else words.STATES[record.state]


def _awaits_payment(record: Record) -> bool:
    return record.ending is Cause.AWAITS_PAYMENT


def _explanation(record: Record, names: Mapping[str, str]) -> list[str]:
    match record.state:
        case State.WAITING:
            return _waiting(record)
        case State.APPROVED | State.APPLYING:
            return [_approved_by(record), words.WAIT_FOR_IT]
        case State.APPLIED:
            return [_approved_by(record), *_ending(record, names), unlike_preview(record), _undo(record)]
        case State.FAILED:
            return [_approved_by(record), *_ending(record, names)]
        case State.UNCONFIRMED:
            return [_approved_by(record), *_ending(record, names), _settle(record)]
        case State.DENIED | State.WITHDRAWN:
            return [words.by(person(record.decided_by), _decided_at(record)), _comment(record)]
        case State.EXPIRED:
            return [words.EXPIRED]
        case State.SUPERSEDED:
            return [words.SUPERSEDED]
        case _:
            assert_never(record.state)


def _waiting(record: Record) -> list[str]:
    approvers = [approval.person for approval in record.approvals if approval.counts]
    so_far = words.approvals(len(approvers), record.needed, people(approvers))
    expires = words.expires(times.moment(record.expires_at))
    return [_why_anew(record), f"{so_far} · {expires}", _not_counted(record)]


def _why_anew(record: Record) -> str:
    if record.version == 1:
        return ""
    return words.EDITED if record.edited else words.ANEW


def _approved_by(record: Record) -> str:
    if record.needed == 0:
        return words.RIGHT_AWAY
    approvers = [approval.person for approval in record.approvals if approval.counts]
    return words.approved_by(people(approvers)) if approvers else ""


def _not_counted(record: Record) -> str:
    passed_over = [approval.person for approval in record.approvals if not approval.counts]
    return words.not_counted(people(passed_over)) if passed_over else ""


def _ending(record: Record, names: Mapping[str, str]) -> list[str]:
    if record.ending is None:
        return []
    why = autumn_refusals.explanation(record.details)
    payment = words.PAYMENTS.get(record.details.get("payment", ""))
    ending = words.ENDINGS[record.ending].format(why=why, payment=f" {payment}" if payment else "")
    lines = [ending, _read_back(record)]
    if record.ending is Cause.GUARDED:
        lines += [f"• {notes.mrkdwn(note, names)}" for note in record.refusals]
    if record.ending in (Cause.MARKED_APPLIED, Cause.MARKED_NOT_APPLIED):
        lines += [words.marked_by(person(record.decided_by), _decided_at(record)), _comment(record)]
    return lines


def _settle(record: Record) -> str:
    if not _awaits_payment(record):
        return words.SETTLE
    page = record.details.get("page")
    return words.SETTLE_PAYMENT[PaymentPage(page) if page else None]


def _undo(record: Record) -> str:
    if record.undone:
        return words.UNDONE
    return words.UNDOING if record.undo else ""


def unlike_preview(record: Record) -> str:
    """How an applied change differs from its preview, or what its summary left open, in mrkdwn; or empty."""
    if record.state is not State.APPLIED or record.after is None:
        return ""
    return registry.kind(record.kind).unlike_preview(record.input, record.before, record.after)


def now_shown(record: Record) -> str:
    """What Autumn shows now, for an unconfirmed change; else empty."""
    if record.state is not State.UNCONFIRMED:
        return ""
    return descriptions.shown_now(record.input, record.before, record.after, _now(record))


def _read_back(record: Record) -> str:
    now = _now(record) if record.state is State.UNCONFIRMED else None
    return words.READ_BACK[now] if now else ""


def _now(record: Record) -> Now | None:
    """What was read back last; None for a change that ended before Maple recorded it."""
    now = record.details.get("now")
    return Now(now) if now else None


def _comment(record: Record) -> str:
    escaped = text.mrkdwn(record.comment, _COMMENT_LENGTH)
    return words.comment(escaped) if escaped else ""


def _decided_at(record: Record) -> str:
    return times.moment(record.decided_at or record.updated_at)


def part(record: Record, names: Mapping[str, str]) -> str:
    """Which part of the customer is changed, in mrkdwn; empty where the summary says it all."""
    return registry.kind(record.kind).part(record.input, record.before, record.lines, names)
