"""The result of a search; its card if that is not one customer; and the form that looks one up."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeAlias

from pydantic import Field

from bot.autumn.models import Customer
from bot.kit import blocks, ids, layout, phrases, surfaces, text, times
from bot.kit.card import Block, Card
from bot.kit.carried import Carried
from bot.lookups import frame, labels, registry
from bot.lookups.find import words
from bot.lookups.place import AT_OVERVIEW, MOST_UNITS, OVERVIEW, Place
from bot.lookups.products.subscriptions import running_first

SIZE = 10


@dataclass(frozen=True, slots=True)
class SingleMatch:
    """The search ended at one customer; what was read on the way is kept for the card."""

    customer_id: str
    customer: Customer | None = None
    """As `read` takes it; None when the search did not read the customer whole."""


@dataclass(frozen=True, slots=True)
class SeveralMatches:
    query: str
    matches: tuple[Customer, ...]
    """Ids may be None: such a customer is listed but cannot be opened."""
    more: bool
    """Whether Autumn has more matches than are listed here."""
    read_at: datetime


@dataclass(frozen=True, slots=True)
class NoMatch:
    query: str
    compared: int = 0
    """How many customers' Stripe ids were compared, when there are more than could be."""
    near: tuple[Customer, ...] = ()
    """Those with an id that may have been meant, if the text is mistyped."""

    @property
    def matches(self) -> tuple[Customer, ...]:
        return ()


Found: TypeAlias = SingleMatch | SeveralMatches | NoMatch


class Search(Carried):
    """What a button that turns a page of matches carries."""

    query: str = Field(alias="q")
    page: int = Field(default=0, ge=0, alias="n")
    part: str = Field(default=OVERVIEW, alias="p")
    """The part that a match opens at."""
    feature: str = Field(default="", alias="f")
    units: Decimal = Field(default=Decimal(1), gt=0, le=MOST_UNITS, max_digits=15, alias="a")
    """What else of a `Place` a match opens with."""
    straight: bool = Field(default=False, alias="s")
    """Whether the one customer that is meant opens at once, rather than be listed."""
    whole: str = Field(default="", alias="w")
    """A text that comes first, if it is one customer's name."""

    @property
    def opens(self) -> Place:
        """Where a match opens, without the customer."""
        return Place(customer="", part=self.part, feature=self.feature, units=self.units)


def matches(answer: SeveralMatches, *, page: int = 0, opens: Place = AT_OVERVIEW) -> Card:
    """The customers that match, each with a button that opens it in place of the list: at `opens`."""
    page_of_matches = layout.paged(answer.matches, page, SIZE)
    query = text.code(answer.query, 120) or phrases.NONE
    head = [blocks.section("matches", f"*{words.matches(query, len(answer.matches), more=answer.more)}*")]
    content: list[Block] = []
    for index, customer in enumerate(page_of_matches.items):
        content += _match(index, customer, opens)
    foot = [blocks.context("foot", times.moment(answer.read_at, labels.READ))]
    return layout.card(head, content, [*_pages(answer, page_of_matches, opens), *foot], stamp=answer.read_at)


def nobody(
    query: str,
    *,
    compared: int = 0,
    meant: str = "",
    near: Sequence[Customer] = (),
    opens: Place = AT_OVERVIEW,
) -> Card:
    """`compared`: how many customers' Stripe ids were, if not all. `meant`: a command that this may have
    been. `near`: customers that may have been meant."""
    lines = [words.nobody(text.code(query, 120) or phrases.NONE)]
    if compared:
        lines.append(words.stripe_ids_compared(compared))
    if meant:
        lines.append(words.did_you_mean(text.code(f"{ids.COMMAND} {meant}", 120)))
    content: list[Block] = [blocks.context("near", words.NEAR)] if near else []
    for index, customer in enumerate(near):
        content += _match(index, customer, opens)
    return layout.card([blocks.section("nobody", "\n".join(lines))], content, [], stamp=None)


def _match(index: int, customer: Customer, opens: Place) -> list[Block]:
    place = opens.model_copy(update={"customer": customer.id}) if customer.id else None
    open_it = frame.go(labels.OPEN, f"match:{index}", place) if place else None
    block = blocks.section(f"match.{index}", blocks.plain(_who(customer)), accessory=open_it)
    if open_it:
        return [block]
    why = words.ID_TOO_LONG_TO_OPEN if customer.id else words.NO_ID_TO_OPEN
    return [block, blocks.context(f"match.{index}.why", why)]


def _who(customer: Customer) -> str:
    """Two lines of plain text, so that a name shows exactly as it is."""
    plan_names = [
        (subscription.plan.name if subscription.plan else "") or subscription.plan_id
        for subscription in running_first(customer)[:3]
    ]
    facts = [
        text.literal(customer.email, 100) if customer.name else "",
        text.literal(customer.id or "", 100) or labels.NO_ID,
        text.literal(", ".join(plan_names), 80),
        text.literal(customer.env, 20),
    ]
    return f"{frame.title(customer, '')}\n{' · '.join(fact for fact in facts if fact)}"


def _pages(answer: SeveralMatches, page: layout.Paged[Customer], opens: Place) -> list[Block]:
    turned = Search(query=answer.query, part=opens.part, feature=opens.feature, units=opens.units)
    drawn: list[Block] = []
    if page.pages > 1:
        drawn.append(blocks.context("page", phrases.page(page.number + 1, page.pages, page.left)))
        turns = [
            _turn(phrases.PREVIOUS, "previous", turned.model_copy(update={"page": page.number - 1}))
            if page.number
            else None,
            _turn(phrases.NEXT, "next", turned.model_copy(update={"page": page.number + 1}))
            if page.left
            else None,
        ]
        if turning := [turn for turn in turns if turn]:
            drawn.append(blocks.actions("paging", turning))
    if answer.more:
        drawn.append(blocks.context("more", words.matches_more(len(answer.matches))))
    return drawn


def again(search: Search) -> blocks.Button | None:
    """A button that searches once more; None if the words do not fit into one."""
    return _turn(labels.TRY_AGAIN, "again", search)


def _turn(label: str, key: str, search: Search) -> blocks.Button | None:
    value = search.encode()
    if text.length(value) > blocks.BUTTON_VALUE:
        return None
    return blocks.button(label, f"{ids.FIND}:{key}", value)


# The form


def look_up_modal() -> dict[str, Any]:
    tabs = {tab.id: blocks.option(tab.title, tab.id) for tab in registry.tabs()}
    picker = customer_picker(words.MODAL_PLACEHOLDER)
    radio = blocks.radio(ids.PICK_PART, list(tabs.values()), tabs[OVERVIEW])
    return {
        "type": "modal",
        "callback_id": ids.LOOK_UP_MODAL,
        "title": surfaces.plain_text(words.MODAL_TITLE),
        "submit": surfaces.plain_text(words.MODAL_SUBMIT),
        "close": surfaces.plain_text(phrases.MODAL_CLOSE),
        "blocks": [
            blocks.field(ids.PICK_CUSTOMER_BLOCK, words.MODAL_CUSTOMER, picker, words.MODAL_CUSTOMER_HINT),
            blocks.field(ids.PICK_PART_BLOCK, words.MODAL_PART, radio),
        ],
    }


def customer_picker(placeholder: str) -> blocks.Picker:
    """A select of customers, found as the person types."""
    return blocks.picker(ids.PICK_CUSTOMER, placeholder, min_query=2)
