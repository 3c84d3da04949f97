"""What every service of the bot needs."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

Checkpoint: TypeAlias = Callable[[str], Awaitable[None]]
"""Awaited with its name at every point where the process may die with something half done. It does nothing;
a test gives one that kills the process there, which no other means could do at a chosen point."""


async def no_checkpoint(_name: str) -> None:
    """The checkpoint that does nothing."""
