"""Several changes typed in one sentence, as a list."""

from datetime import UTC, datetime

from bot.batches import csv_file, parsing
from bot.batches.parsing import ForAll, ReadList
from bot.changes import registry
from bot.changes.balance import sentence
from bot.changes.balance.request import line_cells
from bot.changes.balance.sentence import Sentences
from bot.changes.line_form import LineCells, LineNote
from bot.changes.spec import Misread

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
FEATURES = {"messages": "Messages", "ai_credits": "AI credits", "seats": "Seats"}


def csv_list(sentences: Sentences | Misread, entity: str = "") -> str:
    assert not isinstance(sentences, Misread)
    lines = [line_cells(said, FEATURES, NOW) for said in sentences]
    return csv_file.pasted(registry.usual_line(), lines, "cus_1", entity)


def test_features_are_named_by_their_ids() -> None:
    assert csv_list(sentence.give("acme 5,000 message and 3 AI credits and 1 zzz")) == (
        'cus_1,messages,"5,000",give\ncus_1,ai_credits,3,give\ncus_1,zzz,1,give\n'
    )
    assert csv_list(sentence.set_to("acme messages to 5k and seats to -3")) == (
        "cus_1,messages,5k,set\ncus_1,seats,-3,set\n"
    )


def test_entity_is_a_column_of_every_line() -> None:
    listed = parsing.read(csv_list(sentence.give("acme/ws 5 messages and 3 seats"), "ws_1"), ForAll())
    assert isinstance(listed, ReadList)
    assert [(line.customer, line.entity, line.kind) for line in listed.lines] == [
        ("cus_1", "ws_1", "balance")
    ] * 2


def test_kind_is_a_column_unless_it_is_the_usual_one() -> None:
    pasted = csv_file.pasted(registry.kind("addition"), [LineCells("Seats", "3")], "cus_1", "")
    assert pasted == f"cus_1,Seats,3,,{registry.kind('addition').command}\n"
    listed = parsing.read(pasted, ForAll())
    assert isinstance(listed, ReadList)
    assert [line.kind for line in listed.lines] == ["addition"]


def test_day_without_a_year_is_the_next_one() -> None:
    assert csv_list(sentence.reset_on("acme messages and seats on 1 Dec")) == (
        "cus_1,messages,2026-12-01,reset\ncus_1,seats,2026-12-01,reset\n"
    )


def test_distant_day_is_refused_by_the_list() -> None:
    read = parsing.read(csv_list(sentence.reset_on("acme messages and seats on 29 Feb")), ForAll())
    assert isinstance(read, ReadList)
    assert not read.lines
    assert [note.code for problem in read.problems for note in problem.notes] == [LineNote.NOT_A_DATE] * 2
