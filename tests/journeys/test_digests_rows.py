"""What a digest leads to: all its rows, the file and the customers, in a channel and for one person."""

import csv
import io
import re
from datetime import timedelta

from bot.digests import words
from bot.digests.delivery import runs
from bot.kit.csv_table import Decimals, Separator
from bot.lookups import csv_form, labels
from bot.timings import Timeouts
from sandbox.slack.model import File
from tests.journeys.digesting import COMING, create_digest, digesting, posted_digests, send_now
from tests.running import Mode, Running
from tests.waiting import wait_until

SHOWN = "Upcoming invoices · "


async def upcoming(maple: Running, line: str = "/autumn upcoming") -> str:
    await maple.ana.command(line)
    return await maple.ana.sees(COMING)


async def post_in_channel(maple: Running) -> None:
    """A digest that everyone in the channel sees."""
    await send_now(maple, await create_digest(maple))
    await maple.ana.sees(words.DETAILS)


def files(maple: Running) -> list[File]:
    return [file for file in maple.slack.workspace.files.values() if file.shared]


def read(file: File, delimiter: str = ",") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(file.content.decode("utf-8-sig")), delimiter=delimiter))


async def test_upcoming_lists_each_section(mode: Mode) -> None:
    async with digesting(mode, alike=0) as maple:
        screen = await upcoming(maple)
        assert "only visible to you" in screen
        assert "Coming up in the next 7 days" in screen
        assert words.BILLING_DAYS in screen
        for title in (SHOWN, "Unpaid invoices", "Past due", "Trials ending", "Running out"):
            assert title in screen
        await maple.ana.command("/autumn upcoming 1")
        await maple.ana.sees("Coming up in the next 24 hours")
        maple.raj.does_not_see(COMING)


async def test_slow_autumn_shows_progress() -> None:
    async with digesting("http", timeouts=Timeouts(asking_after=0.05), alike=0) as maple:
        maple.autumn.faults.add("customers.list", "latency", seconds=60, times=1)
        await maple.ana.command("/autumn upcoming")
        await maple.ana.sees(labels.STILL_WAITING)
        maple.autumn.faults.clear()
        await maple.ana.sees(COMING)


async def test_all_rows_are_paged(mode: Mode) -> None:
    async with digesting(mode) as maple:
        ana = maple.ana
        await post_in_channel(maple)
        await ana.click("See all", within="Upcoming invoices")
        first = await ana.sees("Page 1 of 2")
        assert "[Previous]" not in first
        async with maple.another():  # a replica that did not post it
            await ana.click("Next")
            second = await ana.sees("Page 2 of 2")
        assert "[Next]" not in second
        assert not set(names(first)) & set(names(second))
        await ana.click("Previous")
        assert await ana.sees("Page 1 of 2") == first


def names(page: str) -> list[str]:
    """The customers on it: each name is on the line before the amount and the button."""
    lines = page.splitlines()
    return [lines[at - 2] for at, line in enumerate(lines) if line == "[Open]"]


async def test_customer_opens_from_the_rows_and_the_message() -> None:
    async with digesting("socket") as maple:
        ana = maple.ana
        await post_in_channel(maple)
        await ana.click("See all", within="Upcoming invoices")
        await ana.sees("Page 1")
        await ana.click("Open", within="Globex Corporation")
        await ana.sees(re.compile("== Maple ==.*cus_globex.*View invoice", re.DOTALL))
        await ana.close()
        await ana.sees("Page 1")
        await ana.close()
        await ana.choose("Open a customer", "Globex Corporation")
        card = await ana.sees("cus_globex")
        assert "only visible to you" in card
        assert "[Features]" in card
        maple.raj.does_not_see("cus_globex")


async def test_file_is_posted_in_the_thread(mode: Mode) -> None:
    async with digesting(mode, alike=0) as maple:
        await post_in_channel(maple)
        await maple.raj.click("Download CSV")
        await maple.raj.sees("[file: maple-digest-")
        click = [item for item in maple.slack.sent if item.payload.get("type") == "block_actions"][-1]
        await maple.slack.deliveries.repeat(click)
        await maple.bot.background.drain(10)
        (file,) = files(maple)
        (message,) = [message for message in maple.slack.workspace.posts if message.files]
        assert message.thread_ts == posted_digests(maple)[0].ts
        rows = read(file)
        assert {row["section"] for row in rows} == {"invoices", "unpaid", "past due", "trials", "running out"}
        (globex,) = [row for row in rows if (row["section"], row["customer id"]) == ("unpaid", "cus_globex")]
        assert (globex["customer"], globex["amount"], globex["currency"]) == (
            "Globex Corporation",
            "199",
            "USD",
        )
        assert not [cell for row in rows for cell in row.values() if cell.startswith(("=", "+", "-", "@"))]
        assert {row["email"] for row in rows if row["customer id"] == "cus_globex"} == {"ap@globex.example"}
        assert f"All {len(rows)} rows" in message.text


async def test_file_of_a_private_digest_is_private() -> None:
    async with digesting("http") as maple:
        ana = maple.ana
        await upcoming(maple)
        await ana.click(words.DOWNLOAD)
        await ana.sees("The file is in your direct messages with Maple")
        ana.go("@maple")
        await ana.sees("[file: maple-digest-")
        ana.go("#support")
        await ana.click("See all", within="Upcoming invoices")
        await ana.sees("Page 1")
        await ana.click(words.DOWNLOAD)
        await ana.sees(
            re.compile("== Upcoming invoices ==.*The file is in your direct messages.*Page 1", re.DOTALL)
        )
        await ana.close()
        await ana.click(csv_form.OTHER_FORMAT)
        await ana.sees(csv_form.FIELD_SEPARATOR)
        await ana.choose(csv_form.FIELD_SEPARATOR, csv_form.SEPARATORS[Separator.TAB])
        await ana.submit()
        await wait_until(lambda: len(files(maple)) == 3)
        complete, section, with_tabs = files(maple)
        assert {row["section"] for row in read(section)} == {"invoices"}
        assert {"amount", "when (UTC)"} <= read(section)[0].keys()
        assert {"feature", "left"}.isdisjoint(read(section)[0]), "no row has any of these"
        assert len(read(section)) < len(read(complete))
        assert read(with_tabs, delimiter="\t") == read(complete)
        channels = [message.channel for message in maple.slack.workspace.posts if message.files]
        assert [channel[0] for channel in channels] == ["D"] * 3
        maple.raj.does_not_see("[file:")


async def test_file_is_in_the_format_of_the_readers_locale_or_the_chosen_one() -> None:
    async with digesting("http", alike=0) as maple:
        await post_in_channel(maple)
        await maple.max.click(words.DOWNLOAD)
        await maple.max.sees("[file: maple-digest-")
        raj = maple.raj
        await raj.click(csv_form.OTHER_FORMAT)
        form = await raj.sees(csv_form.FIELD_SEPARATOR)
        assert csv_form.SEPARATORS[Separator.COMMA] in form
        await raj.choose(csv_form.FIELD_SEPARATOR, csv_form.SEPARATORS[Separator.TAB])
        await raj.choose(csv_form.FIELD_DECIMALS, csv_form.DECIMALS[Decimals.COMMA])
        await raj.submit()
        await wait_until(lambda: len(files(maple)) == 2)
        for file, delimiter in zip(files(maple), (";", "\t"), strict=True):
            rows = read(file, delimiter)
            assert {row["amount"] for row in rows if row["customer id"] == "cus_globex"} >= {"199"}, delimiter
            assert [row["amount"] for row in rows if "," in row["amount"]], delimiter
            assert not [row["amount"] for row in rows if "." in row["amount"]], delimiter
        messages = [message for message in maple.slack.workspace.posts if message.files]
        assert [message.thread_ts for message in messages] == [posted_digests(maple)[0].ts] * 2


async def test_file_does_not_go_to_a_private_channel_that_became_public() -> None:
    async with digesting("http", alike=0) as maple:
        lea = maple.lea
        lea.go("#finance-private")
        await send_now(maple, await create_digest(maple, "C04FINANCE"))
        await lea.click("Download CSV")
        await lea.sees("[file: maple-digest-")
        maple.slack.workspace.channel("#finance-private").kind = "public"
        await lea.click("Download CSV")
        await lea.sees("The file is in your direct messages with Maple")
        channel, direct = [message.channel for message in maple.slack.workspace.posts if message.files]
        assert (channel, direct[0]) == ("C04FINANCE", "D")


async def test_file_is_not_posted_where_another_company_reads() -> None:
    async with digesting("http", alike=0) as maple:
        await post_in_channel(maple)
        maple.slack.faults.add("files.getUploadURLExternal", "latency_after", seconds=60)
        await maple.ana.click("Download CSV")
        await wait_until(lambda: bool(maple.slack.workspace.files))
        maple.slack.workspace.channel("#support").kind = "shared"
        maple.slack.faults.clear()
        await maple.ana.sees("The file is in your direct messages with Maple")
        maple.ana.reload()
        await maple.ana.click("Download CSV")
        await maple.ana.sees("The file is in your direct messages with Maple")
        messages = [message for message in maple.slack.workspace.posts if message.files]
        assert [message.channel[0] for message in messages] == ["D", "D"]


async def test_slow_file_shows_progress() -> None:
    async with digesting("http", timeouts=Timeouts(asking_after=0.05)) as maple:
        await post_in_channel(maple)
        maple.slack.faults.add("files.getUploadURLExternal", "latency", seconds=60)
        await maple.ana.click("Download CSV")
        await maple.ana.sees("Preparing the file")
        maple.slack.faults.clear()
        await maple.ana.sees("[file: maple-digest-")
        await maple.ana.click("See all", within="Upcoming invoices")
        await maple.ana.sees("Page 1")
        maple.slack.faults.add("files.getUploadURLExternal", "latency", seconds=60)
        await maple.ana.click("Download CSV")
        await maple.ana.sees("Preparing the file")
        maple.slack.faults.clear()
        await maple.ana.sees("The file is in your direct messages with Maple")


async def test_file_that_slack_refuses() -> None:
    async with digesting("http", alike=0) as maple:
        await post_in_channel(maple)
        maple.slack.faults.add("files.completeUploadExternal", "500")
        await maple.ana.click("Download CSV")
        await maple.ana.sees("Reference")
        assert files(maple) == []


async def test_rows_that_expired() -> None:
    async with digesting("http") as maple:
        ana = maple.ana
        await post_in_channel(maple)
        await ana.click("See all", within="Upcoming invoices")
        await ana.sees("Page 1")
        maple.clock.move(timedelta(days=15))
        await runs.delete_old(maple.bot.database, maple.clock.now())
        await ana.click("Download CSV")
        await ana.sees("These rows are no longer available")
        await ana.close()
        await ana.click("Download CSV")
        assert "only visible to you" in await ana.sees("These rows are no longer available")
        await ana.click("See all", within="Upcoming invoices")
        await ana.sees(re.compile("== Upcoming invoices ==.*These rows are no longer available", re.DOTALL))
