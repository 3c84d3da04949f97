"""A person at the keyboard, for tests: finds things by the labels that can be read on the screen."""

import asyncio
import re
from collections.abc import Iterator
from dataclasses import dataclass

from sandbox.slack import elements, mrkdwn
from sandbox.slack.acts import Acts, Source
from sandbox.slack.errors import ShownError
from sandbox.slack.feed import Change
from sandbox.slack.model import Block, Channel, Json, Message
from sandbox.slack.render import Reader
from sandbox.slack.views import View
from sandbox.slack.world import World


class NotOnScreen(AssertionError):
    """What a test looked for is not to be seen. The message is the screen."""


@dataclass(frozen=True, slots=True)
class Spot:
    """An interactive element on the screen, with the words a person would call it by."""

    source: Source
    block: Block
    element: Json
    labels: tuple[str, ...]
    option: str | None = None
    """The value, for an entry of an overflow menu."""


class Person:
    def __init__(self, world: World, acts: Acts, handle: str) -> None:
        self._world = world
        self._acts = acts
        self.user = world.workspace.user(handle)
        self.channel: Channel = world.workspace.visible_to(self.user.id)[0]
        self.at_home = False
        self._reader = Reader(world.workspace, self.user)

    @property
    def id(self) -> str:
        return self.user.id

    # Moving about

    def go(self, place: str) -> None:
        """To a channel ("#billing"), or to the direct message with someone ("@maple", "@raj")."""
        self.at_home = False
        if place.startswith("@"):
            self.channel = self._world.workspace.im(self.id, self._world.workspace.user(place).id)
            return
        channel = self._world.workspace.channel(place)
        if channel not in self._world.workspace.visible_to(self.id):
            raise NotOnScreen(f"{self.user.name} cannot see {place}")
        self.channel = channel

    async def open_home(self) -> None:
        self.at_home = True
        await self._acts.open_home(self.user)

    def reload(self) -> None:
        """As a reload of the client: ephemeral messages are gone."""
        self._world.workspace.forget_ephemerals(self.id)

    # Doing

    async def say(self, text: str, *, in_thread_of: str | None = None) -> None:
        thread = self._message(in_thread_of).ts if in_thread_of else None
        await self._acts.say(self.user, self.channel.id, text, thread)

    async def command(self, line: str) -> None:
        """Returns after the acknowledgement. A failure is not raised: it can be read on the screen."""
        await self._try(self._acts.command(self.user, self.channel.id, line))

    async def click(self, label: str, *, within: str | None = None, confirm: bool | None = None) -> None:
        """confirm: the answer to the dialog that the button asks with; needed exactly when it asks."""
        spot = self._find(label, elements.PRESSED, within)
        if not self._confirmed(spot, confirm):
            return
        given = {"option": spot.option} if spot.option is not None else {}
        await self._act(spot, given)

    async def choose(
        self, label: str, *options: str, within: str | None = None, confirm: bool | None = None
    ) -> None:
        """Picks by visible words in a select, radio buttons, checkboxes; gives a date or time to a picker."""
        spot = self._find(label, elements.SELECTS | elements.PICKERS, within)
        if self._confirmed(spot, confirm):
            await self._act(spot, await self._choice(spot, list(options)))

    async def type_ahead(self, label: str, text: str, *, within: str | None = None) -> list[str]:
        """Types into a select that asks the app, and reads the labels it offers."""
        spot = self._find(label, frozenset({"external_select", "multi_external_select"}), within)
        return [self._reader.text(option["text"]) for option in await self._offered(spot, text)]

    async def fill(self, label: str, text: str, *, within: str | None = None) -> None:
        await self._act(self._find(label, elements.TYPED, within), {"text": text})

    async def submit(self) -> None:
        """Sends the modal on top. Refusals are not raised: they can be read in the modal."""
        await self._try(self._acts.submit(self.user, self._modal()))

    async def close(self) -> None:
        await self._acts.close(self.user, self._modal())

    async def shortcut(self, name: str, *, on: str | None = None) -> None:
        """A shortcut by its name; `on`: words in the message it is used on."""
        found = [one for one in self._world.manifest.shortcuts if one["name"] == name]
        if not found:
            raise NotOnScreen(f"there is no shortcut {name!r}")
        message = self._message(on) if on else None
        await self._try(self._acts.shortcut(self.user, found[0]["callback_id"], message))

    async def settled(self, timeout: float = 5.0) -> None:  # noqa: ASYNC109 - how long to wait is the caller's to say
        """Waits until nothing that Slack sent the app is unanswered."""
        async with asyncio.timeout(timeout):
            while self._world.deliveries.busy:
                await self._world.workspace.feed.changed()

    # Seeing

    async def sees(self, text: str | re.Pattern[str], timeout: float = 5.0) -> str:  # noqa: ASYNC109 - how long to wait is the caller's to say
        """Waits until the words are on the screen. Returns the message, modal or notice that has them."""
        try:
            async with asyncio.timeout(timeout):
                while (piece := self._piece(text)) is None:
                    await self._world.workspace.feed.changed()
                return piece
        except TimeoutError:
            raise NotOnScreen(
                f"{self.user.name} does not see {text!r} after {timeout:g} s. The screen:\n{self.screen()}"
            ) from None

    def does_not_see(self, text: str | re.Pattern[str]) -> None:
        if self._piece(text) is not None:
            raise NotOnScreen(f"{self.user.name} sees {text!r}. The screen:\n{self.screen()}")

    def screen(self) -> str:
        """Everything that can be read now, the modal last."""
        place = "Home" if self.at_home else f"#{self.channel.name}"
        return f"--- {self.user.name} in {place}\n" + "\n\n".join(self._pieces())

    def last(self) -> str:
        """The newest message, or the modal if one is open."""
        pieces = self._pieces()
        return pieces[-1] if pieces else ""

    def link(self, label: str) -> str:
        """Where a link or a button with an address leads."""
        for source in self._sources():
            for _, element in elements.each(source.blocks):
                if element.get("url") and _same(self._reader.text(element.get("text")), label):
                    return str(element["url"])
            for text in _texts(source.blocks):
                for words, address in mrkdwn.links(text):
                    if _same(words, label):
                        return address
        raise self._missing(f"a link {label!r}")

    # How things are found

    def _pieces(self) -> list[str]:
        workspace = self._world.workspace
        read: list[str] = []
        home = self._world.views.home(self.id)
        if self.at_home:
            read.extend([self._reader.view(home)] if home else [])
        else:
            said = [
                (message.ts, self._reader.message(message, self._acts.chosen(self.user, message)))
                for message in workspace.history(self.channel.id, self.id)
            ]
            told = [
                (notice.ts, f"Slack: {notice.text}")
                for notice in workspace.notices
                if notice.user == self.id and notice.channel in (None, self.channel.id)
            ]
            read.extend(text for _, text in sorted([*said, *told]))
        if stack := self._world.views.stack(self.id):
            read.append(self._reader.view(stack[-1]))
        return read

    def _piece(self, text: str | re.Pattern[str]) -> str | None:
        for piece in reversed(self._pieces()):
            if isinstance(text, re.Pattern):
                if text.search(piece):
                    return piece
            elif _flat(text) in _flat(piece):
                return piece
        return None

    def _sources(self) -> list[Source]:
        """What can be clicked, the newest first. A modal covers everything else."""
        if stack := self._world.views.stack(self.id):
            return [stack[-1]]
        if self.at_home:
            home = self._world.views.home(self.id)
            return [home] if home else []
        return list(reversed(self._world.workspace.history(self.channel.id, self.id)))

    def _spots(self, kinds: frozenset[str]) -> Iterator[Spot]:
        for source in self._sources():
            for block, element in elements.each(source.blocks):
                if element["type"] not in kinds:
                    continue
                if element["type"] == "overflow":
                    for option in element["options"]:
                        words = (self._reader.text(option["text"]),)
                        yield Spot(source, block, element, words, option.get("value"))
                else:
                    yield Spot(source, block, element, tuple(self._labels(block, element)))

    def _labels(self, block: Block, element: Json) -> Iterator[str]:
        for key in ("text", "placeholder"):
            if element.get(key):
                yield self._reader.text(element[key])
        if element.get("accessibility_label"):
            yield element["accessibility_label"]
        if block["type"] == "input":
            yield self._reader.text(block["label"])
        if block["type"] == "section" and block.get("text"):
            yield self._reader.text(block["text"])

    def _find(self, label: str, kinds: frozenset[str], within: str | None) -> Spot:
        spots = [spot for spot in self._spots(kinds) if within is None or self._is_within(spot, within)]
        if within is not None:
            close = [spot for spot in spots if _flat(within) in _flat(self._block_text(spot))]
            spots = close or spots
        for spot in spots:
            if any(_same(words, label) for words in spot.labels):
                return spot
        for spot in spots:
            if any(_flat(label).lower() in _flat(words).lower() for words in spot.labels):
                return spot
        where = f" within {within!r}" if within else ""
        raise self._missing(f"{label!r}{where} to click, choose or fill")

    def _is_within(self, spot: Spot, within: str) -> bool:
        return _flat(within) in _flat(self._read(spot.source))

    def _read(self, source: Source) -> str:
        if isinstance(source, View):
            return self._reader.view(source)
        return self._reader.message(source, self._acts.chosen(self.user, source))

    def _block_text(self, spot: Spot) -> str:
        return self._reader.blocks([spot.block], self._acts.chosen(self.user, spot.source))

    def _message(self, text: str) -> Message:
        for message in reversed(self._world.workspace.history(self.channel.id, self.id)):
            if _flat(text) in _flat(self._reader.message(message, {})):
                return message
        raise self._missing(f"a message with {text!r}")

    def _modal(self) -> View:
        stack = self._world.views.stack(self.id)
        if not stack:
            raise self._missing("an open modal")
        return stack[-1]

    def _missing(self, what: str) -> NotOnScreen:
        return NotOnScreen(f"{self.user.name} finds no {what}. The screen:\n{self.screen()}")

    # How things are done

    def _confirmed(self, spot: Spot, answer: bool | None) -> bool:
        dialog = spot.element.get("confirm")
        if dialog is None:
            if answer is not None:
                raise NotOnScreen(f"{spot.labels[0]!r} does not ask to confirm")
            return True
        if answer is None:
            words = self._reader.text(dialog["text"])
            raise NotOnScreen(f"{spot.labels[0]!r} asks: {words!r}; say confirm=True or confirm=False")
        return answer

    async def _act(self, spot: Spot, given: Json) -> None:
        """An input in a form is only remembered, unless it is said to listen."""
        send = spot.block["type"] != "input" or bool(spot.block.get("dispatch_action"))
        ids = spot.block["block_id"], spot.element["action_id"]
        await self._try(self._acts.action(self.user, spot.source, *ids, given, send=send))
        if not send:
            self._world.workspace.feed.publish(Change("quiet", {}, only_for=""))

    async def _choice(self, spot: Spot, words: list[str]) -> Json:
        kind = spot.element["type"]
        if kind in elements.PICKERS:
            key = kind.removesuffix("picker")
            return {key: int(words[0]) if key == "datetime" else words[0]}
        for part, find in (
            ("user", self._user_id),
            ("channel", self._channel_id),
            ("conversation", self._channel_id),
        ):
            if kind == f"multi_{part}s_select":
                return {f"{part}s": [find(one) for one in words]}
            if kind == f"{part}s_select":
                return {part: find(words[0])}
        options = [await self._option(spot, one) for one in words]
        return {"options": options} if kind in elements.MANY else {"option": options[0]}

    def _user_id(self, name: str) -> str:
        return self._world.workspace.user(name).id

    def _channel_id(self, name: str) -> str:
        return self._world.workspace.channel(name).id

    async def _option(self, spot: Spot, words: str) -> Json | str:
        external = "external" in spot.element["type"]
        offered = await self._offered(spot, words) if external else elements.options_of(spot.element)
        for exact in (True, False):
            for option in offered:
                label = self._reader.text(option["text"])
                if _same(label, words) or (not exact and _flat(words).lower() in _flat(label).lower()):
                    return option if external else str(option["value"])
        labels = [self._reader.text(option["text"]) for option in offered]
        raise self._missing(f"option {words!r} among {labels}")

    async def _offered(self, spot: Spot, text: str) -> list[Json]:
        ids = spot.block["block_id"], spot.element["action_id"]
        options, _ = await self._acts.suggest(self.user, spot.source, *ids, text)
        return options

    async def _try(self, act: object) -> None:
        """Slack's refusals are on the screen already; anything else is the test's to see."""
        try:
            await act  # type: ignore[misc]
        except ShownError as refused:
            if refused.name in ("not_found", "channel_not_found", "unknown_shortcut"):
                raise NotOnScreen(f"{refused.shown} The screen:\n{self.screen()}") from refused


def _flat(text: str) -> str:
    return " ".join(text.split())


def _same(one: str, other: str) -> bool:
    return _flat(one).lower() == _flat(other).lower()


def _texts(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        if node.get("type") == "mrkdwn":
            yield str(node["text"])
        for value in node.values():
            yield from _texts(value)
    elif isinstance(node, list):
        for value in node:
            yield from _texts(value)
