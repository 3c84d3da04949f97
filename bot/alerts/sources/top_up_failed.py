"""Units could not be bought automatically when a balance fell below its threshold."""

from collections.abc import Iterator

from bot.alerts.model import Occurrence
from bot.alerts.sources.source import (
    AlertSource,
    Data,
    EventNames,
    a_number,
    a_part,
    a_text,
    about,
    quantity,
    spoken,
)
from bot.kit import text


def _read(data: Data) -> Iterator[Occurrence]:
    facts = {
        "reason": a_text(data, "reason"),
        "error": a_text(a_part(data, "error"), "message"),
        "quantity": a_number(data, "quantity"),
        "balance": a_number(data, "balance"),
    }
    return about(data, facts=facts)


def _tell(occurrence: Occurrence, names: EventNames) -> str:
    facts = occurrence.facts
    bought, balance = facts.get("quantity"), facts.get("balance")
    units = f"{quantity(bought)} units" if bought is not None else "Units"
    reason = spoken(str(facts.get("reason") or "")) or "Autumn gave no reason"
    error = text.mrkdwn(str(facts.get("error") or ""), 200)
    lines = [
        f"{names.feature(occurrence.feature)}: {units} could not be bought automatically: {reason}.",
        error,
        f"{quantity(balance)} left." if balance is not None else "",
    ]
    return "\n".join(line for line in lines if line)


SOURCE = AlertSource(
    key="top_up_failed",
    title="Auto top-up failed",
    hint="Units could not be bought automatically for a balance that runs low",
    emoji=":credit_card:",
    message="billing.auto_topup_failed",
    read=_read,
    tell=_tell,
    offers_allowance=True,
)
