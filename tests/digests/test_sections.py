"""A section is one entry in the registry: everything that reads, shows or adds up sections uses it."""

import csv
import io
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest

from bot.autumn.bulk import ListedCustomer, moment
from bot.digests import sections, setup_words, words
from bot.digests.items import ReportItem, ScannedCustomer, ScanWindow, StoredItem, stored
from bot.digests.model import DeliveryOutcome
from bot.digests.sections import cells
from bot.digests.sections.section import DigestSection, Timing, Viewpoint
from bot.kit import blocks
from tests.journeys.digesting import FORM, LIST, digesting, open_list, posted_digests
from tests.running import Running


def _collect(customer: ListedCustomer, _window: ScanWindow) -> Iterator[StoredItem]:
    for subscription in customer.get("subscriptions") or ():
        ends = moment(subscription.get("expires_at"))
        if ends is not None:
            yield stored("cancellations", ScannedCustomer.of(customer), at=ends)


def _cells(item: ReportItem, viewpoint: Viewpoint) -> list[blocks.Cell]:
    return [cells.customer_cell(item), cells.day_cell(item.at)]


def _facts(item: ReportItem, _seen: Viewpoint) -> list[str]:
    return [f"leaves {cells.day(item)}"]


CANCELLATIONS = DigestSection(
    key="cancellations",
    title="Cancellations",
    hint="Who has cancelled, and when they leave",
    short_name="cancelled",
    unit=("customer", "customers"),
    none_text="nobody leaving",
    columns=("Customer", "Leaves"),
    cells=_cells,
    facts=_facts,
    timing=Timing.ANY_TIME,
    collect=_collect,
)


@pytest.fixture
def _registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sections, "SECTIONS", (*sections.SECTIONS, CANCELLATIONS))


def cancel_everything(maple: Running) -> None:
    """Ends every subscription in twenty days."""
    end = int((maple.clock.now() + timedelta(days=20)).timestamp() * 1000)
    for customer in maple.autumn.state.customers.kept():
        for product in customer.products:
            product.expires_at = end


@pytest.mark.usefixtures("_registered")
async def test_new_section_is_in_form_post_see_all_and_file() -> None:
    async with digesting("http") as maple:
        ana = maple.ana
        cancel_everything(maple)
        await open_list(ana)
        await ana.click(setup_words.NEW)
        assert CANCELLATIONS.title in await ana.sees(FORM)
        await ana.choose(setup_words.FIELD_SECTIONS, CANCELLATIONS.title)
        await ana.submit()
        assert CANCELLATIONS.short_name in await ana.sees(LIST)
        await ana.click(setup_words.SEND, confirm=True)
        await ana.sees(setup_words.OUTCOMES[DeliveryOutcome.POSTED].partition(": ")[2])
        await ana.close()
        post = await ana.sees(CANCELLATIONS.columns[1])
        heading = re.search(rf"{CANCELLATIONS.title} · (\d+) {CANCELLATIONS.unit[1]}", post)
        assert heading is not None
        count = int(heading.group(1))
        assert count > 10, "there are more than one post lists"
        await ana.click(words.SEE_ALL, within=CANCELLATIONS.title)
        assert "leaves" in await ana.sees("Page 1 of")
        await ana.close()
        await ana.click(words.DOWNLOAD)
        await ana.sees("[file: maple-digest-")
        (file,) = [file for file in maple.slack.workspace.files.values() if file.shared]
        rows = list(csv.DictReader(io.StringIO(file.content.decode("utf-8-sig"))))
        assert [row["section"] for row in rows] == [CANCELLATIONS.short_name] * count
        assert len(posted_digests(maple)) == 1


def test_keys_are_unique_and_short_enough() -> None:
    keys = sections.all_keys()
    assert len(set(keys)) == len(keys)
    for section in sections.SECTIONS:
        assert len(section.key) <= 16
        assert len(section.title) <= 24
        assert len(section.hint) <= 75


def test_unknown_section_is_ignored_and_refused() -> None:
    assert sections.chosen({"retired", "trials"}) == [sections.section("trials")]
    with pytest.raises(ValueError, match="retired"):
        sections.section("retired")
