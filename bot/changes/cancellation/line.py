"""A cancellation as a line of a list: `acme,pro,,at the end`."""

from dataclasses import dataclass

from bot.changes.billing import line as billing_line
from bot.changes.cancellation import words
from bot.changes.cancellation.input import CancellationInput
from bot.changes.cancellation.words import CancellationAction, Settlement
from bot.changes.line_form import LineForm, LineReader
from bot.changes.model import Facts
from bot.changes.notes import Note

_ACTIONS = {
    (CancellationAction.AT_PERIOD_END, None): ("at the end", "at the end of the period"),
    (CancellationAction.TAKE_BACK, None): ("take back", "take the cancellation back"),
    (CancellationAction.NOW, Settlement.CREDIT): ("now with credit",),
    (CancellationAction.NOW, Settlement.REFUND_UNUSED): ("now with refund of the unused time",),
    (CancellationAction.NOW, Settlement.REFUND_ALL): ("now with refund of the last payment",),
    (CancellationAction.NOW, Settlement.NOTHING): ("now with nothing",),
}


@dataclass(frozen=True, slots=True)
class ListedCancellation:
    product: str
    action: CancellationAction
    settlement: Settlement | None


def read(line: LineReader) -> ListedCancellation:
    line.takes_no_amount()
    action, settlement = line.action(_ACTIONS)
    return ListedCancellation(line.about("product"), action, settlement)


def fill(listed: ListedCancellation, facts: Facts, unique: str) -> CancellationInput | Note:  # noqa: ARG001 - as all kinds
    subscription = billing_line.meant(listed.product, facts)
    if isinstance(subscription, Note):
        return subscription
    return CancellationInput(
        customer=facts.customer.id or "",
        subscription=subscription.id,
        product=subscription.plan_id,
        action=listed.action,
        settlement=listed.settlement,
    )


LINE = LineForm(words.LINE_USAGE, read, fill)
