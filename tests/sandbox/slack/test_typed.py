"""What people type, as it is stored and as the app receives it."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.slack.clock import SlackClock
from sandbox.slack.manifest import Manifest
from sandbox.slack.mrkdwn import readable
from sandbox.slack.rich_text import rich_text
from sandbox.slack.typed import as_sent
from sandbox.slack.workspace import Workspace

WORKSPACE = Workspace(Manifest.read(Path(__file__).parent / "manifest.yml"), SlackClock())


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("a < b & c > d", "a &lt; b &amp; c &gt; d"),
        ("@ana and @Ana Silva: hi", "<@U01ANA> and <@U01ANA>: hi"),
        ("@Probe, look", "<@U00LOCALBOT>, look"),
        ("@anab me@ana.example", "@anab <mailto:me@ana.example|me@ana.example>"),
        ("@billing-leads in #support", "<!subteam^S01LEADS|@billing-leads> in <#C01SUPPORT|support>"),
        ("@here", "<!here>"),
        ("see https://x.example/a?b=1&c=2.", "see <https://x.example/a?b=1&amp;c=2>."),
        ("(https://x.example)", "(<https://x.example>)"),
        ("<https://x.example>", "&lt;<https://x.example>&gt;"),
        ("`@ana a@b.example`", "`@ana <mailto:a@b.example|a@b.example>`"),
        ("Ana <ana@acme.example>", "Ana &lt;<mailto:ana@acme.example|ana@acme.example>&gt;"),
    ],
)
def test_typed_text_is_escaped_and_linked(typed: str, sent: str) -> None:
    assert as_sent(typed, WORKSPACE) == sent


@given(st.text(alphabet=st.characters(exclude_characters="*_~`@#:<>"), max_size=60))
def test_typed_text_reads_as_it_was_typed(typed: str) -> None:
    assert readable(as_sent(typed, WORKSPACE), WORKSPACE, WORKSPACE.user("ana")) == typed


def test_rich_text_has_the_mentions_links_and_code() -> None:
    text = as_sent(
        "@ana @here #support @billing-leads https://x.example a@b.example\n```\n1 < 2\n```", WORKSPACE
    )
    (block,) = rich_text(text)
    first, code = block["elements"]
    assert [element["type"] for element in first["elements"] if element != {"type": "text", "text": " "}] == [
        "user",
        "broadcast",
        "channel",
        "usergroup",
        "link",
        "link",
        "text",
    ]
    assert code["elements"] == [{"type": "text", "text": "1 < 2"}]
