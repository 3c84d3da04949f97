"""Subscriptions, events and deliveries as they lie in the database, and as records."""

from typing import Any

from sqlalchemy import Row

from bot.access.post_targets import Pause
from bot.alerts.model import AlertChoice, AlertDelivery, AlertEvent, AlertSubscription, Occurrence


def dump_choice(choice: AlertChoice) -> dict[str, Any]:
    """Columns of `alert_subscriptions`."""
    return {
        "sources": sorted(choice.sources),
        "plans": sorted(choice.plans),
        "features": sorted(choice.features),
    }


def dump_occurrence(occurrence: Occurrence) -> dict[str, Any]:
    """Columns of `alert_events`."""
    return {
        "customer_id": occurrence.customer,
        "entity_id": occurrence.entity,
        "feature": occurrence.feature,
        "plans": list(occurrence.plans),
        "facts": dict(occurrence.facts),
    }


def subscription(row: Row[Any]) -> AlertSubscription:
    return AlertSubscription(
        id=row.id,
        channel=row.channel,
        team=row.team,
        owner=row.owner,
        choice=AlertChoice(frozenset(row.sources), frozenset(row.plans), frozenset(row.features)),
        private=row.private,
        pause=None if row.pause is None else Pause(row.pause),
        stopped_by=row.stopped_by,
        version=row.version,
    )


def delivery(row: Row[Any]) -> AlertDelivery:
    """From a row of `alert_deliveries` with its event's columns."""
    return AlertDelivery(
        id=row.id,
        event=AlertEvent(
            id=row.event_id,
            source=row.source,
            occurrence=Occurrence(
                row.customer_id, row.entity_id, row.feature, tuple(row.plans), dict(row.facts)
            ),
            polled=row.polled,
            noted_at=row.noted_at,
        ),
        subscription=row.subscription_id,
        tries=row.tries,
        posting_at=row.posting_at,
        posted_in=row.posted_in,
    )
