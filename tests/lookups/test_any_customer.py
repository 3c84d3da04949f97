"""Any customer's card fits Slack's limits, is harmless and can be read."""

from datetime import UTC, datetime
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from bot.autumn.errors import AutumnError, RateLimited, TimedOut
from bot.autumn.events import Event, LogContext, LoggedRequest, RequestLog, StripeEvent, UsageTotal
from bot.autumn.models import (
    Balance,
    BalanceRow,
    Check,
    Customer,
    Discount,
    Entity,
    Feature,
    Flag,
    Invoice,
    InvoicePreview,
    LineDiscount,
    Plan,
    PlanDisplay,
    PlanItem,
    PlanPrice,
    PreviewLine,
    Purchase,
    Reset,
    Rollover,
    Subscription,
    UsagePrice,
)
from bot.kit import text
from bot.lookups import card as lookup_card
from bot.lookups import help as lookup_help
from bot.lookups import names, options, registry
from bot.lookups.answers import Billing
from bot.lookups.check.card import Checked
from bot.lookups.entities.card import Entities, EntityDetail
from bot.lookups.events.card import Events
from bot.lookups.feature.bins import Bin, Usage
from bot.lookups.feature.card import FeatureDetail
from bot.lookups.features.card import Features
from bot.lookups.find import card as find_card
from bot.lookups.find.card import SeveralMatches
from bot.lookups.invoices.card import Invoices
from bot.lookups.logs.card import Logs
from bot.lookups.overview.card import Overview
from bot.lookups.part import Answer
from bot.lookups.place import Place, Span
from bot.lookups.products.card import ExpiredProduct, Products
from tests.examples import examples
from tests.kit import checks
from tests.lookups.samples import invoice_list

HOSTILE = [
    "<!channel>",
    "<@U123> <#C1>",
    "<https://evil.example|Approve>",
    "https://evil.example/a.b",
    "*bold* _it_ ~no~ `code` ```block```",
    "ops@evil.example",
    "&" * 400,
    "שלום עולם",
    "👩‍👩‍👧" * 200,
    "\u202eevil\n> quote\u0000",
    "x" * 4000,
    ":tada:",
]
TEXTS = st.sampled_from(["", "Pro", *HOSTILE]) | st.text(max_size=40)
NUMBERS = st.sampled_from(
    [Decimal(0), Decimal(1000), Decimal(-40), Decimal("1E+300"), Decimal("1E-30")]
) | st.decimals(allow_nan=False, allow_infinity=False)
FIRST, LAST = (datetime(year, 6, 1, tzinfo=UTC).replace(tzinfo=None) for year in (1, 9999))
TIMES = st.datetimes(FIRST, LAST, timezones=st.just(UTC))
MAYBE_TIMES = st.none() | TIMES
CURRENCIES = st.sampled_from(["usd", "jpy", "bhd", "", "xyz", "<!here>"])
ERRORS = st.sampled_from([TimedOut(), RateLimited(status=429, retry_after=3)])
URLS = st.sampled_from(
    [None, "https://api.useautumn.com/i/1", "javascript:1", "https://x.example/<!channel>|a b"]
)

RESETS = st.none() | st.builds(
    Reset,
    interval=st.sampled_from(["month", "one_off", "multiple", "odd*"]),
    interval_count=st.none() | st.integers(0, 5),
)
USAGE_PRICES = st.none() | st.builds(
    UsagePrice, amount=st.none() | NUMBERS, billing_units=st.none() | NUMBERS, billing_method=TEXTS
)
DISPLAYS = st.none() | st.builds(PlanDisplay, primary_text=TEXTS, secondary_text=TEXTS)
ITEMS = st.builds(PlanItem, feature_id=TEXTS, included=st.none() | NUMBERS, reset=RESETS, display=DISPLAYS)
PRICES = st.none() | st.builds(
    PlanPrice,
    amount=st.none() | NUMBERS,
    interval=st.sampled_from(["month", "year"]),
    currency=CURRENCIES,
    display=DISPLAYS,
)
PLANS = st.builds(
    Plan,
    id=TEXTS,
    name=TEXTS,
    price=PRICES,
    items=st.lists(ITEMS, max_size=3).map(lambda items: items * 9),
)
SUBSCRIPTIONS = st.builds(
    Subscription,
    plan_id=TEXTS,
    plan=st.none() | PLANS,
    status=st.sampled_from(["active", "scheduled", "<!odd>"]),
    past_due=st.booleans(),
    add_on=st.booleans(),
    canceled_at=MAYBE_TIMES,
    expires_at=MAYBE_TIMES,
    trial_ends_at=MAYBE_TIMES,
    started_at=MAYBE_TIMES,
    current_period_start=MAYBE_TIMES,
    current_period_end=MAYBE_TIMES,
    quantity=NUMBERS,
    scope=st.sampled_from(["customer", "entity"]),
)
PURCHASES = st.builds(Purchase, plan_id=TEXTS, plan=st.none() | PLANS, quantity=NUMBERS)
FEATURES = st.none() | st.builds(Feature, id=TEXTS, name=TEXTS)
ROWS = st.builds(
    BalanceRow,
    plan_id=st.none() | TEXTS,
    included_grant=NUMBERS,
    prepaid_grant=NUMBERS,
    remaining=NUMBERS,
    usage=NUMBERS,
    unlimited=st.booleans(),
    reset=RESETS,
    price=USAGE_PRICES,
    expires_at=MAYBE_TIMES,
)
BALANCES = st.builds(
    Balance,
    feature_id=TEXTS,
    feature=FEATURES,
    granted=NUMBERS,
    remaining=NUMBERS,
    usage=NUMBERS,
    unlimited=st.booleans(),
    overage_allowed=st.booleans(),
    next_reset_at=MAYBE_TIMES,
    breakdown=st.lists(ROWS, max_size=2).map(lambda rows: rows * 12),
    rollovers=st.lists(
        st.builds(Rollover, granted=st.none() | NUMBERS, balance=NUMBERS, expires_at=MAYBE_TIMES), max_size=2
    ),
)
INVOICES = st.builds(
    Invoice,
    plan_ids=st.lists(TEXTS, max_size=3),
    status=st.sampled_from(["open", "paid", "uncollectible", "", "<odd>"]),
    total=NUMBERS,
    amount_paid=st.none() | NUMBERS,
    refunded_amount=NUMBERS,
    currency=CURRENCIES,
    created_at=MAYBE_TIMES,
    hosted_invoice_url=URLS,
)
LINES = st.builds(
    PreviewLine,
    display_name=TEXTS,
    description=TEXTS,
    total=NUMBERS,
    discounts=st.lists(
        st.builds(
            LineDiscount, amount_off=st.none() | NUMBERS, percent_off=st.none() | NUMBERS, reward_name=TEXTS
        ),
        max_size=2,
    ),
)
PREVIEWS = st.builds(
    InvoicePreview,
    invoice_at=MAYBE_TIMES,
    currency=CURRENCIES,
    total=NUMBERS,
    line_items=st.lists(LINES, max_size=2).map(lambda lines: lines * 6),
)
DISCOUNTS = st.builds(
    Discount,
    name=TEXTS,
    type=st.sampled_from(["percentage_discount", "fixed_discount"]),
    discount_value=NUMBERS,
    duration_type=st.sampled_from(["months", "forever", "odd"]),
    duration_value=st.none() | NUMBERS,
    end=MAYBE_TIMES,
)
EVENTS = st.builds(
    Event,
    timestamp=TIMES,
    feature_id=TEXTS,
    value=NUMBERS,
    properties=st.none() | st.dictionaries(TEXTS, TEXTS | st.integers(), max_size=3),
)
UNITS = st.integers(1, 10**12).map(Decimal) | st.just(Decimal("0.001"))
CHECKS = st.builds(
    Check,
    allowed=st.booleans(),
    required_balance=NUMBERS,
    balance=st.none() | BALANCES,
    flag=st.none() | st.builds(Flag, feature_id=TEXTS, plan_id=st.none() | TEXTS),
)
LOGS = st.builds(
    RequestLog,
    timestamp=MAYBE_TIMES,
    status_code=st.sampled_from([0, 200, 404, 500]),
    request=st.builds(LoggedRequest, method=TEXTS, path=TEXTS),
    context=st.builds(LogContext, entity_id=TEXTS),
    stripe=st.builds(StripeEvent, event_type=TEXTS),
    response_body=st.none() | TEXTS | st.builds(dict, message=TEXTS | st.none()),
)
ENTITIES = st.builds(
    Entity,
    id=TEXTS,
    name=TEXTS,
    feature_id=TEXTS,
    created_at=MAYBE_TIMES,
    subscriptions=st.lists(SUBSCRIPTIONS, max_size=2),
    purchases=st.lists(PURCHASES, max_size=1),
    balances=st.lists(BALANCES, max_size=3).map(
        lambda held: {balance.feature_id: balance for balance in held}
    ),
)


@st.composite
def customers(draw: st.DrawFn) -> Customer:
    """0 to 500 features, built from a few drawn ones."""
    few = draw(st.lists(BALANCES, max_size=3))
    many = draw(st.sampled_from([1, 3, 11, 160])) if few else 0
    balances = {f"{index}-{value.feature_id}": value for index, value in enumerate(few * many)}
    flags = [Flag(feature_id=draw(TEXTS), plan_id=draw(st.none() | TEXTS))] * draw(
        st.sampled_from([0, 1, 300])
    )
    return Customer(
        id=draw(st.none() | TEXTS),
        name=draw(TEXTS),
        email=draw(TEXTS),
        created_at=draw(MAYBE_TIMES),
        stripe_id=draw(st.none() | TEXTS),
        env=draw(st.sampled_from(["live", "sandbox", "", "a&b"])),
        subscriptions=draw(st.lists(SUBSCRIPTIONS, max_size=2)) * draw(st.sampled_from([1, 8])),
        purchases=draw(st.lists(PURCHASES, max_size=1)),
        balances=balances,
        flags={str(index): value for index, value in enumerate(flags)},
        invoices=draw(st.lists(INVOICES, max_size=2)) * 5,
        entities=draw(st.lists(ENTITIES, max_size=1)) * 3,
    )


@st.composite
def usages(draw: st.DrawFn) -> Usage:
    starts = draw(st.lists(TIMES, max_size=20))
    bins = tuple(Bin(start, start, draw(NUMBERS)) for start in sorted(starts))
    return Usage(bins, draw(NUMBERS), draw(st.integers(0, 10**9)), draw(TIMES), draw(TIMES))


@st.composite
def answers(draw: st.DrawFn) -> tuple[str, Answer]:
    part = draw(st.sampled_from([part.id for part in registry.PARTS]))
    customer, at = draw(customers()), draw(TIMES)
    upcoming = tuple(draw(st.lists(PREVIEWS, max_size=2))) * draw(st.sampled_from([1, 2]))
    either: list[Customer | AutumnError] = [customer, TimedOut()]
    read = draw(st.sampled_from(either))
    many = draw(st.sampled_from([1, 8, 100]))
    match part:
        case "overview":
            billing = Billing(
                tuple(draw(st.lists(DISCOUNTS, max_size=2))) * 4, draw(st.sampled_from([None, upcoming]))
            )
            listed = invoice_list(*draw(st.lists(INVOICES, max_size=2)) * many, more=draw(st.booleans()))
            return part, Overview(
                customer, draw(st.just(billing) | ERRORS), draw(st.just(listed) | ERRORS), at
            )
        case "products":
            gone = (
                ExpiredProduct(draw(TEXTS), draw(TEXTS), draw(MAYBE_TIMES), draw(MAYBE_TIMES), draw(NUMBERS)),
            ) * many
            return part, Products(customer, draw(st.none() | st.just(gone) | ERRORS), at)
        case "features":
            return part, Features(customer, at)
        case "check":
            place = Place(customer="c", part=part, entity=draw(TEXTS), units=draw(UNITS))
            check = draw(st.none() | CHECKS | ERRORS)
            return part, Checked(customer, draw(TEXTS), draw(st.booleans()), place, check, at)
        case "feature":
            return part, FeatureDetail(customer, draw(st.none() | usages() | ERRORS), at)
        case "invoices":
            invoices = tuple(draw(st.lists(INVOICES, max_size=2))) * many
            return part, Invoices(
                read,
                draw(st.just(invoices) | ERRORS),
                draw(st.booleans()),
                draw(st.builds(Billing, st.just(()), st.none() | st.just(upcoming)) | ERRORS),
                at,
            )
        case "events":
            events = tuple(draw(st.lists(EVENTS, max_size=2))) * many
            totals = {
                draw(TEXTS): UsageTotal(count=1, sum=draw(NUMBERS)) for _ in range(draw(st.integers(0, 13)))
            }
            return part, Events(
                read,
                draw(st.just(events) | ERRORS),
                draw(st.booleans()),
                draw(st.just(totals) | ERRORS),
                {},
                at,
                at,
            )
        case "logs":
            logs = tuple(draw(st.lists(LOGS, max_size=2))) * many
            return part, Logs(customer, draw(st.none() | st.just(logs) | ERRORS), draw(st.booleans()), at)
        case "entities":
            entities = tuple(draw(st.lists(ENTITIES, max_size=2))) * many
            return part, Entities(customer, draw(st.just(entities) | ERRORS), draw(st.booleans()), at)
        case "entity":
            return part, EntityDetail(customer, draw(st.none() | ENTITIES | ERRORS), at)
        case _:
            raise AssertionError(f"no answers are drawn for the part {part}")


@st.composite
def places(draw: st.DrawFn, part: str, answer: Answer) -> Place:
    feature_ids = list(answer.customer.balances) if isinstance(answer.customer, Customer) else []
    return Place(
        customer=draw(TEXTS),
        part=part,
        page=draw(st.sampled_from([0, 1, 50])),
        feature=draw(st.sampled_from(feature_ids) if feature_ids and part == "feature" else TEXTS),
        span=draw(st.sampled_from(list(Span))),
        units=draw(UNITS),
        status=draw(st.sampled_from(["", "open", "failed", "<odd>"])),
        expired=draw(st.booleans()),
    )


@given(st.data())
@examples(50)
def test_any_customer_can_be_shown(data: st.DataObject) -> None:
    part, answer = data.draw(answers())
    place = data.draw(places(part, answer))
    card = lookup_card.card(place, answer, shareable=True)
    checks.fits(card)
    checks.fits(lookup_card.shared(place, answer, by=checks.SHARER))
    for value in checks.buttons(card).values():
        assert Place.decode(value).customer == place.customer


@given(customers())
@examples(25)
def test_name_is_shown_as_stored(customer: Customer) -> None:
    card = lookup_card.card(
        Place(customer="c"),
        Overview(customer, TimedOut(), TimedOut(), datetime(2026, 1, 1, tzinfo=UTC)),
        shareable=True,
    )
    title = card.blocks[0]["text"]["text"].strip("\u2068\u2069")
    titles = [
        visible
        for raw in (customer.name, customer.email, customer.id or "", "c")
        if (visible := text.clean(raw))
    ]
    assert title == titles[0] or (title.endswith("…") and titles[0].startswith(title[:-1]))


@given(st.lists(customers(), max_size=2), TEXTS, st.booleans(), st.integers(0, 3))
@examples(15)
def test_any_search_can_be_shown(
    drawn_customers: list[Customer], query: str, truncated: bool, page: int
) -> None:
    matches = SeveralMatches(query, tuple(drawn_customers * 7), truncated, datetime(2026, 1, 1, tzinfo=UTC))
    checks.fits(find_card.matches(matches, page=page))
    checks.fits(find_card.nobody(query))
    checks.fits(lookup_help.usage_hint(query))
    checks.fits(lookup_help.still_waiting(Place(customer=query)))
    options.customer_options(drawn_customers)
    for customer in drawn_customers:
        options.feature_options(names.features(customer), query[:2])
