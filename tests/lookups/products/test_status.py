"""What state a subscription is in, and in which order they are shown."""

from bot.lookups.find import card as find_card
from bot.lookups.find.answer import SeveralMatches
from bot.lookups.products.status import running_first
from tests.kit import checks
from tests.lookups.drawing import AT_PRODUCTS, PLACE, draw, overview, products, text_of
from tests.lookups.samples import LATER, NOW, customer, subscription


def test_plan_to_come_is_shown_after_the_one_that_runs() -> None:
    scheduled = subscription("team", status="scheduled", started_at=LATER)
    holder = customer(subscriptions=[scheduled, subscription("pro"), subscription("seats")])
    assert [held.plan_id for held in running_first(holder)] == ["pro", "seats", "team"]
    for text in (
        text_of(draw(overview(customer=holder), PLACE)),
        text_of(draw(products(holder), AT_PRODUCTS)),
        checks.fitting_text(find_card.matches(SeveralMatches("acme", (holder, holder), False, NOW))),
    ):
        assert text.index("Pro") < text.index("Team")
