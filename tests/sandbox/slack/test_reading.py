"""Messages and views as text."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.slack.clock import SlackClock
from sandbox.slack.errors import SlackError
from sandbox.slack.limits import PostLimit
from sandbox.slack.manifest import Manifest
from sandbox.slack.mrkdwn import format_date, links, readable
from sandbox.slack.render import BlockReader
from sandbox.slack.workspace import Workspace
from tests.sandbox.slack.app import Json, actions, button, plain, section

MANIFEST = Path(__file__).parent / "manifest.yml"
NOON = 1_750_000_000
"""2025-06-15 15:06:40 UTC."""


@pytest.fixture
def workspace() -> Workspace:
    clock = SlackClock()
    clock.set(datetime.fromtimestamp(NOON, UTC))
    return Workspace(Manifest.read(MANIFEST), clock)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("*bold* _it_ ~old~ `code` a*b*c 2 * 3 * 4", "bold it old code a*b*c 2 * 3 * 4"),
        ("<https://acme.example|Acme> <https://b.example>", "Acme https://b.example"),
        ("<@U02RAJ> in <#C02BILLING|billing>", "@raj in #billing"),
        ("<!channel> <!subteam^S01LEADS>", "@channel @billing-leads"),
        ("&lt;!channel&gt; &amp; Co", "<!channel> & Co"),
        ("`*not bold*`", "*not bold*"),
        ("*both match `a*b`* and ```\n_x_\n```", "both match a*b and \n_x_\n"),
        ("*_both_*", "both"),
        (f"<!date^{NOON}^{{date_short_pretty}} at {{time}}|x>", "today at 4:06 PM"),
        (f"<!date^{NOON}^{{nonsense}}|x>", "{nonsense}"),
        ("<!date^soon^{time}|the fallback>", "the fallback"),
        ("<!date^999999999999999^{time}|the fallback>", "the fallback"),
        ("<@U404>", "@U404"),
    ],
)
def test_mrkdwn_is_read_without_markup(workspace: Workspace, text: str, read: str) -> None:
    assert readable(text, workspace, workspace.user("ana")) == read


@pytest.mark.parametrize(
    ("pattern", "read"),
    [
        ("{date_num}", "2026-01-01"),
        ("{date_slash}", "01/01/2026"),
        ("{date}", "January 1st, 2026"),
        ("{date_short}", "Jan 1, 2026"),
        ("{date_long}", "Thursday, January 1st, 2026"),
        ("{date_pretty}", "tomorrow"),
        ("{date_long_pretty}", "tomorrow"),
        ("{time}", "12:05 AM"),
        ("{time_secs}", "12:05:09 AM"),
    ],
)
def test_date_tokens(pattern: str, read: str) -> None:
    at = datetime(2026, 1, 1, 0, 5, 9, tzinfo=UTC)
    assert format_date(pattern, at, at - timedelta(hours=1)) == read


def test_ordinal_suffixes() -> None:
    days = [datetime(2026, 1, day, tzinfo=UTC) for day in (1, 2, 3, 4, 11, 12, 13, 21, 22, 23, 30)]
    read = [format_date("{date}", day, days[0]).split()[1] for day in days]
    assert read == [
        "1st,",
        "2nd,",
        "3rd,",
        "4th,",
        "11th,",
        "12th,",
        "13th,",
        "21st,",
        "22nd,",
        "23rd,",
        "30th,",
    ]


def test_times_are_in_the_readers_zone(workspace: Workspace) -> None:
    mark = f"<!date^{NOON}^{{time}}|x>"
    read = {name: readable(mark, workspace, workspace.user(name)) for name in ("ana", "raj", "lea")}
    assert read == {"ana": "4:06 PM", "raj": "8:36 PM", "lea": "11:06 AM"}


@given(st.text(max_size=60))
def test_escaped_text_has_no_links(text: str) -> None:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert links(escaped) == []


def rich(*children: Json) -> Json:
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": list(children)}]}


@pytest.mark.parametrize(
    ("block", "read"),
    [
        (section("*Left*: 5", accessory=button("Open", "o")), "Left: 5\n[Open]"),
        ({"type": "section", "fields": [plain("*a*"), {"type": "mrkdwn", "text": "*b*"}]}, "*a*\nb"),
        ({"type": "header", "text": plain("Acme")}, "Acme"),
        ({"type": "divider"}, "---"),
        ({"type": "context", "elements": [plain("a"), plain("b")]}, "a · b"),
        (actions(button("A", "a"), button("B", "b")), "[A] [B]"),
        (
            {
                "type": "data_table",
                "caption": "Balances",
                "rows": [
                    [{"type": "raw_text", "text": "Feature"}, {"type": "raw_text", "text": "Left"}],
                    [
                        rich({"type": "text", "text": "calls"}),
                        {"type": "raw_number", "value": 5, "text": "5"},
                    ],
                ],
            },
            "Balances\nFeature | Left\ncalls | 5",
        ),
        (
            {
                "type": "data_visualization",
                "title": "Usage",
                "chart": {
                    "type": "bar",
                    "series": [{"name": "calls", "data": [{"label": "Mon", "value": 3}]}],
                    "axis_config": {"categories": ["Mon"]},
                },
            },
            "Usage (bar chart)\ncalls: Mon: 3",
        ),
        (
            {
                "type": "data_visualization",
                "title": "Share",
                "chart": {
                    "type": "pie",
                    "segments": [{"label": "a", "value": 1}, {"label": "b", "value": 2}],
                },
            },
            "Share (pie chart)\na: 1, b: 2",
        ),
        ({"type": "image", "image_url": "u", "alt_text": "A graph"}, "[image: A graph]"),
        ({"type": "markdown", "text": "**a**"}, "**a**"),
        (
            rich(
                {"type": "link", "url": "https://a.example", "text": "a"},
                {"type": "user", "user_id": "U02RAJ"},
                {"type": "channel", "channel_id": "C02BILLING"},
                {"type": "usergroup", "usergroup_id": "S01LEADS"},
                {"type": "emoji", "name": "wave"},
                {"type": "date", "timestamp": NOON, "format": "{time}", "fallback": "x"},
                {"type": "broadcast", "range": "here"},
            ),
            "a@raj#billing@billing-leads:wave:4:06 PM@here",
        ),
        (
            {"type": "card", "title": {"type": "mrkdwn", "text": "*T*"}, "actions": [button("Go", "go")]},
            "T\n[Go]",
        ),
        (
            {"type": "carousel", "elements": [{"type": "card", "body": {"type": "mrkdwn", "text": "B"}}]},
            "B",
        ),
    ],
)
def test_blocks_are_read_as_text(workspace: Workspace, block: Json, read: str) -> None:
    assert BlockReader(workspace, workspace.user("ana")).blocks([block], {}) == read


class ManualClock(SlackClock):
    """A clock that moves only when a test moves it."""

    seconds = 0.0

    def now(self) -> float:
        return NOON + self.seconds


@given(
    st.integers(1, 10),
    st.lists(st.floats(0, 5, allow_nan=False), min_size=1, max_size=60),
)
def test_post_limit_holds_over_any_period(burst: int, gaps: list[float]) -> None:
    """At most the burst plus one a second pass, and callers that wait are never refused."""
    clock = ManualClock()
    limit = PostLimit(clock, burst=burst)
    for passed, gap in enumerate(gaps, start=1):
        clock.seconds += gap
        try:
            limit.take("C1")
        except SlackError as refused:
            clock.seconds += int(refused.headers["Retry-After"])
            limit.take("C1")
        assert passed <= burst + clock.seconds + 0.01
