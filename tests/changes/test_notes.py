"""Notes use the singular for one thing."""

import re

import pytest

from bot.changes import notes, registry
from bot.changes.notes import Note, NoteCode

_MOMENT = "2025-03-01T00:00:00+00:00"
_MANY_OF_ONE = re.compile(r"\b1 (of \w+ |of this \w+ )?(are|were|have|stay|come)\b|\b1 \w+s (are|were)\b")


class _AllOnes(dict[str, str]):
    """Details in which every figure is 1."""

    def __missing__(self, name: str) -> str:
        if name in {"at", "latest", "until", "reset", "ends"}:
            return _MOMENT
        return "usd" if name == "currency" else "1"


@pytest.mark.parametrize("optional", [{}, {"at_least": "yes"}], ids=["exact", "at least"])
@pytest.mark.parametrize("code", registry.note_codes().values(), ids=lambda code: code.id)
def test_notes_use_the_singular_for_one(code: NoteCode, optional: dict[str, str]) -> None:
    sentence = notes.plain(Note(code, _AllOnes(optional)))
    assert not _MANY_OF_ONE.search(sentence), sentence
