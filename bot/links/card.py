"""The link, for the person who asked for it, and the buttons that make one. Pure."""

from dataclasses import dataclass

from bot.autumn.models import Customer
from bot.kit import blocks, ids, layout, links, text
from bot.kit.card import Block, Card
from bot.links import words
from bot.links.registry import LinkKind
from bot.lookups import frame
from bot.lookups.place import Place

LONGEST = 2500
"""Characters of an address: Stripe's are long, and a section holds 3,000."""
OFFERED_ON = frozenset({"invoices"})
"""Ids of the parts of a customer's card that have the buttons."""


@dataclass(frozen=True, slots=True)
class MadeLink:
    kind: LinkKind
    customer: Customer
    """As before it was made."""
    url: str
    """For the person who asked alone."""


def link_card(link: MadeLink) -> Card:
    """In a code span the address can be copied whole, and Slack previews nothing."""
    customer_id = link.customer.id or ""
    title = words.made(link.kind.title, text.mrkdwn(frame.title(link.customer, customer_id), 80))
    facts = [link.kind.warning, link.kind.lasts]
    if not link.customer.stripe_id:
        facts.append(words.MADE_IN_STRIPE)
    content: list[Block] = [
        blocks.section("link", f"{title}\n`{text.escape(link.url)}`"),
        blocks.actions("open", [blocks.link_button(words.OPEN, f"{ids.LINK}:{link.kind.id}", link.url)]),
        blocks.context("about", " ".join(facts)),
        blocks.context("kept", words.NOT_KEPT),
    ]
    # Without its blocks the message says nothing of the address: that is what a notification shows.
    return Card(title, tuple(content), tuple(content))


def maybe_made() -> Card:
    return layout.card([blocks.section("maybe", words.MAYBE_MADE)], [], [], stamp=None)


def buttons(place: Place, kinds: tuple[LinkKind, ...]) -> tuple[blocks.Button, ...]:
    value = Place(customer=place.customer).encode()
    if place.part not in OFFERED_ON or text.length(value) > blocks.BUTTON_VALUE:
        return ()
    return tuple(
        blocks.button(
            kind.button,
            f"{ids.MAKE_LINK}:{kind.id}",
            value,
            confirm=blocks.confirm(words.CONFIRM_TITLE, kind.warning, words.CONFIRM_YES, words.CONFIRM_NO),
        )
        for kind in kinds
    )


def address(url: str) -> str:
    """The address as it is given; empty if Slack would not accept it."""
    return links.web(url, longest=LONGEST)
