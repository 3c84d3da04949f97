"""What every card is put together from: its head, buttons, pages, foot; and how it is kept within limits."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from bot.autumn.errors import AutumnError
from bot.autumn.models import Customer, Organization
from bot.kit import blocks, ids, links, phrases, text, times
from bot.kit.card import Block
from bot.kit.layout import Paged, T
from bot.lookups import labels
from bot.lookups.place import Place


@dataclass(frozen=True, slots=True)
class Frame:
    """What a part needs to know besides its answer."""

    place: Place
    private: bool
    """Whether buttons that change the card are drawn: not on one that was shared into a channel."""

    def go(self, label: str, key: str, place: Place, *, current: bool = False) -> blocks.Button | None:
        """A button to another place; None on a shared card, and when Slack cannot carry the place.

        `current`: whether this is where the card is.
        """
        return go(label, key, place, current=current) if self.private else None

    def buttons(self, block_id: str, candidates: Iterable[blocks.Button | None]) -> list[Block]:
        """A row of those buttons that there are."""
        drawn = [button for button in candidates if button is not None]
        return [blocks.actions(block_id, drawn)] if drawn else []


def go(
    label: str, key: str, place: Place, *, current: bool = False, kind: str = ids.GO
) -> blocks.Button | None:
    value = place.encode()
    if text.length(value) > blocks.BUTTON_VALUE:
        return None
    marked = labels.current(label) if current else label
    return blocks.button(text.literal(marked, 75), f"{kind}:{key}", value)


# Lists


def paging(frame: Frame, page: Paged[T], place: Place) -> list[Block]:
    """Which page this is and how many are left, with buttons. Nothing if there is one page only."""
    if page.pages == 1:
        return []
    previous = page.number > 0 and frame.go(phrases.PREVIOUS, "previous", place.at(page=page.number - 1))
    following = page.left > 0 and frame.go(phrases.NEXT, "next", place.at(page=page.number + 1))
    return [
        blocks.context("page", phrases.page(page.number + 1, page.pages, page.left)),
        *frame.buttons("paging", [previous or None, following or None]),
    ]


def failed(block_id: str, part: str, error: AutumnError) -> Block:
    """A part of the card that could not be read: one line, and the rest of the card stays."""
    return blocks.context(block_id, labels.part_failed(part, error))


# The frame around a part


def environment(customer: Customer | None, org: Organization | None) -> str:
    """The badge: which of Autumn's environments the customer is in."""
    env = (customer.env if customer else "") or (org.env if org else "")
    return text.code(env.upper() or labels.ENV_UNKNOWN, 30)


def title(customer: Customer | None, customer_id: str) -> str:
    """The name, else the email address, else the id."""
    candidates = (customer.name, customer.email, customer.id or "") if customer else ()
    return next(
        (safe for candidate in (*candidates, customer_id) if (safe := text.literal(candidate, 140))),
        labels.NO_NAME,
    )


def head(customer: Customer | None, customer_id: str, org: Organization | None) -> list[Block]:
    """Who this is, and in which environment."""
    facts: list[str | blocks.Text] = [environment(customer, org)]
    shown_id = text.literal((customer.id if customer else None) or customer_id, 200)
    facts.append(blocks.plain(shown_id or labels.NO_ID))
    if customer:
        facts.append(blocks.plain(text.literal(customer.email, 200) or labels.NO_EMAIL))
        if customer.created_at:
            facts.append(labels.since(times.billing_day(customer.created_at)))
        if elsewhere := _elsewhere(customer, customer_id, org):
            facts.append(elsewhere)
    return [blocks.header("head", title(customer, customer_id)), blocks.context("who", *facts)]


def _elsewhere(customer: Customer, customer_id: str, org: Organization | None) -> str:
    env = customer.env or (org.env if org else "")
    elsewhere = []
    if known_id := customer.id or customer_id:
        elsewhere.append(links.linked(links.autumn(known_id, env), labels.AUTUMN))
    if customer.stripe_id:
        elsewhere.append(links.linked(links.stripe(customer.stripe_id, env), labels.STRIPE))
    return " · ".join(elsewhere)


def foot(read_at: datetime, badge: str, org: Organization | None, *more: str) -> Block:
    where = " · ".join(part for part in (text.mrkdwn(org.name, 60) if org else "", badge) if part)
    return blocks.context("foot", times.moment(read_at, labels.READ), where, *more)
