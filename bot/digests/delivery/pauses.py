"""Why a digest cannot go on in its channel."""

from bot.digests.model import Pause
from bot.slack.channels import Channel, ChannelProblem

REFUSALS = {
    "not_in_channel": Pause.REMOVED,
    "channel_not_found": Pause.REMOVED,
    "is_archived": Pause.ARCHIVED,
    "restricted_action": Pause.RESTRICTED,
    "restricted_action_read_only_channel": Pause.RESTRICTED,
    "restricted_action_thread_only_channel": Pause.RESTRICTED,
    "restricted_action_non_threadable_channel": Pause.RESTRICTED,
}
"""Slack's refusals that will be the same tomorrow."""

_PROBLEMS = {
    ChannelProblem.DIRECT: Pause.REMOVED,
    ChannelProblem.OUT: Pause.REMOVED,
    ChannelProblem.ARCHIVED: Pause.ARCHIVED,
    ChannelProblem.SHARED: Pause.SHARED,
}


def pause_for(channel: Channel, *, was_private: bool) -> Pause | None:
    """Why a digest set up there cannot go on; None if it can, or if that is not known."""
    if channel.problem is not None:
        return _PROBLEMS.get(channel.problem)
    return Pause.PUBLIC if was_private and not channel.private else None
