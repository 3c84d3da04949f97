"""files.*: uploads in three steps, what a file is; apps.connections.open."""

import mimetypes
import secrets

from sandbox.slack.api.method import Args, method
from sandbox.slack.errors import SlackError
from sandbox.slack.model import File, Json
from sandbox.slack.simulation import Simulation


@method("files.getUploadURLExternal", scope="files:write")
def get_upload_url(sim: Simulation, args: Args) -> Json:
    name = args.required("filename")
    if args.number("length", 0) <= 0:
        raise SlackError("invalid_arguments", messages=["missing required field: length"])
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    file = File(sim.workspace.next_id("F"), name, name, kind, sim.workspace.bot.id)
    sim.workspace.files[file.id] = file
    key = secrets.token_urlsafe(16)
    sim.uploads[key] = file.id
    return {"upload_url": f"{sim.base}/upload/{key}", "file_id": file.id}


@method("files.completeUploadExternal", scope="files:write")
def complete_upload(sim: Simulation, args: Args) -> Json:
    done: list[File] = []
    for entry in args.data("files") or []:
        file = sim.workspace.files.get(entry.get("id", ""))
        if file is None or not file.content:
            raise SlackError("file_not_found")
        file.title = entry.get("title") or file.name
        done.append(file)
    if not done:
        raise SlackError("invalid_arguments", messages=["missing required field: files"])
    if channel_id := args.text("channel_id"):
        channel = sim.workspace.reachable(channel_id)
        if sim.workspace.bot.id not in channel.members:
            raise SlackError("not_in_channel")
        thread_ts = args.text("thread_ts") or None
        words = args.text("initial_comment")
        sim.workspace.post(channel, sim.workspace.bot.id, words, thread_ts=thread_ts, files=done)
    for file in done:
        file.shared = True
    return {"files": [sim.workspace.api_file(uploaded) for uploaded in done]}


@method("files.info", scope="files:read")
def info(sim: Simulation, args: Args) -> Json:
    file = sim.workspace.files.get(args.required("file"))
    if file is None:
        raise SlackError("file_not_found")
    return {"file": sim.workspace.api_file(file), "comments": [], "response_metadata": {"next_cursor": ""}}


@method("apps.connections.open", by="app")
def connections_open(sim: Simulation, args: Args) -> Json:  # noqa: ARG001
    return {"url": sim.sockets.ticket()}
