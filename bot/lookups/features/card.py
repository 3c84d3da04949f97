"""What the customer may use, and how much of it is left."""

from datetime import datetime

from bot.autumn.models import Balance, Customer
from bot.kit import blocks, ids, layout, numbers, phrases, text, times
from bot.kit.card import Block
from bot.lookups import frame as parts
from bot.lookups import labels, names, options
from bot.lookups.entities_share import entities_share
from bot.lookups.features import words
from bot.lookups.features.answer import Features
from bot.lookups.options import resolve, token
from bot.lookups.overview import attention
from bot.lookups.place import Place

__all__ = ["content", "figures", "flags", "ranked", "resolve", "token"]

SIZE = 10
_FLAGS = 60


def content(answer: Features, frame: parts.Frame) -> list[layout.Drawn]:
    customer = answer.customer
    page = layout.paged(ranked(customer), frame.place.page, SIZE)
    drawn: list[layout.Drawn] = [
        _balance(index, balance, frame, answer.read_at) for index, balance in enumerate(page.items)
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
    """Those over their limit first, then those used up, then by name."""

    def rank(balance: Balance) -> tuple[bool, bool, str, str]:
        over = balance.overage > 0 and not balance.unlimited
        return not over, not attention.exhausted(balance), balance.name.casefold(), balance.feature_id

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
    return [*facts, words.overage(numbers.number(balance.overage))] if balance.overage > 0 else facts


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
    return times.moment(at, labels.RESETS) if at > now else words.DUE_NOW


def pick(frame: parts.Frame, placeholder: str, chosen: tuple[str, str] | None = None) -> list[Block]:
    """The select of features; left out when its block id cannot carry the place. `chosen` is (id, name)."""
    block_id = f"{ids.PICK_FEATURE}:{frame.place.at().encode()}"
    if not frame.private or text.length(block_id) > blocks.BLOCK_ID:
        return []
    initial = options.feature_option(*chosen) if chosen else None
    return [
        blocks.actions(block_id, [blocks.picker(ids.PICK_FEATURE, placeholder, min_query=0, initial=initial)])
    ]


def feature_place(place: Place, feature_id: str) -> Place:
    return place.go("feature").at(feature=feature_id)


def _balance(index: int, balance: Balance, frame: parts.Frame, now: datetime) -> Block:
    place = feature_place(frame.place, balance.feature_id)
    bar = "" if balance.unlimited else numbers.bar(balance.remaining, balance.granted)
    sources = len(balance.breakdown) + (entities_share(balance) is not None)
    several = words.sources(sources) if sources > 1 else ""
    facts = [*figures(balance), resets(balance.next_reset_at, now), several]
    lines = f"*{names.feature(balance)}*\n" + f"{bar} {' · '.join(fact for fact in facts if fact)}".strip()
    return blocks.section(f"balance.{index}", lines, accessory=frame.go(labels.OPEN, f"open:{index}", place))
