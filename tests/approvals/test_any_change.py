"""Whatever a change or a customer looks like, its card fits Slack's limits, is harmless and offers no more
than allowed."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bot.approvals import card as approvals_card
from bot.approvals import history, message_cards
from bot.approvals.card import Audience
from bot.approvals.lifecycle import OVER, Cause, ChangeEvent, Record, State
from bot.approvals.results import Result
from bot.autumn.models import Coupon, Customer, Duration, Entity, Environment, RewardList
from bot.changes import notes, registry
from bot.changes.addition.request import AdditionInput
from bot.changes.balance.request import BalanceInput
from bot.changes.balance.words import BalanceAction
from bot.changes.billing.quantities import FeatureQuantity
from bot.changes.cancellation.request import CancellationInput
from bot.changes.cancellation.words import CancellationAction, Settlement
from bot.changes.control.request import ControlInput
from bot.changes.control.words import ControlType, ThresholdType
from bot.changes.deletion.request import DeletionInput
from bot.changes.details.request import DetailsInput
from bot.changes.expiry.request import ExpiryInput
from bot.changes.forms.model import Meta, Parsed
from bot.changes.grant.request import GrantInput
from bot.changes.lines import Line, ValueFormat, billing_day
from bot.changes.model import ChangeInput, Facts, Now, PaymentPage
from bot.changes.notes import Note
from bot.changes.quantity.request import QuantityInput
from bot.changes.quantity.words import Billed
from bot.changes.refund.request import RefundInput
from bot.changes.reward.request import RewardInput
from bot.changes.reward.words import RewardAction
from bot.changes.standalone import GrantSize
from bot.changes.switch.request import SwitchInput
from bot.changes.switch.words import SwitchAction
from bot.changes.trial.request import TrialInput
from bot.changes.trial.words import TrialAction
from bot.changes.ungrant.request import UngrantInput
from bot.changes.usage.request import UsageInput
from bot.kit.carried import Ref
from bot.lookups.answers import Billing
from bot.lookups.invoices import facts as invoice_facts
from bot.lookups.place import Place
from bot.store.audit import Entry
from sandbox.slack import elements
from tests.approvals.records import POOL, approval_by, fits
from tests.changes.filling import Filling
from tests.examples import examples
from tests.kit import checks
from tests.lookups.test_any_customer import (
    CURRENCIES,
    DISCOUNTS,
    INVOICES,
    MAYBE_TIMES,
    NUMBERS,
    PREVIEWS,
    TEXTS,
    TIMES,
    customers,
)
from tests.policy import KIND_IDS

PEOPLE = st.sampled_from(["U1ANA", "U2LEA", "", "<!channel>"])
IDS = st.sampled_from(["cus_1", "", "<!channel>", "c" * 2500, "é*"])
FIGURES = NUMBERS.map(str)
MOMENTS = TIMES.map(lambda at: at.isoformat())
MAYBE_FIGURES = st.none() | FIGURES
BALANCE_INPUTS = st.builds(
    BalanceInput,
    customer=IDS,
    feature=TEXTS,
    row=TEXTS,
    action=st.sampled_from(list(BalanceAction)),
    amount=st.none() | NUMBERS,
    reset_at=MAYBE_TIMES,
)
REWARD_INPUTS = st.builds(
    RewardInput,
    customer=IDS,
    action=st.sampled_from(list(RewardAction)),
    reward=TEXTS,
    code=TEXTS,
    subscription=TEXTS,
    product=TEXTS,
)
DETAILS_INPUTS = st.builds(
    DetailsInput, customer=IDS, name=st.none() | TEXTS, email=st.none() | TEXTS, fingerprint=st.none() | TEXTS
)
DELETIONS = st.builds(DeletionInput, customer=IDS, typed=TEXTS)
GRANTS = st.builds(
    GrantInput,
    customer=IDS,
    feature=TEXTS,
    grant=TEXTS,
    size=st.sampled_from(list(GrantSize)),
    amount=st.none() | NUMBERS,
    expires_at=MAYBE_TIMES,
    every=st.sampled_from(["", "month", "<!here>"]),
)
EXPIRIES = st.builds(ExpiryInput, customer=IDS, feature=TEXTS, row=TEXTS, expires_at=TIMES)
UNGRANTS = st.builds(UngrantInput, customer=IDS, feature=TEXTS, row=TEXTS)
CONTROLS = st.builds(
    ControlInput,
    customer=IDS,
    control=st.sampled_from(list(ControlType)),
    feature=TEXTS,
    remove=st.booleans(),
    limit=st.none() | NUMBERS,
    threshold_type=st.none() | st.sampled_from(list(ThresholdType)),
    quantity=st.none() | NUMBERS,
    interval=st.sampled_from(["", "day", "<!here>"]),
)
USES = st.builds(UsageInput, customer=IDS, feature=TEXTS, value=NUMBERS, mark=TEXTS, undoes=st.booleans())
REFUNDS = st.builds(RefundInput, customer=IDS, invoice=TEXTS, currency=CURRENCIES, amount=st.none() | NUMBERS)
CANCELLATIONS = st.builds(
    CancellationInput,
    customer=IDS,
    subscription=TEXTS,
    product=TEXTS,
    action=st.sampled_from(CancellationAction),
    settlement=st.none() | st.sampled_from(Settlement),
    one_time=st.booleans(),
)
BOUGHT = st.lists(st.builds(FeatureQuantity, feature=TEXTS, quantity=NUMBERS), max_size=2).map(tuple)
SWITCHES = st.builds(
    SwitchInput,
    customer=IDS,
    product=TEXTS,
    action=st.sampled_from(SwitchAction),
    replaces=st.none() | TEXTS,
    quantities=BOUGHT,
)
ADDITIONS = st.builds(
    AdditionInput, customer=IDS, product=TEXTS, subscription=st.just("") | TEXTS, quantities=BOUGHT
)
QUANTITIES = st.builds(
    QuantityInput,
    customer=IDS,
    subscription=TEXTS,
    product=TEXTS,
    feature=TEXTS,
    quantity=NUMBERS,
    billed=st.sampled_from(Billed),
)
TRIALS = st.builds(
    TrialInput,
    customer=IDS,
    subscription=TEXTS,
    product=TEXTS,
    action=st.sampled_from(TrialAction),
    ends_at=MAYBE_TIMES,
)
_OF_GRANT = {"size": "amount", "granted": "1", "left": "1", "interval_count": "1"}
"""What the snapshot of a grant contains in addition to that of a balance."""
INPUTS_OF: dict[type[ChangeInput], st.SearchStrategy[ChangeInput]] = {
    BalanceInput: BALANCE_INPUTS,
    GrantInput: GRANTS,
    ExpiryInput: EXPIRIES,
    UngrantInput: UNGRANTS,
    RewardInput: REWARD_INPUTS,
    ControlInput: CONTROLS,
    UsageInput: USES,
    RefundInput: REFUNDS,
    CancellationInput: CANCELLATIONS,
    SwitchInput: SWITCHES,
    AdditionInput: ADDITIONS,
    QuantityInput: QUANTITIES,
    TrialInput: TRIALS,
    DetailsInput: DETAILS_INPUTS,
    DeletionInput: DELETIONS,
}
INPUTS = st.one_of(*INPUTS_OF.values())

_DETAILS: dict[str, st.SearchStrategy[str]] = {
    **dict.fromkeys(
        ("units", "most", "count", "total", "off", "off_now", "left", "nearest", "refunded", "used"), FIGURES
    ),
    **dict.fromkeys(("what", "words", "why", "typed"), TEXTS),
    **dict.fromkeys(("included", "pack", "next", "used"), FIGURES),
    **dict.fromkeys(("at", "cycle", "latest"), MOMENTS),
    **dict.fromkeys(("field", "fields"), st.sampled_from(["name", "name, email"])),
    **dict.fromkeys(("feature", "plan", "plans", "name", "names", "reward", "promo", "currencies"), TEXTS),
    **dict.fromkeys(("product", "products", "code", "replaced"), TEXTS),
    "currency": CURRENCIES,
    "at_least": st.sampled_from(["", "yes"]),
    "nth": st.integers(1, 99).map(str),
}
NOTES = st.builds(
    Note, st.sampled_from(list(registry.note_codes().values())), st.fixed_dictionaries(_DETAILS)
)


@st.composite
def lines(draw: st.DrawFn) -> Line:
    form = draw(st.sampled_from(list(ValueFormat)))
    values = {ValueFormat.TIME: MOMENTS, ValueFormat.TEXT: TEXTS}.get(form, FIGURES)
    label = draw(st.sampled_from(list(registry.line_labels().values())))
    about = draw(MOMENTS | st.just("")) if label.style.about is billing_day else draw(TEXTS)
    before, after = draw(st.none() | values), draw(st.none() | values)
    return Line(label, before, after, form, draw(CURRENCIES), about, draw(st.booleans()))


@st.composite
def records(draw: st.DrawFn) -> Record:
    request = draw(INPUTS)
    after: dict[str, Any] = draw(
        st.sampled_from(
            [
                {**POOL, **_OF_GRANT},
                {"row": None},
                {"coupon": "<!here>"},
                {"attached": "[]"},
                {"name": "*x*", "customer": "`"},
                {"grant": "g"},
            ]
        )
    )
    return Record(
        id=draw(st.sampled_from(["chg_1", "0190-ab"])),
        state=draw(st.sampled_from(list(State))),
        version=draw(st.integers(1, 10**6)),
        revision=1,
        kind=request.kind,
        input=request,
        customer_id=request.customer,
        env=draw(st.sampled_from(list(Environment))),
        requester=draw(PEOPLE),
        requester_team="T1",
        channel=draw(TEXTS),
        created_at=draw(TIMES),
        updated_at=draw(TIMES),
        expires_at=draw(TIMES),
        before={},
        lines=tuple(draw(st.lists(lines(), max_size=3)) * draw(st.sampled_from([1, 12]))),
        warnings=tuple(draw(st.lists(NOTES, max_size=3)) * 3),
        refusals=tuple(draw(st.lists(NOTES, max_size=2))),
        reason=draw(TEXTS),
        ticket=draw(TEXTS),
        rule=draw(TEXTS),
        needed=draw(st.integers(0, 5)),
        approvals=tuple(approval_by(draw(PEOPLE), draw(TIMES)) for _ in range(draw(st.integers(0, 3)))),
        after=draw(st.none() | st.just(after)),
        ending=draw(st.none() | st.sampled_from(list(Cause))),
        details=draw(
            st.just({})
            | st.fixed_dictionaries(
                {
                    "status": st.just("500"),
                    "code": TEXTS,
                    "now": st.sampled_from(["", *Now]),
                    "page": st.sampled_from(["", *PaymentPage]),
                }
            )
        ),
        decided_by=draw(PEOPLE),
        decided_at=draw(MAYBE_TIMES),
        comment=draw(TEXTS),
        undo_of=draw(st.sampled_from(["", "chg_0"])),
        undo=draw(st.sampled_from(["", "chg_2"])),
        undone=draw(st.booleans()),
        invertible=draw(st.booleans()),
    )


def test_every_kind_of_change_is_drawn() -> None:
    assert set(INPUTS_OF) == {kind.input for kind in registry.KINDS}


@given(records(), TEXTS, TIMES, st.dictionaries(TEXTS, TEXTS, max_size=2))
@examples(60)
def test_any_change_can_be_shown(record: Record, name: str, now: Any, called: dict[str, str]) -> None:
    for audience in Audience:
        card = approvals_card.change_card(record, audience=audience, now=now, name=name, names=called)
        fits(card)
        buttons = checks.buttons(card)
        decided = record.state in OVER or record.state in (State.APPROVED, State.APPLYING)
        if decided or audience is Audience.READER:
            assert not {"Approve", "Deny", "Withdraw"} & set(buttons)
        assert all(
            Ref.decode(value) == (record.id, record.version)
            for label, value in buttons.items()
            if label not in ("Open customer", "History")
        )
    fits(message_cards.result_card(Result.TOO_LATE, now=now, record=record))


@given(
    st.lists(records(), max_size=3),
    st.lists(st.tuples(st.sampled_from([*ChangeEvent, "<!odd>"]), PEOPLE, MOMENTS), max_size=3),
    st.integers(0, 4),
    IDS,
    TIMES,
)
@examples(25)
def test_any_history_can_be_shown(
    changes: list[Record], steps: list[tuple[str, str, str]], page: int, customer: str, now: Any
) -> None:
    trail = [
        Entry(seq=1, change_id="chg_1", at=at, event=event, actor=actor, body="", previous="", hash="")
        for event, actor, at in steps * 8
    ]
    page_of = Place(customer=customer, page=page)
    fits(history.history(page_of, changes * 4, {"chg_1": trail}, now=now))


@given(NOTES)
@examples(60)
def test_any_note_reads_plain_and_safe(note: Note) -> None:
    checks.harmless(notes.mrkdwn(note, {"messages": "<!here>"}))
    assert "<!date" not in notes.plain(note)
    assert notes.plain(note)


DURATIONS = st.builds(
    Duration, type=st.sampled_from(["months", "forever", "odd"]), length=st.none() | st.integers(0, 99)
)
COUPONS = st.builds(
    Coupon,
    id=TEXTS,
    name=TEXTS,
    type=st.sampled_from(["percentage_discount", "fixed_discount"]),
    value=NUMBERS,
    duration=st.none() | DURATIONS,
    plan_ids=st.none() | st.lists(TEXTS, max_size=3),
)


@st.composite
def facts(draw: st.DrawFn, customer_id: str) -> Facts:
    who: Customer = draw(customers())
    billing = Billing(
        tuple(draw(st.lists(DISCOUNTS, max_size=2))) * 4, tuple(draw(st.lists(PREVIEWS, max_size=1)))
    )
    coupons = draw(st.lists(COUPONS, max_size=3))
    return Facts(
        who.model_copy(update={"id": customer_id}),
        draw(TIMES),
        billing=draw(st.none() | st.just(billing)),
        rewards=draw(st.none() | st.just(RewardList(coupons=coupons))),
        unpaid=invoice_facts.unpaid(draw(st.lists(INVOICES, max_size=2)), more=draw(st.booleans())),
        entities=(Entity(id="e"),) * draw(st.sampled_from([0, 5])),
    )


@given(st.data())
@examples(60)
def test_any_customer_has_every_form(data: st.DataObject) -> None:
    """Whatever is picked and typed, a submission is either an input the guards can judge, or has errors below
    inputs that the form has."""
    kind = data.draw(st.sampled_from(KIND_IDS))
    customer_id = data.draw(IDS)
    customer_facts = data.draw(facts(customer_id))
    feature = data.draw(st.sampled_from(["", "gone", *list(customer_facts.customer.balances)[:1]]))
    opened = Meta(kind=kind, customer=customer_id, submission="s1", feature=feature)
    form = Filling(opened, customer_facts)
    for _ in range(3):
        fields = [
            (block, input_element)
            for block, input_element in elements.each(form.view["blocks"])
            if input_element["type"] != "button"
        ]
        if not fields:
            break
        block, element = data.draw(st.sampled_from(fields))
        given_in = data.draw(_entered(element))
        if given_in is not None:
            form.fill(block["block_id"], **given_in)
    input_blocks = {block["block_id"] for block in form.view["blocks"] if block["type"] == "input"}
    if input_blocks and form.meta.fits:
        parsed: Parsed = form.submit()
        assert set(parsed.errors) <= input_blocks
        assert (parsed.input is None) == bool(parsed.errors)
        assert all(parsed.errors.values())
        assert parsed.input is None or parsed.input.kind is kind


def _entered(element: dict[str, Any]) -> st.SearchStrategy[dict[str, Any] | None]:
    offered = elements.options_of(element)
    match element["type"]:
        case "static_select" | "radio_buttons":
            return st.sampled_from(offered).map(lambda entry: {"option": entry["value"]})
        case "checkboxes":
            return st.booleans().map(lambda on: {"options": [offered[0]["value"]] if on else []})
        case "datetimepicker":
            return st.none() | st.integers(-(10**12), 10**12).map(lambda at: {"datetime": at})
        case "plain_text_input" | "url_text_input":
            typed = TEXTS | st.sampled_from(["1k", "-40", "cus_1", "https://a.example", "1e5"])
            return typed.map(lambda entry: {"text": entry[:250]})
        case _:
            return st.none()
