"""Submits modals: validates inputs as Slack does and applies the app's response_action."""

import re

from sandbox.slack import elements
from sandbox.slack.blocks.check import checked_view
from sandbox.slack.delivery import Body
from sandbox.slack.errors import SlackError
from sandbox.slack.model import Json, User
from sandbox.slack.simulation import Simulation
from sandbox.slack.views import View


def invalid_inputs(view: View) -> dict[str, str]:
    """Slack's errors for invalid inputs, by block_id."""
    state = elements.values(view.blocks, view.chosen)
    errors: dict[str, str] = {}
    for block, element in elements.each(view.blocks):
        if block["type"] != "input":
            continue
        state_of_input = state[block["block_id"]][element["action_id"]]
        value = state_of_input[elements.STATEFUL[element["type"]][0]]
        words = _wrong(element, value, optional=bool(block.get("optional")))
        if words:
            errors[block["block_id"]] = words
    return errors


def _wrong(element: Json, value: object, *, optional: bool) -> str | None:
    if value is None or value in ("", []):
        return None if optional else "Please complete this required field."
    text = str(value)
    match element["type"]:
        case "plain_text_input":
            return _wrong_length(element, text)
        case "number_input":
            return _wrong_number(element, text)
        case "email_text_input" if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", text):
            return "Please enter a valid email address."
        case "url_text_input" if not re.match(r"https?://\S+$", text):
            return "Please enter a valid URL."
    return None


def _wrong_length(element: Json, text: str) -> str | None:
    if len(text) < element.get("min_length", 0):
        return f"Must be at least {element['min_length']} characters."
    if len(text) > element.get("max_length", 3000):
        return f"Must be at most {element.get('max_length', 3000)} characters."
    return None


def _wrong_number(element: Json, text: str) -> str | None:
    if not re.fullmatch(r"[+-]?\d+(\.\d+)?", text):
        return "Please enter a number."
    if "." in text and not element.get("is_decimal_allowed"):
        return "Please enter a whole number."
    if "min_value" in element and float(text) < float(element["min_value"]):
        return f"Must be at least {element['min_value']}."
    if "max_value" in element and float(text) > float(element["max_value"]):
        return f"Must be at most {element['max_value']}."
    return None


def respond(sim: Simulation, user: User, view: View, body: Body) -> None:
    """Applies the app's response to a submission. Raises SlackError if it is invalid."""
    answer = body if isinstance(body, dict) else {}
    match answer.get("response_action"):
        case None:
            if view in sim.views.stack(user.id):
                sim.views.pop(user.id)
        case "clear":
            sim.views.clear(user.id)
        case "errors":
            _show_errors(sim, user, view, answer.get("errors"))
        case "update":
            body_view = checked_view(answer.get("view"), missing=sim.missing_blocks)
            sim.views.update(body_view, view_id=view.id)
        case "push":
            sim.views.push_for(user.id, checked_view(answer.get("view"), missing=sim.missing_blocks))
        case unknown:
            raise SlackError("invalid_response_action", messages=[str(unknown)])


def _show_errors(sim: Simulation, user: User, view: View, errors: object) -> None:
    inputs = {block.get("block_id") for block in view.blocks if block["type"] == "input"}
    if not isinstance(errors, dict) or not errors or not set(errors) <= inputs:
        raise SlackError("invalid_errors")
    view.errors = {str(block_id): str(words) for block_id, words in errors.items()}
    sim.views.tell(user.id)
