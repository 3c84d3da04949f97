"""Before and after, and what Autumn shows now, in words."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from bot.changes import note_words, words
from bot.changes.balance.figures import BalanceFigures
from bot.changes.model import (
    BalanceAction,
    BalanceInput,
    DeletionInput,
    DetailsInput,
    Line,
    LineLabel,
    Now,
    RewardAction,
    RewardInput,
    Snapshot,
    ValueFormat,
    Verdict,
)
from bot.changes.reward import grant
from bot.kit import money, numbers, phrases, text, times

_LIMIT = 100
_DETAIL = 1300
"""A customer's name, e-mail or fingerprint is shown in full: it is what will be written."""
_DETAILS = (LineLabel.NAME, LineLabel.EMAIL, LineLabel.FINGERPRINT)
_Names = Mapping[str, str]
"""Of features and plans by id, not yet made safe."""

_NOTHING: Mapping[Now | None, str] = {Now.UNREAD: words.NOW_UNREAD, Now.GONE: words.NOW_GONE}
_VANISHES = (LineLabel.GRANTED, LineLabel.USAGE)
_DELETED = (LineLabel.CUSTOMER, LineLabel.SUBSCRIPTIONS, LineLabel.ENTITIES)


def lines(found: Sequence[Line], called: _Names) -> list[str]:
    """In mrkdwn, one each."""
    return [f"• {_line(one, called)}" for one in found]


def _line(one: Line, called: _Names) -> str:
    about = ""
    if one.label is LineLabel.GRANT:
        about = words.of_feature(name(one.about, called))
    elif one.label is LineLabel.NEXT_INVOICE and one.about:
        about = words.on_day(times.billing_day(datetime.fromisoformat(one.about)))
    told = words.line(words.LABELS[one.label], about, _before(one), _after(one))
    return words.estimated(told) if one.estimate else told


def _before(one: Line) -> str:
    if one.before is not None:
        return _figure(one, one.before)
    return "" if one.label in (LineLabel.CODE, LineLabel.GRANT) else words.ABSENT


def _after(one: Line) -> str:
    if one.after is not None:
        return _figure(one, one.after)
    if one.label in _VANISHES:
        return words.GONE
    if one.label in _DELETED:
        return words.GONE_FROM_AUTUMN
    return words.GIVEN if one.label is LineLabel.GRANT else words.ABSENT


def _figure(one: Line, value: str) -> str:
    match one.form:
        case ValueFormat.NUMBER if one.at_least:
            return words.at_least(numbers.number(Decimal(value)))
        case ValueFormat.NUMBER:
            return numbers.number(Decimal(value))
        case ValueFormat.TIME:
            return times.moment(datetime.fromisoformat(value))
        case ValueFormat.MONEY:
            return money.money(Decimal(value), one.currency)
        case _:
            return text.mrkdwn(value, _DETAIL if one.label in _DETAILS else _LIMIT) or phrases.NONE


def name(known_id: str, called: _Names) -> str:
    """Of a feature, a plan or a reward: in mrkdwn, by its id when it has no name here."""
    return text.mrkdwn(called.get(known_id) or known_id, 60) or phrases.NONE


def asked(wanted: BalanceInput | RewardInput | DetailsInput | DeletionInput, called: _Names) -> str:
    """What is asked for in one line, in mrkdwn."""
    match wanted:
        case BalanceInput():
            return _balance(wanted, name(wanted.feature, called))
        case RewardInput(action=RewardAction.APPLY):
            return words.apply_coupon(name(wanted.reward, called))
        case RewardInput(action=RewardAction.REDEEM):
            return words.redeem(text.mrkdwn(wanted.code, 60) or phrases.NONE)
        case RewardInput():
            return words.REMOVE_COUPON
        case DetailsInput():
            altered = [one for one in ("name", "email", "fingerprint") if getattr(wanted, one) is not None]
            return words.edit(phrases.joined(note_words.fields(altered)) or phrases.NONE)
        case _:
            return words.DELETE


def _balance(wanted: BalanceInput, feature: str) -> str:
    if wanted.action is BalanceAction.NONE:
        return words.only_reset(feature, times.moment(wanted.reset_at) if wanted.reset_at else phrases.NONE)
    phrase = {
        BalanceAction.GIVE: words.give,
        BalanceAction.TAKE: words.take,
        BalanceAction.SET: words.set_balance,
        BalanceAction.USAGE: words.correct_usage,
        BalanceAction.SHIFT: words.shift,
    }[wanted.action]
    told = phrase(feature, numbers.number(wanted.amount or Decimal(0)))
    return words.and_reset(told, times.moment(wanted.reset_at)) if wanted.reset_at else told


def now_shown(
    wanted: BalanceInput | RewardInput | DetailsInput | DeletionInput,
    before: Snapshot,
    after: Snapshot | None,
    now: Now | None,
) -> str:
    """What was last read back, with a title, in mrkdwn."""
    if after is None:
        return _NOTHING.get(now, words.NOW_UNKNOWN)
    match wanted:
        case BalanceInput():
            found = _pool(after)
            if not found:
                return words.NOW_NOT_THERE
        case RewardInput(action=RewardAction.REDEEM):
            absent = grant.verify(before, after) is Verdict.NOT_APPLIED
            return words.NO_GRANT if absent else words.PART_OF_GRANT
        case RewardInput():
            coupon = after.get("coupon_name") or after.get("coupon")
            found = [(LineLabel.COUPON, text.mrkdwn(coupon, _LIMIT) if coupon else words.ABSENT)]
        case DetailsInput():
            found = [
                (label, text.mrkdwn(after.get(label) or "", _LIMIT) or words.ABSENT)
                for label in (LineLabel.NAME, LineLabel.EMAIL, LineLabel.FINGERPRINT)
                if getattr(wanted, label) is not None
            ]
        case _:
            found = [(LineLabel.CUSTOMER, text.code(after.get("customer") or "") or words.ABSENT)]
    return "\n".join(
        [words.NOW_SHOWN, *(f"• {words.line(words.LABELS[label], '', '', value)}" for label, value in found)]
    )


def _pool(after: Snapshot) -> list[tuple[LineLabel, str]]:
    pool = BalanceFigures.read(after)
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
