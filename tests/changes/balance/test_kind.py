from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from bot.access.limits import EXACT, Tolerance
from bot.autumn.models import BalanceRow, Entity, Feature, Flag, Plan, PlanItem, Reset, UsagePrice
from bot.changes.amounts import AmountNote
from bot.changes.balance import kind as balance
from bot.changes.balance import words
from bot.changes.balance.form import ACTION_BLOCK
from bot.changes.balance.request import BalanceInput
from bot.changes.balance.words import BalanceAction, BalanceLine, BalanceNote
from bot.changes.lines import Line, LineLabel, ValueFormat
from bot.changes.model import EntityScope, Facts, Verdict
from bot.changes.notes import CommonNote, Note, NoteCode
from bot.changes.spec import UNITS_OF_FEATURE, UPDATE_BALANCE, DailyTotal, KeyScope, Misread
from bot.kit import form_values
from tests.changes.facts import (
    AHEAD,
    BY_USE,
    LATER,
    MONTHLY,
    NOW,
    ONE_OFF,
    SOON,
    customer,
    facts,
    row,
    subscription,
)
from tests.changes.facts import balance as held

GIVE, SET, USAGE, NONE = BalanceAction.GIVE, BalanceAction.SET, BalanceAction.USAGE, BalanceAction.RESET_DATE
TAKE, SHIFT = BalanceAction.TAKE, BalanceAction.SHIFT
APPLIED, NOT_APPLIED, UNCLEAR = Verdict.APPLIED, Verdict.NOT_APPLIED, Verdict.UNCLEAR

CHANGE = balance.BalanceChange()
PLAIN = facts(held(row()))


def edit(action: BalanceAction, amount: Any = None, **changes: Any) -> BalanceInput:
    fields = {"customer": "cus_1", "feature": "messages", "row": "row"}
    size = None if amount is None else Decimal(str(amount))
    return BalanceInput(**{**fields, "action": action, "amount": size, **changes})


def seats(*, used: int = 3, price: UsagePrice = BY_USE, **changes: Any) -> Facts:
    seat_row = row(included=5, usage=used, reset=None, price=price, **changes)
    return facts(held(seat_row, feature_id="seats"))


HIDDEN = replace(
    facts(),
    customer=customer(subscriptions=[subscription("free"), subscription("team", plan=None, past_due=True)]),
)
OTHER_PLAN = replace(
    facts(),
    customer=customer(
        subscriptions=[subscription(past_due=True, plan=Plan(id="pro", items=[PlanItem(feature_id="api")]))]
    ),
)
UNCLEAR_ROLLOVERS = facts(held(row(), row("other"), rollovers=((100, 100),)))


@pytest.mark.parametrize(
    ("change_input", "customer_facts", "refusal"),
    [
        (edit(GIVE), PLAIN, Note(AmountNote.NO_AMOUNT)),
        (edit(GIVE, 0), PLAIN, Note(BalanceNote.NOT_POSITIVE)),
        (edit(GIVE, -1), PLAIN, Note(BalanceNote.NOT_POSITIVE)),
        (edit(TAKE, -1), PLAIN, Note(BalanceNote.NOT_POSITIVE)),
        (edit(USAGE, -1), PLAIN, Note(BalanceNote.NEGATIVE_USAGE)),
        (edit(GIVE, 10**12 + 1), PLAIN, Note(AmountNote.TOO_LARGE, {"most": "1000000000000"})),
        (edit(SHIFT, -(10**12) - 1), PLAIN, Note(AmountNote.TOO_LARGE, {"most": "1000000000000"})),
        (edit(SET, "0.1234567"), PLAIN, Note(AmountNote.TOO_MANY_DECIMALS, {"most": "6"})),
        (edit(SET, 700), PLAIN, Note(CommonNote.NOTHING_TO_DO)),
        (edit(USAGE, 300), PLAIN, Note(CommonNote.NOTHING_TO_DO)),
        (edit(NONE), PLAIN, Note(CommonNote.NOTHING_TO_DO)),
        (edit(NONE, reset_at=SOON), PLAIN, Note(CommonNote.NOTHING_TO_DO)),
        (edit(NONE, reset_at=NOW), PLAIN, Note(BalanceNote.RESET_PAST)),
        (edit(GIVE, 5, reset_at=NOW - timedelta(1)), PLAIN, Note(BalanceNote.RESET_PAST)),
        (
            edit(NONE, reset_at=NOW + timedelta(3661)),
            PLAIN,
            Note(BalanceNote.RESET_TOO_FAR, {"latest": "2036-11-29T15:06:00.000+00:00"}),
        ),
        (edit(NONE, reset_at=LATER), facts(held(row(price=BY_USE))), Note(BalanceNote.RESET_ON_PAID)),
        (edit(NONE, reset_at=LATER), facts(held(row(reset=ONE_OFF))), Note(BalanceNote.RESET_ONE_OFF)),
        (edit(NONE, reset_at=LATER), facts(held(row(reset=None))), Note(BalanceNote.RESET_NEVER)),
        (edit(GIVE, 5, feature="sso"), PLAIN, Note(BalanceNote.FEATURE_IS_FLAG, {"feature": "sso"})),
        (
            edit(GIVE, 5, feature="white_label"),
            replace(PLAIN, customer=customer(flags={"white_label": Flag(feature_id="white_label")})),
            Note(BalanceNote.FEATURE_IS_FLAG, {"feature": "white_label"}),
        ),
        (edit(GIVE, 5, feature="seats"), PLAIN, Note(BalanceNote.FEATURE_NOT_HELD, {"feature": "seats"})),
        (edit(GIVE, 5), OTHER_PLAN, Note(BalanceNote.FEATURE_NOT_HELD, {"feature": "messages"})),
        (edit(GIVE, 5), HIDDEN, Note(BalanceNote.PAST_DUE_HIDDEN, {"feature": "messages", "plan": "team"})),
        (edit(GIVE, 5, row="gone"), PLAIN, Note(BalanceNote.ROW_GONE, {"feature": "messages"})),
        (edit(GIVE, 5, row=""), facts(held(row(""))), Note(BalanceNote.ROW_GONE, {"feature": "messages"})),
        (edit(GIVE, 5), facts(held(granted=10)), Note(BalanceNote.ENTITY_BALANCE, {"feature": "messages"})),
        (
            edit(GIVE, 5),
            facts(held(row(unlimited=True))),
            Note(BalanceNote.UNLIMITED, {"feature": "messages"}),
        ),
        (
            edit(GIVE, 5),
            facts(held(row(), unlimited=True)),
            Note(BalanceNote.UNLIMITED, {"feature": "messages"}),
        ),
        (edit(SET, 5), UNCLEAR_ROLLOVERS, Note(BalanceNote.ROLLOVERS_UNCLEAR, {"feature": "messages"})),
        (edit(TAKE, 5), UNCLEAR_ROLLOVERS, Note(BalanceNote.ROLLOVERS_UNCLEAR, {"feature": "messages"})),
        (edit(TAKE, 1001), PLAIN, Note(BalanceNote.MORE_THAN_GRANTED, {"most": "1000"})),
        (
            edit(TAKE, 5, cycle=LATER),
            PLAIN,
            Note(BalanceNote.RESET_SINCE, {"cycle": "2026-12-12T15:06:00.000+00:00"}),
        ),
        (edit(GIVE, 5, customer="cus_2"), PLAIN, Note(CommonNote.OTHER_CUSTOMER)),
    ],
)
def test_guard_refuses(change_input: BalanceInput, customer_facts: Facts, refusal: Note) -> None:
    judged = CHANGE.guard(change_input, customer_facts, NOW)
    assert judged.refusals == (refusal,)
    assert not judged.warnings
    assert not judged.allowed


def of_entity(*own: BalanceRow, shared: tuple[BalanceRow, ...] = (), **changes: Any) -> Facts:
    """`changes`: to the whole customer."""
    entity = Entity(id="ws_1", balances={"messages": held(*own, *shared)})
    return facts(held(*own), scope=EntityScope(entity, customer(held(*shared), **changes)))


UNBILLED = {
    "spend_limits": [
        {"feature_id": feature, "enabled": True, "skip_overage_billing": True}
        for feature in ("messages", "seats")
    ]
}
UNTIL = Note(BalanceNote.UNTIL_RESET, {"at": "2026-12-02T15:06:00.000+00:00"})


def note(code: NoteCode, **details: str) -> Note:
    return Note(code, details)


@pytest.mark.parametrize(
    ("change_input", "customer_facts", "warnings"),
    [
        (edit(GIVE, 5), PLAIN, [UNTIL]),
        (edit(GIVE, 5), facts(held(row(reset=ONE_OFF))), []),
        (
            edit(GIVE, 5),
            facts(held(row(reset=MONTHLY.model_copy(update={"resets_at": None})))),
            [note(BalanceNote.UNTIL_RESET, at="")],
        ),
        (edit(NONE, reset_at=LATER), PLAIN, []),
        (
            edit(GIVE, 5, reset_at=LATER),
            PLAIN,
            [note(BalanceNote.UNTIL_RESET, at="2026-12-12T15:06:00.000+00:00")],
        ),
        (edit(SET, -40), PLAIN, [UNTIL, note(BalanceNote.BECOMES_DEBT, units="40")]),
        (edit(SET, -1), PLAIN, [UNTIL, note(BalanceNote.BECOMES_DEBT, units="1")]),
        (
            edit(SET, -40),
            facts(held(row(price=BY_USE))),
            [UNTIL, note(BalanceNote.OVERAGE_BILLED, units="40")],
        ),
        (
            edit(SET, -40),
            facts(customer=customer(held(row(price=BY_USE)), billing_controls=UNBILLED)),
            [UNTIL, note(BalanceNote.BECOMES_DEBT, units="40")],
        ),
        (
            edit(SET, -10),
            facts(customer=customer(held(row(usage=1040, price=BY_USE)), billing_controls=UNBILLED)),
            [UNTIL],
        ),
        (
            edit(SET, -40, entity="ws_1"),
            of_entity(row(price=BY_USE), billing_controls=UNBILLED),
            [UNTIL, note(BalanceNote.BECOMES_DEBT, units="40")],
        ),
        (
            edit(SET, -40, entity="ws_1"),
            of_entity(row(), shared=(row("shared"),)),
            [UNTIL, note(BalanceNote.SOURCE_BECOMES_DEBT, units="40")],
        ),
        (
            edit(USAGE, 7, feature="seats"),
            replace(seats(), customer=seats().customer.model_copy(update={"billing_controls": UNBILLED})),
            [note(BalanceNote.SEATS_BILLED, units="2")],
        ),
        (edit(SET, -40), facts(held(row(price=AHEAD))), [UNTIL, note(BalanceNote.BECOMES_DEBT, units="40")]),
        (
            edit(SET, -40),
            facts(held(row(), row("other"))),
            [
                UNTIL,
                note(BalanceNote.SOURCE_BECOMES_DEBT, units="40"),
                note(BalanceNote.OTHER_ROWS, count="1"),
            ],
        ),
        (
            edit(SET, -40),
            facts(held(row(), granted=1500)),
            [UNTIL, note(BalanceNote.SOURCE_BECOMES_DEBT, units="40"), note(BalanceNote.ENTITIES_COUNTED)],
        ),
        (edit(USAGE, 200), facts(held(row(usage=1300))), [UNTIL]),
        # Only seats above the grant are billed: 5 are granted and 3 used.
        (edit(USAGE, 5, feature="seats"), seats(), []),
        (edit(USAGE, 1, feature="seats"), seats(), []),
        (edit(GIVE, 1, feature="seats"), seats(), []),
        (edit(TAKE, 1, feature="seats"), seats(), []),
        (edit(USAGE, 7, feature="seats"), seats(), [note(BalanceNote.SEATS_BILLED, units="2")]),
        (edit(SET, -1, feature="seats"), seats(), [note(BalanceNote.SEATS_BILLED, units="1")]),
        (edit(TAKE, 3, feature="seats"), seats(), [note(BalanceNote.SEATS_BILLED, units="1")]),
        (edit(USAGE, 9, feature="seats"), seats(used=8), [note(BalanceNote.SEATS_BILLED, units="1")]),
        (edit(USAGE, 4, feature="seats"), seats(used=6), [note(BalanceNote.SEATS_LOWERED, units="1")]),
        (edit(GIVE, 3, feature="seats"), seats(used=6), [note(BalanceNote.SEATS_LOWERED, units="1")]),
        (edit(USAGE, 7, feature="seats"), seats(price=AHEAD), [note(BalanceNote.BECOMES_DEBT, units="2")]),
        (edit(USAGE, 4, feature="seats"), seats(used=6, price=AHEAD), []),
        (
            edit(USAGE, 7, feature="seats"),
            replace(seats(), features={}),
            [note(BalanceNote.SEATS_BILLED, units="2")],
        ),
        (
            edit(SET, -10),
            facts(held(row(usage=1040, price=BY_USE))),
            [UNTIL, note(BalanceNote.OVERAGE_LOWERED, units="30")],
        ),
        (
            edit(SET, -60),
            facts(held(row(usage=1040, price=BY_USE))),
            [UNTIL, note(BalanceNote.OVERAGE_BILLED, units="20")],
        ),
        (
            edit(USAGE, 400),
            replace(
                facts(held(row(price=BY_USE), feature=Feature(id="messages", consumable=True))), features={}
            ),
            [UNTIL],
        ),
        (
            edit(SET, 0),
            facts(held(row(plan_id=None, reset=ONE_OFF, expires_at=LATER))),
            [
                note(BalanceNote.ROW_VANISHES),
                note(BalanceNote.ROW_EXPIRES, at="2026-12-12T15:06:00.000+00:00"),
            ],
        ),
        (edit(SET, 0), facts(held(row())), [UNTIL]),
        (
            edit(SET, 650),
            facts(held(row(), rollovers=((100, 80),))),
            [UNTIL, note(BalanceNote.ROLLOVERS_FIRST, units="80")],
        ),
        (edit(GIVE, 650), UNCLEAR_ROLLOVERS, [UNTIL, note(BalanceNote.OTHER_ROWS, count="1")]),
        (edit(GIVE, 5), facts(held(row(), granted=1500)), [UNTIL, note(BalanceNote.ENTITIES_COUNTED)]),
        (edit(GIVE, 5), facts(held(row(), rollovers=((None, 80),))), [UNTIL]),
    ],
)
def test_guard_warns(change_input: BalanceInput, customer_facts: Facts, warnings: list[Note]) -> None:
    judged = CHANGE.guard(change_input, customer_facts, NOW)
    assert judged.allowed
    assert list(judged.warnings) == warnings


def number_line(label: LineLabel, before: str | None, after: str | None) -> Line:
    return Line(label, before, after, ValueFormat.NUMBER)


ROLLED = facts(held(row(), rollovers=((100, 80), (50, 0))))


@pytest.mark.parametrize(
    ("change_input", "customer_facts", "granted", "remaining", "usage", "further_lines"),
    [
        (edit(GIVE, 250), PLAIN, ("1000", "1250"), ("700", "950"), ("300", "300"), []),
        (edit(USAGE, 120), PLAIN, ("1000", "1000"), ("700", "880"), ("300", "120"), []),
        (edit(SET, "0.5"), PLAIN, ("1000", "1000"), ("700", "0.5"), ("300", "999.5"), []),
        (
            edit(SET, -40),
            PLAIN,
            ("1000", "1000"),
            ("700", "0"),
            ("300", "1040"),
            [number_line(BalanceLine.OVERAGE, "0", "40")],
        ),
        (
            edit(GIVE, 100),
            facts(held(row(usage=1040))),
            ("1000", "1100"),
            ("0", "60"),
            ("1040", "1040"),
            [number_line(BalanceLine.OVERAGE, "40", "0")],
        ),
        (edit(SHIFT, -50), PLAIN, ("1000", "1000"), ("700", "650"), ("300", "350"), []),
        (edit(TAKE, 50), PLAIN, ("1000", "950"), ("700", "650"), ("300", "300"), []),
        (
            edit(NONE, reset_at=LATER),
            PLAIN,
            ("1000", "1000"),
            ("700", "700"),
            ("300", "300"),
            [
                Line(
                    BalanceLine.RESET,
                    "2026-12-02T15:06:00.000+00:00",
                    "2026-12-12T15:06:00.000+00:00",
                    ValueFormat.TIME,
                )
            ],
        ),
        (edit(SET, 600), ROLLED, ("1150", "1150"), ("780", "600"), ("370", "550"), []),
        (edit(USAGE, 400), ROLLED, ("1150", "1150"), ("780", "750"), ("370", "400"), []),
        (edit(TAKE, 100), ROLLED, ("1150", "1050"), ("780", "680"), ("370", "370"), []),
        (
            edit(SET, 0),
            facts(held(row(plan_id=None, reset=ONE_OFF))),
            ("1000", None),
            ("700", "0"),
            ("300", None),
            [],
        ),
        (
            edit(GIVE, 10),
            facts(held(row(), row("other"))),
            ("1000", "1010"),
            ("700", "710"),
            ("300", "300"),
            [number_line(BalanceLine.TOTAL_REMAINING, "1400", "1410")],
        ),
    ],
)
def test_preview_lines(
    change_input: BalanceInput,
    customer_facts: Facts,
    *,
    granted: tuple[str, str | None],
    remaining: tuple[str, str],
    usage: tuple[str, str | None],
    further_lines: list[Line],
) -> None:
    assert list(CHANGE.preview(change_input, customer_facts)) == [
        number_line(BalanceLine.GRANTED, *granted),
        number_line(BalanceLine.REMAINING, *remaining),
        number_line(BalanceLine.USAGE, *usage),
        *further_lines,
    ]


@pytest.mark.parametrize(
    ("change_input", "facts", "sent", "size"),
    [
        (edit(GIVE, 250), PLAIN, {"add_to_balance": 250, "included_grant": 1250}, "250"),
        (edit(TAKE, 250), PLAIN, {"add_to_balance": -250, "included_grant": 750}, "250"),
        (edit(SET, 500), PLAIN, {"remaining": 500}, "200"),
        (edit(SET, -40), PLAIN, {"remaining": -40}, "740"),
        (edit(SET, 500), ROLLED, {"remaining": 420}, "280"),
        (edit(USAGE, 120), PLAIN, {"usage": 120}, "180"),
        (edit(USAGE, 400), ROLLED, {"usage": 330}, "30"),
        (edit(SHIFT, "-0.5"), PLAIN, {"add_to_balance": -0.5, "included_grant": 1000}, "0.5"),
        (edit(NONE, reset_at=LATER), PLAIN, {"next_reset_at": 1797087960000}, None),
        (
            edit(GIVE, 10, reset_at=LATER),
            PLAIN,
            {"add_to_balance": 10, "included_grant": 1010, "next_reset_at": 1797087960000},
            None,
        ),
        (edit(SET, 10, reset_at=SOON), PLAIN, {"remaining": 10}, "690"),
        (edit(SET, 700, reset_at=LATER), PLAIN, {"next_reset_at": 1797087960000}, None),
    ],
)
def test_plan_and_amount(
    change_input: BalanceInput, facts: Facts, sent: dict[str, Any], size: str | None
) -> None:
    (write,) = CHANGE.plan(change_input, facts)
    address = {"customer_id": "cus_1", "feature_id": "messages", "balance_id": "row"}
    assert dict(write.body) == address | sent
    assert all(type(value) is not Decimal for value in write.body.values())
    assert (write.route, write.method, write.path) == ("balances.update", "POST", "/v1/balances.update")
    assert write.per_customer
    assert CHANGE.amount(change_input, CHANGE.snapshot(change_input, facts)) == (
        None if size is None else Decimal(size)
    )


@pytest.mark.parametrize(
    ("change_input", "takes"),
    [
        (edit(GIVE, 5), False),
        (edit(TAKE, 5), True),
        (edit(SET, 500), True),
        (edit(SET, 900), False),
        (edit(USAGE, 120), False),
        (edit(USAGE, 500), True),
        (edit(SHIFT, "-0.5"), True),
        (edit(NONE, reset_at=LATER), False),
        (edit(GIVE), False),
        (edit(TAKE, 5, row="gone"), False),
    ],
)
def test_amount_is_taken_if_less_is_left(change_input: BalanceInput, takes: bool) -> None:
    assert CHANGE.takes(change_input, CHANGE.snapshot(change_input, PLAIN)) is takes


def test_refused_change_has_no_plan_and_no_amount() -> None:
    request = edit(GIVE, 5, row="gone")
    with pytest.raises(TypeError, match=r"^The guard refuses this: row_gone$"):
        CHANGE.plan(request, PLAIN)
    assert CHANGE.snapshot(request, PLAIN) == {"row": None}
    assert CHANGE.amount(request, {"row": None}) is None
    assert CHANGE.amount(edit(GIVE), CHANGE.snapshot(edit(GIVE), PLAIN)) is None


def test_sample_is_a_change_that_could_be_made() -> None:
    assert CHANGE.guard(CHANGE.sample("cus_1"), PLAIN, NOW).allowed


def facts_with_row(**changes: Any) -> Facts:
    return facts(held(row(**changes)))


@pytest.mark.parametrize(
    ("change_input", "now", "holds"),
    [
        (edit(GIVE, 5), PLAIN, True),
        (edit(SET, 5), PLAIN, True),
        (edit(GIVE, 5), facts_with_row(usage=310), True),
        (edit(GIVE, 5), facts_with_row(included=1100), True),
        (edit(GIVE, 5), facts_with_row(reset=MONTHLY.model_copy(update={"resets_at": LATER})), True),
        (edit(SET, 5), facts_with_row(usage=310), False),
        (edit(USAGE, 5), facts_with_row(usage=310), False),
        (edit(USAGE, 5), facts_with_row(included=1010, usage=310), False),
        (edit(NONE, reset_at=LATER), facts_with_row(usage=310), True),
        (
            edit(NONE, reset_at=LATER),
            facts_with_row(reset=MONTHLY.model_copy(update={"resets_at": LATER})),
            False,
        ),
        (edit(GIVE, 5), facts_with_row(price=BY_USE), False),
        (edit(GIVE, 5), facts_with_row(plan_id="team"), False),
        (edit(GIVE, 5), facts(held(row("other"))), False),
        (edit(SHIFT, 5), facts_with_row(usage=310), True),
    ],
)
def test_preview_holds_or_not(change_input: BalanceInput, now: Facts, holds: bool) -> None:
    then = CHANGE.snapshot(change_input, PLAIN)
    assert CHANGE.holds(change_input, then, CHANGE.snapshot(change_input, now)) is holds
    assert CHANGE.holds(change_input, CHANGE.snapshot(change_input, now), then) is holds


LOOSE = facts(held(row(plan_id=None, reset=ONE_OFF)))
MOVED_RESET = MONTHLY.model_copy(update={"resets_at": LATER})
OTHER_RESET = MONTHLY.model_copy(update={"resets_at": NOW + timedelta(30)})


@pytest.mark.parametrize(
    ("change_input", "after", "verdict"),
    [
        # Giving: the grant decides, whatever is used meanwhile.
        (edit(GIVE, 250), facts_with_row(included=1250), APPLIED),
        (edit(GIVE, 250), facts_with_row(included=1250, usage=900), APPLIED),
        (edit(GIVE, 250), PLAIN, NOT_APPLIED),
        (edit(GIVE, 250), facts_with_row(usage=340), NOT_APPLIED),
        (edit(GIVE, 250), facts_with_row(usage=50), UNCLEAR),  # the balance moved and the grant did not
        (edit(GIVE, 250), facts_with_row(usage=60), UNCLEAR),
        (edit(GIVE, 250), facts_with_row(included=1100), UNCLEAR),
        (edit(GIVE, 250), facts_with_row(usage=300, reset=MOVED_RESET), UNCLEAR),
        (edit(GIVE, 250), facts(), UNCLEAR),
        (edit(TAKE, 250), facts_with_row(included=750), APPLIED),
        (edit(TAKE, 250), facts_with_row(usage=340), NOT_APPLIED),
        (edit(TAKE, 250), facts_with_row(usage=550), UNCLEAR),
        # Setting: the remaining balance decides, minus what was used since.
        (edit(SET, 500), facts_with_row(usage=500), APPLIED),
        (edit(SET, 500), facts_with_row(usage=505), APPLIED),
        (edit(SET, 500), PLAIN, NOT_APPLIED),
        (edit(SET, 500), facts_with_row(usage=305), NOT_APPLIED),
        (edit(SET, 500), facts_with_row(usage=900), UNCLEAR),
        (edit(SET, 500), facts_with_row(included=1100, usage=595), UNCLEAR),
        # These leave the grant alone, so a grant that moved was changed by someone else, or by more than
        # requested.
        (edit(SET, 500), facts_with_row(included=1100, usage=600), UNCLEAR),
        (edit(USAGE, 500), facts_with_row(included=1100, usage=500), UNCLEAR),
        # What was paid for meanwhile is no grant of ours: the figure that was set still tells.
        (edit(SET, 500), facts_with_row(prepaid_grant=Decimal(200), usage=700), APPLIED),
        (edit(USAGE, 500), facts_with_row(prepaid_grant=Decimal(200), usage=500), APPLIED),
        (edit(SET, 500), facts_with_row(prepaid_grant=Decimal(200), usage=600), UNCLEAR),
        (edit(SHIFT, 200), facts_with_row(included=1200, usage=300), UNCLEAR),
        (edit(SHIFT, -200), facts_with_row(included=800, usage=300), UNCLEAR),
        (edit(SET, 500), facts_with_row(usage=505, reset=MOVED_RESET), UNCLEAR),
        (edit(SHIFT, -200), facts_with_row(usage=505), APPLIED),
        (edit(USAGE, 500), facts_with_row(usage=505), APPLIED),
        (edit(USAGE, 500), facts_with_row(usage=310), NOT_APPLIED),
        (edit(USAGE, 100), facts_with_row(usage=101), APPLIED),
        (edit(USAGE, 100), facts_with_row(usage=301), NOT_APPLIED),
        (edit(USAGE, 100), facts_with_row(usage=99), UNCLEAR),
        # The reset date: usage does not touch it; a half-way date is neither.
        (edit(NONE, reset_at=LATER), facts_with_row(usage=700, reset=MOVED_RESET), APPLIED),
        (edit(NONE, reset_at=LATER), facts_with_row(usage=700), NOT_APPLIED),
        (edit(NONE, reset_at=LATER), facts_with_row(reset=OTHER_RESET), UNCLEAR),
        (edit(NONE, reset_at=LATER), facts(), UNCLEAR),
        (edit(NONE, reset_at=SOON), PLAIN, UNCLEAR),
        (edit(GIVE, 250, reset_at=LATER), facts_with_row(included=1250, reset=MOVED_RESET), APPLIED),
        (edit(GIVE, 250, reset_at=LATER), facts_with_row(included=1250), UNCLEAR),
        (edit(GIVE, 250, reset_at=LATER), PLAIN, NOT_APPLIED),
        (edit(SET, 700, reset_at=LATER), facts_with_row(usage=390, reset=MOVED_RESET), APPLIED),
        (edit(SET, 700, reset_at=LATER), facts_with_row(usage=390), NOT_APPLIED),
        (edit(SET, 500, reset_at=LATER), facts_with_row(usage=501, reset=MOVED_RESET), APPLIED),
    ],
)
def test_verdict_of_the_read_back(change_input: BalanceInput, after: Facts, verdict: Verdict) -> None:
    before = CHANGE.snapshot(change_input, PLAIN)
    assert CHANGE.verify(change_input, before, CHANGE.snapshot(change_input, after)) is verdict


def test_verdict_of_a_row_that_was_to_disappear() -> None:
    before = CHANGE.snapshot(edit(SET, 0), LOOSE)
    assert CHANGE.verify(edit(SET, 0), before, {"row": None}) is APPLIED
    assert CHANGE.verify(edit(SET, 10), before, {"row": None}) is UNCLEAR
    assert CHANGE.verify(edit(SET, 0), before, None) is UNCLEAR
    assert CHANGE.verify(edit(SET, 0), {"row": None}, before) is UNCLEAR


@pytest.mark.parametrize(
    ("change_input", "after", "undo"),
    [
        (edit(GIVE, 250), facts_with_row(included=1250), edit(TAKE, 250, cycle=SOON)),
        (edit(TAKE, 250), facts_with_row(included=750), edit(GIVE, 250, cycle=SOON)),
        (edit(SET, 500), facts_with_row(usage=505), edit(SHIFT, 200, cycle=SOON)),
        (edit(USAGE, 500), facts_with_row(usage=500), edit(SHIFT, 200, cycle=SOON)),
        (edit(SHIFT, 200), facts_with_row(usage=100), edit(SHIFT, -200, cycle=SOON)),
        (
            edit(NONE, reset_at=LATER),
            facts_with_row(reset=MOVED_RESET),
            edit(NONE, reset_at=SOON, cycle=LATER),
        ),
        (
            edit(GIVE, 5, reset_at=LATER),
            facts_with_row(included=1005, reset=MOVED_RESET),
            edit(TAKE, 5, reset_at=SOON, cycle=LATER),
        ),
        (edit(NONE, reset_at=SOON), PLAIN, None),
        (
            edit(SET, 700, reset_at=LATER),
            facts_with_row(reset=MOVED_RESET),
            edit(NONE, reset_at=SOON, cycle=LATER),
        ),
        (edit(SET, 700), PLAIN, None),
        (edit(GIVE, 250), facts(), None),
    ],
)
def test_inverse(change_input: BalanceInput, after: Facts, undo: BalanceInput | None) -> None:
    before = CHANGE.snapshot(change_input, PLAIN)
    assert CHANGE.inverse(change_input, before, CHANGE.snapshot(change_input, after)) == undo


def test_rollovers_belong_to_the_only_row_that_can_have_them() -> None:
    loose = row("loose", plan_id=None, reset=ONE_OFF)
    two_rows = facts(held(row(), loose, rollovers=((100, 80),)))
    assert CHANGE.snapshot(edit(SET, 1), two_rows)["rolled_left"] == "80"
    assert CHANGE.snapshot(edit(SET, 1, row="loose"), two_rows)["rolled_left"] == "0"
    assert CHANGE.guard(edit(SET, 1, row="loose"), two_rows, NOW).allowed
    only_loose = facts(held(loose, rollovers=((100, 80),)))
    assert CHANGE.snapshot(edit(SET, 1, row="loose"), only_loose)["rolled_left"] == "80"


def test_undo_of_a_fraction_is_not_refused_for_its_decimals() -> None:
    assert CHANGE.guard(edit(SHIFT, "0.1234567"), PLAIN, NOW).allowed


def facts_after_usage(usage: int, **changes: Any) -> Facts:
    """1,000 are included, of which 300 were used when the change was shown."""
    return facts(held(row(usage=usage, **changes)))


TENTH = Tolerance(percent=Decimal(10))
FORTY = Tolerance(units=Decimal(40))


@pytest.mark.parametrize(
    ("change_input", "now", "tolerance", "tolerated"),
    [
        # From 700 to 1,100 is a difference of 400.
        (edit(SET, 1100), facts_after_usage(340), TENTH, True),
        (edit(SET, 1100), facts_after_usage(341), TENTH, False),
        (edit(SET, 1100), facts_after_usage(260), TENTH, True),
        (edit(SET, 1100), facts_after_usage(259), TENTH, False),
        (edit(SET, 1100), facts_after_usage(340), FORTY, True),
        (edit(SET, 1100), facts_after_usage(341), FORTY, False),
        (edit(SET, 1100), facts_after_usage(380), Tolerance(Decimal(20), Decimal(40)), True),
        (edit(SET, 1100), facts_after_usage(310), EXACT, False),
        (edit(SET, "700.5"), facts_after_usage(300), TENTH, True),
        (edit(USAGE, 100), facts_after_usage(320), TENTH, True),
        (edit(USAGE, 100), facts_after_usage(321), TENTH, False),
        # The direction reverses, or nothing is left to do.
        (edit(SET, 680), facts_after_usage(330), FORTY, False),
        (edit(SET, 680), facts_after_usage(320), FORTY, False),
        # The grant, its product or its cycle differs.
        (edit(SET, 1100), facts_after_usage(310, included=1010), TENTH, False),
        (edit(SET, 1100), facts_after_usage(310, plan_id="max"), TENTH, False),
        (
            edit(SET, 1100),
            facts_after_usage(310, reset=Reset(interval="month", resets_at=LATER)),
            TENTH,
            False,
        ),
        (edit(SET, 1100), facts(), TENTH, False),
        # These use the current numbers in any case, or are about a date.
        (edit(GIVE, 100), facts_after_usage(310), TENTH, False),
        (edit(NONE, reset_at=LATER), facts_after_usage(310), TENTH, False),
    ],
)
def test_continuing_usage_is_tolerated(
    change_input: BalanceInput, now: Facts, tolerance: Tolerance, tolerated: bool
) -> None:
    snapshot_shown, current = CHANGE.snapshot(change_input, PLAIN), CHANGE.snapshot(change_input, now)
    assert CHANGE.tolerates(change_input, snapshot_shown, current, tolerance) is tolerated


def test_missing_balance_is_never_tolerated() -> None:
    request = edit(SET, 1100)
    snapshot_shown, current = CHANGE.snapshot(request, facts()), CHANGE.snapshot(request, PLAIN)
    assert not CHANGE.tolerates(request, snapshot_shown, current, TENTH)


@pytest.mark.parametrize("usage", [310, 330, 340])
def test_write_within_the_tolerance_is_the_requested_one(usage: int) -> None:
    (write,) = CHANGE.plan(edit(SET, 1100), facts_after_usage(usage))
    assert write.body["remaining"] == 1100


def test_it_is_offered_where_balances_are_shown_and_says_what_the_key_needs() -> None:
    assert CHANGE.command == "balance"
    assert CHANGE.offered_on == {"overview", "features", "feature", "entity"}
    assert CHANGE.scopes == (KeyScope("balances:write", "change balances", UPDATE_BALANCE),)
    assert (CHANGE.unit, CHANGE.valued) == (UNITS_OF_FEATURE, True)
    assert CHANGE.daily == DailyTotal("feature", BalanceNote.SAME_DAY)


@pytest.mark.parametrize(
    ("command", "usage", "explanation", "typed", "action"),
    [
        ("give", words.GIVE_USAGE, words.GIVE_HELP, "acme 5k messages", GIVE),
        ("set", words.SET_USAGE, words.SET_HELP, "acme messages to 5k", SET),
        ("reset", words.RESET_USAGE, words.RESET_HELP, "acme messages on 1 Dec", NONE),
    ],
)
def test_sentence_is_read_and_fills_in_its_action(
    command: str, usage: str, explanation: str, *, typed: str, action: BalanceAction
) -> None:
    (short,) = [short for short in CHANGE.short_forms if short.command == command]
    assert (short.usage, short.help) == (usage, explanation)
    sentences = short.read(typed)
    assert not isinstance(sentences, Misread)
    form = short.fill(sentences[0], PLAIN)
    assert form_values.chosen(form.values, ACTION_BLOCK) == action
