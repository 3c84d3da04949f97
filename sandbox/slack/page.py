"""The API of the page in the browser: read the state, follow changes, act as a person."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from sandbox.slack import people
from sandbox.slack.errors import ActionRefused, SlackError
from sandbox.slack.feed import Change
from sandbox.slack.model import Json, LocalChannel, LocalMessage, User
from sandbox.slack.simulation import Simulation
from sandbox.slack.user_actions import Source, UserActions

HEARTBEAT = 15.0
"""Seconds between comments on an idle stream, which keep proxies from closing it."""


class WorkspacePage:
    def __init__(self, sim: Simulation, acts: UserActions) -> None:
        self._sim = sim
        self._actions = acts
        self._acts: dict[str, Callable[[User, Json], Awaitable[Json]]] = {
            "say": self._say,
            "edit": self._edit,
            "delete": self._delete,
            "read": self._read,
            "command": self._command,
            "action": self._action,
            "suggest": self._suggest,
            "submit": self._submit,
            "close": self._close,
            "shortcut": self._shortcut,
            "open_home": self._open_home,
            "open_im": self._open_im,
        }

    async def state(self, request: Request) -> Response:
        sim, user = self._sim, self._person(request.query_params.get("person", ""))
        if user is None:
            return _unknown_person()
        home = sim.views.home(user.id)
        workspace = sim.workspace
        return JSONResponse(
            {
                "ok": True,
                "team": {"id": people.TEAM, "name": people.TEAM_NAME, "domain": people.TEAM_DOMAIN},
                "me": user.page(),
                "people": [person.page() for person in workspace.users.values() if person.kind != "bot"],
                "channels": [self._channel(channel, user) for channel in workspace.visible_to(user.id)],
                "groups": [
                    {"id": group.id, "handle": group.handle, "name": group.name}
                    for group in workspace.groups.values()
                ],
                "commands": [
                    {key: command.get(key, "") for key in ("command", "description", "usage_hint")}
                    for command in sim.manifest.commands
                ],
                "shortcuts": [
                    {key: shortcut.get(key, "") for key in ("name", "type", "callback_id", "description")}
                    for shortcut in sim.manifest.shortcuts
                ],
                "app": {
                    "id": people.APP,
                    "name": sim.manifest.name,
                    "user_id": people.BOT_USER,
                    "icon_text": sim.manifest.name[:1],
                    "color": sim.manifest.color,
                    "description": sim.manifest.description,
                    "messages_read_only": sim.manifest.messages_read_only,
                },
                "home": home.page() if home else None,
                "views": [view.page() for view in sim.views.stack(user.id)],
                "now": int(sim.clock.now() * 1000),
            }
        )

    async def history(self, request: Request) -> Response:
        user = self._person(request.query_params.get("person", ""))
        if user is None:
            return _unknown_person()
        channel_id = request.query_params.get("channel", "")
        workspace = self._sim.workspace
        if channel_id not in {channel.id for channel in workspace.visible_to(user.id)}:
            return _refusal("channel_not_found", "You can't see this channel.", 404)
        messages = [workspace.page_message(message) for message in workspace.history(channel_id, user.id)]
        return JSONResponse({"ok": True, "messages": messages})

    async def stream(self, request: Request) -> Response:
        """Server-sent events: for one person, or all of them with the ids of the people who see each."""
        name = request.query_params.get("person")
        user = None if name is None else self._person(name)
        if name is not None and user is None:
            return _unknown_person()
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(self._changes(user), media_type="text/event-stream", headers=headers)

    async def do(self, request: Request) -> Response:
        try:
            act = await request.json()
            user = self._person(act.get("person", ""))
            if user is None:
                return _unknown_person()
            if act.get("act") not in self._acts:
                return _refusal("unknown_act", "This cannot be done here.", 400)
            return JSONResponse({"ok": True, **await self._acts[act["act"]](user, act)})
        except ActionRefused as refused:
            errors = self._input_errors(act, refused)
            return JSONResponse({"ok": False, "error": refused.name, "shown": refused.shown, **errors})
        except SlackError as refused:
            return _refusal(refused.name, "This is not there any more.", 200)
        except (KeyError, TypeError, ValueError, AttributeError) as wrong:
            return _refusal("invalid_arguments", f"This could not be read: {wrong!r}", 400)

    async def _changes(self, user: User | None) -> AsyncIterator[str]:
        feed = self._sim.workspace.feed
        queue = feed.subscribe()
        try:
            yield ": hello\n\n"
            while not feed.closed:
                try:
                    change = await asyncio.wait_for(queue.get(), HEARTBEAT)
                except TimeoutError:
                    yield ": still here\n\n"
                    continue
                if change is None:
                    return
                audience = self._audience(change)
                if change.kind != "quiet" and (user is None or user.id in audience):
                    yield f"data: {json.dumps({**_event(change), 'to': audience})}\n\n"
        finally:
            feed.unsubscribe(queue)

    def _audience(self, change: Change) -> list[str]:
        workspace = self._sim.workspace
        people_here = [user.id for user in workspace.users.values() if user.kind != "bot"]
        return [user_id for user_id in people_here if workspace.sees(user_id, change)]

    async def _say(self, user: User, act: Json) -> Json:
        message = await self._actions.say(user, act["channel"], act["text"], act.get("thread_ts"))
        return {"ts": message.ts}

    async def _command(self, user: User, act: Json) -> Json:
        await self._actions.command(user, act["channel"], act["text"], act.get("thread_ts"))
        return {}

    async def _edit(self, user: User, act: Json) -> Json:
        await self._actions.edit(user, act["channel"], act["ts"], act["text"])
        return {}

    async def _delete(self, user: User, act: Json) -> Json:
        await self._actions.delete(user, act["channel"], act["ts"])
        return {}

    async def _read(self, user: User, act: Json) -> Json:
        self._actions.read(user, act["channel"])
        return {}

    async def _action(self, user: User, act: Json) -> Json:
        source = self._source(user, act["source"])
        await self._actions.enter(user, source, act.get("state"))
        ids = act["block_id"], act["action_id"]
        await self._actions.action(user, source, *ids, act.get("input") or {})
        return {}

    async def _suggest(self, user: User, act: Json) -> Json:
        source = self._source(user, act["source"])
        await self._actions.enter(user, source, act.get("state"))
        ids = act["block_id"], act["action_id"]
        options, groups = await self._actions.suggest(user, source, *ids, act.get("text", ""))
        answer: Json = {"options": [_offered(option) for option in options]}
        if groups:
            answer["groups"] = [
                {
                    "label": group["label"]["text"],
                    "options": [_offered(option) for option in group["options"]],
                }
                for group in groups
            ]
        return answer

    async def _submit(self, user: User, act: Json) -> Json:
        await self._actions.submit(user, self._sim.views.get(act["view"]), act.get("state"))
        return {}

    async def _close(self, user: User, act: Json) -> Json:
        view = self._sim.views.get(act["view"])
        await self._actions.close(user, view, cleared=bool(act.get("cleared")))
        return {}

    async def _shortcut(self, user: User, act: Json) -> Json:
        message = self._message(user, act["message"]) if act.get("message") else None
        await self._actions.shortcut(user, act["callback_id"], message)
        return {}

    async def _open_home(self, user: User, act: Json) -> Json:  # noqa: ARG002
        await self._actions.open_home(user)
        return {}

    async def _open_im(self, user: User, act: Json) -> Json:
        person = self._sim.workspace.users[act["user"]]
        channel = self._sim.workspace.im(user.id, person.id)
        return {"channel": self._channel(channel, user)}

    def _person(self, name: str) -> User | None:
        try:
            return self._sim.workspace.user(name)
        except KeyError:
            return None

    def _source(self, user: User, address: Json) -> Source:
        if address.get("home"):
            home = self._sim.views.home(user.id)
            if home is None:
                raise SlackError("not_found")
            return home
        if "view" in address:
            return self._sim.views.get(address["view"])
        return self._message(user, address["message"])

    def _message(self, user: User, address: Json) -> LocalMessage:
        message = self._sim.workspace.find(address["channel"], address["ts"], user.id)
        if message is None:
            raise SlackError("message_not_found")
        return message

    def _input_errors(self, act: Json, refused: ActionRefused) -> Json:
        if act.get("act") != "submit" or refused.name != "invalid_input":
            return {}
        return {"errors": dict(self._sim.views.get(act["view"]).errors)}

    def _channel(self, channel: LocalChannel, user: User) -> Json:
        return {
            "id": channel.id,
            "name": channel.name,
            "kind": channel.kind,
            "topic": channel.topic,
            "member_count": len(channel.members),
            "members": list(channel.members),
            "with": channel.with_user(user.id),
            **self._unread(channel, user),
        }

    def _unread(self, channel: LocalChannel, user: User) -> Json:
        """Every direct message counts as a mention, as in Slack."""
        workspace = self._sim.workspace
        unread = workspace.unread(user.id, channel)
        calling = [
            message for message in unread if channel.kind == "im" or workspace.mentions(user.id, message)
        ]
        return {
            "unread": len(unread),
            "mentions": len(calling),
            "last_read": workspace.last_read(user.id, channel.id),
            "latest": max((message.ts for message in workspace.history(channel.id, user.id)), default="0"),
        }


def _offered(option: Json) -> Json:
    answer: Json = {"text": option["text"]["text"], "value": option.get("value", "")}
    if option.get("description"):
        answer["description"] = option["description"]["text"]
    return answer


def _event(change: Change) -> Json:
    answer: Json = {"type": change.kind, **change.data}
    return {**answer, "channel": change.channel} if change.channel else answer


def _refusal(name: str, shown: str, status: int) -> Response:
    answer: dict[str, Any] = {"ok": False, "error": name, "shown": shown}
    return JSONResponse(answer, status)


def _unknown_person() -> Response:
    return _refusal("user_not_found", "There is nobody by that name here.", 404)
