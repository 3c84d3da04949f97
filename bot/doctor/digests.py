"""What digests rest on: that their channels can be posted to."""

from collections.abc import Awaitable, Iterator

from slack_sdk.web.async_client import AsyncWebClient

from bot.access.policy_file import PolicyError, load
from bot.changes import registry as kinds
from bot.digests import repository
from bot.digests.model import Digest
from bot.doctor.finding import Finding, Report
from bot.doctor.stored import stored
from bot.settings import Settings
from bot.slack.channels import Channel, ChannelProblem, Channels

PROBLEMS = {
    ChannelProblem.DIRECT: ("it is no channel", "Remove its digests."),
    ChannelProblem.OUT: ("Maple is not in it, or it is gone", "Type /invite @Maple there."),
    ChannelProblem.ARCHIVED: ("it is archived", "Unarchive it, or remove its digests."),
    ChannelProblem.SHARED: (
        "it is shared with another company",
        "Customers' data is not posted there, unless the policy names it: [digests] shared_channels.",
    ),
    ChannelProblem.UNCHECKED: ("Slack does not tell what it is", "Try again in a few minutes."),
}


async def examine_digests(settings: Settings, slack: AsyncWebClient, report: Report) -> None:
    """A finding for each channel whose digests cannot be posted, and one for all the others together."""
    try:
        channels = Channels(slack, load(settings.maple_policy, kinds.policy_kinds()).digests.shared_channels)
    except PolicyError:
        # That is a finding of its own.
        return
    digests: dict[str, list[Digest]] = {}
    for digest in await _active(settings):
        if digest.personal:
            # Whether the person may use Maple is found out, and told, when it is next due.
            continue
        digests.setdefault(digest.channel, []).append(digest)
    good = 0
    for name, channel_digests in digests.items():
        findings = list(_of(name, await channels.look(name), channel_digests))
        good += not findings
        for finding in findings:
            report(finding)
    if good:
        report(Finding(f"Digests: can be posted ({good} {'channel' if good == 1 else 'channels'})", True))


def _active(settings: Settings) -> Awaitable[list[Digest]]:
    return stored(settings, lambda database: repository.active(database, settings.environment))


def _of(name: str, channel: Channel, digests: list[Digest]) -> Iterator[Finding]:
    if channel.problem is not None:
        what, mend = PROBLEMS[channel.problem]
        yield Finding(f"Digests: none can be posted to {name}: {what}", False, mend)
    elif not channel.private and any(digest.private for digest in digests):
        yield Finding(
            f"Digests: {name} was private when one was set up, and is not any more",
            False,
            "It pauses when it is next due. If everyone may read it, resume it: /autumn digest there.",
        )
