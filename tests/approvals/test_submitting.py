"""How a request that is not accepted is answered, and which of its values are kept."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import update

from bot.access.people import Actor
from bot.access.policy import DecisionReason, Verb
from bot.approvals import repository
from bot.approvals.cards import CHANGE_CARDS
from bot.approvals.lifecycle import CardKind, ChangeEvent, State
from bot.approvals.requests import Outcome
from bot.approvals.results import Result
from bot.approvals.steps import Mandate
from bot.approvals.submitting import clean
from bot.autumn.models import Environment
from bot.changes.balance.words import BalanceAction
from bot.changes.grant.request import GrantInput
from bot.changes.standalone import GrantSize
from bot.store.tables import changes
from tests.approvals.harness import ANA, CUSTOMER, NOW, RAJ, Harness
from tests.approvals.records import approval_by
from tests.crashing import Died, dies_at
from tests.policy import read


async def submit(harness: Harness, **fields: Any) -> Outcome:
    return await harness.service().submit(replace(harness.request(), **fields))


def keeps_the_form(outcome: Outcome) -> bool:
    """Whether the form can be drawn again from what was read."""
    return outcome.assessment is not None and outcome.assessment.preview is not None


async def test_person_with_too_many_requests_still_sees_the_preview(
    sqlite_harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repository, "MOST_OF_PERSON", 0)
    outcome = await submit(sqlite_harness)
    assert outcome.result is Result.TOO_MANY_OF_PERSON
    assert keeps_the_form(outcome)


async def test_refusal_has_the_policys_decision_and_the_preview(sqlite_harness: Harness) -> None:
    harness = sqlite_harness
    harness.permissions.reason_required = True
    unreasoned = await submit(harness, reason="")
    assert unreasoned.result is Result.NO_REASON
    nowhere = await harness.service(channel="").submit(harness.request())
    assert nowhere.result is Result.NO_CHANNEL
    harness.permissions.refused.add(("U_ANA", Verb.ASK))
    refused = await submit(harness)
    assert refused.result is Result.NOT_ALLOWED
    for outcome in (unreasoned, nowhere, refused):
        assert outcome.decision is not None
        assert keeps_the_form(outcome)


async def test_policy_is_asked_about_the_environment(sqlite_harness: Harness) -> None:
    await sqlite_harness.service(env=Environment.LIVE).submit(sqlite_harness.request())
    assert [request.environment for request in sqlite_harness.permissions.requests] == [Environment.LIVE]


async def test_ticket_is_stored_as_displayed(sqlite_harness: Harness) -> None:
    record = (await submit(sqlite_harness, ticket=" https://tickets.example/1\u200b ")).record
    assert record is not None
    assert record.ticket == "https://tickets.example/1"


async def test_repeated_submission_answers_with_its_change(sqlite_harness: Harness) -> None:
    harness, wish = sqlite_harness, sqlite_harness.request()
    first = await harness.service().submit(wish)
    harness.permissions.refused.add((ANA.user, Verb.ASK))
    repeated = await harness.service().submit(wish)
    assert (repeated.result, first.result) == (Result.AGAIN, Result.DONE)
    assert repeated.record is not None
    assert repeated.record == first.record


async def test_concurrent_submission_answers_with_the_other_change(
    sqlite_harness: Harness,
) -> None:
    harness, wish = sqlite_harness, sqlite_harness.request()
    service, firsts = harness.service(), []

    async def meanwhile() -> None:
        firsts.append((await service.submit(wish)).record)

    harness.permissions.meanwhile[Verb.ASK] = meanwhile
    repeated = await service.submit(wish)
    assert repeated.result is Result.AGAIN
    assert repeated.record is not None
    assert [repeated.record] == firsts


async def test_request_stays_with_its_customer(sqlite_harness: Harness) -> None:
    customer = await sqlite_harness.autumn.customer(CUSTOMER)
    record = (await submit(sqlite_harness)).record
    assert record is not None
    assert record.input.customer_created_at == customer.created_at


async def test_request_of_a_process_that_dies_still_waits(sqlite_harness: Harness) -> None:
    harness = sqlite_harness
    with pytest.raises(Died):
        await harness.service(checkpoint=dies_at("asked")).submit(harness.request())
    (record,) = await harness.service().requested_by(ANA.user, limit=1)
    assert record.state is State.WAITING
    assert harness.events(record) == []


# Where the cards are posted


@pytest.mark.parametrize(("card", "channel"), [("C_OWN", "C_OWN"), ("", ANA.user)])
async def test_request_has_a_card_for_its_requester_and_one_for_approvers(
    sqlite_harness: Harness, card: str, channel: str
) -> None:
    record = (await submit(sqlite_harness, card=card)).record
    assert record is not None
    posted = await CHANGE_CARDS.of(sqlite_harness.database, record.id)
    assert [(card_posted.kind, card_posted.channel) for card_posted in posted] == [
        (CardKind.REQUESTER, channel),
        (CardKind.APPROVAL, "C_APPROVALS"),
    ]


async def test_change_taken_over_right_away_is_answered_with_its_state(
    sqlite_harness: Harness,
) -> None:
    harness = sqlite_harness
    harness.permissions.needed = 0

    async def lose_the_lease(reached: str) -> None:
        if reached == "claimed":
            async with harness.database.writing() as connection:
                await connection.execute(update(changes).values(lease_by="another"))

    outcome = await harness.service(checkpoint=lose_the_lease).submit(harness.request())
    assert outcome.result is Result.DONE
    assert outcome.record is not None
    assert harness.written() == 0


# A line of a bulk change

BY_TWO = Mandate(
    "batch-1", (approval_by("U_RAJ", NOW, team="T_RAJ"), approval_by("U_LEA", NOW, team="T_LEA"))
)


async def test_line_of_a_batch_is_applied_under_its_approval_and_has_no_card(
    sqlite_harness: Harness,
) -> None:
    record = (await submit(sqlite_harness, mandate=BY_TWO)).record
    assert record is not None
    assert (record.state, record.batch, record.needed) == (State.APPLIED, "batch-1", 2)
    assert {approval.person for approval in record.approvals} == {"U_RAJ", "U_LEA"}
    assert ChangeEvent.ASKED not in sqlite_harness.events(record)
    assert await CHANGE_CARDS.of(sqlite_harness.database, record.id) == []


async def test_line_whose_numbers_change_at_the_last_moment_does_not_wait(sqlite_harness: Harness) -> None:
    harness = sqlite_harness

    async def between(reached: str) -> None:
        if reached == "claimed":
            await harness.change_in_autumn(usage=500)

    line = replace(harness.request(harness.balance(BalanceAction.SET, 50)), mandate=BY_TWO)
    record = (await harness.service(checkpoint=between).submit(line)).record
    assert record is not None
    assert record.state is State.SUPERSEDED
    assert harness.written() == 0


async def test_line_is_refused_once_the_policy_requires_more_than_its_batch_has(
    sqlite_harness: Harness,
) -> None:
    sqlite_harness.permissions.needed = 2
    allowed = await submit(sqlite_harness, mandate=BY_TWO)
    assert allowed.result is Result.DONE
    sqlite_harness.permissions.needed = 3
    refused = await submit(sqlite_harness, mandate=BY_TWO)
    assert refused.result is Result.NOT_APPROVED
    assert refused.decision is not None
    assert keeps_the_form(refused)


async def test_line_counts_only_approvals_of_people_who_may_approve_that_line(
    sqlite_harness: Harness,
) -> None:
    harness = sqlite_harness
    harness.permissions.refused.add(("U_LEA", Verb.APPROVE))
    record = (await submit(harness, mandate=BY_TWO)).record
    assert record is not None
    assert (record.needed, [approval.person for approval in record.approvals]) == (1, ["U_RAJ"])
    approvals = [request for request in harness.permissions.requests if request.verb is Verb.APPROVE]
    assert {(request.environment, request.own) for request in approvals} == {(Environment.SANDBOX, False)}
    assert {actor for actor in harness.permissions.actors if actor.user == "U_RAJ"} == {
        Actor("U_RAJ", "T_RAJ")
    }
    harness.permissions.refused.add(("U_RAJ", Verb.APPROVE))
    assert (await submit(harness, mandate=BY_TWO)).result is Result.NOT_APPROVED


async def test_line_of_its_own_approver_needs_another(sqlite_harness: Harness) -> None:
    by_requester = Mandate("batch-1", (approval_by(ANA.user, NOW, team=ANA.team),))
    assert (await submit(sqlite_harness, mandate=by_requester)).result is Result.NOT_APPROVED


async def test_line_waits_for_nobody_when_an_approver_cannot_be_checked(sqlite_harness: Harness) -> None:
    harness = sqlite_harness
    harness.permissions.policy = read('[[allow]]\nwho = "everyone"\nmay = ["ask", "approve"]')
    harness.permissions.members["U_LEA"] = None
    refused = await submit(harness, mandate=BY_TWO)
    assert (refused.result, refused.record) == (Result.NOT_ALLOWED, None)
    assert refused.decision is not None
    assert refused.decision.reason is DecisionReason.UNCHECKED
    assert keeps_the_form(refused)


SMALL_A_DAY = """
[[allow]]
who = "everyone"
may = ["ask", "approve"]

[[allow]]
who = "everyone"
may = "at_once"
changes = "grant"
amount_up_to = 500
per_day = 500
"""


async def test_expiry_of_a_grant_is_checked_again_under_the_lock(sqlite_harness: Harness) -> None:
    """Another grant got through meanwhile, so this one's expiry is checked against the clock again."""
    harness = sqlite_harness
    harness.permissions.policy = read(SMALL_A_DAY)

    def grant(name: str) -> GrantInput:
        return GrantInput(
            customer=CUSTOMER,
            feature="messages",
            grant=name,
            size=GrantSize.AMOUNT,
            amount=Decimal(500),
            expires_at=harness.clock() + timedelta(days=3),
        )

    harness.permissions.meanwhile[Verb.ASK] = lambda: submit(harness, input=grant("maple_1"), actor=RAJ)
    outcome = await submit(harness, input=grant("maple_2"))
    assert outcome.record is not None
    assert outcome.record.state is State.WAITING


@pytest.mark.parametrize(("length", "kept"), [(3000, 3000), (3001, 3000)])
def test_reason_is_kept_up_to_the_length_of_a_field_in_slack(length: int, kept: int) -> None:
    assert len(clean("x" * length)) == kept
