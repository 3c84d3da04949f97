"""A local Autumn, and a client that calls it."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from sandbox.autumn import LocalAutumn, LocalLimits

NOON = datetime(2026, 3, 18, 12, tzinfo=UTC)


class Caller:
    """Calls with a key that may do everything, unless given another."""

    def __init__(self, client: httpx.AsyncClient, key: str) -> None:
        self.client = client
        self._key = key

    async def post(
        self, route: str, /, *, key: str = "", idempotency: str = "", **body: Any
    ) -> httpx.Response:
        return await self.client.post(f"/v1/{route}", json=body, headers=self._headers(key, idempotency))

    async def ok(self, route: str, /, **body: Any) -> Any:
        """The answer's body; fails on an error."""
        response = await self.post(route, **body)
        assert response.status_code == 200, response.text
        return response.json()

    async def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        return await self.client.request(method, path, headers=self._headers("", ""), **options)

    async def refused(self, route: str, /, **body: Any) -> tuple[int, str]:
        """The status and code of an error."""
        response = await self.post(route, **body)
        assert response.status_code >= 400, response.text
        return response.status_code, response.json()["code"]

    async def balance(self, customer_id: str, feature_id: str) -> Any:
        return (await self.ok("customers.get", customer_id=customer_id))["balances"][feature_id]

    def _headers(self, key: str, idempotency: str) -> dict[str, str]:
        headers = {"authorization": f"Bearer {key or self._key}", "x-api-version": "2.3.0"}
        return {**headers, "idempotency-key": idempotency} if idempotency else headers


@pytest.fixture
async def autumn() -> AsyncIterator[LocalAutumn]:
    """The demo's customers, at noon of a fixed day, without rate limits."""
    async with LocalAutumn.running("demo", NOON, limits=LocalLimits.off()) as running:
        yield running


@pytest.fixture
async def call(autumn: LocalAutumn) -> AsyncIterator[Caller]:
    async with httpx.AsyncClient(base_url=autumn.url) as client:
        yield Caller(client, autumn.key)
