"""What the Home tab says the policy lets a person do."""

from decimal import Decimal

import pytest
from hypothesis import given

from bot.access.limits import Measure
from bot.access.permission import KindPowers, powers
from bot.access.policy import BUILT_IN, Person, Policy, Request, Verb, decide
from bot.autumn.models import Environment
from tests.access import policies
from tests.examples import examples
from tests.policy import KINDS, read

ANA = Person("U01ANA")
MEMBERS_ASK = """
[[allow]]
who = "everyone"
may = ["ask", "history"]
"""
SMALL_AT_ONCE = (
    MEMBERS_ASK
    + """
[[allow]]
who = "everyone"
may = "at_once"
changes = "balance"
amount_up_to = 500
"""
)
LARGE_NEED_APPROVAL = """
[[allow]]
who = "everyone"
may = ["ask", "at_once"]
changes = "balance"

[[require]]
changes = "balance"
amount_over = 100
approvals = 2
"""
LIMITED_REQUESTS = MEMBERS_ASK + 'changes = "balance"\namount_up_to = 900\n' + SMALL_AT_ONCE
ALWAYS_TWO = SMALL_AT_ONCE + "\n[[require]]\napprovals = 2\n"


def balance_powers(policy: Policy, person: Person = ANA) -> KindPowers:
    held = powers(policy, person, KINDS, Environment.SANDBOX)
    (balance,) = (kind for kind in held.kinds if kind.id == "balance")
    return balance


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (MEMBERS_ASK, KindPowers("balance", ask=True)),
        (
            SMALL_AT_ONCE,
            KindPowers(
                "balance",
                ask=True,
                at_once=True,
                limits=({Measure.AMOUNT: Decimal(500), Measure.DAY: Decimal(500)},),
            ),
        ),
        (
            LIMITED_REQUESTS.replace(', "history"', ""),
            KindPowers(
                "balance",
                ask=True,
                at_once=True,
                limits=({Measure.AMOUNT: Decimal(500), Measure.DAY: Decimal(500)},),
            ),
        ),
        (LARGE_NEED_APPROVAL, KindPowers("balance", ask=True, at_once=True)),
        (ALWAYS_TWO, KindPowers("balance", ask=True)),
        ("[[allow]]\nwho = 'U02LEA'\nmay = ['ask', 'approve']\n", KindPowers("balance")),
        ("[[allow]]\nwho = 'everyone'\nmay = ['approve']\n", KindPowers("balance", approve=True)),
        (
            "[[allow]]\nwho = 'everyone'\nmay = ['ask', 'at_once']\nchanges = 'balance'\n",
            KindPowers("balance", ask=True, at_once=True, always_at_once=True),
        ),
    ],
)
def test_powers_about_balances(policy: str, expected: KindPowers) -> None:
    assert balance_powers(read(policy)) == expected


def test_without_a_policy_file_everyone_may_request_and_approve() -> None:
    held = powers(BUILT_IN, ANA, KINDS, Environment.LIVE)
    assert all(kind == KindPowers(kind.id, ask=True, approve=True) for kind in held.kinds)
    assert (held.history, held.digests) == (True, True)


@pytest.mark.parametrize("member", [False, None])
def test_non_member_may_do_nothing(member: bool | None) -> None:
    held = powers(BUILT_IN, Person("U1", member=member), KINDS, Environment.LIVE)
    assert all(kind == KindPowers(kind.id) for kind in held.kinds)
    assert (held.history, held.digests) == (False, False)


@examples(300)
@given(policies.policies, policies.people, policies.requests)
def test_powers_cover_everything_the_policy_allows(policy: Policy, person: Person, request: Request) -> None:
    if request.kind is None or request.environment is None:
        return
    (power,) = powers(policy, person, [request.kind], request.environment).kinds
    decision = decide(policy, request, person)
    if decision.permit and request.verb is Verb.ASK:
        assert power.ask
        assert power.at_once or not decision.at_once
    if decision.permit and request.verb is Verb.APPROVE and not request.own:
        assert power.approve
