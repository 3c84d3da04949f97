"""At the limits, and a little over them: what a table of usual cases passes over."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from bot.autumn.models import (
    BalanceRow,
    Coupon,
    Discount,
    Duration,
    Entity,
    Feature,
    FeatureGrant,
    Flag,
    Granted,
    InvoicePreview,
    LineDiscount,
    Plan,
    PlanItem,
    PreviewLine,
    PromoCode,
    Reset,
    UsagePrice,
)
from bot.changes import registry
from bot.changes.amounts import AmountNote, parse_amount, size_problem
from bot.changes.balance.figures import BalanceFigures
from bot.changes.balance.kind import BalanceChange
from bot.changes.balance.request import BalanceInput
from bot.changes.balance.words import BalanceAction, BalanceNote
from bot.changes.canonical import near
from bot.changes.common import CommonNote, identity_refusals
from bot.changes.deletion.kind import DeletionChange
from bot.changes.deletion.request import DeletionInput
from bot.changes.details.kind import DetailsChange
from bot.changes.details.request import DetailsInput
from bot.changes.lines import Line
from bot.changes.model import Facts, Snapshot, Verdict
from bot.changes.notes import Note, NoteCode
from bot.changes.reward.kind import RewardChange
from bot.changes.reward.request import RewardInput
from bot.changes.reward.words import RewardAction, RewardLine, RewardNote
from bot.lookups.invoices.facts import Owed, Unpaid
from tests.changes.facts import (
    BY_USE,
    LATER,
    NOW,
    ONE_OFF,
    SOON,
    balance,
    billing,
    coupon,
    customer,
    discount,
    facts,
    grant,
    rewards,
    row,
    subscription,
)
from tests.policy import KIND_IDS

BALANCE = BalanceChange()
PLAIN = facts(balance(row()))


def edit(action: BalanceAction, amount: Any = None, **changes: Any) -> BalanceInput:
    size = None if amount is None else Decimal(str(amount))
    return BalanceInput(
        **{
            "customer": "cus_1",
            "feature": "messages",
            "row": "row",
            "action": action,
            "amount": size,
            **changes,
        }
    )


GIVE, SET, USAGE, NONE = BalanceAction.GIVE, BalanceAction.SET, BalanceAction.USAGE, BalanceAction.NONE
TAKE = BalanceAction.TAKE
UNTIL = Note(BalanceNote.UNTIL_RESET, {"at": "2026-12-02T15:06:00.000+00:00"})
NOTHING = [Note(CommonNote.NOTHING_TO_DO)]


@pytest.mark.parametrize(
    "asked",
    [
        edit(USAGE, 0),
        edit(SET, 0),
        edit(TAKE, 1000),
        edit(GIVE, 10**12),
        edit(SET, "0.123456"),
        edit(GIVE, "0.000001"),
        edit(NONE, reset_at=NOW + timedelta(milliseconds=1)),
        edit(NONE, reset_at=NOW + timedelta(days=3660)),
        edit(TAKE, 5, cycle=SOON),
    ],
)
def test_just_allowed(asked: BalanceInput) -> None:
    assert BALANCE.guard(asked, PLAIN, NOW).refusals == ()


@pytest.mark.parametrize(
    ("asked", "refusals"),
    [
        # The size first: nothing else is said of what cannot be an amount.
        (edit(GIVE, -(10**13)), [AmountNote.TOO_LARGE]),
        (edit(USAGE, "-0.0000001"), [AmountNote.TOO_MANY_DECIMALS]),
        (edit(TAKE), [AmountNote.NO_AMOUNT]),
        (edit(GIVE, 0, reset_at=NOW), [BalanceNote.NOT_POSITIVE, BalanceNote.RESET_PAST]),
    ],
)
def test_all_that_is_refused(asked: BalanceInput, refusals: list[NoteCode]) -> None:
    assert [one.code for one in BALANCE.guard(asked, PLAIN, NOW).refusals] == refusals


def test_a_new_date_alone_has_no_size() -> None:
    asked = edit(NONE, 5, reset_at=LATER)
    assert BALANCE.amount(asked, BALANCE.snapshot(asked, PLAIN)) is None


def test_a_row_that_was_empty_before_was_not_emptied_by_the_edit() -> None:
    asked = edit(SET, 0)
    empty = facts(balance(row(plan_id=None, reset=ONE_OFF, usage=1000)))
    assert BALANCE.verify(asked, BALANCE.snapshot(asked, empty), {"row": None}) is Verdict.UNCLEAR


def test_nothing_undoes_what_was_not_there() -> None:
    asked = edit(GIVE, 5)
    assert BALANCE.inverse(asked, {"row": None}, BALANCE.snapshot(asked, PLAIN)) is None


def test_a_grant_moved_by_another_hand_is_not_taken_for_ours() -> None:
    asked = edit(GIVE, 250)
    moved = facts(balance(row(included=1100, usage=400)))
    told = BALANCE.snapshot(asked, PLAIN), BALANCE.snapshot(asked, moved)
    assert BALANCE.verify(asked, *told) is Verdict.UNCLEAR


UNCLEAR_ROLLOVERS = facts(balance(row(), row("other"), rollovers=((100, 100),)))


def seats(**changes: Any) -> Facts:
    return facts(balance(row(included=5, usage=3, reset=None, **changes), feature_id="seats"))


@pytest.mark.parametrize(
    ("asked", "known", "warnings"),
    [
        (edit(NONE, reset_at=LATER), UNCLEAR_ROLLOVERS, [Note(BalanceNote.OTHER_ROWS, {"count": "1"})]),
        (
            edit(SET, 730),
            facts(balance(row(), rollovers=((100, 80),))),
            [UNTIL, Note(BalanceNote.ROLLOVERS_FIRST, {"units": "50"})],
        ),
        # Seats that nobody pays for cost nothing; of those that are paid for, half of one counts too.
        (edit(USAGE, 5, feature="seats"), seats(), []),
        (
            edit(USAGE, "5.5", feature="seats"),
            seats(price=BY_USE),
            [Note(BalanceNote.SEATS_BILLED, {"units": "0.5"})],
        ),
        (edit(GIVE, 5), facts(balance(row(prepaid_grant=Decimal(200)))), [UNTIL]),
        (edit(SET, -40), facts(balance(row(usage=1040))), NOTHING),
        (edit(SET, -39), facts(balance(row(usage=1040))), [UNTIL]),
    ],
)
def test_warned(asked: BalanceInput, known: Facts, warnings: list[Note]) -> None:
    judged = BALANCE.guard(asked, known, NOW)
    assert [*judged.refusals, *judged.warnings] == warnings


def test_a_row_is_kept_to_the_last_figure() -> None:
    method = UsagePrice(amount=Decimal(1), billing_method=None)
    one = row(prepaid_grant=Decimal(200), usage=301, price=method, expires_at=LATER)
    known = facts(balance(one, rollovers=((100, 80), (None, 7))))
    told = BALANCE.snapshot(edit(GIVE, 1), known)
    assert told == {
        "row": "row",
        "plan": "pro",
        "included": "1000",
        "prepaid": "200",
        "balance": "899",
        "rolled_granted": "107",
        "rolled_left": "87",
        "interval": "month",
        "resets_at": "2026-12-02T15:06:00.000+00:00",
        "price": "unknown",
        "expires_at": "2026-12-12T15:06:00.000+00:00",
    }
    pool = BalanceFigures.read(told)
    assert pool is not None
    assert pool.snapshot() == told
    assert [pool.granted, pool.remaining, pool.used] == [1307, 986, 321]
    assert pool.expires_at == LATER


def test_another_interval_is_another_thing() -> None:
    asked = edit(GIVE, 5)
    yearly = facts(balance(row(reset=Reset(interval="year", resets_at=SOON))))
    assert not BALANCE.holds(asked, BALANCE.snapshot(asked, PLAIN), BALANCE.snapshot(asked, yearly))


LOOSE = row("loose", plan_id=None)


@pytest.mark.parametrize("other", [LOOSE, row("b", reset=None), row("b", reset=ONE_OFF)])
def test_units_roll_over_only_where_a_plan_gives_them_again(other: BalanceRow) -> None:
    known = facts(balance(row(), other, rollovers=((100, 80),)))
    assert BALANCE.guard(edit(SET, 1), known, NOW).allowed
    assert BALANCE.snapshot(edit(SET, 1), known)["rolled_left"] == "80"
    assert BALANCE.snapshot(edit(SET, 1, row=other.id), known)["rolled_left"] == "0"


def hidden(**changes: Any) -> Facts:
    return replace(facts(), customer=customer(subscriptions=[subscription("team", **changes)]))


PLAN = Plan(id="team", items=[PlanItem(feature_id="api"), PlanItem(feature_id="messages")])


@pytest.mark.parametrize(
    ("known", "refusal"),
    [
        (hidden(plan=PLAN, past_due=True), BalanceNote.PAST_DUE_HIDDEN),
        (hidden(plan=PLAN), BalanceNote.FEATURE_NOT_HELD),
        (hidden(plan=None), BalanceNote.FEATURE_NOT_HELD),
        # A feature that only the balance tells of.
        (
            replace(facts(balance(row(), feature=Feature(id="messages", type="boolean"))), features={}),
            BalanceNote.FEATURE_IS_FLAG,
        ),
    ],
)
def test_why_there_is_nothing_to_edit(known: Facts, refusal: NoteCode) -> None:
    assert [one.code for one in BALANCE.guard(edit(GIVE, 5), known, NOW).refusals] == [refusal]


def test_what_is_spent_is_no_seat_though_it_never_resets() -> None:
    feature = Feature(id="messages", type="metered", consumable=True)
    known = replace(facts(balance(row(reset=None, price=BY_USE), feature=feature)), features={})
    assert BALANCE.guard(edit(USAGE, 400), known, NOW).warnings == ()


def test_fifteen_digits_are_held_without_loss() -> None:
    assert parse_amount("123456789012.345") == Decimal("123456789012.345")
    assert size_problem(Decimal("123456789012.3456")) is AmountNote.TOO_MANY_DECIMALS


def test_as_near_as_autumn_counts() -> None:
    half = Decimal("0.0000005")
    assert near(Decimal(1), 1 + half)
    assert not near(Decimal(1), 1 + 2 * half)


REWARD = RewardChange()


def reward(action: RewardAction, **changes: Any) -> RewardInput:
    return RewardInput(**{"customer": "cus_1", "action": action, **changes})


APPLY, REDEEM, REMOVE = RewardAction.APPLY, RewardAction.REDEEM, RewardAction.REMOVE
TIMED = coupon(duration=Duration(type="months", length=3), plan_ids=["pro", "team"])
OWN = replace(facts(), billing=billing(discount("old", 7)), rewards=rewards(TIMED))


@pytest.mark.parametrize(
    ("asked", "write"),
    [
        (reward(APPLY, reward="."), ("coupons.add", "POST", "/v1/customers/cus_1/coupons/%2E")),
        (reward(APPLY, reward="\ud800"), ("coupons.add", "POST", "/v1/customers/cus_1/coupons/%3F")),
        (reward(APPLY, reward="a.b"), ("coupons.add", "POST", "/v1/customers/cus_1/coupons/a.b")),
        (reward(REMOVE), ("coupons.remove", "DELETE", "/v1/customers/cus_1/coupons")),
        (reward(REDEEM, code="X"), ("rewards.redeem", "POST", "/v1/rewards.redeem")),
    ],
)
def test_where_a_reward_is_sent(asked: RewardInput, write: tuple[str, str, str]) -> None:
    (one,) = REWARD.plan(asked, OWN)
    assert (one.route, one.method, one.path) == write


def test_coupons_are_kept_to_the_last_figure() -> None:
    offer = {
        "offer": "ten",
        "offer_type": "percentage_discount",
        "offer_value": "10",
        "offer_duration": "months 3",
        "offer_plans": "pro,team",
    }
    own = {"coupon": "old", "coupon_name": "old off", "coupon_type": "percentage_discount"}
    none = dict.fromkeys([*own, "coupon_value"])
    asked = reward(APPLY, reward="ten")
    assert REWARD.snapshot(asked, OWN) == {**own, "coupon_value": "7", "stripe_only": "yes", **offer}
    forever = replace(OWN, billing=None, rewards=rewards(coupon()))
    assert REWARD.snapshot(asked, forever) == {
        **none,
        **offer,
        "offer_duration": "forever",
        "offer_plans": None,
    }
    lasting = replace(OWN, rewards=rewards(coupon(duration=None)))
    assert REWARD.snapshot(asked, lasting)["offer_duration"] is None


def test_a_coupon_starts_afresh_only_when_it_comes_back() -> None:
    asked, again = reward(APPLY, reward="ten"), reward(APPLY, reward="ten", instead="old")
    first, back = (REWARD.guard(one, OWN, NOW) for one in (asked, again))
    assert first.refusals == back.refusals == ()
    starts = Note(RewardNote.STARTS_AFRESH, {"name": "ten off"})
    assert starts not in first.warnings
    assert starts in back.warnings


@pytest.mark.parametrize(
    ("asked", "refusals"),
    [
        (reward(REDEEM, code="x" * 200), (Note(RewardNote.GRANT_UNKNOWN),)),
        (reward(REDEEM, code="BONUS"), ()),
        (reward(REMOVE), ()),
    ],
)
def test_what_is_refused_of_rewards(asked: RewardInput, refusals: tuple[Note, ...]) -> None:
    known = replace(OWN, rewards=rewards(grants=(grant(messages=5),)))
    assert REWARD.guard(asked, known, NOW).refusals == refusals


def test_a_code_where_no_rewards_are_known() -> None:
    judged = REWARD.guard(reward(REDEEM, code="X"), facts(), NOW)
    assert judged.refusals == (Note(RewardNote.GRANT_UNKNOWN),)


def test_a_grant_has_any_of_its_codes() -> None:
    two = FeatureGrant(
        id="g",
        promo_codes=[PromoCode(code="A"), PromoCode(code="B")],
        grants=[Granted(feature_id="messages", included=Decimal(5)), Granted(feature_id="sso")],
    )
    flags = {"sso": Flag(id="flag", feature_id="sso")}
    held = customer(balance(row("b"), row("a")), flags=flags)
    known = replace(facts(), customer=held, rewards=rewards(grants=(two,)))
    for code in ("A", "B"):
        assert REWARD.guard(reward(REDEEM, code=code), known, NOW).refusals == ()
        assert REWARD.snapshot(reward(REDEEM, code=code), known) == {
            "grant": "g",
            "gives:messages": "5",
            "rows:messages": '["a", "b"]',
            "gives:sso": "unlimited",
            "rows:sso": '["flag"]',
        }
    assert REWARD.snapshot(reward(REDEEM, code="C"), known) == {"grant": None}


def invoices(*previews: InvoicePreview, new: Coupon, own: tuple[Discount, ...] = ()) -> list[str | None]:
    """What the next invoices come to with another coupon."""
    known = replace(facts(), rewards=rewards(new), billing=billing(*own, upcoming=previews))
    return [one.after for one in REWARD.preview(reward(APPLY, reward=new.id), known)[1:]]


def invoice(*totals: str, currency: str = "usd", off: Any = ()) -> InvoicePreview:
    items = [PreviewLine(plan_id="pro", total=Decimal(total), discounts=list(off)) for total in totals]
    total = sum((one.total for one in items), Decimal(0))
    return InvoicePreview(invoice_at=NOW + timedelta(40), currency=currency, total=total, line_items=items)


def test_half_a_cent_goes_up() -> None:
    assert invoices(invoice("0.25"), new=coupon(value=10)) == ["0.22"]
    assert invoices(invoice("0.35"), invoice("5", currency="jpy"), new=coupon(value=10)) == ["0.31", "4"]


def test_a_coupon_without_an_end_has_none() -> None:
    odd = coupon(value=10, duration=Duration(type="forever", length=1))
    assert invoices(invoice("100"), new=odd) == ["90"]
    assert invoices(invoice("100"), new=coupon(duration=Duration(type="months", length=1))) == ["100"]


def test_a_discount_of_an_unknown_size_gives_nothing_back() -> None:
    unknown = LineDiscount(reward_id="old", amount_off=None)
    assert invoices(invoice("100", off=[unknown]), new=coupon(), own=(discount("old"),)) == ["90"]


def test_no_invoices_where_stripe_was_not_read() -> None:
    known = replace(facts(), rewards=rewards(coupon()))
    assert REWARD.preview(reward(APPLY, reward="ten"), known) == (Line(RewardLine.COUPON, None, "ten off"),)


DETAILS, DELETION = DetailsChange(), DeletionChange()


def details(**changes: Any) -> DetailsInput:
    return DetailsInput(**{"customer": "cus_1", **changes})


@pytest.mark.parametrize(
    "asked",
    [
        details(name="x" * 256),
        details(fingerprint="x" * 256),
        details(email=f"{'x' * 64}@{'y' * 185}.com"),
        details(email="a@b.co"),
    ],
)
def test_details_that_just_fit(asked: DetailsInput) -> None:
    assert DETAILS.guard(asked, facts(), NOW).refusals == ()


def test_empty_details_are_none() -> None:
    known = replace(facts(), customer=customer(name="", email="", fingerprint=""))
    assert DETAILS.snapshot(details(), known) == {"name": None, "email": None, "fingerprint": None}


def test_details_hold_only_while_all_of_them_do() -> None:
    then: Snapshot = {"name": "a", "email": "a@b.example", "fingerprint": None}
    both = details(name="b", email="b@b.example")
    assert DETAILS.holds(both, then, then)
    assert not DETAILS.holds(both, then, {**then, "email": "c@b.example"})


def test_what_a_deletion_rests_on() -> None:
    asked = DeletionInput(customer="cus_1", typed="cus_1")
    who = customer(created_at=NOW, subscriptions=[subscription("team"), subscription("pro")])
    known = replace(
        facts(), customer=who, entities=(Entity(id="w"),), unpaid=Unpaid((Owed("USD", 2, Decimal(30)),))
    )
    assert DELETION.guard(asked, known, NOW).refusals == ()
    assert DELETION.snapshot(asked, known) == {
        "customer": "cus_1",
        "created_at": "2026-11-22T15:06:00.000+00:00",
        "charging": '["pro", "team"]',
        "open_invoices": "2",
        "entities": "1",
    }


def test_a_customer_that_can_be_written_to() -> None:
    old_form = replace(facts(), customer=customer(id="a@b"))
    assert identity_refusals(DetailsInput(customer="cus_1"), facts(), old_ids=False) == ()
    assert identity_refusals(DetailsInput(customer="a@b"), old_form, old_ids=True) == ()
    assert identity_refusals(DetailsInput(customer="a@b"), old_form, old_ids=False) == (
        Note(CommonNote.OLD_ID),
    )


@pytest.mark.parametrize(
    ("known_since", "refused"),
    [(None, False), (NOW, False), (NOW + timedelta(milliseconds=1), True), (NOW - timedelta(days=1), True)],
)
@pytest.mark.parametrize("kind", KIND_IDS)
def test_a_later_customer_with_the_same_id_is_refused(
    kind: str, known_since: datetime | None, refused: bool
) -> None:
    known = replace(facts(balance(row())), customer=customer(balance(row()), created_at=NOW))
    asked = registry.kind(kind).sample("cus_1").model_copy(update={"customer_created_at": known_since})
    refusals = registry.kind(kind).guard(asked, known, NOW).refusals
    assert (refusals == (Note(CommonNote.RECREATED),)) is refused
