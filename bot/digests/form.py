"""The form that sets up or edits a digest.

view = loading(meta)                 # opened at once
view = build(DigestState(meta, …))   # once the person's zone and the products are known
parse(values)                        # a submission: schedule and content, or what is wrong
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from pydantic import Field

from bot.changes import amounts, notes
from bot.changes.amounts import NotAnAmount
from bot.digests import sections, setup_words, words
from bot.digests.model import EVERY_DAY, MOST_DAYS, DigestContent, Schedule
from bot.digests.schedule import known_zone, zones
from bot.kit import blocks, form_values, ids, mentions, surfaces, text
from bot.kit.card import Block
from bot.kit.carried import Carried, ChannelId
from bot.kit.form_values import Values
from bot.lookups import options

SECTIONS_BLOCK = "sections"
DAYS_BLOCK = "days"
WEEKDAYS_BLOCK = "weekdays"
TIME_BLOCK = "time"
ZONE_BLOCK = "zone"
PLANS_BLOCK = "plans"
MINIMUM_BLOCK = "minimum"
EMPTY_BLOCK = "empty"
NAME_BLOCK = "name"
PERSON_BLOCK = "person"
MENTION_BLOCK = "mention"
GROUP_BLOCK = "group"

MOST_PLANS = 20
_DAYS = (1, 3, 7, 14, 30)
_SKIP, _ONLY_NEW = "skip", "only_new"
MOST_NAME = 60
_LONGEST = 100


class DigestMeta(Carried):
    """What the form keeps in its private_metadata."""

    submission: str = Field(alias="s")
    """Made when the form is opened, so that submitting it twice creates one digest."""
    channel: ChannelId = Field(alias="c")
    digest: str = Field(default="", alias="d")
    """The id of the digest that is edited; empty for a new one."""
    version: int = Field(default=0, alias="v")
    """The digest's version when the form was opened."""


@dataclass(frozen=True, slots=True)
class DigestState:
    meta: DigestMeta
    schedule: Schedule = field(default_factory=Schedule)
    """What the form shows at first; for a new digest, in the person's zone."""
    content: DigestContent = field(default_factory=DigestContent)
    plans: Mapping[str, str] | None = None
    """Names of all products by id; None if they could not be read."""
    groups: Mapping[str, str] = field(default_factory=dict)
    """Handles of user groups by id."""
    channel_fit: bool = True
    """Whether a new one may go to the channel, and not only to a person."""
    person: str = ""
    """The person proposed for a new one; empty for the channel."""
    trouble: str = ""
    """Why a submission was not accepted (mrkdwn)."""


@dataclass(frozen=True, slots=True)
class DigestInput:
    schedule: Schedule
    content: DigestContent
    person: str = ""
    """The person whose direct messages a new one goes to; empty for the channel. Not used for an edit."""


@dataclass(frozen=True, slots=True)
class DigestParsed:
    input: DigestInput | None = None
    """None if `errors` says why."""
    errors: Mapping[str, str] = field(default_factory=dict)
    """The errors by block_id, as Slack expects them in answer to a submission."""


def loading(meta: DigestMeta) -> dict[str, Any]:
    return _waiting(meta, setup_words.LOADING)


def working(meta: DigestMeta) -> dict[str, Any]:
    """What a submitted form shows while it is saved."""
    return _waiting(meta, setup_words.WORKING)


def edited_meanwhile() -> str:
    """The trouble shown if someone else edited the digest meanwhile."""
    return setup_words.EDITED_MEANWHILE


def build(state: DigestState) -> dict[str, Any]:
    """The form to fill in. Submitted unchanged, it parses to what it was built from."""
    schedule, content = state.schedule, state.content
    fields = [
        *([blocks.section("trouble", state.trouble)] if state.trouble else []),
        _name(content),
        *([] if state.meta.digest else [_person(state)]),
        _sections(content),
        _days(content),
        _weekdays(schedule),
        blocks.field(TIME_BLOCK, setup_words.FIELD_TIME, blocks.clock("digest:time", f"{schedule.at:%H:%M}")),
        _zone(schedule),
        *_plans(state),
        _minimum(content),
        _empty(content),
        *_mentions(state),
    ]
    submit = setup_words.SAVE if state.meta.digest else setup_words.CREATE
    meta = state.meta
    return surfaces.form(_title(meta), fields, submit, callback=ids.DIGEST_FORM, metadata=meta.encode())


def parse(values: Values) -> DigestParsed:
    """Parses a submission, the view's `state.values`."""
    errors: dict[str, str] = {}
    picked = form_values.picked(values, SECTIONS_BLOCK)
    chosen = frozenset(section.key for section in sections.chosen(picked))
    if not chosen:
        errors[SECTIONS_BLOCK] = setup_words.NO_SECTION
    weekdays = frozenset(day for day in EVERY_DAY if str(day) in form_values.picked(values, WEEKDAYS_BLOCK))
    if not weekdays:
        errors[WEEKDAYS_BLOCK] = setup_words.NO_WEEKDAY
    days = _number(form_values.chosen(values, DAYS_BLOCK))
    if not 1 <= days <= MOST_DAYS:
        errors[DAYS_BLOCK] = setup_words.NO_DAYS
    at = form_values.clock(values, TIME_BLOCK)
    zone = form_values.chosen(values, ZONE_BLOCK)
    if not known_zone(zone):
        errors[ZONE_BLOCK] = setup_words.NO_ZONE
    plans = frozenset(form_values.picked(values, PLANS_BLOCK))
    if len(plans) > MOST_PLANS:
        errors[PLANS_BLOCK] = setup_words.TOO_MANY_PLANS
    minimum, problem = _amount(form_values.typed(values, MINIMUM_BLOCK))
    if problem:
        errors[MINIMUM_BLOCK] = problem
    if at is None:
        errors[TIME_BLOCK] = setup_words.NO_TIME
    if errors or at is None:
        return DigestParsed(errors=errors)
    without = form_values.picked(values, EMPTY_BLOCK)
    content = DigestContent(
        chosen,
        days,
        plans,
        minimum,
        skip_empty=_SKIP in without,
        only_new=_ONLY_NEW in without,
        name=form_values.typed(values, NAME_BLOCK)[:MOST_NAME].strip(),
        mentions=_mentioned(values),
    )
    return DigestParsed(
        DigestInput(Schedule(weekdays, at, zone), content, form_values.person(values, PERSON_BLOCK))
    )


def zone_options(typed: str = "") -> list[dict[str, Any]]:
    """Time zones that contain what was typed, those whose city starts with it first. At most 100."""
    needle = text.clean(typed).replace(" ", "_").casefold()
    matching = [name for name in zones() if needle in name.casefold()]
    matching.sort(key=lambda name: (not name.rpartition("/")[2].casefold().startswith(needle), name))
    return [blocks.drawn_option(blocks.option(name, name)) for name in matching[: options.MOST]]


# What was filled in


def _mentioned(values: Values) -> tuple[str, ...]:
    person = form_values.person(values, MENTION_BLOCK)
    group = form_values.chosen(values, GROUP_BLOCK)
    return (*([person] if person else []), *([group] if mentions.is_group(group) else []))


def _number(digits: str) -> int:
    return int(digits) if digits.isdecimal() and len(digits) < _LONGEST else 0


def _amount(typed: str) -> tuple[Decimal, str]:
    """The smallest amount, and what is wrong with it."""
    if not typed:
        return Decimal(0), ""
    try:
        amount = amounts.parse_amount(typed)
    except NotAnAmount as error:
        return Decimal(0), notes.plain(amounts.note(error.code))
    return (Decimal(0), setup_words.BELOW_ZERO) if amount < 0 else (amount, "")


# The fields


def _title(meta: DigestMeta) -> str:
    return setup_words.FORM_EDIT if meta.digest else setup_words.FORM_NEW


def _waiting(meta: DigestMeta, sentence: str) -> dict[str, Any]:
    content = [blocks.waiting(sentence)]
    return surfaces.modal(_title(meta), content, callback=ids.DIGEST_FORM, metadata=meta.encode())


def _sections(content: DigestContent) -> Block:
    offered = {
        section.key: blocks.option(section.title, section.key, section.hint) for section in sections.SECTIONS
    }
    initial = [offered[section.key] for section in sections.chosen(content.sections)]
    element = blocks.ticks("digest:sections", list(offered.values()), initial)
    return blocks.field(SECTIONS_BLOCK, setup_words.FIELD_SECTIONS, element)


def _days(content: DigestContent) -> Block:
    offered = {
        days: blocks.option(setup_words.days_option(days), str(days))
        for days in sorted({*_DAYS, content.days})
    }
    element = blocks.select(
        "digest:days", setup_words.PICK_DAYS, list(offered.values()), offered[content.days]
    )
    return blocks.field(DAYS_BLOCK, setup_words.FIELD_DAYS, element)


def _weekdays(schedule: Schedule) -> Block:
    offered = [blocks.option(words.WEEKDAYS[day], str(day)) for day in sorted(EVERY_DAY)]
    initial = [offered[day] for day in sorted(schedule.weekdays)]
    return blocks.field(
        WEEKDAYS_BLOCK, setup_words.FIELD_WEEKDAYS, blocks.ticks("digest:weekdays", offered, initial)
    )


def _zone(schedule: Schedule) -> Block:
    initial = blocks.option(schedule.zone, schedule.zone) if known_zone(schedule.zone) else None
    element = blocks.picker(ids.DIGEST_ZONE, setup_words.PICK_ZONE, min_query=2, initial=initial)
    return blocks.field(ZONE_BLOCK, setup_words.FIELD_ZONE, element, setup_words.ZONE_HINT)


def _plans(state: DigestState) -> list[Block]:
    """No field if there is nothing to choose from."""
    chosen = {plan_id: plan_id for plan_id in sorted(state.content.plans)}
    plans = {**chosen, **(state.plans or {})}
    offered = options.named_choices(plans)
    initial = options.named_choices({plan_id: plans[plan_id] for plan_id in chosen})
    element: Any
    if state.plans is None or len(offered) > options.MOST:
        element = blocks.several_picker(
            ids.DIGEST_PLANS, setup_words.PICK_PLANS, min_query=0, initial=initial, most=MOST_PLANS
        )
    elif offered:
        element = blocks.several(ids.DIGEST_PLANS, setup_words.PICK_PLANS, offered, initial, most=MOST_PLANS)
    else:
        return []
    return [
        blocks.field(PLANS_BLOCK, setup_words.FIELD_PLANS, element, setup_words.PLANS_HINT, optional=True)
    ]


def _minimum(content: DigestContent) -> Block:
    initial = amounts.typed(content.minimum) if content.minimum else ""
    element = blocks.typed("digest:minimum", initial, most=_LONGEST)
    return blocks.field(
        MINIMUM_BLOCK, setup_words.FIELD_MINIMUM, element, setup_words.MINIMUM_HINT, optional=True
    )


def _empty(content: DigestContent) -> Block:
    skip = blocks.option(setup_words.SKIP_EMPTY, _SKIP)
    only_new = blocks.option(setup_words.SKIP_UNCHANGED, _ONLY_NEW)
    initial = [*([skip] if content.skip_empty else []), *([only_new] if content.only_new else [])]
    element = blocks.ticks("digest:empty", [skip, only_new], initial)
    return blocks.field(EMPTY_BLOCK, setup_words.FIELD_EMPTY, element, optional=True)


def _name(content: DigestContent) -> Block:
    element = blocks.typed("digest:name", content.name, most=MOST_NAME)
    return blocks.field(NAME_BLOCK, setup_words.FIELD_NAME, element, optional=True)


def _person(state: DigestState) -> Block:
    element = blocks.person("digest:person", setup_words.PICK_PERSON, state.person)
    if state.channel_fit:
        return blocks.field(
            PERSON_BLOCK, setup_words.FIELD_PERSON, element, setup_words.PERSON_HINT, optional=True
        )
    return blocks.field(PERSON_BLOCK, setup_words.FIELD_ONLY_PERSON, element, setup_words.ONLY_PERSON_HINT)


def _mentions(state: DigestState) -> list[Block]:
    chosen = state.content.mentions
    person = next((name for name in chosen if mentions.is_user(name)), "")
    group = next((name for name in chosen if mentions.is_group(name)), "")
    initial = options.named_choice(group, state.groups.get(group, group)) if group else None
    return [
        blocks.field(
            MENTION_BLOCK,
            setup_words.FIELD_MENTION,
            blocks.person("digest:mention", setup_words.PICK_PERSON, person),
            setup_words.MENTION_HINT,
            optional=True,
        ),
        blocks.field(
            GROUP_BLOCK,
            setup_words.FIELD_GROUP,
            blocks.picker(ids.DIGEST_GROUP, setup_words.PICK_GROUP, min_query=0, initial=initial),
            optional=True,
        ),
    ]
