"""A channel where approvals are asked for: what stands against showing a customer's figures there."""

from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.errors import SLACK_ERRORS, slack_reason

_NOT_THERE = frozenset({"channel_not_found", "missing_scope"})


async def problem(slack: AsyncWebClient, channel_id: str) -> str | None:
    """The name of a result that says why not; None when it is fit. In doubt it is not.

    `channel_id`: empty for none.
    """
    if not channel_id:
        return "no_channel"
    try:
        answer = await slack.conversations_info(channel=channel_id)
    except SLACK_ERRORS as error:
        return "channel_out" if slack_reason(error) in _NOT_THERE else "channel_unchecked"
    channel = answer["channel"]
    if channel.get("is_ext_shared") or channel.get("is_pending_ext_shared"):
        return "channel_shared"
    if not channel.get("is_member") or channel.get("is_archived"):
        return "channel_out"
    return None
