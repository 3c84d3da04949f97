"""All rows of a section, one page at a time."""

from decimal import Decimal
from typing import Any

from bot.autumn.errors import TimedOut
from bot.digests import all_rows, words
from bot.digests.report.model import CurrencyTotal, ItemPage, RowQuery
from bot.kit import ids
from bot.lookups import labels, trouble
from bot.lookups.place import Place
from tests.changes.filling import modal
from tests.digests.samples import BERLIN, ORG, item, items, page
from tests.kit import checks


def draw(item_page: ItemPage, query: RowQuery = BERLIN) -> dict[str, Any]:
    return modal(all_rows.see_all(item_page, query, org=ORG))


def test_page_has_totals_and_a_button_for_each_row() -> None:
    item_page = page(*items(2), item(customer_id=None, customer=""), item(customer_id="c" * 2500), count=4)
    view = draw(item_page)
    text = checks.read(view["blocks"])
    assert view["title"]["text"] == "Upcoming invoices"
    assert "*Upcoming invoices* · 4 invoices\nTotal *$29.00*" in text
    assert "`SANDBOX`" in text
    assert "*Customer 1*\nPro · Nov " in text
    assert f"*{labels.NO_NAME}*" in text
    rows = [block for block in view["blocks"] if block["block_id"].startswith("row.")]
    opened = [element["accessory"] for element in rows if "accessory" in element]
    assert len(rows) == 4
    assert [Place.decode(element["value"]).customer for element in opened] == ["cus_0", "cus_1"]
    assert all(element["action_id"].startswith(f"{ids.DIGEST_OPEN}:") for element in opened)


def test_page_buttons_carry_the_whole_query() -> None:
    query = BERLIN.at(section="unpaid", minimum=Decimal("2.50"), plans=("pro",), page=9)
    view = draw(page(*items(1, "unpaid"), page=1, pages=3, left=10, count=30), query)
    buttons = {element["text"]["text"]: element["value"] for element in checks.elements(view["blocks"])}
    assert RowQuery.decode(buttons["Previous"]) == query.at(page=0)
    assert RowQuery.decode(buttons["Next"]) == query.at(page=2)
    assert RowQuery.decode(view["private_metadata"]) == query.at(page=1)
    assert RowQuery.decode(buttons["Download CSV"]).sections == ("unpaid",)
    assert "Page 2 of 3 · 10 left" in checks.read(view["blocks"])
    last = draw(page(*items(1), page=2, pages=3, count=30))
    assert "Next" not in [element["text"]["text"] for element in checks.elements(last["blocks"])]


def test_query_too_long_for_a_button_has_no_buttons() -> None:
    long = BERLIN.at(plans=tuple(f"{index:02}" * 37 for index in range(28)))
    view = draw(page(*items(1), pages=2, left=1), long)
    assert [element["text"]["text"] for element in checks.elements(view["blocks"])] == ["Open"]


def test_head_says_how_many_amounts_are_unknown() -> None:
    assert words.unknown(1) in checks.read(draw(page(item(amount=None), unknown=1))["blocks"])


def test_note_is_above_the_rows() -> None:
    text = checks.read(modal(all_rows.see_all(page(), BERLIN, note="*Done.*"))["blocks"])
    assert text.startswith("*Done.*")


def test_empty_page_and_row_without_facts() -> None:
    assert "There is nothing to list." in checks.read(draw(page(totals=()))["blocks"])
    bare = item("past_due", at=None, plans=())
    assert "*Globex*" in checks.read(draw(page(bare, totals=(CurrencyTotal("", Decimal(0), 0),)))["blocks"])


def test_loading_expired_and_failed_modals() -> None:
    assert words.ALL_LOADING in checks.read(modal(all_rows.see_all_loading(BERLIN))["blocks"])
    assert "no longer available" in checks.read(modal(all_rows.see_all_expired(BERLIN))["blocks"])
    card = trouble.trouble(TimedOut(), reference="r1", place=Place(customer="cus_1"))
    stopped = modal(all_rows.see_all_stopped(BERLIN, card))
    assert "didn't answer in time" in checks.read(stopped["blocks"])
    assert [block["type"] for block in stopped["blocks"]] == ["section"]
    checks.fits(all_rows.digest_expired())
