"""Payloads that no listener handles are acknowledged."""

import io

import pytest
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_bolt.authorization import AuthorizeResult

from bot.metrics import Metrics
from handlers import routes
from sandbox.slack.delivery import Envelope, NotAcknowledged
from sandbox.slack.model import Json
from tests.running import Running

WHO = {"user": {"id": "U01ANA", "team_id": "T01NORTHW"}, "team": {"id": "T01NORTHW"}}
UNHANDLED: tuple[tuple[Envelope, Json], ...] = (
    ("slash_commands", {"command": "/other", "text": "canary", "user_id": "U01ANA"}),
    ("interactive", {"type": "block_actions", "actions": [{"action_id": "gone", "block_id": "b"}]}),
    ("interactive", {"type": "block_actions", "actions": [{"action_id": "goods", "block_id": "b"}]}),
    ("interactive", {"type": "block_suggestion", "action_id": "x", "block_id": "b"}),
    ("interactive", {"type": "view_submission", "view": {"type": "modal", "callback_id": "x"}}),
    ("interactive", {"type": "view_closed", "view": {"type": "modal", "callback_id": "x"}}),
    ("interactive", {"type": "shortcut", "callback_id": "x"}),
    ("interactive", {"type": "message_action", "callback_id": "look_up"}),
    ("interactive", {"type": "of_the_future"}),
    ("events_api", {"type": "event_callback", "event": {"type": "reaction_added", "text": "canary"}}),
    ("events_api", {"type": "event_callback", "event": {"type": "of_the_future"}}),
    ("events_api", {"type": "app_rate_limited"}),
)


@pytest.mark.both_transports
async def test_unhandled_payloads_are_acknowledged_and_counted_by_type(
    maple: Running, logs: io.StringIO
) -> None:
    for kind, payload in UNHANDLED:
        reply = await maple.slack.deliveries.send(kind, {**WHO, **payload})
        expected: Json | None = {"options": []} if payload.get("type") == "block_suggestion" else None
        assert (reply or None) == expected, payload
        assert maple.slack.sent[-1].outcome == "acked", payload
        assert len(maple.bot.background) == 0, payload
    assert "canary" not in logs.getvalue()
    calls = {call.method for call in maple.slack.calls}
    assert calls <= {"auth.test", "apps.connections.open"}
    text = maple.bot.metrics.exposition().decode()
    assert 'maple_interactions_total{action="unknown",kind="other",outcome="ok"} 2.0' in text
    assert 'maple_interactions_total{action="unknown",kind="shortcut",outcome="ok"} 1.0' in text


@pytest.mark.both_transports
async def test_unreadable_payload_is_refused_over_http_and_acknowledged_on_a_socket(maple: Running) -> None:
    payload = {**WHO, "type": "block_actions", "actions": []}
    if maple.mode == "http":
        with pytest.raises(NotAcknowledged, match="400"):
            await maple.slack.deliveries.send("interactive", payload)
    else:
        assert not await maple.slack.deliveries.send("interactive", payload)


async def test_fault_before_the_acknowledgement_is_counted(logs: io.StringIO) -> None:
    async def authorize() -> AuthorizeResult:
        return AuthorizeResult(enterprise_id=None, team_id="T1", bot_token="xoxb-1")

    async def breaks() -> None:
        raise KeyError("canary")

    app = AsyncApp(
        authorize=authorize,
        request_verification_enabled=False,
        process_before_response=True,
        raise_error_for_unhandled_request=True,
    )
    metrics = Metrics()
    app.command("/autumn")(breaks)
    routes.acknowledge_the_rest(app, metrics)
    body = {"command": "/autumn", "user_id": "U1", "team_id": "T1"}
    answer = await app.async_dispatch(AsyncBoltRequest(body=body, mode="socket_mode"))
    assert answer.status == 200
    assert 'action="unknown",kind="command",outcome="fault"' in metrics.exposition().decode()
    assert '"error": "KeyError"' in logs.getvalue()
    assert "canary" not in logs.getvalue()
