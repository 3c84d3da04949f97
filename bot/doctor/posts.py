"""What digests and alerts rest on: channels that can be posted to, and Autumn's webhooks."""

from collections.abc import Iterator

from slack_sdk.web.async_client import AsyncWebClient

from bot.access.policy_file import PolicyError, load
from bot.access.post_targets import pause_for
from bot.alerts import repository as alerts_repository
from bot.alerts.webhooks import PATH
from bot.changes import registry as kinds
from bot.digests import repository as digests_repository
from bot.digests.model import Digest
from bot.doctor.finding import Finding, Report, stored
from bot.settings import Settings
from bot.slack.channels import Channel, ChannelProblem, Channels

_MEND_ALERTS = "Mend that, then resume what is paused: /autumn alerts there."
_PROBLEMS = {
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
        # That is reported elsewhere.
        return
    digests: dict[str, list[Digest]] = {}
    active = await stored(
        settings, lambda database: digests_repository.active(database, settings.environment)
    )
    for digest in active:
        if digest.personal:
            # Whether the person may use Maple is found out, and told, when it is next due.
            continue
        digests.setdefault(digest.channel, []).append(digest)
    good = 0
    for name, channel_digests in digests.items():
        findings = list(_of_channel(name, await channels.check(name), channel_digests))
        good += not findings
        for finding in findings:
            report(finding)
    if good:
        report(Finding(f"Digests: can be posted ({good} {'channel' if good == 1 else 'channels'})", True))


def _of_channel(name: str, channel: Channel, digests: list[Digest]) -> Iterator[Finding]:
    if channel.problem is not None:
        problem, mend = _PROBLEMS[channel.problem]
        yield Finding(f"Digests: none can be posted to {name}: {problem}", False, mend)
    elif not channel.private and any(digest.private for digest in digests):
        yield Finding(
            f"Digests: {name} was private when one was set up, and is not any more",
            False,
            "It pauses when it is next due. If everyone may read it, resume it: /autumn digest there.",
        )


async def examine_alerts(settings: Settings, slack: AsyncWebClient, report: Report) -> None:
    """A finding about the webhooks, and one for each channel whose alerts cannot be posted."""
    if settings.autumn_webhook_secret is None:
        sentence = "AUTUMN_WEBHOOK_SECRET is not set, so only past due subscriptions are found, once an hour"
    else:
        sentence = f"Autumn's webhooks are taken at {PATH}"
    report(Finding(f"Alerts: {sentence}", True))
    try:
        shared = load(settings.maple_policy, kinds.policy_kinds()).digests.shared_channels
    except PolicyError:
        # That is reported elsewhere.
        return
    subscriptions = await stored(
        settings, lambda database: alerts_repository.active(database, settings.environment)
    )
    channels = Channels(slack, shared)
    private = {
        subscription.channel: subscription.private
        for subscription in subscriptions
        if not subscription.personal
    }
    for name, was_private in private.items():
        channel = await channels.check(name)
        if channel.problem is not None:
            problem, _ = _PROBLEMS[channel.problem]
            report(Finding(f"Alerts: none can be posted to {name}: {problem}", False, _MEND_ALERTS))
        elif pause_for(channel, was_private=was_private) is not None:
            problem = "it was private when they were set up, and is not any more"
            report(Finding(f"Alerts: none can be posted to {name}: {problem}", False, _MEND_ALERTS))
