"""A customer's products changed: one began, ended, was cancelled, or is another from a date on."""

from collections.abc import Iterator

from bot.alerts.model import Occurrence
from bot.alerts.sources.source import (
    AlertSource,
    Data,
    EventNames,
    a_number,
    a_part,
    a_text,
    about,
    an_id,
    parts,
)
from bot.autumn.bulk import moment
from bot.kit import times

_MOST = 10
_PAYMENT = {"past_due"}
"""Attributes whose change is another alert's."""


def _read(data: Data) -> Iterator[Occurrence]:
    changes = [change for change in map(_change, parts(data, "plan_changes")) if change][:_MOST]
    if changes:
        plans = tuple(dict.fromkeys(change["plan"] for change in changes))
        yield from about(data, plans=plans, facts={"changes": changes})


def _change(change: Data) -> dict[str, str | float | None]:
    """What to report about it; empty if nothing."""
    product = a_part(change, "subscription") or a_part(change, "purchase")
    plan, action, before = an_id(product, "plan_id"), a_text(change, "action"), _before(change)
    if not plan or not action or (before and before.keys() <= _PAYMENT):
        return {}
    return {"plan": plan, "what": _what(action, before, product), "until": a_number(product, "expires_at")}


def _before(change: Data) -> Data:
    return a_part(change, "previous_attributes")


def _what(action: str, before: Data, product: Data) -> str:
    if action != "updated":
        return action
    if "canceled_at" in before:
        return "cancelled" if product.get("canceled_at") is not None else "kept"
    return "trial" if "trial_ends_at" in before else action


_WORDS = {
    "activated": "{} began.",
    "scheduled": "{} is scheduled.",
    "expired": "{} ended.",
    "cancelled": "{} was cancelled.",
    "kept": "The cancellation of {} was taken back.",
    "trial": "The trial of {} changed.",
}


def _tell(occurrence: Occurrence, names: EventNames) -> str:
    return "\n".join(_line(change, names) for change in occurrence.facts.get("changes") or ())


def _line(change: Data, names: EventNames) -> str:
    sentence = _WORDS.get(str(change["what"]), "{} changed.").format(names.plan(str(change["plan"])))
    until = moment(change["until"])
    return (
        f"{sentence} It ends on {times.billing_day(until)}."
        if change["what"] == "cancelled" and until
        else sentence
    )


SOURCE = AlertSource(
    key="plan_changed",
    title="Product changed",
    hint="A product began, ended, was cancelled or scheduled",
    emoji=":twisted_rightwards_arrows:",
    message="billing.updated",
    read=_read,
    tell=_tell,
)
