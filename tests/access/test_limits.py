"""Limits on the size of a change: what exceeds them, and how this is worded."""

from dataclasses import replace
from decimal import Decimal

import pytest

from bot.access import words
from bot.access.limits import NOTHING_MOVED, Exceeded, Limits, Measure, Size, Today, Worth, exceeded, worth_in
from bot.access.policy import DecisionReason, Person, Request, Verb, decide
from tests.policy import BALANCE, read

D = Decimal
ANA = Person("U01ANA")
FIVE_DOLLARS = Worth(D(5), "USD")
MONEY = (Measure.VALUE, Measure.VALUE_DAY, Measure.VALUE_PERSON_DAY)
BUSY = Today(
    3,
    units=D(70),
    person_units=D(80),
    values={"USD": D(6), "EUR": D(9)},
    person_values={"USD": D(7)},
)


@pytest.mark.parametrize(
    ("measure", "limit", "remaining"),
    [
        (Measure.AMOUNT, 30, None),
        (Measure.AMOUNT, 29, 29),
        (Measure.DAY, 100, None),
        (Measure.DAY, 99, 29),
        (Measure.DAY, 50, 0),
        (Measure.PERSON_DAY, 110, None),
        (Measure.PERSON_DAY, 109, 29),
    ],
)
def test_units_beyond_a_limit(measure: Measure, limit: int, remaining: int | None) -> None:
    excess = list(exceeded("small", {measure: D(limit)}, Size(D(30), None, BUSY)))
    assert excess == ([] if remaining is None else [Exceeded("small", measure, D(limit), D(remaining))])


@pytest.mark.parametrize(
    ("measure", "limit", "remaining"),
    [
        (Measure.VALUE, 5, None),
        (Measure.VALUE, 4, 4),
        (Measure.VALUE_DAY, 11, None),
        (Measure.VALUE_DAY, 10, 4),
        (Measure.VALUE_PERSON_DAY, 12, None),
        (Measure.VALUE_PERSON_DAY, 11, 4),
        (Measure.VALUE_PERSON_DAY, 1, 0),
    ],
)
def test_money_beyond_a_limit(measure: Measure, limit: int, remaining: int | None) -> None:
    size = Size(None, FIVE_DOLLARS, BUSY)
    excess = list(exceeded("small", {measure: {"EUR": D(0), "USD": D(limit)}}, size))
    assert excess == (
        [] if remaining is None else [Exceeded("small", measure, D(limit), D(remaining), "USD")]
    )


@pytest.mark.parametrize("measure", Measure)
def test_first_change_of_a_day_has_the_full_limit(measure: Measure) -> None:
    limit = {"USD": D(5)} if measure in MONEY else D(5)
    assert [*exceeded("small", {measure: limit}, Size(D(5), FIVE_DOLLARS))] == []
    assert len([*exceeded("small", {measure: limit}, Size(D(6), Worth(D(6), "USD")))]) == 1


@pytest.mark.parametrize("measure", MONEY)
def test_money_without_a_limit_exceeds_it(measure: Measure) -> None:
    limits: Limits = {measure: {"USD": D(1000)}}
    assert [*exceeded("r", limits, Size(D(1), Worth(D(0), "EUR")))] == [
        Exceeded("r", measure, None, currency="EUR")
    ]
    assert [*exceeded("r", limits, Size(D(1)))] == [Exceeded("r", measure, None)]


@pytest.mark.parametrize("measure", [Measure.AMOUNT, Measure.DAY, Measure.PERSON_DAY])
def test_unknown_size_exceeds_every_limit(measure: Measure) -> None:
    assert [*exceeded("r", {measure: D(90)}, Size(None, FIVE_DOLLARS))] == [
        Exceeded("r", measure, D(90), D(90))
    ]


@pytest.mark.parametrize(
    ("code", "worth"), [("usd", FIVE_DOLLARS), ("USD", FIVE_DOLLARS), ("", None), ("dollars", None)]
)
def test_only_money_in_a_currency_has_a_worth(code: str, worth: Worth | None) -> None:
    assert worth_in(D(5), code) == worth


# The limit a decision rests on

ASK = '[[allow]]\nwho = "everyone"\nmay = "ask"\n'
SMALL = (
    '[[allow]]\nname = "small"\nwho = "everyone"\nmay = "at_once"\nchanges = "balance"\n'
    "amount_up_to = 50\nper_day = 90\nvalue_up_to = { USD = 4 }\n"
)
LARGE = '[[require]]\nname = "large"\nchanges = "balance"\namount_over = 60\napprovals = 2\n'
NEVER = '[[deny]]\nname = "never"\nwho = "everyone"\nmay = "ask"\nchanges = "balance"\namount_over = 80\n'
REASON = '[[require]]\nname = "why"\nchanges = "balance"\namount_over = 1\nreason = true\n'


def request_of(amount: int, worth: Worth | None = None, earlier: Today = NOTHING_MOVED) -> Request:
    return Request(Verb.ASK, BALANCE, D(amount), worth=worth, earlier=earlier)


@pytest.mark.parametrize(
    ("rules", "request_", "limits"),
    [
        (ASK + SMALL, request_of(50, Worth(D(4), "USD")), []),
        (ASK + SMALL, request_of(51, FIVE_DOLLARS), [Measure.AMOUNT, Measure.VALUE, Measure.VALUE_DAY]),
        (ASK + SMALL, request_of(30, Worth(D(1), "USD"), BUSY), [Measure.DAY, Measure.VALUE_DAY]),
        (ASK + SMALL + LARGE, request_of(61, Worth(D(1), "USD")), [Measure.AMOUNT, Measure.DAY]),
        (ASK + SMALL + REASON, request_of(2, Worth(D(1), "USD")), []),
        (ASK + SMALL.replace("everyone", "U09"), request_of(51), []),
        (ASK + SMALL + 'environment = "live"\n', request_of(51), []),
        (ASK, request_of(51), []),
    ],
)
def test_decision_names_the_limits_it_rests_on(rules: str, request_: Request, limits: list[Measure]) -> None:
    decision = decide(read(rules), request_, ANA)
    assert decision.permit
    assert [limit.measure for limit in decision.exceeded] == limits
    somebody_else = "U09" in rules or "live" in rules
    assert decision.at_once is (not limits and "at_once" in rules and not somebody_else)


def test_refusal_names_the_limit_of_the_denying_rule() -> None:
    decision = decide(read(ASK + NEVER), request_of(81), ANA)
    assert (decision.reason, decision.rule) == (DecisionReason.DENIED, "never")
    assert [limit.rule for limit in decision.exceeded] == ["never", "never"]


def test_refusal_names_the_limit_of_the_rule_that_would_allow_it() -> None:
    narrow = (
        ASK.replace("[[allow]]\n", '[[allow]]\nname = "some"\n') + 'changes = "balance"\namount_up_to = 5\n'
    )
    decision = decide(read(narrow), request_of(6), ANA)
    assert (decision.permit, decision.reason) == (False, DecisionReason.NO_RULE)
    assert [(limit.rule, limit.measure) for limit in decision.exceeded] == [
        ("some", Measure.AMOUNT),
        ("some", Measure.DAY),
    ]
    wider = narrow.replace('"some"', '"more"').replace("= 5", "= 50")
    first_rule = decide(read(narrow + wider), request_of(51), ANA)
    assert first_rule.exceeded == decide(read(narrow), request_of(51), ANA).exceeded
    outsider = decide(read(narrow.replace("everyone", "U09")), request_of(6), ANA)
    assert outsider.exceeded == ()
    unchecked = replace(ANA, unchecked=frozenset({"@team"}))
    assert (
        decide(read(narrow.replace("everyone", "@team")), request_of(5), unchecked).reason
        is DecisionReason.UNCHECKED
    )


@pytest.mark.parametrize(
    ("features", "features_changed", "permit"),
    [
        ('"messages"', frozenset({"messages"}), True),
        ('["messages", "seats"]', frozenset({"messages"}), True),
        ('"seats"', frozenset({"messages"}), False),
        ('"messages"', frozenset({"messages", "seats"}), False),
        ('"messages"', frozenset(), False),
        ('"messages"', None, False),
    ],
)
def test_rules_can_name_features(
    features: str, features_changed: frozenset[str] | None, permit: bool
) -> None:
    request = Request(Verb.ASK, BALANCE, D(1), features=features_changed)
    assert decide(read(ASK + f"features = {features}"), request, ANA).permit is permit


@pytest.mark.parametrize(
    ("features_changed", "denied"),
    [
        (frozenset({"seats"}), True),
        (frozenset({"messages", "seats"}), True),
        (frozenset({"messages"}), False),
        (frozenset(), False),
        (None, True),
    ],
)
def test_denied_features_are_denied_in_mixed_requests(
    features_changed: frozenset[str] | None, denied: bool
) -> None:
    rules = ASK + '[[deny]]\nwho = "everyone"\nfeatures = "seats"'
    request = Request(Verb.ASK, BALANCE, D(1), features=features_changed)
    assert decide(read(rules), request, ANA).permit is not denied


# In words


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        (Exceeded("small", Measure.AMOUNT, D(1000), D(1000)), "`small`: 1,000 at a time."),
        (
            Exceeded("small", Measure.DAY, D(2000), D(500)),
            "`small`: 2,000 per customer per day, and 500 of that is left today.",
        ),
        (
            Exceeded("small", Measure.PERSON_DAY, D(2000), D(0)),
            "`small`: 2,000 per person per day, and 0 of that is left today.",
        ),
        (Exceeded("small", Measure.VALUE, D(50), D(50), "EUR"), "`small`: €50.00 at a time."),
        (
            Exceeded("small", Measure.VALUE_DAY, D(50), D("9.5"), "USD"),
            "`small`: $50.00 per customer per day, and $9.50 of that is left today.",
        ),
        (
            Exceeded("small", Measure.VALUE_PERSON_DAY, D(50), D("9.5"), "USD"),
            "`small`: $50.00 per person per day, and $9.50 of that is left today.",
        ),
        (Exceeded("small", Measure.VALUE, None, currency="JPY"), "`small`: it has no limit in `JPY`."),
        (
            Exceeded("small", Measure.VALUE, None),
            "`small`: it has a limit in money, and Maple doesn't know what this is worth.",
        ),
    ],
)
def test_exceeded_limit_is_named_with_the_remainder(limit: Exceeded, expected: str) -> None:
    beyond = "outside" if limit.limit is None else "over the limit of"
    assert words.exceeded(limit) == f"This is {beyond} rule {expected}"


def test_rule_without_limits_names_none() -> None:
    assert words.limits_of({}) == ""
