"""Draws the Home tab."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.access import words as access_words
from bot.access.permission import KindPowers, Powers
from bot.approvals import card as approvals_card
from bot.approvals import state_text
from bot.approvals.lifecycle import Record, State
from bot.approvals.names import KnownNames
from bot.autumn.models import Organization
from bot.batches import card as batch_card
from bot.batches.model import BatchRecord, BatchState
from bot.changes import descriptions, registry
from bot.changes import lines as change_lines
from bot.digests import list_card
from bot.digests.model import Digest
from bot.home import words
from bot.kit import blocks, ids, layout, links, mentions, phrases, text, times
from bot.kit.card import Block
from bot.lookups import frame, labels
from bot.lookups.find.card import customer_picker
from bot.lookups.help import command_list
from bot.lookups.place import Place

MOST_DECIDING = 8
MOST_REQUESTS = 5
MOST_LISTS = 3
MOST_RECENT = 5
_MOST_DIGESTS = 10
_MOST_LINES = 6
_UNKNOWN = KnownNames()


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeFacts:
    """What a person's Home tab shows."""

    powers: Powers
    organization: Organization | None = None
    """That Maple's key belongs to, if known."""
    deciding: Sequence[Record] = ()
    """Requests that wait for this person's decision, oldest first."""
    requests: Sequence[Record] = ()
    """What they requested, newest first."""
    deciding_lists: Sequence[BatchRecord] = ()
    """Bulk changes that wait for this person's decision, oldest first."""
    requested_lists: Sequence[BatchRecord] = ()
    """Bulk changes that they requested, newest first."""
    features: Mapping[str, str] = field(default_factory=dict)
    """What features are called, by id; not escaped yet."""
    recent: Sequence[str] = ()
    """Ids of the customers they looked at, the last one first."""
    digests: Sequence[Digest] | None = ()
    """Those of the channels they are in; None when Slack could not be asked."""
    names: Mapping[str, KnownNames] = field(default_factory=dict)
    """By customer id."""
    cards: Mapping[str, str] = field(default_factory=dict)
    """Where the card of a change or a bulk change is in the approvals channel, by its id."""


def home(facts: HomeFacts, changes: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """`changes`: what to type for each kind of change, and what it does."""
    return {
        "type": "home",
        "blocks": [
            *_finder(facts.organization),
            *_deciding(facts),
            *_requests(facts),
            *_recent(facts),
            *_digests(facts.digests, may=facts.powers.digests),
            *_section("powers", words.POWERS, [f"• {line}" for line in power_lines(facts.powers)]),
            blocks.divider("help_line"),
            blocks.section("what", labels.HOME_WHAT),
            *layout.packed("commands", command_list(changes)),
        ],
    }


def _finder(organization: Organization | None) -> list[Block]:
    drawn = [
        blocks.actions(
            "finder",
            [customer_picker(words.FIND), blocks.button(labels.LOOK_UP, ids.LOOK_UP_SHORTCUT, primary=True)],
        )
    ]
    if organization:
        badge = text.code(organization.env.upper() or labels.ENV_UNKNOWN, 30)
        drawn.append(blocks.context("where", labels.home_where(text.mrkdwn(organization.name, 60), badge)))
    return drawn


# Requests


def _deciding(facts: HomeFacts) -> list[Block]:
    if not any(kind.approve for kind in facts.powers.kinds):
        return []
    if not facts.deciding and not facts.deciding_lists:
        return [_title("deciding", words.DECIDING), blocks.context("deciding.none", words.NOTHING_TO_DECIDE)]
    drawn = [_title("deciding", words.DECIDING)]
    for index, record in enumerate(facts.deciding[:MOST_DECIDING]):
        known_names = facts.names.get(record.customer_id, _UNKNOWN)
        lines = [
            *change_lines.bullets(record.lines, known_names.names)[:_MOST_LINES],
            words.requested_by(
                mentions.person(record.requester),
                times.moment(record.created_at),
                times.moment(record.expires_at),
            ),
        ]
        drawn += layout.packed(f"deciding.{index}", [*_heading(record, known_names), *lines])
        buttons = [
            *approvals_card.decision_buttons(record, suffix=f":{index}"),
            *_link(facts.cards.get(record.id, ""), index),
        ]
        drawn.append(blocks.actions(f"deciding.{index}.do", buttons))
    for index, batch in enumerate(facts.deciding_lists):
        drawn += _list_to_decide(index, batch, facts)
    return [*drawn, *_left("deciding", len(facts.deciding) - MOST_DECIDING)]


def _list_to_decide(index: int, batch: BatchRecord, facts: HomeFacts) -> list[Block]:
    """A bulk change that waits for this person's decision."""
    requested = words.requested_by(
        mentions.person(batch.requester), times.moment(batch.created_at), times.moment(batch.expires_at)
    )
    buttons = [
        *batch_card.decision_buttons(batch, suffix=f":{index}"),
        *_link(facts.cards.get(batch.id, ""), MOST_DECIDING + index),
    ]
    return [
        *layout.packed(f"deciding.list.{index}", [*batch_card.in_brief(batch, facts.features), requested]),
        blocks.actions(f"deciding.list.{index}.do", buttons),
    ]


def _requests(facts: HomeFacts) -> list[Block]:
    if not facts.requests and not facts.requested_lists:
        return []
    drawn = [_title("requests", words.REQUESTS)]
    for index, record in enumerate(facts.requests[:MOST_REQUESTS]):
        known_names = facts.names.get(record.customer_id, _UNKNOWN)
        state = state_text.described(record, known_names.names).split("\n")
        lines = [*_heading(record, known_names), *state, words.requested(times.moment(record.created_at))]
        drawn += layout.packed(f"requests.{index}", lines)
        buttons = _own_buttons(record, index)
        if buttons:
            drawn.append(blocks.actions(f"requests.{index}.do", buttons))
    for index, batch in enumerate(facts.requested_lists):
        drawn += _requested_list(index, batch, facts)
    return [*drawn, *_left("requests", len(facts.requests) - MOST_REQUESTS)]


def _requested_list(index: int, batch: BatchRecord, facts: HomeFacts) -> list[Block]:
    """A bulk change that this person requested."""
    lines = [
        *batch_card.in_brief(batch, facts.features),
        *batch_card.explained(batch),
        words.requested(times.moment(batch.created_at)),
    ]
    drawn = layout.packed(f"requests.list.{index}", lines)
    if batch.state is BatchState.WAITING:
        buttons = batch_card.own_buttons(batch, suffix=f":{index}")
        drawn.append(blocks.actions(f"requests.list.{index}.do", buttons))
    return drawn


def _own_buttons(record: Record, index: int) -> list[blocks.Button]:
    if record.state is State.WAITING:
        return approvals_card.own_buttons(record, suffix=f":{index}")
    return []


def _heading(record: Record, known_names: KnownNames) -> list[str]:
    name = text.mrkdwn(known_names.customer, 120) or text.code(record.customer_id, 120) or labels.NO_ID
    part = state_text.part(record, known_names.names)
    return [
        f"*{descriptions.summary(record.input, known_names.names)}* · {name}",
        *([part] if part else []),
    ]


def _link(address: str, index: int) -> list[blocks.Button]:
    return [blocks.link_button(words.OPEN_CARD, f"{ids.LINK}:{index}", address)] if links.web(address) else []


def _left(block_id: str, number: int) -> list[Block]:
    return [blocks.context(f"{block_id}.left", words.more(number))] if number > 0 else []


# Customers, digests, powers


def _recent(facts: HomeFacts) -> list[Block]:
    customers = [
        _customer(index, customer_id, facts.names)
        for index, customer_id in enumerate(facts.recent[:MOST_RECENT])
    ]
    return [_title("recent", words.RECENT), *customers] if customers else []


def _customer(index: int, customer_id: str, names: Mapping[str, KnownNames]) -> Block:
    name = text.literal(names.get(customer_id, _UNKNOWN).customer, 120)
    shown_id = text.literal(customer_id, 120) or labels.NO_ID
    label = f"{name} · {shown_id}" if name else shown_id
    button = frame.go(labels.OPEN, f"recent:{index}", Place(customer=customer_id), kind=ids.OPEN)
    return blocks.section(f"recent.{index}", blocks.plain(label), accessory=button)


def _digests(digests: Sequence[Digest] | None, *, may: bool) -> list[Block]:
    """`may`: whether the policy lets this person change digests."""
    if digests is None:
        return [_title("digests", words.DIGESTS), blocks.context("digests.unknown", words.DIGESTS_UNKNOWN)]
    if not digests:
        return [_title("digests", words.DIGESTS), blocks.context("digests.none", words.NO_DIGESTS)]
    drawn = [_title("digests", words.DIGESTS)]
    for index, digest in enumerate(digests[:_MOST_DIGESTS]):
        drawn.append(blocks.section(f"digests.{index}", list_card.digest_line(digest)))
        # Whether the channel is fit for digests is looked at by the click.
        buttons = list_card.buttons(index, digest, fit=True, may=may, within=ids.HOME_DIGEST)
        drawn.append(blocks.actions(f"digests.{index}.do", buttons))
    if (left := len(digests) - _MOST_DIGESTS) > 0:
        drawn.append(blocks.context("digests.left", phrases.and_more(left)))
    return drawn


def power_lines(powers: Powers) -> list[str]:
    """What a person may do, a line each."""

    def titles(holds: Callable[[KindPowers], bool]) -> list[str]:
        return [registry.kind(kind.id).heading.lower() for kind in powers.kinds if holds(kind)]

    lines: Iterable[tuple[Callable[[list[str]], str], list[str]]] = (
        (words.request, titles(lambda kind: kind.ask)),
        (words.at_once, titles(lambda kind: kind.always_at_once)),
        (words.sometimes_at_once, titles(lambda kind: kind.at_once and not kind.always_at_once)),
        (words.approve, titles(lambda kind: kind.approve)),
    )
    sentences = [say(kinds) for say, kinds in lines if kinds]
    sentences += _limits(powers)
    if not any(kind.ask for kind in powers.kinds):
        sentences.insert(0, words.LOOK_UP_ONLY)
    if powers.history:
        sentences.append(words.HISTORY)
    if powers.digests:
        sentences.append(words.SET_UP_DIGESTS)
    return sentences


def _limits(powers: Powers) -> list[str]:
    """What is applied right away, kinds with the same limits in one line."""
    titles_by_limits: dict[str, list[str]] = {}
    for kind in powers.kinds:
        for limits in kind.limits:
            sentence = access_words.limits_of(limits)
            titles_by_limits.setdefault(sentence, []).append(registry.kind(kind.id).heading.lower())
    return [words.within(described, titles) for described, titles in titles_by_limits.items()]


def _section(block_id: str, title: str, lines: Sequence[str]) -> list[Block]:
    return [_title(block_id, title), *layout.packed(block_id, lines)]


def _title(block_id: str, title: str) -> Block:
    return blocks.header(block_id, title)
