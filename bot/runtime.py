"""What every service of the bot needs."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from bot.autumn.client import Autumn
from bot.autumn.environment import Environment
from bot.store.database import Database

Checkpoint: TypeAlias = Callable[[str], Awaitable[None]]
"""Awaited with its name at every point where the process may die with something half done. It does nothing;
a test gives one that kills the process there, which no other means could do at a chosen point."""


async def no_checkpoint(_name: str) -> None:
    """The checkpoint that does nothing."""


@dataclass(frozen=True, slots=True)
class Runtime:
    database: Database
    autumn: Autumn
    environment: Environment
    """The one that Autumn's key is for; what was recorded for the other is left alone."""
    now: Callable[[], datetime]
    checkpoint: Checkpoint = no_checkpoint
