"""The scopes that each kind of change states are enough for it, beside those for looking up."""

from dataclasses import replace

import pytest

from bot.approvals.lifecycle import Cause, State
from bot.changes import registry
from tests.policy import KIND_IDS
from tests.proofs.deployment import bot, deployment

READ = ("customers:read", "plans:read", "features:read", "analytics:read", "rewards:read")


@pytest.mark.parametrize("kind", KIND_IDS)
async def test_stated_scopes_are_enough(kind: str) -> None:
    async with deployment("sqlite") as made:
        for name, edit in made.edits().items():
            if edit.kind != kind:
                continue
            made.reset()
            made.local.narrow([*READ, *(scope.scope for scope in registry.kind(kind).scopes)])
            async with bot(replace(made.spec, needed=0)) as process:
                record = await made.ask(process.changes, edit)
            assert (name, record.state, record.ending) == (name, State.APPLIED, Cause.DONE)


@pytest.mark.parametrize("kind", KIND_IDS)
async def test_missing_scopes_are_refused_by_autumn_and_named(kind: str) -> None:
    async with deployment("sqlite") as made:
        edit = next(edit for edit in made.edits().values() if edit.kind == kind)
        made.local.narrow([*READ, "billing:read"])
        async with bot(replace(made.spec, needed=0)) as process:
            record = await made.ask(process.changes, edit)
        assert (record.state, record.ending) == (State.FAILED, Cause.AUTUMN_REFUSED)
        stated = {scope.scope for scope in registry.kind(kind).scopes}
        assert record.details["scopes"] in stated
