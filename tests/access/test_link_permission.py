"""Who may create links."""

import pytest

from bot.access.permission import decide_links
from bot.access.policy import DecisionReason, Person
from bot.access.rules import BUILT_IN
from bot.autumn.models import Environment
from bot.links.registry import who_asks
from tests.policy import read

ANA = Person("U01ANA")
EVERYONE = '[[allow]]\nwho = "everyone"\nmay = '
NOBODY_ELSE = '[[allow]]\nwho = "U02RAJ"\nmay = "link"'


@pytest.mark.parametrize(
    ("rules", "permit", "reason"),
    [
        (EVERYONE + '"link"', True, DecisionReason.ALLOWED),
        (EVERYONE + '"ask"', True, DecisionReason.ALLOWED),
        (EVERYONE + '"ask"\nchanges = "refund"\nvalue_up_to = { USD = 5 }', True, DecisionReason.ALLOWED),
        (EVERYONE + '"ask"\nchanges = "balance"', False, DecisionReason.NO_RULE),
        (EVERYONE + '"ask"\nenvironment = "live"', True, DecisionReason.ALLOWED),
        (EVERYONE + '"history"', False, DecisionReason.NO_RULE),
        (EVERYONE + '"ask"\n' + NOBODY_ELSE, False, DecisionReason.NO_RULE),
        (EVERYONE + '"ask"\n[[deny]]\nwho = "U01ANA"\nmay = "link"', False, DecisionReason.DENIED),
        (EVERYONE + '"ask"\n[[deny]]\nwho = "U01ANA"\nmay = "ask"', False, DecisionReason.DENIED),
        (EVERYONE + '"link"\n[[deny]]\nwho = "U01ANA"', False, DecisionReason.DENIED),
        (EVERYONE + '"link"\n[[deny]]\nwho = "U01ANA"\nchanges = "refund"', True, DecisionReason.ALLOWED),
        (EVERYONE + '"link"\nenvironment = "sandbox"', False, DecisionReason.NO_RULE),
    ],
)
def test_links_follow_their_rule_or_that_of_billing(rules: str, permit: bool, reason: DecisionReason) -> None:
    decision = decide_links(read(rules), ANA, who_asks(), Environment.LIVE)
    assert (decision.permit, decision.reason) == (permit, reason)


def test_every_member_may_have_links_without_a_policy() -> None:
    assert decide_links(BUILT_IN, ANA, who_asks(), Environment.LIVE).permit
    assert not decide_links(BUILT_IN, Person("U03GUS", member=False), who_asks(), Environment.LIVE).permit
    unsure = decide_links(BUILT_IN, Person("U03GUS", member=None), who_asks(), Environment.LIVE)
    assert unsure.reason is DecisionReason.UNCHECKED


def test_without_a_kind_of_billing_a_rule_is_needed() -> None:
    assert decide_links(BUILT_IN, ANA, (), Environment.LIVE).reason is DecisionReason.NO_RULE


def test_changes_of_billing_are_those_that_need_its_scope() -> None:
    assert {kind.id for kind in who_asks()} >= {"refund", "cancellation", "switch", "quantity", "trial"}
    assert "balance" not in {kind.id for kind in who_asks()}
