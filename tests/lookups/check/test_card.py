"""What the check card says."""

from decimal import Decimal
from typing import Any

import pytest

from bot.autumn.errors import Forbidden, NotFound
from bot.autumn.models import Check, Flag
from bot.lookups import labels
from bot.lookups.answers import CatalogueNames
from bot.lookups.check import words
from bot.lookups.check.card import Checked
from bot.lookups.check.reason import Why
from bot.lookups.place import Place
from tests.kit import checks
from tests.lookups.drawing import PLACE, draw, text_of
from tests.lookups.samples import NOW, balance, customer

ASKED = PLACE.of_feature("messages").asking().at(units=Decimal(500))
SEVERAL = {"usage_limits": [{"feature_id": "messages", "limit": 600, "interval": "day", "usage": 200}]}


def checked(check: Any, place: Place = ASKED, *, boolean: bool = False, **changes: Any) -> Checked:
    names = CatalogueNames(features={"tokens": "Tokens", "credits": "Credits"}, plans={"team": "Team"})
    return Checked(customer(**changes), place.feature, boolean, place, check, NOW, names=names)


def answer(needed: int, *, allowed: bool, **held: Any) -> Check:
    return Check(allowed=allowed, required_balance=Decimal(needed), balance=balance(**held))


def test_allowed_check_says_why_and_what_remains() -> None:
    card = draw(checked(answer(500, allowed=True)), ASKED)
    card_text = text_of(card)
    assert words.verdict(words.THEY, "500", "Messages", allowed=True) in card_text
    assert words.REASONS[Why.ENOUGH_LEFT] in card_text
    assert "*Messages* · 300 of 1,000 used" in card_text
    assert words.left_after("200") in card_text


@pytest.mark.parametrize(
    ("check", "controls", "says"),
    [
        (answer(701, allowed=False), {}, words.REASONS[Why.NOT_ENOUGH]),
        (answer(500, allowed=False), SEVERAL, words.usage_limit("600", "day", "200")),
        (
            answer(701, allowed=False, overage_allowed=True),
            {"spend_limits": [{"feature_id": "messages", "overage_limit": 50, "enabled": True}]},
            words.spend_limit("50"),
        ),
        (
            answer(701, allowed=False, overage_allowed=True),
            {
                "spend_limits": [
                    {
                        "feature_id": "messages",
                        "overage_limit": "odd",
                        "limit_type": "usage_percentage",
                        "enabled": True,
                    }
                ]
            },
            words.spend_limit_percent("–"),
        ),
        (
            answer(701, allowed=False, overage_allowed=True, max_purchase=Decimal(40)),
            {},
            words.sold("40"),
        ),
    ],
)
def test_refused_check_says_why(check: Check, controls: dict[str, Any], says: str) -> None:
    card_text = text_of(draw(checked(check, billing_controls=controls), ASKED))
    assert words.verdict(words.THEY, "500", "Messages", allowed=False) in card_text
    assert says in card_text
    assert "left afterwards" not in card_text


@pytest.mark.parametrize("balance_fields", [{"unlimited": True}, {"remaining": 100, "overage_allowed": True}])
def test_remainder_is_shown_only_where_there_is_one(balance_fields: dict[str, Any]) -> None:
    assert "left afterwards" not in text_of(draw(checked(answer(500, allowed=True, **balance_fields)), ASKED))


def test_feature_paid_with_credits_shows_the_number_of_credits() -> None:
    place = ASKED.at(feature="tokens", units=Decimal(1000))
    check = Check(allowed=True, required_balance=Decimal(10), balance=balance("credits", feature=None))
    card_text = text_of(draw(checked(check, place), place))
    assert words.verdict(words.THEY, "1,000", "Tokens", allowed=True) in card_text
    assert words.paid_by("10", "Credits") in card_text


@pytest.mark.parametrize(("plan", "from_plan"), [("team", True), (None, False)])
def test_boolean_feature_has_no_number(plan: str | None, from_plan: bool) -> None:
    place = ASKED.at(feature="sso")
    check = Check(allowed=True, flag=Flag(feature_id="sso", plan_id=plan))
    card = draw(checked(check, place, boolean=True), place)
    card_text = text_of(card)
    assert words.verdict(words.THEY, "", "sso", allowed=True) in card_text
    assert (words.from_plan("Team") in card_text) is from_plan
    assert words.HOW_MANY not in card_text


def test_other_numbers_are_one_click_away() -> None:
    card = draw(checked(answer(500, allowed=True)), ASKED)
    buttons = checks.buttons(card)
    assert Place.decode(buttons["1,000"]) == ASKED.at(units=Decimal(1000))
    assert labels.current("500") in buttons
    assert Place.decode(buttons[words.BACK_TO_FEATURE]).part == "feature"


def test_entity_is_named_and_linked_back_to() -> None:
    place = PLACE.of_entity("ws_1").asking().at(feature="messages", units=Decimal(500))
    card = draw(checked(answer(500, allowed=True), place), place)
    assert words.verdict(words.entity("`ws_1`"), "500", "Messages", allowed=True) in text_of(card)
    assert Place.decode(checks.buttons(card)[words.BACK_TO_ENTITY]) == PLACE.of_entity("ws_1")


@pytest.mark.parametrize(
    ("typed", "says"), [("", words.WHICH), ("mess<!here>", words.unknown_feature("`mess&lt;!here&gt;`"))]
)
def test_check_without_a_feature_asks_for_one(typed: str, says: str) -> None:
    place = ASKED.at(feature=typed)
    nothing = Checked(customer(), "", False, place, None, NOW)
    assert says in text_of(draw(nothing, place))


def test_check_may_fail_alone() -> None:
    card_text = text_of(draw(checked(Forbidden(status=403)), ASKED))
    assert words.CHECK in card_text
    assert labels.FAILURES[Forbidden].what in card_text


def test_missing_entity_is_reported() -> None:
    place = ASKED.at(entity="ws_1")
    gone = NotFound(status=404, code="entity_not_found")
    assert words.NO_ENTITY in text_of(draw(checked(gone, place), place))
