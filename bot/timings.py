"""How long things may take, in seconds. Given to Maple as one value so that tests can shorten it."""

from dataclasses import dataclass, field

from bot.alerts.posting import AlertTimeouts
from bot.approvals.preview import ChangeTimeouts
from bot.autumn.retry_policy import RetryPolicy
from bot.autumn.throttle import Limits
from bot.batches.running import BatchTimeouts
from bot.digests.process import DigestTimeouts
from bot.slack.connections import HttpLimits
from bot.slack.socket import SocketPace


@dataclass(frozen=True, slots=True)
class Timeouts:
    asking_after: float = 2.0
    """After this, Maple posts a loading note before the answer."""
    options: float = 2.5
    """A select's options must be with Slack within 3 s; past this the list is empty."""
    typeahead: float = 0.15
    """For Autumn's customers while someone types; past it the select offers what is known."""
    pasted: float = 2.2
    """The same for a pasted link or Stripe id, after which nobody types another letter; less than
    `options`."""
    trigger: float = 1.5
    """What may be spent before a modal is opened: its trigger lives for 3 s."""
    person: float = 60.0
    """How long what Slack said about a person is believed."""
    new_blocks: float = 3600.0
    """How long the plain form is sent after a workspace refused the newer blocks."""
    slack: float = 10.0
    """One call of Slack's Web API."""
    limited: float = 3.0
    """The longest Retry-After of Slack's that is waited for: someone may be waiting for the answer."""
    standing: float = 5.0
    """For Slack to say who someone is, or who is in the user groups; past that it is not known."""
    telling: float = 25.0
    """For showing one step of a change in Slack; past that the sweeper comes back to it."""
    stuck: float = 300.0
    """A background part that makes no progress for this long is stuck."""
    token: float = 60.0
    """Between checks that Slack still accepts the token."""
    store: float = 5.0
    """For SQLite's lock, or for a connection to PostgreSQL; after that the database counts as unreachable."""
    drain: float = 25.0
    """How long acknowledged work may take to finish once the bot is told to stop."""
    retry_start: float = 2.0
    """Between attempts to reach Slack at startup."""
    autumn: RetryPolicy = field(default_factory=RetryPolicy)
    """How long Autumn is waited for."""
    limits: Limits = field(default_factory=Limits)
    """How often Autumn is asked."""
    http: HttpLimits = field(default_factory=HttpLimits)
    """What one peer of the HTTP side may cost."""
    socket: SocketPace = field(default_factory=SocketPace)
    """How Socket Mode's connection is kept."""
    changes: ChangeTimeouts = field(default_factory=ChangeTimeouts)
    batches: BatchTimeouts = field(default_factory=BatchTimeouts)
    digests: DigestTimeouts = field(default_factory=DigestTimeouts)
    alerts: AlertTimeouts = field(default_factory=AlertTimeouts)
