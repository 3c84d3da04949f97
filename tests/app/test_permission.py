"""Whether there is any change that a person may ask for, which decides if the form opens."""

import pytest

from bot.access.permission import widest
from bot.access.policy import Person, Request, Verb, decide
from bot.access.rules import PolicyKind
from bot.autumn.models import Environment
from tests.policy import BALANCE, DELETION, DETAILS, REWARD, read

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


@pytest.mark.parametrize(
    ("kind", "opens"),
    [(BALANCE, True), (REWARD, True), (DETAILS, False), (DELETION, False)],
)
def test_a_form_opens_for_whom_something_is_allowed(kind: PolicyKind, opens: bool) -> None:
    request = Request(Verb.ASK, kind=kind, environment=Environment.SANDBOX)
    assert decide(widest(read(RULES)), request, Person("U1")).permit is opens
