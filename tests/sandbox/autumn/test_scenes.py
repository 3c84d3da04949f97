"""The recorded scenes, each replayed to its own local Autumn.

Statuses, field sets and all determined values must be equal. Exceptions are listed in DIFFERENCES with their
reasons; an entry that no longer applies fails.
"""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox.autumn import LocalAutumn, LocalLimits
from tests.sandbox.autumn.lab import furnish
from tests.sandbox.autumn.recording import FIXTURES, counterparts, differences
from tests.sandbox.autumn.scenes import BEFORE, DIFFERENCES, KEEPS_NO_CREDIT, LEFT_OUT, at


def load(path: Path) -> list[dict[str, Any]]:
    """The calls of a scene; an answer equal to an earlier one is stored only there."""
    calls: list[dict[str, Any]] = json.loads(path.read_text())
    answers = {call["n"]: call.get("response") for call in calls}
    for call in calls:
        response = call.get("response")
        if isinstance(response, dict) and "as_in" in response:
            call["response"] = answers[response["as_in"]]
    return calls


SCENES = {path.stem: load(path) for path in sorted((FIXTURES / "scenes").glob("*.json"))}


def headers_of(call: dict[str, Any], key: str, read_only: str) -> dict[str, str]:
    headers = {"x-api-version": "2.3.0"}
    if call.get("key") != "(absent)":
        headers["authorization"] = f"Bearer {read_only if 'key' in call else key}"
    if "idempotency_key" in call:
        headers["idempotency-key"] = call["idempotency_key"]
    return headers


async def replay(scene: str) -> dict[int, list[str]]:
    """Differing answers, by call number."""
    differing: dict[int, list[str]] = {}
    own_ids: dict[str, str] = {}
    async with (
        LocalAutumn.running("empty", at(2000), limits=LocalLimits.off()) as autumn,
        httpx.AsyncClient(base_url=autumn.url) as client,
    ):
        autumn.state.org.id = "org_lab" + "0" * 22
        furnish(autumn.state)
        read_only = autumn.keys(["customers:read", "plans:read"])
        for call in SCENES[scene]:
            n = call["n"]
            autumn.clock.set(at(call["at"] - 0.05))
            for step in BEFORE.get(n, ()):
                await step(autumn, client, autumn.key)
            autumn.clock.set(at(call["at"]))
            if scene in KEEPS_NO_CREDIT:
                for customer in autumn.state.customers.kept():
                    customer.credit = 0
            if n in LEFT_OUT:
                continue
            path, request = call["path"], "" if call["request"] is None else json.dumps(call["request"])
            for recorded, own in own_ids.items():
                path, request = path.replace(recorded, own), request.replace(recorded, own)
            response = await client.request(
                call["method"], path, content=request, headers=headers_of(call, autumn.key, read_only)
            )
            if "response" not in call:
                assert response.is_success, (n, response.text)
                own_ids |= counterparts(call.get("teaches"), response.json())
                continue
            different = differences(call["status"], response.status_code, "status")
            different += differences(call["response"], response.json())
            own_ids |= counterparts(call["response"], response.json())
            if different:
                differing[n] = different
    return differing


@pytest.mark.parametrize("scene", SCENES)
async def test_scene_is_answered_alike(scene: str) -> None:
    numbers = {call["n"] for call in SCENES[scene]}
    expected = {n: paths for n, (_, paths) in DIFFERENCES.items() if n in numbers}
    assert await replay(scene) == expected


def test_every_difference_belongs_to_a_recorded_call() -> None:
    numbers = [call["n"] for calls in SCENES.values() for call in calls]
    assert len(numbers) == len(set(numbers))
    assert {*DIFFERENCES, *LEFT_OUT, *BEFORE} <= set(numbers)
