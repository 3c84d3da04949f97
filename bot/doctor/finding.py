"""What the doctor says about one thing it checked, and how it asks Slack and the database."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_slack_response import AsyncSlackResponse
from sqlalchemy.exc import SQLAlchemyError

from bot.settings import Settings
from bot.slack.client import NotSlack
from bot.store.database import Database, database_url

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Finding:
    sentence: str
    ok: bool
    mend: str = ""
    """How to put it right, when it is not."""

    def __str__(self) -> str:
        return f"✓ {self.sentence}" if self.ok else f"✗ {self.sentence}\n  {self.mend}"


NOT_SLACK = "no answer of Slack's"
Report = Callable[[Finding], None]


async def called(call: Awaitable[Any]) -> Any:
    """Slack's answer, or the name of what went wrong."""
    try:
        return await call
    except SlackApiError as error:
        answer = error.response
        reason = answer.get("error") if isinstance(answer, AsyncSlackResponse) else None
        return str(reason or NOT_SLACK)
    except NotSlack:
        return NOT_SLACK
    except (aiohttp.ClientError, TimeoutError):
        return "no answer"


async def stored(settings: Settings, read: Callable[[Database], Awaitable[list[T]]]) -> list[T]:
    """What `read` finds in the database. Nothing if the database does not exist (it is not created) or cannot
    be read, which is reported elsewhere."""
    url = settings.database_url.get_secret_value()
    target = database_url(url)
    if target.drivername.startswith("sqlite") and not _there(target.database or ""):
        # Opening a SQLite file creates it.
        return []
    database = Database(url)
    try:
        return await read(database)
    except (SQLAlchemyError, OSError):
        return []
    finally:
        await database.aclose()


def _there(file: str) -> bool:
    return Path(file).exists()
