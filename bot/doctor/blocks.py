"""Whether this workspace takes what Maple draws: Slack checks a sample of every kind of card and form.

Nothing is posted.
"""

from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.doctor.finding import NOT_SLACK, Finding, Report
from bot.doctor.samples import Sample, samples
from bot.kit.card import Block
from bot.slack.client import NotSlack
from bot.slack.errors import SLACK_ERRORS

_REFUSED = "invalid_blocks"
_MOST_TOLD = 2
_MEND_PLAIN = "It is posted in the plain form, with the same facts, until Slack takes it. Update Maple."
_MEND = "It cannot be shown here. Update Maple; if that does not help, report it with this line."


class _Unanswered(Exception):
    """Slack did not say whether it takes them."""


async def examine_blocks(slack: AsyncWebClient, report: Report) -> None:
    """A finding for each kind that Slack refuses, and one for all the others together."""
    checked = 0
    try:
        for sample in samples():
            finding = await _examined(slack, sample)
            if finding is None:
                checked += 1
            else:
                report(finding)
    except _Unanswered as why:
        # Nothing hangs on it: a card that is refused when it is posted goes out in its plain form.
        report(Finding(f"Slack: not all cards and forms could be checked ({why})", True))
        return
    report(Finding(f"Slack: takes Maple's cards and forms ({checked} kinds checked)", True))


async def _examined(slack: AsyncWebClient, sample: Sample) -> Finding | None:
    """None when Slack takes it."""
    if sample.view is not None:
        wrong = await _wrong(slack, view=sample.view)
        return Finding(f"Slack: refuses the {sample.name}: {wrong}", False, _MEND) if wrong else None
    assert sample.card is not None  # noqa: S101 - a sample is one or the other
    card = sample.card
    if wrong := await _wrong(slack, message=_message(card.plain)):
        return Finding(f"Slack: refuses the card {sample.name}: {wrong}", False, _MEND)
    if card.blocks != card.plain and (wrong := await _wrong(slack, message=_message(card.blocks))):
        return Finding(f"Slack: refuses the rich form of the card {sample.name}: {wrong}", False, _MEND_PLAIN)
    return None


def _message(blocks: tuple[Block, ...]) -> dict[str, Any]:
    return {"blocks": list(blocks)}


async def _wrong(slack: AsyncWebClient, **candidate: dict[str, Any]) -> str:
    """What Slack has against it; empty when nothing. Raises _Unanswered."""
    try:
        response = await slack.api_call("blocks.validate", json=candidate)
    except SlackApiError as error:
        response = error.response
    except SLACK_ERRORS as error:
        raise _Unanswered(NOT_SLACK if isinstance(error, NotSlack) else "no answer") from None
    answer = response.data if isinstance(response, AsyncSlackResponse) else None
    if not answer or not isinstance(answer, dict):
        raise _Unanswered(NOT_SLACK)
    # Slack may list what is wrong in an answer that is fine otherwise.
    errors = answer.get("errors") or []
    if errors or answer.get("error") == _REFUSED:
        places = (
            f"{error.get('code')} at {error.get('pointer') or '/'}: {error.get('message')}"
            for error in errors[:_MOST_TOLD]
            if isinstance(error, dict)
        )
        return "; ".join(places) or _REFUSED
    if not answer.get("ok"):
        raise _Unanswered(str(answer.get("error")))
    return ""
