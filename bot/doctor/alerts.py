"""What alerts rest on: Autumn's webhooks, and channels that can be posted to."""

from slack_sdk.web.async_client import AsyncWebClient

from bot.access.policy_file import PolicyError, load
from bot.access.post_targets import pause_for
from bot.alerts import repository
from bot.alerts.webhooks import PATH
from bot.changes import registry as kinds
from bot.doctor.digests import PROBLEMS
from bot.doctor.finding import Finding, Report
from bot.doctor.stored import stored
from bot.settings import Settings
from bot.slack.channels import Channels

_MEND = "Mend that, then resume what is paused: /autumn alerts there."


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
        # That is a finding of its own.
        return
    subscriptions = await stored(settings, lambda database: repository.active(database, settings.environment))
    channels = Channels(slack, shared)
    private = {
        subscription.channel: subscription.private
        for subscription in subscriptions
        if not subscription.personal
    }
    for name, was_private in private.items():
        channel = await channels.look(name)
        if channel.problem is not None:
            what, _ = PROBLEMS[channel.problem]
            report(Finding(f"Alerts: none can be posted to {name}: {what}", False, _MEND))
        elif pause_for(channel, was_private=was_private) is not None:
            what = "it was private when they were set up, and is not any more"
            report(Finding(f"Alerts: none can be posted to {name}: {what}", False, _MEND))
