"""The actions of people: type, click, choose, submit. Both the page and the driver use them.

Everything returns after the app's acknowledgement. What Slack would tell the person when that fails is
raised as ActionRefused, and kept as a notice.
"""

from sandbox.slack import elements, files, payloads
from sandbox.slack.blocks.check import blocks_problems
from sandbox.slack.delivery import Body, NotAcknowledged
from sandbox.slack.errors import ActionRefused, SlackError
from sandbox.slack.events import home_opened
from sandbox.slack.model import Block, Json, LocalChannel, LocalMessage, User
from sandbox.slack.responses import ack_message
from sandbox.slack.simulation import Simulation
from sandbox.slack.submit import invalid_inputs, respond
from sandbox.slack.typed import as_sent
from sandbox.slack.views import View

Source = LocalMessage | View

_NO_CONNECTION = "We had some trouble connecting. Try again?"


class UserActions:
    def __init__(self, sim: Simulation) -> None:
        self._sim = sim
        self._workspace = sim.workspace
        self._chosen: dict[tuple[str, str], Json] = {}

    def _seen(self, user: User, channel_id: str) -> LocalChannel:
        for channel in self._workspace.visible_to(user.id):
            if channel.id == channel_id:
                return channel
        raise ActionRefused("channel_not_found", "You can't see this channel.")

    def _typing_in(self, user: User, channel_id: str) -> LocalChannel:
        channel = self._seen(user, channel_id)
        with_app = channel.with_user(user.id) == self._workspace.bot.id
        if with_app and self._sim.manifest.messages_read_only:
            raise ActionRefused("read_only", "Sending messages to this app has been turned off.")
        return channel

    async def say(self, user: User, channel_id: str, text: str, thread_ts: str | None = None) -> LocalMessage:
        channel = self._typing_in(user, channel_id)
        if user.id not in channel.members:
            channel.members.append(user.id)
        return self._workspace.post(channel, user.id, as_sent(text, self._workspace), thread_ts=thread_ts)

    async def edit(self, user: User, channel_id: str, ts: str, text: str) -> None:
        message = self._own(user, channel_id, ts)
        self._workspace.edit(message, as_sent(text, self._workspace), [])

    async def delete(self, user: User, channel_id: str, ts: str) -> None:
        self._workspace.delete(self._own(user, channel_id, ts))

    def read(self, user: User, channel_id: str) -> None:
        self._workspace.mark_read(user.id, self._seen(user, channel_id).id)

    async def command(self, user: User, channel_id: str, line: str, thread_ts: str | None = None) -> None:
        channel = self._typing_in(user, channel_id)
        name, _, text = line.strip().partition(" ")
        if thread_ts:
            words = f"{name} is not supported in threads. Sorry!"
            raise self._shown(user, "not_supported_in_thread", words, channel, thread_ts)
        declared = self._sim.manifest.command(name) if "commands" in self._sim.scopes else None
        if declared is None:
            raise self._shown(user, "unknown_command", f"{name} is not a valid command.", channel)
        if declared.get("should_escape"):
            text = as_sent(text, self._workspace)
        payload = payloads.command(self._sim, user, channel, name, text.strip())
        try:
            body = await self._sim.deliveries.send("slash_commands", payload)
            ack_message(self._sim.responses, channel, user.id, body, self._sim.clock.now())
        except NotAcknowledged as failed:
            words = f"{name} failed with the error “{failed.reason}”"
            raise self._shown(user, failed.reason, words, channel) from failed
        except SlackError as refused:
            words = f"{name} failed with the error “{refused.name}”"
            raise self._shown(user, refused.name, words, channel) from refused

    async def action(
        self, user: User, source: Source, block_id: str, action_id: str, entered: Json, *, send: bool = True
    ) -> None:
        """A click or a choice. send=False only stores the input, as for inputs without dispatch_action."""
        block, element = self._element(user, source, block_id, action_id)
        if element["type"] == "file_input":
            entered = files.picked(self._sim, user, element, entered)
        try:
            action = elements.action(block, element, entered, self._workspace.next_ts())
        except KeyError as wrong:
            raise ActionRefused("invalid_input", f"This cannot be chosen here: {wrong}") from wrong
        chosen = self.chosen(user, source)
        kind = element["type"]
        if kind in elements.STATEFUL:
            key = elements.STATEFUL[kind][0]
            chosen.setdefault(block_id, {})[action_id] = {"type": kind, key: action[key]}
        if not send:
            return
        if isinstance(source, View):
            payload = payloads.view_actions(self._sim, user, source, action)
        else:
            payload = payloads.message_actions(self._sim, user, source, action, chosen)
        try:
            await self._sim.deliveries.send("interactive", payload)
        except NotAcknowledged as failed:
            words = f"⚠ {self._sim.manifest.name} did not respond to this ({failed.reason})."
            raise self._shown(user, failed.reason, words) from failed

    async def enter(self, user: User, source: Source, state: Json | None) -> None:
        """Stores inputs without sending them to the app: block_id → action_id → input."""
        for block_id, inputs in (state or {}).items():
            for action_id, entered in inputs.items():
                await self.action(user, source, block_id, action_id, entered, send=False)

    async def suggest(
        self, user: User, source: Source, block_id: str, action_id: str, text: str
    ) -> tuple[list[Json], list[Json]]:
        """The options of an external select for a query, and their groups."""
        self._element(user, source, block_id, action_id)
        payload = payloads.suggestion(
            self._sim, user, source, block_id=block_id, action_id=action_id, text=text
        )
        try:
            body = await self._sim.deliveries.send("interactive", payload)
        except NotAcknowledged as failed:
            raise ActionRefused(failed.reason, "The options could not be loaded.") from failed
        if not isinstance(body, dict) or not ("options" in body or "option_groups" in body):
            raise ActionRefused("invalid_options", "The options could not be loaded.")
        groups = list(body.get("option_groups") or [])
        options = [*(body.get("options") or []), *(option for group in groups for option in group["options"])]
        probe: Block = {
            "type": "actions",
            "elements": [
                {
                    "type": "static_select",
                    **{key: body[key] for key in ("options", "option_groups") if body.get(key)},
                }
            ],
        }
        self._check_options(probe, options)
        return options, groups

    async def submit(self, user: User, view: View, state: Json | None = None) -> None:
        """state: inputs not stored yet. Raises ActionRefused; errors of single inputs are in view.errors."""
        await self.enter(user, view, state)
        view.errors = invalid_inputs(view)
        if view.errors:
            self._sim.views.tell(user.id)
            raise ActionRefused("invalid_input", "; ".join(view.errors.values()))
        payload = payloads.submission(self._sim, user, view)
        try:
            body = await self._sim.deliveries.send("interactive", payload)
            respond(self._sim, user, view, body)
        except (NotAcknowledged, SlackError) as failed:
            raise self._shown(user, str(failed), _NO_CONNECTION) from failed
        if view.errors:
            raise ActionRefused("invalid_input", "; ".join(view.errors.values()))

    async def close(self, user: User, view: View, *, cleared: bool = False) -> None:
        """Closes the top view; all views if it sets clear_on_close or the person closes the stack."""
        stack = self._sim.views.stack(user.id)
        if view not in stack:
            raise ActionRefused("not_found", "This is closed already.")
        clear = cleared or bool(view.body.get("clear_on_close"))
        closing = list(reversed(stack)) if clear else [view]
        if clear:
            self._sim.views.clear(user.id)
        else:
            self._sim.views.pop(user.id)
        for view_to_close in closing:
            if view_to_close.body.get("notify_on_close"):
                await self._send_ignoring_failure(payloads.closed(user, view_to_close, cleared=clear))

    async def shortcut(self, user: User, callback_id: str, message: LocalMessage | None = None) -> None:
        declared = self._sim.manifest.shortcut(callback_id) if "commands" in self._sim.scopes else None
        kind = "global" if message is None else "message"
        if declared is None or declared["type"] != kind:
            raise ActionRefused("unknown_shortcut", "There is no such shortcut here.")
        payload = payloads.shortcut(self._sim, user, callback_id, message)
        try:
            await self._sim.deliveries.send("interactive", payload)
        except NotAcknowledged as failed:
            words = f"“{declared['name']}” failed with the error “{failed.reason}”"
            raise self._shown(user, failed.reason, words) from failed

    async def open_home(self, user: User) -> None:
        if not user.is_stranger:
            home_opened(self._sim, user)

    def chosen(self, user: User, source: Source) -> Json:
        """The inputs the person has entered into a message or view."""
        if isinstance(source, View):
            return source.chosen
        return self._chosen.setdefault((user.id, f"{source.channel}/{source.ts}"), {})

    def _element(self, user: User, source: Source, block_id: str, action_id: str) -> tuple[Block, Json]:
        if isinstance(source, View):
            open_views = [*self._sim.views.stack(user.id), self._sim.views.home(user.id)]
            visible = source in open_views
        else:
            visible = (
                source.only_for in (None, user.id) and source in self._workspace.messages[source.channel]
            )
            self._seen(user, source.channel)
        blocks = source.blocks if isinstance(source, View) else source.all_blocks
        element = elements.find(blocks, block_id, action_id) if visible else None
        if element is None:
            raise ActionRefused("not_found", "This is not there any more.")
        return element

    def _check_options(self, probe: Block, options: list[Json]) -> None:
        """Slack shows no options if there are more than 100 or any is malformed."""

        if options and (problems := blocks_problems([probe], "message")):
            raise ActionRefused("invalid_options", f"The options could not be loaded. {problems[0].line()}")

    async def _send_ignoring_failure(self, payload: Json) -> Body:
        try:
            return await self._sim.deliveries.send("interactive", payload)
        except NotAcknowledged:
            return None

    def _shown(
        self,
        user: User,
        name: str,
        words: str,
        channel: LocalChannel | None = None,
        thread: str | None = None,
    ) -> ActionRefused:
        self._workspace.notice(user.id, words, channel.id if channel else None, thread)
        return ActionRefused(name, words)

    def _own(self, user: User, channel_id: str, ts: str) -> LocalMessage:
        """A message written by this person. Raises ActionRefused."""
        message = self._workspace.find(self._seen(user, channel_id).id, ts)
        if message is None or message.user != user.id:
            raise ActionRefused("cant_edit_message", "This message is not yours to change.")
        return message
