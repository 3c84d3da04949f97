"""What Slack sends reaches the route it is meant for, whatever the order of the table."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Any, cast

import pytest
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltRequest
from slack_bolt.authorization import AuthorizeResult

from bot.metrics import Metrics
from handlers import routes
from handlers.interaction import InteractionKind
from handlers.listener import BoltListener, Listener
from handlers.routes import Route
from handlers.services import Services


def payload(kind: InteractionKind, trigger: str) -> dict[str, Any]:
    payloads: dict[InteractionKind, dict[str, Any]] = {
        InteractionKind.COMMAND: {"command": trigger},
        InteractionKind.ACTION: {"type": "block_actions", "actions": [{"action_id": trigger}]},
        InteractionKind.SHORTCUT: {"type": "shortcut", "callback_id": trigger},
        InteractionKind.MESSAGE_SHORTCUT: {"type": "message_action", "callback_id": trigger},
        InteractionKind.VIEW: {
            "type": "view_submission",
            "view": {"type": "modal", "callback_id": trigger},
        },
        InteractionKind.OPTIONS: {"type": "block_suggestion", "action_id": trigger},
        InteractionKind.EVENT: {"type": "event_callback", "event": {"type": trigger}},
    }
    return payloads[kind]


@dataclass
class RouteRecorder:
    """Records the routes that were reached, instead of running them."""

    routes: list[Route] = field(default_factory=list)

    def instead(self, route: Route) -> Route:
        return Route(route.trigger, cast(Listener, _Noted(route, self)), route.family)


@dataclass
class _Noted:
    route: Route
    reached: RouteRecorder

    @property
    def kind(self) -> InteractionKind:
        return self.route.listener.kind

    def bolt_listener(self, _services: Services) -> BoltListener:
        async def listen(ack: AsyncAck, body: Mapping[str, Any]) -> None:
            await ack()
            self.reached.routes.append(self.route)

        return listen


@dataclass
class WithoutServices:
    metrics: Metrics


@pytest.fixture
def reached() -> RouteRecorder:
    return RouteRecorder()


@pytest.fixture
def app(reached: RouteRecorder, monkeypatch: pytest.MonkeyPatch) -> AsyncApp:
    async def authorize() -> AuthorizeResult:
        return AuthorizeResult(enterprise_id=None, team_id="T1", bot_token="xoxb-1")

    monkeypatch.setattr(routes, "ROUTES", tuple(map(reached.instead, routes.ROUTES)))
    app = AsyncApp(
        authorize=authorize,
        request_verification_enabled=False,
        process_before_response=True,
        raise_error_for_unhandled_request=True,
    )
    routes.register(app, cast(Services, WithoutServices(Metrics())))
    return app


async def send(app: AsyncApp, kind: InteractionKind, trigger: str) -> None:
    body = {**payload(kind, trigger), "team_id": "T1", "user_id": "U1"}
    answer = await app.async_dispatch(AsyncBoltRequest(body=body, mode="socket_mode"))
    assert answer.status == 200


async def test_each_route_is_reached(app: AsyncApp, reached: RouteRecorder) -> None:
    table = routes.ROUTES
    for route in table:
        await send(app, route.listener.kind, route.trigger)
    assert [(route.listener.kind, route.trigger) for route in reached.routes] == [
        (route.listener.kind, route.trigger) for route in table
    ]


async def test_only_families_match_ids_with_a_suffix(app: AsyncApp, reached: RouteRecorder) -> None:
    families = [route for route in routes.ROUTES if route.family]
    for route in routes.ROUTES:
        await send(app, route.listener.kind, f"{route.trigger}:two\nlines")
    assert [(route.listener.kind, route.trigger) for route in reached.routes] == [
        (route.listener.kind, route.trigger) for route in families
    ]


async def test_unknown_ids_reach_no_route(app: AsyncApp, reached: RouteRecorder) -> None:
    for kind, trigger in product(InteractionKind, ("", "gone", "go\n", "go_on", "ago", "message_changed")):
        await send(app, kind, trigger)
        assert reached.routes == [], (kind, trigger)
