"""Who may do what, case by case."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from bot.access.limits import Today
from bot.access.policy import BUILT_IN, Decision, DecisionReason, Person, Request, Verb, decide
from bot.autumn.models import Environment
from tests.policy import BALANCE, DELETION, REWARD, read

ANA = Person("U1ANA", groups=frozenset({"@support"}))
LEA = Person("U2LEA", groups=frozenset({"@leads"}))
MAX = Person("U3MAX")
DARK = Person("U4D", unchecked=frozenset({"@support", "@leads"}))

LIVE, SANDBOX = Environment.LIVE, Environment.SANDBOX

TEAM = """
[[allow]]
name = "asks"
who = "@support"
may = ["ask", "undo", "history"]

[[allow]]
name = "small"
who = "@support"
may = "at_once"
changes = "balance"
amount_up_to = 1000

[[allow]]
name = "decides"
who = ["@leads", "U9X"]
may = ["approve", "mark"]

[[deny]]
name = "no gold"
who = "everyone"
may = "ask"
products = ["gold"]

[[require]]
name = "large"
changes = "balance"
amount_over = 5000
approvals = 2
reason = true
expires = "2h"

[[require]]
name = "larger"
changes = "balance"
amount_over = 50_000
approvals = 3
expires = "3h"
"""


def balance(verb: Verb = Verb.ASK, amount: int | None = 5, **changed: Any) -> Request:
    size = None if amount is None else Decimal(amount)
    request = Request(verb, BALANCE, size, environment=LIVE, products=frozenset({"pro"}))
    return replace(request, **changed)


HISTORY = Request(Verb.HISTORY, environment=LIVE)


def decided(request: Request, person: Person, *rules: str) -> Decision:
    return decide(read("\n".join(rules)), request, person)


@pytest.mark.parametrize(
    ("person", "request_", "permit", "reason", "rule"),
    [
        pytest.param(ANA, balance(), True, DecisionReason.ALLOWED, "small", id="asks for a little"),
        pytest.param(ANA, balance(amount=1001), True, DecisionReason.ALLOWED, "asks", id="asks for more"),
        pytest.param(LEA, balance(), False, DecisionReason.NO_RULE, "", id="no rule means no"),
        pytest.param(
            ANA, balance(Verb.APPROVE), False, DecisionReason.NO_RULE, "", id="asking is not approving"
        ),
        pytest.param(LEA, balance(Verb.APPROVE), True, DecisionReason.ALLOWED, "decides", id="approves"),
        pytest.param(
            Person("U9X"), balance(Verb.APPROVE), True, DecisionReason.ALLOWED, "decides", id="a user"
        ),
        pytest.param(LEA, balance(Verb.APPROVE, own=True), False, DecisionReason.OWN, "", id="not their own"),
        pytest.param(LEA, balance(Verb.MARK, own=True), True, DecisionReason.ALLOWED, "decides", id="marks"),
        pytest.param(ANA, balance(Verb.MARK), False, DecisionReason.NO_RULE, "", id="does not mark"),
        pytest.param(ANA, balance(Verb.UNDO, 9000), True, DecisionReason.ALLOWED, "asks", id="undoes"),
        pytest.param(LEA, balance(Verb.UNDO), False, DecisionReason.NO_RULE, "", id="does not undo"),
        pytest.param(ANA, HISTORY, True, DecisionReason.ALLOWED, "asks", id="reads the history"),
        pytest.param(MAX, HISTORY, False, DecisionReason.NO_RULE, "", id="does not read it"),
        pytest.param(ANA, balance(Verb.WITHDRAW, own=True), True, DecisionReason.ALLOWED, "", id="withdraws"),
        pytest.param(
            MAX,
            balance(Verb.WITHDRAW, own=True),
            True,
            DecisionReason.ALLOWED,
            "",
            id="withdraws without a rule",
        ),
        pytest.param(LEA, balance(Verb.WITHDRAW), False, DecisionReason.NOT_YOURS, "", id="another's"),
        pytest.param(
            ANA,
            balance(products=frozenset({"gold", "pro"})),
            False,
            DecisionReason.DENIED,
            "no gold",
            id="denied",
        ),
        pytest.param(
            ANA,
            balance(products=None),
            False,
            DecisionReason.DENIED,
            "no gold",
            id="products not known, so denied",
        ),
        pytest.param(
            ANA, balance(products=frozenset()), True, DecisionReason.ALLOWED, "small", id="of no product"
        ),
        pytest.param(
            LEA,
            balance(Verb.APPROVE, products=frozenset({"gold"})),
            True,
            DecisionReason.ALLOWED,
            "decides",
            id="the deny is about asking",
        ),
        pytest.param(DARK, balance(), False, DecisionReason.UNCHECKED, "", id="groups not checked"),
        pytest.param(
            replace(ANA, member=None),
            balance(),
            False,
            DecisionReason.UNCHECKED,
            "",
            id="unchecked",
        ),
        pytest.param(
            replace(ANA, member=False), balance(), False, DecisionReason.NOT_A_MEMBER, "", id="a guest"
        ),
        pytest.param(
            Person("U1", False),
            balance(Verb.WITHDRAW, own=True),
            False,
            DecisionReason.NOT_A_MEMBER,
            "",
            id="a guest withdraws nothing",
        ),
    ],
)
def test_policy_of_a_team(
    person: Person, request_: Request, permit: bool, reason: DecisionReason, rule: str
) -> None:
    decision = decided(request_, person, TEAM)
    assert (decision.permit, decision.reason, decision.rule) == (permit, reason, rule)


@pytest.mark.parametrize(
    ("amount", "approvals", "reason", "expires"),
    [
        (0, 0, False, 24),
        (1000, 0, False, 24),
        (1001, 1, False, 24),
        (5000, 1, False, 24),
        (5001, 2, True, 2),
        (50_001, 3, True, 2),
        (None, 3, True, 2),
    ],
)
def test_requirements_of_a_change(amount: int | None, approvals: int, reason: bool, expires: int) -> None:
    decision = decided(balance(amount=amount), ANA, TEAM)
    assert (decision.approvals, decision.reason_required) == (approvals, reason)
    assert decision.expires_after == timedelta(hours=expires)
    assert decision.at_once is (approvals == 0)
    assert not decision.self_approval


def test_terms_depend_on_the_requester() -> None:
    assert decided(balance(Verb.APPROVE, 50_001), LEA, TEAM) == Decision(
        True, DecisionReason.ALLOWED, "decides"
    )


def test_refused_request_is_not_applied_right_away() -> None:
    assert not decided(balance(), LEA, TEAM).at_once
    assert not Decision(False, DecisionReason.DENIED, approvals=0).at_once


ASK = '[[allow]]\nwho = "everyone"\nmay = "ask"'
AT_ONCE = '[[allow]]\nname = "now"\nwho = "everyone"\nmay = "at_once"'


def test_required_approvals_override_at_once() -> None:
    decision = decided(balance(), MAX, ASK, AT_ONCE, "[[require]]\napprovals = 1")
    assert (decision.approvals, decision.at_once, decision.rule) == (1, False, "allow 1")
    assert decided(balance(), MAX, ASK, AT_ONCE, "[[require]]\nreason = true").at_once


def test_at_once_alone_does_not_allow_requests() -> None:
    assert decided(balance(), MAX, AT_ONCE).reason is DecisionReason.NO_RULE


def test_at_once_can_be_denied() -> None:
    denied = decided(balance(), MAX, ASK, AT_ONCE, '[[deny]]\nwho = "everyone"\nmay = "at_once"')
    assert (denied.permit, denied.approvals) == (True, 1)


DELETE = Request(Verb.ASK, DELETION, environment=LIVE, products=frozenset())
OWN = '[[allow]]\nwho = "everyone"\nmay = ["ask", "approve", "approve_own"]'


@pytest.mark.parametrize(("changes", "alone"), [("", False), ('changes = ["balance", "deletion"]', True)])
def test_deletion_alone_needs_a_rule_that_names_it(changes: str, alone: bool) -> None:
    assert decided(DELETE, MAX, ASK, AT_ONCE, changes).at_once is alone
    assert decided(DELETE, MAX, OWN, changes).self_approval is alone
    approved = decided(Request(Verb.APPROVE, DELETION, own=True), MAX, OWN, changes)
    assert approved.reason is (DecisionReason.ALLOWED if alone else DecisionReason.OWN)


def test_own_approval() -> None:
    assert decided(balance(), MAX, OWN).self_approval
    allowed = decided(balance(Verb.APPROVE, own=True), MAX, OWN)
    assert (allowed.permit, allowed.rule) == (True, "allow 1")
    only_own = '[[allow]]\nwho = "everyone"\nmay = ["ask", "approve_own"]'
    assert decided(balance(Verb.APPROVE, own=True), MAX, only_own).reason is DecisionReason.NO_RULE
    assert not decided(balance(), MAX, only_own).self_approval
    denied = decided(
        balance(Verb.APPROVE, own=True),
        MAX,
        OWN,
        '[[deny]]\nname = "four eyes"\nwho = "U3MAX"\nmay = "approve_own"',
    )
    assert (denied.reason, denied.rule) == (DecisionReason.DENIED, "four eyes")


def test_own_approval_by_a_group_that_was_not_checked() -> None:
    rules = '[[allow]]\nwho = "everyone"\nmay = "approve"\n[[allow]]\nwho = "@leads"\nmay = "approve_own"'
    assert decided(balance(Verb.APPROVE, own=True), DARK, rules).reason is DecisionReason.UNCHECKED


def test_undo_also_needs_ask() -> None:
    rules = '[[allow]]\nwho = "everyone"\nmay = ["ask", "undo"]'
    no_asking = '[[deny]]\nname = "stop"\nwho = "everyone"\nmay = "ask"'
    assert decided(balance(Verb.UNDO), MAX, rules).permit
    assert decided(balance(Verb.UNDO), MAX, rules, no_asking).rule == "stop"
    assert (
        decided(balance(Verb.UNDO), MAX, '[[allow]]\nwho = "everyone"\nmay = "undo"').reason
        is DecisionReason.NO_RULE
    )
    assert decided(balance(Verb.UNDO), MAX, rules, AT_ONCE).at_once


def test_deny_for_an_unchecked_group_applies() -> None:
    unsure = '[[deny]]\nname = "unsure"\nwho = "@leads"\nmay = "ask"'
    sure = '[[deny]]\nname = "sure"\nwho = "U4D"\nmay = "ask"'
    assert decided(balance(), DARK, ASK, unsure) == Decision(False, DecisionReason.UNCHECKED, "unsure")
    assert decided(balance(), DARK, ASK, unsure, sure) == Decision(False, DecisionReason.DENIED, "sure")
    assert decided(balance(), ANA, ASK, unsure).permit


def test_requirement_for_an_unchecked_group_applies() -> None:
    rules = '[[require]]\nwho = "@leads"\napprovals = 4'
    assert decided(balance(), DARK, ASK, rules).approvals == 4
    assert decided(balance(), ANA, ASK, rules).approvals == 1
    assert decided(balance(), LEA, ASK, rules).approvals == 4


def test_unchecked_group_does_not_hide_an_allowing_rule() -> None:
    first = '[[allow]]\nwho = "@leads"\nmay = "ask"'
    assert decided(balance(), DARK, first, ASK).permit


@pytest.mark.parametrize(
    ("policy_request", "narrowed", "matches"),
    [
        (balance(), 'changes = "balance"', True),
        (balance(), 'changes = ["reward", "details"]', False),
        (balance(), 'environment = "live"', True),
        (balance(), 'environment = "sandbox"', False),
        (balance(environment=None), 'environment = "sandbox"', None),
        (balance(), 'products = ["pro", "max"]', True),
        (balance(), 'products = ["max"]', False),
        (balance(products=frozenset({"pro", "max"})), 'products = ["max"]', None),
        (balance(products=None), 'products = ["max"]', None),
        (balance(amount=7), 'changes = "balance"\namount_over = 7', False),
        (balance(amount=8), 'changes = "balance"\namount_over = 7', True),
        (balance(amount=7), 'changes = "balance"\namount_up_to = 7', True),
        (balance(amount=8), 'changes = "balance"\namount_up_to = 7', False),
        (balance(amount=None), 'changes = "balance"\namount_over = 7', True),
        (balance(amount=None), 'changes = "balance"\namount_up_to = 7', False),
        (balance(environment=None), 'changes = "reward"\nenvironment = "live"', False),
        (
            Request(Verb.ASK, REWARD, rewards=frozenset({"vip"})),
            'changes = "reward"\nrewards = ["vip"]',
            True,
        ),
        (
            Request(Verb.ASK, REWARD, rewards=frozenset({"new"})),
            'changes = "reward"\nrewards = ["vip"]',
            False,
        ),
        (Request(Verb.ASK, REWARD), 'changes = "reward"\nrewards = ["vip"]', None),
    ],
)
def test_unknown_facts_count_against_the_person(
    policy_request: Request, narrowed: str, matches: bool | None
) -> None:
    may = 'who = "everyone"\nmay = "ask"'
    assert decided(policy_request, MAX, "[[allow]]", may, narrowed).permit is (matches is True)
    assert decided(policy_request, MAX, ASK, "[[deny]]", may, narrowed).permit is (matches is False)
    required = decided(policy_request, MAX, ASK, "[[require]]\napprovals = 2", narrowed)
    assert required.approvals == (1 if matches is False else 2)


LIMITED = """
[[allow]]
name = "asks"
who = "everyone"
may = "ask"

[[allow]]
name = "small"
who = "everyone"
may = "at_once"
changes = "balance"
amount_up_to = 500

[[require]]
name = "large"
changes = "balance"
amount_over = 10_000
approvals = 2
"""
UP_TO_A_DAY = LIMITED.replace("amount_up_to = 500", "amount_up_to = 500\nper_day = 1_200")
LARGE_OF_A_DAY = LIMITED.replace("amount_over = 10_000", "amount_over = 10_000\nper_day = 20_000")
DAY_ALONE = LIMITED.replace("amount_up_to = 500", "per_day = 800")


@pytest.mark.parametrize(
    ("rules", "earlier", "amount", "approvals"),
    [
        pytest.param(LIMITED, 0, 500, 0, id="within the limit"),
        pytest.param(LIMITED, 100, 400, 0, id="up to the limit with what went before"),
        pytest.param(LIMITED, 500, 1, 1, id="the limit on one change is the limit on the day"),
        pytest.param(LIMITED, 500, 500, 1, id="split in two"),
        pytest.param(LIMITED, 9_000, 1_000, 1, id="not large yet"),
        pytest.param(LIMITED, 9_000, 1_001, 2, id="large with what went before"),
        pytest.param(LIMITED, 0, None, 2, id="no size is larger than any limit"),
        pytest.param(UP_TO_A_DAY, 700, 500, 0, id="up to the day's own limit"),
        pytest.param(UP_TO_A_DAY, 701, 500, 1, id="over the day's own limit"),
        pytest.param(UP_TO_A_DAY, 0, 501, 1, id="within the day, but too large a change"),
        pytest.param(LARGE_OF_A_DAY, 0, 10_001, 2, id="too large a change on a day with room"),
        pytest.param(LARGE_OF_A_DAY, 10_500, 9_000, 1, id="a day with room"),
        pytest.param(LARGE_OF_A_DAY, 15_000, 5_001, 2, id="a day without"),
        pytest.param(DAY_ALONE, 300, 500, 0, id="a limit on the day alone"),
        pytest.param(DAY_ALONE, 301, 500, 1, id="over a limit on the day alone"),
    ],
)
def test_limits_cover_the_day(rules: str, earlier: int, amount: int | None, approvals: int) -> None:
    request = balance(amount=amount, earlier=Today(units=Decimal(earlier)))
    assert decided(request, MAX, rules).approvals == approvals


def test_deny_over_a_limit_covers_the_day() -> None:
    limit = '[[deny]]\nwho = "everyone"\nmay = "ask"\nchanges = "balance"\namount_over = 1000'
    assert decided(balance(amount=1000), MAX, ASK, limit).permit
    assert not decided(balance(amount=600, earlier=Today(units=Decimal(401))), MAX, ASK, limit).permit


@pytest.mark.parametrize(
    ("rewards", "at_once"),
    [({"sorry"}, True), ({"sorry", "vip"}, False), ({"vip"}, False), (None, False)],
)
def test_replacing_a_coupon_also_removes_one(rewards: set[str] | None, at_once: bool) -> None:
    rules = f'{AT_ONCE}\nchanges = "reward"\nrewards = "sorry"'
    about = Request(Verb.ASK, REWARD, rewards=None if rewards is None else frozenset(rewards))
    assert decided(about, MAX, ASK, rules).at_once is at_once
    keeps_vip = '[[deny]]\nwho = "everyone"\nmay = "ask"\nchanges = "reward"\nrewards = "vip"'
    assert decided(about, MAX, ASK, keeps_vip).permit is at_once


def test_history_covers_all_changes() -> None:
    history = '[[allow]]\nwho = "everyone"\nmay = "history"\nenvironment = "live"'
    assert decided(HISTORY, MAX, history).permit
    for narrowed in ('changes = "deletion"', 'products = "gold"', 'changes = "balance"\namount_over = 0'):
        assert decided(HISTORY, MAX, history, '[[deny]]\nwho = "everyone"', narrowed).permit
    assert decided(HISTORY, MAX, history, '[[deny]]\nwho = "everyone"').reason is DecisionReason.DENIED
    assert not decided(Request(Verb.HISTORY, environment=SANDBOX), MAX, history).permit


@pytest.mark.parametrize("verb", Verb)
def test_built_in_policy(verb: Verb) -> None:
    decision = decide(BUILT_IN, balance(verb), MAX)
    own = decide(BUILT_IN, balance(verb, own=True), MAX)
    assert decision.permit is (verb not in (Verb.WITHDRAW, Verb.LINK))
    assert own.permit is (verb not in (Verb.APPROVE, Verb.LINK))
    assert (decision.approvals, decision.self_approval, decision.at_once) == (1, False, False)
    assert not decision.reason_required
    assert decision.expires_after == timedelta(hours=24)
    assert BUILT_IN.groups == frozenset()


def test_groups_of_a_policy_are_collected() -> None:
    extended = '[[deny]]\nwho = ["S0X", "U1X"]\n[[require]]\nwho = "@new"\nreason = true'
    assert read(TEAM + extended).groups == {"@support", "@leads", "S0X", "@new"}
