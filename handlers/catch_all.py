"""Everything no listener is for: acknowledged, and noted without its content.

Bolt answers 404 to what it has no listener for; Slack counts those as failures and can switch an app's
events off. Buttons of messages from an older version are among them, too.
"""

from typing import Any

from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_bolt.error import BoltUnhandledRequestError
from slack_bolt.response import BoltResponse

from bot.log import log
from bot.metrics import Metrics


def register(app: AsyncApp, metrics: Metrics) -> None:
    """Answers for what is unhandled, and for what failed before a listener was reached."""

    @app.error
    async def on_error(error: Exception, request: AsyncBoltRequest) -> BoltResponse:
        kind = _kind(request.body)
        unknown = isinstance(error, BoltUnhandledRequestError)
        metrics.interactions.labels(kind, "unknown", "ok" if unknown else "fault").inc()
        log.warning("unhandled", kind=kind, error="" if unknown else type(error).__name__)
        return BoltResponse(status=200, body={"options": []} if kind == "block_suggestion" else "")


def _kind(body: dict[str, Any]) -> str:
    """Slack's word for the payload, if it is one of Slack's: it goes into metrics, which must stay few."""
    kind = "command" if "command" in body else body.get("type")
    return kind if kind in _KINDS else "other"


_KINDS = frozenset(
    {
        "block_actions",
        "block_suggestion",
        "command",
        "event_callback",
        "message_action",
        "shortcut",
        "view_closed",
        "view_submission",
    }
)
