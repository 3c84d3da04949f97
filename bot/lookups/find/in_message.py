"""The customers that a message is about: which words may name them, and the modal that offers them. Pure."""

import re
from collections.abc import Sequence
from typing import Any

from pydantic import Field

from bot.autumn.models import Customer
from bot.kit import blocks, ids, phrases, surfaces, text
from bot.kit.card import Block
from bot.kit.carried import Carried, ChannelId
from bot.lookups import frame, labels
from bot.lookups.find import words
from bot.lookups.find.query import CUSTOMER_LINK, EMAIL, INVISIBLE, unmarked
from bot.lookups.place import Place

MOST_CLUES = 6
MOST_CUSTOMERS = 8
_ID = re.compile(
    r"(?<![\w@.%-])(?:[A-Za-z]{2,12}_[A-Za-z0-9]{3,64}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?![\w@-])"
)
"""`cus_…`, `org_…`, `user_…`, or a UUID: what ids of customers mostly look like."""
_EVERYONES_DOMAINS = frozenset(
    {
        "gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "live.com", "yahoo.com", "icloud.com",
        "me.com", "aol.com", "gmx.de", "gmx.net", "proton.me", "protonmail.com", "web.de", "qq.com",
    }
)  # fmt: skip
"""Of an address there, the domain says nothing about the company."""


class MessageMeta(Carried):
    """What the modal remembers of the message."""

    channel: ChannelId = Field(default="", alias="h")
    thread: str = Field(default="", alias="t")
    """The thread it is in; empty outside threads."""
    reason: str = Field(default="", alias="r")
    ticket: str = Field(default="", alias="l")


def clues(message: str) -> tuple[str, ...]:
    """What in these words may name a customer, the surest first: links to their pages, ids, addresses."""
    plain = unmarked(message).translate(INVISIBLE)
    in_order = [
        *(match.rstrip(".!:") for match in CUSTOMER_LINK.findall(plain)),
        *_ID.findall(plain),
        *EMAIL.findall(plain),
    ]
    return tuple(dict.fromkeys(in_order))[:MOST_CLUES]


def company(clue: str) -> str:
    """The company's part of an email address, which a colleague's address has too; empty for any other clue,
    and for public email providers."""
    domain = clue.rpartition("@")[2].lower() if "@" in clue else ""
    return "" if domain in _EVERYONES_DOMAINS else domain and f"@{domain}"


# The modal


def looking() -> dict[str, Any]:
    return _modal([blocks.section("looking", words.MESSAGE_LOOKING)], MessageMeta())


def customers(
    matches: Sequence[tuple[Customer, Sequence[tuple[str, str]]]], meta: MessageMeta, *, whole: bool
) -> dict[str, Any]:
    """`matches`: with id and button of each kind of change that is offered for the customer. `whole`: whether
    the thread could be read."""
    content: list[Block] = []
    for index, (customer, changes) in enumerate(matches[:MOST_CUSTOMERS]):
        content += _customer(index, customer, changes)
    if len(matches) > MOST_CUSTOMERS:
        content.append(blocks.context("more", phrases.and_more(len(matches) - MOST_CUSTOMERS)))
    if not content:
        content.append(blocks.section("nobody", words.MESSAGE_NOBODY))
    if not whole:
        content.append(blocks.context("thread", words.MESSAGE_THREAD_UNREAD))
    return _modal(content, meta)


def opened(meta: MessageMeta) -> dict[str, Any]:
    """The card is in the conversation behind the modal."""
    return _modal([blocks.section("opened", words.MESSAGE_OPENED)], meta)


def _customer(index: int, customer: Customer, changes: Sequence[tuple[str, str]]) -> list[Block]:
    who = [text.literal(customer.email, 100) if customer.name else "", text.literal(customer.id or "", 100)]
    label = f"{frame.title(customer, '')}\n{' · '.join(part for part in who if part)}"
    place = Place(customer=customer.id or "")
    button = frame.go(labels.OPEN, str(index), place, kind=ids.MESSAGE_CUSTOMER)
    block_id = f"{ids.MESSAGE_CHANGE}:{place.encode()}"
    customer_blocks = [blocks.section(f"customer.{index}", blocks.plain(label), accessory=button)]
    if changes and text.length(block_id) <= blocks.BLOCK_ID:
        options = [blocks.option(title, kind) for kind, title in changes]
        select = blocks.select(f"{ids.MESSAGE_CHANGE}:{index}", words.MESSAGE_CHANGE, options)
        customer_blocks.append(blocks.actions(block_id, [select]))
    return customer_blocks


def _modal(content: Sequence[Block], meta: MessageMeta) -> dict[str, Any]:
    return {
        "type": "modal",
        "private_metadata": meta.encode(),
        "title": surfaces.plain_text(words.MESSAGE_TITLE),
        "close": surfaces.plain_text(phrases.MODAL_CLOSE),
        "blocks": list(content),
    }
