"""The local Autumn's own endpoints under /_sandbox/, for other processes; they need no key.

GET  /_sandbox/             url, key, the time it is
GET  /_sandbox/calls        every request
GET  /_sandbox/ledger       every write received, and whether it was applied
POST /_sandbox/clock        {"set": epoch ms} or {"move": seconds}
GET  /_sandbox/faults       the faults in force; POST adds one {route, kind, …}; DELETE removes all
POST /_sandbox/card         {"customer_id"}: put a card on file; with "card": false take it away
POST /_sandbox/pay          {"number"}: the customer pays an invoice (its Stripe id) or a checkout
POST /_sandbox/past_due     {"customer_id"}: the last payment failed
POST /_sandbox/top_up       {"customer_id", "feature_id"}: an auto top-up; "failing": why it fails
GET  /_sandbox/webhooks     every message; POST {"url", "types"?, "secret"?} sends them there from now on
POST /_sandbox/webhooks/send     {"type", "data", "times"?}: a message about nothing that happened
POST /_sandbox/webhooks/hold     keep messages back
POST /_sandbox/webhooks/release  {"order"?: sent, reversed or shuffled; "times"?}: send them
POST /_sandbox/reset        back to the seed
"""

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sandbox.autumn.dispatch import ApiRequest
from sandbox.autumn.months import at, to_ms
from sandbox.autumn.validation import parse

if TYPE_CHECKING:
    from sandbox.autumn.server import LocalAutumn

Body = dict[str, Any]


def answer(autumn: "LocalAutumn", request: ApiRequest) -> tuple[int, Any]:
    """Status and body."""
    action = request.path.removeprefix("/_sandbox/")
    if (request.method, action) not in _ACTIONS:
        return 404, {"message": f"There is no {request.method} {request.path}"}
    try:
        done = _ACTIONS[request.method, action](autumn, parse(request.raw))
    except (LookupError, TypeError, ValueError) as error:
        return 400, {"message": str(error)}
    return 200, {"now": autumn.clock.ms()} if done is None else done


def _home(autumn: "LocalAutumn", _: Body) -> Body:
    return {"url": autumn.url, "key": autumn.key, "now": autumn.clock.ms()}


def _calls(autumn: "LocalAutumn", _: Body) -> list[Body]:
    return [_plain(call) for call in autumn.calls]


def _ledger(autumn: "LocalAutumn", _: Body) -> list[Body]:
    return [_plain(write) for write in autumn.ledger]


def _faults(autumn: "LocalAutumn", _: Body) -> list[Body]:
    return [asdict(fault) for fault in autumn.faults.listed]


def _add_fault(autumn: "LocalAutumn", body: Body) -> Body:
    return asdict(autumn.faults.add(**body))


def _clear_faults(autumn: "LocalAutumn", _: Body) -> None:
    autumn.faults.clear()


def _move(autumn: "LocalAutumn", body: Body) -> None:
    if "set" in body:
        autumn.clock.set(at(int(body["set"])))
    elif "move" in body:
        autumn.clock.move(timedelta(seconds=float(body["move"])))
    else:
        raise ValueError("give set (epoch milliseconds) or move (seconds)")


def _reset(autumn: "LocalAutumn", _: Body) -> None:
    autumn.reset()


def _card(autumn: "LocalAutumn", body: Body) -> None:
    autumn.set_card(body["customer_id"], on_file=body.get("card", True))


def _pay(autumn: "LocalAutumn", body: Body) -> None:
    autumn.pay(body["number"])


def _past_due(autumn: "LocalAutumn", body: Body) -> None:
    autumn.mark_past_due(body["customer_id"])


def _top_up(autumn: "LocalAutumn", body: Body) -> None:
    autumn.top_up(body["customer_id"], body["feature_id"], failing=body.get("failing"))


def _messages(autumn: "LocalAutumn", _: Body) -> list[Body]:
    return [_plain(message) for message in autumn.webhooks.messages]


def _add_endpoint(autumn: "LocalAutumn", body: Body) -> Body:
    endpoint = autumn.send_webhooks_to(body["url"], types=body.get("types"), secret=body.get("secret", ""))
    return {"url": endpoint.url, "secret": endpoint.secret}


def _send(autumn: "LocalAutumn", body: Body) -> Body:
    return _plain(autumn.webhooks.send(body["type"], body["data"], times=body.get("times", 1)))


def _hold(autumn: "LocalAutumn", _: Body) -> None:
    autumn.webhooks.hold()


def _release(autumn: "LocalAutumn", body: Body) -> None:
    autumn.webhooks.release(body.get("order", "sent"), times=body.get("times", 1))


_ACTIONS: dict[tuple[str, str], Callable[["LocalAutumn", Body], Any]] = {
    ("GET", ""): _home,
    ("GET", "calls"): _calls,
    ("GET", "ledger"): _ledger,
    ("POST", "clock"): _move,
    ("GET", "faults"): _faults,
    ("POST", "faults"): _add_fault,
    ("DELETE", "faults"): _clear_faults,
    ("POST", "card"): _card,
    ("POST", "pay"): _pay,
    ("POST", "past_due"): _past_due,
    ("POST", "top_up"): _top_up,
    ("GET", "webhooks"): _messages,
    ("POST", "webhooks"): _add_endpoint,
    ("POST", "webhooks/send"): _send,
    ("POST", "webhooks/hold"): _hold,
    ("POST", "webhooks/release"): _release,
    ("POST", "reset"): _reset,
}


def _plain(value: Any) -> Body:
    return {name: to_ms(part) if isinstance(part, datetime) else part for name, part in asdict(value).items()}
