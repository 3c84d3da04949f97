"""The cards of a bulk change, in every state and for every reason."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

import pytest

from bot.access import words as access_words
from bot.access.limits import Worth
from bot.access.policy import Decision, DecisionReason
from bot.approvals import words as approvals_words
from bot.approvals.card import Audience
from bot.approvals.lifecycle import Cause
from bot.approvals.results import Result
from bot.approvals.steps import Preview
from bot.autumn.models import Environment
from bot.batches import card, csv_file, words
from bot.batches.card import ListRef
from bot.batches.model import (
    BatchLine,
    BatchOutcome,
    BatchResult,
    BatchState,
    BatchValue,
    CheckedBatch,
    CheckedLine,
    FeatureTotal,
    LineProblem,
    LineReason,
    LineState,
)
from bot.batches.parsing import ListNote
from bot.changes import lines as change_lines
from bot.changes import notes, registry
from bot.changes.balance.words import BalanceLine
from bot.changes.line_form import LineCells
from bot.changes.lines import Line, ValueFormat
from bot.changes.notes import CommonNote, Note
from bot.changes.refund import words as refund_words
from bot.kit import ids
from bot.kit.card import Card
from bot.kit.csv_table import CsvFormat, Separator
from tests.batches.samples import NAMES, NOW, approval, give_input, line, lines, record
from tests.journeys.steps import assert_in_order

REF = ListRef(key="0" * 32, draft="d1", channel="C01", reason="The outage")
ALLOWED = Decision(True, DecisionReason.ALLOWED, "support")
BARRED = Decision(False, DecisionReason.NO_RULE)


def checked_batch(
    number: int = 2, problems: Sequence[LineProblem] = (), decision: Decision | None = ALLOWED
) -> CheckedBatch:
    return CheckedBatch(
        tuple(
            CheckedLine(
                BatchLine(
                    number_of_line, f"cus_{number_of_line}", LineCells("messages", str(number_of_line))
                ),
                give_input(f"cus_{number_of_line}", number_of_line),
                f"Customer {number_of_line}",
                "messages",
                Preview({}, (), (), Decimal(number_of_line)),
            )
            for number_of_line in range(1, number + 1)
        ),
        tuple(problems),
        decision,
    )


def line_problem(number: int, reason: LineReason = LineReason.NO_CUSTOMER) -> LineProblem:
    return LineProblem(number, f"nobody{number},messages,5", reason)


def action_ids(drawn: Card) -> list[str]:
    """The action ids of the buttons."""
    return [
        element["action_id"]
        for block in drawn.blocks
        if block["type"] == "actions"
        for element in block["elements"]
    ]


def checked_card(batch: CheckedBatch) -> Card:
    return card.checked_card(batch, REF, now=NOW, names=NAMES)


# The checked list


@pytest.mark.parametrize(
    ("batch", "buttons", "says"),
    [
        (checked_batch(), [ids.BATCH_SEND, ids.BATCH_CANCEL], "1 approval"),
        (
            checked_batch(decision=Decision(True, DecisionReason.ALLOWED, approvals=0)),
            [ids.BATCH_SEND, ids.BATCH_CANCEL],
            "as soon as",
        ),
        (
            checked_batch(problems=[line_problem(3)]),
            [ids.BATCH_LEAVE_OUT, ids.BATCH_WRONG_CSV, ids.BATCH_CANCEL],
            words.NOTHING_REQUESTED,
        ),
        (
            checked_batch(0, [line_problem(1)], None),
            [ids.BATCH_WRONG_CSV, ids.BATCH_CANCEL],
            words.NOTHING_RIGHT,
        ),
        (checked_batch(decision=BARRED), [ids.BATCH_CANCEL], access_words.BARRED[DecisionReason.NO_RULE]),
    ],
    ids=["to send", "at once", "wrong in part", "all wrong", "not allowed"],
)
def test_checked_list_offers_its_next_steps(batch: CheckedBatch, buttons: list[str], says: str) -> None:
    drawn = checked_card(batch)
    assert action_ids(drawn) == buttons
    assert says in drawn.text


def test_twenty_wrong_lines_are_shown_and_the_rest_counted() -> None:
    text = checked_card(checked_batch(problems=[line_problem(number) for number in range(3, 28)])).text
    assert "Line 22: " in text
    assert "Line 23: " not in text
    assert "5 more lines" in text
    assert "more line" not in checked_card(checked_batch(problems=[line_problem(3)])).text


def test_button_carries_the_longest_reason() -> None:
    ref = REF.model_copy(update={"reason": '"\n' * 250})
    drawn = card.checked_card(checked_batch(), ref, now=NOW, names=NAMES)
    (value,) = {
        element["value"]
        for block in drawn.blocks
        if block["type"] == "actions"
        for element in block["elements"]
    }
    assert len(value) <= 2000
    assert ListRef.decode(value) == ref


@pytest.mark.parametrize("reason", LineReason)
def test_every_problem_has_words(reason: LineReason) -> None:
    problem = LineProblem(7, "x", reason, notes=(Note(ListNote.QUOTES),), decision=BARRED, other=3)
    assert card.problem(problem)


def test_problem_has_the_reason_of_the_parser_guard_or_policy() -> None:
    assert card.problem(LineProblem(1, "x", LineReason.UNREADABLE, detail="<!channel>")) == "&lt;!channel&gt;"
    assert card.problem(LineProblem(1, "x", LineReason.NOT_ALLOWED)) == ""
    assert card.problem(LineProblem(9, "x", LineReason.REPEATED, other=3)) == words.repeated(3)
    assert card.problem(LineProblem(9, "x", LineReason.AFFECTED, other=3)) == words.affected(3)


# The request

QUEUED, RUNNING, APPLIED, REFUSED, UNCONFIRMED, SKIPPED = LineState


@pytest.mark.parametrize(
    ("state", "counts", "approver", "says"),
    [
        (BatchState.WAITING, {QUEUED: 3}, [ids.BATCH_APPROVE, ids.BATCH_DENY], "1 of 2 approvals"),
        (BatchState.RUNNING, {APPLIED: 1, QUEUED: 2}, [ids.BATCH_STOP], "1 of 3 applied"),
        (BatchState.RUNNING, {APPLIED: 2, RUNNING: 1}, [], "2 of 3 applied"),
        (BatchState.STOPPING, {APPLIED: 1, RUNNING: 1, SKIPPED: 1}, [], words.STOPPING),
        (
            BatchState.STOPPED,
            {APPLIED: 1, SKIPPED: 2},
            [ids.BATCH_RESUME, ids.BATCH_UNDO],
            "1 of 3 applied* · 2 not started",
        ),
        (BatchState.DONE, {APPLIED: 3}, [ids.BATCH_UNDO], words.STATES[BatchState.DONE]),
        (
            BatchState.DONE,
            {APPLIED: 1, REFUSED: 1, UNCONFIRMED: 1},
            [ids.BATCH_CHECK_AGAIN, ids.BATCH_UNDO],
            "1 failed · 1 unconfirmed",
        ),
        (BatchState.DENIED, {QUEUED: 3}, [], "Too many"),
        (BatchState.WITHDRAWN, {QUEUED: 3}, [], "By <@U03LEA>"),
        (BatchState.EXPIRED, {QUEUED: 3}, [], approvals_words.EXPIRED),
    ],
)
def test_card_shows_the_state_and_what_can_be_done(
    state: BatchState, counts: dict[LineState, int], approver: list[str], says: str
) -> None:
    batch = record(
        state,
        counts,
        needed=2,
        approvals=(approval("U02RAJ"), approval("U09", counts=False)),
        decided_by="U03LEA",
        comment="Too many",
        stopped_by="U02RAJ",
    )
    cards_by_audience = {
        audience: card.batch_card(
            batch, lines(QUEUED, QUEUED, QUEUED), audience=audience, now=NOW, names=NAMES
        )
        for audience in Audience
    }
    assert action_ids(cards_by_audience[Audience.APPROVER]) == [*approver, ids.BATCH_CSV]
    deciding = (ids.BATCH_APPROVE, ids.BATCH_DENY)
    without_deciding = [action for action in approver if action not in deciding]
    if state is BatchState.WAITING:
        without_deciding.append(ids.BATCH_WITHDRAW)
    assert action_ids(cards_by_audience[Audience.REQUESTER]) == [*without_deciding, ids.BATCH_CSV]
    text = "\n".join(
        block["text"]["text"]
        for block in cards_by_audience[Audience.APPROVER].blocks
        if block["type"] == "section"
    )
    assert says in text
    assert card.headline(batch) in text


def test_partly_applied_list_is_not_called_finished() -> None:
    assert card.headline(record(BatchState.DONE, {APPLIED: 2, REFUSED: 1})) == words.NOT_ALL
    assert card.headline(record(BatchState.DONE, {APPLIED: 3})) == words.STATES[BatchState.DONE]


def test_card_has_the_ten_largest_lines_the_totals_and_their_value() -> None:
    many = [line(number) for number in range(1, 31)]
    totals = (
        FeatureTotal("balance", "messages", 28, Decimal(5000)),
        FeatureTotal("balance", "seats", 2, Decimal(0), unsized=2),
    )
    batch = record(totals=totals, value=BatchValue({"USD": Decimal(12)}), undo_of="b0", undo="b2", reason="")
    drawn = card.batch_card(batch, many, audience=Audience.APPROVER, now=NOW, names=NAMES)
    assert "Customer 30" in drawn.text
    assert "Customer 21" in drawn.text
    assert "Customer 20" not in drawn.text
    assert "Messages: 28 lines, 5,000 in all" in drawn.text
    assert "seats: 2 lines\n" in drawn.text + "\n"
    assert "*In all* (≈ $12.00)" in drawn.text
    assert words.UNDONE in drawn.text
    assert "Undo of a bulk change" in drawn.text
    assert "none given" in drawn.text


def test_sums_say_apart_what_is_added_and_what_is_taken_away() -> None:
    totals = (FeatureTotal("balance", "messages", 2, Decimal(150), taken=Decimal(50)),)
    batch = record(totals=totals, value=BatchValue({"USD": Decimal(3)}))
    drawn = card.batch_card(batch, [line(1)], audience=Audience.APPROVER, now=NOW, names=NAMES)
    assert "Messages: 2 lines, 100 added, 50 taken away" in drawn.text
    assert words.totals("$3.00", 0, both_ways=True) in drawn.text
    assert "150" not in drawn.text


def test_sum_of_what_is_only_taken_away_is_one_figure() -> None:
    totals = (FeatureTotal("balance", "messages", 2, Decimal(150), taken=Decimal(150)),)
    batch = record(totals=totals, value=BatchValue({"USD": Decimal(3)}))
    drawn = card.batch_card(batch, [line(1)], audience=Audience.APPROVER, now=NOW, names=NAMES)
    assert "Messages: 2 lines, 150 in all" in drawn.text
    assert words.totals("$3.00", 0, both_ways=False) in drawn.text


def test_value_says_how_many_lines_it_leaves_out() -> None:
    totals = (FeatureTotal("balance", "messages", 5, Decimal(5000)),)
    batch = record(totals=totals, value=BatchValue({"USD": Decimal(20)}, unknown=4))
    drawn = card.batch_card(batch, [line(1)], audience=Audience.APPROVER, now=NOW, names=NAMES)
    assert "*In all* (≈ $20.00, without 4 lines of unknown worth)" in drawn.text


def test_short_list_is_shown_for_approval_as_in_the_form() -> None:
    granted_line = Line(BalanceLine.GRANTED, "100", "105", ValueFormat.NUMBER)
    preview = Preview({}, (granted_line,), (Note(CommonNote.NO_UNDO),), Decimal(5))
    (granted,) = change_lines.bullets((granted_line,), NAMES)
    few = [line(1, preview=preview), line(2)]
    waiting = card.batch_card(record(), few, audience=Audience.APPROVER, now=NOW, names=NAMES).text
    assert granted in waiting
    assert notes.mrkdwn(Note(CommonNote.NO_UNDO)) in waiting
    assert words.LARGEST not in waiting
    done = card.batch_card(
        record(BatchState.DONE, {APPLIED: 2}), few, audience=Audience.APPROVER, now=NOW, names=NAMES
    ).text
    assert granted not in done
    assert words.LARGEST in done


def test_line_without_a_size_counts_as_largest_then_by_worth() -> None:
    unsized = line(98, preview=Preview({}, ()))
    dear = line(99, preview=Preview({}, (), (), Decimal(1), worth=Worth(Decimal(500), "USD")))
    many = [line(number) for number in range(1, 31)]
    drawn = card.batch_card(
        record(), [*many, unsized, dear], audience=Audience.APPROVER, now=NOW, names=NAMES
    )
    listed = drawn.text[drawn.text.index(words.LARGEST) :]
    assert_in_order(listed, "Customer 98", "Customer 99", "Customer 30", "Customer 23")
    assert "Customer 22" not in listed


def test_approval_in_live_is_confirmed() -> None:
    for environment, confirmed in ((Environment.LIVE, True), (Environment.SANDBOX, False)):
        drawn = card.batch_card(
            record(env=environment), lines(QUEUED), audience=Audience.APPROVER, now=NOW, names=NAMES
        )
        (decide,) = [block for block in drawn.blocks if block["type"] == "actions"]
        assert ("confirm" in decide["elements"][0]) is confirmed


def test_approval_is_confirmed_as_the_kinds_of_its_lines_require() -> None:
    totals = (
        FeatureTotal("refund", "", 2, Decimal(30)),
        FeatureTotal("balance", "messages", 3, Decimal(6)),
        FeatureTotal("refund", "seats", 1, Decimal(5)),
    )
    drawn = card.batch_card(
        record(totals=totals), lines(QUEUED), audience=Audience.APPROVER, now=NOW, names=NAMES
    )
    (decide,) = [block for block in drawn.blocks if block["type"] == "actions"]
    dialog = decide["elements"][0]["confirm"]
    assert dialog["style"] == "danger"
    asks = words.to_confirm(refund_words.HEADING, 3, refund_words.APPROVE_TEXT)
    assert dialog["text"]["text"] == f"{asks}\n{words.APPROVE_TEXT}"


def test_dialogs_of_all_kinds_that_a_list_may_have_fit_into_one() -> None:
    kinds = [kind.id for kind in registry.KINDS if not kind.removes_customer]
    totals = tuple(FeatureTotal(kind, "", 500, Decimal(1)) for kind in kinds)
    drawn = card.batch_card(
        record(totals=totals), lines(QUEUED), audience=Audience.APPROVER, now=NOW, names=NAMES
    )
    (decide,) = [block for block in drawn.blocks if block["type"] == "actions"]
    assert len(decide["elements"][0]["confirm"]["text"]["text"]) <= 300


def test_stop_by_maple_is_explained() -> None:
    drawn = card.outcome_card(
        record(BatchState.STOPPED, {APPLIED: 1, SKIPPED: 1}), lines(APPLIED, SKIPPED), now=NOW
    )
    assert words.STOPPED_BY_MAPLE in drawn.text


def test_application_without_approval_is_explained() -> None:
    drawn = card.outcome_card(record(BatchState.DONE, {APPLIED: 1}, needed=0), lines(APPLIED), now=NOW)
    assert approvals_words.RIGHT_AWAY in drawn.text


def test_withheld_card_names_no_customer_and_has_no_buttons() -> None:
    drawn = card.withheld_card(record(), now=NOW)
    assert words.WITHHELD in drawn.text
    assert action_ids(drawn) == []


@pytest.mark.parametrize("result", BatchResult)
def test_every_result_has_words(result: BatchResult) -> None:
    problems = [line_problem(number) for number in range(1, 4)]
    drawn = card.click_result(BatchOutcome(result, checked=checked_batch(problems=problems)), now=NOW)
    assert drawn.text
    drawn = card.click_result(BatchOutcome(result, decision=BARRED), now=NOW)
    assert drawn.text


def test_reasons_of_any_length_fit_into_the_card() -> None:
    problems = [
        LineProblem(number, "acme", LineReason.REFUSED, notes=(Note(ListNote.EMPTY),) * (20 + number))
        for number in range(1, 6)
    ]
    outcome = BatchOutcome(BatchResult.PROBLEMS, checked=checked_batch(problems=problems))
    drawn = card.click_result(outcome, now=NOW)
    assert max(len(block["text"]["text"]) for block in drawn.blocks) <= 3000


# Files


def test_results_explain_the_outcome_of_every_line() -> None:
    states = [
        line(1, APPLIED, change_id="c1"),
        line(2, REFUSED, change_id="c2", why=Cause.GUARDED),
        line(3, UNCONFIRMED, change_id="c3", why=Cause.NO_ANSWER),
        line(4, REFUSED, why=Result.MOVED),
        line(5, REFUSED, why="something newer"),
        line(6, SKIPPED),
    ]
    text = csv_file.results(states, CsvFormat(Separator.SEMICOLON), NAMES)
    rows = [row.split(";") for row in text.removeprefix("\ufeff").splitlines()]
    assert rows[0] == list(words.COLUMNS)
    assert rows[1] == ["1", "Customer 1", "cus_1", "Give 1 extra Messages", "applied", "", "c1"]
    assert [row[5] for row in rows[2:]] == [
        "This can no longer be done",
        approvals_words.ENDINGS[Cause.NO_ANSWER],
        approvals_words.RESULTS[Result.MOVED].what,
        "",
        "",
    ]


def test_file_of_wrong_lines_has_no_formulas() -> None:
    text = csv_file.wrong_lines([LineProblem(4, "=1+1,x", LineReason.NO_CUSTOMER)], CsvFormat())
    assert text.splitlines()[1] == f'4,"\'=1+1,x",{words.PROBLEMS[LineReason.NO_CUSTOMER]}'


def test_expiry_of_a_waiting_list_is_shown() -> None:
    batch = record(expires_at=NOW + timedelta(days=1))
    assert (
        "Expires"
        in card.batch_card(batch, lines(QUEUED), audience=Audience.READER, now=NOW, names=NAMES).text
    )
