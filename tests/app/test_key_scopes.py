"""The scopes that each kind of change states are enough for it, beside those for looking up."""

from dataclasses import replace

from bot.approvals.lifecycle import Cause, State
from bot.changes import registry
from tests.policy import KIND_IDS
from tests.proofs.deployment import bot, deployment

READ = ("customers:read", "plans:read", "features:read", "analytics:read", "rewards:read")
SAME_REQUESTS = frozenset(
    {
        *("give taken back", "set", "usage", "set undone", "reset date"),
        *("monthly grant", "unlimited grant", "feature switched on"),
        "recorded usage undone",
        *("control removed", "overage allowed", "usage alert", "usage alert in percent"),
        *("alert of what remains", "alert of what remains in percent"),
        *("auto top-up", "auto top-up a few times"),
        *("spend limit in percent", "usage limit of some events"),
        "refund of all that is left",
        *("cancellation now", "cancellation with a part back", "cancellation with all back"),
        *("cancellation with nothing back", "cancellation taken back", "purchase removed"),
        *("trial ended", "quantity on the next invoice"),
        *("switch now", "switch that keeps the usage", "switch that keeps what is left"),
        "free product given again",
        *("seats added", "bought once"),
    }
)
"""Edits that send Autumn the same requests, with other values, as another edit of their kind."""


async def test_stated_scopes_are_enough() -> None:
    async with deployment("sqlite") as made, bot(replace(made.spec, needed=0)) as process:
        edits = made.edits()
        assert edits.keys() > SAME_REQUESTS
        remaining = {name: edits[name] for name in edits.keys() - SAME_REQUESTS}
        assert {edit.kind for edit in remaining.values()} == set(KIND_IDS)
        while remaining:
            made.reset()
            # To start over takes as long as an edit: so as many at a time as are of different customers.
            for name in {edit.customer: name for name, edit in sorted(remaining.items())}.values():
                edit = remaining.pop(name)
                made.local.narrow([*READ, *(scope.scope for scope in registry.kind(edit.kind).scopes)])
                record = await made.ask(process.changes, edit)
                assert (name, record.state, record.ending) == (name, State.APPLIED, Cause.DONE)


async def test_missing_scopes_are_refused_by_autumn_and_named() -> None:
    async with deployment("sqlite") as made, bot(replace(made.spec, needed=0)) as process:
        made.local.narrow([*READ, "billing:read"])
        first_of_kind = {edit.kind: edit for edit in reversed(made.edits().values())}
        assert first_of_kind.keys() == set(KIND_IDS)
        for kind, edit in first_of_kind.items():
            record = await made.ask(process.changes, edit)
            assert (kind, record.state, record.ending) == (kind, State.FAILED, Cause.AUTUMN_REFUSED)
            stated = {scope.scope for scope in registry.kind(kind).scopes}
            assert record.details["scopes"] in stated, kind
