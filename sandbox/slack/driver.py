"""A person at the keyboard, for tests: finds things by the labels that can be read on the screen."""

import asyncio
import re
from collections.abc import Awaitable

from sandbox.slack import elements
from sandbox.slack.errors import ShownError
from sandbox.slack.feed import Change
from sandbox.slack.model import Channel, Json, Message
from sandbox.slack.screen import Control, NotOnScreen, Screen, same_words, single_spaced
from sandbox.slack.simulation import Simulation
from sandbox.slack.user_actions import UserActions

__all__ = ["NotOnScreen", "Person"]


class Person:
    def __init__(self, sim: Simulation, acts: UserActions, handle: str) -> None:
        self._sim = sim
        self._actions = acts
        self.user = sim.workspace.user(handle)
        self._screen = Screen(sim, acts, self.user)

    @property
    def id(self) -> str:
        return self.user.id

    @property
    def channel(self) -> Channel:
        """Where she is."""
        return self._screen.channel

    # Moving about

    def go(self, place: str) -> None:
        """To a channel ("#billing"), or to the direct message with someone ("@maple", "@raj")."""
        self._screen.at_home = False
        self._screen.channel = self._place(place)
        self._actions.read(self.user, self._screen.channel.id)

    async def open_home(self) -> None:
        self._screen.at_home = True
        await self._actions.open_home(self.user)

    def reload(self) -> None:
        """As a reload of the client: ephemeral messages are gone."""
        self._sim.workspace.forget_ephemerals(self.id)

    # Doing

    async def say(self, text: str, *, in_thread_of: str | None = None) -> None:
        thread = self._screen.message(in_thread_of).ts if in_thread_of else None
        await self._actions.say(self.user, self._screen.channel.id, text, thread)

    async def mention(self, text: str, *, in_thread_of: str | None = None) -> None:
        """Writes to the app in the channel where she is: "@maple" and the text."""
        await self.say(f"@{self._sim.workspace.bot.name} {text}", in_thread_of=in_thread_of)

    async def direct_message(self, text: str, *, in_thread_of: str | None = None) -> None:
        """Goes to the direct message with the app, and writes there."""
        self.go(f"@{self._sim.workspace.bot.name}")
        await self.say(text, in_thread_of=in_thread_of)

    async def edit(self, message: str, text: str) -> None:
        """Changes the newest message of hers that has these words."""
        await self._actions.edit(self.user, self._screen.channel.id, self._screen.message(message).ts, text)

    async def delete(self, message: str) -> None:
        await self._actions.delete(self.user, self._screen.channel.id, self._screen.message(message).ts)

    async def command(self, line: str, *, in_thread_of: str | None = None) -> None:
        """Returns after the acknowledgement. A failure is not raised: it can be read on the screen."""
        thread = self._screen.message(in_thread_of).ts if in_thread_of else None
        await self._try(self._actions.command(self.user, self._screen.channel.id, line, thread))

    async def click(
        self,
        label: str,
        *,
        within: str | None = None,
        on: Message | None = None,
        confirm: bool | None = None,
    ) -> None:
        """confirm: the answer to the dialog that the button asks with; needed exactly when it asks.

        on: the message it is in, where that is at hand: the screen is not read then, which is quick.
        """
        spot = self._screen.find(label, elements.PRESSED, within, on)
        if not self._confirmed(spot, confirm):
            return
        given = {"option": spot.option} if spot.option is not None else {}
        await self._act(spot, given)

    async def choose(
        self, label: str, *options: str, within: str | None = None, confirm: bool | None = None
    ) -> None:
        """Picks by visible words in a select, radio buttons, checkboxes; gives a date or time to a picker."""
        spot = self._screen.find(label, elements.SELECTS | elements.PICKERS, within)
        if self._confirmed(spot, confirm):
            await self._act(spot, await self._choice(spot, list(options)))

    async def type_ahead(self, label: str, text: str, *, within: str | None = None) -> list[str]:
        """Types into a select that asks the app, and reads the labels it offers."""
        spot = self._screen.find(label, frozenset({"external_select", "multi_external_select"}), within)
        return [self._screen.reader.text(option["text"]) for option in await self._offered(spot, text)]

    async def fill(self, label: str, text: str, *, within: str | None = None) -> None:
        await self._act(self._screen.find(label, elements.TYPED, within), {"text": text})

    async def submit(self) -> None:
        """Sends the modal on top. Refusals are not raised: they can be read in the modal."""
        await self._try(self._actions.submit(self.user, self._screen.modal()))

    async def close(self) -> None:
        await self._actions.close(self.user, self._screen.modal())

    async def message_shortcut(self, name: str, on: str) -> None:
        """Picks a shortcut from the menu of the newest message that has the words `on`."""
        await self.shortcut(name, on=on)

    async def shortcut(self, name: str, *, on: str | None = None) -> None:
        """A shortcut by its name; `on`: words in the message it is used on."""
        found = [one for one in self._sim.manifest.shortcuts if one["name"] == name]
        if not found:
            raise NotOnScreen(f"there is no shortcut {name!r}")
        message = self._screen.message(on) if on else None
        await self._try(self._actions.shortcut(self.user, found[0]["callback_id"], message))

    async def settled(self, timeout: float = 10.0) -> None:  # noqa: ASYNC109 - how long to wait is the caller's to say
        """Waits until nothing that Slack sent the app is unanswered."""
        async with asyncio.timeout(timeout):
            while self._sim.deliveries.busy:
                await self._sim.workspace.feed.changed()

    # Seeing

    async def sees(self, text: str | re.Pattern[str], timeout: float = 10.0) -> str:  # noqa: ASYNC109 - how long to wait is the caller's to say
        """Waits until the words are on the screen. Returns the message, modal or notice that has them."""
        try:
            async with asyncio.timeout(timeout):
                while (piece := self._screen.piece(text)) is None:
                    await self._sim.workspace.feed.changed()
                return piece
        except TimeoutError:
            raise NotOnScreen(
                f"{self.user.name} does not see {text!r} after {timeout:g} s. The screen:\n{self.screen()}"
            ) from None

    def does_not_see(self, text: str | re.Pattern[str]) -> None:
        if self._screen.piece(text) is not None:
            raise NotOnScreen(f"{self.user.name} sees {text!r}. The screen:\n{self.screen()}")

    def screen(self) -> str:
        """Everything that can be read now, the modal last."""
        return self._screen.read()

    def thread(self, root: str) -> list[str]:
        """The replies she can see under the newest message that has the words `root`, oldest first."""
        return self._screen.thread(root)

    def unread(self, place: str) -> int:
        """How many messages of others there are in a channel or direct message since she last read it."""
        return len(self._sim.workspace.unread(self.id, self._place(place)))

    def last(self) -> str:
        """The newest message, or the modal if one is open."""
        pieces = self._screen.pieces()
        return pieces[-1] if pieces else ""

    def link(self, label: str) -> str:
        """Where a link or a button with an address leads."""
        return self._screen.link(label)

    # How things are done

    def _place(self, place: str) -> Channel:
        if place.startswith("@"):
            return self._sim.workspace.im(self.id, self._sim.workspace.user(place).id)
        channel = self._sim.workspace.channel(place)
        if channel not in self._sim.workspace.visible_to(self.id):
            raise NotOnScreen(f"{self.user.name} cannot see {place}")
        return channel

    def _confirmed(self, spot: Control, answer: bool | None) -> bool:
        dialog = spot.element.get("confirm")
        if dialog is None:
            if answer is not None:
                raise NotOnScreen(f"{spot.labels[0]!r} does not ask to confirm")
            return True
        if answer is None:
            words = self._screen.reader.text(dialog["text"])
            raise NotOnScreen(f"{spot.labels[0]!r} asks: {words!r}; say confirm=True or confirm=False")
        return answer

    async def _act(self, spot: Control, given: Json) -> None:
        """An input in a form is only remembered, unless it is said to listen."""
        send = spot.block["type"] != "input" or bool(spot.block.get("dispatch_action"))
        ids = spot.block["block_id"], spot.element["action_id"]
        await self._try(self._actions.action(self.user, spot.source, *ids, given, send=send))
        if not send:
            self._sim.workspace.feed.publish(Change("quiet", {}, only_for=""))

    async def _choice(self, spot: Control, words: list[str]) -> Json:
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
        return self._sim.workspace.user(name).id

    def _channel_id(self, name: str) -> str:
        return self._sim.workspace.channel(name).id

    async def _option(self, spot: Control, words: str) -> Json | str:
        external = "external" in spot.element["type"]
        offered = await self._offered(spot, words) if external else elements.options_of(spot.element)
        for exact in (True, False):
            for option in offered:
                label = self._screen.reader.text(option["text"])
                if same_words(label, words) or (
                    not exact and single_spaced(words).lower() in single_spaced(label).lower()
                ):
                    return option if external else str(option["value"])
        labels = [self._screen.reader.text(option["text"]) for option in offered]
        raise self._screen.missing(f"option {words!r} among {labels}")

    async def _offered(self, spot: Control, text: str) -> list[Json]:
        ids = spot.block["block_id"], spot.element["action_id"]
        options, _ = await self._actions.suggest(self.user, spot.source, *ids, text)
        return options

    async def _try(self, act: Awaitable[object]) -> None:
        """Slack's refusals are on the screen already; anything else is the test's to see."""
        try:
            await act
        except ShownError as refused:
            if refused.name in ("not_found", "channel_not_found", "unknown_shortcut", "read_only"):
                raise NotOnScreen(f"{refused.shown} The screen:\n{self.screen()}") from refused
