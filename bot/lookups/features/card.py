"""What the customer may use, and how much of it is left."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from bot.autumn.models import Balance, Customer
from bot.kit import blocks, ids, layout, numbers, phrases, text, times
from bot.kit.card import Block
from bot.lookups import controls, labels, names, options
from bot.lookups import frame as parts
from bot.lookups.answers import Read
from bot.lookups.controls import Holder
from bot.lookups.entities.holdings import entities_share
from bot.lookups.features import words
from bot.lookups.invoices.facts import Unpaid
from bot.lookups.overview import attention

SIZE = 10
_FLAGS = 60


@dataclass(frozen=True, slots=True)
class Features:
    """What is read of a customer's features."""

    customer: Customer
    read_at: datetime
    unpaid: Read[Unpaid] | None = None


def content(answer: Features, frame: parts.Frame) -> list[layout.Drawn]:
    customer = answer.customer
    page = layout.paged(ranked(customer), frame.place.page, SIZE)
    drawn: list[layout.Drawn] = [
        _balance(index, balance, frame, answer) for index, balance in enumerate(page.items)
    ]
    if not page.items:
        drawn.append(blocks.section("none", nothing(customer)))
    drawn += parts.paging(frame, page, frame.place)
    if page.pages > 1 or len(customer.flags) > SIZE:
        drawn += pick(frame, words.PICK_FEATURE)
    if customer.flags:
        drawn.append(blocks.section("flags", flags(customer, _FLAGS)))
    return drawn


def ranked(customer: Customer) -> list[Balance]:
    """The worst first: over the limit, used up, then by the share that is used, and by name."""

    def rank(balance: Balance) -> tuple[bool, bool, bool, Decimal, str, str]:
        over = balance.overage > 0 and not balance.unlimited
        share = balance.usage / balance.granted if balance.granted > 0 else Decimal(0)
        return (
            not over,
            not attention.exhausted(balance),
            balance.unlimited,
            -share,
            balance.name.casefold(),
            balance.feature_id,
        )

    return sorted(customer.balances.values(), key=rank)


def nothing(customer: Customer) -> str:
    """Why there are no balances."""
    if any(attention.hides_balances(customer, subscription) for subscription in customer.subscriptions):
        return words.HIDDEN_BALANCES
    return words.NO_BALANCES if customer.flags else words.NO_FEATURES


def figures(balance: Balance) -> list[str]:
    """What is left, used and over, without the bar."""
    if balance.unlimited:
        return [words.unlimited(numbers.number(balance.usage))]
    facts = [
        words.remaining(numbers.number(balance.remaining), numbers.number(balance.granted)),
        words.used(numbers.number(balance.usage)),
    ]
    over = words.overage(numbers.number(balance.overage))
    return [*facts, over] if balance.overage > 0 else facts


def bar(balance: Balance, width: int = 10) -> str:
    """Fills with usage. The same length for every balance, so that they line up."""
    if balance.unlimited or (balance.granted <= 0 and balance.usage <= 0):
        return numbers.bar(Decimal(0), Decimal(1), width)
    if balance.granted <= 0:
        return numbers.bar(Decimal(1), Decimal(1), width)
    return numbers.bar(balance.usage, balance.granted, width)


def usage(balance: Balance, *holders: Holder) -> list[str]:
    """How much is used, of how much, and the overage; how much is left if that does not follow from these.
    `holders`: whose spend limits say whether the overage is billed."""
    used = numbers.number(balance.usage)
    if balance.unlimited:
        return [words.used(used), labels.UNLIMITED.lower()]
    facts = [words.used_of(used, numbers.number(balance.granted))]
    if balance.granted > 0:
        facts.append(numbers.percent(balance.usage, balance.granted))
    if balance.overage > 0:
        billed = controls.billed_overage(balance, *holders)
        facts.append(words.overage(numbers.number(balance.overage), numbers.number(billed)))
    elif balance.usage < 0 or balance.remaining != balance.granted - balance.usage:
        facts.append(words.left(numbers.number(balance.remaining)))
    return facts


def flags(customer: Customer, most: int) -> str:
    """All boolean features in one line."""
    flag_names = sorted((names.feature(flag) for flag in customer.flags.values()), key=str.casefold)
    fitting: list[str] = []
    room = layout.SECTION - 100
    for name in flag_names[:most]:
        room -= text.length(name) + 2
        if room > 0:
            fitting.append(name)
    left = len(flag_names) - len(fitting)
    return words.flags(", ".join(fitting) + (f" {phrases.and_more(left)}" if left else ""))


def resets(at: datetime | None, now: datetime) -> str:
    """When it resets; Autumn resets at the next reading, so a past date means at once."""
    if at is None:
        return ""
    return words.resets_on(times.billing_day(at)) if at > now else words.DUE_NOW


def pick(frame: parts.Frame, placeholder: str, chosen: tuple[str, str] | None = None) -> list[Block]:
    """The select of features; left out when its block id cannot carry the place. `chosen` is (id, name)."""
    block_id = f"{ids.PICK_FEATURE}:{frame.place.at().encode()}"
    if not frame.private or text.length(block_id) > blocks.BLOCK_ID:
        return []
    initial = options.feature_option(*chosen) if chosen else None
    return [
        blocks.actions(block_id, [blocks.picker(ids.PICK_FEATURE, placeholder, min_query=0, initial=initial)])
    ]


def _balance(index: int, balance: Balance, frame: parts.Frame, answer: Features) -> Block:
    place = frame.place.of_feature(balance.feature_id)
    sources = len(balance.breakdown) + (entities_share(balance) is not None)
    several = words.sources(sources) if sources > 1 else ""
    facts = [
        *usage(balance, answer.customer),
        resets(balance.next_reset_at, answer.read_at),
        several,
    ]
    lines = f"*{names.feature(balance)}*\n{bar(balance)} {' · '.join(fact for fact in facts if fact)}"
    return blocks.section(f"balance.{index}", lines, accessory=frame.go(labels.OPEN, f"open:{index}", place))
