"""The form in which alerts are subscribed to, or a subscription is edited.

view = loading(meta)                       # opened at once
view = build(AlertState(meta, choice, …))  # once it is known where alerts may go
parse(values)                              # a submission: the choice, or what is wrong
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import Field

from bot.alerts import sources, words
from bot.alerts.model import AlertChoice
from bot.kit import blocks, form_values, ids, surfaces
from bot.kit.card import Block
from bot.kit.carried import Carried, ChannelId
from bot.kit.form_values import Values
from bot.lookups import options

SOURCES_BLOCK = "sources"
TARGET_BLOCK = "target"
PLANS_BLOCK = "plans"
FEATURES_BLOCK = "features"

MOST_CHOSEN = 20
_CHANNEL, _PERSON = "channel", "person"


class AlertMeta(Carried):
    """What the form remembers in its private_metadata."""

    submission: str = Field(alias="s")
    """Made when the form was opened, so that submitting it twice is one subscription."""
    channel: ChannelId = Field(alias="c")
    subscription: str = Field(default="", alias="a")
    """The id of the one that is edited; empty for a new one."""
    version: int = Field(default=0, alias="v")
    """As it was when the form was opened."""


@dataclass(frozen=True, slots=True)
class AlertState:
    meta: AlertMeta
    choice: AlertChoice
    """What the form shows at first."""
    channel_fit: bool = False
    """Whether a new one may go to the channel as well, and not only to the person."""
    called: Mapping[str, str] = field(default_factory=dict)
    """Names of products and features by id; not escaped yet."""
    trouble: str = ""
    """Why a submission was not accepted (mrkdwn)."""


@dataclass(frozen=True, slots=True)
class AlertInput:
    choice: AlertChoice
    personal: bool
    """Whether alerts are to go to the person's direct messages. Not used for an edit."""


@dataclass(frozen=True, slots=True)
class AlertParsed:
    input: AlertInput | None = None
    """None when `errors` says why."""
    errors: Mapping[str, str] = field(default_factory=dict)
    """The errors in plain words, by block_id."""


def loading(meta: AlertMeta) -> dict[str, Any]:
    return _waiting(meta, words.LOADING)


def working(meta: AlertMeta) -> dict[str, Any]:
    """What a submitted form becomes while it is saved."""
    return _waiting(meta, words.WORKING)


def everything() -> AlertChoice:
    """What a new subscription proposes."""
    return AlertChoice(frozenset(source.key for source in sources.SOURCES))


def build(state: AlertState) -> dict[str, Any]:
    """The form to fill in. Submitted unchanged, it parses to what it was built from."""
    choice, called = state.choice, state.called
    fields = [
        *([blocks.section("trouble", state.trouble)] if state.trouble else []),
        _sources(choice),
        *([] if state.meta.subscription else [_target(fit=state.channel_fit)]),
        blocks.field(
            PLANS_BLOCK,
            words.FIELD_PLANS,
            _picker(ids.ALERT_PLANS, words.PICK_PLANS, choice.plans, called),
            optional=True,
        ),
        blocks.field(
            FEATURES_BLOCK,
            words.FIELD_FEATURES,
            _picker(ids.ALERT_FEATURES, words.PICK_FEATURES, choice.features, called),
            words.FEATURES_HINT,
            optional=True,
        ),
    ]
    submit = words.SAVE if state.meta.subscription else words.CREATE
    meta = state.meta
    return surfaces.form(_title(meta), fields, submit, callback=ids.ALERT_FORM, metadata=meta.encode())


def parse(values: Values) -> AlertParsed:
    """A submission, out of the view's `state.values`."""
    errors: dict[str, str] = {}
    picked = form_values.picked(values, SOURCES_BLOCK)
    keys = frozenset(source.key for source in sources.chosen(picked))
    if not keys:
        errors[SOURCES_BLOCK] = words.NO_SOURCE
    chosen = {block: frozenset(form_values.picked(values, block)) for block in (PLANS_BLOCK, FEATURES_BLOCK)}
    errors |= {block: words.TOO_MANY_CHOSEN for block, some in chosen.items() if len(some) > MOST_CHOSEN}
    if errors:
        return AlertParsed(errors=errors)
    choice = AlertChoice(keys, chosen[PLANS_BLOCK], chosen[FEATURES_BLOCK])
    personal = form_values.chosen(values, TARGET_BLOCK) != _CHANNEL
    return AlertParsed(AlertInput(choice, personal))


def _title(meta: AlertMeta) -> str:
    return words.FORM_EDIT if meta.subscription else words.FORM_NEW


def _waiting(meta: AlertMeta, sentence: str) -> dict[str, Any]:
    content = [blocks.waiting(sentence)]
    return surfaces.modal(_title(meta), content, callback=ids.ALERT_FORM, metadata=meta.encode())


def _sources(choice: AlertChoice) -> Block:
    offered = {source.key: blocks.option(source.title, source.key, source.hint) for source in sources.SOURCES}
    initial = [offered[source.key] for source in sources.chosen(choice.sources)]
    element = blocks.ticks("alert:sources", list(offered.values()), initial)
    return blocks.field(SOURCES_BLOCK, words.FIELD_SOURCES, element)


def _target(*, fit: bool) -> Block:
    channel = blocks.option(words.TARGET_CHANNEL, _CHANNEL)
    person = blocks.option(words.TARGET_PERSON, _PERSON)
    offered = [channel, person] if fit else [person]
    return blocks.field(TARGET_BLOCK, words.FIELD_TARGET, blocks.radio("alert:target", offered, offered[0]))


def _picker(action: str, placeholder: str, chosen: frozenset[str], called: Mapping[str, str]) -> Any:
    initial = [options.named_choice(chosen_id, called.get(chosen_id) or "") for chosen_id in sorted(chosen)]
    return blocks.several_picker(action, placeholder, min_query=0, initial=initial, most=MOST_CHOSEN)
