"""The kinds of change. Everything else that is particular to a kind derives from this tuple."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from bot.access.rules import PolicyKind
from bot.changes import (
    addition,
    balance,
    cancellation,
    control,
    deletion,
    details,
    expiry,
    grant,
    quantity,
    refund,
    reward,
    switch,
    trial,
    ungrant,
    usage,
)
from bot.changes.amounts import AmountNote
from bot.changes.billing.words import BillingLine, BillingNote
from bot.changes.line_form import LineForm, LineNote, tidy
from bot.changes.lines import LineLabel
from bot.changes.model import ChangeInput
from bot.changes.notes import CommonNote, NoteCode
from bot.changes.spec import ChangeKind, ShortForm

KINDS: tuple[ChangeKind[Any], ...] = (
    balance.KIND,
    grant.KIND,
    expiry.KIND,
    ungrant.KIND,
    usage.KIND,
    reward.KIND,
    refund.KIND,
    control.KIND,
    cancellation.KIND,
    switch.KIND,
    addition.KIND,
    quantity.KIND,
    trial.KIND,
    details.KIND,
    deletion.KIND,
)
"""In the order of the buttons and of the help."""


class UnknownKind(LookupError):
    """There is no such kind of change."""


def kind(kind_id: str) -> ChangeKind[Any]:
    """Raises UnknownKind."""
    for kind in KINDS:
        if kind.id == kind_id:
            return kind
    raise UnknownKind(kind_id)


def of(request: ChangeInput) -> ChangeKind[Any]:
    return kind(request.kind)


def listable() -> tuple[ChangeKind[Any], ...]:
    """Those that a line of a list can be."""
    return tuple(kind for kind in KINDS if kind.line_form is not None)


def usual_line() -> ChangeKind[Any]:
    """The kind of a line that names none."""
    return listable()[0]


def line_form(kind_id: str) -> LineForm:
    """Raises UnknownKind for a kind that no line can be."""
    form = kind(kind_id).line_form
    if form is None:
        raise UnknownKind(kind_id)
    return form


def listed_as(typed: str) -> ChangeKind[Any] | None:
    """By its id, its command or its name, as a line of a list says it."""
    tidied = tidy(typed)
    called = ((kind, (kind.id, kind.command, kind.button, kind.heading)) for kind in listable())
    return next((kind for kind, names in called if tidied in map(tidy, names)), None)


def short_forms() -> Mapping[str, tuple[ChangeKind[Any], ShortForm]]:
    """By their commands."""
    return {short.command: (kind, short) for kind in KINDS for short in kind.short_forms}


def policy_kinds() -> tuple[PolicyKind, ...]:
    """What a policy file may name."""
    return tuple(kind.policy for kind in KINDS)


def note_codes() -> Mapping[str, NoteCode]:
    """By id, as stored."""
    return _note_codes(KINDS)


def line_labels() -> Mapping[str, LineLabel]:
    """By id, as stored."""
    return _line_labels(KINDS)


def help_lines() -> list[tuple[str, str]]:
    """What to type after `/autumn`, and what it does."""
    forms = [(f"{kind.command} <customer>", kind.help) for kind in KINDS]
    return [*((short.usage, short.help) for kind in KINDS for short in kind.short_forms), *forms]


@lru_cache(maxsize=8)
def _note_codes(kinds: tuple[ChangeKind[Any], ...]) -> Mapping[str, NoteCode]:
    enums: tuple[type[NoteCode], ...] = (
        AmountNote,
        CommonNote,
        LineNote,
        BillingNote,
        *(kind.notes for kind in kinds),
    )
    return {code.id: code for codes in enums for code in codes}


@lru_cache(maxsize=8)
def _line_labels(kinds: tuple[ChangeKind[Any], ...]) -> Mapping[str, LineLabel]:
    enums: tuple[type[LineLabel], ...] = (BillingLine, *(kind.lines for kind in kinds))
    return {label.id: label for labels in enums for label in labels}
