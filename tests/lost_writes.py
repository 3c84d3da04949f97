"""Writes that Autumn received, did not answer, and applies later."""

import httpx

from sandbox.autumn import LocalAutumn
from tests.autumn.in_process import URL, InProcess


async def carry_out(local: LocalAutumn) -> None:
    """Applies the last write, whose connection was cut before Autumn applied it."""
    write = local.ledger[-1]
    assert not write.applied
    call = next(call for call in reversed(local.calls) if call.route == write.route)
    async with httpx.AsyncClient(transport=InProcess(local), base_url=URL) as client:
        answer = await client.request(
            call.method,
            call.path,
            json=write.body,
            headers={"authorization": f"Bearer {local.key}", "x-api-version": "2.3.0"},
        )
        answer.raise_for_status()
