"""Plays a person's conversation with Maple and writes it down as plain text.

After each step, what is new on that person's screen is added. The time is that of one fixed morning, and ids
that differ from run to run are masked.
"""

import difflib
import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Protocol

from freezegun import freeze_time

from sandbox.slack import LocalPerson
from tests.journeys.digesting import QUICK
from tests.running import Running, running_maple

FOLDER = Path(__file__).parent
MORNING = "2026-03-02 14:00:00"
"""A Monday: nine o'clock for Lea in New York, two for Ana in Lisbon."""
REWRITE = os.environ.get("MAPLE_TRANSCRIPTS") == "write"
_FORM = "== "
_MASKED = (
    (re.compile(r"\bChange (?=[0-9a-f]*\d)[0-9a-f]{24}\b"), "Change 0123456789abcdef01234567"),
    (re.compile(r"(?<=https://)127\.0\.0\.1:\d+"), "autumn.example"),
)


class Onlooker(Protocol):
    """Looks at people's screens during a conversation."""

    async def begin(self, maple: Running) -> None: ...

    async def look(self, person: LocalPerson) -> None:
        """Called after each step of this person."""


ONLOOKER: ContextVar[Onlooker | None] = ContextVar("onlooker", default=None)


class Transcript:
    def __init__(self, title: str, maple: Running) -> None:
        self.maple = maple
        self._title = f"# {title}"
        self._lines: list[str] = []
        self._steps = 0
        """How often someone typed, picked or clicked something, or opened a conversation."""
        self._seen: dict[str, list[str]] = {}

    @property
    def text(self) -> str:
        return "\n".join([self._title, f"Steps: {self._steps}", *self._lines]) + "\n"

    def forget(self) -> None:
        """Drops everything so far except the title."""
        self._lines.clear()
        self._steps = 0

    async def type(self, person: LocalPerson, line: str) -> None:
        await person.command(line)
        await self._note(person, f"types {line}")

    async def click(self, person: LocalPerson, label: str, *, confirm: bool | None = None) -> None:
        await person.click(label, confirm=confirm)
        await self._note(person, f"clicks [{label}]" + (" and confirms" if confirm else ""))

    async def choose(self, person: LocalPerson, label: str, *options: str) -> None:
        await person.choose(label, *options)
        await self._note(person, f"picks {', '.join(options)} as {label}")

    async def fill(self, person: LocalPerson, label: str, text: str) -> None:
        await person.fill(label, text)
        await self._note(person, f"writes {text} as {label}")

    async def submit(self, person: LocalPerson, label: str) -> None:
        assert f"[{label}]" in person.last()
        await person.submit()
        self._seen[person.id] = [piece for piece in self._seen[person.id] if not piece.startswith(_FORM)]
        await self._note(person, f"clicks [{label}]")

    async def close(self, person: LocalPerson) -> None:
        await person.close()
        await self._note(person, "closes the window", counts=False)

    async def go(self, person: LocalPerson, place: str) -> None:
        person.go(place)
        await self._note(person, f"opens {place}")

    async def wait(self, person: LocalPerson, event: str) -> None:
        """Records something that happened without the person, and what they see of it."""
        await self._note(person, event, acts=False, counts=False)

    async def _note(self, person: LocalPerson, event: str, *, acts: bool = True, counts: bool = True) -> None:
        self._steps += counts
        await person.settled()
        await self.maple.bot.background.drain(10)
        await person.settled()
        if (onlooker := ONLOOKER.get()) is not None:
            await onlooker.look(person)
        before = list(self._seen.get(person.id, []))
        now = [_masked(piece) for piece in person.pieces()]
        self._seen[person.id] = now
        name = person.user.name.capitalize()
        self._lines += ["", f"{name} {event}." if acts else event]
        for piece in now:
            if piece in before:
                before.remove(piece)
            elif changed := _changed(piece, before):
                self._lines += ["", *(f"    {line}".rstrip() for line in changed)]


def _changed(piece: str, before: list[str]) -> list[str]:
    """The lines of a message or form; if the form was open before, only new ones, without what was typed."""
    lines = piece.splitlines()
    earlier = next((old.splitlines() for old in before if old.startswith(lines[0])), None)
    if earlier is None or not piece.startswith(_FORM):
        return lines
    typed = re.compile(r"[^:]+: (\[.*\]|\(.*\).*)")
    new = [line for line in lines if line not in earlier and not typed.fullmatch(line)]
    return [lines[0], "…", *new] if new else []


def _masked(text: str) -> str:
    for pattern, instead in _MASKED:
        text = pattern.sub(instead, text)
    return "\n".join(line.rstrip() for line in text.splitlines())


@asynccontextmanager
async def recorded(name: str, title: str, *, policy: str = "") -> AsyncIterator[Transcript]:
    """A conversation that must be as it is in `<name>.txt`. MAPLE_TRANSCRIPTS=write rewrites the file."""
    with freeze_time(MORNING, tick=True, real_asyncio=True):
        # Over Socket Mode: the check of a signature reads the real clock.
        async with running_maple("socket", policy=policy, digest_pace=QUICK) as maple:
            if (onlooker := ONLOOKER.get()) is not None:
                await onlooker.begin(maple)
            transcript = Transcript(title, maple)
            yield transcript
    path = FOLDER / f"{name}.txt"
    if REWRITE:
        path.write_text(transcript.text)
    expected = path.read_text()
    difference = difflib.unified_diff(
        expected.splitlines(), transcript.text.splitlines(), path.name, "as it is now", lineterm=""
    )
    assert transcript.text == expected, "\n".join(difference)
