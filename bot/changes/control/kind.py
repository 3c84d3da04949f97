"""A customer's billing controls: set one, or remove it. Each edit is of one entry of one list."""

import json
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from bot.access.limits import Worth
from bot.autumn.write import Write
from bot.changes import lines, price
from bot.changes import words as changes_words
from bot.changes.common import entity_of
from bot.changes.control import words
from bot.changes.control.form import FORM
from bot.changes.control.request import (
    ControlInput,
    edited_list,
    entries_meant,
    entry_json,
    guard,
    is_as_requested,
    own_entries,
    requested_entry,
    value_of,
    written_entry,
)
from bot.changes.control.words import ControlLine, ControlNote, ControlType
from bot.changes.lines import Line
from bot.changes.model import ChangeInput, Facts, Judgement, Needs, Snapshot, Verdict
from bot.changes.notes import Names
from bot.changes.spec import UNITS_OF_FEATURE, UPDATE_CUSTOMER, ChangeKind, KeyScope
from bot.kit import text

_LINES = {
    ControlType.SPEND: ControlLine.SPEND,
    ControlType.USAGE: ControlLine.USAGE,
    ControlType.OVERAGE: ControlLine.OVERAGE,
    ControlType.ALERT: ControlLine.ALERT,
    ControlType.TOP_UP: ControlLine.TOP_UP,
}

_LONGEST = words.LONGEST
"""Of what an entry says."""


class ControlChange(ChangeKind[ControlInput]):
    id = "control"
    command = "controls"
    button = words.BUTTON
    title = words.TITLE
    heading = words.HEADING
    help = words.HELP
    offered_on = frozenset({"features", "feature"})
    input = ControlInput
    form = FORM
    of_entities = True
    notes = ControlNote
    lines = ControlLine
    scopes = (KeyScope("customers:write", "set billing controls", UPDATE_CUSTOMER),)
    needs = frozenset({Needs.FEATURES})
    unit = UNITS_OF_FEATURE
    valued = True

    def touches(self, request: ControlInput) -> frozenset[str]:
        """Autumn's list as a whole, which is written with every entry of it."""
        return frozenset({str(request.control)})

    def guard(self, request: ControlInput, facts: Facts, now: datetime) -> Judgement:  # noqa: ARG002
        return guard(request, facts)

    def snapshot(self, request: ControlInput, facts: Facts) -> Snapshot:
        """The entry it is about, and the whole list, since all of it is written."""
        entries = entries_meant(request, facts.customer)
        return {
            "entry": entry_json(entries[0]) if entries else None,
            "list": json.dumps(own_entries(request.control, facts.customer), sort_keys=True),
        }

    def preview(self, request: ControlInput, facts: Facts) -> tuple[Line, ...]:
        entries = entries_meant(request, facts.customer)
        before = value_of(request.control, entries[0]) if entries else None
        entry = written_entry(request, facts.customer)
        after = None if entry is None else value_of(request.control, entry)
        return (Line(_LINES[request.control], before, after, about=request.feature),)

    def amount(self, request: ControlInput, before: Snapshot) -> Decimal | None:  # noqa: ARG002
        """The units that a top-up buys each time; the other controls have no size."""
        return None if request.remove else request.quantity

    def worth(
        self,
        request: ControlInput,
        amount: Decimal | None,
        before: Snapshot,  # noqa: ARG002
        facts: Facts,
    ) -> Worth | None:
        """What one such purchase costs."""
        return price.worth(request.feature, amount, facts)

    def plan(self, request: ControlInput, facts: Facts) -> tuple[Write, ...]:
        edited = [dict(entry) for entry in edited_list(request, facts.customer)]
        body = {
            "customer_id": request.customer,
            **entity_of(request),
            "billing_controls": {request.control.value: edited},
        }
        route = "entities.update" if request.entity else "customers.update"
        return (Write(route, "POST", f"/v1/{route}", body),)

    def verify(self, request: ControlInput, before: Snapshot, after: Snapshot | None) -> Verdict:
        if after is None:
            return Verdict.UNCLEAR
        if is_as_requested(request, after.get("entry")):
            return Verdict.APPLIED
        return Verdict.NOT_APPLIED if after.get("entry") == before.get("entry") else Verdict.UNCLEAR

    def inverse(self, request: ControlInput, before: Snapshot, after: Snapshot) -> ChangeInput | None:  # noqa: ARG002
        """The entry as it was, with every field Autumn had; the others stay as they then are."""
        was = before.get("entry")
        return ControlInput(
            customer=request.customer,
            control=request.control,
            feature=request.feature,
            remove=was is None,
            limit=request.limit if request.control is ControlType.ALERT else None,
            threshold_type=request.threshold_type,
            properties=request.properties,
            restores=was or "",
        )

    def summary(self, request: ControlInput, names: Names) -> str:
        feature = lines.name(request.feature, names)
        entry = requested_entry(request)
        if entry is None:
            return words.remove_control(request.control, feature)
        value = text.mrkdwn(value_of(request.control, entry), _LONGEST)
        return words.set_control(request.control, feature, value)

    def shown_now(self, request: ControlInput, before: Snapshot, after: Snapshot) -> Sequence[str]:  # noqa: ARG002
        entry = after.get("entry")
        value = value_of(request.control, json.loads(entry)) if entry else changes_words.ABSENT
        return [lines.value_bullet(_LINES[request.control], text.mrkdwn(value, _LONGEST))]

    def sample(self, customer: str) -> ControlInput:
        return ControlInput(
            customer=customer, control=ControlType.SPEND, feature="messages", limit=Decimal(50)
        )
