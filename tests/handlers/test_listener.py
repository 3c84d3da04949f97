"""What surrounds every listener: who may use it, how exceptions are handled, how soon Slack is answered."""

import asyncio
import io
import json

import pytest
from slack_sdk.errors import SlackApiError

from bot.autumn.errors import NotFound, TimedOut
from bot.kit.carried import Unreadable
from bot.lookups import labels
from bot.lookups.place import Place
from bot.slack.errors import Unsent
from bot.timings import Timeouts
from handlers import Services
from handlers.errors import InteractionOutcome, classify
from handlers.interaction import Interaction, InteractionKind, read
from handlers.listener import Listener
from tests.running import PATIENCE, Mode, Running, running_maple

UNSAID = SlackApiError("x", {"error": "y"})  # type: ignore[no-untyped-call]


async def outcomes(maple: Running) -> list[str]:
    """How the interactions so far ended, by the metrics, once those running have finished."""
    await maple.bot.background.drain(10)
    (metric,) = maple.bot.metrics.interactions.collect()
    return sorted(
        f"{sample.labels['action']} {sample.labels['outcome']}"
        for sample in metric.samples
        if sample.name.endswith("_total")
    )


async def test_guests_are_refused_with_an_explanation(maple: Running) -> None:
    await maple.gus.command("/autumn cus_acme")
    refusal = await maple.gus.sees(labels.GUEST.what)
    assert "only visible to you" in refusal
    maple.gus.does_not_see("Acme Ltd")
    maple.gus.reload()
    await maple.gus.shortcut("Look up a customer")
    await maple.gus.sees(labels.GUEST.what)
    await maple.gus.close()
    await maple.gus.open_home()
    await maple.gus.sees(labels.GUEST.what)
    maple.gus.does_not_see("Look up a customer in")
    assert await _suggestions(maple, maple.gus.id) == {"options": []}
    assert await outcomes(maple) == [
        "/autumn refused",
        "app_home_opened refused",
        "look_up refused",
        "pick_customer refused",
    ]
    assert [call for call in maple.autumn.calls if "customers" in call.route] == []


async def test_people_of_another_company_are_refused(maple: Running) -> None:
    payload = _click(maple, maple.eve.id, team="T02ACMECO")
    await maple.slack.deliveries.send("interactive", payload)
    assert await outcomes(maple) == ["open refused"]
    assert [call for call in maple.autumn.calls if "customers" in call.route] == []


async def test_person_who_cannot_be_checked_is_refused_until_they_can(maple: Running) -> None:
    maple.slack.faults.add("users.info", "error", error="fatal_error")
    await maple.ana.command("/autumn cus_acme")
    await maple.ana.sees(labels.UNCHECKED.what)
    await maple.ana.command("/autumn cus_acme")
    await maple.ana.sees("Acme Ltd")


async def test_form_is_refused_when_it_would_be_late(mode: Mode) -> None:
    async with running_maple(mode, timeouts=Timeouts(trigger=0.05)) as maple:
        maple.slack.faults.add("users.info", "latency", seconds=0.3)
        await maple.ana.shortcut("Look up a customer")
        await maple.ana.sees(labels.UNCHECKED.what)


async def test_concurrent_commands_check_a_person_once(maple: Running) -> None:
    await asyncio.gather(*(maple.ana.command("/autumn help") for _ in range(5)))
    await maple.bot.background.drain(10)
    assert len([call for call in maple.slack.calls if call.method == "users.info"]) == 1


async def test_fault_is_shown_with_a_reference_and_located_in_the_log(
    maple: Running, logs: io.StringIO
) -> None:
    async def breaks(_interaction: Interaction, _services: Services) -> None:
        raise KeyError("canary")

    interaction = read(InteractionKind.ACTION, _click(maple, maple.ana.id))
    await Listener(InteractionKind.ACTION, "broken", breaks).handle(interaction, maple.bot.services)
    error = await maple.ana.sees(labels.BROKEN.what)
    reference = error.split("Reference ")[1].split()[0]
    await maple.bot.background.drain(10)
    (record,) = [json.loads(line) for line in logs.getvalue().splitlines() if reference in line]
    assert record["level"] == "error"
    assert record["outcome"] == "fault"
    assert record["error"] == "KeyError"
    assert "test_listener.py:" in record["at"]
    assert "canary" not in logs.getvalue()


async def test_answers_and_errors_that_cannot_be_sent_are_logged(maple: Running, logs: io.StringIO) -> None:
    for method in ("response_url", "chat.postEphemeral", "conversations.open"):
        maple.slack.faults.add(method, "error", error="fatal_error", times=None)
    await maple.ana.command("/autumn help")
    assert await outcomes(maple) == ["/autumn slack"]
    record = json.loads([line for line in logs.getvalue().splitlines() if "handled" in line][-1])
    assert record["error"] == "Unsent:fatal_error"
    maple.autumn.faults.add("*", "500")
    await maple.ana.command("/autumn cus_acme")
    assert await outcomes(maple) == ["/autumn autumn", "/autumn slack"]
    record = json.loads([line for line in logs.getvalue().splitlines() if "handled" in line][-1])
    assert (record["outcome"], record["status"]) == ("autumn", "Unsent")


async def test_slow_options_are_answered_empty_in_time(mode: Mode) -> None:
    async with running_maple(mode, timeouts=Timeouts(options=0.1)) as maple:
        maple.autumn.faults.add("customers.list", "latency", seconds=1)
        assert await _suggestions(maple, maple.ana.id) == {"options": []}
        assert await outcomes(maple) == ["pick_customer slow"]


async def test_failed_and_unreadable_selects_offer_nothing(maple: Running) -> None:
    maple.autumn.faults.add("customers.list", "garbage")
    assert await _suggestions(maple, maple.ana.id) == {"options": []}
    payload = _suggesting(maple, maple.ana.id) | {"action_id": "pick_feature", "block_id": "pick_feature:?"}
    assert await maple.slack.deliveries.send("interactive", payload) == {"options": []}
    assert await outcomes(maple) == ["pick_customer autumn", "pick_feature unreadable"]


@pytest.mark.both_transports
async def test_slack_is_answered_while_autumn_hangs(mode: Mode) -> None:
    async with running_maple(mode, timeouts=Timeouts(drain=0.05)) as maple:
        maple.autumn.faults.add("*", "latency", seconds=2 * PATIENCE)
        await asyncio.gather(*(maple.ana.command("/autumn cus_acme") for _ in range(10)))
        commands = [delivery for delivery in maple.slack.sent if delivery.kind == "slash_commands"]
        assert [delivery.outcome for delivery in commands] == ["acked"] * 10


@pytest.mark.both_transports
async def test_acknowledged_work_is_finished_before_stopping(mode: Mode) -> None:
    async with running_maple(mode) as maple:
        maple.autumn.faults.add("customers.get", "latency", seconds=60)
        await maple.ana.command("/autumn cus_acme")
        stopping = asyncio.create_task(maple.stop())
        await asyncio.sleep(0)
        maple.ana.does_not_see("Acme Ltd")
        assert not stopping.done()
        maple.autumn.faults.clear()
        await stopping
        await maple.ana.sees("Acme Ltd", timeout=0.1)


async def test_work_that_takes_too_long_is_cancelled_when_stopping(mode: Mode, logs: io.StringIO) -> None:
    async with running_maple(mode, timeouts=Timeouts(drain=0.1)) as maple:
        maple.autumn.faults.add("customers.get", "latency", seconds=5)
        await maple.ana.command("/autumn cus_acme")
        await maple.stop()
        assert '"outcome": "cut"' in logs.getvalue()
        assert '"count": 1' in logs.getvalue()


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (NotFound(status=404), InteractionOutcome.USER),
        (TimedOut(), InteractionOutcome.AUTUMN),
        (Unsent("x"), InteractionOutcome.SLACK),
        (UNSAID, InteractionOutcome.SLACK),
        (TimeoutError(), InteractionOutcome.SLACK),
        (Unreadable("Place"), InteractionOutcome.UNREADABLE),
        (KeyError("x"), InteractionOutcome.FAULT),
    ],
)
def test_errors_are_classified(error: Exception, outcome: InteractionOutcome) -> None:
    assert classify(error) is outcome


def _click(
    maple: Running, user: str, *, team: str = "", action: str = "open:customer", value: str = ""
) -> dict[str, object]:
    home = maple.bot_team
    return {
        "type": "block_actions",
        "user": {"id": user, "team_id": team or home},
        "team": {"id": home},
        "channel": {"id": maple.ana.channel.id},
        "container": {"type": "message", "message_ts": "1.1", "channel_id": maple.ana.channel.id},
        "actions": [
            {
                "type": "button",
                "action_id": action,
                "block_id": "b",
                "value": value or Place(customer="cus_acme").encode(),
            }
        ],
    }


def _suggesting(maple: Running, user: str) -> dict[str, object]:
    return {
        "type": "block_suggestion",
        "user": {"id": user, "team_id": maple.bot_team},
        "team": {"id": maple.bot_team},
        "action_id": "pick_customer",
        "block_id": "customer",
        "value": "acme",
    }


async def _suggestions(maple: Running, user: str) -> object:
    return await maple.slack.deliveries.send("interactive", _suggesting(maple, user))
