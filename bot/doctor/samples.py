"""One of every kind of card and form that Maple draws, for a made-up customer: to ask Slack whether it
accepts them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import time
from decimal import Decimal
from typing import Any

from bot.access.permission import KindPowers, Powers
from bot.access.post_targets import Pause
from bot.alerts import card as alerts_card
from bot.alerts import form as alert_form
from bot.alerts.model import AlertEvent, AlertSubscription, Occurrence
from bot.alerts.sources import limit_reached
from bot.alerts.sources.source import EventNames
from bot.approvals import card as approvals_card
from bot.approvals import history, message_cards, reason_form
from bot.approvals.card import Audience
from bot.approvals.lifecycle import Record, State
from bot.autumn import models
from bot.autumn.bulk import ListedCustomer
from bot.autumn.models import Environment
from bot.batches import card as batch_card
from bot.batches import form as batch_form
from bot.batches.model import MOST_LINES, BatchProgress, BatchRecord, BatchState, FeatureTotal, LineState
from bot.changes import buttons, request_form
from bot.changes import registry as kinds
from bot.changes.balance.words import BalanceLine
from bot.changes.buttons import ChooserMeta, chooser
from bot.changes.forms.model import FormState, Meta
from bot.changes.lines import Line, ValueFormat
from bot.changes.model import Facts
from bot.digests import all_rows, list_card, sections
from bot.digests import card as digests_card
from bot.digests import form as digest_form
from bot.digests import items as digests_items
from bot.digests.items import ReportItem
from bot.digests.model import Digest, DigestContent, Schedule
from bot.digests.report import model as findings
from bot.digests.report.model import CurrencyTotal, ItemPage, Report, RowQuery
from bot.digests.sections.section import DigestSection
from bot.home import card as home_card
from bot.home.card import HomeFacts
from bot.kit import surfaces
from bot.kit.card import Card
from bot.kit.carried import Ref
from bot.links import registry as links
from bot.links.card import MadeLink, link_card
from bot.lookups import answers, registry, trouble
from bot.lookups import card as lookup_card
from bot.lookups import help as lookup_help
from bot.lookups.card import link_preview
from bot.lookups.find import card as find_card
from bot.lookups.find import in_message
from bot.lookups.find.card import SeveralMatches
from bot.lookups.finder import card as finder_card
from bot.lookups.finder.card import Listed
from bot.lookups.finder.filters import ListQuery
from bot.lookups.place import OVERVIEW, Place
from bot.lookups.samples import CUSTOMER_ID, DAY, FEATURE_ID, NOW, SOON
from bot.lookups.samples import customer as sample_customer
from bot.lookups.samples import preview as sample_preview

_PERSON = "U0MAPLE"


@dataclass(frozen=True, slots=True)
class Sample:
    """`card` for a message, `view` for a modal or the Home tab."""

    name: str
    card: Card | None = None
    view: dict[str, Any] | None = None


def samples() -> Iterator[Sample]:
    for part in registry.PARTS:
        place = Place(customer=CUSTOMER_ID, part=part.id, feature=FEATURE_ID)
        answer = part.sample()
        customer = answer.customer if isinstance(answer.customer, models.Customer) else None
        facts = Facts(customer, answer.read_at) if customer else None
        tools = buttons.tools(place, buttons.offered(place, facts), history=True)
        card = lookup_card.card(place, answer, shareable=True, tools=tools)
        yield Sample(part.id, card)
    shared = lookup_card.shared(Place(customer=CUSTOMER_ID), registry.part(OVERVIEW).sample(), by=_PERSON)
    yield Sample("shared card", shared)
    for kind in kinds.KINDS:
        for audience in (Audience.APPROVER, Audience.REQUESTER):
            card = approvals_card.change_card(
                _record(kind.id), audience=audience, now=NOW, name="Maple Sample"
            )
            yield Sample(f"{kind.id} for the {audience}", card)
        meta = Meta(kind=kind.id, customer=CUSTOMER_ID, submission="sample", feature="messages")
        yield Sample(f"{kind.id} form", view=request_form.build(FormState(meta, _facts())))
    every_change = chooser(Place(customer=CUSTOMER_ID), kinds.KINDS, ChooserMeta())
    yield Sample("more changes", view=every_change)
    for link in links.KINDS:
        card = link_card(MadeLink(link, sample_customer(), "https://example.com/session"))
        yield Sample(f"{link.id} link", card)
    yield from _found()
    yield from _digests()
    yield from _alerts()
    yield from _batches()
    yield Sample("Home tab", view=home_card.home(_home(), kinds.help_lines()))
    yield Sample("look-up form", view=find_card.look_up_modal())
    changes = [(change.id, change.button) for change in kinds.KINDS]
    about = in_message.MessageMeta(channel="C0MAPLE", reason="A sample")
    listed = in_message.customers([(sample_customer(), changes)], about, whole=False)
    yield Sample("customers in a message", view=listed)
    preview = tuple(link_preview(CUSTOMER_ID, "sandbox", sample_customer()))
    yield Sample("link preview", Card("A sample", preview, preview))
    yield Sample("form for a click", lookup_help.form_button("balance maple"))
    for form in (reason_form.DENIAL, reason_form.UNDO):
        yield Sample(f"{form.id}", view=reason_form.modal(form, Ref(CUSTOMER_ID, 1)))


def _home() -> HomeFacts:
    record = _record(kinds.KINDS[0].id)
    return HomeFacts(
        powers=Powers((KindPowers(record.kind, ask=True, approve=True),), history=True, digests=True),
        deciding=[record],
        requests=[record],
        recent=[CUSTOMER_ID],
        digests=[_digest()],
        cards={record.id: "https://example.com/request"},
    )


def _facts() -> Facts:
    coupon = models.Coupon(
        id="ten",
        name="Ten percent off",
        type="percentage_discount",
        value=Decimal(10),
        duration=models.Duration(type="forever"),
    )
    return Facts(
        customer=sample_customer(),
        read_at=NOW,
        billing=answers.Billing(discounts=(), upcoming=(sample_preview(),)),
        rewards=models.RewardList(coupons=[coupon]),
        features={
            "messages": models.Feature(id="messages", name="Messages", type="metered", consumable=True)
        },
    )


def _record(kind: str) -> Record:
    return Record(
        id=CUSTOMER_ID,
        state=State.WAITING,
        version=1,
        revision=1,
        kind=kind,
        input=kinds.kind(kind).sample(CUSTOMER_ID),
        customer_id=CUSTOMER_ID,
        env=Environment.SANDBOX,
        requester=_PERSON,
        requester_team="T0MAPLE",
        channel="C0MAPLE",
        created_at=NOW,
        updated_at=NOW,
        expires_at=SOON,
        before={},
        lines=(Line(BalanceLine.REMAINING, "700", "1200", ValueFormat.NUMBER),),
        reason="A sample",
        rule="sample",
    )


def _found() -> Iterator[Sample]:
    place = Place(customer=CUSTOMER_ID)
    several = SeveralMatches("maple", (sample_customer(), sample_customer()), more=True, read_at=NOW)
    yield Sample("matches", find_card.matches(several))
    rows = (ListedCustomer(id=CUSTOMER_ID, name="Maple Sample"),)
    yield Sample("list of customers", finder_card.list_card(Listed(rows, True, NOW), ListQuery()))
    yield Sample("no match", find_card.nobody("maple"))
    yield Sample("help", lookup_help.help_card(kinds.help_lines()))
    yield Sample("history", history.history(place, [_record("balance")], {}, now=NOW))
    yield Sample("notice", message_cards.undone_notice(_record("balance")))
    yield Sample("error", trouble.trouble(TimeoutError(), reference="sample", place=place))
    yield Sample("card in a modal", view=surfaces.as_modal(lookup_help.help_card(kinds.help_lines())))


def _digests() -> Iterator[Sample]:
    report, digest = _report(), _digest()
    query = RowQuery(scan="sample", sections=sections.all_keys())
    yield Sample("digest", digests_card.digest_card(report, digest=digest))
    yield Sample("thread of a digest", digests_card.details_card(report, query))
    yield Sample(
        "preview", digests_card.upcoming_card(report, content=DigestContent(), query_base=query, preview=True)
    )
    yield Sample("pause", list_card.digest_stopped(digest, Pause.ARCHIVED))
    yield Sample("list of digests", view=list_card.digest_list([digest], channel="C0MAPLE"))
    meta = digest_form.DigestMeta(submission="sample", channel="C0MAPLE")
    state = digest_form.DigestState(meta, plans={"pro": "Pro"})
    yield Sample("digest form", view=digest_form.build(state))
    items = _items(sections.SECTIONS[0])
    total = (CurrencyTotal("usd", Decimal(60), len(items)),)
    page = ItemPage(items, page=0, pages=2, left=3, count=6, totals=total, read_at=NOW)
    yield Sample("rows of a digest", view=all_rows.see_all(page, query))


def _alerts() -> Iterator[Sample]:
    occurrence = Occurrence(CUSTOMER_ID, feature=FEATURE_ID, facts={"limit": "included"})
    source = limit_reached.SOURCE
    event = AlertEvent(CUSTOMER_ID, source.key, occurrence, polled=False, noted_at=NOW)
    yield Sample("alert", alerts_card.alert_card(event, source, EventNames("Maple Sample")))
    subscription = AlertSubscription(
        id=CUSTOMER_ID,
        channel="C0MAPLE",
        team="T0MAPLE",
        owner=_PERSON,
        choice=alert_form.everything(),
        private=False,
        pause=Pause.ARCHIVED,
        stopped_by="",
        version=1,
    )
    yield Sample("pause of alerts", alerts_card.alert_stopped(subscription))
    alert_list = alerts_card.AlertList("C0MAPLE", [subscription])
    yield Sample("list of alerts", view=alerts_card.alert_list(alert_list))
    meta = alert_form.AlertMeta(submission="sample", channel="C0MAPLE")
    state = alert_form.AlertState(meta, alert_form.everything(), channel_fit=True)
    yield Sample("alert form", view=alert_form.build(state))


def _batches() -> Iterator[Sample]:
    meta = batch_form.BatchMeta(key="0" * 32)
    yield Sample("bulk change form", view=batch_form.build(meta, most=MOST_LINES))
    record = BatchRecord(
        id="sample",
        state=BatchState.WAITING,
        revision=1,
        env=Environment.SANDBOX,
        requester=_PERSON,
        requester_team="T0MAPLE",
        channel="C0MAPLE",
        reason="A sample",
        rule="sample",
        needed=1,
        created_at=NOW,
        updated_at=NOW,
        expires_at=SOON,
        progress=BatchProgress({LineState.QUEUED: 1}),
        totals=(FeatureTotal(kinds.usual_line().id, FEATURE_ID, 1, Decimal(1)),),
    )
    drawn = batch_card.batch_card(record, [], audience=Audience.APPROVER, now=NOW, names={})
    yield Sample("bulk change", drawn)


def _digest() -> Digest:
    return Digest(
        id=CUSTOMER_ID,
        channel="C0MAPLE",
        team="T0MAPLE",
        owner=_PERSON,
        schedule=Schedule(at=time(9)),
        content=DigestContent(),
        private=False,
        pause=None,
        stopped_by="",
        next_due=SOON,
        version=1,
    )


def _report() -> Report:
    parts = tuple(
        findings.ReportSection(
            section.key,
            count=3,
            totals=(CurrencyTotal("usd", Decimal(60), 3),) if section.money else (),
            items=_items(section),
        )
        for section in sections.SECTIONS
    )
    daily = {"usd": [((NOW + number * DAY).date(), Decimal(20)) for number in range(3)]}
    return Report(
        read_at=NOW,
        start=NOW,
        end=NOW + 7 * DAY,
        parts=parts,
        daily=daily,
    )


def _items(section: DigestSection) -> tuple[ReportItem, ...]:
    details = {
        digests_items.FEATURE_NAME: "Messages",
        digests_items.REMAINING: "700",
        digests_items.GRANTED: "1000",
    }
    return tuple(
        ReportItem(
            section.key,
            f"{CUSTOMER_ID}_{number}",
            f"Maple Sample {number}",
            at=NOW + number * DAY,
            amount=Decimal(20) if section.money else None,
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
