"""The card of what somebody wishes and may not request, for those who may."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.access.rules import Verb
from bot.approvals import words
from bot.approvals.preview import Assessment
from bot.approvals.results import ChangeRequest
from bot.changes import descriptions, registry
from bot.changes import lines as change_lines
from bot.kit import blocks, ids, layout, links, text
from bot.kit.card import Block, Card
from bot.lookups import labels

_REASON_LENGTH = 2000


@dataclass(frozen=True, slots=True)
class Wish:
    """What the card says beside the change. All but the id are in mrkdwn."""

    form_id: str
    requester: str
    others: str
    """Who may request it."""
    mentions: str
    """Whom the policy wants to be told; may be empty."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asks of those who may."""

    verb: Verb
    lines: tuple[str, ...] = ()
    """What it is about, in mrkdwn."""
    buttons: tuple[blocks.Button, ...] = ()
    """That lead there, for those who may."""


def ask_card(asked: Asked, *, requester: str, mentions: str, now: datetime) -> Card:
    """`requester`, `mentions`: in mrkdwn; the latter may be empty."""
    lines = [
        words.asked_for(requester, words.ASKED_OF[asked.verb]),
        *asked.lines,
        words.waits_for(mentions) if mentions else "",
    ]
    content: list[Block] = layout.packed("asked", [line for line in lines if line])
    after = [blocks.actions("asked.do", list(asked.buttons))] if asked.buttons else []
    return layout.card([], content, after, stamp=now)


def wish_card(
    request: ChangeRequest, seen: Assessment, wish: Wish, *, now: datetime, names: Mapping[str, str]
) -> Card:
    facts = seen.facts
    customer = text.mrkdwn(facts.customer.name, 140) or text.mrkdwn(request.input.customer, 140)
    title = words.title(customer or labels.NO_ID, descriptions.summary(request.input, names), "")
    badge = text.code((facts.customer.env or labels.ENV_UNKNOWN).upper(), 30)
    heading = registry.of(request.input).heading
    reason = text.mrkdwn(request.reason, _REASON_LENGTH)
    ticket = links.linked(request.ticket, words.TICKET_LINK) if links.web(request.ticket) else ""
    lines = [
        *change_lines.bullets(seen.preview.lines if seen.preview else (), names),
        words.wished_by(wish.requester),
        words.may_request(wish.others) if wish.others else "",
        words.reason(reason) if reason else words.NO_REASON,
        ticket,
        words.waits_for(wish.mentions) if wish.mentions else "",
    ]
    content = layout.packed("wish", [line for line in lines if line])
    button = blocks.button(words.OPEN_FORM, ids.TAKE_UP, wish.form_id, primary=True)
    head = [blocks.section("title", title), blocks.context("who", badge, heading)]
    return layout.card(head, content, [blocks.actions("take_up", [button])], stamp=now)
