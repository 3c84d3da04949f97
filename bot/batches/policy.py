"""What the policy is asked about a list of changes: each line, and their total. Pure."""

from collections.abc import Sequence
from dataclasses import replace

from bot.access.limits import Today, Worth
from bot.access.policy import Decision, Request, Verb
from bot.autumn.models import Environment
from bot.batches.model import BatchLineRecord
from bot.changes import registry


def together(features: Sequence[str], requests: Sequence[Request]) -> list[Request]:
    """For each kind and feature, its lines as if they were one change, which is worth what all the lines of
    that kind are: their units do not add up, but their money does."""
    by_feature: dict[tuple[str, str], Request] = {}
    worths: dict[str, Worth | None] = {}
    for feature, request in zip(features, requests, strict=True):
        kind = request.kind.id if request.kind else ""
        total = by_feature.get((kind, feature))
        by_feature[kind, feature] = request if total is None else _sum(total, request)
        worths[kind] = _worth(worths[kind], request.worth) if kind in worths else request.worth
    return [
        replace(feature_total, worth=worths[kind_id]) for (kind_id, _), feature_total in by_feature.items()
    ]


def requests_of(
    lines: Sequence[BatchLineRecord], earlier: Sequence[Today], environment: Environment
) -> list[Request]:
    """What the policy is asked about a stored batch: each of its lines, and each feature's total. `earlier`:
    what other changes have moved that add up with each line."""
    requests = [
        Request(
            Verb.APPROVE,
            kind=registry.of(line.input).policy,
            amount=line.preview.amount,
            environment=environment,
            products=line.preview.products,
            rewards=line.preview.rewards,
            features=registry.of(line.input).features(line.input, line.preview.before),
            worth=line.preview.worth,
            earlier=today,
        )
        for line, today in zip(lines, earlier, strict=True)
    ]
    return [*requests, *together([line.feature for line in lines], requests)]


def _sum(total: Request, request: Request) -> Request:
    """Anything unknown in one part is unknown in the sum."""
    amount = None
    if total.amount is not None and request.amount is not None:
        amount = total.amount + request.amount
    return replace(
        total,
        amount=amount,
        products=_joined(total.products, request.products),
        rewards=_joined(total.rewards, request.rewards),
        features=_joined(total.features, request.features),
    )


def _worth(first: Worth | None, second: Worth | None) -> Worth | None:
    """Their sum; None in two currencies, or where one is not known."""
    if first is None or second is None or first.currency != second.currency:
        return None
    return Worth(first.amount + second.amount, first.currency)


def _joined(first: frozenset[str] | None, second: frozenset[str] | None) -> frozenset[str] | None:
    return None if first is None or second is None else first | second


def refused_request(requests: Sequence[Request], decisions: Sequence[Decision]) -> Request | None:
    """The first that the policy refused."""
    decided = zip(requests, decisions, strict=True)
    return next((request for request, decision in decided if not decision.permit), None)


def strictest(decisions: Sequence[Decision]) -> Decision | None:
    """What all of them require together; None if there are none."""
    refused = next((decision for decision in decisions if not decision.permit), None)
    if refused is not None or not decisions:
        return refused
    most = max(decisions, key=lambda decision: decision.approvals)
    return replace(
        most,
        self_approval=all(decision.self_approval for decision in decisions),
        reason_required=any(decision.reason_required for decision in decisions),
        expires_after=min(decision.expires_after for decision in decisions),
    )
