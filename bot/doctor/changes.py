"""What changes rest on: the policy, its groups, the channel for approvals, and the database."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import assert_never

from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from bot.access.groups import Groups
from bot.access.policy_file import PolicyError, load
from bot.access.rules import Policy, Power
from bot.changes import registry as kinds
from bot.doctor.finding import Finding, Report
from bot.settings import Settings
from bot.slack.channels import ChannelProblem, Channels
from bot.store.database import Database, database_url


async def examine_policy(settings: Settings, slack: AsyncWebClient | None, report: Report) -> None:
    """`slack`: None if Slack does not let Maple in, so that nothing can be looked up there."""
    try:
        policy = load(settings.maple_policy, kinds.policy_kinds())
    except PolicyError as error:
        report(Finding("Policy: cannot be used", False, str(error).replace("\n", "\n  ")))
        return
    report(_policy(settings.maple_policy, policy))
    for finding in _dead_ends(policy):
        report(finding)
    if slack is not None and policy.named_groups:
        report(await _groups(slack, policy))


async def examine_channel(settings: Settings, slack: AsyncWebClient) -> Finding:
    channel_id = settings.maple_approvals_channel
    if channel_id is None:
        return Finding(
            "Approvals: MAPLE_APPROVALS_CHANNEL is not set, so changes that need approval are refused", True
        )
    state = await Channels(slack).check(channel_id, anew=True)
    name = f"the channel #{state.name}" if state.name else f"the channel {channel_id}"
    if state.error:
        return Finding(f"Approvals: {name} cannot be seen ({state.error})", False, _MEND_CHANNEL)
    match state.problem:
        case None:
            return Finding(f"Approvals: go to {name}", True)
        case ChannelProblem.SHARED:
            return Finding(
                f"Approvals: {name} is shared with another company",
                False,
                "Customers' data is not posted there. Set MAPLE_APPROVALS_CHANNEL to a channel of your own.",
            )
        case ChannelProblem.ARCHIVED:
            return Finding(f"Approvals: {name} is archived", False, _MEND_CHANNEL)
        case ChannelProblem.OUT:
            return Finding(f"Approvals: Maple is not in {name}", False, "Type /invite @Maple there.")
        case ChannelProblem.DIRECT | ChannelProblem.UNCHECKED:
            return Finding(f"Approvals: {name} is not a channel", False, _MEND_CHANNEL)
        case _:
            assert_never(state.problem)


async def examine_database(settings: Settings) -> Finding:
    url = settings.database_url.get_secret_value()
    target = database_url(url)
    sqlite = target.drivername.startswith("sqlite")
    if sqlite and (unmade := _unmade(Path(target.database or ""))):
        return unmade
    database = Database(url)
    try:
        async with database.reading() as connection:
            await connection.execute(text("SELECT 1"))
    except (SQLAlchemyError, OSError) as error:
        return Finding(
            f"Database: cannot be used ({type(getattr(error, 'orig', error)).__name__})",
            False,
            "Check DATABASE_URL: host, name, user and password; or the file, and that Maple may write to it.",
        )
    finally:
        await database.aclose()
    return Finding(f"Database: can be reached ({'SQLite' if sqlite else 'PostgreSQL'})", True)


def _unmade(file: Path) -> Finding | None:
    """A file that is not there yet: to open it would be to make it."""
    directory = file.absolute().parent
    if file.exists():
        return None
    if os.access(directory, os.W_OK):
        return Finding("Database: will be made at the first start (SQLite)", True)
    return Finding(
        "Database: cannot be made (SQLite)",
        False,
        f"Make the directory {directory} and let Maple write to it, or set DATABASE_URL.",
    )


def _policy(path: Path | None, policy: Policy) -> Finding:
    if path is None:
        return Finding("Policy: the built-in one, as MAPLE_POLICY is not set", True)
    count = len(policy.allow) + len(policy.deny) + len(policy.require)
    return Finding(f"Policy: {path} is good ({count} {'rule' if count == 1 else 'rules'})", True)


def _dead_ends(policy: Policy) -> Iterator[Finding]:
    granted = frozenset().union(*(rule.may for rule in policy.allow))
    if Power.ASK not in granted:
        yield Finding(
            "Policy: nobody may ask for a change", False, 'Give someone may = ["ask"] in an [[allow]].'
        )
    elif Power.APPROVE not in granted:
        yield Finding(
            "Policy: nobody may approve, so what is not applied right away waits until it expires",
            False,
            'Give someone may = ["approve"] in an [[allow]].',
        )


async def _groups(slack: AsyncWebClient, policy: Policy) -> Finding:
    missing = await Groups(slack).missing(policy.named_groups)
    if missing is None:
        return Finding(
            "Policy: Slack does not tell who is in its user groups",
            False,
            "Add the scope usergroups:read under OAuth & Permissions, and install the app again.",
        )
    if missing:
        return Finding(
            f"Policy: Slack has no such user group: {', '.join(sorted(missing))}",
            False,
            "Correct the handle or the id in the policy. Until then nobody counts as one of them where it "
            "allows, and everybody where it denies or requires.",
        )
    return Finding(
        f"Policy: Slack has the user groups it names ({', '.join(sorted(policy.named_groups))})", True
    )


_MEND_CHANNEL = (
    "Set MAPLE_APPROVALS_CHANNEL to a channel's id (it stands at the end of the channel's details), and type "
    "/invite @Maple there."
)
