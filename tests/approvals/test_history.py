"""What was changed for a customer."""

from dataclasses import replace

import pytest

from bot.approvals import history
from bot.approvals import words as say
from bot.approvals.lifecycle import ChangeEvent, Record, State
from bot.kit import ids
from bot.lookups import labels
from bot.lookups.place import Place
from bot.store.audit import Entry
from tests.approvals.records import fits, record
from tests.kit import checks
from tests.lookups.samples import NOW

PLACE = Place(customer="cus_1")


def entry(event: str, actor: str = "", at: str = "2026-11-22T15:06:00.000+00:00") -> Entry:
    return Entry(seq=1, change_id="chg_1", at=at, event=event, actor=actor, body="{}", previous="", hash="")


def records(number: int) -> list[Record]:
    return [record(State.APPLIED, id=f"chg_{index}") for index in range(number)]


def test_a_change_is_shown_with_its_steps() -> None:
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
    told = checks.read(card.blocks)
    assert "*Give 500 extra of messages* · applied" in told
    assert "• Granted: 1,000 → *1,500*" in told
    assert "*Reason:* A bad week" in told
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
        in told
    )


def test_nothing_was_changed_yet() -> None:
    card = history.history(PLACE, [], {}, now=NOW)
    fits(card)
    assert say.NO_HISTORY in checks.read(card.blocks)
    assert history.history_page(PLACE, []) == []


def test_an_undone_change_says_so() -> None:
    undone = record(State.APPLIED, undone=True, reason="")
    told = checks.read(history.history(PLACE, [undone], {}, now=NOW).blocks)
    assert "· undone" in told
    assert "Reason" not in told


def test_history_shows_ticket_and_reason_of_a_denial() -> None:
    denied = record(State.DENIED, comment="Too much", ticket="https://desk.example/7")
    told = checks.read(history.history(PLACE, [denied], {}, now=NOW).blocks)
    assert "*Their reason:* Too much" in told
    assert "*Reason:* A bad week · <https://desk.example/7|Ticket>" in told


def test_only_the_requester_can_edit_a_request_that_waits() -> None:
    def labels(change: Record, viewer: str) -> list[str]:
        card = history.history(PLACE, [change], {}, now=NOW, viewer=viewer)
        fits(card)
        return [element["text"]["text"] for element in checks.elements(card.blocks)]

    waiting = record()
    assert say.EDIT in labels(waiting, waiting.asker)
    assert say.EDIT not in labels(waiting, "U9ELSE")
    assert say.EDIT not in labels(replace(waiting, undo_of="chg_0"), waiting.asker)
    assert say.EDIT not in labels(record(State.APPLIED), waiting.asker)


def test_many_steps_are_counted() -> None:
    steps = [entry(ChangeEvent.APPROVED, "U2LEA")] * 20
    told = checks.read(history.history(PLACE, [record()], {"chg_1": steps}, now=NOW).blocks)
    assert told.count("approved by") == 12
    assert "and 8 more steps" in told


@pytest.mark.parametrize(
    ("page", "shown", "moves", "left"),
    [
        (0, ["chg_0", "chg_4"], {"Next": 1}, "Page 1 of 3 · 7 left"),
        (1, ["chg_5", "chg_9"], {"Previous": 0, "Next": 2}, "Page 2 of 3 · 2 left"),
        (9, ["chg_10", "chg_11"], {"Previous": 1}, "Page 3 of 3 · last page"),
    ],
)
def test_a_long_history_has_pages(page: int, shown: list[str], moves: dict[str, int], left: str) -> None:
    place = PLACE.at(page=page)
    found = history.history_page(place, records(12))
    assert [found[0].id, found[-1].id] == shown
    card = history.history(place, records(12), {}, now=NOW)
    fits(card)
    assert left in checks.read(card.blocks)
    pages = {label: Place.decode(value).page for label, value in checks.buttons(card).items()}
    assert pages == {**moves, labels.OPEN_CUSTOMER: 0}
    for one in checks.elements(card.blocks):
        assert one["action_id"].startswith((f"{ids.HISTORY}:", f"{ids.OPEN}:"))


def test_pages_that_no_button_can_carry_are_still_counted() -> None:
    card = history.history(Place(customer="c" * 2000), records(12), {}, now=NOW)
    assert "Page 1 of 3" in checks.read(card.blocks)
    assert checks.buttons(card) == {}
