"""The changes made to a customer."""

from dataclasses import replace

import pytest

from bot.approvals import history
from bot.approvals import words as say
from bot.approvals.lifecycle import ChangeEvent, Record, State
from bot.kit import ids
from bot.lookups import labels
from bot.lookups.place import Place
from bot.store.audit import Entry
from tests.approvals.records import fits, moved_trial, record
from tests.kit import checks
from tests.lookups.samples import NOW

PLACE = Place(customer="cus_1")


def entry(event: str, actor: str = "", at: str = "2026-11-22T15:06:00.000+00:00") -> Entry:
    return Entry(seq=1, change_id="chg_1", at=at, event=event, actor=actor, body="{}", previous="", hash="")


def records(number: int) -> list[Record]:
    return [record(State.APPLIED, id=f"chg_{index}") for index in range(number)]


def test_change_is_shown_with_its_steps() -> None:
    steps = [
        entry(ChangeEvent.ASKED, "U1ANA"),
        entry(ChangeEvent.SHOWN),
        entry(ChangeEvent.APPROVED, "U2LEA"),
        entry(ChangeEvent.APPROVED),
        entry(ChangeEvent.WRITING),
        entry(ChangeEvent.APPLIED),
        entry("o*dd"),
    ]
    card = history.history(PLACE, [record(State.APPLIED)], {"chg_1": steps}, now=NOW)
    fits(card)
    text = checks.read(card.blocks)
    assert "*Give 500 extra messages* · applied" in text
    assert "• Granted: 1,000 → *1,500*" in text
    assert "*Reason:* A bad week" in text
    moment = "<!date^1795359960^{date_short_pretty} at {time}|2026-11-22 15:06 UTC>"
    assert (
        "\n".join(
            [
                f"{moment} · requested by <@U1ANA>",
                f"{moment} · approved by <@U2LEA>",
                f"{moment} · approved by the policy",
                f"{moment} · applied",
                f"{moment} · o∗dd",
            ]
        )
        in text
    )


def test_result_that_a_summary_leaves_open_is_shown_of_an_applied_change() -> None:
    told = "Autumn set the end of the trial to *Dec 2, 2026*."
    for change, expected in ((moved_trial(), True), (moved_trial(State.UNCONFIRMED), False)):
        card = history.history(PLACE, [change], {}, now=NOW)
        fits(card)
        assert (told in checks.read(card.blocks)) is expected


def test_empty_history() -> None:
    card = history.history(PLACE, [], {}, now=NOW)
    fits(card)
    assert say.NO_HISTORY in checks.read(card.blocks)
    assert history.history_page(PLACE, []) == []


def test_undone_change_is_marked() -> None:
    undone = record(State.APPLIED, undone=True, reason="")
    text = checks.read(history.history(PLACE, [undone], {}, now=NOW).blocks)
    assert "· undone" in text
    assert "Reason" not in text


def test_history_shows_ticket_and_reason_of_a_denial() -> None:
    denied = record(State.DENIED, comment="Too much", ticket="https://desk.example/7")
    text = checks.read(history.history(PLACE, [denied], {}, now=NOW).blocks)
    assert "*Their reason:* Too much" in text
    assert "*Reason:* A bad week · <https://desk.example/7|Ticket>" in text


def test_only_the_requester_can_edit_a_waiting_request() -> None:
    def labels(change: Record, viewer: str) -> list[str]:
        card = history.history(PLACE, [change], {}, now=NOW, viewer=viewer)
        fits(card)
        return [element["text"]["text"] for element in checks.elements(card.blocks)]

    waiting = record()
    assert say.EDIT in labels(waiting, waiting.requester)
    assert say.EDIT not in labels(waiting, "U9ELSE")
    assert say.EDIT not in labels(replace(waiting, undo_of="chg_0"), waiting.requester)
    assert say.EDIT not in labels(record(State.APPLIED), waiting.requester)


def test_many_steps_are_counted() -> None:
    steps = [entry(ChangeEvent.APPROVED, "U2LEA")] * 20
    text = checks.read(history.history(PLACE, [record()], {"chg_1": steps}, now=NOW).blocks)
    assert text.count("approved by") == 12
    assert "and 8 more steps" in text


@pytest.mark.parametrize(
    ("page", "first_and_last", "moves", "footer"),
    [
        (0, ["chg_0", "chg_4"], {"Next": 1}, "Page 1 of 3 · 7 left"),
        (1, ["chg_5", "chg_9"], {"Previous": 0, "Next": 2}, "Page 2 of 3 · 2 left"),
        (9, ["chg_10", "chg_11"], {"Previous": 1}, "Page 3 of 3 · last page"),
    ],
)
def test_long_history_is_paged(
    page: int, first_and_last: list[str], moves: dict[str, int], footer: str
) -> None:
    page_of = PLACE.at(page=page)
    page_records = history.history_page(page_of, records(12))
    assert [page_records[0].id, page_records[-1].id] == first_and_last
    card = history.history(page_of, records(12), {}, now=NOW)
    fits(card)
    assert footer in checks.read(card.blocks)
    pages = {label: Place.decode(value).page for label, value in checks.buttons(card).items()}
    assert pages == {**moves, labels.OPEN_CUSTOMER: 0}
    for element in checks.elements(card.blocks):
        assert element["action_id"].startswith((f"{ids.HISTORY}:", f"{ids.OPEN}:"))


def test_pages_too_far_for_a_button_are_still_counted() -> None:
    card = history.history(Place(customer="c" * 2000), records(12), {}, now=NOW)
    assert "Page 1 of 3" in checks.read(card.blocks)
    assert checks.buttons(card) == {}
