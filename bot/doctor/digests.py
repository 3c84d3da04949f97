"""What digests rest on: that their channels can be posted to."""

from collections.abc import Iterator
from pathlib import Path

from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy.exc import SQLAlchemyError

from bot.access.policy_file import PolicyError, load
from bot.changes import registry as kinds
from bot.digests import repository
from bot.digests.model import Digest
from bot.doctor.finding import Finding, Report
from bot.settings import Settings
from bot.slack.channels import Channel, ChannelProblem, Channels
from bot.store.database import Database, database_url

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
        # That is a finding of its own.
        return
    digests: dict[str, list[Digest]] = {}
    for digest in await _active(settings):
        digests.setdefault(digest.channel, []).append(digest)
    good = 0
    for name, channel_digests in digests.items():
        findings = list(_of(name, await channels.look(name), channel_digests))
        good += not findings
        for finding in findings:
            report(finding)
    if good:
        report(Finding(f"Digests: can be posted ({good} {'channel' if good == 1 else 'channels'})", True))


async def _active(settings: Settings) -> list[Digest]:
    url = settings.database_url.get_secret_value()
    target = database_url(url)
    if target.drivername.startswith("sqlite") and not _there(target.database):
        # To open it would be to make it.
        return []
    database = Database(url)
    try:
        return await repository.active(database, settings.environment)
    except (SQLAlchemyError, OSError):
        # Not made yet, or it cannot be reached: which is a finding of its own.
        return []
    finally:
        await database.aclose()


def _there(file: str | None) -> bool:
    return Path(file or "").exists()


def _of(name: str, channel: Channel, digests: list[Digest]) -> Iterator[Finding]:
    if channel.problem is not None:
        what, mend = _PROBLEMS[channel.problem]
        yield Finding(f"Digests: none can be posted to {name}: {what}", False, mend)
    elif not channel.private and any(digest.private for digest in digests):
        yield Finding(
            f"Digests: {name} was private when one was set up, and is not any more",
            False,
            "It pauses when it is next due. If everyone may read it, resume it: /autumn digest there.",
        )
