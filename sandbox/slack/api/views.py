"""views.* and blocks.validate."""

from typing import Any

from sandbox.slack.api.method import Args, method
from sandbox.slack.blocks.check import blocks_problems, checked_view, view_problems
from sandbox.slack.blocks.schema import Problem
from sandbox.slack.errors import SlackError
from sandbox.slack.model import Json
from sandbox.slack.simulation import Simulation


@method("views.open")
def views_open(sim: Simulation, args: Args) -> Json:
    view = _view(sim, args, "modal")
    return {"view": sim.views.open(args.required("trigger_id"), view).api()}


@method("views.push")
def views_push(sim: Simulation, args: Args) -> Json:
    view = _view(sim, args, "modal")
    return {"view": sim.views.push(args.required("trigger_id"), view).api()}


@method("views.update")
def views_update(sim: Simulation, args: Args) -> Json:
    view = _view(sim, args, None)
    view_id, external_id = args.text("view_id"), args.text("external_id")
    if not view_id and not external_id:
        raise SlackError("invalid_arguments", messages=["missing required field: view_id"])
    expected = args.text("hash")
    updated = sim.views.update(view, view_id=view_id, external_id=external_id, expected=expected)
    return {"view": updated.api()}


@method("views.publish")
def views_publish(sim: Simulation, args: Args) -> Json:
    if not sim.manifest.home_tab:
        raise SlackError("not_enabled")
    view = _view(sim, args, "home")
    user = sim.workspace.users.get(args.required("user_id"))
    if user is None or user.is_stranger:
        raise SlackError("user_not_found")
    return {"view": sim.views.publish(user.id, view, expected=args.text("hash")).api()}


@method("blocks.validate")
def blocks_validate(sim: Simulation, args: Args) -> Json:
    names = [name for name in ("blocks", "message", "view") if args.values.get(name) is not None]
    if len(names) != 1:
        raise SlackError("invalid_arguments", messages=["provide exactly one of blocks, message, view"])
    problems = _problems(sim, names[0], args.data(names[0]))
    if problems:
        raise SlackError("invalid_blocks", extra={"errors": [problem.api() for problem in problems]})
    return {}


def _problems(sim: Simulation, name: str, value: Any) -> list[Problem]:
    missing = sim.missing_blocks
    if name == "view":
        return view_problems(value, missing=missing)
    if name == "blocks":
        return blocks_problems(value, "message", missing=missing, tables=sim.tables)
    blocks = value.get("blocks") if isinstance(value, dict) else None
    problems = blocks_problems(blocks, "message", missing=missing, tables=sim.tables)
    return [problem.under("/blocks") for problem in problems]


def _view(sim: Simulation, args: Args, kind: str | None) -> Json:
    if not args.values.get("view"):
        raise SlackError("invalid_arguments", messages=["missing required field: view"])
    view = checked_view(args.values["view"], missing=sim.missing_blocks)
    if kind is not None and view["type"] != kind:
        raise SlackError("invalid_arguments", messages=[f"must be a {kind} [json-pointer:/view/type]"])
    return view
