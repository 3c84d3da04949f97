"""Whether the customer still is the one that the change was requested for."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.changes import registry
from bot.changes.common import identity_refusals
from bot.changes.details.request import DetailsInput
from bot.changes.notes import CommonNote, Note
from tests.changes.facts import NOW, balance, customer, facts, row
from tests.policy import KIND_IDS


def test_customer_with_a_writable_id() -> None:
    old_form = replace(facts(), customer=customer(id="a@b"))
    assert identity_refusals(DetailsInput(customer="cus_1"), facts(), old_ids=False) == ()
    assert identity_refusals(DetailsInput(customer="a@b"), old_form, old_ids=True) == ()
    assert identity_refusals(DetailsInput(customer="a@b"), old_form, old_ids=False) == (
        Note(CommonNote.OLD_ID),
    )


@pytest.mark.parametrize(
    ("known_since", "refused"),
    [(None, False), (NOW, False), (NOW + timedelta(milliseconds=1), True), (NOW - timedelta(days=1), True)],
)
@pytest.mark.parametrize("kind", KIND_IDS)
def test_later_customer_with_the_same_id_is_refused(
    kind: str, known_since: datetime | None, refused: bool
) -> None:
    customer_facts = replace(facts(balance(row())), customer=customer(balance(row()), created_at=NOW))
    change = registry.kind(kind).sample("cus_1").model_copy(update={"customer_created_at": known_since})
    refusals = registry.kind(kind).guard(change, customer_facts, NOW).refusals
    assert (refusals == (Note(CommonNote.RECREATED),)) is refused
