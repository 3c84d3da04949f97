"""One of every kind of card and form that Maple draws, of a customer that nobody is: to ask Slack whether it
takes them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any, assert_never

from bot.access.rules import Kind
from bot.approvals import card as approvals_card
from bot.approvals import denial, history, notices
from bot.approvals.card import Audience
from bot.approvals.lifecycle import AnyInput, ChangeEvent, Record, State
from bot.autumn import models
from bot.autumn.environment import Environment
from bot.changes import buttons, forms
from bot.changes.forms import FormState, Meta
from bot.changes.model import (
    BalanceAction,
    BalanceInput,
    DeletionInput,
    DetailsInput,
    Facts,
    Line,
    LineLabel,
    RewardAction,
    RewardInput,
    ValueFormat,
)
from bot.digests import all_rows, list_card
from bot.digests import card as digests_card
from bot.digests import form as digest_form
from bot.digests import items as digests_items
from bot.digests.items import ReportItem
from bot.digests.model import MONEY, Digest, Pause, Schedule, Section, Wanted
from bot.digests.report import model as findings
from bot.digests.report.model import CurrencyTotal, ItemPage, Report, RowQuery
from bot.kit import surfaces
from bot.kit.card import Card
from bot.kit.ref import Ref
from bot.lookups import answers, trouble
from bot.lookups import card as lookup_card
from bot.lookups import help as lookup_help
from bot.lookups import home as lookup_home
from bot.lookups.answers import Answer
from bot.lookups.events import answer as events_answer
from bot.lookups.feature import answer as feature_answer
from bot.lookups.feature.answer import Bin, Usage
from bot.lookups.features import answer as features_answer
from bot.lookups.find import card as find_card
from bot.lookups.find import modal
from bot.lookups.find.answer import SeveralMatches
from bot.lookups.invoices import answer
from bot.lookups.invoices.facts import Unpaid
from bot.lookups.overview import answer as overview_answer
from bot.lookups.place import Part, Place
from bot.lookups.products import answer as products_answer

_NOW = datetime(2026, 1, 15, 9, tzinfo=UTC)
_SOON = _NOW + timedelta(days=10)
_LONG_AGO = _NOW - timedelta(days=200)
_ID = "maple_sample"
_PERSON = "U0MAPLE"
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Sample:
    """`card` for a message, `view` for a modal or the Home tab."""

    name: str
    card: Card | None = None
    view: dict[str, Any] | None = None


def samples() -> Iterator[Sample]:
    for part in Part:
        yield Sample(
            part.value,
            lookup_card.card(_place(part), _answer(part), shareable=True, actions=buttons.row(_place(part))),
        )
    shared = lookup_card.shared(_place(Part.OVERVIEW), _answer(Part.OVERVIEW), by=_PERSON)
    yield Sample("shared card", shared)
    for kind in Kind:
        for audience in (Audience.APPROVER, Audience.ASKER):
            card = approvals_card.change_card(_record(kind), audience=audience, now=_NOW, name="Maple Sample")
            yield Sample(f"{kind} for the {audience}", card)
        meta = Meta(kind=kind, customer=_ID, submission="sample", feature="messages")
        yield Sample(f"{kind} form", view=forms.build(FormState(meta, _facts())))
    yield from _found()
    yield from _digests()
    yield Sample("Home tab", view=lookup_home.home())
    yield Sample("look-up form", view=modal.look_up_modal())
    yield Sample("denial form", view=denial.deny_modal(Ref(_ID, 1)))


def _place(part: Part) -> Place:
    return Place(customer=_ID, part=part, feature="messages" if part is Part.FEATURE else "")


def _customer() -> models.Customer:
    row = models.BalanceRow(
        id="row",
        plan_id="pro",
        included_grant=Decimal(1000),
        remaining=Decimal(700),
        usage=Decimal(300),
        reset=models.Reset(interval="month", resets_at=_SOON),
    )
    balance = models.Balance(
        feature_id="messages",
        feature=models.Feature(id="messages", name="Messages", type="metered", consumable=True),
        granted=Decimal(1000),
        remaining=Decimal(700),
        usage=Decimal(300),
        next_reset_at=_SOON,
        breakdown=[row],
    )
    return models.Customer(
        id=_ID,
        name="Maple Sample",
        email="sample@maple.example",
        created_at=_LONG_AGO,
        env="sandbox",
        stripe_id="cus_sample",
        subscriptions=[_subscription()],
        balances={"messages": balance},
        flags={"sso": models.Flag(feature_id="sso", plan_id="pro")},
    )


def _subscription() -> models.Subscription:
    price = models.PlanPrice(amount=Decimal(20), interval="month", currency="usd")
    return models.Subscription(
        id="sub",
        plan_id="pro",
        plan=models.Plan(id="pro", name="Pro", price=price),
        status="active",
        started_at=_LONG_AGO,
        current_period_start=_NOW - 20 * _DAY,
        current_period_end=_SOON,
        scope="customer",
    )


def _invoices() -> tuple[models.Invoice, ...]:
    return tuple(
        models.Invoice(
            id=f"inv_{number}",
            plan_ids=["pro"],
            status=status,
            total=Decimal(20),
            currency="usd",
            created_at=_NOW - number * 30 * _DAY,
            hosted_invoice_url="https://example.com/invoice",
        )
        for number, status in enumerate(("open", "paid", "void"))
    )


def _preview() -> models.InvoicePreview:
    line = models.PreviewLine(description="Pro", total=Decimal(20))
    return models.InvoicePreview(
        plan_ids=["pro"], invoice_at=_SOON, currency="usd", total=Decimal(20), line_items=[line]
    )


def _answer(part: Part) -> Answer:
    customer, invoices = _customer(), _invoices()
    match part:
        case Part.OVERVIEW:
            listed = answer.InvoiceList(invoices, more=False, unpaid=Unpaid())
            billing = answers.Billing(discounts=(), upcoming=(_preview(),))
            return overview_answer.Overview(customer, billing, listed, _NOW)
        case Part.PRODUCTS:
            over = products_answer.ExpiredProduct("starter", "Starter", _LONG_AGO, _NOW - 90 * _DAY)
            return products_answer.Products(customer, (over,), _NOW)
        case Part.FEATURES:
            return features_answer.Features(customer, _NOW)
        case Part.FEATURE:
            days = (_NOW - number * _DAY for number in range(10, 0, -1))
            bins = tuple(Bin(day, day + _DAY, Decimal(30)) for day in days)
            usage = Usage(bins, Decimal(300), 300, bins[0].start, _NOW)
            return feature_answer.FeatureDetail(customer, usage, _NOW)
        case Part.INVOICES:
            return answer.Invoices(customer, invoices, False, (_preview(),), _NOW)
        case Part.EVENTS:
            events = tuple(
                models.Event(
                    id=f"evt_{number}",
                    timestamp=_NOW - number * _DAY,
                    feature_id="messages",
                    value=Decimal(3),
                )
                for number in range(1, 4)
            )
            features = {"messages": models.Feature(id="messages", name="Messages")}
            return events_answer.Events(customer, events, False, {}, features, _NOW, _NOW)
        case _:  # pragma: no cover - there is no other part
            assert_never(part)


def _facts() -> Facts:
    coupon = models.Coupon(
        id="ten",
        name="Ten percent off",
        type="percentage_discount",
        value=Decimal(10),
        duration=models.Duration(type="forever"),
    )
    return Facts(
        customer=_customer(),
        read_at=_NOW,
        billing=answers.Billing(discounts=(), upcoming=(_preview(),)),
        rewards=models.RewardList(coupons=[coupon]),
        features={
            "messages": models.Feature(id="messages", name="Messages", type="metered", consumable=True)
        },
    )


def _input(kind: Kind) -> AnyInput:
    match kind:
        case Kind.BALANCE:
            return BalanceInput(
                customer=_ID, feature="messages", row="row", action=BalanceAction.GIVE, amount=Decimal(500)
            )
        case Kind.REWARD:
            return RewardInput(customer=_ID, action=RewardAction.APPLY, reward="ten")
        case Kind.DETAILS:
            return DetailsInput(customer=_ID, name="Maple Sample Ltd")
        case Kind.DELETION:
            return DeletionInput(customer=_ID, typed=_ID)
        case _:  # pragma: no cover - there is no other kind
            assert_never(kind)


def _record(kind: Kind) -> Record:
    return Record(
        id=_ID,
        state=State.WAITING,
        version=1,
        revision=1,
        kind=kind,
        input=_input(kind),
        customer_id=_ID,
        env=Environment.SANDBOX,
        asker=_PERSON,
        asker_team="T0MAPLE",
        channel="C0MAPLE",
        created_at=_NOW,
        updated_at=_NOW,
        expires_at=_SOON,
        before={},
        lines=(Line(LineLabel.REMAINING, "700", "1200", ValueFormat.NUMBER),),
        reason="A sample",
        rule="sample",
    )


def _found() -> Iterator[Sample]:
    place = Place(customer=_ID)
    several = SeveralMatches("maple", (_customer(), _customer()), more=True, read_at=_NOW)
    yield Sample("matches", find_card.matches(several))
    yield Sample("no match", find_card.nobody("maple"))
    yield Sample("help", lookup_help.help_card())
    yield Sample("history", history.history(place, [_record(Kind.BALANCE)], {}, now=_NOW))
    asked = notices.notice(_record(Kind.BALANCE), ChangeEvent.ASKED)
    yield Sample("notice", asked or lookup_help.asking(place))
    yield Sample("error", trouble.trouble(TimeoutError(), reference="sample", place=place))
    yield Sample("card in a modal", view=surfaces.as_modal(lookup_help.help_card()))


def _digests() -> Iterator[Sample]:
    report, query = _report(), RowQuery(scan="sample")
    digest = Digest(
        id=_ID,
        channel="C0MAPLE",
        team="T0MAPLE",
        owner=_PERSON,
        schedule=Schedule(at=time(9)),
        wanted=Wanted(),
        private=False,
        pause=None,
        stopped_by="",
        next_due=_SOON,
        version=1,
    )
    yield Sample("digest", digests_card.digest_card(report, digest=digest, query_base=query))
    yield Sample(
        "preview", digests_card.upcoming_card(report, wanted=Wanted(), query_base=query, preview=True)
    )
    yield Sample("pause", list_card.digest_stopped(digest, Pause.ARCHIVED))
    yield Sample("list of digests", view=list_card.digest_list([digest], channel="C0MAPLE"))
    meta = digest_form.DigestMeta(submission="sample", channel="C0MAPLE")
    state = digest_form.DigestState(meta, plans={"pro": "Pro"})
    yield Sample("digest form", view=digest_form.build(state))
    items = _items(Section.INVOICES)
    total = (CurrencyTotal("usd", Decimal(60), len(items)),)
    page = ItemPage(items, page=0, pages=2, left=3, count=6, totals=total, read_at=_NOW)
    yield Sample("rows of a digest", view=all_rows.see_all(page, query))


def _report() -> Report:
    parts = tuple(
        findings.ReportSection(
            section,
            count=3,
            totals=(CurrencyTotal("usd", Decimal(60), 3),) if section in MONEY else (),
            items=_items(section),
        )
        for section in Section
    )
    daily = {"usd": [((_NOW + number * _DAY).date(), Decimal(20)) for number in range(3)]}
    return Report(read_at=_NOW, start=_NOW, end=_NOW + 7 * _DAY, parts=parts, daily=daily)


def _items(section: Section) -> tuple[ReportItem, ...]:
    details = {
        digests_items.FEATURE_NAME: "Messages",
        digests_items.REMAINING: "700",
        digests_items.GRANTED: "1000",
    }
    return tuple(
        ReportItem(
            section,
            f"{_ID}_{number}",
            f"Maple Sample {number}",
            at=_NOW + number * _DAY,
            amount=Decimal(20) if section in MONEY else None,
            currency="usd",
            plans=("pro",),
            feature="messages",
            details={
                **details,
                digests_items.STATUS: "open",
                digests_items.URL: "https://example.com/invoice",
            },
        )
        for number in range(3)
    )
