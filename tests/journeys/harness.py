"""Changes requested in their forms without Slack and without the bot.

Ana fills in the same forms by the same labels, and the same change service reads, judges and applies them,
between a local Autumn and a database. How Slack brings a form to the service and a card to people is the same
for every kind of change; journeys through the real bot show it.
"""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import uuid4

from pydantic import SecretStr

from bot.approvals import card as approvals_card
from bot.approvals import words as approvals_words
from bot.approvals.card import Audience
from bot.approvals.lifecycle import Cause, ChangeEvent, Record
from bot.approvals.names import CustomerNames
from bot.approvals.requests import Outcome
from bot.approvals.results import Result
from bot.approvals.service import ChangeService, Surroundings
from bot.autumn.client import Autumn
from bot.autumn.models import Environment
from bot.changes import notes, registry, request_form
from bot.changes.forms import scope
from bot.changes.forms.model import FormPreview, FormState, Meta
from bot.changes.model import Facts
from bot.kit import ids
from bot.runtime import Runtime, no_checkpoint
from bot.store.database import Database
from handlers import submissions
from handlers.interaction import Interaction, InteractionKind
from handlers.listener import Invalid
from sandbox.autumn import LocalAutumn, LocalLimits
from sandbox.slack import elements
from sandbox.slack.clock import SlackClock
from sandbox.slack.manifest import Manifest
from sandbox.slack.model import Block, Json
from sandbox.slack.render import BlockReader
from sandbox.slack.screen import same_words, single_spaced
from sandbox.slack.submit import invalid_inputs
from sandbox.slack.views import View
from sandbox.slack.workspace import Workspace
from tests.approvals.harness import ANA, LEA, Permissions, approvals_channel
from tests.autumn.scripted import UNLIMITED
from tests.changes.filling import modal
from tests.databases import fresh
from tests.kit import checks
from tests.running import APPROVALS, MANIFEST, QUICK_PACE, Clock
from tests.screen import on_screen

_CHOSEN = elements.SELECTS | elements.PICKERS


@cache
def _reader() -> BlockReader:
    workspace = Workspace(Manifest.read(MANIFEST), SlackClock())
    return BlockReader(workspace, workspace.user("ana"))


class FormFiller:
    """Ana, who sees only the form she has open."""

    def __init__(self, service: ChangeService, autumn: Autumn) -> None:
        self._service = service
        self._autumn = autumn
        self._facts: Facts | None = None
        self._view = _empty()
        self.outcome: Outcome | None = None
        """The outcome of her last submission, unless the form rejected it."""

    @property
    def screen(self) -> str:
        return _reader().view(self._view)

    async def command(self, line: str) -> None:
        """`/autumn`, the command of a kind, and the customer's id."""
        _, command, customer = line.split(" ", 2)
        (kind,) = (kind for kind in registry.KINDS if kind.command == command)
        self._facts = await self._service.read_facts(kind.id, customer)
        self._view = _empty()
        meta = Meta(kind=kind.id, customer=customer, submission=uuid4().hex, reason_required=False)
        await self._draw(meta, {}, opening=True)

    async def sees(self, text: str) -> str:
        screen = self.screen
        assert single_spaced(text) in single_spaced(screen), f"{text!r} is not in the form:\n{screen}"
        return screen

    async def choose(self, label: str, option: str) -> None:
        """An option by its label, or a time in seconds."""
        block, element = self._field(label, _CHOSEN)
        kind = element["type"]
        if kind in elements.PICKERS:
            entered: Json = {kind.removesuffix("picker"): int(option)}
        else:
            picked = await self._option(element, option)
            entered = {"options": [picked]} if kind in elements.MANY else {"option": picked}
        await self._enter(block, element, entered)

    async def fill(self, label: str, text: str) -> None:
        await self._enter(*self._field(label, elements.TYPED), {"text": text})

    async def submit(self) -> None:
        self.outcome = None
        self._view.errors = invalid_inputs(self._view)
        if self._view.errors:
            return
        form = submissions.parse(
            Interaction(InteractionKind.VIEW, ANA, state=self._values, metadata=self._metadata)
        )
        if isinstance(form, Invalid):
            self._view.errors = dict(form.errors)
            return
        self.outcome = await self._service.submit(form.request)

    @property
    def _metadata(self) -> str:
        return str(self._view.body["private_metadata"])

    @property
    def _values(self) -> Json:
        return elements.values(self._view.blocks, self._view.chosen)

    def _field(self, label: str, kinds: frozenset[str]) -> tuple[Block, Json]:
        fields = [
            (words, block, element)
            for block, element in elements.each(self._view.blocks)
            if element["type"] in kinds
            for words in _labels(block, element)
        ]
        exact = [field for field in fields if same_words(field[0], label)]
        loose = [field for field in fields if label.lower() in field[0].lower()]
        assert exact or loose, f"no field {label!r} in the form:\n{self.screen}"
        _, block, element = (exact or loose)[0]
        return block, element

    async def _option(self, element: Json, label: str) -> Json | str:
        external = "external" in element["type"]
        offered = await self._suggested(element, label) if external else elements.options_of(element)
        labelled = [(_reader().text(option["text"]), option) for option in offered]
        exact = [option for words, option in labelled if same_words(words, label)]
        loose = [option for words, option in labelled if label.lower() in single_spaced(words).lower()]
        assert exact or loose, f"no option {label!r} among {[words for words, _ in labelled]}"
        option = (exact or loose)[0]
        return option if external else str(option["value"])

    async def _suggested(self, element: Json, typed: str) -> list[Json]:
        """What Maple answers when something is typed into an external select."""
        assert self._facts is not None
        meta, action = Meta.decode(self._metadata), element["action_id"]
        if action == ids.FORM_ENTITY:
            return scope.entity_options((await self._autumn.entities(meta.customer, search=typed)).list)
        return request_form.options(meta, action, self._facts, typed)

    async def _enter(self, block: Block, element: Json, entered: Json) -> None:
        kind = element["type"]
        value = {"type": kind, elements.STATEFUL[kind][0]: elements.value_from(element, entered)}
        self._view.chosen.setdefault(block["block_id"], {})[element["action_id"]] = value
        if block["type"] != "input" or block.get("dispatch_action"):
            before = Meta.decode(self._metadata)
            meta, values = request_form.scoped(before, self._values)
            if meta.entity != before.entity:
                self._facts = await self._service.read_facts(meta.kind, meta.customer, meta.entity)
            await self._draw(meta, values)

    async def _draw(self, meta: Meta, values: Mapping[str, Any], *, opening: bool = False) -> None:
        assert self._facts is not None
        request = request_form.draft(meta, values, self._facts)
        preview = None
        if request is not None:
            assessment = await self._service.assess_on(request, self._facts, ANA)
            preview = FormPreview.of(assessment.judgement)
            if change_preview := assessment.preview:
                needed = (await self._service.may_request(assessment, ANA)).approvals
                preview = FormPreview.of(
                    assessment.judgement, change_preview.lines, change_preview.before, needed=needed
                )
        state = FormState(meta, self._facts, values, preview, opening=opening)
        self._view.body = modal(request_form.build(state))
        self._view.errors = {}


def _labels(block: Block, element: Json) -> Iterator[str]:
    if block["type"] == "input":
        yield _reader().text(block["label"])
    elif element.get("placeholder"):
        yield _reader().text(element["placeholder"])


def _empty() -> View:
    return View("V1", ANA.user, {"blocks": []}, "", "V1")


@dataclass(frozen=True, slots=True)
class FormHarness:
    """Everyone may do everything, with one approval unless `permissions` says otherwise."""

    autumn: LocalAutumn
    client: Autumn
    changes: ChangeService
    ana: FormFiller
    clock: Clock
    permissions: Permissions

    async def waiting(self) -> Record:
        """The only change that waits."""
        (record,) = await self.changes.waiting()
        return record

    async def approve(self, record: Record | None = None) -> Outcome:
        """Lea approves this change, by default the only one that waits."""
        record = record or await self.waiting()
        return await self.changes.approve(record.id, record.version, LEA)

    async def undo(self, record: Record) -> Outcome:
        """Ana requests the undo of an applied change."""
        return await self.changes.undo(record.id, uuid4().hex, ANA, reason="The wrong customer")

    async def card(self, record: Record) -> str:
        """The card's text as approvers read it."""
        names = await self.changes.names.of(record)
        card = approvals_card.change_card(
            record,
            audience=Audience.APPROVER,
            now=self.clock.now(),
            name=names.customer,
            names=names.names,
        )
        checks.message(list(card.blocks))
        for element in checks.elements(card.blocks):
            if element["text"]["text"] == approvals_words.APPROVE:
                assert ("confirm" in element) is (record.kind in ("refund", "deletion"))
        return on_screen(checks.read(card.blocks))


def applied_record(outcome: Outcome | None) -> Record:
    """The record of a change that was applied right away, and read back."""
    assert outcome is not None
    assert outcome.result is Result.DONE, outcome.result
    assert outcome.record is not None
    assert outcome.record.ending is Cause.DONE
    return outcome.record


def refusal(outcome: Outcome | None) -> str:
    """Why the guards refused a request."""
    assert outcome is not None
    assert outcome.result is Result.REFUSED, outcome.result
    assert outcome.assessment is not None
    return "\n".join(notes.plain(note) for note in outcome.assessment.judgement.refusals)


@asynccontextmanager
async def form_harness(*, at_once: bool = False) -> AsyncIterator[FormHarness]:
    """`at_once`: changes need no approval."""

    async def notify(_record: Record, _event: ChangeEvent) -> None:
        pass

    async with LocalAutumn.running(seed="demo", limits=LocalLimits.off()) as local:
        autumn = Autumn(key=SecretStr(local.key), url=local.url, limits=UNLIMITED)
        database = Database(fresh("sqlite"))
        clock = Clock()
        permissions = Permissions(needed=0 if at_once else 1)
        service = ChangeService(
            Runtime(database, autumn, Environment.SANDBOX, clock.now, no_checkpoint),
            Surroundings(permissions, notify, approvals_channel(APPROVALS), CustomerNames(autumn)),
            QUICK_PACE,
        )
        try:
            yield FormHarness(local, autumn, service, FormFiller(service, autumn), clock, permissions)
        finally:
            await autumn.aclose()
            await database.aclose()
