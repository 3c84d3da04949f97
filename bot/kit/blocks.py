"""Block Kit, by way of slackblocks: every block has an id that we chose, every mrkdwn is `verbatim` and no
plain text has emoji, so that Slack adds no link, mention or picture of its own to what came from outside.
"""

from collections.abc import Sequence
from typing import Any, TypeAlias

import slackblocks as kit

from bot.kit.card import Block

Text: TypeAlias = kit.Text
Button: TypeAlias = kit.Button
Picker: TypeAlias = kit.ExternalSelectMenu
Menu: TypeAlias = kit.OverflowMenu
Cell: TypeAlias = kit.RawText | kit.RawNumber | kit.RichTextBlock

BUTTON_VALUE = 2000
BLOCK_ID = 255
OPTION = 75
MENU_OPTIONS = 5
MENU_VALUE = 150
CHART_POINTS = 20
CHART_LABEL = 20
CHART_TITLE = 50


def plain(text: str) -> Text:
    return kit.PlainText(text)


def mrkdwn(text: str) -> Text:
    return kit.Markdown(text, verbatim=True)


def header(block_id: str, text: str) -> Block:
    return _drawn(kit.HeaderBlock(plain(text), block_id=block_id))


def section(block_id: str, text: str | Text, *, accessory: kit.Button | Picker | None = None) -> Block:
    """`text` is mrkdwn unless it is `plain`."""
    text_object = mrkdwn(text) if isinstance(text, str) else text
    return _drawn(kit.SectionBlock(text_object, block_id=block_id, accessory=accessory))


def waiting(sentence: str) -> Block:
    """Shown alone while something is being read or done (mrkdwn)."""
    return section("waiting", f":hourglass_flowing_sand: {sentence}")


def context(block_id: str, *texts: str | Text) -> Block:
    elements: list[Any] = [mrkdwn(text) if isinstance(text, str) else text for text in texts]
    return _drawn(kit.ContextBlock(elements, block_id=block_id))


def actions(block_id: str, elements: Sequence[kit.Element]) -> Block:
    return _drawn(kit.ActionsBlock(list(elements), block_id=block_id))


def divider(block_id: str) -> Block:
    return _drawn(kit.DividerBlock(block_id=block_id))


def button(
    label: str,
    action_id: str,
    value: str = "",
    *,
    primary: bool = False,
    danger: bool = False,
    confirm: kit.ConfirmationDialogue | None = None,
) -> Button:
    return kit.Button(
        plain(label),
        action_id=action_id,
        value=value or None,
        style="primary" if primary else "danger" if danger else None,
        confirm=confirm,
    )


def link_button(label: str, action_id: str, url: str) -> Button:
    """Opens an address. Slack reports the click as well."""
    return kit.Button(plain(label), action_id=action_id, url=url)


def confirm(title: str, text: str, yes: str, no: str, *, danger: bool = False) -> kit.ConfirmationDialogue:
    return kit.ConfirmationDialogue(
        title=plain(title),
        text=plain(text),
        confirm=plain(yes),
        deny=plain(no),
        style="danger" if danger else None,
    )


def option(label: str, value: str, description: str = "") -> kit.Option:
    return kit.Option(plain(label), value, description=plain(description) if description else None)


def menu(action_id: str, options: Sequence[kit.Option]) -> Menu:
    """The three dots. 1 to 5 options."""
    return kit.OverflowMenu(action_id=action_id, options=list(options))


def picker(action_id: str, placeholder: str, *, min_query: int, initial: kit.Option | None = None) -> Picker:
    """A select whose options are asked for as the person types."""
    return kit.ExternalSelectMenu(
        action_id=action_id,
        placeholder=plain(placeholder),
        min_query_length=min_query,
        initial_option=initial,
    )


def person(action_id: str, placeholder: str, initial: str = "") -> kit.UserSelectMenu:
    """A select of one person of the workspace, by their id."""
    return kit.UserSelectMenu(
        action_id=action_id, initial_user=initial or None, placeholder=plain(placeholder)
    )


def radio(action_id: str, options: Sequence[kit.Option], initial: kit.Option) -> kit.RadioButtonGroup:
    return kit.RadioButtonGroup(action_id=action_id, options=list(options), initial_option=initial)


def select(
    action_id: str, placeholder: str, options: Sequence[kit.Option], initial: kit.Option | None = None
) -> kit.StaticSelectMenu:
    """1 to 100 options."""
    return kit.StaticSelectMenu(
        action_id=action_id, options=list(options), initial_option=initial, placeholder=plain(placeholder)
    )


def several(
    action_id: str,
    placeholder: str,
    options: Sequence[kit.Option],
    initial: Sequence[kit.Option] = (),
    *,
    most: int,
) -> kit.StaticMultiSelectMenu:
    """A select of which several can be chosen. 1 to 100 options."""
    return kit.StaticMultiSelectMenu(
        action_id=action_id,
        options=list(options),
        initial_options=list(initial) or None,
        max_selected_items=most,
        placeholder=plain(placeholder),
    )


def several_picker(
    action_id: str, placeholder: str, *, min_query: int, initial: Sequence[kit.Option] = (), most: int
) -> kit.ExternalMultiSelectMenu:
    """The same, with options that are asked for as the person types."""
    return kit.ExternalMultiSelectMenu(
        action_id=action_id,
        placeholder=plain(placeholder),
        min_query_length=min_query,
        initial_options=list(initial) or None,
        max_selected_items=most,
    )


def ticks(
    action_id: str, options: Sequence[kit.Option], initial: Sequence[kit.Option] = ()
) -> kit.CheckboxGroup:
    return kit.CheckboxGroup(
        action_id=action_id, options=list(options), initial_options=list(initial) or None
    )


def typed(
    action_id: str, initial: str = "", *, most: int | None = None, lines: bool = False, telling: bool = False
) -> kit.PlainTextInput:
    """A text to type. `telling`: where the input listens, Slack reports every character."""
    return kit.PlainTextInput(
        action_id=action_id,
        initial_value=initial or None,
        multiline=lines,
        max_length=most,
        dispatch_action_config=kit.DispatchActionConfiguration(["on_character_entered"]) if telling else None,
    )


def file(action_id: str, filetypes: Sequence[str]) -> kit.FileInput:
    """One file from the person's own machine. Slack checks the extension, and nothing else."""
    return kit.FileInput(action_id=action_id, filetypes=list(filetypes), max_files=1)


def address(action_id: str, initial: str = "") -> kit.URLInput:
    return kit.URLInput(action_id=action_id, initial_value=initial or None)


def moment(action_id: str, initial: int | None = None) -> kit.DateTimePicker:
    """A date and time in the person's own zone. `initial`: seconds since the epoch."""
    return kit.DateTimePicker(action_id=action_id, initial_datetime=initial)


def clock(action_id: str, initial: str) -> kit.TimePicker:
    """A time of day. `initial`: `09:00`."""
    return kit.TimePicker(action_id=action_id, initial_time=initial)


def field(
    block_id: str,
    label: str,
    element: kit.Element,
    hint: str = "",
    *,
    optional: bool = False,
    listens: bool = False,
) -> Block:
    """An input of a modal. `listens`: Slack reports at once what is filled in."""
    hint_text = plain(hint) if hint else None
    return _drawn(
        kit.InputBlock(
            plain(label),
            element,
            hint=hint_text,
            block_id=block_id,
            optional=optional,
            dispatch_action=listens,
        )
    )


def drawn_option(choice: kit.Option) -> dict[str, Any]:
    """An option as an options request is answered with."""
    drawn: dict[str, Any] = _literal(choice._resolve())
    return drawn


def cell(text: str) -> Cell:
    """A table cell; Slack refuses an empty one."""
    return kit.RawText(text or "–")


def quantity(value: float, text: str) -> Cell:
    """A table cell that sorts as a number."""
    return kit.RawNumber(value, text)


def link(url: str, label: str) -> Cell:
    return kit.RichTextBlock(kit.RichTextSection([kit.RichTextLink(url=url, text=label)]), block_id="link")


def table(block_id: str, caption: str, rows: Sequence[Sequence[Cell]]) -> Block:
    """The first row is the header. 2 to 101 rows."""
    drawn = _drawn(
        kit.DataTableBlock(
            [list(cells) for cells in rows],
            caption=caption,
            page_size=min(100, len(rows) - 1),
            block_id=block_id,
        )
    )
    for row in drawn["rows"]:
        for drawn_cell in row:
            drawn_cell.pop("block_id", None)  # only blocks of the message itself have an id
    return drawn


def bars(block_id: str, title: str, name: str, points: Sequence[tuple[str, float]]) -> Block:
    """A bar chart of 1 to 20 points with unique labels."""
    return grouped_bars(
        block_id, title, [label for label, _ in points], [(name, [value for _, value in points])]
    )


def grouped_bars(
    block_id: str, title: str, labels: Sequence[str], series: Sequence[tuple[str, Sequence[float]]]
) -> Block:
    """A bar chart of 1 to 6 series with unique names, each with a value for every label."""
    chart = kit.BarChart(_series(labels, series), kit.AxisConfig(list(labels)))
    return _drawn(kit.DataVisualizationBlock(title, chart, block_id=block_id))


def lines(
    block_id: str, title: str, labels: Sequence[str], series: Sequence[tuple[str, Sequence[float]]]
) -> Block:
    """The same with lines for bars."""
    chart = kit.LineChart(_series(labels, series), kit.AxisConfig(list(labels)))
    return _drawn(kit.DataVisualizationBlock(title, chart, block_id=block_id))


def _series(labels: Sequence[str], series: Sequence[tuple[str, Sequence[float]]]) -> list[kit.DataSeries]:
    return [
        kit.DataSeries(
            name, [kit.DataPoint(label, value) for label, value in zip(labels, values, strict=True)]
        )
        for name, values in series
    ]


def _drawn(block: kit.Block) -> Block:
    drawn: Block = _literal(block._resolve())
    return drawn


def _literal(value: Any) -> Any:
    """The library leaves `emoji: false` out, and Slack takes that for true."""
    if isinstance(value, dict):
        if value.get("type") == "plain_text":
            value["emoji"] = False
        else:
            for inner in value.values():
                _literal(inner)
    elif isinstance(value, list):
        for inner in value:
            _literal(inner)
    return value
