"""Changes as JSON, for the database and the audit trail."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.changes import registry
from bot.changes.lines import Line, ValueFormat
from bot.changes.model import ChangeInput
from bot.changes.notes import Note


def dump_input(request: ChangeInput) -> dict[str, Any]:
    return request.model_dump(mode="json")


def read_input(stored: Mapping[str, Any]) -> ChangeInput:
    """Raises UnknownKind or pydantic.ValidationError."""
    request: ChangeInput = registry.kind(stored["kind"]).input.model_validate(stored)
    return request


def dump_lines(lines: Sequence[Line]) -> list[dict[str, Any]]:
    return [
        {
            "label": line.label.id,
            "before": line.before,
            "after": line.after,
            "form": line.form.value,
            "currency": line.currency,
            "about": line.about,
            "estimate": line.estimate,
            "at_least": line.at_least,
        }
        for line in lines
    ]


def read_lines(stored: Sequence[Mapping[str, Any]]) -> tuple[Line, ...]:
    labels = registry.line_labels()
    return tuple(
        Line(**{**line, "label": labels[line["label"]], "form": ValueFormat(line["form"])}) for line in stored
    )


def dump_notes(notes: Sequence[Note]) -> list[dict[str, Any]]:
    return [{"code": note.code.id, "details": dict(note.details)} for note in notes]


def read_notes(stored: Sequence[Mapping[str, Any]]) -> tuple[Note, ...]:
    codes = registry.note_codes()
    return tuple(Note(codes[note["code"]], dict(note["details"])) for note in stored)
