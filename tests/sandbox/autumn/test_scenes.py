"""The recorded scenes, each played again to a local Autumn of its own.

Statuses, sets of fields and all values that are determined must be the same. What differs stands in
DIFFERENCES with its reason; an entry that no longer applies fails.
"""

import json
from typing import Any

import httpx
import pytest

from sandbox.autumn import Limits, LocalAutumn
from tests.sandbox.autumn.lab import furnish
from tests.sandbox.autumn.recording import FIXTURES, differences
from tests.sandbox.autumn.scenes import BEFORE, DIFFERENCES, KNOTS, LEFT_OUT, at, time_of

SCENES: dict[str, list[dict[str, Any]]] = {
    path.stem: json.loads(path.read_text()) for path in sorted((FIXTURES / "scenes").glob("*.json"))
}


async def replay(scene: str) -> dict[int, list[str]]:
    """What was answered differently, by the number of the call."""
    found: dict[int, list[str]] = {}
    async with (
        LocalAutumn.running("empty", at(2000), limits=Limits.off()) as autumn,
        httpx.AsyncClient(base_url=autumn.url) as client,
    ):
        autumn.state.org.id = "org_lab" + "0" * 22
        furnish(autumn.state)
        read_only = autumn.keys(["customers:read", "plans:read"])
        for call in SCENES[scene]:
            n = call["n"]
            autumn.clock.set(time_of(scene, n - 0.5))
            for step in BEFORE.get(n, ()):
                await step(autumn, client, autumn.key)
            autumn.clock.set(time_of(scene, n))
            if n in LEFT_OUT:
                continue
            key = read_only if "read-only" in call.get("key", "") else autumn.key
            headers = {"authorization": f"Bearer {key}", "x-api-version": "2.3.0"}
            if "idempotency_key" in call:
                headers["idempotency-key"] = call["idempotency_key"]
            response = await client.request(
                call["method"], call["path"], json=call["request"], headers=headers
            )
            different = differences(call["status"], response.status_code, "status")
            different += differences(call["response"], response.json())
            if different:
                found[n] = different
    return found


@pytest.mark.parametrize("scene", SCENES)
async def test_scene_is_answered_alike(scene: str) -> None:
    numbers = {call["n"] for call in SCENES[scene]}
    expected = {n: paths for n, (_, paths) in DIFFERENCES.items() if n in numbers}
    assert await replay(scene) == expected


def test_every_difference_is_of_a_recorded_call() -> None:
    numbers = [call["n"] for calls in SCENES.values() for call in calls]
    assert len(numbers) == len(set(numbers))
    assert {*DIFFERENCES, *LEFT_OUT, *BEFORE} <= set(numbers)
    assert SCENES.keys() == KNOTS.keys()
