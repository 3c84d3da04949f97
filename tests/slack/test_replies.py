"""How a reply is sent, and in which form."""

import pytest
from slack_sdk.errors import SlackApiError

from bot.kit.card import Card
from bot.lookups import labels
from bot.lookups.events import words as event_words
from bot.slack.errors import Unsent, slack_reason
from bot.slack.replies import Replies, url_reason
from handlers.interaction import Interaction, InteractionKind
from tests.running import Running, actor, running_maple

TABLE = {
    "type": "data_table",
    "block_id": "t",
    "caption": "Rows",
    "rows": [[{"type": "raw_text", "text": "a"}], [{"type": "raw_text", "text": "b"}]],
}


def section(words: str) -> dict[str, object]:
    return {"type": "section", "block_id": "s", "text": {"type": "mrkdwn", "text": words}}


PLAIN = Card("said", (section("said"),), (section("said"),))


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (200, "ok", ""),
        (200, "", ""),
        (200, '{"ok":true}', ""),
        (200, '{"ok":false,"error":"invalid_blocks"}', "invalid_blocks"),
        (400, '{"ok":false,"error":"invalid_blocks"}', "invalid_blocks"),
        (400, "invalid_blocks", "invalid_blocks"),
        (400, "msg_blocks_too_long", "msg_blocks_too_long"),
        (404, "expired_url", "http_404"),
        (404, '{"ok":false}', "http_404"),
        (500, "<html>", "http_500"),
        (500, "[1]", "http_500"),
        (429, '"slow"', "http_429"),
    ],
)
def test_response_url_answers_are_interpreted(status: int, body: str, reason: str) -> None:
    assert url_reason(status, body) == reason


def test_error_has_slacks_name() -> None:
    assert slack_reason(TimeoutError()) == "TimeoutError"
    odd = SlackApiError("odd", None)  # type: ignore[no-untyped-call]
    assert slack_reason(odd) == "SlackApiError"


async def test_unknown_blocks_are_sent_plain_and_retried_later() -> None:
    async with running_maple("http") as maple:
        now = [0.0]
        replies = Replies(maple.bot.slack, new_blocks=60, clock=lambda: now[0])
        card = Card("rows", (TABLE,), (section("rows as a section"),))
        interaction = Interaction(InteractionKind.VIEW, actor=actor(maple.ana))
        maple.slack.without_blocks("data_table")
        await replies.dm(interaction, card)
        maple.ana.go("@maple")
        await maple.ana.sees("rows as a section")
        posts = [call for call in maple.slack.calls if call.method == "chat.postMessage"]
        assert [post.error for post in posts] == ["invalid_blocks", None]
        await replies.dm(interaction, card)
        assert len([call for call in maple.slack.calls if call.method == "chat.postMessage"]) == 3, (
            "no second try"
        )
        maple.slack.without_blocks()
        now[0] = 61.0
        await replies.dm(interaction, card)
        last = maple.slack.workspace.history(maple.ana.channel.id, maple.ana.id)[-1]
        assert last.blocks[0]["type"] == "data_table"


async def test_refused_card_is_sent_plain_and_one_without_its_url_as_an_ephemeral_message(
    maple: Running,
) -> None:
    """Which errors count as a refusal of the blocks is tested in `test_block_refusals.py`."""
    maple.slack.faults.add("response_url", "error", error="msg_blocks_too_long")
    await maple.ana.command("/autumn invoices cus_acme")
    await maple.ana.sees("Acme Ltd")
    sent = [call for call in maple.slack.calls if call.method == "response_url"]
    assert [call.error for call in sent] == ["msg_blocks_too_long", None]
    assert "data_table" not in {block["type"] for block in sent[-1].args["blocks"]}

    maple.ana.reload()
    maple.slack.faults.add("response_url", "error", error="expired_url")
    await maple.ana.command("/autumn cus_acme")
    assert "only visible to you" in await maple.ana.sees("Acme Ltd")
    assert [call.ok for call in maple.slack.calls if call.method == "chat.postEphemeral"] == [True]


async def test_form_with_refused_blocks_is_replaced_by_an_error(maple: Running) -> None:
    """A form has no newer blocks, so there is no plain version: the person reads an error in its place."""
    for error in ("invalid_blocks", "invalid_arguments"):
        maple.slack.faults.add("views.update", "error", error=error)
        await maple.ana.command("/autumn digest")
        assert "Reference" in await maple.ana.sees(labels.BROKEN.what), error
        await maple.ana.close()


async def test_charts_and_tables_are_never_lost(maple: Running) -> None:
    maple.slack.without_blocks("data_table", "data_visualization")
    await maple.ana.command("/autumn invoices cus_acme")
    await maple.ana.sees("Acme Ltd")
    await maple.ana.click(event_words.TITLE)
    await maple.ana.sees("events")
    refused = [call for call in maple.slack.calls if call.error == "invalid_blocks"]
    assert len(refused) == 1


async def test_answer_falls_back_to_a_dm_where_maple_is_not(maple: Running) -> None:
    maple.ana.go("#random")
    maple.slack.faults.add("response_url", "500", times=None)
    await maple.ana.command("/autumn cus_acme")
    await maple.bot.background.drain(10)
    maple.ana.does_not_see("Acme Ltd")
    maple.ana.go("@maple")
    await maple.ana.sees("Acme Ltd")


async def test_rate_limit_is_waited_for(maple: Running) -> None:
    maple.slack.faults.add("response_url", "429", seconds=1)
    await maple.ana.command("/autumn help")
    await maple.ana.sees(labels.HELP_TITLE)


async def test_unreachable_slack_is_the_reason() -> None:
    async with running_maple("http") as maple:
        replies = Replies(maple.bot.slack, new_blocks=60)
        interaction = Interaction(
            InteractionKind.COMMAND, actor=actor(maple.ana), response_url="http://127.0.0.1:9/"
        )
        maple.slack.faults.add("conversations.open", "error", error="user_disabled")
        with pytest.raises(Unsent) as unsent:
            await replies.ephemeral(interaction, PLAIN)
        assert unsent.value.reason == "user_disabled"


async def test_one_direct_message_is_changed_until_it_is_gone() -> None:
    async with running_maple("http") as maple:
        say = Replies(maple.bot.slack, new_blocks=60).editable_dm()
        interaction = Interaction(InteractionKind.VIEW, actor=actor(maple.ana))
        maple.ana.go("@maple")
        await say(interaction, PLAIN)
        await say(interaction, Card("more", (section("more"),), (section("more"),)))
        await maple.ana.sees("more")
        maple.ana.does_not_see("said")
        maple.slack.faults.add("chat.update", "error", error="message_not_found")
        await say(interaction, Card("at last", (section("at last"),), (section("at last"),)))
        await maple.ana.sees("at last")
