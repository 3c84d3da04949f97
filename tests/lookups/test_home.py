"""The Home tab."""

import pytest

from bot.autumn.models import Organization
from bot.changes import registry
from bot.kit import ids
from bot.lookups import home as lookup_home
from sandbox.slack.blocks import check
from tests.kit import checks


@pytest.mark.parametrize(
    ("org", "where"),
    [
        (None, ""),
        (Organization(name="A*", env="live"), "Connected to *A∗* in Autumn `LIVE`"),
        (Organization(), "Connected to Autumn `ENVIRONMENT UNKNOWN`"),
    ],
)
def test_home_says_where_maple_is_connected(org: Organization | None, where: str) -> None:
    view = lookup_home.home(registry.help_lines(), org)
    assert check.view_problems(view) == []
    assert where in checks.read(view["blocks"])
    (button,) = checks.elements(view["blocks"])
    assert button["action_id"] == ids.LOOK_UP_SHORTCUT
