"""What the policy lets people do, given their groups and membership in Slack."""

from collections.abc import Sequence
from decimal import Decimal

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.access.groups import Groups
from bot.access.limits import Measure
from bot.access.people import Actor, Installation, People
from bot.access.permission import CardRights, KindPowers, Permission, powers
from bot.access.policy import DecisionReason, Request, Verb, decide
from bot.access.rules import Person, PolicyKind, Who
from bot.autumn.models import Environment
from tests.policy import BALANCE, DELETION, DETAILS, KINDS, REWARD, read

RULES = """
[[allow]]
name = "little"
who = "everyone"
may = ["ask"]
changes = ["balance"]
amount_up_to = 10

[[allow]]
name = "one coupon"
who = "everyone"
may = ["ask"]
changes = ["reward"]
rewards = ["loyal10"]

[[deny]]
name = "not too much"
who = "everyone"
may = ["ask"]
changes = ["balance"]
amount_over = 5

[[deny]]
name = "no deletions"
who = "everyone"
may = ["ask"]
changes = ["deletion"]
"""
IN_THE_SANDBOX = """
[[allow]]
who = "everyone"
may = ["ask", "history", "link"]
environment = "sandbox"
"""
LEADS_ASK = """
[[allow]]
who = "@billing-leads"
may = ["ask"]
changes = ["balance"]
"""
ALL = {kind.id for kind in KINDS}
LIVE, SANDBOX = Environment.LIVE, Environment.SANDBOX
ANA, LEA, GUS = Actor("U01ANA", "T01NORTHW"), Actor("U03LEA", "T01NORTHW"), Actor("U05GUS", "T01NORTHW")
UNKNOWN = Actor("U99NOBODY", "T01NORTHW")


def permission(
    client: AsyncWebClient,
    rules: str,
    environment: Environment = SANDBOX,
    billing: Sequence[PolicyKind] = (REWARD,),
) -> Permission:
    people = People(client, lambda: Installation("T01NORTHW"), seconds=60)
    return Permission(read(rules), people, Groups(client), environment, billing)


@pytest.mark.parametrize(
    ("kind", "opens"),
    [(BALANCE, True), (REWARD, True), (DETAILS, False), (DELETION, False)],
)
async def test_form_opens_if_any_change_is_allowed(
    client: AsyncWebClient, kind: PolicyKind, opens: bool
) -> None:
    request = Request(Verb.ASK, kind=kind, environment=SANDBOX)
    assert decide(read(RULES).widest, request, Person("U1")).permit is opens
    assert (await permission(client, RULES).may_open(kind, ANA)).permit is opens


async def test_permission_in_the_sandbox_does_not_cover_live(client: AsyncWebClient) -> None:
    for environment in Environment:
        permissions = permission(client, IN_THE_SANDBOX, environment)
        allowed = environment is SANDBOX
        assert (await permissions.may_open(BALANCE, ANA)).permit is allowed
        assert (await permissions.may_link(ANA)).permit is allowed
        may = await permissions.powers(ANA, [BALANCE])
        assert (may.history, may.kinds) == (allowed, (KindPowers("balance", ask=allowed),))


@pytest.mark.parametrize(
    ("rules", "actor", "rights"),
    [
        (RULES, ANA, CardRights(frozenset({"balance", "reward"}), history=False, links=True)),
        (LEADS_ASK, LEA, CardRights(frozenset({"balance"}), history=False, links=False)),
        (LEADS_ASK, ANA, CardRights(frozenset(), history=False, links=False)),
        (IN_THE_SANDBOX, ANA, CardRights(frozenset(ALL), history=True, links=True)),
        (IN_THE_SANDBOX, GUS, CardRights(frozenset(), history=False, links=False)),
        (LEADS_ASK, UNKNOWN, CardRights(frozenset(ALL), history=True, links=True)),
    ],
)
async def test_card_offers_what_a_person_may_do_and_what_cannot_be_checked(
    client: AsyncWebClient, rules: str, actor: Actor, rights: CardRights
) -> None:
    assert await permission(client, rules).card_rights(actor, KINDS) == rights


async def test_groups_and_membership_come_from_slack(client: AsyncWebClient) -> None:
    permissions = permission(client, LEADS_ASK)
    reasons = [(await permissions.may_open(BALANCE, actor)).reason for actor in (LEA, ANA, GUS, UNKNOWN)]
    assert reasons == [
        DecisionReason.ALLOWED,
        DecisionReason.NO_RULE,
        DecisionReason.NOT_A_MEMBER,
        DecisionReason.UNCHECKED,
    ]


async def test_links_follow_changes_of_billing_where_no_rule_names_links(client: AsyncWebClient) -> None:
    rewards = '[[allow]]\nname = "rewards"\nwho = "everyone"\nmay = "ask"\nchanges = "reward"\n'
    permissions = permission(client, rewards)
    assert (await permissions.may_link(ANA)).permit
    assert not (await permissions.may(Request(Verb.HISTORY, environment=SANDBOX), ANA)).permit
    assert not (await permission(client, rewards, billing=(BALANCE,)).may_link(ANA)).permit
    leads = rewards + '[[allow]]\nwho = "@billing-leads"\nmay = "link"\n'
    assert not (await permission(client, leads).may_link(ANA)).permit
    assert (await permission(client, leads).may_link(LEA)).permit


async def test_people_who_may_request_a_change_may_not_always_have_links(client: AsyncWebClient) -> None:
    permissions = permission(client, RULES)
    large = Request(Verb.ASK, kind=BALANCE, environment=SANDBOX, amount=Decimal(7))
    deletion = Request(Verb.ASK, kind=DELETION, environment=SANDBOX)
    assert permissions.holders(large) == Who()
    assert permissions.holders(large, opening=True) == Who(everyone=True)
    assert permissions.holders(deletion, opening=True) == Who()


def test_limits_of_other_people_are_not_shown() -> None:
    policy = read(
        '[[allow]]\nwho = "everyone"\nmay = "ask"\n'
        '[[allow]]\nwho = "U01ANA"\nmay = "at_once"\nchanges = "balance"\namount_up_to = 5\n'
        '[[allow]]\nwho = "U02RAJ"\nmay = "at_once"\nchanges = "balance"\namount_up_to = 500\n'
    )
    (balance,) = powers(policy, Person("U01ANA"), [BALANCE], SANDBOX).kinds
    assert balance.limits == ({Measure.AMOUNT: Decimal(5), Measure.DAY: Decimal(5)},)


def test_limits_are_not_shown_where_everything_is_applied_right_away() -> None:
    everything = '[[allow]]\nwho = "everyone"\nmay = ["ask", "at_once"]\n'
    limited = '[[allow]]\nwho = "everyone"\nmay = "at_once"\nchanges = "balance"\namount_up_to = 5\n'
    assert powers(read(everything + limited), Person("U1"), [BALANCE], SANDBOX).kinds == (
        KindPowers("balance", ask=True, at_once=True, always_at_once=True),
    )


async def test_previews_of_links_name_customers_in_named_channels(client: AsyncWebClient) -> None:
    rules = '[link_previews]\nchannels = ["C01SUPPORT"]\n'
    permissions = permission(client, rules)
    assert permissions.may_preview("C01SUPPORT")
    assert not permissions.may_preview("C02BILLING")


async def test_digests_are_decided_by_their_own_rule(client: AsyncWebClient) -> None:
    permissions = permission(client, '[digests]\nwho = "@billing-leads"\n')
    decisions = [await permissions.may_digests(actor) for actor in (LEA, ANA)]
    assert [decision.permit for decision in decisions] == [True, False]
    assert (await permissions.powers(LEA, KINDS)).digests
