"""Before and after, and what Autumn shows now, in words."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from bot.approvals import words as say
from bot.approvals.lifecycle import Now, Record
from bot.changes import note_words
from bot.changes.balance import sources
from bot.changes.balance.figures import Pool
from bot.changes.model import (
    BalanceAction,
    BalanceInput,
    DeletionInput,
    DetailsInput,
    Form,
    Line,
    LineLabel,
    RewardAction,
    RewardInput,
    Snapshot,
    Verdict,
)
from bot.changes.reward import grant
from bot.kit import money, numbers, text, times
from bot.lookups import words

_LIMIT = 100
_DETAIL = 1300
"""A customer's name, e-mail or fingerprint is shown in full: it is what will be written."""
_DETAILS = (LineLabel.NAME, LineLabel.EMAIL, LineLabel.FINGERPRINT)
_Names = Mapping[str, str]
"""Of features and plans by id, not yet made safe."""

_NOTHING: Mapping[Now | None, str] = {Now.UNREAD: say.NOW_UNREAD, Now.GONE: say.NOW_GONE}
_VANISHES = (LineLabel.GRANTED, LineLabel.USAGE)
_DELETED = (LineLabel.CUSTOMER, LineLabel.SUBSCRIPTIONS, LineLabel.ENTITIES)


def lines(found: Sequence[Line], called: _Names) -> list[str]:
    """In mrkdwn, one each."""
    return [f"• {_line(one, called)}" for one in found]


def part(record: Record, called: _Names) -> str:
    """Of a balance that has several parts, the one that is changed, in mrkdwn; else empty."""
    stacked = any(one.label is LineLabel.TOTAL_REMAINING for one in record.lines)
    pool = Pool.read(record.before) if stacked else None
    if pool is None or not isinstance(record.input, BalanceInput):
        return ""
    return sources.line(pool, record.input.feature, called)


def _line(one: Line, called: _Names) -> str:
    about = ""
    if one.label is LineLabel.GRANT:
        about = say.of_feature(name(one.about, called))
    elif one.label is LineLabel.NEXT_INVOICE and one.about:
        about = say.on_day(times.billing_day(datetime.fromisoformat(one.about)))
    told = say.line(say.LABELS[one.label], about, _before(one), _after(one))
    return say.estimated(told) if one.estimate else told


def _before(one: Line) -> str:
    if one.before is not None:
        return _figure(one, one.before)
    return "" if one.label in (LineLabel.CODE, LineLabel.GRANT) else say.ABSENT


def _after(one: Line) -> str:
    if one.after is not None:
        return _figure(one, one.after)
    if one.label in _VANISHES:
        return say.GONE
    if one.label in _DELETED:
        return say.GONE_FROM_AUTUMN
    return say.GIVEN if one.label is LineLabel.GRANT else say.ABSENT


def _figure(one: Line, value: str) -> str:
    match one.form:
        case Form.NUMBER if one.at_least:
            return say.at_least(numbers.number(Decimal(value)))
        case Form.NUMBER:
            return numbers.number(Decimal(value))
        case Form.TIME:
            return times.moment(datetime.fromisoformat(value))
        case Form.MONEY:
            return money.money(Decimal(value), one.currency)
        case _:
            return text.mrkdwn(value, _DETAIL if one.label in _DETAILS else _LIMIT) or words.NONE


def name(known_id: str, called: _Names) -> str:
    """Of a feature, a plan or a reward: in mrkdwn, by its id when it has no name here."""
    return text.mrkdwn(called.get(known_id) or known_id, 60) or words.NONE


def asked(wanted: BalanceInput | RewardInput | DetailsInput | DeletionInput, called: _Names) -> str:
    """What is asked for in one line, in mrkdwn."""
    match wanted:
        case BalanceInput():
            return _balance(wanted, name(wanted.feature, called))
        case RewardInput(action=RewardAction.APPLY):
            return say.apply_coupon(name(wanted.reward, called))
        case RewardInput(action=RewardAction.REDEEM):
            return say.redeem(text.mrkdwn(wanted.code, 60) or words.NONE)
        case RewardInput():
            return say.REMOVE_COUPON
        case DetailsInput():
            altered = [one for one in ("name", "email", "fingerprint") if getattr(wanted, one) is not None]
            return say.edit(words.joined(note_words.fields(altered)) or words.NONE)
        case _:
            return say.DELETE


def _balance(wanted: BalanceInput, feature: str) -> str:
    if wanted.action is BalanceAction.NONE:
        return say.only_reset(feature, times.moment(wanted.reset_at) if wanted.reset_at else words.NONE)
    phrase = {
        BalanceAction.GIVE: say.give,
        BalanceAction.TAKE: say.take,
        BalanceAction.SET: say.set_balance,
        BalanceAction.USAGE: say.correct_usage,
        BalanceAction.SHIFT: say.shift,
    }[wanted.action]
    told = phrase(feature, numbers.number(wanted.amount or Decimal(0)))
    return say.and_reset(told, times.moment(wanted.reset_at)) if wanted.reset_at else told


def now_shown(
    wanted: BalanceInput | RewardInput | DetailsInput | DeletionInput,
    before: Snapshot,
    after: Snapshot | None,
    now: Now | None,
) -> str:
    """What was last read back, with a title, in mrkdwn."""
    if after is None:
        return _NOTHING.get(now, say.NOW_UNKNOWN)
    match wanted:
        case BalanceInput():
            found = _pool(after)
            if not found:
                return say.NOW_NOT_THERE
        case RewardInput(action=RewardAction.REDEEM):
            absent = grant.verify(before, after) is Verdict.NOT_APPLIED
            return say.NO_GRANT if absent else say.PART_OF_GRANT
        case RewardInput():
            coupon = after.get("coupon_name") or after.get("coupon")
            found = [(LineLabel.COUPON, text.mrkdwn(coupon, _LIMIT) if coupon else say.ABSENT)]
        case DetailsInput():
            found = [
                (label, text.mrkdwn(after.get(label) or "", _LIMIT) or say.ABSENT)
                for label in (LineLabel.NAME, LineLabel.EMAIL, LineLabel.FINGERPRINT)
                if getattr(wanted, label) is not None
            ]
        case _:
            found = [(LineLabel.CUSTOMER, text.code(after.get("customer") or "") or say.ABSENT)]
    return "\n".join(
        [say.NOW_SHOWN, *(f"• {say.line(say.LABELS[label], '', '', value)}" for label, value in found)]
    )


def _pool(after: Snapshot) -> list[tuple[LineLabel, str]]:
    pool = Pool.read(after)
    if pool is None:
        return []
    found = [
        (LineLabel.GRANTED, numbers.number(pool.granted)),
        (LineLabel.REMAINING, numbers.number(pool.remaining)),
        (LineLabel.USAGE, numbers.number(pool.used)),
    ]
    if pool.overage:
        found.append((LineLabel.OVERAGE, numbers.number(pool.overage)))
    if pool.resets_at is not None:
        found.append((LineLabel.RESET, times.moment(pool.resets_at)))
    return found
