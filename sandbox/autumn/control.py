"""The local Autumn's own endpoints under /_sandbox/, for other processes; they need no key.

GET  /_sandbox/             url, key, the time it is
GET  /_sandbox/calls        every request
GET  /_sandbox/ledger       every write received, and whether it was applied
POST /_sandbox/clock        {"set": epoch ms} or {"move": seconds}
POST /_sandbox/card         {"customer_id", "card": false to take it away}: a card on file
POST /_sandbox/pay          {"number"}: the customer pays an invoice (its Stripe id) or a checkout
POST /_sandbox/past_due     {"customer_id"}: the last payment failed
GET  /_sandbox/faults       the faults in force; POST adds one {route, kind, …}; DELETE removes all
POST /_sandbox/reset        back to the seed
"""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sandbox.autumn.dispatch import Request
from sandbox.autumn.months import at, to_ms
from sandbox.autumn.validation import parse

if TYPE_CHECKING:
    from sandbox.autumn.server import LocalAutumn


def answer(autumn: "LocalAutumn", request: Request) -> tuple[int, Any]:
    """Status and body."""
    try:
        return 200, _do(autumn, request.method, request.path.removeprefix("/_sandbox/"), parse(request.raw))
    except LookupError:
        return 404, {"message": f"There is no {request.method} {request.path}"}
    except (TypeError, ValueError) as error:
        return 400, {"message": str(error)}


def _do(autumn: "LocalAutumn", method: str, what: str, body: dict[str, Any]) -> Any:
    match method, what:
        case "GET", "":
            return {"url": autumn.url, "key": autumn.key, "now": autumn.clock.ms()}
        case "GET", "calls":
            return [_plain(one) for one in autumn.calls]
        case "GET", "ledger":
            return [_plain(one) for one in autumn.ledger]
        case "GET", "faults":
            return [asdict(one) for one in autumn.faults.listed]
        case "POST", "faults":
            return asdict(autumn.faults.add(**body))
        case "DELETE", "faults":
            autumn.faults.clear()
        case "POST", "clock":
            _move(autumn, body)
        case "POST", "card":
            autumn.set_card(body["customer_id"], on_file=body.get("card", True))
        case "POST", "pay":
            autumn.pay(body["number"])
        case "POST", "past_due":
            autumn.mark_past_due(body["customer_id"])
        case "POST", "reset":
            autumn.reset()
        case _:
            raise LookupError(what)
    return {"now": autumn.clock.ms()}


def _move(autumn: "LocalAutumn", body: dict[str, Any]) -> None:
    if "set" in body:
        autumn.clock.set(at(int(body["set"])))
    elif "move" in body:
        autumn.clock.move(timedelta(seconds=float(body["move"])))
    else:
        raise ValueError("give set (epoch milliseconds) or move (seconds)")


def _plain(one: Any) -> dict[str, Any]:
    return {
        name: to_ms(value) if isinstance(value, datetime) else value for name, value in asdict(one).items()
    }
