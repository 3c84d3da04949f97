"""The list of commands, hints for incomplete ones, and the notice that an answer takes long."""

from collections.abc import Sequence

from bot.kit import blocks, ids, layout, text
from bot.kit.card import Card
from bot.lookups import labels, registry
from bot.lookups.place import Place

_TYPED = blocks.BUTTON_VALUE // 2
"""Characters of a command that a button carries, which counts some of them twice."""
_USAGE = 200


def help_card(changes: Sequence[tuple[str, str]]) -> Card:
    """`changes`: what to type for each kind of change, and what it does."""
    return layout.card(
        [
            blocks.header("help", labels.HELP_TITLE),
            *layout.packed("commands", command_list(changes)),
            blocks.context("customer", labels.HELP_CUSTOMER),
        ],
        [],
        [],
        stamp=None,
    )


def command_list(changes: Sequence[tuple[str, str]]) -> list[str]:
    """Every command and what it does."""
    commands = (*registry.help_lines(), labels.HELP_FIND, *changes, *labels.HELP_MORE)
    return [f"• {text.code(f'{ids.COMMAND} {usage}', _USAGE)} {does}" for usage, does in commands]


def usage_hint(sub: str) -> Card:
    """For a sub-command without a customer."""
    hint = (
        labels.text_hint(ids.COMMAND) if sub == "find" else labels.usage_hint(ids.COMMAND, text.mrkdwn(sub))
    )
    return layout.card([blocks.section("hint", hint)], [], [], stamp=None)


def misread(usage: str, hint: str) -> Card:
    """For a sub-command that says a whole change and cannot be read. `hint`: in mrkdwn."""
    words = labels.misread(hint, text.code(f"{ids.COMMAND} {usage}", _USAGE))
    return layout.card([blocks.section("hint", words)], [], [], stamp=None)


def days_hint(most: int) -> Card:
    """For `/autumn upcoming` with anything but a number of days. `most`: how many days it can look ahead."""
    return layout.card([blocks.section("hint", labels.days_hint(ids.COMMAND, most))], [], [], stamp=None)


def form_button(typed: str) -> Card:
    """For a command with a form, in a message: Slack opens a form only for a click. `typed`: the command."""
    content = [
        blocks.section("form", labels.form_needs_click(text.code(typed, 200))),
        blocks.actions("open_form", [blocks.button(labels.OPEN_FORM, ids.RUN, typed[:_TYPED], primary=True)]),
    ]
    return layout.card(content, [], [], stamp=None)


def still_waiting(place: Place | None = None) -> Card:
    """Shown while Autumn takes longer than a person expects."""
    message = labels.still_waiting(text.code(place.customer) if place else "")
    return layout.card([blocks.context("still_waiting", message)], [], [], stamp=None)
