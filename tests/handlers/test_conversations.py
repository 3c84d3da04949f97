"""Mentions of Maple and direct messages to it."""

import secrets

import pytest

from bot.approvals import words as approvals_words
from bot.lookups import labels
from handlers.parsing import addressed
from sandbox.slack.model import Json
from tests.running import Running

BOT = "U0BOT"


def events(maple: Running, kind: str) -> list[Json]:
    """The events of one type that Slack sent."""
    return [
        delivery.payload
        for delivery in maple.slack.sent
        if delivery.kind == "events_api" and delivery.payload["event"]["type"] == kind
    ]


async def outcomes(maple: Running) -> list[str]:
    """How the events so far were handled, once all work is finished."""
    await maple.ana.settled()
    await maple.bot.background.drain(10)
    (metric,) = maple.bot.metrics.interactions.collect()
    return sorted(
        f"{sample.labels['action']} {sample.labels['outcome']}"
        for sample in metric.samples
        if sample.name.endswith("_total") and sample.labels["kind"] == "event"
    )


@pytest.mark.parametrize(
    ("text", "typed"),
    [
        ("<@U0BOT> acme", "acme"),
        ("<@U0BOT|maple> products acme", "products acme"),
        ("<@U0BOT>, acme", "acme"),
        ("hello <@U0BOT>: invoices acme", "invoices acme"),
        ("acme <@U0BOT>", "acme"),
        ("<@U0BOT>", ""),
        ("acme", "acme"),
        ("<@U0OTHER> acme", "<@U0OTHER> acme"),
        ("", ""),
    ],
)
def test_query_follows_the_mention_or_else_precedes_it(text: str, typed: str) -> None:
    assert addressed(text, BOT) == typed


@pytest.mark.both_transports
async def test_mention_is_answered_to_that_person_only(maple: Running) -> None:
    await maple.ana.mention("cus_acme")
    card = await maple.ana.sees("Acme Ltd")
    assert "only visible to you" in card
    maple.raj.go("#support")
    maple.raj.does_not_see("Acme Ltd")
    (call,) = [call for call in maple.slack.calls if call.method == "chat.postEphemeral"]
    assert not call.args.get("thread_ts"), "Slack shows nothing in a thread that is not there yet"


async def test_mention_in_a_thread_is_answered_there_and_buttons_change_the_answer_in_place(
    maple: Running,
) -> None:
    await maple.ana.say("Acme writes that their messages ran out")
    await maple.ana.mention("products cus_acme", in_thread_of="ran out")
    await maple.ana.sees("Acme Ltd")
    assert any("Acme Ltd" in reply for reply in maple.ana.thread("ran out"))
    maple.raj.go("#support")
    maple.raj.does_not_see("Acme Ltd")
    await maple.ana.click("Invoices")
    await maple.ana.sees("Next invoice")
    assert len([reply for reply in maple.ana.thread("ran out") if "cus_acme" in reply]) == 2, (
        "the mention and one card"
    )


@pytest.mark.both_transports
async def test_direct_message_is_answered_by_a_lasting_message(maple: Running) -> None:
    await maple.ana.direct_message("invoices cus_acme")
    await maple.ana.sees("Next invoice")
    maple.ana.reload()
    await maple.ana.sees("Next invoice", timeout=0.1)
    await maple.ana.click("Features")
    await maple.ana.sees("AI Credits")
    maple.ana.does_not_see("Next invoice")
    maple.raj.go("@maple")
    maple.raj.does_not_see("Acme Ltd")


async def test_direct_message_in_a_thread_is_answered_in_the_thread(maple: Running) -> None:
    await maple.ana.direct_message("help")
    await maple.ana.sees(labels.HELP_TITLE)
    await maple.ana.direct_message("cus_acme", in_thread_of=labels.HELP_TITLE)
    await maple.ana.sees("Acme Ltd")
    assert any("Acme Ltd" in reply for reply in maple.ana.thread(labels.HELP_TITLE))


async def test_mention_understands_the_commands_words(maple: Running) -> None:
    for text, expected in (
        ("", labels.HELP_TITLE),
        ("products", "Type /autumn products and then"),
        ("find example", "Page 1 of"),
        ("zz-nobody-zz", "No customer found for zz-nobody-zz"),
        ("history cus_acme", approvals_words.NO_HISTORY),
        ("upcoming 3", "Coming up"),
    ):
        maple.ana.reload()
        maple.ana.does_not_see(expected)
        await maple.ana.mention(text)
        await maple.ana.sees(expected)


async def test_command_with_a_form_is_offered_as_a_button(maple: Running) -> None:
    for command, expected in (
        ("balance cus_acme", "What to do"),
        ("give cus_acme 500 messages because they lost a day", "What changes"),
        ("digest", "New digest"),
    ):
        maple.ana.reload()
        await maple.ana.mention(command)
        await maple.ana.sees("Slack opens a form only when you click")
        await maple.ana.click(labels.OPEN_FORM)
        form = await maple.ana.sees(expected)
        assert command.partition("because ")[2] in form
        await maple.ana.close()


async def test_maples_own_answer_is_not_answered(maple: Running) -> None:
    await maple.ana.direct_message("cus_acme")
    await maple.ana.sees("Acme Ltd")
    assert await outcomes(maple) == ["message ok"]
    assert len(events(maple, "message")) == 2, "the question, and Maple's own answer"


async def test_edits_and_deletions_are_not_answered(maple: Running) -> None:
    await maple.ana.direct_message("help")
    await maple.ana.sees(labels.HELP_TITLE)
    question = maple.slack.workspace.history(_dm(maple))[0]
    maple.slack.workspace.edit(question, "cus_acme", [])
    maple.slack.workspace.delete(question)
    assert await outcomes(maple) == ["message ok"]
    maple.ana.does_not_see("Acme Ltd")
    subtypes = [event["event"].get("subtype") for event in events(maple, "message")]
    assert {"message_changed", "message_deleted"} <= set(subtypes)


async def test_only_what_a_person_writes_to_maple_is_answered(maple: Running) -> None:
    for subtype in ("channel_join", "bot_message", "message_replied", "me_message"):
        await _event(maple, {"type": "message", "subtype": subtype, "channel": _dm(maple)})
        assert await outcomes(maple) == [], subtype
    edited = {"user": maple.ana.id, "ts": "1700000000.000200"}
    await _event(maple, {"type": "app_mention", "channel": "C01SUPPORT", "edited": edited})
    assert await outcomes(maple) == []
    await _event(maple, {"type": "message", "channel": "C01SUPPORT"})
    assert await outcomes(maple) == ["message ok"]
    assert maple.slack.workspace.posts == [], "a message without a mention"
    await _event(maple, {"type": "message", "subtype": "file_share", "channel": _dm(maple)})
    assert await outcomes(maple) == ["message ok"]
    (answer,) = maple.slack.workspace.posts
    assert answer.channel == _dm(maple), "a message with a file is answered"


async def test_repeated_event_is_answered_once(maple: Running) -> None:
    await maple.ana.mention("cus_acme")
    await maple.ana.sees("Acme Ltd")
    (delivery,) = [
        sent for sent in maple.slack.sent if sent.payload.get("event", {}).get("type") == "app_mention"
    ]
    await maple.slack.deliveries.repeat(delivery)
    assert await outcomes(maple) == ["app_mention ok", "app_mention repeat"]
    assert len([call for call in maple.slack.calls if call.method == "chat.postEphemeral"]) == 1


async def test_guest_who_mentions_maple_is_refused_in_private(maple: Running) -> None:
    await maple.gus.mention("cus_acme")
    refusal = await maple.gus.sees(labels.GUEST.what)
    assert "only visible to you" in refusal
    maple.gus.does_not_see("Acme Ltd")
    assert maple.autumn.calls == [] or all("customers" not in call.route for call in maple.autumn.calls)


async def test_person_of_another_company_is_refused_in_private(maple: Running) -> None:
    maple.eve.go("#shared-acme")
    await maple.eve.mention("cus_acme")
    refusal = await maple.eve.sees(labels.OUTSIDER.what)
    assert "only visible to you" in refusal
    maple.ana.go("#shared-acme")
    maple.ana.does_not_see(labels.OUTSIDER.what)


async def test_errors_are_reported_in_the_direct_message(maple: Running) -> None:
    maple.autumn.faults.add("*", "500")
    await maple.ana.direct_message("cus_acme")
    await maple.ana.sees(labels.UNAVAILABLE.what)
    maple.autumn.faults.clear()
    await maple.ana.click("Try again")
    await maple.ana.sees("Acme Ltd")


def _dm(maple: Running) -> str:
    return maple.slack.workspace.im(maple.ana.id, maple.slack.workspace.bot.id).id


async def _event(maple: Running, inner: Json) -> None:
    written = {"user": maple.ana.id, "text": "cus_acme", "ts": "1700000000.000100"}
    event = {"type": "event_callback", "team_id": maple.bot_team, "event_id": f"Ev{secrets.token_hex(4)}"}
    await maple.slack.deliveries.send("events_api", event | {"event": written | inner})
