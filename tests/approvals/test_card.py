"""A change's card in every state."""

import json
import re
from decimal import Decimal
from typing import Any

import pytest

from bot.access import refusal
from bot.access import words as access_words
from bot.access.limits import Worth
from bot.access.policy import Decision, DecisionReason
from bot.access.refusal import Ask, PolicyRefusal, barred
from bot.access.rules import Verb
from bot.approvals import card as approvals_card
from bot.approvals import history, message_cards, reason_form
from bot.approvals import words as say
from bot.approvals.card import Audience, CustomerBackground, buttons_of
from bot.approvals.lifecycle import Cause, ChangeEvent, Record, State
from bot.approvals.reason_form import DENIAL, REASON_BLOCK, UNDO, ReasonForm
from bot.approvals.results import Result
from bot.changes import descriptions, lines, registry
from bot.changes.balance.request import BalanceInput
from bot.changes.balance.words import BalanceAction, BalanceLine, BalanceNote
from bot.changes.deletion.request import DeletionInput
from bot.changes.deletion.words import DeletionLine, DeletionNote
from bot.changes.details.request import DetailsInput
from bot.changes.details.words import DetailsLine
from bot.changes.lines import Line, ValueFormat
from bot.changes.model import Now
from bot.changes.notes import CommonNote, Note
from bot.changes.refund.request import RefundInput
from bot.changes.reward.request import RewardInput
from bot.changes.reward.words import RewardAction, RewardLine
from bot.kit.card import Card
from bot.kit.carried import Ref, Unreadable
from bot.lookups.place import Place
from tests.approvals.records import POOL, approval_by, fits, record
from tests.changes.filling import modal
from tests.kit import checks
from tests.lookups.samples import LATER, NOW


def draw(change: Record, audience: Audience = Audience.APPROVER, **options: Any) -> tuple[Card, str]:
    card = approvals_card.change_card(change, audience=audience, now=NOW, **options)
    fits(card)
    return card, checks.read(card.blocks)


def elements(card: Card) -> dict[str, dict[str, Any]]:
    return {element["text"]["text"]: element for element in checks.elements(card.blocks)}


DECIDING = {
    (State.WAITING, Audience.APPROVER): ["Approve", "Deny", "Open customer"],
    (State.WAITING, Audience.REQUESTER): [say.EDIT, "Withdraw", "Open customer"],
    **{
        (State.UNCONFIRMED, audience): [
            "Check again",
            "Mark as applied",
            "Mark as not applied",
            "Open customer",
        ]
        for audience in (Audience.APPROVER, Audience.REQUESTER)
    },
    **{
        (State.APPLIED, audience): ["Undo", "Open customer"]
        for audience in (Audience.APPROVER, Audience.REQUESTER)
    },
    **{(state, audience): [] for state in (State.APPROVED, State.APPLYING) for audience in Audience},
}


@pytest.mark.parametrize("audience", Audience)
@pytest.mark.parametrize("state", State)
def test_buttons_by_state_and_audience(state: State, audience: Audience) -> None:
    card, _ = draw(record(state), audience)
    assert list(elements(card)) == DECIDING.get((state, audience), ["Open customer"])
    for label, element in elements(card).items():
        if label != "Open customer":
            assert Ref.decode(element["value"]) == Ref("chg_1", 1)


@pytest.mark.parametrize("state", State)
def test_nothing_is_called_done_before_it_is(state: State) -> None:
    card, text = draw(record(state, warnings=(), reason=""))
    headline = say.HEADLINES[state].split("*")[1]
    assert headline in text
    assert headline in card.text
    if state is not State.APPLIED:
        assert not re.search(r"\b(done|Applied)\b", text)
    assert ("nothing was changed" in text) == (
        state in (State.FAILED, State.DENIED, State.WITHDRAWN, State.EXPIRED, State.SUPERSEDED)
    )


def test_waiting_card_says_who_requests_what_and_why() -> None:
    card, text = draw(
        record(ticket="https://desk.example/7"), name="Acme <Ltd>", names={"messages": "Messages*"}
    )
    for words in (
        "Balance change",
        "`LIVE`",
        "*Acme &lt;Ltd&gt;* · Give 500 extra Messages∗",
        "Details: `cus_1` · Change `chg_1` · Rule `two people`",
        "• Granted: 1,000 → *1,500*",
        "Before you continue",
        "*Requested by* <@U1ANA>, <!date^",
        "*Reason:* A bad week",
        "<https://desk.example/7|Ticket>",
        "1 of 2 approvals: <@U2LEA> · Expires <!date^",
    ):
        assert words in text
    assert all(re.search(r"@\d+$", block["block_id"]) for block in card.blocks)
    assert card.text.startswith("*Acme &lt;Ltd&gt;* · Give 500 extra")


def test_background_is_shown_until_the_decision() -> None:
    background = CustomerBackground("Ana∗", "Pro, $49.00", "<@U7>", "@leads", (record(State.APPLIED),), 2)
    _, text = draw(record(), background=background)
    for words in (
        "Pro, $49.00",
        "*Requested by* Ana∗",
        "*Earlier:* 1 change like this in the last 90 days. The last: Give 500 extra messages, <!date^",
        "*Also waiting for this customer:* 2 other requests",
        "*Who can approve:* @leads",
        "Please decide: <@U7>",
    ):
        assert words in text
    _, text = draw(record(State.DENIED), background=background)
    for words in ("Earlier", "Also waiting", "Who can approve", "Please decide"):
        assert words not in text


def test_live_changes_and_deletions_are_confirmed_on_approval() -> None:
    live, _ = draw(record())
    assert elements(live)["Approve"]["confirm"]["title"]["text"] == say.APPROVE_TITLE
    sandbox, _ = draw(record(env="sandbox"))
    assert "confirm" not in elements(sandbox)["Approve"]
    deletion = record(env="sandbox", kind="deletion", input=DeletionInput(customer="cus_1", typed="cus_1"))
    card, _ = draw(deletion)
    assert elements(card)["Approve"]["confirm"]["style"] == "danger"


def test_new_preview_is_announced() -> None:
    _, text = draw(record(version=2, approvals=()))
    assert say.ANEW in text
    assert "0 of 2 approvals · Expires" in text
    assert "Change `chg_1`, version 2" in text


@pytest.mark.parametrize("ending", Cause)
def test_every_cause_has_its_words(ending: Cause) -> None:
    changes: dict[str, Any] = {
        "ending": ending,
        "details": {"status": "400", "code": "bad_inputs"},
        "refusals": (Note(BalanceNote.UNLIMITED, {"feature": "messages"}),),
        "decided_by": "U3RAJ",
        "comment": "I looked",
    }
    _, text = draw(record(State.UNCONFIRMED, **changes))
    assert say.ENDINGS[ending].split("{")[0] in text
    assert "{why" not in text
    assert "bad_inputs" not in text
    assert ("Request it again if it is still needed." in text) == ("{why}" in say.ENDINGS[ending])
    assert ("messages is unlimited" in text) == (ending is Cause.GUARDED)
    assert ("Marked by <@U3RAJ>" in text) == (ending.startswith("marked"))
    assert ("*Their reason:* I looked" in text) == (ending.startswith("marked"))


def test_denial_says_by_whom_and_why() -> None:
    _, text = draw(record(State.DENIED, comment="Not <!channel> again"))
    assert "By <@U3RAJ>, <!date^" in text
    assert "*Their reason:* Not &lt;!channel&gt; again" in text
    _, text = draw(record(State.WITHDRAWN, decided_at=None))
    assert "By <@U3RAJ>, <!date^" in text
    _, text = draw(record(State.FAILED, ending=Cause.MARKED_NOT_APPLIED, decided_at=None))
    assert "Marked by Maple" in text


def test_card_names_approvers() -> None:
    _, text = draw(record(State.APPLIED))
    assert "Approved by <@U2LEA>" in text
    _, text = draw(record(State.APPLIED, approvals=(), needed=0, ending=None))
    assert say.RIGHT_AWAY in text
    _, text = draw(record(State.FAILED, approvals=(), reason=""))
    assert "Approved by" not in text
    assert say.NO_REASON in text
    many = tuple(approval_by(f"U{number}", NOW) for number in range(7))
    _, text = draw(record(State.APPLYING, approvals=many))
    assert "<@U4> and 2 others" in text
    _, text = draw(record(requester="<!channel>"))
    assert "*Requested by* `&lt;!channel&gt;`" in text


@pytest.mark.parametrize(
    ("changes", "undo", "expected"),
    [
        ({}, True, ""),
        ({"invertible": False}, False, ""),
        ({"undo": "chg_2"}, False, say.UNDOING),
        ({"undo": "chg_2", "undone": True}, False, say.UNDONE),
        ({"undo": "chg_2", "undone": True}, False, "Balance change (undone)"),
    ],
)
def test_undo_is_offered_where_possible(changes: dict[str, Any], undo: bool, expected: str) -> None:
    card, text = draw(record(State.APPLIED, **changes))
    assert ("Undo" in elements(card)) is undo
    assert expected in text
    _, text = draw(record(undo_of="chg_0"))
    assert "Undo: balance change" in text
    assert say.undoes(say.UNDONE_CHANGE, "`chg_0`") in text


def test_undo_links_to_the_card_of_the_undone_change() -> None:
    address = "https://acme.slack.com/archives/C1/p1700000000000100"
    _, text = draw(record(undo_of="chg_0"), background=CustomerBackground(undone_card=address))
    assert say.undoes(f"<{address}|{say.UNDONE_CHANGE}>", "`chg_0`") in text


def test_undone_change_links_to_the_card_of_its_undo() -> None:
    address = "https://acme.slack.com/archives/C1/p1700000000000300"
    undone = record(State.APPLIED, undo="chg_2", undone=True)
    _, text = draw(undone, background=CustomerBackground(undo_card=address))
    assert f"({say.UNDONE_STATE})" in text
    assert say.undo(f"<{address}|{say.UNDO_REQUEST}>", "`chg_2`") in text
    _, text = draw(undone)
    assert say.undo(say.UNDO_REQUEST, "`chg_2`") in text, "without a card in the channel"


def test_deleted_customer_cannot_be_opened() -> None:
    card, text = draw(
        record(
            State.APPLIED,
            kind="deletion",
            input=DeletionInput(customer="cus_1", typed="cus_1"),
            lines=(
                Line(DeletionLine.CUSTOMER, "Acme", None),
                Line(DeletionLine.ENTITIES, "2", None, ValueFormat.NUMBER),
            ),
            invertible=False,
        )
    )
    assert not elements(card)
    assert "Customer: Acme → *gone from Autumn*" in text
    card, _ = draw(record(State.EXPIRED, customer_id="c" * 3000))
    assert not elements(card)


AFTER = {**POOL, "balance": "-40", "resets_at": "2026-12-01T00:00:00.000+00:00"}
REWARD = RewardInput(customer="c", action=RewardAction.APPLY, reward="ten")
GRANT = RewardInput(customer="c", action=RewardAction.REDEEM, code="x")


@pytest.mark.parametrize(
    ("change_input", "after", "expected"),
    [
        (record().input, POOL, ["Granted: *1,000*", "Remaining: *700*", "Used: *300*"]),
        (
            record().input,
            AFTER,
            ["Used: *1,040*", "Overage: *40*", "Resets: *Dec 1, 2026 at 00:00 UTC*"],
        ),
        (record().input, {"row": None}, ["Maple checked in Autumn: this balance is no longer there"]),
        (record().input, None, ["couldn't read it, or the customer is gone"]),
        (REWARD, {"coupon": "ten", "coupon_name": "Ten*"}, ["Coupon: *Ten∗*"]),
        (REWARD, {"coupon": "ten", "coupon_name": ""}, ["Coupon: *ten*"]),
        (REWARD, {"coupon": None}, ["Coupon: *none*"]),
        (DetailsInput(customer="c", name="A", email=""), {"name": "B"}, ["Name: *B*", "Email: *none*"]),
        (DeletionInput(customer="c", typed="c"), {"customer": "c"}, ["Customer: *`c`*"]),
        (DeletionInput(customer="c", typed="c"), {}, ["Customer: *none*"]),
    ],
)
def test_unconfirmed_change_shows_what_autumn_shows(
    change_input: Any, after: Any, expected: list[str]
) -> None:
    _, text = draw(record(State.UNCONFIRMED, input=change_input, kind=change_input.kind, after=after))
    assert "*What Autumn shows now*" in text
    for words in expected:
        assert words in text


BONUS = {"grant": "g", "gives:f": "5"}


@pytest.mark.parametrize(
    ("now", "change_input", "before", "after", "expected"),
    [
        ("unread", None, POOL, None, "Maple couldn't read it. Check in Autumn."),
        (
            "unread",
            None,
            POOL,
            None,
            f"{say.ENDINGS[Cause.NO_ANSWER]}\n{say.READ_BACK[Now.UNREAD]}",
        ),
        ("gone", None, POOL, None, say.READ_BACK[Now.GONE]),
        ("gone", None, POOL, None, "*What Autumn shows now*\nThe customer is no longer there."),
        ("absent", None, POOL, POOL, say.READ_BACK[Now.ABSENT]),
        (
            "unclear",
            None,
            POOL,
            AFTER,
            say.READ_BACK[Now.UNCLEAR],
        ),
        ("absent", GRANT, BONUS | {"rows:f": "[]"}, BONUS | {"rows:f": "[]"}, "the grant isn't there"),
        (
            "unclear",
            GRANT,
            BONUS | {"rows:f": "[]"},
            {"grant": "g", "gives:f": "9"},
            "isn't what the grant should",
        ),
    ],
)
def test_unreadable_and_missing_are_distinguished(
    now: str, change_input: Any, before: Any, after: Any, expected: str
) -> None:
    change_input = change_input or record().input
    about = {
        "input": change_input,
        "kind": change_input.kind,
        "before": before,
        "after": after,
        "details": {"now": now},
    }
    _, text = draw(record(State.UNCONFIRMED, ending=Cause.NO_ANSWER, **about))
    assert expected in text


CHARGING = (
    Note(DeletionNote.KEEPS_CHARGING, {"plans": "pro", "count": "1", "stripe": "cus_Stripe1"}),
    Note(CommonNote.NO_UNDO),
)


@pytest.mark.parametrize("state", State)
def test_deletion_lists_what_continues_in_stripe(state: State) -> None:
    deletion = DeletionInput(customer="c", typed="c")
    _, text = draw(record(state, input=deletion, kind=deletion.kind, warnings=CHARGING))
    continues = state in (State.APPLIED, State.UNCONFIRMED)
    assert ("Still to do in Stripe" in text) is continues
    assert ("Stripe keeps charging for a subscription* (pro)" in text) is (
        continues or state is State.WAITING
    )
    assert "https://dashboard.stripe.com/customers/cus_Stripe1" in text


PAID = {"invoice": "in_1", "currency": "USD", "paid": "20", "refunded": "0", "created_at": None}
LESS = "*Stripe refunded $9.00, not $20.00.* That was all that was left of the payment."


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize(
    ("after", "says_so"),
    [
        ({"refunded": "9", "answered": "9"}, True),
        ({"refunded": "20", "answered": "20"}, False),
        (None, False),
    ],
)
def test_less_refunded_than_shown_is_said_once_it_is_applied(
    state: State, after: dict[str, str] | None, says_so: bool
) -> None:
    refund = RefundInput(customer="cus_1", invoice="in_1", currency="USD")
    read = None if after is None else {**PAID, **after}
    change = record(state, input=refund, kind=refund.kind, before=PAID, after=read, warnings=())
    _, card = draw(change)
    outcome = checks.read(message_cards.outcome_card(change, now=NOW).blocks)
    listed = checks.read(history.history(Place(customer="cus_1"), [change], {}, now=NOW).blocks)
    for text in (card, outcome, listed):
        assert (LESS in text) is (says_so and state is State.APPLIED)


def test_withheld_card_shows_nothing_of_the_customer() -> None:
    change = record(State.WAITING, reason="They lost a day", undo_of="chg_0")
    card = approvals_card.withheld_card(change, now=NOW)
    text = json.dumps(card.blocks)
    for secret in (change.customer_id, change.reason, "500", change.requester):
        assert secret not in text
    assert "Waiting for approval" in text
    assert not elements(card)


@pytest.mark.parametrize(
    ("action", "amount", "reset", "expected"),
    [
        (BalanceAction.GIVE, 5, False, "Give 5 extra f"),
        (BalanceAction.TAKE, 5, False, "Take back 5 of the f allowance"),
        (
            BalanceAction.SET,
            -40,
            True,
            "Set the balance of f to -40, and move its reset to Dec 2, 2026 at 15:06 UTC",
        ),
        (BalanceAction.USAGE, 0, False, "Correct the usage of f to 0"),
        (BalanceAction.SHIFT, -5, False, "Change remaining f by -5"),
        (BalanceAction.RESET_DATE, None, True, "Move the reset of f to Dec 2, 2026 at 15:06 UTC"),
        (BalanceAction.RESET_DATE, None, False, "Move the reset of f to –"),
    ],
)
def test_balance_change_in_one_line(
    action: BalanceAction, amount: int | None, reset: bool, expected: str
) -> None:
    balance_input = BalanceInput(
        customer="c",
        feature="f",
        row="r",
        action=action,
        amount=None if amount is None else Decimal(amount),
        reset_at=LATER if reset else None,
    )
    assert descriptions.summary(balance_input, {}).startswith(expected)


def test_other_kinds_in_one_line() -> None:
    assert descriptions.summary(REWARD, {"ten": "Ten off"}) == "Apply the coupon Ten off"
    redeem = RewardInput(customer="c", action=RewardAction.REDEEM, code="")
    assert descriptions.summary(redeem, {}) == "Redeem the promo code –"
    remove = RewardInput(customer="c", action=RewardAction.REMOVE)
    assert descriptions.summary(remove, {}) == "Remove the coupon"
    details = DetailsInput(customer="c", name="", fingerprint="x")
    assert descriptions.summary(details, {}) == "Change name and fingerprint"
    assert descriptions.summary(DetailsInput(customer="c"), {}) == "Change –"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            Line(BalanceLine.GRANTED, "5", None, ValueFormat.NUMBER),
            "Granted: 5 → *no longer shown by Autumn*",
        ),
        (Line(RewardLine.COUPON, None, "a*"), "Coupon: none → *a∗*"),
        (Line(RewardLine.COUPON, "a", None), "Coupon: a → *none*"),
        (Line(DetailsLine.NAME, "", "x"), "Name: – → *x*"),
        (
            Line(RewardLine.NEXT_INVOICE, "20", "16.5", ValueFormat.MONEY, "usd", "", estimate=True),
            "Next invoice: $20.00 → *$16.50* (estimate, before tax)",
        ),
        (
            Line(RewardLine.NEXT_INVOICE, "20", "20", ValueFormat.MONEY, "usd", "2026-12-01T00:00:00+00:00"),
            "Next invoice on Dec 1, 2026: $20.00, unchanged",
        ),
    ],
)
def test_preview_lines_in_words(line: Line, expected: str) -> None:
    assert lines.bullets([line], {}) == [f"• {expected}"]


def test_every_code_has_words() -> None:
    assert set(say.ENDINGS) == set(Cause)
    assert set(say.HEADLINES) == set(say.STATES) == set(State)
    assert set(say.STEPS) == set(ChangeEvent)
    assert set(say.RESULTS) == set(Result)
    assert set(say.ASKED_OF) == set(Verb)
    assert set(access_words.BARRED) == set(DecisionReason) - {DecisionReason.ALLOWED}


# Denying, and the result of a click


@pytest.mark.parametrize("form", [DENIAL, UNDO])
def test_denial_and_undo_ask_for_a_reason(form: ReasonForm) -> None:
    view = modal(reason_form.modal(form, Ref("chg_1", 2)))
    assert view["callback_id"] == form.id
    assert Ref.decode(view["private_metadata"]) == ("chg_1", 2)
    assert reason_form.parse(form, {REASON_BLOCK: {form.id: {"value": " too much "}}}) == ("too much", {})
    empty = reason_form.parse(form, {REASON_BLOCK: {form.id: {"value": " "}}})
    assert empty.errors == {REASON_BLOCK: form.needed}
    assert reason_form.parse(form, {}).errors


@pytest.mark.parametrize("value", ["", "x", ":1", "x:0", "x:1 ", "x:y", "a b:1", "x:1:2", "x:99999999999"])
def test_only_values_of_buttons_are_read(value: str) -> None:
    with pytest.raises(Unreadable):
        Ref.decode(value)


def test_result_says_what_happened_and_the_state_of_the_change() -> None:
    card = message_cards.result_card(Result.TOO_LATE, now=NOW, record=record(State.DENIED))
    fits(card)
    text = checks.read(card.blocks)
    assert "Someone already decided" in text
    assert "*Denied: nothing was changed*\nBy <@U3RAJ>" in text
    no = Decision(False, DecisionReason.DENIED, "no *deletions*")
    refused = PolicyRefusal(no, "@leads", Ask(verb=Verb.UNDO, change="chg_1"))
    card = message_cards.result_card(Result.NOT_ALLOWED, now=NOW, refusal=refused)
    fits(card)
    text = checks.read(card.blocks)
    assert f"{access_words.BARRED[DecisionReason.DENIED]} (rule `no *deletions*`)." in text
    assert access_words.who_may("@leads") in text
    assert Ask.decode(checks.buttons(card)[access_words.ASK_THEM]) == refused.ask
    assert barred(Decision(False, DecisionReason.OWN)).endswith("so someone else must decide.")
    assert barred(Decision(True, DecisionReason.ALLOWED)) == ""
    yes = message_cards.result_card(Result.DONE, now=NOW)
    assert say.RESULTS[Result.DONE].what in checks.read(yes.blocks)


def test_refusal_has_no_button_where_nobody_can_be_asked() -> None:
    no = Decision(False, DecisionReason.NO_RULE)
    assert access_words.who_may(access_words.NOBODY) in refusal.explained(PolicyRefusal(no))
    assert refusal.ask_button(PolicyRefusal(no)) == []
    long = Ask(verb=Verb.HISTORY, customer="c" * 3000)
    assert refusal.ask_button(PolicyRefusal(no, "@leads", long)) == []
    guest = PolicyRefusal(Decision(False, DecisionReason.NOT_A_MEMBER))
    assert refusal.explained(guest) == barred(guest.decision)


@pytest.mark.parametrize(
    ("verb", "state", "labels"),
    [
        (Verb.APPROVE, State.WAITING, ["Approve", "Deny"]),
        (Verb.APPROVE, State.APPLIED, []),
        (Verb.MARK, State.UNCONFIRMED, [say.CHECK_AGAIN, say.MARK_APPLIED, say.MARK_NOT_APPLIED]),
        (Verb.MARK, State.APPLIED, []),
        (Verb.UNDO, State.WAITING, []),
        (Verb.HISTORY, State.WAITING, []),
    ],
)
def test_person_who_is_asked_has_the_buttons_for_it(verb: Verb, state: State, labels: list[str]) -> None:
    assert [button.text.text for button in buttons_of(verb, record(state))] == labels


CREDITED = RewardInput(customer="cus_1", action=RewardAction.APPLY, reward="ten")
REFUND = RefundInput(customer="cus_1", invoice="in_1", currency="USD", amount=Decimal(5))


@pytest.mark.parametrize(
    ("changes", "worth"),
    [
        ({"worth": Worth(Decimal("40.00"), "USD")}, " (≈ $40)"),
        ({"worth": None}, ""),
        ({"worth": Worth(Decimal(5), "USD"), "kind": "refund", "input": REFUND}, ""),
        ({"worth": Worth(Decimal(5), "USD"), "kind": "reward", "input": CREDITED, "before": {}}, ""),
        (
            {
                "worth": Worth(Decimal(5), "USD"),
                "kind": "quantity",
                "input": registry.kind("quantity").sample("cus_1"),
            },
            "",
        ),
    ],
)
def test_title_says_what_units_are_worth(changes: dict[str, Any], worth: str) -> None:
    change = record(amount=Decimal(500), **changes)
    card, _ = draw(change)
    first_line = f"{descriptions.summary(change.input, {})}{worth}"
    assert card.plain[0]["text"]["text"].endswith(first_line)
    assert card.text.split("\n")[0].endswith(first_line)
