"""Cards on surfaces that are not messages."""

from bot.autumn import errors
from bot.kit import surfaces
from bot.lookups import trouble
from sandbox.slack.blocks import check
from tests.kit import checks
from tests.lookups.drawing import PLACE


def test_card_in_a_view_has_no_buttons() -> None:
    card = trouble.trouble(errors.TimedOut(), reference="x", place=PLACE)
    for view in (surfaces.as_modal(card), surfaces.as_home(card)):
        assert check.view_problems(view) == []
        assert list(checks.elements(view["blocks"])) == []
        assert "Autumn didn't answer in time." in checks.read(view["blocks"])
