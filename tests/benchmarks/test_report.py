"""Figures become tables, which go into their places in the page."""

from pathlib import Path

import pytest

from benchmarks import digest, report
from benchmarks.card import covered
from benchmarks.report import Spread, Table, placed, quantile, show
from benchmarks.timed_autumn import Span


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [
        ([5.0], 0.5, 5.0),
        ([3.0, 1.0, 2.0], 0.5, 2.0),
        ([1.0, 2.0], 0.99, 2.0),
        (list(range(1, 101)), 0.99, 99),
    ],
)
def test_quantiles(values: list[float], share: float, expected: float) -> None:
    assert quantile(values, share) == expected


def test_spread_shows_its_median_and_its_ends() -> None:
    assert str(Spread((1.0, 3.0, 2.0))) == "2.00 (1.00 to 3.00)"


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([], 0.0),
        ([(1, 2)], 1.0),
        ([(1, 3), (2, 4)], 3.0),
        ([(1, 4), (2, 3)], 3.0),
        ([(1, 2), (3, 4)], 2.0),
        ([(-5, 1), (9, 20)], 2.0),
        ([(-5, -1), (11, 12)], 0.0),
    ],
    ids=["none", "one", "overlapping", "within", "apart", "cut at the ends", "outside"],
)
def test_time_with_autumn_is_counted_once(spans: list[tuple[float, float]], expected: float) -> None:
    calls = [Span("/v1/customers.get", "cus_1", began, ended, 200) for began, ended in spans]
    assert covered(calls, 0, 10) == expected


def test_section_of_the_page_is_replaced() -> None:
    page = "# Page\n<!-- a -->\nold\n<!-- /a -->\n<!-- b -->\nkept\n<!-- /b -->\n"
    written = placed(page, "a", "new")
    assert written == "# Page\n<!-- a -->\n\nnew\n\n<!-- /a -->\n<!-- b -->\nkept\n<!-- /b -->\n"
    with pytest.raises(ValueError, match="no place"):
        placed(page, "c", "new")


def test_page_is_only_changed_with_write(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "page.md"
    page.write_text("<!-- a -->\n<!-- /a -->\n")
    table = Table("A table", ("one", "two"), (("1", "2"),))
    show("a", "python -m x", [table], write=False, page=page)
    assert page.read_text() == "<!-- a -->\n<!-- /a -->\n"
    show("a", "python -m x", [table], write=True, page=page)
    assert str(table) in page.read_text()
    assert "`python -m x`" in capsys.readouterr().out


def test_page_has_a_place_for_each_benchmark() -> None:
    for section in ("ack", "card", "render"):
        placed(report.PAGE.read_text(), section, "")


def test_unpaid_pages_of_a_digest_exclude_those_of_cards() -> None:
    calls = [("invoices.list", ""), ("invoices.list", "cus_1"), ("customers.list", ""), ("invoices.list", "")]
    spans = [Span(f"/v1/{path}", about, 0.0, 1.0, 200) for path, about in calls]
    assert digest.unpaid_pages(spans) == 2
