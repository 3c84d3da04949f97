"""files.*: uploads in three steps, and apps.connections.open."""

import mimetypes
import secrets

from sandbox.slack.api.method import Args, method
from sandbox.slack.errors import SlackError
from sandbox.slack.model import File, Json
from sandbox.slack.world import World


@method("files.getUploadURLExternal", scope="files:write")
def get_upload_url(world: World, args: Args) -> Json:
    name = args.required("filename")
    if args.number("length", 0) <= 0:
        raise SlackError("invalid_arguments", messages=["missing required field: length"])
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    file = File(world.workspace.next_id("F"), name, name, kind, world.workspace.bot.id)
    world.workspace.files[file.id] = file
    key = secrets.token_urlsafe(16)
    world.uploads[key] = file.id
    return {"upload_url": f"{world.base}/upload/{key}", "file_id": file.id}


@method("files.completeUploadExternal", scope="files:write")
def complete_upload(world: World, args: Args) -> Json:
    done: list[File] = []
    for given in args.data("files") or []:
        file = world.workspace.files.get(given.get("id", ""))
        if file is None or not file.content:
            raise SlackError("file_not_found")
        file.title = given.get("title") or file.name
        done.append(file)
    if not done:
        raise SlackError("invalid_arguments", messages=["missing required field: files"])
    if channel_id := args.text("channel_id"):
        channel = world.workspace.reachable(channel_id)
        if world.workspace.bot.id not in channel.members:
            raise SlackError("not_in_channel")
        thread_ts = args.text("thread_ts") or None
        words = args.text("initial_comment")
        world.workspace.post(channel, world.workspace.bot.id, words, thread_ts=thread_ts, files=done)
    for file in done:
        file.shared = True
    return {"files": [world.workspace.api_file(file) for file in done]}


@method("apps.connections.open", by="app")
def connections_open(world: World, args: Args) -> Json:  # noqa: ARG001
    return {"url": world.sockets.ticket()}
