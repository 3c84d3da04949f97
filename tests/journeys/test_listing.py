"""`/autumn list`: customers by their products and status."""

import csv
import io

import pytest

from bot.kit.csv_table import Separator
from bot.lookups import csv_form, labels
from bot.lookups.finder import words
from bot.lookups.finder.filters import Order
from bot.timings import Timeouts
from tests.running import Mode, Running, running_maple


async def test_list_is_filtered_paged_and_opened(maple: Running) -> None:
    ana = maple.ana
    await ana.command("/autumn list product:pro sort:name")
    first = await ana.sees("by name")
    assert "Page 1" in first
    maple.raj.does_not_see("by name")
    await ana.click("Next")
    await ana.sees("Page 2")
    await ana.click(labels.OPEN)
    await ana.sees("Customer since")


async def test_list_is_sent_as_a_file_in_direct_messages_in_the_chosen_format(maple: Running) -> None:
    ana = maple.ana
    await ana.command("/autumn list past-due")
    await ana.sees("Globex")
    await ana.click(words.DOWNLOAD)
    await ana.sees(words.SENT)
    await ana.click(csv_form.OTHER_FORMAT)
    await ana.sees(csv_form.FIELD_SEPARATOR)
    await ana.choose(csv_form.FIELD_SEPARATOR, csv_form.SEPARATORS[Separator.SEMICOLON])
    await ana.submit()
    await maple.bot.background.drain(10)
    files = [file for file in maple.slack.workspace.files.values() if file.shared]
    for file, delimiter in zip(files, ",;", strict=True):
        text = io.StringIO(file.content.decode("utf-8-sig"))
        rows = list(csv.DictReader(text, delimiter=delimiter))
        assert "cus_globex" in {row["id"] for row in rows}, delimiter
        assert {row["past due"] for row in rows} == {words.YES}, delimiter
    channels = [message.channel for message in maple.slack.workspace.posts if message.files]
    assert [channel[0] for channel in channels] == ["D", "D"]


async def test_list_is_sorted_by_words_and_on_the_card(maple: Running) -> None:
    ana = maple.ana
    await ana.command("/autumn list product:pro sort:used:messages")
    card = await ana.sees("most used first, of messages")
    assert "Messages used" in card
    await ana.click("Next")
    await ana.sees("Page 2")
    await ana.choose(words.SORT, words.ORDERS[Order.ENTITIES])
    card = await ana.sees("most entities first")
    assert "Page 1" in card
    await ana.choose(words.SORT, words.ORDERS[Order.USED])
    await ana.sees("most used first")
    await ana.click(words.DOWNLOAD)
    await ana.sees(words.SENT)
    (file,) = [file for file in maple.slack.workspace.files.values() if file.shared]
    rows = list(csv.DictReader(io.StringIO(file.content.decode("utf-8-sig"))))
    shares = [float(row["used"]) / float(row["granted"]) for row in rows if row["granted"] not in ("", "0")]
    assert shares == sorted(shares, reverse=True)


async def test_list_by_entities(maple: Running) -> None:
    await maple.ana.command("/autumn list entities:3 entity:seats")
    card = await maple.ana.sees("with at least 3 entities of seats")
    assert "1 customer" in card
    assert "Pied Piper" in card
    assert "4 entities" in card


async def test_unknown_filters_sort_keys_and_a_silent_autumn_are_reported(maple: Running) -> None:
    await maple.ana.command("/autumn list sort:revenue")
    await maple.ana.sees(words.unknown_order("revenue"))
    await maple.ana.command("/autumn list acme")
    assert "past-due" in await maple.ana.sees("is not a filter")
    maple.autumn.faults.add("customers.list", "500", times=None)
    await maple.ana.command("/autumn list")
    await maple.ana.sees("Reference")


@pytest.mark.parametrize("mode", ["http"], indirect=True)
async def test_slow_file_shows_progress(mode: Mode) -> None:
    async with running_maple(mode, timeouts=Timeouts(asking_after=0.05)) as maple:
        await maple.ana.command("/autumn list trial")
        await maple.ana.sees("Umbrella")
        maple.slack.faults.add("files.getUploadURLExternal", "latency", seconds=60)
        await maple.ana.click(words.DOWNLOAD)
        await maple.ana.sees("Preparing the file")
        maple.slack.faults.clear()
        await maple.ana.sees(words.SENT)
