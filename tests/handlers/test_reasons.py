"""The forms that ask for a reason."""

import pytest

from bot.access.people import Actor
from bot.approvals import reason_form
from bot.approvals.reason_form import REASON_BLOCK, ReasonForm
from bot.kit.carried import Ref
from handlers.changes import ReasonGiven, parse_reason
from handlers.interaction import Interaction, InteractionKind
from handlers.listener import Invalid

FORMS = (reason_form.DENIAL, reason_form.UNDO, reason_form.BATCH_DENIAL, reason_form.BATCH_UNDO)


def submitted(form: ReasonForm, reason: str) -> Interaction:
    state = {REASON_BLOCK: {form.id: {"type": "plain_text_input", "value": reason}}}
    return Interaction(InteractionKind.VIEW, Actor("U1"), state=state, metadata=Ref("a" * 32, 3).encode())


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.id)
def test_reason_is_required(form: ReasonForm) -> None:
    assert parse_reason(form, submitted(form, "  ")) == Invalid({REASON_BLOCK: form.needed})
    assert parse_reason(form, submitted(form, "Not ours.")) == ReasonGiven(Ref("a" * 32, 3), "Not ours.")
