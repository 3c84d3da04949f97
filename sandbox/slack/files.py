"""Files of people, as forms take them, and the addresses at which the app downloads what is private."""

import mimetypes

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from sandbox.serving import Cut
from sandbox.slack.errors import ActionRefused, SlackError
from sandbox.slack.faults import CutOff
from sandbox.slack.model import File, Json, User
from sandbox.slack.simulation import Simulation

DOWNLOAD = "files.download"
"""What faults call a download."""


def keep(sim: Simulation, user: User, name: str, content: bytes) -> File:
    """A file that a person picked, not shared with anyone yet."""
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    file = File(sim.workspace.next_id("F"), name, name, kind, user.id, content)
    sim.workspace.files[file.id] = file
    return file


def picked(sim: Simulation, user: User, element: Json, entered: Json) -> Json:
    """The files of a file_input in full, from their ids. Raises ActionRefused for what it does not take."""
    files = [sim.workspace.files.get(str(entry)) for entry in entered["files"]]
    if len(files) > element.get("max_files", 10):
        raise ActionRefused("invalid_input", "These are too many files.")
    types = element.get("filetypes")
    for file in files:
        if file is None or file.user != user.id:
            raise ActionRefused("not_found", "This file is not there.")
        if types and file.name.rpartition(".")[2].lower() not in types:
            raise ActionRefused(
                "invalid_input", f"{file.name} is not a file of this kind: {', '.join(types)}."
            )
    return {"files": [sim.workspace.api_file(chosen) for chosen in files if chosen]}


async def uploaded(sim: Simulation, request: Request) -> Response:
    """POST /-/upload: a file that someone picked in the page."""
    try:
        user = sim.workspace.user(request.query_params.get("person", ""))
    except KeyError:
        return JSONResponse({"ok": False, "error": "user_not_found"}, 404)
    file = keep(sim, user, request.query_params.get("name", "") or "file", await request.body())
    return JSONResponse({"ok": True, "file": {"id": file.id, "name": file.name}})


async def private(sim: Simulation, request: Request) -> Response:
    """GET /files-pri/{team}-{file}/…: for the app's token; for anyone else Slack's page to sign in."""
    try:
        faults = await sim.faults.apply_before(DOWNLOAD)
        file = sim.workspace.files.get(request.path_params["ids"].partition("-")[2])
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        mine = scheme.lower() == "bearer" and token == sim.credentials.bot_token
        await sim.faults.apply_after(faults)
        if not mine or "files:read" not in sim.scopes:
            return RedirectResponse(f"{sim.base}/?redir={request.url.path}", 302)
        if file is None:
            return Response("not found", 404)
        return Response(file.content, media_type=file.mimetype)
    except CutOff:
        return Cut()
    except SlackError as refused:
        return JSONResponse(refused.body(), refused.status, refused.headers)
