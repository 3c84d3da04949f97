"""Drives the workspace as a person, for tests. Controls are found by their visible labels."""

import asyncio
import re
from collections.abc import Awaitable

from sandbox.slack import elements, files
from sandbox.slack.errors import ActionRefused
from sandbox.slack.feed import Change
from sandbox.slack.model import Json, LocalChannel, LocalMessage
from sandbox.slack.screen import Control, NotOnScreen, Screen, same_words, single_spaced
from sandbox.slack.simulation import Simulation
from sandbox.slack.user_actions import UserActions

__all__ = ["LocalPerson", "NotOnScreen"]


class LocalPerson:
    def __init__(self, sim: Simulation, acts: UserActions, handle: str) -> None:
        self._sim = sim
        self._actions = acts
        self.user = sim.workspace.user(handle)
        self._screen = Screen(sim, acts, self.user)

    @property
    def id(self) -> str:
        return self.user.id

    @property
    def channel(self) -> LocalChannel:
        """The open channel."""
        return self._screen.channel

    # Navigation

    def go(self, place: str) -> None:
        """Opens a channel ("#billing") or the direct message with someone ("@maple", "@raj")."""
        self._screen.at_home = False
        self._screen.channel = self._place(place)
        self._actions.read(self.user, self._screen.channel.id)

    async def open_home(self) -> None:
        self._screen.at_home = True
        await self._actions.open_home(self.user)

    def reload(self) -> None:
        """Reloads the client, which removes ephemeral messages."""
        self._sim.workspace.forget_ephemerals(self.id)

    # Actions

    async def say(self, text: str, *, in_thread_of: str | None = None) -> None:
        thread = self._screen.message(in_thread_of).ts if in_thread_of else None
        await self._actions.say(self.user, self._screen.channel.id, text, thread)

    async def mention(self, text: str, *, in_thread_of: str | None = None) -> None:
        """Mentions the app in the open channel: "@maple" and the text."""
        await self.say(f"@{self._sim.workspace.bot.name} {text}", in_thread_of=in_thread_of)

    async def direct_message(self, text: str, *, in_thread_of: str | None = None) -> None:
        """Opens the direct message with the app and posts there."""
        self.go(f"@{self._sim.workspace.bot.name}")
        await self.say(text, in_thread_of=in_thread_of)

    async def edit(self, message: str, text: str) -> None:
        """Edits the newest message that contains the words `message`."""
        await self._actions.edit(self.user, self._screen.channel.id, self._screen.message(message).ts, text)

    async def delete(self, message: str) -> None:
        await self._actions.delete(self.user, self._screen.channel.id, self._screen.message(message).ts)

    async def command(self, line: str, *, in_thread_of: str | None = None) -> None:
        """Returns when the app has acknowledged. Failures are not raised; they show on the screen."""
        thread = self._screen.message(in_thread_of).ts if in_thread_of else None
        await self._try(self._actions.command(self.user, self._screen.channel.id, line, thread))

    async def click(
        self,
        label: str,
        *,
        within: str | None = None,
        on: LocalMessage | None = None,
        confirm: bool | None = None,
    ) -> None:
        """Clicks the newest control with this label.

        confirm: the answer to the button's confirmation dialog; required if and only if it has one.
        on: the message that contains the control. Faster, since the screen need not be read.
        """
        control = self._screen.find(label, elements.PRESSED, within, on)
        if not self._confirmed(control, confirm):
            return
        await self._act(control, {} if control.option is None else {"option": control.option})

    async def choose(
        self, label: str, *options: str, within: str | None = None, confirm: bool | None = None
    ) -> None:
        """Picks options by their labels, or a date or time in a picker."""
        control = self._screen.find(label, elements.SELECTS | elements.PICKERS, within)
        if self._confirmed(control, confirm):
            await self._act(control, await self._choice(control, list(options)))

    async def type_ahead(self, label: str, text: str, *, within: str | None = None) -> list[str]:
        """Types into an external select and returns the labels of the options."""
        control = self._screen.find(label, frozenset({"external_select", "multi_external_select"}), within)
        return [self._screen.reader.text(option["text"]) for option in await self._offered(control, text)]

    async def fill(self, label: str, text: str, *, within: str | None = None) -> None:
        await self._act(self._screen.find(label, elements.TYPED, within), {"text": text})

    async def attach(self, label: str, name: str, content: bytes) -> None:
        """Picks a file from this person's own machine, in place of what was picked before."""
        control = self._screen.find(label, frozenset({"file_input"}), None)
        await self._act(control, {"files": [files.keep(self._sim, self.user, name, content).id]})

    async def submit(self) -> None:
        """Submits the top modal. Errors are not raised; they show in the modal."""
        await self._try(self._actions.submit(self.user, self._screen.modal()))

    async def close(self) -> None:
        await self._actions.close(self.user, self._screen.modal())

    async def message_shortcut(self, name: str, on: str) -> None:
        """Uses a shortcut from the menu of the newest message that contains the words `on`."""
        await self.shortcut(name, on=on)

    async def shortcut(self, name: str, *, on: str | None = None) -> None:
        """Uses a global shortcut or, with `on`, a message shortcut."""
        shortcuts = [shortcut for shortcut in self._sim.manifest.shortcuts if shortcut["name"] == name]
        if not shortcuts:
            raise NotOnScreen(f"there is no shortcut {name!r}")
        message = self._screen.message(on) if on else None
        await self._try(self._actions.shortcut(self.user, shortcuts[0]["callback_id"], message))

    async def settled(self, timeout: float = 30.0) -> None:  # noqa: ASYNC109 - callers choose
        """Waits until the app has answered every request."""
        async with asyncio.timeout(timeout):
            while self._sim.deliveries.busy:
                await self._sim.workspace.feed.changed()

    # What is on the screen

    async def sees(self, text: str | re.Pattern[str], timeout: float = 30.0) -> str:  # noqa: ASYNC109 - callers choose
        """Waits until the text is on the screen. Returns the message, modal or notice with it."""
        try:
            async with asyncio.timeout(timeout):
                while (piece := self._screen.piece(text)) is None:
                    await self._sim.workspace.feed.changed()
                return piece
        except TimeoutError:
            raise NotOnScreen(
                f"{self.user.name} does not see {text!r} after {timeout:g} s. The screen:\n{self.screen()}"
            ) from None

    async def no_longer_sees(self, text: str | re.Pattern[str], timeout: float = 30.0) -> None:  # noqa: ASYNC109
        """Waits until the text is not on the screen."""
        try:
            async with asyncio.timeout(timeout):
                while self._screen.piece(text) is not None:
                    await self._sim.workspace.feed.changed()
        except TimeoutError:
            raise NotOnScreen(
                f"{self.user.name} still sees {text!r} after {timeout:g} s. The screen:\n{self.screen()}"
            ) from None

    def does_not_see(self, text: str | re.Pattern[str]) -> None:
        if self._screen.piece(text) is not None:
            raise NotOnScreen(f"{self.user.name} sees {text!r}. The screen:\n{self.screen()}")

    def screen(self) -> str:
        """Everything that can be read now, the modal last."""
        return self._screen.read()

    def pieces(self) -> list[str]:
        """Each message, notice and home tab on the screen, the open modal last."""
        return self._screen.pieces()

    def thread(self, root: str) -> list[str]:
        """The visible replies to the newest message that contains the words `root`, oldest first."""
        return self._screen.thread(root)

    def unread(self, place: str) -> int:
        """How many messages others posted to a channel or direct message since it was last open."""
        return len(self._sim.workspace.unread(self.id, self._place(place)))

    def last(self) -> str:
        """The newest message, or the open modal."""
        pieces = self._screen.pieces()
        return pieces[-1] if pieces else ""

    def link(self, label: str) -> str:
        """Where a link or a button with an address leads."""
        return self._screen.link(label)

    # Helpers

    def _place(self, place: str) -> LocalChannel:
        if place.startswith("@"):
            return self._sim.workspace.im(self.id, self._sim.workspace.user(place).id)
        channel = self._sim.workspace.channel(place)
        if channel not in self._sim.workspace.visible_to(self.id):
            raise NotOnScreen(f"{self.user.name} cannot see {place}")
        return channel

    def _confirmed(self, control: Control, answer: bool | None) -> bool:
        dialog = control.element.get("confirm")
        if dialog is None:
            if answer is not None:
                raise NotOnScreen(f"{control.labels[0]!r} does not ask to confirm")
            return True
        if answer is None:
            words = self._screen.reader.text(dialog["text"])
            raise NotOnScreen(f"{control.labels[0]!r} asks: {words!r}; say confirm=True or confirm=False")
        return answer

    async def _act(self, control: Control, value: Json) -> None:
        """Inputs are only stored until submission, unless dispatch_action is set."""
        send = control.block["type"] != "input" or bool(control.block.get("dispatch_action"))
        ids = control.block["block_id"], control.element["action_id"]
        await self._try(self._actions.action(self.user, control.source, *ids, value, send=send))
        if not send:
            self._sim.workspace.feed.publish(Change("quiet", {}, only_for=""))

    async def _choice(self, control: Control, words: list[str]) -> Json:
        kind = control.element["type"]
        if kind in elements.PICKERS:
            key = kind.removesuffix("picker")
            return {key: int(words[0]) if key == "datetime" else words[0]}
        for part, find in (
            ("user", self._user_id),
            ("channel", self._channel_id),
            ("conversation", self._channel_id),
        ):
            if kind == f"multi_{part}s_select":
                return {f"{part}s": [find(name) for name in words]}
            if kind == f"{part}s_select":
                return {part: find(words[0])}
        options = [await self._option(control, label) for label in words]
        return {"options": options} if kind in elements.MANY else {"option": options[0]}

    def _user_id(self, name: str) -> str:
        return self._sim.workspace.user(name).id

    def _channel_id(self, name: str) -> str:
        return self._sim.workspace.channel(name).id

    async def _option(self, control: Control, words: str) -> Json | str:
        external = "external" in control.element["type"]
        offered = await self._offered(control, words) if external else elements.options_of(control.element)
        for exact in (True, False):
            for option in offered:
                label = self._screen.reader.text(option["text"])
                if same_words(label, words) or (
                    not exact and single_spaced(words).lower() in single_spaced(label).lower()
                ):
                    return option if external else str(option["value"])
        labels = [self._screen.reader.text(choice["text"]) for choice in offered]
        raise self._screen.missing(f"option {words!r} among {labels}")

    async def _offered(self, control: Control, text: str) -> list[Json]:
        ids = control.block["block_id"], control.element["action_id"]
        options, _ = await self._actions.suggest(self.user, control.source, *ids, text)
        return options

    async def _try(self, act: Awaitable[object]) -> None:
        """Ignores refusals, which show on the screen, but not the mistakes of a test."""
        try:
            await act
        except ActionRefused as refused:
            if refused.name in ("not_found", "channel_not_found", "unknown_shortcut", "read_only"):
                raise NotOnScreen(f"{refused.shown} The screen:\n{self.screen()}") from refused
