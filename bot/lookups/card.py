"""A customer's card: who they are, the tabs, what needs attention, one part, and what can be done."""

from dataclasses import dataclass
from typing import Any

from bot.autumn.models import Customer, Organization
from bot.kit import blocks, ids, layout, text
from bot.kit.card import Block, Card
from bot.lookups import labels, names, registry
from bot.lookups.frame import Frame, environment, foot, go, head
from bot.lookups.overview import attention
from bot.lookups.part import Answer, LookupPart
from bot.lookups.place import Place

_PREVIEWED = 3
"""Products that the preview of a link names."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What the card offers besides looking: the first button, others, and a menu that comes last."""

    buttons: tuple[blocks.Button, ...] = ()
    menu: blocks.Menu | None = None


NO_TOOLS = Tools()


def card(
    place: Place,
    answer: Answer,
    *,
    shareable: bool,
    org: Organization | None = None,
    tools: Tools = NO_TOOLS,
) -> Card:
    """The card for the person who asked."""
    return _card(
        Frame(place, private=True),
        answer,
        org,
        tabs=_tabs(place, _customer(answer)),
        tools=_tools(place, tools, shareable=shareable),
    )


def shared(place: Place, answer: Answer, *, by: str, org: Organization | None = None) -> Card:
    """The same facts for a whole channel; `by` is the id of the Slack user who shared them."""
    frame = Frame(place, private=False)
    open_button = go(labels.OPEN_CUSTOMER, "customer", place.model_copy(update={"until": 0}), kind=ids.OPEN)
    part = registry.part(place.part)
    heading = [blocks.context("part", f"*{part.title}*")] if part.heading else []
    tools = frame.buttons("open", [open_button])
    return _card(frame, answer, org, labels.shared_by(by), tabs=heading, tools=tools)


def _card(
    frame: Frame,
    answer: Answer,
    org: Organization | None,
    *notes: str,
    tabs: list[Block],
    tools: list[Block],
) -> Card:
    part: LookupPart[Any] = registry.part(frame.place.part)
    customer = _customer(answer)
    before = [*head(customer, frame.place.customer, org), *tabs]
    if customer:
        before += attention.attention(
            customer,
            answer.read_at,
            answer.unpaid,
            most=part.most_attention,
            balances=not part.lists_balances,
        )
    after = [*tools, foot(answer.read_at, environment(customer, org), org, *notes)]
    return layout.card(before, part.draw(answer, frame), after, stamp=answer.read_at)


def _customer(answer: Answer) -> Customer | None:
    return answer.customer if isinstance(answer.customer, Customer) else None


def _tabs(place: Place, customer: Customer | None) -> list[Block]:
    part = registry.part(place.part)
    current = part.parent or part.id
    titles = {tab.id: _tab_title(tab, customer) for tab in registry.tabs()}
    titles[current] = titles[current] or registry.part(current).title
    tabs = [
        go(title, tab_id, place.go(tab_id), current=tab_id == current)
        for tab_id, title in titles.items()
        if title
    ]
    return _row("navigation", tabs)


def _tab_title(tab: LookupPart[Any], customer: Customer | None) -> str:
    """Empty for a tab that would show nothing."""
    if tab.count is None:
        return tab.title
    number = tab.count(customer) if customer else 0
    return labels.counted(tab.title, number) if number else ""


def _tools(place: Place, tools: Tools, *, shareable: bool) -> list[Block]:
    refresh = go(labels.REFRESH, "refresh", place.model_copy(update={"until": 0}))
    share = _share(place, registry.part(place.part).title) if shareable else None
    row = _row("tools", [*tools.buttons, refresh, share, tools.menu])
    return [*row, blocks.context("left_out", labels.TOO_LONG_TO_CLICK)] if refresh is None else row


def _row(block_id: str, elements: list[Any]) -> list[Block]:
    fitting = [element for element in elements if element is not None]
    return [blocks.actions(block_id, fitting)] if fitting else []


def _share(place: Place, title: str) -> blocks.Button | None:
    value = place.encode()
    if text.length(value) > blocks.BUTTON_VALUE:
        return None
    confirm = blocks.confirm(labels.SHARE_TITLE, labels.share_text(title), labels.SHARE_YES, labels.SHARE_NO)
    return blocks.button(labels.SHARE, ids.SHARE, value, confirm=confirm)


def link_preview(customer_id: str, env: str, customer: Customer | None = None) -> list[Block]:
    """The preview of a link to a customer's page in Autumn. Everyone in the channel sees it, guests as well.

    `customer`: whose name and products may be shown there; without, only a button that answers in private.
    Empty where a button cannot carry the id.
    """
    button = go(labels.OPEN_CUSTOMER, "link", Place(customer=customer_id), kind=ids.OPEN)
    if button is None:
        return []
    badge = text.code(env.upper(), 30)
    if customer is None:
        return [
            blocks.section("preview", f"{labels.PREVIEW} {badge}\n{labels.PREVIEW_PRIVATE}", accessory=button)
        ]
    # Not the email address, which stands in for a name elsewhere.
    name = text.mrkdwn(customer.name, 140) or text.mrkdwn(customer_id, 140)
    products = [names.plan(held) for held in customer.subscriptions[:_PREVIEWED]]
    line = " · ".join(products) or labels.NO_PRODUCTS
    return [blocks.section("preview", f"*{name}* {badge}\n{line}", accessory=button)]
