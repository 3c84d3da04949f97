"""A channel's digest is set up, edited, sent and removed, using only the labels people see."""

import json
from datetime import time, timedelta
from decimal import Decimal

from bot.digests import setup_words, words
from bot.digests.model import EVERY_DAY, DigestContent, Schedule
from bot.lookups import labels
from bot.slack.channels import ChannelProblem
from tests.journeys.digesting import (
    COMING,
    FORM,
    LIST,
    SUPPORT,
    create_digest,
    digesting,
    only_digest,
    open_list,
    pass_time_and_settle,
    pass_time_until_due,
    posted_digests,
    send_now,
    settle_digests,
    verified_trail,
)
from tests.running import APPROVALS, Mode, Running

FINANCE = "C04FINANCE"
SHARED = "C05SHARED"
LEADS_SET_UP = '[digests]\nwho = ["@billing-leads"]\n'
SHARED_ALLOWED = f'[digests]\nshared_channels = ["{SHARED}"]\n'

DEFAULT = "invoices, unpaid, past due, trials, running out"


async def test_digest_is_set_up_in_two_clicks(mode: Mode) -> None:
    async with digesting(mode, alike=0) as maple:
        ana = maple.ana
        assert "This channel has no digests yet" in await open_list(ana)
        await ana.click("New digest")
        assert "Time zone: [Europe/Lisbon" in await ana.sees(FORM)
        await ana.submit()
        screen = await ana.sees("The first post comes")
        assert f"Weekdays at 09:00 Europe/Lisbon · next 7 days · {DEFAULT}" in screen
        await ana.close()
        assert not posted_digests(maple)
        await pass_time_until_due(maple)
        message = await ana.sees(COMING)
        assert "only visible to you" not in message
        assert "Weekdays at 09:00 Europe/Lisbon" in message
        assert "Globex Corporation" in await maple.raj.sees(COMING)
        await pass_time_and_settle(maple, timedelta(hours=2))
        assert len(posted_digests(maple)) == 1


async def test_digest_is_edited(mode: Mode) -> None:
    async with digesting(mode, alike=0) as maple:
        ana = maple.ana
        await create_digest(maple)
        await open_list(ana)
        await ana.click("Edit")
        await ana.sees(FORM)
        await ana.choose("Sections", "Unpaid invoices", "Past due")
        await ana.choose("On which days", "Monday", "Wednesday", "Friday")
        await ana.choose("At what time", "16:30")
        await ana.choose("How far ahead", "14 days")
        assert await ana.type_ahead("Time zone", "new york") == ["America/New_York"]
        await ana.choose("Time zone", "New_York")
        await ana.choose("Only these products", "Pro", "Team")
        await ana.fill("Smallest amount", "60")
        await ana.submit()
        screen = await ana.sees("The digest has been updated")
        line = "Mon, Wed and Fri at 16:30 America/New_York · next 14 days · unpaid, past due · 2 products"
        assert f"{line} · invoices from 60 up" in screen
        await ana.close()
        await pass_time_until_due(maple)
        message = await ana.sees(COMING)
        assert "Globex Corporation" in message
        assert "Upcoming invoices" not in message
        assert "Acme Ltd" not in message


async def test_invalid_entries_are_reported_beside_their_fields(maple: Running) -> None:
    ana = maple.ana
    await open_list(ana)
    await ana.click("New digest")
    await ana.sees(FORM)
    await ana.fill("Smallest amount", "lots")
    await ana.choose("On which days")
    await ana.submit()
    await ana.sees("Please complete this required field")
    await ana.choose("On which days", "Sunday")
    await ana.submit()
    assert "Smallest amount: [lots" in await ana.sees("! ")
    await ana.fill("Smallest amount", "-3")
    await ana.submit()
    await ana.sees("can't be below zero")
    await ana.fill("Smallest amount", "")
    await ana.submit()
    assert "Sundays at 09:00" in await ana.sees("The first post comes")


async def test_digest_is_paused_resumed_and_removed() -> None:
    """By a colleague: the owner is told, the audit trail says who, and nothing is posted meanwhile."""
    async with digesting("http", alike=0) as maple:
        ana, raj = maple.ana, maple.raj
        digest = await create_digest(maple, owner="ana")
        ana.go("@Maple")
        await open_list(raj)
        await raj.click("Edit")
        await raj.sees(FORM)
        await raj.choose("At what time", "16:30")
        await raj.submit()
        await raj.sees("The digest has been updated")
        await raj.click("Pause")
        assert "Paused by @raj" in await raj.sees("The digest is paused")
        await ana.sees("Your digest in #support was paused by @raj.")
        await pass_time_until_due(maple)
        await pass_time_and_settle(maple, timedelta(hours=1))
        assert posted_digests(maple) == []
        await raj.click("Resume")
        assert "Next:" in await raj.sees("The digest is active again")
        await pass_time_until_due(maple)
        await settle_digests(maple)
        assert len(posted_digests(maple)) == 1
        next_due = (await only_digest(maple)).next_due
        await raj.click("Remove", confirm=True)
        assert "This channel has no digests yet" in await raj.sees("The digest has been removed")
        await ana.sees("Your digest in #support was removed by @raj")
        await pass_time_and_settle(maple, next_due - maple.clock.now() + timedelta(minutes=1))
        assert len(posted_digests(maple)) == 1
        recorded = await verified_trail(maple.bot.database, digest.id)
        assert [(entry.event, entry.actor) for entry in recorded] == [
            ("digest_created", "U01ANA"),
            ("digest_edited", "U02RAJ"),
            ("digest_paused", "U02RAJ"),
            ("digest_resumed", "U02RAJ"),
            ("digest_removed", "U02RAJ"),
        ]
        assert [json.loads(entry.body)["at"] for entry in recorded[:2]] == ["09:00", "16:30"]


async def test_digest_is_sent_now_and_previewed(mode: Mode) -> None:
    async with digesting(mode, alike=0) as maple:
        ana = maple.ana
        await create_digest(maple)
        await open_list(ana)
        maple.autumn.faults.add("customers.get", "latency", seconds=60)  # read after the customers
        await ana.click("Send now", confirm=False)
        await ana.click("Send now", confirm=True)
        await ana.sees("Reading Autumn")
        maple.autumn.faults.clear()
        await ana.sees("Posted to the channel")
        click = [request for request in maple.slack.sent if request.payload.get("type") == "block_actions"][
            -1
        ]
        await maple.slack.deliveries.repeat(click)
        await settle_digests(maple)
        assert len(posted_digests(maple)) == 1
        assert "Send now" in await ana.sees("Posted to the channel")
        await ana.click("Preview to me")
        await ana.sees("The preview is in the channel")
        await ana.close()
        screen = await ana.sees("Preview: coming up in the next 7 days")
        assert "only visible to you" in screen
        assert "Globex Corporation" in screen
        await maple.raj.sees(COMING)
        maple.raj.does_not_see("Preview: coming up")
        assert len(posted_digests(maple)) == 1


async def test_result_is_reported_after_the_list_was_closed() -> None:
    async with digesting("http", alike=0) as maple:
        ana = maple.ana
        await create_digest(maple)
        await open_list(ana)
        maple.autumn.faults.add("customers.list", "latency", seconds=60, times=1)
        await ana.click("Send now", confirm=True)
        await ana.close()
        maple.autumn.faults.clear()
        assert "only visible to you" in await ana.sees("Posted to the channel")
        assert len(posted_digests(maple)) == 1


async def test_silent_autumn_is_reported() -> None:
    async with digesting("http", alike=0) as maple:
        ana = maple.ana
        await create_digest(maple)
        await open_list(ana)
        maple.autumn.faults.add("customers.list", "500", times=None)
        await ana.click("Send now", confirm=True)
        await ana.sees("Maple couldn't read from Autumn, so nothing was posted")
        await ana.click("Preview to me")
        await ana.sees("Maple couldn't read from Autumn, so there is no preview")
        await ana.close()
        await ana.command("/autumn upcoming")
        await ana.sees(labels.UNAVAILABLE.what)
        assert posted_digests(maple) == []


async def test_each_channel_has_its_own_schedule() -> None:
    async with digesting("http", alike=0) as maple:
        first, second = SUPPORT, APPROVALS
        await create_digest(maple, first, schedule=Schedule(EVERY_DAY, time(9), "Asia/Kolkata"))
        await create_digest(maple, second, schedule=Schedule(EVERY_DAY, time(9), "Europe/Lisbon"))
        if (await only_digest(maple, second)).next_due < (await only_digest(maple, first)).next_due:
            first, second = second, first
        await pass_time_until_due(maple, first)
        await settle_digests(maple)
        assert (len(posted_digests(maple, first)), posted_digests(maple, second)) == (1, [])
        await pass_time_until_due(maple, second)
        await settle_digests(maple)
        assert (len(posted_digests(maple, first)), len(posted_digests(maple, second))) == (1, 1)


async def test_empty_digest_is_posted_only_on_request() -> None:
    """On schedule nothing is posted; someone who presses *Send now* wants to see something."""
    async with digesting("http", alike=0) as maple:
        ana = maple.ana
        await create_digest(maple, content=DigestContent(frozenset({"unpaid"}), minimum=Decimal(9_999_999)))
        await pass_time_until_due(maple)
        await pass_time_and_settle(maple, timedelta(minutes=5))
        assert posted_digests(maple) == []
        await open_list(ana)
        await ana.click("Send now", confirm=True)
        await ana.sees("Posted to the channel")
        await ana.close()
        await ana.sees("Nothing to report for the next 7 days: no unpaid invoices")
        assert len(posted_digests(maple)) == 1


async def test_two_people_edit_one_digest() -> None:
    async with digesting("http", alike=0) as maple:
        ana, raj = maple.ana, maple.raj
        await create_digest(maple)
        for person, at in ((ana, "10:00"), (raj, "11:15")):
            await open_list(person)
            await person.click("Edit")
            await person.sees(FORM)
            await person.choose("At what time", at)
        await ana.submit()
        await ana.sees("Weekdays at 10:00")
        await raj.submit()
        form = await raj.sees("Someone else edited this digest in the meantime")
        assert "11:15" in form
        await raj.submit()
        await raj.sees("The digest has been updated")
        assert "Weekdays at 11:15" in raj.last()
        await raj.click("Edit")
        await raj.sees(FORM)
        await maple.bot.digests.remove((await only_digest(maple)).id, by=ana.id)
        await raj.submit()
        await raj.sees("Someone else changed or removed this digest in the meantime")


# Where, and who


async def test_only_a_person_can_get_a_digest_where_the_channel_cannot() -> None:
    async with digesting("http", alike=0) as maple:
        for channel, reason in (
            ("#random", "Type /invite @Maple here"),
            ("@raj", setup_words.PROBLEMS[ChannelProblem.DIRECT].what),
            ("#shared-acme", setup_words.PROBLEMS[ChannelProblem.SHARED].what),
        ):
            maple.ana.go(channel)
            assert reason in await open_list(maple.ana), channel
            await maple.ana.click(setup_words.NEW)
            assert setup_words.FIELD_ONLY_PERSON in await maple.ana.sees(FORM), channel
            await maple.ana.close()
        maple.eve.go("#shared-acme")
        await maple.eve.command("/autumn digest")
        await maple.eve.sees("only visible to you")
        maple.eve.does_not_see(LIST)


async def test_shared_channel_that_the_policy_names_is_allowed() -> None:
    async with digesting("http", policy=SHARED_ALLOWED) as maple:
        maple.ana.go("#shared-acme")
        await create_digest(maple, SHARED)
        await pass_time_until_due(maple, SHARED)
        await maple.ana.sees(COMING)
        maple.eve.go("#shared-acme")
        await maple.eve.sees(COMING)
        await maple.eve.sees(words.DETAILS)
        await maple.eve.click("See all", within="Upcoming invoices")
        maple.eve.does_not_see("Page 1")


async def test_channel_that_becomes_shared_gets_no_digest() -> None:
    async with digesting("http", alike=0) as maple:
        ana = maple.ana
        await create_digest(maple)
        await open_list(ana)
        await ana.click("Edit")
        await ana.sees(FORM)
        maple.slack.workspace.channel("#support").kind = "shared"
        await ana.submit()
        screen = await ana.sees("This channel is shared with another company")
        assert "[Send now]" not in screen


async def test_policy_decides_who_may_set_up_digests() -> None:
    async with digesting("http", policy=LEADS_SET_UP, alike=0) as maple:
        await create_digest(maple)
        screen = await open_list(maple.ana)
        assert "Your team's policy doesn't let you set up or change digests" in screen
        assert "[Preview to me]" in screen
        for label in ("New digest", "Edit", "Pause", "Send now", "Remove"):
            assert f"[{label}]" not in screen


async def test_guests_are_refused(maple: Running) -> None:
    for line in ("/autumn digest", "/autumn upcoming"):
        await maple.gus.command(line)
        await maple.gus.sees(labels.GUEST.what)
    maple.gus.does_not_see(LIST)
    maple.gus.does_not_see(COMING)


async def test_workspace_without_the_new_blocks() -> None:
    async with digesting("http", alike=0) as maple:
        maple.slack.without_blocks("data_table", "data_visualization")
        ana = maple.ana
        await send_now(maple, await create_digest(maple))
        assert "Globex Corporation" in await ana.sees(COMING)
        (message,) = posted_digests(maple)
        assert not {"data_table", "data_visualization"} & {block["type"] for block in message.blocks}


async def test_invalid_days_are_refused(maple: Running) -> None:
    for days in ("99", "acme"):
        maple.ana.go("#support" if days == "99" else "#billing")
        await maple.ana.command(f"/autumn upcoming {days}")
        await maple.ana.sees("a number from 1 to 31")
