"""The local Autumn: its state, and the HTTP server that answers for it."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from typing import Any, Self
from urllib.parse import parse_qsl

from starlette.types import Receive, Scope, Send

from sandbox.autumn import control, happenings, pages, products
from sandbox.autumn.billing import payment, topping_up
from sandbox.autumn.clock import AutumnClock
from sandbox.autumn.dispatch import ApiAnswer, ApiRequest, Dispatcher, RouteMatch, Router, named_customer
from sandbox.autumn.faults import AutumnFault, AutumnFaults
from sandbox.autumn.keys import Idempotency, Keys
from sandbox.autumn.ledger import AutumnCall, AutumnWrite
from sandbox.autumn.queue import Queue
from sandbox.autumn.ratelimit import LocalLimits, RateLimiter
from sandbox.autumn.replies import (
    CUT,
    LIMITED,
    Reply,
    html_reply,
    json_reply,
    read,
    reply_of,
    send_reply,
)
from sandbox.autumn.routes import all_routes
from sandbox.autumn.seed.start import make_state
from sandbox.autumn.state import AutumnState
from sandbox.autumn.validation import parse
from sandbox.autumn.webhooks import Endpoint, Webhooks
from sandbox.serving import cut, listening

_LOCKING = ("billing.attach", "billing.update")
_LOCKED = {
    "message": "Another billing operation of this customer is under way",
    "code": "lock_already_exists",
}


class LocalAutumn:
    """Autumn's API 2.3.0 over HTTP, from memory. `running` starts one.

    Everything may be looked at and changed while it runs: `state`, `clock`, `faults`, `ledger` (writes
    received and applied), `calls` (every request), `webhooks` (sent and to be sent).
    """

    def __init__(
        self,
        seed: str | int = "demo",
        *,
        clock: datetime | None = None,
        limits: LocalLimits | None = None,
        keys: Iterable[str] = (),
    ) -> None:
        self._seed = seed
        self.clock = AutumnClock(clock)
        self.clock.on_change.append(self._time_passed)
        self.faults = AutumnFaults()
        self.calls: list[AutumnCall] = []
        self._keys = Keys()
        self._key = self._keys.make()
        for secret in keys:
            self._key = self._keys.add(secret)
        self._router = Router(all_routes())
        self._limiter = RateLimiter(limits or LocalLimits(), _real_time)
        self._dispatcher = Dispatcher(make_state(seed, self.clock), self._keys, self._limiter, self._router)
        self._queue = Queue(self.clock)
        self.webhooks = Webhooks()
        self.billing_locks: set[str] = set()
        """Customers for whom a billing call is under way; see `state.org.locks_billing`."""
        self._stopping = asyncio.Event()
        self._serving = AsyncExitStack()
        self.url = ""

    @classmethod
    @asynccontextmanager
    async def running(
        cls,
        seed: str | int = "demo",
        clock: datetime | None = None,
        *,
        port: int = 0,
        limits: LocalLimits | None = None,
        keys: Iterable[str] = (),
    ) -> AsyncIterator[Self]:
        """A local Autumn at `url` on 127.0.0.1 (any free port unless one is given) for the time of the block.

        `seed` is "demo", "empty", or how many customers to generate. `clock` makes time stand still there.
        """
        autumn = cls(seed, clock=clock, limits=limits, keys=keys)
        async with autumn.serve(port):
            yield autumn

    @asynccontextmanager
    async def serve(self, port: int = 0) -> AsyncIterator[None]:
        listener = socket.create_server(("127.0.0.1", port), backlog=2048)
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        async with AsyncExitStack() as self._serving:
            await self._serving.enter_async_context(listening(self, listener))
            self._serving.callback(self._queue.clear)
            self._serving.callback(self.webhooks.clear)
            self._serving.callback(self._stopping.set)
            yield

    async def stop(self) -> None:
        """Nobody listens at `url` from now on."""
        await self._serving.aclose()

    @property
    def key(self) -> str:
        """A secret key that may do everything."""
        return self._key.secret

    def keys(self, scopes: Iterable[str] | None = None, env: str = "sandbox") -> str:
        """Another secret key, with those scopes only (None: from before there were scopes, may do all)."""
        return self._keys.make(None if scopes is None else frozenset(scopes), env).secret

    def narrow(self, scopes: Iterable[str]) -> None:
        """Leave the server's own key those scopes only."""
        self._key = self._keys.add(self.key, frozenset(scopes))

    def revoke(self, secret: str) -> None:
        self._keys.revoke(secret)

    @property
    def state(self) -> AutumnState:
        return self._dispatcher.state

    @property
    def ledger(self) -> list[AutumnWrite]:
        return self._dispatcher.writes

    def set_card(self, customer_id: str, *, on_file: bool = True) -> None:
        """Put a card on file, or take it away."""
        customer = self.state.customer(customer_id)
        if on_file:
            payment.give_card(self.state, customer)
        else:
            customer.payment_method = None
            customer.drop_cached()

    def pay(self, number: str) -> None:
        """The customer pays an open invoice or completes a checkout, and what waited for that is done.

        `number`: the invoice's Stripe id, or the end of the checkout URL. Raises KeyError when nothing waits.
        """
        waiting = self.state.waiting[number]
        with happenings.plans(self.state, waiting.customer):
            payment.pay(self.state, number)

    def mark_past_due(self, customer_id: str) -> None:
        """The customer's last payment failed: plans that are billed are past due."""
        customer = self.state.customer(customer_id)
        with happenings.plans(self.state, customer):
            for product in customer.products:
                if product.status == "active" and product.stripe_subscription:
                    product.status = "past_due"

    def top_up(self, customer_id: str, feature_id: str, *, failing: str | None = None) -> None:
        """The customer's auto top-up runs, or fails for a reason such as charge_failed."""
        customer = self.state.customer(customer_id)
        kind, data = topping_up.top_up(self.state, customer, feature_id, failing, self.url)
        self.webhooks.send(kind, data)

    def send_webhooks_to(self, url: str, *, types: Iterable[str] | None = None, secret: str = "") -> Endpoint:
        """From now on, report to this address what happens; the endpoint has the signing secret."""
        self.state.announce = self.webhooks.send
        return self.webhooks.to(url, types=types, secret=secret)

    def forget_limits(self) -> None:
        """Restart every window of the rate limits."""
        self._limiter.clear()

    def reset(self) -> None:
        """Back to the seed, nothing recorded, no faults; keys, webhook addresses and the clock stay."""
        announce = self.state.announce
        self._dispatcher.state = make_state(self._seed, self.clock)
        self.state.announce = announce
        self.webhooks.messages.clear()
        self.billing_locks.clear()
        self._dispatcher.idempotency = Idempotency()
        self._dispatcher.writes.clear()
        self._limiter.clear()
        self.faults.clear()
        self.calls.clear()
        self._queue.clear()

    def _time_passed(self) -> None:
        self._queue.run_due()
        if self.state.announce is not None:
            for customer in self.state.customers.kept():
                products.advance(self.state, customer)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI application."""
        raw = await read(receive)
        request = ApiRequest(
            method=scope["method"],
            path=scope["raw_path"].decode("latin-1"),
            headers={
                name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]
            },
            raw=raw,
            query=dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)),
            base_url=self.url or f"http://{scope['server'][0]}:{scope['server'][1]}",
        )
        reply = await self._answer(request)
        if reply.status == CUT:
            await cut(send)
        else:
            await send_reply(reply, send)

    async def _answer(self, request: ApiRequest) -> Reply:
        if request.path.startswith("/_sandbox/"):
            status, body = control.answer(self, request)
            return json_reply(status, body)
        if request.path.startswith(pages.STARTS):
            return self._page(request)
        match = self._router.find(request.method, request.path)
        name = match.route.name if match else request.path
        body = _quietly(request.raw)
        customer = named_customer(match.path if match else {}, body)
        call = AutumnCall(name, request.method, request.path, self.clock.now(), None, customer)
        self.calls.append(call)
        faults = self.faults.strike(name, customer, _expanded(body))
        if customer is not None and name in _LOCKING and self.state.org.locks_billing:
            reply = await self._one_at_a_time(request, match, faults, customer)
        else:
            reply = await self._with_faults(request, match, faults)
        call.status = None if reply.status == CUT else reply.status
        return reply

    async def _one_at_a_time(
        self, request: ApiRequest, match: RouteMatch | None, faults: list[AutumnFault], customer: str
    ) -> Reply:
        """Refuse a billing call while another one of the customer is under way."""
        if customer in self.billing_locks:
            self._note_unanswered(request, match, 423)
            return json_reply(423, {**_LOCKED, "env": "sandbox"})
        self.billing_locks.add(customer)
        try:
            return await self._with_faults(request, match, faults)
        finally:
            self.billing_locks.discard(customer)

    async def _with_faults(
        self, request: ApiRequest, match: RouteMatch | None, faults: list[AutumnFault]
    ) -> Reply:
        by_kind = {fault.kind: fault for fault in faults}
        if "latency" in by_kind:
            await self._be_late(by_kind["latency"].seconds)
        for kind in ("429", "500", "503"):
            if kind in by_kind:
                return self._refuse(request, match, by_kind[kind])
        if "cut_before" in by_kind:
            self._note_unanswered(request, match)
            return Reply(CUT)
        if "queued" in by_kind and match is not None and match.route.write:
            answer = self._queue.take(self._dispatcher, request, match, by_kind["queued"].seconds)
        else:
            answer = self._dispatcher.take(request, match)
        return self._afterwards(answer, by_kind)

    async def _be_late(self, seconds: float) -> None:
        """Not beyond the moment when the faults are cleared, or the server stops."""
        over = [asyncio.create_task(event.wait()) for event in (self._stopping, self.faults.cleared)]
        await asyncio.wait(over, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        for waiting in over:
            waiting.cancel()

    def _afterwards(self, answer: ApiAnswer, by_kind: dict[str, AutumnFault]) -> Reply:
        """What becomes of an answer on its way back."""
        status = None
        if "cut_after" in by_kind:
            reply = Reply(CUT)
        elif "504_after" in by_kind:
            status, reply = 504, Reply(504, b"upstream request timeout", "text/plain")
        elif "garbage" in by_kind:
            status, reply = 200, Reply(200, b"<html><body>It works!</body></html>", "text/html")
        else:
            return reply_of(answer)
        if answer.write is not None:
            answer.write.status = status
        return reply

    def _refuse(self, request: ApiRequest, match: RouteMatch | None, fault: AutumnFault) -> Reply:
        self._note_unanswered(request, match, int(fault.kind))
        named = ("429", "503")
        seconds = 1 if fault.retry_after is None and fault.kind in named else fault.retry_after
        headers = (("retry-after", str(seconds)),) if seconds is not None else ()
        if fault.kind == "429":
            return Reply(429, LIMITED.encode(), "text/plain; charset=UTF-8", headers)
        code, message = {
            "500": ("internal_error", "Internal server error"),
            "503": ("service_unavailable", "Service temporarily unavailable"),
        }[fault.kind]
        refused = json_reply(int(fault.kind), {"message": message, "code": code, "env": "sandbox"})
        return Reply(refused.status, refused.body, refused.kind, headers)

    def _note_unanswered(
        self, request: ApiRequest, match: RouteMatch | None, status: int | None = None
    ) -> None:
        """Write down a write that was received and not applied."""
        if match is not None and match.route.write:
            body, now = _quietly(request.raw), self.clock.now()
            key = request.headers.get("idempotency-key")
            self.ledger.append(
                AutumnWrite(match.route.name, now, named_customer(match.path, body), body, key, status)
            )

    def _page(self, request: ApiRequest) -> Reply:
        kind, _, name = request.path.strip("/").rpartition("/")
        invoice = pages.find_invoice(self.state, name) if kind.startswith("invoice") else None
        number = invoice.stripe_id if invoice else name
        if request.method == "POST" and number in self.state.waiting:
            self.pay(number)
        if kind == "portal":
            return html_reply(200, pages.portal(name))
        if kind == "checkout":
            return html_reply(200, pages.checkout(self.state, name))
        verdict = self._limiter.take("hosted", "all")
        if not verdict.allowed:
            return Reply(429, LIMITED.encode(), "text/plain; charset=UTF-8")
        if invoice is None:
            return html_reply(404, pages.page("Not found", "<p>There is no such invoice.</p>"))
        return html_reply(200, pages.invoice(self.state, invoice))


def _real_time() -> float:
    return asyncio.get_running_loop().time()


def _expanded(body: Any) -> list[object]:
    """What a request asks to be expanded."""
    expand = body.get("expand") if isinstance(body, dict) else None
    return expand if isinstance(expand, list) else []


def _quietly(raw: bytes) -> dict[str, Any]:
    try:
        return parse(raw)
    except Exception:  # noqa: BLE001 - a body that is no object says nothing about the customer
        return {}
