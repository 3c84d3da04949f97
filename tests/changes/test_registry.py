"""The registry of kinds: a registered kind works everywhere, from the command to the undo."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

import pytest

from bot.access.policy_file import PolicyError, read
from bot.approvals import words as approvals_words
from bot.approvals.results import Result
from bot.autumn.write import Write
from bot.changes import buttons, registry, stored
from bot.changes.amounts import AmountNote
from bot.changes.billing.subscriptions import PRODUCTS, product_touched
from bot.changes.billing.words import BillingLine, BillingNote
from bot.changes.control.request import ControlInput
from bot.changes.control.words import ControlType
from bot.changes.forms import fields
from bot.changes.forms.model import FormContent, FormState, Meta, Parsed
from bot.changes.line_form import LineNote
from bot.changes.lines import Line, LineLabel, value_bullet
from bot.changes.model import ChangeInput, Facts, Judgement, Snapshot, Verdict
from bot.changes.notes import CommonNote, Names, Note, NoteCode, mrkdwn
from bot.changes.spec import UPDATE_CUSTOMER, ChangeForm, ChangeKind, KeyScope
from bot.doctor.samples import samples
from bot.kit import blocks, form_values, text
from bot.kit.form_values import Values
from bot.lookups.help import help_card
from bot.lookups.place import Place
from tests.changes.facts import LATER, NOW, customer, facts
from tests.journeys.changing import approve_waiting, close_and_read_own_card, read_as_approver, submit_undo
from tests.running import Running

TEXT_BLOCK = "text"
TEXT_LABEL = "Remark"


class RemarkNote(NoteCode):
    EMPTY = "remark_empty", "Enter a remark."
    SHOUTING = "remark_shouting", lambda of: f"{of.text('remark')} is in capitals."


class RemarkLine(LineLabel):
    REMARK = "remark", TEXT_LABEL


class RemarkInput(ChangeInput):
    kind: Literal["remark"] = "remark"
    text: str


def build(state: FormState) -> FormContent:
    typed = blocks.typed(fields.field_id("text"), form_values.typed(state.values, TEXT_BLOCK), telling=True)
    return FormContent(state.meta, fields=[blocks.field(TEXT_BLOCK, TEXT_LABEL, typed, listens=True)])


def draft(meta: Meta, values: Values, facts: Facts) -> RemarkInput | None:
    remark = form_values.typed(values, TEXT_BLOCK)
    return RemarkInput(customer=meta.customer, text=remark) if remark else None


def parse(meta: Meta, values: Values) -> Parsed:
    remark = form_values.typed(values, TEXT_BLOCK)
    errors = {} if remark else {TEXT_BLOCK: str(RemarkNote.EMPTY.text)}
    return fields.parsed(meta, values, RemarkInput(customer=meta.customer, text=remark), errors)


class RemarkChange(ChangeKind[RemarkInput]):
    """Keeps a remark in the customer's metadata."""

    id = "remark"
    command = "remark"
    button = "Write a remark"
    title = "Write a remark"
    heading = "Remark about a customer"
    help = "keep a remark about the customer"
    offered_on = frozenset({"overview"})
    input = RemarkInput
    form = ChangeForm(build, draft, parse)
    notes = RemarkNote
    lines = RemarkLine
    scopes = (KeyScope("customers:write", "write remarks", UPDATE_CUSTOMER),)

    def guard(self, request: RemarkInput, facts: Facts, now: datetime) -> Judgement:  # noqa: ARG002
        if not request.text.isupper():
            return Judgement()
        return Judgement(warnings=(Note(RemarkNote.SHOUTING, {"remark": request.text}),))

    def snapshot(self, request: RemarkInput, facts: Facts) -> Snapshot:  # noqa: ARG002
        return {"remark": facts.customer.metadata.get("remark")}

    def preview(self, request: RemarkInput, facts: Facts) -> tuple[Line, ...]:
        return (Line(RemarkLine.REMARK, self.snapshot(request, facts)["remark"], request.text or None),)

    def plan(self, request: RemarkInput, facts: Facts) -> tuple[Write, ...]:  # noqa: ARG002
        body = {"customer_id": request.customer, "metadata": {"remark": request.text or None}}
        return (Write("customers.update", "POST", "/v1/customers.update", body),)

    def verify(self, request: RemarkInput, before: Snapshot, after: Snapshot | None) -> Verdict:  # noqa: ARG002
        applied = after is not None and (after["remark"] or "") == request.text
        return Verdict.APPLIED if applied else Verdict.NOT_APPLIED

    def inverse(self, request: RemarkInput, before: Snapshot, after: Snapshot) -> RemarkInput:  # noqa: ARG002
        return RemarkInput(customer=request.customer, text=before["remark"] or "")

    def summary(self, request: RemarkInput, names: Names) -> str:  # noqa: ARG002
        return f"Remark that {text.mrkdwn(request.text, 60)}" if request.text else "Remove the remark"

    def shown_now(self, request: RemarkInput, before: Snapshot, after: Snapshot) -> Sequence[str]:  # noqa: ARG002
        return [value_bullet(RemarkLine.REMARK, text.mrkdwn(after["remark"] or "", 60))]

    def sample(self, customer: str) -> RemarkInput:
        return RemarkInput(customer=customer, text="Likes maple syrup")


REMARK = RemarkChange()


@pytest.fixture(autouse=True)
def remark(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "KINDS", (*registry.KINDS, REMARK))


def remark_in_autumn(maple: Running) -> object:
    return maple.autumn.state.customers["cus_acme"].metadata.get("remark")


async def test_registered_kind_works_from_the_command_to_the_undo(maple: Running) -> None:
    await maple.ana.command("/autumn remark cus_acme")
    await maple.ana.sees(TEXT_LABEL)
    await maple.ana.fill("Reason", "They said so")
    await maple.ana.fill(TEXT_LABEL, "  ")
    await maple.ana.submit()
    await maple.ana.sees(str(RemarkNote.EMPTY.text))
    await maple.ana.fill(TEXT_LABEL, "LIKES SYRUP")
    await maple.ana.sees("LIKES SYRUP is in capitals.")
    await maple.ana.fill(TEXT_LABEL, "Likes syrup")
    await maple.ana.sees("→ Likes syrup")
    await maple.ana.submit()
    await read_as_approver(maple, REMARK.heading, "Remark that Likes syrup", "→ Likes syrup")
    assert remark_in_autumn(maple) is None
    assert await approve_waiting(maple) is Result.DONE
    assert remark_in_autumn(maple) == "Likes syrup"
    await close_and_read_own_card(maple.ana, "Applied", f"[{approvals_words.UNDO}]")
    assert await submit_undo(maple) is Result.DONE
    await read_as_approver(maple, "Remove the remark")
    assert await approve_waiting(maple) is Result.DONE
    await maple.lea.sees(approvals_words.UNDONE)
    assert remark_in_autumn(maple) is None
    assert [write.idempotency_key is not None for write in maple.autumn.ledger if write.applied] == [True] * 2


async def test_registered_kind_has_a_button_and_its_mistyped_command_is_suggested(maple: Running) -> None:
    await maple.ana.command("/autumn cus_acme")
    await maple.ana.sees(REMARK.button)
    await maple.ana.click(REMARK.button)
    await maple.ana.sees(TEXT_LABEL)
    await maple.ana.close()
    await maple.ana.command("/autumn remrk nobody-at-all")
    await maple.ana.sees("/autumn remark nobody-at-all")


def test_registered_kind_is_offered_only_on_its_parts() -> None:
    assert REMARK in buttons.on(Place(customer="cus_acme"))
    assert REMARK not in buttons.on(Place(customer="cus_acme", part="features"))


def test_registered_kind_is_in_the_help() -> None:
    assert REMARK.help in str(help_card(registry.help_lines()).blocks)


def test_help_has_the_sentences_first_and_then_every_command() -> None:
    usages = [usage for usage, _ in registry.help_lines()]
    assert [usage.partition(" ")[0] for usage in usages[:3]] == ["give", "set", "reset"]
    assert usages[3:] == [f"{kind.command} <customer>" for kind in registry.KINDS]


def test_sentences_fill_in_the_form_of_their_kind() -> None:
    kinds = {command: kind.id for command, (kind, _) in registry.short_forms().items()}
    assert kinds == {"give": "balance", "set": "balance", "reset": "balance"}


def test_registered_kind_has_samples_for_the_doctor() -> None:
    assert {"remark form", "remark for the approver"} <= {sample.name for sample in samples()}


def test_registered_kind_can_be_named_in_a_policy() -> None:
    rule = '[[allow]]\nwho = "everyone"\nmay = "ask"\nchanges = "remark"\n'
    policy = read(rule, registry.policy_kinds(), "policy")
    assert policy.allow[0].when.changes == {"remark"}
    with pytest.raises(PolicyError, match="amounts need"):
        read(f"{rule}amount_over = 5", registry.policy_kinds(), "policy")


def test_requests_lines_and_notes_survive_json() -> None:
    request = REMARK.sample("cus_1")
    assert stored.read_input(stored.dump_input(request)) == request
    line, note = Line(RemarkLine.REMARK, None, "x"), Note(RemarkNote.SHOUTING, {"remark": "X"})
    assert stored.read_lines(stored.dump_lines([line])) == (line,)
    assert mrkdwn(note) == "X is in capitals."
    assert stored.read_notes(stored.dump_notes([note])) == (note,)


def test_notes_and_lines_of_several_kinds_survive_json(monkeypatch: pytest.MonkeyPatch) -> None:
    # What is known of one tuple of kinds is kept; of this one nothing is yet.
    monkeypatch.setattr(registry, "KINDS", (*registry.KINDS, RemarkChange()))
    shared = tuple(Note(code) for codes in (AmountNote, CommonNote, LineNote, BillingNote) for code in codes)
    assert stored.read_notes(stored.dump_notes(shared)) == shared
    lines = tuple(Line(label, None, "x") for label in BillingLine)
    assert stored.read_lines(stored.dump_lines(lines)) == lines


def test_unknown_kind_is_an_error() -> None:
    with pytest.raises(registry.UnknownKind, match="elsewhere"):
        registry.kind("elsewhere")


@pytest.mark.parametrize(
    ("typed", "kind"),
    [
        ("cancellation", "cancellation"),
        ("Cancel", "cancellation"),
        (registry.kind("balance").button, "balance"),
        (registry.kind("quantity").heading.upper(), "quantity"),
        ("deletion", None),
        ("elsewhere", None),
        ("", None),
    ],
)
def test_line_says_its_kind_by_id_command_button_or_heading(typed: str, kind: str | None) -> None:
    listed = registry.listed_as(typed)
    assert (listed and listed.id) == kind


def test_line_is_about_a_balance_unless_it_says_otherwise() -> None:
    assert registry.usual_line().id == "balance"
    assert REMARK not in registry.listable()
    with pytest.raises(registry.UnknownKind, match="deletion"):
        registry.line_form("deletion")


def test_ids_commands_notes_and_lines_are_unique() -> None:
    for attribute in ("id", "command", "button"):
        values = [getattr(kind, attribute) for kind in registry.KINDS]
        assert len(set(values)) == len(values)
    for enums in ([kind.notes for kind in registry.KINDS], [kind.lines for kind in registry.KINDS]):
        ids = [member.id for enum in enums for member in enum]
        assert len(set(ids)) == len(ids)
    assert all(len(kind.title) <= 24 for kind in registry.KINDS)


@pytest.mark.parametrize("kind", registry.KINDS, ids=lambda kind: kind.id)
def test_two_equal_changes_of_a_kind_conflict(kind: ChangeKind[Any]) -> None:
    touched = kind.touches(kind.sample("cus_1"))
    assert touched
    assert touched == kind.touches(kind.sample("cus_2")), "whose it is does not matter"


def test_changes_of_different_kinds_conflict_where_one_outdates_the_other() -> None:
    touched = {kind.id: kind.touches(kind.sample("cus_1")) for kind in registry.KINDS}
    assert touched["balance"] == touched["usage"]
    assert touched["expiry"] == touched["ungrant"]
    assert touched["cancellation"] & touched["quantity"] == touched["trial"]
    assert not touched["balance"] & touched["grant"]


@pytest.mark.parametrize("kind", registry.KINDS, ids=lambda kind: kind.id)
def test_change_rests_on_everything_it_touches_except_other_products(kind: ChangeKind[Any]) -> None:
    request = kind.sample("cus_1")
    of_other_products = {PRODUCTS, product_touched(getattr(request, "product", ""))}
    assert kind.touches(request) - kind.rests_on(request, facts()) <= of_other_products


def test_two_controls_in_one_list_conflict() -> None:
    messages = ControlInput(customer="cus_1", control=ControlType.SPEND, feature="messages")
    seats = messages.model_copy(update={"feature": "seats"})
    usage = messages.model_copy(update={"control": ControlType.USAGE})
    touched = [registry.of(control).touches(control) for control in (messages, seats, usage)]
    assert touched[0] == touched[1] != touched[2]


@pytest.mark.parametrize("kind", registry.KINDS, ids=lambda kind: kind.id)
def test_no_kind_changes_a_later_customer_with_the_same_id(kind: ChangeKind[Any]) -> None:
    request = kind.sample("cus_1").model_copy(update={"customer_created_at": NOW})
    later = facts(customer=customer(created_at=LATER))
    judgement = kind.guard(request, later, NOW)
    assert judgement.refusals == (Note(CommonNote.RECREATED),)
