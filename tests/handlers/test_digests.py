"""Clicks on digests, when things go wrong."""

from typing import Any

import pytest
from sqlalchemy import text

from bot.access.post_targets import Pause
from bot.digests import repository, setup_words
from bot.digests.model import TooManyDigests
from bot.lookups import labels
from bot.slack.channels import ChannelProblem
from bot.timings import Timeouts
from sandbox.slack import LocalPerson
from tests.journeys.digesting import (
    COMING,
    FORM,
    create_digest,
    digesting,
    only_digest,
    open_list,
    posted_digests,
)
from tests.running import Running

LEADS = '[digests]\nwho = ["@billing-leads"]\n'


def last_payload(maple: Running, kind: str = "block_actions") -> dict[str, Any]:
    """The last payload of this type that Slack sent to the bot."""
    return [delivery.payload for delivery in maple.slack.sent if delivery.payload.get("type") == kind][-1]


async def as_another(maple: Running, payload: dict[str, Any], person: LocalPerson) -> None:
    """The same payload, as if someone else sent it from the same modal."""
    trigger = maple.slack.simulation.triggers.issue(person.id)
    user = {**payload["user"], "id": person.id}
    await maple.slack.deliveries.send("interactive", {**payload, "user": user, "trigger_id": trigger})
    await maple.bot.background.drain(10)


async def repeat(maple: Running) -> None:
    await maple.slack.deliveries.repeat(maple.slack.sent[-1])
    await maple.bot.background.drain(10)


def call_count(maple: Running, method: str) -> int:
    return len([call for call in maple.slack.calls if call.method == method])


async def test_repeated_deliveries_are_handled_once() -> None:
    async with digesting("http") as maple:
        ana = maple.ana
        await open_list(ana)
        await repeat(maple)
        assert call_count(maple, "views.open") == 1
        await ana.click("New digest")
        await ana.sees(FORM)
        await repeat(maple)
        await ana.submit()
        await ana.sees("The first post comes")
        await repeat(maple)
        first = await only_digest(maple)
        await ana.click("Pause")
        await ana.sees("The digest is paused")
        drawn = call_count(maple, "views.update")
        await repeat(maple)
        assert call_count(maple, "views.update") == drawn
        await ana.click("Edit")
        await ana.sees(FORM)
        await repeat(maple)
        await ana.submit()
        await ana.sees("The digest has been updated")
        await repeat(maple)
        assert (await only_digest(maple)).version == first.version + 1
        await ana.click("Preview to me")
        await ana.sees("The preview is in the channel")
        await repeat(maple)
        await ana.close()
        assert ana.screen().count("Preview: coming up") == 1
        await ana.click("See all", within="Upcoming invoices")
        await ana.sees("Page 1")
        await repeat(maple)
        await ana.click("Open")
        await ana.sees("shows the full card")
        await repeat(maple)
        assert (call_count(maple, "views.open"), call_count(maple, "views.push")) == (2, 1)


async def test_list_opened_by_somebody_else() -> None:
    """Nothing changes for people whom the policy forbids it, whatever request reaches Maple."""
    async with digesting("http", policy=LEADS) as maple:
        lea = maple.lea
        lea.go("#support")
        await open_list(lea)
        await lea.click("New digest")
        await lea.sees(FORM)
        opened = last_payload(maple)
        await lea.submit()
        await lea.sees("The first post comes")
        submitted = last_payload(maple, "view_submission")
        before = await only_digest(maple)
        await lea.click("Edit")
        await lea.sees(FORM)
        payloads = [opened, last_payload(maple), submitted]
        for action in ("digest_pause", "digest_resume", "digest_remove", "digest_send"):
            click = {**last_payload(maple)["actions"][0], "action_id": action}
            payloads.append({**last_payload(maple), "actions": [click]})
        for payload in payloads:
            await as_another(maple, payload, maple.ana)
            assert "Your team's policy doesn't let you" in await lea.sees("Nothing was changed")
        assert await only_digest(maple) == before
        assert posted_digests(maple) == []


async def test_clicks_in_an_outdated_list() -> None:
    async with digesting("http") as maple:
        raj = maple.raj
        await create_digest(maple)
        await open_list(raj)
        await raj.click("Pause")
        await raj.sees("The digest is paused")
        removed = (await only_digest(maple)).id
        await maple.bot.digests.remove(removed, by="U01ANA")
        before = last_payload(maple)
        for action, expected in (
            ("digest_pause", "Someone else changed or removed"),
            ("digest_resume", "Someone else changed or removed"),
            ("digest_edit", "Someone else changed or removed"),
            ("digest_preview", "Someone else changed or removed"),
            ("digest_send", "Someone else removed this digest"),
        ):
            click = {**before["actions"][0], "action_id": action}
            await as_another(maple, {**before, "actions": [click]}, raj)
            assert expected in raj.last()


async def test_digest_is_neither_resumed_nor_created_in_a_channel_that_became_shared() -> None:
    async with digesting("http") as maple:
        ana = maple.ana
        await create_digest(maple)
        await open_list(ana)
        await ana.click("Pause")
        await ana.sees("The digest is paused")
        maple.slack.workspace.channel("#support").kind = "shared"
        await ana.click("Resume")
        await ana.sees(setup_words.PROBLEMS[ChannelProblem.SHARED].what)
        assert (await only_digest(maple)).pause is Pause.ASKED
        await ana.close()

        ana.go("#billing")
        await open_list(ana)
        await ana.click(setup_words.NEW)
        await ana.sees(FORM)
        maple.slack.workspace.channel("#billing").kind = "shared"
        await ana.submit()
        await ana.sees(setup_words.PROBLEMS[ChannelProblem.SHARED].what)
        assert await maple.bot.digests.of_channel("C02BILLING") == []


async def test_digest_beyond_the_limit_is_not_created_and_an_unknown_time_zone_is_utc(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(repository, "MOST_OF_PERSON", 0)
    async with digesting("http") as maple:
        maple.slack.workspace.user("ana").tz = "localtime"
        await open_list(maple.ana)
        await maple.ana.click(setup_words.NEW)
        await maple.ana.sees("Time zone: [UTC")
        await maple.ana.submit()
        await maple.ana.sees(setup_words.TOO_MANY[TooManyDigests.OF_PERSON].removeprefix(":warning: "))
        assert await maple.bot.digests.of_channel("C01SUPPORT") == []


async def test_form_opens_without_autumn() -> None:
    async with digesting("http") as maple:
        ana = maple.ana
        await open_list(ana)
        maple.autumn.faults.add("plans.list", "500", times=None)
        await ana.click("New digest")
        await ana.sees(FORM)
        maple.autumn.faults.clear()
        assert "Pro" in await ana.type_ahead("Only these products", "pro")
        await ana.choose("Only these products", "Pro")
        await ana.submit()
        assert "1 product" in await ana.sees("The first post comes")


async def test_form_closed_after_an_edit_by_somebody_else() -> None:
    async with digesting("http") as maple:
        ana = maple.ana
        await create_digest(maple)
        await open_list(ana)
        await ana.click("Edit")
        await ana.sees(FORM)
        digest = await only_digest(maple)
        await maple.bot.digests.edit(digest.id, digest.version, digest.schedule, digest.content, by="U01ANA")
        maple.autumn.faults.add("plans.list", "latency", seconds=60)
        await ana.submit()
        await ana.close()
        maple.autumn.faults.clear()
        assert "only visible to you" in await ana.sees("Someone else changed or removed this digest")


async def test_errors_are_shown_in_the_modal() -> None:
    async with digesting("http") as maple:
        ana = maple.ana
        await create_digest(maple)
        await open_list(ana)
        await ana.click("Send now", confirm=True)
        await ana.sees("Posted to the channel")
        await _lose(maple, "digests")
        await ana.click("Pause")
        assert "[Close]" in await ana.sees("Reference")
        await ana.close()
        await _lose(maple, "digest_items")
        await ana.click("See all", within="Upcoming invoices")
        assert "[Close]" in await ana.sees("Reference")


async def _lose(maple: Running, table: str) -> None:
    async with maple.bot.database.writing() as connection:
        await connection.execute(text(f"ALTER TABLE {table} RENAME TO lost_{table}"))


async def test_errors_after_the_modal_was_closed_are_sent_as_a_message() -> None:
    async with digesting("http") as maple:
        ana = maple.ana
        await create_digest(maple)
        await open_list(ana)
        await _lose(maple, "digests")
        maple.slack.faults.add("views.update", "latency", seconds=0.2)
        await ana.click("Pause")
        await ana.close()
        assert "only visible to you" in await ana.sees("Reference")


async def test_preview_where_maple_cannot_answer_in_the_channel() -> None:
    async with digesting("http") as maple:
        ana = maple.ana
        await create_digest(maple)
        await open_list(ana)
        maple.slack.faults.add("chat.postEphemeral", "error", error="no_permission", times=1)
        maple.autumn.faults.add("customers.list", "latency", seconds=60)
        await ana.click("Preview to me")
        await ana.close()
        maple.autumn.faults.clear()
        ana.go("@maple")
        await ana.sees("Preview: coming up")


async def test_card_is_refused_in_its_modal_when_autumn_fails_and_to_people_who_became_guests() -> None:
    async with digesting("http", timeouts=Timeouts(person=0.0)) as maple:
        ana = maple.ana
        await ana.command("/autumn upcoming")
        await ana.sees(COMING)
        await ana.click("See all", within="Upcoming invoices")
        await ana.sees("Page 1")
        maple.autumn.faults.add("customers.get", "500", times=None)
        await ana.click("Open")
        assert "[Close]" in await ana.sees(labels.UNAVAILABLE.what)
        await ana.close()
        maple.slack.workspace.user("ana").kind = "guest"
        await ana.click("Open")
        assert "[Close]" in await ana.sees(labels.GUEST.what)
        await ana.close()
        await ana.sees("Page 1")
