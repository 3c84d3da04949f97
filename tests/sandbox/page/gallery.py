"""One message for every kind of block, as an app may post it."""

from typing import Any

Json = dict[str, Any]
Blocks = list[Json]

PIXEL = "data:image/gif;base64,R0lGODlhAQABAIAAAP///wAAACwAAAAAAQABAAACAkQBADs="
NOON = 1_750_000_000
"""2025-06-15, 15:06:40 in UTC."""


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> Json:
    return {"type": "mrkdwn", "text": text}


def section(text: str, **fields: Any) -> Json:
    return {"type": "section", "text": mrkdwn(text), **fields}


def button(text: str, **fields: Any) -> Json:
    return {"type": "button", "text": plain(text), "action_id": text.lower().replace(" ", "_"), **fields}


def option(text: str, value: str | None = None, **fields: Any) -> Json:
    return {"text": plain(text), "value": value or text.lower(), **fields}


def select(kind: str, placeholder: str, **fields: Any) -> Json:
    return {"type": kind, "placeholder": plain(placeholder), "action_id": placeholder, **fields}


def field(label: str, element: Json, **fields: Any) -> Json:
    name = label.lower().replace(" ", "_")
    return {
        "type": "input",
        "block_id": name,
        "label": plain(label),
        "element": {"action_id": name, **element},
        **fields,
    }


def number(value: float, text: str) -> Json:
    return {"type": "raw_number", "value": value, "text": text}


def raw(text: str) -> Json:
    return {"type": "raw_text", "text": text}


def run(text: str, **style: bool) -> Json:
    return {"type": "text", "text": text, **({"style": style} if style else {})}


def rich(*elements: Json) -> Json:
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": list(elements)}]}


CHOICES = [option("First"), option("Second"), option("Third")]

TEXT: Blocks = [
    {"type": "header", "text": plain("Acme Ltd :maple_leaf:")},
    section(
        "*bold* _italic_ ~struck~ `code` <https://acme.example/x?a=1&amp;b=2|Acme's site> "
        "<@U02RAJ> <#C02BILLING> <!here> a &lt;tag&gt; &amp; :tada: :no_such_emoji:\n"
        "> a quote\n> of two lines\nafter it\n```\nx = <y>\n```",
    ),
    section(
        f"Due <!date^{NOON}^{{date_short}} at {{time}}|2025-06-15 15:06 UTC>, "
        f"unknown <!date^{NOON}^{{nonsense}}|the fallback>",
    ),
    {
        "type": "section",
        "fields": [
            mrkdwn("*Status*\nActive"),
            mrkdwn("*Price*\n$49.00"),
            plain("Plain :zap:"),
            mrkdwn("*Since*\n2024"),
        ],
    },
    {"type": "divider"},
    {
        "type": "context",
        "elements": [
            {"type": "image", "image_url": "https://elsewhere.example/logo.png", "alt_text": "A logo"},
            mrkdwn("Read *just now* · sandbox"),
        ],
    },
]

ACTIONS: Blocks = [
    {
        "type": "actions",
        "elements": [
            button("Overview", style="primary"),
            button("Products"),
            button("Open in Autumn", url="https://autumn.example/customers/1"),
            button(
                "Delete",
                style="danger",
                confirm={
                    "title": plain("Sure?"),
                    "text": mrkdwn("*Really* delete"),
                    "confirm": plain("Yes"),
                    "deny": plain("No"),
                    "style": "danger",
                },
            ),
            {"type": "overflow", "action_id": "more", "options": [option("Rename"), option("Archive")]},
        ],
    },
    {
        "type": "actions",
        "elements": [
            select("static_select", "Feature", options=CHOICES),
            select("users_select", "Who"),
            select("conversations_select", "Where"),
            {"type": "datepicker", "action_id": "day", "initial_date": "2026-01-31"},
            {"type": "timepicker", "action_id": "hour", "initial_time": "09:30"},
        ],
    },
    section("A section with a button", accessory=button("Show rows")),
    section("A section with a picture", accessory={"type": "image", "image_url": PIXEL, "alt_text": "A dot"}),
    section(
        "A section with choices", accessory={"type": "checkboxes", "action_id": "boxes", "options": CHOICES}
    ),
    {
        "type": "context_actions",
        "elements": [
            {
                "type": "feedback_buttons",
                "action_id": "feedback",
                "positive_button": {"text": plain("Good"), "value": "good"},
                "negative_button": {"text": plain("Bad"), "value": "bad"},
            },
            {"type": "icon_button", "icon": "trash", "text": plain("Remove"), "action_id": "remove"},
        ],
    },
]

MARKDOWN = """## A heading

- **bold** item
- [x] done

1. first
2. [link](https://acme.example)

| a | b |
|---|---|
| 1 | 2 |

```
code
```"""

RICH: Blocks = [
    {
        "type": "rich_text",
        "elements": [
            {
                "type": "rich_text_section",
                "elements": [
                    run("Bold", bold=True),
                    run(", "),
                    run("struck", strike=True),
                    run(", "),
                    run("code", code=True),
                    run(" and a "),
                    {"type": "link", "url": "https://acme.example", "text": "link"},
                    run(" for "),
                    {"type": "user", "user_id": "U01ANA"},
                    run(" "),
                    {"type": "emoji", "name": "wave"},
                    run(" at "),
                    {"type": "date", "timestamp": NOON, "format": "{date_num} {time}", "fallback": "then"},
                    run("\n"),
                ],
            },
            {
                "type": "rich_text_list",
                "style": "bullet",
                "indent": 0,
                "elements": [{"type": "rich_text_section", "elements": [run("One")]}],
            },
            {
                "type": "rich_text_list",
                "style": "ordered",
                "indent": 1,
                "elements": [
                    {"type": "rich_text_section", "elements": [run("Inner first")]},
                    {"type": "rich_text_section", "elements": [run("Inner second")]},
                ],
            },
            {"type": "rich_text_quote", "elements": [run("Quoted")]},
            {"type": "rich_text_preformatted", "elements": [run('{"a": 1}')]},
        ],
    },
    {
        "type": "markdown",
        "text": MARKDOWN,
    },
    {"type": "image", "image_url": PIXEL, "alt_text": "A white dot", "title": plain("A picture")},
    {
        "type": "card",
        "title": mrkdwn("Pro plan"),
        "subtitle": mrkdwn("Active"),
        "body": mrkdwn("Renews *soon*"),
        "actions": [button("Open card")],
    },
]

TABLE: Blocks = [
    {
        "type": "table",
        "column_settings": [{"is_wrapped": True}, {"align": "right"}],
        "rows": [
            [raw("Feature"), raw("Left")],
            [raw("Messages"), raw("120")],
            [rich(run("Seats", bold=True)), raw("3")],
        ],
    }
]

INVOICES = [("INV-3", 49.0), ("INV-12", 1200.5), ("INV-1", -7.25), ("INV-20", 300.0), ("INV-5", 88.0)]

DATA_TABLE: Blocks = [
    {
        "type": "data_table",
        "caption": "Invoices",
        "page_size": 3,
        "row_header_column_index": 0,
        "rows": [
            [raw("Number"), raw("Total"), raw("Status")],
            *(
                [
                    raw(name),
                    number(total, f"${total:,.2f}"),
                    rich(run("paid" if total > 100 else "open", bold=True)),
                ]
                for name, total in INVOICES
            ),
        ],
    }
]

DAYS = [f"Jun {day}" for day in range(1, 15)]


def series(name: str, factor: float) -> Json:
    return {
        "name": name,
        "data": [{"label": day, "value": round(((at * 37) % 11) * factor, 2)} for at, day in enumerate(DAYS)],
    }


def chart(kind: str, title: str, *names: str) -> Json:
    return {
        "type": "data_visualization",
        "title": title,
        "chart": {
            "type": kind,
            "series": [series(name, 120 * (at + 1)) for at, name in enumerate(names)],
            "axis_config": {"categories": DAYS, "x_label": "Day", "y_label": "Messages"},
        },
    }


CHARTS: Blocks = [chart("bar", "Messages a day", "Sent", "Received"), chart("line", "Over time", "Sent")]

MORE_CHARTS: Blocks = [
    chart("area", "Filled", "Sent"),
    {
        "type": "data_visualization",
        "title": "By feature",
        "chart": {
            "type": "pie",
            "segments": [
                {"label": "Messages", "value": 60},
                {"label": "Seats", "value": 30},
                {"label": "Storage", "value": 10},
            ],
        },
    },
]

HOSTILE = '<img src=x onerror="window.stung=1"><script>window.stung=1</script>'
ESCAPED = HOSTILE.replace("<", "&lt;").replace(">", "&gt;")

HOSTILE_BLOCKS: Blocks = [
    {"type": "header", "text": plain(HOSTILE)},
    section(f"{ESCAPED} *{ESCAPED}* `{ESCAPED}` <https://acme.example|{ESCAPED}> &lt;!channel&gt;"),
    section("<javascript:window.stung=1|press me> <https://a.example/&quot;onclick=&quot;stung|quoted>"),
    rich(run(HOSTILE), {"type": "link", "url": "javascript:window.stung=1", "text": "rich press"}),
    {"type": "markdown", "text": f"{HOSTILE} [md press](javascript:window.stung=1)"},
    {"type": "actions", "elements": [button("Button " + HOSTILE[:60], action_id="hostile")]},
]

FORM: Blocks = [
    {"type": "alert", "level": "warning", "text": mrkdwn("*Past due* since Monday")},
    section("Say what should change."),
    field("Reason", {"type": "plain_text_input"}, hint=plain("Everybody can read it.")),
    field("Note", {"type": "plain_text_input", "multiline": True}, optional=True),
    field("Amount", {"type": "number_input", "is_decimal_allowed": False, "min_value": "1"}),
    field("Mail", {"type": "email_text_input"}, optional=True),
    field("Ticket", {"type": "url_text_input"}, optional=True),
    field("Customer", {"type": "external_select", "min_query_length": 2, "placeholder": plain("Search")}),
    field("Tags", {"type": "multi_static_select", "options": CHOICES}, optional=True),
    field("Kind", {"type": "radio_buttons", "options": CHOICES, "initial_option": CHOICES[0]}),
    field("Boxes", {"type": "checkboxes", "options": CHOICES}, optional=True),
    field("Day", {"type": "datepicker"}, optional=True),
    field("Time", {"type": "timepicker"}, optional=True),
    field("Moment", {"type": "datetimepicker"}, optional=True),
    field("Person", {"type": "users_select"}, optional=True),
    field("Channel", {"type": "channels_select"}, optional=True),
    field("List", {"type": "file_input", "filetypes": ["csv"], "max_files": 1}, optional=True),
]

MODAL: Json = {
    "type": "modal",
    "callback_id": "form",
    "title": plain("Change a balance"),
    "submit": plain("Send"),
    "close": plain("Cancel"),
    "blocks": FORM,
}

MESSAGES: dict[str, Blocks] = {
    "text": TEXT,
    "actions": ACTIONS,
    "rich": RICH,
    "table": TABLE,
    "data table": DATA_TABLE,
    "charts": CHARTS,
    "more charts": MORE_CHARTS,
    "hostile": HOSTILE_BLOCKS,
}
