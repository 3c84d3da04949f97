"""Properties of every policy."""

from contextlib import suppress
from dataclasses import replace
from decimal import Decimal

from hypothesis import assume, example, given
from hypothesis import strategies as st

from bot.access.permission import decide_links, ruled_links
from bot.access.policy import NEEDED, Decision, DecisionReason, Person, Request, Verb, decide
from bot.access.policy_file import PolicyError
from bot.access.policy_tables import Allow, Require
from bot.access.rules import EVERYONE, Policy, Power, Rule
from bot.autumn.models import Environment
from tests.access.policies import CURRENCIES, GROUPS, people, policies, policy_file, requests, rules
from tests.examples import examples
from tests.policy import BALANCE, KINDS, read

often = examples(100)


def power_of(decision: Decision) -> tuple[bool, int, bool]:
    """A decision as numbers: if none of them is greater than in another decision, it allows nothing more."""
    return decision.permit, -decision.approvals if decision.permit else -99, decision.self_approval


def no_more(less: Decision, greater: Decision) -> bool:
    return all(
        lesser_power <= greater_power
        for lesser_power, greater_power in zip(power_of(less), power_of(greater), strict=True)
    )


def removing_an_allow_adds_no_power(policy: Policy, request: Request, person: Person) -> None:
    for removed in policy.allow:
        fewer = replace(policy, allow=tuple(rule for rule in policy.allow if rule is not removed))
        assert no_more(decide(fewer, request, person), decide(policy, request, person))


def links_lose_by_a_deny_and_gain_only_by_removing_their_last_allow(
    policy: Policy, environment: Environment, person: Person, deny: Rule
) -> None:
    """While no rule allows links, they follow the rules about billing: see `decide_links`."""

    def permits(judged: Policy) -> bool:
        return decide_links(judged, person, KINDS, environment).permit

    assert permits(replace(policy, deny=(*policy.deny, deny))) <= permits(policy)
    for removed in policy.allow:
        fewer = replace(policy, allow=tuple(rule for rule in policy.allow if rule is not removed))
        if ruled_links(fewer) or not ruled_links(policy):
            assert permits(fewer) <= permits(policy)


def deny_wins(policy: Policy, request: Request, person: Person) -> None:
    if request.verb not in NEEDED:
        return
    all_powers = Rule("everything", EVERYONE, frozenset(Power))
    denying = replace(policy, allow=(*policy.allow, all_powers), deny=(all_powers,))
    assert not decide(denying, request, person).permit
    for power in NEEDED[request.verb]:
        denying_one = replace(policy, deny=(replace(all_powers, may=frozenset({power})),))
        assert not decide(denying_one, request, person).permit


def nobody_approves_their_own_request_unless_allowed(
    policy: Policy, request: Request, person: Person
) -> None:
    allow = tuple(replace(rule, may=rule.may - {Power.APPROVE_OWN}) for rule in policy.allow)
    own = replace(request, verb=Verb.APPROVE, own=True)
    assert not decide(replace(policy, allow=allow), own, person).permit
    assert not decide(replace(policy, allow=allow), replace(request, verb=Verb.ASK), person).self_approval


def self_approval_promised_to_the_requester_holds_for_the_approver(
    policy: Policy, request: Request, person: Person
) -> None:
    decision = decide(policy, replace(request, verb=Verb.ASK), person)
    approved = decide(policy, replace(request, verb=Verb.APPROVE, own=True), person)
    assert decision.self_approval <= approved.permit


def order_does_not_matter(policy: Policy, request: Request, person: Person) -> None:
    turned = Policy(policy.allow[::-1], policy.deny[::-1], policy.require[::-1])
    assert replace(decide(turned, request, person), rule="") == replace(
        decide(policy, request, person), rule=""
    )


def missing_facts_add_no_power(policy: Policy, request: Request, person: Person) -> None:
    for group in GROUPS:
        outside = replace(person, groups=person.groups - {group}, unchecked=person.unchecked - {group})
        inside = replace(outside, groups=outside.groups | {group})
        dark = replace(outside, unchecked=outside.unchecked | {group})
        for known_membership in (inside, outside):
            assert no_more(decide(policy, request, dark), decide(policy, request, known_membership))


def named_rule_belongs_to_the_policy(policy: Policy, request: Request, person: Person) -> None:
    decision = decide(policy, request, person)
    rules_of = policy.allow if decision.permit else policy.deny
    names = {rule.name for rule in rules_of}
    assert decision.rule in names | {""}
    if decision.permit and request.verb in NEEDED:
        assert decision.rule


def non_members_may_do_nothing(policy: Policy, request: Request, _person: Person) -> None:
    assert decide(policy, request, Person("U1A", False)).reason is DecisionReason.NOT_A_MEMBER
    assert decide(policy, request, Person("U1A", None)).reason is DecisionReason.UNCHECKED


def earlier_changes_of_the_day_add_no_power(
    policy: Policy, request: Request, person: Person, extra: Decimal
) -> None:
    earlier = request.earlier
    later = replace(
        request,
        earlier=replace(
            earlier,
            units=earlier.units + extra,
            person_units=earlier.person_units + extra,
            values={code: earlier.values.get(code, Decimal(0)) + extra for code in CURRENCIES},
            person_values={code: earlier.person_values.get(code, Decimal(0)) + extra for code in CURRENCIES},
        ),
    )
    assert no_more(decide(policy, later, person), decide(policy, request, person))


def deny_adds_no_power(policy: Policy, request: Request, person: Person, deny: Rule) -> None:
    denying = replace(policy, deny=(*policy.deny, deny))
    assert no_more(decide(denying, request, person), decide(policy, request, person))


@often
@given(policies, requests, people, rules("deny"), st.integers(1, 4).map(Decimal))
def test_properties_of_every_decision(
    policy: Policy, request: Request, person: Person, deny: Rule, extra: Decimal
) -> None:
    """Checks every property for each example: drawing a policy takes far longer than deciding with it."""
    removing_an_allow_adds_no_power(policy, request, person)
    deny_adds_no_power(policy, request, person, deny)
    links_lose_by_a_deny_and_gain_only_by_removing_their_last_allow(
        policy, request.environment or Environment.LIVE, person, deny
    )
    deny_wins(policy, request, person)
    nobody_approves_their_own_request_unless_allowed(policy, request, person)
    self_approval_promised_to_the_requester_holds_for_the_approver(policy, request, person)
    order_does_not_matter(policy, request, person)
    missing_facts_add_no_power(policy, request, person)
    earlier_changes_of_the_day_add_no_power(policy, request, person, extra)
    named_rule_belongs_to_the_policy(policy, request, person)
    non_members_may_do_nothing(policy, request, person)


@often
@given(policies, requests, people, st.lists(st.integers(1, 4).map(Decimal), min_size=1, max_size=4))
def test_splitting_a_change_never_adds_power(
    policy: Policy, request: Request, person: Person, parts: list[Decimal]
) -> None:
    """The last part needs as much as the whole, where no rule applies only to larger changes."""
    bounds = [rule.when.over for rule in policy.allow]
    bounds += [rule.when.up_to for rule in policy.deny]
    bounds += [rule.when.up_to for rule in policy.require]
    assume(not any(bounds))
    request_without_amount = replace(request, kind=BALANCE, rewards=None)
    whole_request = replace(request_without_amount, amount=sum(parts, Decimal(0)))
    before, earlier = sum(parts[:-1], Decimal(0)), request_without_amount.earlier
    last = replace(
        request_without_amount,
        amount=parts[-1],
        earlier=replace(earlier, units=earlier.units + before, person_units=earlier.person_units + before),
    )
    assert no_more(decide(policy, last, person), decide(policy, whole_request, person))


@often
@given(policies)
def test_policy_survives_a_file(policy: Policy) -> None:
    names = [rule.name for rule in (*policy.allow, *policy.deny)]
    names += [requirement.name for requirement in policy.require]
    assume(len(set(names)) == len(names))
    assert read(policy_file(policy)) == policy


@examples(100)
@given(st.text(alphabet="allowdenyrequirechangesmay[]=\n\"'.,{}#-_0123456789eE+:TZ\r\t \\é\x00"))
@example("a = " + "[" * 5_000 + "]" * 5_000)
@example("a = " + "{b = " * 2_000 + "1" + "}" * 2_000)
@example(".".join("a" * 1_500) + " = 1")
@example("[" + ".".join("a" * 1_500) + "]\nb = 1")
@example("a = 1e99999999999999999999999")
@example("a = " + "9" * 5_000)
@example("[[allow]]\nwho = 1979-05-27\nmay = inf")
@example("[[allow]]\nwho = [[['everyone']]]\nmay = {}")
@example("[[require]]\nexpires = '٣h'\namount_over = nan")
@example("[[allow.who]]\n[allow.who.x]\n")
@example("[allow]\n[[deny]]\n[[deny.who]]")
@example("\ufeff[[allow]]")
def test_odd_toml_is_a_policy_or_a_policy_error(text: str) -> None:
    read_or_refuse(text)


def read_or_refuse(text: str) -> None:
    with suppress(PolicyError):
        assert isinstance(read(text), Policy)


TABLE = st.sampled_from(["[[allow]]", "[[deny]]", "[[require]]", "[allow]", "allow = 1"])
KEYS = sorted({*Allow.model_fields, *Require.model_fields, "x"})
WORDS = '1 -1 inf nan 1.5 true "" "everyone" ["ask"] "balance" [1] [] {} "24h" ["U1A","@x","!"] 2020-01-01 '
KEY = st.sampled_from(KEYS)
VALUE = st.sampled_from([*WORDS.split(), '"""\n[[deny]]\n"""', "{a=1}", "[\n1,\n]"])


@examples(100)
@given(st.lists(TABLE | st.builds("{} = {}".format, KEY, VALUE), max_size=12).map("\n".join))
def test_odd_tables_are_a_policy_or_a_policy_error(text: str) -> None:
    read_or_refuse(text)
