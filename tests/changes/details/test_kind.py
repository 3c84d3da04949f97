from dataclasses import replace
from typing import Any

import pytest

from bot.changes.details.kind import DetailsChange
from bot.changes.details.request import DetailsInput
from bot.changes.details.words import DetailsLine, DetailsNote
from bot.changes.lines import Line, ValueFormat
from bot.changes.model import Facts, Snapshot, Verdict
from bot.changes.notes import CommonNote, Note
from tests.changes.facts import NOW, customer, facts

CHANGE = DetailsChange()
ACME = {"name": "Acme", "email": "ada@acme.example", "fingerprint": "f1"}
KNOWN = replace(facts(), customer=customer(**ACME))
LINKED = replace(facts(), customer=customer(**ACME, stripe_id="cus_stripe"))
BLANK = replace(facts(), customer=customer())


def details(**changes: Any) -> DetailsInput:
    return DetailsInput(**{"customer": "cus_1", **changes})


@pytest.mark.parametrize(
    ("change_input", "facts", "refusals"),
    [
        (details(), KNOWN, [Note(CommonNote.NOTHING_TO_DO)]),
        (details(**ACME), KNOWN, [Note(CommonNote.NOTHING_TO_DO)]),
        (details(name="", email="", fingerprint=""), BLANK, [Note(CommonNote.NOTHING_TO_DO)]),
        (details(name="x" * 257), KNOWN, [Note(DetailsNote.NAME_TOO_LONG, {"most": "256"})]),
        (details(fingerprint="x" * 257), KNOWN, [Note(DetailsNote.FINGERPRINT_TOO_LONG, {"most": "256"})]),
        (
            details(name="x" * 257, email=f"{'x' * 250}@acme.example"),
            KNOWN,
            [
                Note(DetailsNote.NAME_TOO_LONG, {"most": "256"}),
                Note(DetailsNote.EMAIL_TOO_LONG, {"most": "254"}),
            ],
        ),
        (details(name="a\x00b"), KNOWN, [Note(DetailsNote.BAD_TEXT, {"field": "name"})]),
        (details(fingerprint="\ud800"), KNOWN, [Note(DetailsNote.BAD_TEXT, {"field": "fingerprint"})]),
        *(
            (details(email=email), KNOWN, [Note(DetailsNote.BAD_EMAIL)])
            for email in (
                "ada",
                "ada@",
                "@acme.example",
                "ada@acme",
                "a b@acme.example",
                "a@b@c.example",
                '"ada"@acme.example',
                "ada@acme.e",
                "ada@acme..",
                "<ada@acme.example>",
                f"{'x' * 65}@a.example",
            )
        ),
        (details(customer="cus_2", name="x"), KNOWN, [Note(CommonNote.OTHER_CUSTOMER)]),
        (
            details(customer="a@b", name="x"),
            replace(KNOWN, customer=customer(id="a@b")),
            [Note(CommonNote.OLD_ID)],
        ),
    ],
)
def test_guard_refuses(change_input: DetailsInput, facts: Facts, refusals: list[Note]) -> None:
    judged = CHANGE.guard(change_input, facts, NOW)
    assert list(judged.refusals) == refusals
    assert not judged.warnings


@pytest.mark.parametrize(
    ("change_input", "facts", "warnings"),
    [
        (details(name="Acme Ltd"), KNOWN, []),
        (details(name="Acme Ltd"), LINKED, [Note(DetailsNote.ALSO_IN_STRIPE, {"fields": "name"})]),
        (
            details(name="Acme Ltd", email="bo@acme.example", fingerprint="f2"),
            LINKED,
            [Note(DetailsNote.ALSO_IN_STRIPE, {"fields": "name, email"})],
        ),
        (details(fingerprint=""), LINKED, []),
        (
            details(name="Acme Ltd", email=""),
            LINKED,
            [
                Note(DetailsNote.ALSO_IN_STRIPE, {"fields": "name"}),
                Note(DetailsNote.NOT_CLEARED_IN_STRIPE, {"fields": "email"}),
            ],
        ),
        (
            details(email="zoë@acme.example"),
            replace(KNOWN, same_email=2),
            [Note(DetailsNote.SAME_EMAIL, {"count": "2"})],
        ),
        (details(name="Acme Ltd"), replace(KNOWN, same_email=2), []),
        (details(email="zoe@acme.example"), replace(KNOWN, same_email=0), []),
    ],
)
def test_guard_warns(change_input: DetailsInput, facts: Facts, warnings: list[Note]) -> None:
    judged = CHANGE.guard(change_input, facts, NOW)
    assert judged.allowed
    assert list(judged.warnings) == warnings


def test_preview_plan_and_undo_cover_the_differences() -> None:
    request = details(name="Acme Ltd", email="ada@acme.example", fingerprint="")
    assert CHANGE.preview(request, KNOWN) == (
        Line(DetailsLine.NAME, "Acme", "Acme Ltd", ValueFormat.TEXT),
        Line(DetailsLine.FINGERPRINT, "f1", None, ValueFormat.TEXT),
    )
    (write,) = CHANGE.plan(request, KNOWN)
    assert dict(write.body) == {"customer_id": "cus_1", "name": "Acme Ltd", "fingerprint": None}
    assert (write.route, write.method, write.path) == ("customers.update", "POST", "/v1/customers.update")
    before = CHANGE.snapshot(request, KNOWN)
    assert before == ACME
    assert CHANGE.inverse(request, before, before) == details(name="Acme", fingerprint="f1")
    assert CHANGE.inverse(details(name="x"), CHANGE.snapshot(request, BLANK), before) == details(name="")
    assert CHANGE.inverse(details(), before, before) is None
    assert CHANGE.amount(request, before) is None


def test_details_hold_while_the_old_values_are_the_same() -> None:
    then = CHANGE.snapshot(details(), KNOWN)
    moved = {**then, "email": "other@acme.example"}
    assert CHANGE.holds(details(name="x"), then, moved)
    assert not CHANGE.holds(details(email="x@y.example"), then, moved)
    assert CHANGE.holds(details(email=""), then, then)


@pytest.mark.parametrize(
    ("after", "verdict"),
    [
        ({**ACME, "name": "New", "email": None}, Verdict.APPLIED),
        (ACME, Verdict.NOT_APPLIED),
        ({**ACME, "name": "New"}, Verdict.UNCLEAR),
        ({**ACME, "name": "Someone's", "email": None}, Verdict.UNCLEAR),
        ({**ACME, "name": "Someone's", "email": "x@y.example"}, Verdict.UNCLEAR),
        (None, Verdict.UNCLEAR),
    ],
)
def test_verdict_of_the_read_back(after: dict[str, str | None] | None, verdict: Verdict) -> None:
    before: dict[str, str | None] = {**ACME}
    assert CHANGE.verify(details(name="New", email="", fingerprint="f1"), before, after) is verdict


@pytest.mark.parametrize(
    "change",
    [
        details(name="x" * 256),
        details(fingerprint="x" * 256),
        details(email=f"{'x' * 64}@{'y' * 185}.com"),
        details(email="a@b.co"),
    ],
)
def test_details_at_the_limit_are_allowed(change: DetailsInput) -> None:
    assert CHANGE.guard(change, facts(), NOW).refusals == ()


def test_empty_details_count_as_none() -> None:
    customer_facts = replace(facts(), customer=customer(name="", email="", fingerprint=""))
    assert CHANGE.snapshot(details(), customer_facts) == {"name": None, "email": None, "fingerprint": None}


def test_details_hold_only_while_all_of_them_do() -> None:
    then: Snapshot = {"name": "a", "email": "a@b.example", "fingerprint": None}
    name_and_email = details(name="b", email="b@b.example")
    assert CHANGE.holds(name_and_email, then, then)
    assert not CHANGE.holds(name_and_email, then, {**then, "email": "c@b.example"})


def test_each_detail_asked_for_is_shown_as_it_is_now() -> None:
    now: Snapshot = {"name": "x" * 256, "email": None, "fingerprint": "f1"}
    assert CHANGE.shown_now(details(name="New", email="a@b.example"), {}, now) == [
        f"• Name: *{'x' * 99}…*",
        "• Email: *none*",
    ]


def test_sample_changes_something() -> None:
    assert CHANGE.guard(CHANGE.sample("cus_1"), BLANK, NOW).allowed
