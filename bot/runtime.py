"""What every service of the bot needs: the database, Autumn and the clock."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from bot.autumn.client import Autumn
from bot.autumn.models import Environment
from bot.store.database import Database

Checkpoint: TypeAlias = Callable[[str], Awaitable[None]]
"""Awaited, with its name, at every point where a crash would leave something half done. It does nothing; a
test passes one that kills the process at a chosen point."""


async def no_checkpoint(_name: str) -> None:
    """The checkpoint that does nothing."""


@dataclass(frozen=True, slots=True)
class Runtime:
    database: Database
    autumn: Autumn
    environment: Environment
    """The environment of the Autumn key; records of the other one are left alone."""
    now: Callable[[], datetime]
    checkpoint: Checkpoint = no_checkpoint
