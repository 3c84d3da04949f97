"""The form in which a digest is set up or edited.

view = loading(meta)                                # opened at once
view = build(DigestState(meta, schedule, wanted, plans))   # once the person's zone and the products are known
parse(values)                                       # a submission: schedule and contents, or what is wrong
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from pydantic import Field

from bot.changes import amounts, canonical, notes
from bot.changes.amounts import NotAnAmount
from bot.digests import sections, words
from bot.digests.list_card import plain
from bot.digests.model import EVERY_DAY, MOST_DAYS, Schedule, Wanted
from bot.digests.schedule import known_zone, zones
from bot.kit import blocks, form_values, ids, text
from bot.kit.card import Block
from bot.kit.carried import Carried
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

MOST_PLANS = 20
_DAYS = (1, 3, 7, 14, 30)
_SKIP = "skip"
_LONGEST = 100


class DigestMeta(Carried):
    """What the form remembers in its private_metadata."""

    submission: str = Field(alias="s")
    """Made when the form was opened, so that submitting it twice is one digest."""
    channel: str = Field(alias="c")
    digest: str = Field(default="", alias="d")
    """The id of the one that is edited; empty for a new one."""
    version: int = Field(default=0, alias="v")
    """As it was when the form was opened."""


@dataclass(frozen=True, slots=True)
class DigestState:
    meta: DigestMeta
    schedule: Schedule = field(default_factory=Schedule)
    """What stands in the form to begin with: of a new one, in the person's zone."""
    wanted: Wanted = field(default_factory=Wanted)
    plans: Mapping[str, str] | None = None
    """Names of all products by id; None when they could not be read."""
    trouble: str = ""
    """Why a submission was not taken (mrkdwn)."""


@dataclass(frozen=True, slots=True)
class DigestInput:
    schedule: Schedule
    wanted: Wanted


@dataclass(frozen=True, slots=True)
class DigestParsed:
    input: DigestInput | None = None
    """None when `errors` says why."""
    errors: Mapping[str, str] = field(default_factory=dict)
    """What is wrong, in plain words by block_id: as Slack takes them in answer to a submission."""


def loading(meta: DigestMeta) -> dict[str, Any]:
    return _view(meta, [blocks.section("waiting", f":hourglass_flowing_sand: {words.LOADING}")])


def working(meta: DigestMeta) -> dict[str, Any]:
    """What a submitted form becomes while it is taken in."""
    return _view(meta, [blocks.section("waiting", f":hourglass_flowing_sand: {words.WORKING}")])


def edited_meanwhile() -> str:
    """The trouble of a form whose digest somebody else edited."""
    return words.EDITED_MEANWHILE


def build(state: DigestState) -> dict[str, Any]:
    """The form to fill in. As it is built, submitting it gives what it was built from."""
    schedule, wanted = state.schedule, state.wanted
    found = [
        *([blocks.section("trouble", state.trouble)] if state.trouble else []),
        _sections(wanted),
        _days(wanted),
        _weekdays(schedule),
        blocks.field(TIME_BLOCK, words.FIELD_TIME, blocks.clock("digest:time", f"{schedule.at:%H:%M}")),
        _zone(schedule),
        *_plans(state),
        _minimum(wanted),
        _empty(wanted),
    ]
    submit = words.SAVE if state.meta.digest else words.CREATE
    return {**_view(state.meta, found), "submit": plain(submit), "close": plain(words.CANCEL)}


def parse(values: Values) -> DigestParsed:
    """A submission, out of the view's `state.values`."""
    errors: dict[str, str] = {}
    picked = form_values.picked(values, SECTIONS_BLOCK)
    chosen = frozenset(section.key for section in sections.chosen(picked))
    if not chosen:
        errors[SECTIONS_BLOCK] = words.NO_SECTION
    weekdays = frozenset(day for day in EVERY_DAY if str(day) in form_values.picked(values, WEEKDAYS_BLOCK))
    if not weekdays:
        errors[WEEKDAYS_BLOCK] = words.NO_WEEKDAY
    days = _number(form_values.chosen(values, DAYS_BLOCK))
    if not 1 <= days <= MOST_DAYS:
        errors[DAYS_BLOCK] = words.NO_DAYS
    at = form_values.clock(values, TIME_BLOCK)
    zone = form_values.chosen(values, ZONE_BLOCK)
    if not known_zone(zone):
        errors[ZONE_BLOCK] = words.NO_ZONE
    plans = frozenset(form_values.picked(values, PLANS_BLOCK))
    if len(plans) > MOST_PLANS:
        errors[PLANS_BLOCK] = words.TOO_MANY_PLANS
    minimum, wrong = _amount(form_values.typed(values, MINIMUM_BLOCK))
    if wrong:
        errors[MINIMUM_BLOCK] = wrong
    if at is None:
        errors[TIME_BLOCK] = words.NO_TIME
    if errors or at is None:
        return DigestParsed(errors=errors)
    skip = _SKIP in form_values.picked(values, EMPTY_BLOCK)
    return DigestParsed(DigestInput(Schedule(weekdays, at, zone), Wanted(chosen, days, plans, minimum, skip)))


def zone_options(typed: str = "") -> list[dict[str, Any]]:
    """Time zones that have what was typed, those whose city begins with it first. At most 100."""
    wanted = text.clean(typed).replace(" ", "_").casefold()
    found = [name for name in zones() if wanted in name.casefold()]
    found.sort(key=lambda name: (not name.rpartition("/")[2].casefold().startswith(wanted), name))
    return [blocks.drawn_option(blocks.option(name, name)) for name in found[: options.MOST]]


def plan_options(plans: Mapping[str, str], typed: str = "") -> list[dict[str, Any]]:
    """Products (names by id) whose name or id has what was typed, by name. At most 100."""
    wanted = text.clean(typed).casefold()
    found = {
        known: name
        for known, name in plans.items()
        if wanted in name.casefold() or wanted in known.casefold()
    }
    return [blocks.drawn_option(one) for one in _plan_options(found)[: options.MOST]]


# What was filled in


def _number(shown: str) -> int:
    return int(shown) if shown.isdecimal() and len(shown) < _LONGEST else 0


def _amount(typed: str) -> tuple[Decimal, str]:
    """The smallest amount, and what is wrong with it."""
    if not typed:
        return Decimal(0), ""
    try:
        found = amounts.parse_amount(typed)
    except NotAnAmount as problem:
        return Decimal(0), notes.plain(amounts.note(problem.code))
    return (Decimal(0), words.BELOW_ZERO) if found < 0 else (found, "")


# The fields


def _view(meta: DigestMeta, found: Sequence[Block]) -> dict[str, Any]:
    return {
        "type": "modal",
        "callback_id": ids.DIGEST_FORM,
        "private_metadata": meta.encode(),
        "title": plain(words.FORM_EDIT if meta.digest else words.FORM_NEW),
        "close": plain(words.CLOSE),
        "blocks": list(found),
    }


def _sections(wanted: Wanted) -> Block:
    offered = {
        section.key: blocks.option(section.title, section.key, section.hint) for section in sections.SECTIONS
    }
    initial = [offered[section.key] for section in sections.chosen(wanted.sections)]
    element = blocks.ticks("digest:sections", list(offered.values()), initial)
    return blocks.field(SECTIONS_BLOCK, words.FIELD_SECTIONS, element)


def _days(wanted: Wanted) -> Block:
    offered = {
        days: blocks.option(words.days_option(days), str(days)) for days in sorted({*_DAYS, wanted.days})
    }
    element = blocks.select("digest:days", words.PICK_DAYS, list(offered.values()), offered[wanted.days])
    return blocks.field(DAYS_BLOCK, words.FIELD_DAYS, element)


def _weekdays(schedule: Schedule) -> Block:
    offered = [blocks.option(words.WEEKDAYS[day], str(day)) for day in sorted(EVERY_DAY)]
    initial = [offered[day] for day in sorted(schedule.weekdays)]
    return blocks.field(
        WEEKDAYS_BLOCK, words.FIELD_WEEKDAYS, blocks.ticks("digest:weekdays", offered, initial)
    )


def _zone(schedule: Schedule) -> Block:
    initial = blocks.option(schedule.zone, schedule.zone) if known_zone(schedule.zone) else None
    element = blocks.picker(ids.DIGEST_ZONE, words.PICK_ZONE, min_query=2, initial=initial)
    return blocks.field(ZONE_BLOCK, words.FIELD_ZONE, element, words.ZONE_HINT)


def _plans(state: DigestState) -> list[Block]:
    """Nothing where there is nothing to choose from."""
    chosen = {one: one for one in sorted(state.wanted.plans)}
    known = {**chosen, **(state.plans or {})}
    offered = _plan_options(known)
    initial = _plan_options({one: known[one] for one in chosen})
    element: Any
    if state.plans is None or len(offered) > options.MOST:
        element = blocks.several_picker(
            ids.DIGEST_PLANS, words.PICK_PLANS, min_query=0, initial=initial, most=MOST_PLANS
        )
    elif offered:
        element = blocks.several(ids.DIGEST_PLANS, words.PICK_PLANS, offered, initial, most=MOST_PLANS)
    else:
        return []
    return [blocks.field(PLANS_BLOCK, words.FIELD_PLANS, element, words.PLANS_HINT, optional=True)]


def _plan_options(plans: Mapping[str, str]) -> list[Any]:
    """By name; those with an id that an option can carry."""
    carried = [(known, name) for known, name in plans.items() if 0 < text.length(known) <= blocks.OPTION]
    carried.sort(key=lambda one: ((one[1] or one[0]).casefold(), one[0]))
    return [
        blocks.option(text.literal(name, blocks.OPTION) or text.literal(known, blocks.OPTION) or known, known)
        for known, name in carried
    ]


def _minimum(wanted: Wanted) -> Block:
    initial = canonical.number(wanted.minimum) if wanted.minimum else ""
    element = blocks.typed("digest:minimum", initial, most=_LONGEST)
    return blocks.field(MINIMUM_BLOCK, words.FIELD_MINIMUM, element, words.MINIMUM_HINT, optional=True)


def _empty(wanted: Wanted) -> Block:
    skip = blocks.option(words.SKIP_EMPTY, _SKIP)
    element = blocks.ticks("digest:empty", [skip], [skip] if wanted.skip_empty else [])
    return blocks.field(EMPTY_BLOCK, words.FIELD_EMPTY, element, optional=True)
