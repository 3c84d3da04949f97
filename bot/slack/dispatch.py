"""Hands a request to Bolt, which raises on payloads that Slack would never send."""

from collections.abc import Callable

from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_bolt.response import BoltResponse

from bot.log import log


async def dispatch(app: AsyncApp, read: Callable[[], AsyncBoltRequest]) -> BoltResponse | None:
    """Bolt's answer; None if this cannot be read as a request of Slack's. Never raises."""
    try:
        return await app.async_dispatch(read())
    except Exception as error:  # noqa: BLE001 - whatever went wrong is due to the payload
        log.warning("unreadable", error=type(error).__name__)
        return None
