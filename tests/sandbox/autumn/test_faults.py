"""Faults on demand, and what is recorded of them."""

import subprocess
import sys
from datetime import timedelta
from typing import Any

import httpx
import pytest

from sandbox.autumn import LocalAutumn
from sandbox.autumn.faults import AutumnFaults
from tests.sandbox.autumn.conftest import Caller
from tests.waiting import wait_until

EDIT: dict[str, Any] = {"customer_id": "cus_acme", "feature_id": "messages", "add_to_balance": 100}


async def remaining(autumn: LocalAutumn) -> float:
    return next(
        row.balance for row in autumn.state.customers["cus_acme"].rows if row.feature_id == "messages"
    )


@pytest.mark.parametrize(
    ("kind", "status", "applied"),
    [
        ("429", 429, False),
        ("500", 500, False),
        ("503", 503, False),
        ("504_after", 504, True),
        ("garbage", 200, True),
    ],
)
async def test_faulty_answers_are_recorded(
    autumn: LocalAutumn, call: Caller, kind: str, status: int, *, applied: bool
) -> None:
    before = await remaining(autumn)
    autumn.faults.add("balances.update", kind, times=1, retry_after=7)
    response = await call.post("balances.update", **EDIT)
    assert response.status_code == status
    if kind in ("429", "503"):
        assert response.headers["retry-after"] == "7"
    if kind == "garbage":
        with pytest.raises(ValueError, match="Expecting value"):
            response.json()
    assert (await remaining(autumn) != before) is applied
    assert [(write.route, write.applied, write.status) for write in autumn.ledger] == [
        ("balances.update", applied, status)
    ]
    assert (await call.post("balances.update", **EDIT)).json() == {"success": True}, "it strikes once"


@pytest.mark.parametrize(("kind", "applied"), [("cut_before", False), ("cut_after", True)])
async def test_cut_connections_may_have_been_applied(
    autumn: LocalAutumn, call: Caller, kind: str, *, applied: bool
) -> None:
    before = await remaining(autumn)
    autumn.faults.add("balances.*", kind, times=1)
    with pytest.raises(httpx.TransportError):
        await call.post("balances.update", idempotency="k", **EDIT)
    assert (await remaining(autumn) != before) is applied
    write = autumn.ledger[0]
    assert (write.applied, write.status, write.idempotency_key) == (applied, None, "k")
    assert autumn.calls[0].status is None
    repeated = await call.post("balances.update", idempotency="k", **EDIT)
    assert repeated.status_code == (409 if applied else 200)


async def test_latency(autumn: LocalAutumn, call: Caller) -> None:
    autumn.faults.add("customers.get", "latency", seconds=30, times=1)
    with pytest.raises(httpx.ReadTimeout):
        await call.client.post("/v1/customers.get", timeout=0.05)
    autumn.faults.add("customers.get", "latency", seconds=0.01, customer="cus_acme")
    await call.ok("customers.get", customer_id="cus_acme")


async def test_queued_write_is_applied_when_the_clock_moves(autumn: LocalAutumn, call: Caller) -> None:
    before = await remaining(autumn)
    autumn.faults.add("balances.update", "queued", seconds=60)
    assert await call.ok("balances.update", **EDIT) == {"success": True}
    assert await remaining(autumn) == before
    assert autumn.ledger[0].applied is False
    autumn.clock.move(timedelta(seconds=59))
    assert await remaining(autumn) == before
    autumn.clock.move(timedelta(seconds=2))
    assert await remaining(autumn) == before + 100
    assert autumn.ledger[0].applied is True
    assert (
        await call.post("balances.update", customer_id="nobody", feature_id="messages")
    ).status_code == 404


async def test_queued_write_is_applied_after_a_while_on_a_running_clock() -> None:
    async with (
        LocalAutumn.running() as autumn,
        httpx.AsyncClient(base_url=autumn.url) as client,
    ):
        before = await remaining(autumn)
        autumn.faults.add("balances.update", "queued", seconds=0.02)
        await Caller(client, autumn.key).ok("balances.update", **EDIT)
        assert await remaining(autumn) == before

        async def is_applied() -> bool:
            return await remaining(autumn) != before

        await wait_until(is_applied)


async def test_queued_write_to_a_deleted_customer_is_lost(autumn: LocalAutumn, call: Caller) -> None:
    autumn.faults.add("balances.update", "queued", seconds=60)
    await call.ok("balances.update", **EDIT)
    await call.ok("customers.delete", customer_id="cus_acme")
    autumn.clock.move(timedelta(minutes=2))
    assert autumn.ledger[0].applied is False


def test_random_faults_are_reproducible_by_seed() -> None:
    def struck(seed: int) -> list[list[str]]:
        faults = AutumnFaults()
        faults.at_random(seed, 0.5, ("429", "500", "latency"))
        return [[fault.kind for fault in faults.strike("customers.get", None)] for _ in range(50)]

    assert struck(1) == struck(1)
    assert struck(1) != struck(2)
    assert 5 < sum(bool(faults) for faults in struck(1)) < 45


def test_unknown_kinds_are_refused() -> None:
    with pytest.raises(ValueError, match="kind must be one of"):
        AutumnFaults().add("*", "418")


async def test_faults_are_controlled_over_http(autumn: LocalAutumn, call: Caller) -> None:
    client = call.client
    assert (await client.get("/_sandbox/")).json()["key"] == autumn.key
    added = await client.post("/_sandbox/faults", json={"route": "*", "kind": "500", "times": 1})
    assert added.json()["kind"] == "500"
    assert (await call.post("features.list")).status_code == 500
    assert (await client.get("/_sandbox/faults")).json()[0]["struck"] == 1
    await client.delete("/_sandbox/faults")
    assert autumn.faults.listed == []
    now = autumn.clock.ms()
    assert (await client.post("/_sandbox/clock", json={"move": 60})).json()["now"] == now + 60_000
    assert (await client.post("/_sandbox/clock", json={"set": now})).json()["now"] == now
    await call.ok("balances.update", **EDIT)
    assert (await client.get("/_sandbox/ledger")).json()[-1]["applied"] is True
    assert (await client.get("/_sandbox/calls")).json()[-1]["route"] == "balances.update"
    for bad in ({"route": "*", "kind": "418"}, {"kind": "500"}):
        assert (await client.post("/_sandbox/faults", json=bad)).status_code == 400
    assert (await client.post("/_sandbox/clock", json={})).status_code == 400
    assert (await client.get("/_sandbox/nothing")).status_code == 404
    await client.post("/_sandbox/reset")
    assert (autumn.ledger, autumn.calls) == ([], [])


def test_local_autumn_runs_as_its_own_process() -> None:
    command = [sys.executable, "-m", "sandbox.autumn", "--seed", "20", "--no-limits"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url, key = (process.stdout.readline().strip() for _ in range(2))
        try:
            headers = {"authorization": f"Bearer {key}"}
            listed = httpx.post(f"{url}/v1/customers.list", json={}, headers=headers).json()["list"]
        finally:
            process.terminate()
            assert process.wait(timeout=10) == 0
    assert len(listed) == 20
