"""Who may do what a person may not: there is an answer for every verb of the policy."""

from dataclasses import replace
from decimal import Decimal

import pytest

from bot.access import words as access_words
from bot.access.permission import Permission
from bot.access.policy import Decision, DecisionReason, Request, Verb, among_all, decide, holders
from bot.access.refusal import PolicyRefusal, explained
from bot.access.rules import Person, Who
from bot.autumn.models import Environment
from tests.policy import BALANCE, REWARD, read

TEAM = """
[[allow]]
who = ["@leads", "U03LEA"]
may = ["ask", "at_once", "approve", "mark", "undo", "history", "link"]

[digests]
who = ["@leads", "U03LEA"]
"""
LEADS = Who(users=frozenset({"U03LEA"}), groups=frozenset({"@leads"}))
ANA = Person("U01ANA")


def request_for(verb: Verb, *, own: bool = False) -> Request:
    kind = None if verb in (Verb.HISTORY, Verb.LINK, Verb.DIGESTS) else BALANCE
    return Request(verb, kind=kind, environment=Environment.LIVE, own=own)


@pytest.mark.parametrize("verb", Verb)
def test_every_refusal_says_who_may(verb: Verb) -> None:
    policy = read(TEAM)
    decision = decide(policy, request_for(verb), ANA)
    assert not decision.permit
    permitted = holders(policy, request_for(verb))
    text = explained(PolicyRefusal(decision, ", ".join([*permitted.groups, *permitted.users])))
    if verb is Verb.WITHDRAW:
        assert "Only the person who requested this" in text
    else:
        assert permitted == LEADS
        assert access_words.who_may("@leads, U03LEA") in text


@pytest.mark.parametrize("verb", [verb for verb in Verb if verb not in (Verb.WITHDRAW, Verb.DIGESTS)])
def test_verb_denied_to_everybody_has_nobody(verb: Verb) -> None:
    policy = read(TEAM + '[[deny]]\nwho = "everyone"')
    assert holders(policy, request_for(verb)) == Who()
    decision = decide(policy, request_for(verb), ANA)
    assert access_words.who_may(access_words.NOBODY) in explained(PolicyRefusal(decision))


@pytest.mark.parametrize("power", ["ask", "undo"])
def test_nobody_may_undo_where_a_power_it_needs_is_denied_to_everybody(power: str) -> None:
    policy = read(TEAM + f'[[deny]]\nwho = "everyone"\nmay = "{power}"')
    assert holders(policy, request_for(Verb.UNDO)) == Who()
    assert holders(policy, request_for(Verb.APPROVE)) == LEADS


def test_power_denied_to_one_person_is_left_to_the_others() -> None:
    policy = read(TEAM + '[[deny]]\nwho = "U03LEA"\nmay = "ask"')
    assert holders(policy, request_for(Verb.ASK)) == LEADS


@pytest.mark.parametrize(("amount", "expected"), [(5, LEADS), (6, Who())])
def test_rule_for_smaller_changes_does_not_say_who_may(amount: int, expected: Who) -> None:
    policy = read('[[allow]]\nwho = ["@leads", "U03LEA"]\nmay = "ask"\nchanges = "balance"\namount_up_to = 5')
    assert holders(policy, replace(request_for(Verb.ASK), amount=Decimal(amount))) == expected


def test_own_request_is_decided_by_others() -> None:
    policy = read('[[allow]]\nwho = "everyone"\nmay = ["ask", "approve"]')
    decision = decide(policy, request_for(Verb.APPROVE, own=True), ANA)
    assert decision == Decision(False, DecisionReason.OWN)
    assert access_words.who_may(access_words.OTHER_MEMBERS) in explained(
        PolicyRefusal(decision, access_words.OTHER_MEMBERS)
    )


ONE, OTHER = Who(users=frozenset({"U01"})), Who(groups=frozenset({"@g"}))
EVERYONE = Who(everyone=True)


@pytest.mark.parametrize(
    ("several", "common"),
    [
        ([], Who()),
        ([ONE], ONE),
        ([EVERYONE, EVERYONE], EVERYONE),
        ([EVERYONE, ONE], ONE),
        ([ONE, EVERYONE], ONE),
        ([Who(users=frozenset({"U01", "U02"})), ONE], ONE),
        ([ONE, OTHER], ONE),
        ([ONE, Who()], Who()),
    ],
)
def test_undo_needs_several_powers(several: list[Who], common: Who) -> None:
    assert among_all(several) == common


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ('[[allow]]\nwho = "U01"\nmay = "ask"\nchanges = "reward"', ONE),
        ('[[allow]]\nwho = "U01"\nmay = "ask"\nchanges = "reward"\namount_up_to = 5', ONE),
        ('[[allow]]\nwho = "U01"\nmay = "ask"\nchanges = "balance"', Who()),
        ('[[allow]]\nwho = "everyone"\nmay = "ask"\n[[allow]]\nwho = "@g"\nmay = "link"', OTHER),
    ],
)
def test_links_belong_to_people_named_by_a_rule_or_who_change_billing(rules: str, expected: Who) -> None:
    permission = Permission(
        read(rules),
        None,  # type: ignore[arg-type]
        None,  # type: ignore[arg-type]
        Environment.LIVE,
        (REWARD,),
    )
    assert permission.holders(Request(Verb.LINK, environment=Environment.LIVE)) == expected
