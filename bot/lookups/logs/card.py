"""The requests to Autumn about the customer, and how it answered.

Nothing of what was sent is shown: it may be personal.
"""

from dataclasses import dataclass
from datetime import datetime

from bot.autumn.errors import AutumnError
from bot.autumn.events import RequestLog
from bot.autumn.models import Customer
from bot.kit import blocks, layout, phrases, text, times
from bot.lookups import frame as parts
from bot.lookups.answers import Read
from bot.lookups.invoices.facts import Unpaid
from bot.lookups.logs import words

FAILED = "failed"
"""The place's status when only refused and failed requests are shown."""
SIZE = 10


@dataclass(frozen=True, slots=True)
class Logs:
    """What is read of a customer's request logs."""

    customer: Customer
    logs: Read[tuple[RequestLog, ...]] | None
    """The newest first; None for a customer's id that Autumn's logs cannot be asked about."""
    more: bool
    """Whether there may be more than were read."""
    read_at: datetime
    unpaid: Read[Unpaid] | None = None


def content(answer: Logs, frame: parts.Frame) -> list[layout.Drawn]:
    back = frame.go(words.BACK_TO_EVENTS, "back", frame.place.go("events"))
    if answer.logs is None:
        return [blocks.section("logs", words.NOT_ASKED), *frame.buttons("back", [back])]
    return [*_listed(answer, frame), *_filters(frame), *frame.buttons("back", [back])]


def _listed(answer: Logs, frame: parts.Frame) -> list[layout.Drawn]:
    listed, failed = answer.logs, frame.place.status == FAILED
    if isinstance(listed, AutumnError):
        return [parts.failed("logs", words.LOGS, listed)]
    if not listed:
        return [blocks.section("logs", words.NONE_FAILED if failed else words.NONE)]
    page = layout.paged(listed, frame.place.page, SIZE)
    title = words.title(len(listed), failed=failed, more=answer.more)
    lines = [_line(log) for log in page.items]
    return [*layout.packed("logs", [title, *lines]), *parts.paging(frame, page, frame.place)]


def _line(log: RequestLog) -> str:
    path = text.code(f"{log.request.method} {log.request.path}".strip(), 120)
    webhook = text.code(log.stripe.event_type, 60)
    facts = [
        f"*{log.status_code}*" if log.failed else str(log.status_code),
        f"{words.WEBHOOK} {webhook}" if webhook else path or phrases.NONE,
        times.moment(log.timestamp, "") if log.timestamp else "",
        text.code(log.context.entity_id, 60),
        text.mrkdwn(log.refusal, 150),
    ]
    return f"• {' · '.join(fact for fact in facts if fact)}"


def _filters(frame: parts.Frame) -> list[layout.Drawn]:
    place = frame.place
    return list(
        frame.buttons(
            "filters",
            [
                frame.go(words.ALL, "all", place.at(status=""), current=place.status != FAILED),
                frame.go(
                    words.ONLY_FAILED, "failed", place.at(status=FAILED), current=place.status == FAILED
                ),
            ],
        )
    )
