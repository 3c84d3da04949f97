"""What all forms have in common, and the forms for rewards, details and deletions."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume
from hypothesis import given as given_any
from hypothesis import strategies as st

from bot.access.presets import Preset
from bot.autumn.errors import TimedOut
from bot.autumn.models import (
    Coupon,
    Customer,
    Discount,
    Duration,
    Entity,
    FeatureGrant,
    Granted,
    Plan,
    PromoCode,
    RewardList,
)
from bot.changes import registry as kinds
from bot.changes import request_form
from bot.changes import words as changes_words
from bot.changes.balance.request import BalanceInput
from bot.changes.balance.words import BalanceAction
from bot.changes.deletion import words as deletion_words
from bot.changes.deletion.request import DeletionInput
from bot.changes.details.request import DetailsInput
from bot.changes.forms.fields import REASON_BLOCK
from bot.changes.forms.model import FormState, Meta
from bot.changes.grant.request import GrantInput
from bot.changes.model import Facts
from bot.changes.reward.request import RewardInput
from bot.changes.reward.words import RewardAction
from bot.changes.standalone import GrantSize
from bot.kit import form_values, ids
from bot.kit.carried import Unreadable
from bot.lookups import trouble
from bot.lookups.answers import Billing
from bot.lookups.find import words as find_words
from bot.lookups.find.card import NoMatch, SeveralMatches
from bot.lookups.invoices import facts as invoice_facts
from tests.changes.filling import Filling, modal
from tests.kit import checks
from tests.lookups import samples as given
from tests.lookups.samples import BEFORE, NOW
from tests.policy import KIND_IDS

TWENTY = Coupon(
    id="twenty",
    name="Twenty",
    type="percentage_discount",
    value=Decimal(20),
    duration=Duration(type="months", length=3),
    promo_codes=[PromoCode(code="TWENTY")],
)
TEN = Coupon(
    id="ten",
    type="fixed_discount",
    value=Decimal(10),
    duration=Duration(type="forever"),
    plan_ids=["pro", "max"],
)
ONCE = Coupon(id="once", type="fixed_discount", value=Decimal(5), duration=Duration(type="one_off"))
GRANT = FeatureGrant(
    id="more",
    grants=[Granted(feature_id="messages", included=Decimal(50)), Granted(feature_id="sso")],
    promo_codes=[PromoCode(code="MORE")],
)
OWN = Discount(id="ten", name="Ten off", type="fixed_discount", discount_value=Decimal(10), currency="usd")


def meta(kind: str, **changes: Any) -> Meta:
    return Meta(**{"kind": kind, "customer": "cus_1", "submission": "s1", **changes})


def facts(customer: Customer | None = None, **changes: Any) -> Facts:
    fields: dict[str, Any] = {
        "billing": Billing((), (given.preview(),)),
        "rewards": RewardList(coupons=[TWENTY, TEN, ONCE], feature_grants=[GRANT]),
    }
    return Facts(customer or given.customer(), NOW, **{**fields, **changes})


# The frame


@pytest.mark.parametrize("kind", KIND_IDS)
def test_form_opens_at_once(kind: str) -> None:
    for view in (request_form.loading(meta(kind)), request_form.working(meta(kind))):
        modal(view)
        assert "submit" not in view
        assert view["callback_id"] == ids.CHANGE_FORM
        assert Meta.decode(view["private_metadata"]) == meta(kind)


def test_form_that_cannot_continue_says_why() -> None:
    card = trouble.trouble(TimedOut(), reference="r1")
    view = modal(request_form.stopped(meta("details"), card))
    assert "Autumn didn't answer in time." in checks.read(view["blocks"])


def test_customer_id_too_long_for_slack() -> None:
    long = meta("deletion", customer="c" * 3000)
    view = modal(request_form.loading(long))
    assert "too long for a form" in checks.read(view["blocks"])
    assert len(view["private_metadata"]) < 3000


def test_snapshot_shown_is_stored_if_there_is_room() -> None:
    form = Filling(meta("details"), facts(given.customer(name="n" * 2900)))
    form.fill("email", text="new@acme.com")
    assert form.meta.seen is None
    assert form.meta.customer == "cus_1"


@pytest.mark.parametrize("metadata", ["", "{}", "null", '{"k":"details","c":"x"}'])
def test_only_the_forms_own_memory_is_read(metadata: str) -> None:
    with pytest.raises(Unreadable):
        Meta.decode(metadata)


def test_refused_submission_says_why_and_keeps_its_values() -> None:
    form = Filling(meta("details"), facts())
    form.fill("name", text="Acme Inc")
    form.fill("reason", text="They moved")
    form.redraw(trouble="The figures moved.")
    assert ":warning: The figures moved." in form.text
    assert form.element("name")["initial_value"] == "Acme Inc"
    assert form.element("reason")["initial_value"] == "They moved"


# Rewards


def test_coupon_form() -> None:
    form = Filling(meta("reward"), facts(billing=Billing((OWN,), (given.preview(),))))
    assert "• *Ten off* ($10.00 off)" in form.text
    assert form.options("coupon") == [
        ("once", "once", "$5.00 off · once · all products"),
        ("ten", "ten", "$10.00 off · forever · Pro, max"),
        ("Twenty", "twenty", "20% off · for 3 months · all products"),
    ]
    assert form.submit().errors["coupon"] == "Pick a coupon."
    form.fill("coupon", option="twenty")
    assert "Coupon: Ten off → *Twenty*" in form.text
    assert "This replaces Ten off" in form.text
    assert "The discount shows from the next invoice, Dec 2, 2026." in form.text
    assert "→ *$16.00* (estimate, before tax)" in form.text
    form.fill("reason", text="x")
    request = RewardInput(
        customer="cus_1", customer_created_at=BEFORE, action=RewardAction.APPLY, reward="twenty"
    )
    assert form.submit().input == request


def test_promo_code_form() -> None:
    form = Filling(meta("reward", reason_required=False), facts())
    form.fill("action", option="redeem", redraw=False)
    assert "still updating" in form.submit().errors["action"]
    form.redraw()
    assert not form.has("coupon")
    assert form.submit().errors == {"code": "Enter the promo code."}
    form.fill("code", text="MORE")
    assert "Promo code: *MORE*" in form.text
    assert "Grant of Messages: 700 → *750*" in form.text
    assert "Grant of sso: *given*" in form.text
    assert "This can't be undone." in form.text
    assert form.submit().input == RewardInput(
        customer="cus_1", customer_created_at=BEFORE, action=RewardAction.REDEEM, code="MORE"
    )
    form.fill("code", text="TWENTY")
    assert "This code belongs to the coupon Twenty" in form.text


def test_coupon_removal_form() -> None:
    form = Filling(meta("reward", reason_required=False), facts(billing=Billing((), None)))
    form.fill("action", option="remove")
    assert "*Discounts*\nNone." in form.text
    assert "no coupon of their own" in form.text
    form = Filling(meta("reward", reason_required=False), facts(billing=Billing((OWN,), None)))
    form.fill("coupon", option="twenty")
    form.fill("action", option="remove")
    assert "Coupon: Ten off → *none*" in form.text
    assert form.submit().input == RewardInput(
        customer="cus_1", customer_created_at=BEFORE, action=RewardAction.REMOVE
    )


def test_unread_discounts_are_not_called_none() -> None:
    form = Filling(meta("reward"), facts(billing=None))
    assert "*Discounts*\nNot read from Stripe." in form.text


@pytest.mark.parametrize("kind", ["balance", "reward"])
@given_any(picked=st.sampled_from(["take", "shift", "GIVE", "none ", "delete"]) | st.text(min_size=1))
def test_action_not_offered_is_refused(kind: str, picked: str) -> None:
    form = Filling(meta(kind, feature="messages", reason_required=False), facts())
    assume(picked not in {value for _, value, _ in form.options("action")})
    option = {"selected_option": {"value": picked}}
    crafted = {**form.values, "action": {"form:action": option}, "amount": {"a": {"value": "5"}}}
    parsed = request_form.parse(form.meta, crafted)
    assert parsed.input is None
    assert "doesn't offer that" in parsed.errors["action"]
    assert request_form.draft(form.meta, crafted, form.facts) is None
    drawn = request_form.build(FormState(form.meta, form.facts, crafted))
    assert "Fill in the form to see" in checks.read(drawn["blocks"])


@pytest.mark.parametrize("kind", ["balance", "reward"])
def test_submission_without_an_action_is_refused(kind: str) -> None:
    form = Filling(meta(kind, feature="messages", reason_required=False), facts())
    parsed = request_form.parse(
        form.meta, {name: entered for name, entered in form.values.items() if name != "action"}
    )
    assert parsed.input is None
    assert "action" in parsed.errors


def test_no_coupons_to_pick() -> None:
    form = Filling(meta("reward"), facts(rewards=None, billing=None))
    assert "Autumn has no coupons." in form.text
    assert "still updating" in form.submit().errors["action"]


def test_many_coupons_are_searched() -> None:
    many = [Coupon(id=f"c{index:03}", name=f"Number {index}") for index in range(101)]
    form = Filling(meta("reward"), facts(rewards=RewardList(coupons=[*many, Coupon(id="x" * 76)])))
    assert "1 more can't be picked here" in form.text
    assert form.element("coupon")["type"] == "external_select"
    assert form.element("coupon")["action_id"] == ids.FORM_REWARD
    (match,) = request_form.options(form.meta, ids.FORM_REWARD, form.facts, " number 42 ")
    assert match["value"] == "c042"
    form.fill("coupon", option={"text": match["text"], "value": match["value"]})
    assert form.element("coupon")["initial_option"]["value"] == "c042"
    assert [
        option["value"] for option in request_form.options(form.meta, ids.FORM_REWARD, form.facts, "C007")
    ] == ["c007"]


def test_coupon_of_unknown_duration() -> None:
    odd = [Coupon(id="a", duration=Duration(type="weeks")), Coupon(id="b")]
    form = Filling(meta("reward"), facts(rewards=RewardList(coupons=odd)))
    assert [description for *_, description in form.options("coupon")] == ["$0.00 off · all products"] * 2


# Details


def test_only_altered_details_are_requested() -> None:
    form = Filling(meta("details", reason_required=False), facts(given.customer(fingerprint="fp")))
    assert form.submit().errors == {"name": "Change at least one of the fields."}
    assert "Fill in the form" in form.text
    form.fill("email", text="billing@acme.com ")
    form.fill("fingerprint", text="")
    assert "Email: ops@acme.com → *billing@acme.com*" in form.text
    assert "Fingerprint: fp → *none*" in form.text
    assert "Also changed in Stripe: email." in form.text
    request = DetailsInput(
        customer="cus_1", customer_created_at=BEFORE, email="billing@acme.com", fingerprint=""
    )
    assert form.submit().input == request
    form.fill("email", text="nonsense")
    assert "This is not an email address." in form.text


def test_untidy_name_is_not_altered_by_showing_it() -> None:
    untidy = given.customer(name="  Acme\u202e \n Ltd ", email="")
    form = Filling(meta("details"), facts(untidy))
    assert form.submit().errors["name"] == "Change at least one of the fields."


def test_overlong_name_is_left_alone() -> None:
    form = Filling(meta("details", reason_required=False), facts(given.customer(name="n" * 3001)))
    assert "initial_value" not in form.element("name")
    assert form.submit().errors == {"name": "Change at least one of the fields."}


# Deletion


def test_deletion_shows_what_is_live_and_needs_id_and_confirmation() -> None:
    unpaid = invoice_facts.unpaid([given.invoice("open", "200", amount_paid=Decimal(150))], more=False)
    live = facts(unpaid=unpaid, entities=(Entity(id="e1"), Entity(id="e2")))
    form = Filling(meta("deletion"), live)
    for expected in (
        "• *Pro* · Active",
        "*Next invoice:* $20.00 on ",
        "• 1 unpaid invoice: $50.00.",
        "• 2 entities",
        "Nothing is deleted or cancelled in Stripe",
        "Customer: Acme Ltd → *gone from Autumn*",
        "Stripe keeps charging for a subscription",
        "Stripe's next charge is $20.00 on ",
        "One invoice is unpaid: $50.00 stays due in Stripe.",
        "2 entities are deleted too.",
        "The balance of one feature is lost.",
        "This can't be undone.",
        "cus_1",
    ):
        assert expected in form.text
    form.fill("typed", text="cus_2")
    assert form.submit().errors == {
        "typed": "This is not the customer's id. Type it exactly as shown.",
        "understood": "Tick the box to confirm, then submit again.",
        "reason": "Enter a reason. It is kept with the change.",
    }
    form.fill("typed", text="cus_1")
    form.fill("understood", options=["yes"])
    form.fill("reason", text="They asked")
    assert form.submit().input == DeletionInput(customer="cus_1", customer_created_at=BEFORE, typed="cus_1")
    assert form.submit().reason == "They asked"


def test_deletion_with_nothing_live() -> None:
    nobody = given.customer(subscriptions=[], balances={}, flags={})
    assert "No subscriptions" in Filling(meta("deletion"), facts(nobody, billing=Billing((), None))).text
    unread = Filling(meta("deletion"), facts(nobody, billing=None)).text
    assert "Stripe couldn't be reached" in unread
    undated = facts(billing=Billing((), (given.preview(invoice_at=None),)))
    assert "*Next invoice:* $20.00, before tax" in Filling(meta("deletion"), undated).text


def test_deletion_without_stripe_mentions_no_charges() -> None:
    nobody = given.customer(stripe_id=None)
    text = Filling(meta("deletion"), facts(nobody, billing=Billing((), None))).text
    assert "They are not in Stripe, so nothing is charged there." in text
    assert "keeps charging" not in text
    assert "go on charging" not in text


def test_deletion_counts_at_least_where_autumn_merges() -> None:
    holder = given.customer(subscriptions=[given.subscription(), given.subscription("seat", scope="entity")])
    entities = tuple(Entity(id=f"e{number}") for number in range(1000))
    text = Filling(meta("deletion"), facts(holder, entities=entities)).text
    for expected in (
        "• *Seat* · Active · $20 per month · held by entities",
        "• at least 1,000 entities",
        "Subscriptions: at least 2 → *gone from Autumn*",
        "Entities: at least 1,000 → *gone from Autumn*",
        "Stripe keeps charging for at least 2 subscriptions* (Pro, Seat) unless they are cancelled there.",
        "At least 1,000 entities are deleted too.",
    ):
        assert expected in text
    alone = given.customer(subscriptions=[given.subscription("seat", scope="entity")])
    text = Filling(meta("deletion"), facts(alone)).text
    assert "Stripe keeps charging for at least one subscription* (Seat) unless they are" in text


def test_deletion_says_where_a_price_is_unknown() -> None:
    """Autumn leaves out the prices of what entities hold."""
    seat = given.subscription("seat", plan=Plan(id="seat", name="Seat"), scope="entity")
    text = Filling(meta("deletion"), facts(given.customer(subscriptions=[seat]))).text
    assert f"• *Seat* · Active · {deletion_words.PRICE_UNKNOWN} · held by entities" in text
    assert "Stripe may keep charging for Seat* unless they are" in text


def test_several_customers_can_be_picked_from() -> None:
    matches = SeveralMatches(
        "acme", (given.customer(), Customer(id="x" * 200, name="Long"), Customer(name="No id")), True, NOW
    )
    view = modal(request_form.pick_customer(meta("balance"), matches))
    text = checks.read(view["blocks"])
    assert find_words.matches_more(3) in text
    assert changes_words.left_out(2) in text
    (select,) = (block["elements"][0] for block in view["blocks"] if block["type"] == "actions")
    assert [option["value"] for option in select["options"]] == ["cus_1"]


def test_unopenable_customers_are_listed_without_a_select() -> None:
    view = modal(request_form.pick_customer(meta("balance"), NoMatch("zz")))
    assert [block["type"] for block in view["blocks"]] == ["section"]


def test_preset_without_a_reason_keeps_the_typed_one() -> None:
    typed = {REASON_BLOCK: form_values.with_text("form:reason", "Mine")}
    preset = Preset("Five", "messages", Decimal(5))
    filled, values = request_form.fill_preset(meta("balance"), typed, preset)
    assert filled.filled == 1
    assert form_values.typed(values, f"{REASON_BLOCK}@1") == "Mine"


def test_only_an_extra_allowance_counts_towards_a_preset() -> None:
    presets = kinds.kind("balance").form.presets
    assert presets is not None
    give = BalanceInput(
        customer="cus_1", feature="messages", row="r", action=BalanceAction.GIVE, amount=Decimal(5)
    )
    assert presets.given(give) == ("messages", Decimal(5))
    assert presets.given(give.model_copy(update={"action": BalanceAction.SET})) is None
    assert presets.given(DetailsInput(customer="cus_1", name="x")) is None


def test_only_a_grant_of_an_amount_counts_towards_a_preset() -> None:
    presets = kinds.kind("grant").form.presets
    assert presets is not None
    grant = GrantInput(
        customer="cus_1", feature="messages", grant="g", size=GrantSize.AMOUNT, amount=Decimal(5)
    )
    assert presets.given(grant) == ("messages", Decimal(5))
    assert presets.given(grant.model_copy(update={"amount": None})) is None
    assert presets.given(DetailsInput(customer="cus_1", name="x")) is None
