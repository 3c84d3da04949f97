"""The organization's features, and under which names their usage is tracked."""

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from bot.autumn.client import Autumn
from bot.autumn.models import Feature

Catalogue: TypeAlias = Mapping[str, Feature]
"""Features by id."""

CREDITS = ("credit_system", "ai_credit_system")


async def catalogue(autumn: Autumn) -> Catalogue:
    """Raises AutumnError."""
    return {feature.id: feature for feature in await autumn.features()}


def names(feature_id: str, features: Catalogue) -> tuple[str, ...]:
    """What events are tracked as when they use this feature: its id, its event names, and for a credit
    system those of every feature that it is spent on."""
    feature = features.get(feature_id)
    if feature is None:
        return (feature_id,)
    spent_on = [cost.metered_feature_id for cost in feature.credit_costs]
    tracked_as = [feature_id, *feature.event_names]
    for metered in spent_on:
        tracked_as += [metered, *(features[metered].event_names if metered in features else ())]
    return _once(tracked_as)


def tracked(features: Catalogue) -> tuple[str, ...]:
    """Every name that events are tracked as."""
    metered = [feature for feature in features.values() if feature.type == "metered"]
    return _once(name for feature in metered for name in (feature.id, *feature.event_names))


def by_name(features: Catalogue) -> dict[str, Feature]:
    """Features by id and by event name; an id wins over another feature's event name."""
    by_event = {name: feature for feature in features.values() for name in feature.event_names}
    return by_event | dict(features)


def _once(repeated: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(repeated))
