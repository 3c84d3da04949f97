"""Serves the Web API over HTTP: checks tokens and scopes, applies faults, records calls."""

from typing import Any

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.serving import Cut
from sandbox.slack.api import METHODS
from sandbox.slack.api.method import Args, Method, need
from sandbox.slack.errors import SlackError
from sandbox.slack.faults import CutOff
from sandbox.slack.model import Json
from sandbox.slack.simulation import Simulation, SlackCall


async def call(sim: Simulation, request: Request) -> Response:
    """POST or GET /api/{method}."""
    name = request.path_params["method"]
    args: Json = {}
    try:
        args = await _arguments(request)
        token = _token(request, args)
        faults = await sim.faults.apply_before(name)
        method = _authorized(sim, name, token)
        body = {"ok": True, **method.answer(sim, Args(args))}
        await sim.faults.apply_after(faults)
        sim.calls.append(SlackCall(name, args, True, None, sim.clock.now()))
        return JSONResponse(body, headers=_headers(sim))
    except CutOff:
        sim.calls.append(SlackCall(name, args, False, "cut_off", sim.clock.now()))
        return Cut()
    except SlackError as refused:
        sim.calls.append(SlackCall(name, args, False, refused.name, sim.clock.now()))
        headers = {**_headers(sim), **refused.headers}
        return JSONResponse(refused.body(), refused.status, headers)


async def respond(sim: Simulation, request: Request) -> Response:
    """POST /response/{key}."""
    body: Json = {}
    try:
        faults = await sim.faults.apply_before("response_url")
        body = await _json(request)
        sim.responses.use(request.path_params["key"], body)
        await sim.faults.apply_after(faults)
        sim.calls.append(SlackCall("response_url", body, True, None, sim.clock.now()))
        return JSONResponse({"ok": True})
    except CutOff:
        sim.calls.append(SlackCall("response_url", body, False, "cut_off", sim.clock.now()))
        return Cut()
    except SlackError as refused:
        sim.calls.append(SlackCall("response_url", body, False, refused.name, sim.clock.now()))
        return JSONResponse(refused.body(), refused.status, refused.headers)


async def upload(sim: Simulation, request: Request) -> Response:
    """POST /upload/{key}: the content as the body or as a form file."""
    file_id = sim.uploads.pop(request.path_params["key"], None)
    if file_id is None:
        return Response("not found", 404)
    if "multipart" in request.headers.get("content-type", ""):
        async with request.form() as form:
            files = [value for value in form.values() if isinstance(value, UploadFile)]
            content = await files[0].read() if files else b""
    else:
        content = await request.body()
    sim.workspace.files[file_id].content = content
    return Response(f"OK - {len(content)}")


async def _arguments(request: Request) -> Json:
    args: Json = dict(request.query_params)
    kind = request.headers.get("content-type", "")
    if "json" in kind:
        args |= await _json(request)
    elif "form" in kind:
        async with request.form() as form:
            args |= {key: value for key, value in form.items() if isinstance(value, str)}
    return args


async def _json(request: Request) -> Json:
    raw = await request.body()
    if not raw:
        return {}
    try:
        body: Any = await request.json()
    except ValueError:
        raise SlackError("invalid_json") from None
    if not isinstance(body, dict):
        raise SlackError("json_not_object")
    return body


def _token(request: Request, args: Json) -> str:
    """Removes the token from the arguments, which are recorded, and returns it."""
    token = str(args.pop("token", ""))
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    return bearer if scheme.lower() == "bearer" and bearer else token


def _authorized(sim: Simulation, name: str, token: str) -> Method:
    method = METHODS.get(name)
    if method is None:
        raise SlackError("unknown_method", extra={"req_method": name})
    if name == "api.test":
        return method
    if not token:
        raise SlackError("not_authed")
    kinds = {sim.credentials.bot_token: "bot", sim.credentials.app_token: "app"}
    if token not in kinds:
        raise SlackError("invalid_auth")
    if kinds[token] != method.by:
        raise SlackError("not_allowed_token_type")
    if method.scope:
        need(sim, method.scope)
    return method


def _headers(sim: Simulation) -> dict[str, str]:
    return {"X-OAuth-Scopes": ",".join(sorted(sim.scopes))}
