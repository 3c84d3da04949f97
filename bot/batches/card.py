"""The cards of a bulk change: the checked list, the request in every state, the outcome.

Nothing is read back from them: their buttons carry an id and the revision that the person saw.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import assert_never

from pydantic import Field

from bot.access import refusal as policy_refusal
from bot.access.refusal import PolicyRefusal
from bot.approvals import words as approvals_words
from bot.approvals.card import Audience
from bot.approvals.steps import Preview
from bot.batches import words
from bot.batches.model import (
    BatchLineRecord,
    BatchOutcome,
    BatchRecord,
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
from bot.changes import descriptions, notes, registry
from bot.changes import lines as change_lines
from bot.changes.forms import words as forms_words
from bot.changes.model import ChangeInput
from bot.changes.spec import UNITS_OF_FEATURE
from bot.kit import blocks, ids, layout, links, mentions, money, numbers, phrases, text, times
from bot.kit.card import Block, Card
from bot.kit.carried import Carried, ChannelId, Ref
from bot.lookups import labels

MOST_WRONG = 20
MOST_LARGEST = 10
MOST_PREVIEWED = 5
"""A list of at most this many lines shows what each of them would change."""
_MOST_REASONS = 5
_MOST_TOTALS = 3
_CUSTOMER, _LINE, _REASON = 80, 100, 2000
_ENDED = (BatchState.DONE, BatchState.STOPPED)
_NEVER_BEGUN = (BatchState.WAITING, BatchState.DENIED, BatchState.WITHDRAWN, BatchState.EXPIRED)


class ListRef(Carried):
    """What the buttons of a checked list carry."""

    key: str = Field(alias="k", pattern=r"[0-9a-f]{32}")
    draft: str = Field(alias="d")
    """The id under which the right lines are kept."""
    whole: str = Field(default="", alias="w")
    """The id under which all lines are kept, where the policy refuses some of them."""
    channel: ChannelId = Field(default="", alias="c")
    reason: str = Field(default="", alias="r")
    gathered: str = Field(default="", alias="g")
    """Of a list that was gathered: which version of it this is."""
    shown: str = Field(default="", alias="s")
    """The fingerprint of the list next to the buttons."""


@dataclass(frozen=True, slots=True)
class ShownLine:
    customer: str
    """Not escaped."""
    input: ChangeInput
    preview: Preview

    @property
    def size(self) -> tuple[bool, Decimal, Decimal]:
        """Without a size it counts as larger than any, as for the policy; then the most worth comes first."""
        amount, worth = self.preview.amount, self.preview.worth
        return amount is None, worth.amount if worth else Decimal(0), abs(amount or Decimal(0))


# The checked list


def checked_card(
    checked: CheckedBatch,
    ref: ListRef,
    *,
    now: datetime,
    names: Mapping[str, str],
    note: str = "",
    refusal: PolicyRefusal | None = None,
) -> Card:
    """`names`: of features, by id. `refusal`: by the policy, of some or all of it."""
    customers = {line.input.customer for line in checked.lines}
    before = [blocks.section("title", words.checked(len(checked.lines), len(customers)))]
    if note:
        before.append(blocks.section("note", note))
    content = [*_wrong(checked.problems), *_sum(checked.totals, checked.value, names)]
    if len(checked.lines) <= MOST_PREVIEWED:
        content += _previewed(_shown(checked.lines), names)
    else:
        content += _largest(_shown(checked.lines), names)
    if refusal is not None:
        content += policy_refusal.drawn(refusal)
    return layout.card(before, content, _going_on(checked, ref), stamp=now)


def problem(problem_line: LineProblem) -> str:
    """Why a line cannot be requested, in mrkdwn."""
    match problem_line.reason:
        case LineReason.UNREADABLE | LineReason.REFUSED:
            return " ".join(notes.mrkdwn(note) for note in problem_line.notes) or text.mrkdwn(
                problem_line.detail, 200
            )
        case LineReason.NOT_ALLOWED:
            return policy_refusal.barred(problem_line.decision) if problem_line.decision else ""
        case LineReason.REPEATED:
            return words.repeated(problem_line.other)
        case LineReason.AFFECTED:
            return words.affected(problem_line.other)
        case (
            LineReason.NO_CUSTOMER
            | LineReason.SEVERAL_CUSTOMERS
            | LineReason.NO_ENTITY
            | LineReason.TOO_MANY
            | LineReason.NO_UNDO
            | LineReason.NOT_READ
        ):
            return words.PROBLEMS[problem_line.reason]
        case _:
            assert_never(problem_line.reason)


def _wrong(problems: Sequence[LineProblem]) -> list[Block]:
    if not problems:
        return []
    lines = [words.wrong(len(problems))]
    for wrong in problems[:MOST_WRONG]:
        lines.append(words.wrong_line(wrong.number, text.code(wrong.text, _LINE), problem(wrong)))
    if (left := len(problems) - MOST_WRONG) > 0:
        lines.append(words.more_wrong(left))
    return layout.packed("wrong", lines)


def _previewed(lines: Sequence[ShownLine], names: Mapping[str, str]) -> list[Block]:
    content: list[Block] = []
    for number, line in enumerate(lines):
        customer = text.mrkdwn(line.customer, _CUSTOMER) or labels.NO_NAME
        heading = words.previewed_line(customer, descriptions.summary(line.input, names))
        warnings = [notes.mrkdwn(warning, names) for warning in line.preview.warnings]
        sentences = [heading, *change_lines.bullets(line.preview.lines, names), *map(words.warned, warnings)]
        content += layout.packed(f"line.{number}", sentences)
    return content


def _going_on(checked: CheckedBatch, ref: ListRef) -> list[Block]:
    decision, buttons = checked.decision, []
    value = ref.encode()
    if checked.requestable and decision is not None:
        says = forms_words.needed(decision.approvals)
        label = words.APPLY if decision.at_once else words.SEND
        dialog = None
        if decision.at_once:
            dialog = blocks.confirm(words.APPLY_TITLE, words.APPLY_TEXT, words.APPLY, phrases.NOT_NOW)
        buttons.append(blocks.button(label, ids.BATCH_SEND, value, primary=True, confirm=dialog))
    elif not checked.lines:
        says = words.NOTHING_RIGHT
    elif decision is not None and not decision.permit:
        says = f"{policy_refusal.barred(decision)} {words.NOTHING_REQUESTED}"
    else:
        says = words.NOTHING_REQUESTED
        buttons.append(blocks.button(words.LEAVE_OUT, ids.BATCH_LEAVE_OUT, value, primary=True))
    if checked.problems:
        buttons.append(blocks.button(words.WRONG_CSV, ids.BATCH_WRONG_CSV, value))
    buttons.append(blocks.button(words.CANCEL, ids.BATCH_CANCEL, value))
    return [blocks.context("says", says), blocks.actions("go_on", buttons)]


# The request


def batch_card(
    record: BatchRecord,
    lines: Sequence[BatchLineRecord],
    *,
    audience: Audience,
    now: datetime,
    names: Mapping[str, str],
    requester: str = "",
) -> Card:
    """`names`: of features, by id. `requester`: their name, in mrkdwn; without it they are mentioned."""
    customers = {line.input.customer for line in lines}
    title = words.title(len(lines), len(customers), undo=bool(record.undo_of))
    badge = text.code(record.env.upper() or labels.ENV_UNKNOWN, 30)
    before = [blocks.section("title", title), blocks.context("who", badge)]
    content = [
        *_sum(record.totals, record.value, names),
        *(_previewed if _in_full(record, lines) else _largest)(_shown(lines), names),
        _why(record, requester),
        *_state(record),
    ]
    buttons = _buttons(record, audience)
    after = [*([blocks.actions("decide", buttons)] if buttons else []), blocks.context("foot", _foot(record))]
    return layout.card(before, content, after, stamp=now)


def withheld_card(record: BatchRecord, *, now: datetime) -> Card:
    """Replaces a card whose channel is now shared with another company: nothing of the customers, and nothing
    to click."""
    content = [blocks.section("state", f"{headline(record)}\n{words.WITHHELD}")]
    return layout.card([], content, [blocks.context("foot", _reference(record))], stamp=now)


def in_brief(record: BatchRecord, names: Mapping[str, str]) -> list[str]:
    """In a list of requests: what it is, and how much of what. In mrkdwn."""
    title = words.title_of(record.progress.all, undo=bool(record.undo_of))
    totals = [words.total(*total) for total in _totals(record.totals, names)]
    return [title, *totals[:_MOST_TOTALS]]


def outcome_card(record: BatchRecord, lines: Sequence[BatchLineRecord], *, now: datetime) -> Card:
    """The separate message to the requester. The first line is the push notification."""
    customers = {line.input.customer for line in lines}
    title = words.title(len(lines), len(customers), undo=bool(record.undo_of))
    content = layout.packed("outcome", [headline(record), title, *_explained(record)])
    return layout.card([], content, [blocks.context("foot", _reference(record))], stamp=now)


def headline(record: BatchRecord) -> str:
    complete = record.progress.of(LineState.APPLIED) == record.progress.all
    if record.state is BatchState.DONE and not complete:
        return words.NOT_ALL
    return words.STATES[record.state]


def click_result(outcome: BatchOutcome, *, now: datetime, refusal: PolicyRefusal | None = None) -> Card:
    """Why a click or a submission did nothing, for the person who made it. `refusal`: by the policy."""
    say = words.RESULTS[outcome.result]
    why = []
    if outcome.result is BatchResult.PROBLEMS and outcome.checked is not None:
        why = list(dict.fromkeys(problem(wrong) for wrong in outcome.checked.problems))[:_MOST_REASONS]
    lines = [f"*{say.what}*", *(reason for reason in why if reason), say.do]
    drawn: list[Block] = layout.packed("result", lines)
    if refusal is not None:
        # The problems say why.
        drawn += policy_refusal.drawn(refusal, why=outcome.result is not BatchResult.PROBLEMS)
    return layout.card(drawn, [], [], stamp=now)


def requested_card(record: BatchRecord, reader: str, *, now: datetime) -> Card:
    """What the form becomes once it is requested, by its reader or by someone else."""
    says = words.REQUESTED
    if record.requester != reader:
        says = words.requested_by_other(mentions.person(record.requester), record.progress.all)
    content = [blocks.section("requested", f"{headline(record)}\n{says}")]
    return layout.card(content, [], [blocks.context("foot", _reference(record))], stamp=now)


def sentence(words_shown: str) -> Card:
    return layout.card([blocks.section("sentence", words_shown)], [], [], stamp=None)


# Parts


def _sum(totals: Sequence[FeatureTotal], value: BatchValue, names: Mapping[str, str]) -> list[Block]:
    lines = [words.total(*total) for total in _totals(totals, names)]
    if not lines:
        return []
    sums = money.sums((amount, currency) for currency, amount in value.sums.items())
    taken = sum(total.taken for total in totals)
    both_ways = 0 < taken < sum(total.units for total in totals)
    title = words.totals(sums, value.unknown, both_ways=both_ways)
    return [blocks.section("totals", layout.listed(title, lines, len(lines)))]


def _totals(totals: Sequence[FeatureTotal], names: Mapping[str, str]) -> list[tuple[str, int, str]]:
    """What each is called, its lines, and its units if it has any."""
    return [(_about(total, names), total.lines, _units(total)) for total in totals]


def _about(total: FeatureTotal, names: Mapping[str, str]) -> str:
    """The usual kind goes without saying."""
    kind = registry.kind(total.kind)
    feature = text.mrkdwn(names.get(total.feature) or total.feature, _CUSTOMER)
    return feature if kind is registry.usual_line() else words.of_kind(kind.heading, feature)


def _units(total: FeatureTotal) -> str:
    """Only of kinds whose amounts are all in the same unit."""
    adds_up = registry.kind(total.kind).unit == UNITS_OF_FEATURE
    if not adds_up or total.lines == total.unsized:
        return ""
    added = total.units - total.taken
    if added and total.taken:
        return words.moved_both_ways(numbers.number(added), numbers.number(total.taken))
    return words.moved_in_all(numbers.number(total.units))


def _in_full(record: BatchRecord, lines: Sequence[BatchLineRecord]) -> bool:
    """Whether each line is shown as on the card of a single change, warnings included: while it waits."""
    return record.state is BatchState.WAITING and len(lines) <= MOST_PREVIEWED


def _shown(lines: Sequence[CheckedLine] | Sequence[BatchLineRecord]) -> list[ShownLine]:
    return [ShownLine(line.customer, line.input, line.preview) for line in lines]


def _largest(lines: Sequence[ShownLine], names: Mapping[str, str]) -> list[Block]:
    ordered = sorted(lines, key=lambda line: line.size, reverse=True)
    lines_shown = [
        words.largest_line(
            text.mrkdwn(line.customer, _CUSTOMER) or labels.NO_NAME, descriptions.summary(line.input, names)
        )
        for line in ordered[:MOST_LARGEST]
    ]
    return layout.packed("largest", [words.LARGEST, *lines_shown]) if lines_shown else []


def _why(record: BatchRecord, requester: str) -> Block:
    who = requester or mentions.person(record.requester)
    reason = text.mrkdwn(record.reason, _REASON)
    lines = [
        approvals_words.requested_by(who, times.moment(record.created_at)),
        approvals_words.reason(reason) if reason else approvals_words.NO_REASON,
        words.undoes(text.code(record.undo_of, 60)) if record.undo_of else "",
    ]
    return blocks.section("why", "\n".join(line for line in lines if line))


def _state(record: BatchRecord) -> list[Block]:
    return layout.packed("state", [headline(record), *_explained(record)])


def explained(record: BatchRecord) -> list[str]:
    """The state, how it came about and how far it is, in mrkdwn."""
    return [headline(record), *_explained(record)]


def _explained(record: BatchRecord) -> list[str]:
    match record.state:
        case BatchState.WAITING:
            lines = _waiting(record)
        case BatchState.RUNNING:
            lines = [_approved_by(record), _progress(record)]
        case BatchState.STOPPING:
            lines = [_progress(record), words.STOPPING]
        case BatchState.STOPPED:
            by = words.stopped_by(mentions.person(record.stopped_by)) if record.stopped_by else ""
            lines = [_progress(record), by or words.STOPPED_BY_MAPLE, _unclear(record)]
        case BatchState.DONE:
            lapsed = words.LAPSED if record.progress.of(LineState.SKIPPED) else ""
            lines = [_approved_by(record), _progress(record), lapsed, _unclear(record)]
        case BatchState.DENIED | BatchState.WITHDRAWN:
            comment = text.mrkdwn(record.comment, _REASON)
            decided = times.moment(record.decided_at or record.updated_at)
            lines = [approvals_words.by(mentions.person(record.decided_by), decided)]
            lines += [approvals_words.comment(comment)] if comment else []
        case BatchState.EXPIRED:
            lines = [approvals_words.EXPIRED]
        case _:
            assert_never(record.state)
    return [line for line in [*lines, words.UNDONE if record.undo else ""] if line]


def _waiting(record: BatchRecord) -> list[str]:
    approvers = [approval.person for approval in record.approvals if approval.counts]
    passed_over = [approval.person for approval in record.approvals if not approval.counts]
    so_far = approvals_words.approvals(len(approvers), record.needed, mentions.people(approvers))
    expires = approvals_words.expires(times.moment(record.expires_at))
    not_counted = approvals_words.not_counted(mentions.people(passed_over)) if passed_over else ""
    return [f"{so_far} · {expires}", not_counted]


def _approved_by(record: BatchRecord) -> str:
    approvers = [approval.person for approval in record.approvals if approval.counts]
    return (
        approvals_words.approved_by(mentions.people(approvers)) if approvers else approvals_words.RIGHT_AWAY
    )


def _progress(record: BatchRecord) -> str:
    """`312 of 500 applied · 2 failed · 1 unconfirmed`."""
    progress = record.progress
    applied = progress.of(LineState.APPLIED)
    counts = [
        (words.failed, progress.of(LineState.REFUSED)),
        (words.unconfirmed, progress.of(LineState.UNCONFIRMED)),
        (words.not_started, progress.of(LineState.SKIPPED)),
    ]
    sentence = words.progress(applied, progress.all, [say(number) for say, number in counts if number])
    if record.state in _ENDED:
        return sentence
    return f"{numbers.bar(Decimal(progress.ended), Decimal(progress.all), 20)} {sentence}"


def _unclear(record: BatchRecord) -> str:
    return words.UNCONFIRMED_LINES if record.progress.of(LineState.UNCONFIRMED) else ""


def _foot(record: BatchRecord) -> str:
    return " · ".join(part for part in (_reference(record), approvals_words.rule(record.rule)) if part)


def _reference(record: BatchRecord) -> str:
    return words.reference(text.code(record.id, 60) or phrases.NONE)


def _buttons(record: BatchRecord, audience: Audience) -> list[blocks.Button]:
    ref = Ref(record.id, record.revision).encode()
    buttons = []
    if record.state is BatchState.WAITING and audience is Audience.APPROVER:
        buttons += decision_buttons(record)
    if record.state is BatchState.WAITING and audience is Audience.REQUESTER:
        buttons += own_buttons(record)
    if record.stoppable:
        dialog = blocks.confirm(words.STOP_TITLE, words.STOP_TEXT, words.STOP, phrases.NOT_NOW)
        buttons.append(blocks.button(words.STOP, ids.BATCH_STOP, ref, danger=True, confirm=dialog))
    if record.resumable:
        dialog = blocks.confirm(words.RESUME_TITLE, words.RESUME_TEXT, words.RESUME, phrases.NOT_NOW)
        buttons.append(blocks.button(words.RESUME, ids.BATCH_RESUME, ref, primary=True, confirm=dialog))
    if record.checkable:
        buttons.append(blocks.button(approvals_words.CHECK_AGAIN, ids.BATCH_CHECK_AGAIN, ref))
    if record.undoable:
        buttons.append(undo_button(record))
    label = words.LIST_CSV if record.state in _NEVER_BEGUN else words.RESULTS_CSV
    buttons.append(blocks.button(label, ids.BATCH_CSV, ref))
    return buttons


def decision_buttons(record: BatchRecord, *, suffix: str = "") -> list[blocks.Button]:
    """To decide a batch that waits. `suffix`: keeps their ids distinct from those of others next to it."""
    ref = Ref(record.id, record.revision).encode()
    deny = blocks.button(approvals_words.DENY, f"{ids.BATCH_DENY}{suffix}", ref)
    return [_approve(record, ref, suffix), deny]


def undo_button(record: BatchRecord) -> blocks.Button:
    return blocks.button(words.UNDO, ids.BATCH_UNDO, Ref(record.id, record.revision).encode())


def own_buttons(record: BatchRecord, *, suffix: str = "") -> list[blocks.Button]:
    """For the requester of one that waits. `suffix`: as of `decision_buttons`."""
    title, question = approvals_words.WITHDRAW_TITLE, approvals_words.WITHDRAW_TEXT
    dialog = blocks.confirm(title, question, approvals_words.WITHDRAW, phrases.NOT_NOW)
    ref = Ref(record.id, record.revision).encode()
    return [blocks.button(approvals_words.WITHDRAW, f"{ids.BATCH_WITHDRAW}{suffix}", ref, confirm=dialog)]


def _approve(record: BatchRecord, ref: str, suffix: str) -> blocks.Button:
    dialog = None
    demanded = list(_demanded(record))
    if demanded or record.env == links.LIVE:
        text_shown = "\n".join([*demanded, words.APPROVE_TEXT])
        dialog = blocks.confirm(
            words.APPROVE_TITLE,
            text_shown,
            approvals_words.APPROVE,
            phrases.NOT_NOW,
            danger=bool(demanded),
        )
    return blocks.button(
        approvals_words.APPROVE, f"{ids.BATCH_APPROVE}{suffix}", ref, primary=True, confirm=dialog
    )


def _demanded(record: BatchRecord) -> Iterator[str]:
    """What each kind of its lines has every approver confirm."""
    lines = Counter[str]()
    for total in record.totals:
        lines[total.kind] += total.lines
    for kind_id, number in lines.items():
        kind = registry.kind(kind_id)
        if kind.confirm_approval is not None:
            yield words.to_confirm(kind.heading, number, kind.confirm_approval.text)
