"""Policies and their files at the boundaries of limits, and the line in which a mistake is reported."""

from decimal import Decimal
from pathlib import Path

import pytest

from bot.access.limits import Measure
from bot.access.policy import BUILT_IN, decide
from bot.access.policy_file import PolicyError
from bot.access.rules import Person, Request, Verb, When
from bot.autumn.models import Environment
from tests.policy import BALANCE, DETAILS, load, read


@pytest.mark.parametrize(
    ("when", "any_change"),
    [
        (When(), True),
        (When(environment=Environment.LIVE), True),
        (When(changes=frozenset({"balance"})), False),
        (When(over={Measure.AMOUNT: Decimal(0)}), False),
        (When(up_to={Measure.AMOUNT: Decimal(0)}), False),
        (When(features=frozenset({"messages"})), False),
        (When(products=frozenset({"pro"})), False),
        (When(rewards=frozenset({"vip"})), False),
    ],
)
def test_only_narrowing_by_change_belongs_to_one_change(when: When, any_change: bool) -> None:
    assert when.any_change is any_change
    assert when.holds(Request(Verb.HISTORY, environment=Environment.LIVE)) is any_change


OK = '[[allow]]\nwho = "everyone"\nmay = "ask"\n'


@pytest.mark.parametrize(
    ("data", "line"),
    [(b"\n\xff", 2), (b"# \xff\n\n\n", 1), (b"\n\n# \xff\n\n", 3)],
)
def test_lines_of_values_that_are_not_text(tmp_path: Path, data: bytes, line: int) -> None:
    path = tmp_path / "p.toml"
    path.write_bytes(data)
    with pytest.raises(PolicyError, match=rf"^{path}, line {line}: is not UTF-8 text$"):
        load(path)


def test_errors_name_the_file(tmp_path: Path) -> None:
    path = tmp_path / "p.toml"
    path.write_text("[[allow]]\nwho = \n" + OK)
    with pytest.raises(PolicyError, match=rf"^{path}, line 2: is not valid TOML \(invalid value\)$"):
        load(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            'deny = 1\nx = "\n',
            "p, line 2: is not valid TOML (illegal character '\\n')",
        ),
        (
            "[[deny]]\nwho = '#a'\nmay = []",
            'p, line 2: who: "#a" is not a person or group: write "everyone", a user id (U…), a '
            "group id (S…) or a group's handle (@…)\np, line 3: may: must not be empty",
        ),
        (
            f'{OK}name = "a"\n[[deny]]\nname = "b"\nwho = "everyone"\n{OK}name = "a"\n'
            '[[deny]]\nwho = "everyone"\nname = "b"\n',
            'p, line 11: name: another rule is already called "a"\n'
            'p, line 14: name: another rule is already called "b"',
        ),
        (
            f'{OK}name = "a"\n[[deny]]\nwho = "everyone"\nname = "a"',
            'p, line 7: name: another rule is already called "a"',
        ),
    ],
)
def test_every_mistake_is_reported(text: str, message: str) -> None:
    with pytest.raises(PolicyError) as error:
        read(text, "p")
    assert str(error.value) == message


def test_unnamed_rules_are_not_duplicates() -> None:
    policy = read(OK + OK + "[[deny]]\nwho = 'U01'\n[[require]]\nreason = true\n[[require]]\nreason = true")
    assert [rule.name for rule in policy.allow + policy.deny] == ["allow 1", "allow 2", "deny 1"]
    assert [rule.name for rule in policy.require] == ["require 1", "require 2"]


def test_errors_say_policy_without_a_file_name() -> None:
    with pytest.raises(PolicyError, match=r"^policy, line 1: "):
        read("rules = 1")


@pytest.mark.parametrize(
    ("may", "verbs"),
    [
        ("ask", {Verb.ASK}),
        ("undo", set()),
        ('["ask", "undo"]', {Verb.ASK, Verb.UNDO}),
        ("approve", {Verb.APPROVE}),
        ("approve_own", set()),
        ("at_once", set()),
        ("mark", {Verb.MARK}),
        ("history", {Verb.HISTORY}),
        ("link", {Verb.LINK}),
    ],
)
def test_verbs_need_their_powers(may: str, verbs: set[Verb]) -> None:
    policy = read(f'[[allow]]\nwho = "everyone"\nmay = {may if "[" in may else repr(may)}')
    person = Person("U01")
    requests = {verb: Request(verb, None if verb in (Verb.HISTORY, Verb.LINK) else BALANCE) for verb in Verb}
    requests[Verb.WITHDRAW] = Request(Verb.WITHDRAW, BALANCE, own=True)
    permitted = {verb for verb, request in requests.items() if decide(policy, request, person).permit}
    assert permitted == verbs | {Verb.WITHDRAW, Verb.DIGESTS}, "these two need no power"


def test_built_in_policy_is_named_in_the_trail() -> None:
    decision = decide(BUILT_IN, Request(Verb.ASK, DETAILS), Person("U01"))
    assert (decision.rule, decision.approvals, decision.self_approval) == ("built in", 1, False)
    assert [rule.name for rule in BUILT_IN.allow] == ["built in"]
