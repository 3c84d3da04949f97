"""What a form is drawn from, and the result of a submission."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

from pydantic import AwareDatetime, Field

from bot.access.presets import Preset
from bot.changes.lines import Line
from bot.changes.model import ChangeInput, Facts, Judgement, Snapshot
from bot.changes.notes import Note
from bot.kit import text
from bot.kit.card import Block
from bot.kit.carried import Carried, ChannelId
from bot.kit.form_values import Values

MOST_METADATA = 3000


class Meta(Carried):
    """What a form remembers in its private_metadata. Nothing that the form itself does not show."""

    kind: str = Field(alias="k")
    customer: str = Field(alias="c")
    """The customer's id."""
    submission: str = Field(alias="s")
    """Made when the form was opened, so that submitting it twice is one change."""
    channel: ChannelId = Field(default="", alias="h")
    """The channel in which the requester is told about the change."""
    feature: str = Field(default="", alias="f")
    """Of a balance: the one to begin with, then the one that is drawn."""
    entity: str = Field(default="", alias="e")
    """The entity that the change is limited to; empty for the whole customer."""
    row: str = Field(default="", alias="r")
    """The row of that feature when there is but one; when opened, the one to begin with."""
    reason_required: bool = Field(default=True, alias="q")
    created: AwareDatetime | None = Field(default=None, alias="n")
    """When the customer that the form shows was created."""
    typed: str = Field(default="", alias="t")
    """The short form it was opened with, until the customer is known."""
    filled: int = Field(default=0, alias="z")
    """How often a preset has filled the form in. Slack keeps what is typed in a block with the same id, so
    the blocks get new ids each time."""
    edits: str = Field(default="", alias="g")
    """The request that is edited, as a `Ref`; empty for a new one."""
    taken_up: bool = Field(default=False, alias="p")
    """Whether someone else filled it in and passed it on. Everyone who opens it has the same `submission`."""
    asks_others: bool = Field(default=False, alias="o")
    """Whether submitting it only asks those who may request it."""
    shown: Mapping[str, str] = Field(default_factory=dict, alias="d")
    """Of details: a hash of what each field showed, to tell what was altered."""
    seen: Snapshot | None = Field(default=None, alias="b")
    """The facts that were previewed; None if there were none yet, or if they are too long to keep."""

    @property
    def form(self) -> str:
        """The key under which the facts it was drawn from are cached."""
        return f"{self.submission} {self.entity}" if self.entity else self.submission

    @property
    def single(self) -> bool:
        """Whether it can only be submitted: it is neither passed on nor added to a list. Otherwise several
        requests could come of it."""
        return bool(self.edits) or self.taken_up

    @property
    def fits(self) -> bool:
        """Whether Slack can carry it: not with an id of thousands of characters."""
        return text.length(self.encode()) <= MOST_METADATA


@dataclass(frozen=True, slots=True)
class FormPreview:
    """What the change would do as it is filled in now."""

    lines: tuple[Line, ...] = ()
    refusals: tuple[Note, ...] = ()
    warnings: tuple[Note, ...] = ()
    before: Snapshot | None = None
    """The facts that it is previewed from."""
    needed: int | None = None
    """Approvals; 0: applied right away; None: unknown."""
    barred: str = ""
    """Why the policy does not let this person request it, in words (mrkdwn); empty if it does."""
    others: str = ""
    """Who may request what is barred, in mrkdwn; empty if it is not the policy that bars it."""
    limits: Sequence[str] = ()
    """The policy's limits because of which it needs approval, in words (mrkdwn)."""

    @classmethod
    def of(
        cls,
        judged: Judgement,
        lines: tuple[Line, ...] = (),
        before: Snapshot | None = None,
        *,
        needed: int | None = None,
        barred: str = "",
    ) -> Self:
        return cls(lines, judged.refusals, judged.warnings, before, needed, barred)


@dataclass(frozen=True, slots=True)
class FormState:
    meta: Meta
    facts: Facts
    values: Values = field(default_factory=dict)
    """As they came with the click or the submission; empty when the form is opened."""
    sight: FormPreview | None = None
    """None while too little is filled in."""
    trouble: str = ""
    """Why a submission was not accepted, or what is still to be picked, in Maple's own words (mrkdwn)."""
    presets: Sequence["PresetOffer"] = ()
    opening: bool = False
    """Whether it is drawn for the first time."""


@dataclass(frozen=True, slots=True)
class PresetOffer:
    preset: Preset
    again: datetime | None = None
    """Until then the customer does not get it again; None: it can be picked."""


@dataclass(frozen=True, slots=True)
class FormContent:
    """What a kind of change puts into its form; the frame around it is the same for all."""

    meta: Meta
    before: Sequence[Block] = ()
    """What the customer has now."""
    fields: Sequence[Block] = ()
    after: Sequence[Block] = ()
    """Fields that need no answer or have one, below the preview."""
    problem: str = ""
    """The problem with what is typed, in plain text; shown instead of the preview."""
    closed: str = ""
    """Why there is nothing to fill in, in mrkdwn; if set, nothing else is shown."""


@dataclass(frozen=True, slots=True)
class Parsed:
    input: ChangeInput | None = None
    """None when `errors` says why."""
    reason: str = ""
    ticket: str = ""
    """A web address, or empty."""
    seen: Snapshot | None = None
    """The facts that the form showed, as `Meta.seen`."""
    errors: Mapping[str, str] = field(default_factory=dict)
    """The errors in plain words, by block_id: as Slack expects them in answer to a submission."""
