"""The scopes each kind of change declares suffice for it, together with those for look-ups."""

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
        # The entity is read as well, as in "give to an entity".
        *("grant for an entity", "grant of an entity removed", "expiry for an entity"),
        *("recorded usage of an entity", "product added for an entity", "quantity for an entity"),
        *("cancellation for an entity", "switch for an entity", "trial of an entity"),
        "standalone grant",
    }
)
"""Edits whose requests to Autumn differ from other edits of their kind only in their values."""


async def test_stated_scopes_are_enough() -> None:
    async with deployment("sqlite") as deployed, bot(replace(deployed.spec, needed=0)) as process:
        edits = deployed.edits()
        assert edits.keys() > SAME_REQUESTS
        for name in edits.keys() - SAME_REQUESTS:
            deployed.reset()
            deployed.local.narrow([*READ, *(scope.scope for scope in registry.kind(edits[name].kind).scopes)])
            record = await deployed.submit(process.changes, edits[name])
            assert (name, record.state, record.ending) == (name, State.APPLIED, Cause.DONE)
        assert {edits[name].kind for name in edits.keys() - SAME_REQUESTS} == set(KIND_IDS)


async def test_missing_scopes_are_refused_by_autumn_and_named() -> None:
    async with deployment("sqlite") as deployed, bot(replace(deployed.spec, needed=0)) as process:
        deployed.local.narrow([*READ, "billing:read"])
        first_of_kind = {edit.kind: edit for edit in reversed(deployed.edits().values())}
        assert first_of_kind.keys() == set(KIND_IDS)
        for kind, edit in first_of_kind.items():
            record = await deployed.submit(process.changes, edit)
            assert (kind, record.state, record.ending) == (kind, State.FAILED, Cause.AUTUMN_REFUSED)
            stated = {scope.scope for scope in registry.kind(kind).scopes}
            assert record.details["scopes"] in stated, kind
