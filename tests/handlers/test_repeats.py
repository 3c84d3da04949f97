"""Slack may deliver a request more than once: every route handles it once, without code for that."""

from collections.abc import Mapping

import pytest
from prometheus_client.samples import Sample

from bot.app import Maple
from bot.kit.card import Card
from bot.slack.http import EVENTS_PATH
from handlers import routes
from handlers.interaction import Interaction, InteractionKind
from handlers.listener import FormListener, Invalid, Listener
from handlers.routes import Route, clicked, event
from handlers.services import Services
from tests.databases import fresh
from tests.handlers.test_changes import lose_the_database
from tests.running import Mode, Running, running_maple

TEAM = "T01NORTHW"
WHO = {"user": {"id": "U01ANA", "team_id": TEAM}, "team": {"id": TEAM}}
MENTION = {
    "type": "event_callback",
    "team_id": TEAM,
    "event_id": "Ev01",
    "event": {
        "type": "app_mention",
        "user": "U01ANA",
        "channel": "C01SUPPORT",
        "text": "<@U0MAPLE> cus_acme",
        "ts": "1700000000.000200",
        "thread_ts": "1700000000.000100",
        "event_ts": "1700000000.000200",
    },
}


def click(action: str, trigger: str = "") -> dict[str, object]:
    pressed = {"type": "button", "action_id": action, "block_id": "b", "action_ts": "1.2"}
    trigger_id = trigger or f"1.2.{action}"
    return {**WHO, "type": "block_actions", "trigger_id": trigger_id, "actions": [pressed]}


SECTION = {"type": "section", "block_id": "s", "text": {"type": "mrkdwn", "text": "Here"}}


class RecordingHandler:
    """A handler that records what it was called with."""

    def __init__(self) -> None:
        self.interactions: list[Interaction] = []

    async def __call__(self, interaction: Interaction, _services: Services) -> None:
        self.interactions.append(interaction)


@pytest.fixture
def handled() -> RecordingHandler:
    return RecordingHandler()


def add(monkeypatch: pytest.MonkeyPatch, *made_up: Route) -> None:
    monkeypatch.setattr(routes, "ROUTES", (*made_up, *routes.ROUTES))


async def deliver(maple: Running, kind: str, payload: Mapping[str, object], *, times: int = 3) -> None:
    for retry in range(times):
        await maple.slack.deliveries.send(kind, dict(payload), retry=retry)  # type: ignore[arg-type]


def outcomes(bot: Maple, action: str) -> list[str]:
    samples = [sample for sample in counted_interactions(bot) if sample.labels["action"] == action]
    return sorted(sample.labels["outcome"] for sample in samples for _ in range(int(sample.value)))


@pytest.mark.both_transports
async def test_repeated_clicks_and_events_run_their_route_once(
    mode: Mode, handled: RecordingHandler, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(
        monkeypatch,
        clicked("made_up", handled, harmless=False),
        clicked("looks_up", handled, harmless=True),
        event("app_mention", handled),
    )
    async with running_maple(mode) as maple:
        for action in ("made_up", "looks_up"):
            handled.interactions.clear()
            await deliver(maple, "interactive", click(action))
            await deliver(maple, "interactive", click(action, "1.2.another"), times=1)
            await maple.bot.background.drain(10)
            triggers = sorted(call.trigger_id for call in handled.interactions)
            assert triggers == ["1.2.another", f"1.2.{action}"], action
            assert outcomes(maple.bot, action) == ["ok", "ok", "repeat", "repeat"], action
        handled.interactions.clear()
        await deliver(maple, "events_api", MENTION)
        await deliver(maple, "events_api", {**MENTION, "event_id": "Ev02"}, times=1)
        await maple.bot.background.drain(10)
        assert sorted(call.event_id for call in handled.interactions) == ["Ev01", "Ev02"]
        assert outcomes(maple.bot, "app_mention") == ["ok", "ok", "repeat", "repeat"]


async def test_event_in_a_thread_has_its_text_and_place_and_is_answered_there(
    handled: RecordingHandler, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def answer(interaction: Interaction, services: Services) -> None:
        await handled(interaction, services)
        card = Card("Here", (SECTION,), (SECTION,))
        await services.replies.ephemeral(interaction, card)
        await services.replies.post(interaction.channel, card, thread_ts=interaction.thread_ts)

    add(monkeypatch, event("app_mention", answer))
    async with running_maple("http") as maple:
        await deliver(maple, "events_api", MENTION, times=1)
        await maple.bot.background.drain(10)
        sent = {call.method: call.args.get("thread_ts") for call in maple.slack.calls}
    (mention,) = handled.interactions
    assert (mention.user, mention.channel, mention.text) == ("U01ANA", "C01SUPPORT", "<@U0MAPLE> cus_acme")
    assert (mention.message, mention.thread_ts) == ("1700000000.000200", "1700000000.000100")
    assert not mention.can_open_modal
    assert sent["chat.postEphemeral"] == sent["chat.postMessage"] == "1700000000.000100"


@pytest.mark.both_transports
async def test_repeated_submission_is_parsed_before_the_answer_and_handled_once(
    mode: Mode, monkeypatch: pytest.MonkeyPatch
) -> None:
    handled: list[str] = []

    def parse(interaction: Interaction) -> str | Invalid:
        return interaction.metadata or Invalid({"name": "Fill this in."})

    async def submitted(_interaction: Interaction, _services: Services, form: str) -> None:
        handled.append(form)

    add(monkeypatch, Route("made_up", FormListener("made_up", parse, submitted)))
    async with running_maple(mode) as maple:
        view = {"type": "modal", "id": "V1", "callback_id": "made_up", "private_metadata": ""}
        payload = {**WHO, "type": "view_submission", "trigger_id": "1.2.form", "view": view}
        answer = await maple.slack.deliveries.send("interactive", payload)
        assert answer == {"response_action": "errors", "errors": {"name": "Fill this in."}}
        await deliver(maple, "interactive", {**payload, "view": {**view, "private_metadata": "filled in"}})
        await maple.bot.background.drain(10)
    assert handled == ["filled in"]


async def test_repeated_delivery_to_another_replica_does_not_run(
    handled: RecordingHandler, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(
        monkeypatch,
        clicked("made_up", handled, harmless=False),
        clicked("looks_up", handled, harmless=True),
        event("app_mention", handled),
    )
    async with running_maple("http", database=fresh("postgresql")) as maple, maple.another() as replica:
        for action, kind, payload in (
            ("made_up", "interactive", click("made_up")),
            ("looks_up", "interactive", click("looks_up")),
            ("app_mention", "events_api", MENTION),
        ):
            handled.interactions.clear()
            for bot in (maple.bot, replica):
                maple.slack.request_url = f"{bot.url}{EVENTS_PATH}"
                await deliver(maple, kind, payload, times=1)
                await bot.background.drain(10)
                assert len(outcomes(bot, action)) == 1, action
            assert len(handled.interactions) == 1, action


async def test_harmless_route_runs_without_the_database_and_others_do_not(
    handled: RecordingHandler, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks_up = clicked("looks_up", handled, harmless=True)
    add(monkeypatch, looks_up, Route("made_up", Listener(InteractionKind.ACTION, "made_up", handled)))
    async with running_maple("http") as maple:
        await lose_the_database(maple)
        for action in ("made_up", "looks_up"):
            await deliver(maple, "interactive", click(action), times=1)
        await maple.bot.background.drain(10)
    assert [call.action for call in handled.interactions] == ["looks_up"]


def counted_interactions(bot: Maple) -> list[Sample]:
    (metric,) = bot.metrics.interactions.collect()
    return [sample for sample in metric.samples if sample.name.endswith("_total")]
