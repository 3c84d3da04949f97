"""The list and the form of alerts, as values."""

from typing import Any

import pytest

from bot.access import post_words
from bot.access import words as access_words
from bot.access.policy import Decision, DecisionReason
from bot.access.post_targets import Pause
from bot.access.refusal import Ask, PolicyRefusal
from bot.access.rules import Verb
from bot.alerts import form, sources, words
from bot.alerts.card import MOST, AlertList, alert_list, alert_note, alert_stopped, alerts_waiting
from bot.alerts.form import AlertMeta, AlertState
from bot.alerts.model import AlertChoice, AlertSubscription
from bot.lookups import options
from bot.slack.channels import ChannelProblem
from tests.alerts.harness import EVERYTHING

META = AlertMeta(submission="s", channel="C1")


def subscription(**changes: Any) -> AlertSubscription:
    values: dict[str, Any] = {
        "id": "a1",
        "channel": "C1",
        "team": "T1",
        "owner": "U1",
        "choice": EVERYTHING,
        "private": False,
        "pause": None,
        "stopped_by": "",
        "version": 1,
    }
    return AlertSubscription(**{**values, **changes})


def texts(view: dict[str, Any]) -> str:
    return str(view["blocks"])


def labels(view: dict[str, Any]) -> list[str]:
    return [
        element["text"]["text"]
        for block in view["blocks"]
        if block["type"] == "actions"
        for element in block["elements"]
    ]


def test_list_shows_both_kinds_with_their_buttons() -> None:
    paused = subscription(channel="U1", pause=Pause.ASKED, stopped_by="U2")
    view = alert_list(AlertList("C1", [subscription()], [paused]), words.AlertNote.CREATED)
    assert words.NOTES[words.AlertNote.CREATED] in texts(view)
    assert labels(view) == [
        words.EDIT,
        words.PAUSE,
        words.REMOVE,
        words.EDIT,
        words.RESUME,
        words.REMOVE,
        words.NEW,
    ]
    assert post_words.paused_by("<@U2>") in texts(view)
    ids = [
        element["action_id"]
        for block in view["blocks"]
        for element in block.get("elements", [])
        if "action_id" in element
    ]
    assert len(ids) == len(set(ids))


def test_list_in_an_unfit_channel() -> None:
    paused = subscription(pause=Pause.SHARED)
    view = alert_list(AlertList("C1", [paused], problem=ChannelProblem.SHARED, webhooks=False))
    assert words.PROBLEMS[ChannelProblem.SHARED].what in texts(view)
    assert words.NO_WEBHOOKS in texts(view)
    assert words.PAUSES[Pause.SHARED] in texts(view)
    assert labels(view) == [words.EDIT, words.REMOVE, words.NEW], "none can be resumed"


REFUSAL = PolicyRefusal(
    Decision(False, DecisionReason.NO_RULE), "@leads", Ask(verb=Verb.DIGESTS, channel="C123")
)


def test_list_without_permission() -> None:
    view = alert_list(AlertList("C1", [subscription()], refusal=REFUSAL))
    assert words.ONLY_OTHERS in texts(view)
    assert access_words.who_may("@leads") in texts(view)
    assert labels(view) == [access_words.ASK_THEM]


def test_empty_list() -> None:
    assert words.NO_ALERTS in texts(alert_list(AlertList("C1")))
    assert words.LIST_LOADING in texts(alerts_waiting("C1"))


def test_full_list_fits_into_a_modal() -> None:
    many = [subscription(id=f"a{number}") for number in range(MOST + 2)]
    view = alert_list(
        AlertList("C1", many, many, problem=ChannelProblem.OUT, webhooks=False), words.AlertNote.CHANGED
    )
    assert len(view["blocks"]) <= 100
    assert words.more(2) in texts(view)


def test_filters_are_shown_by_name() -> None:
    choice = AlertChoice(frozenset({"limit_reached", "gone"}), frozenset({"pro"}), frozenset({"messages"}))
    view = alert_list(AlertList("C1", [subscription(choice=choice)], called={"pro": "Pro *1*"}))
    assert words.products("Pro ∗1∗") in texts(view)
    assert words.features("messages") in texts(view)


@pytest.mark.parametrize(
    ("stopped", "expected"),
    [
        (subscription(pause=Pause.ARCHIVED), "in <#C1> is paused"),
        (subscription(pause=Pause.ASKED, stopped_by="U2"), "was paused* by <@U2>"),
        (subscription(stopped_by="U2"), "was removed* by <@U2>"),
        (subscription(), f"by {post_words.SOMEONE}"),
        (subscription(channel="U1", pause=Pause.LEFT), words.IN_YOUR_DIRECT_MESSAGES),
        (subscription(channel="x`", pause=Pause.REMOVED), "in `xˋ`"),
    ],
)
def test_owner_notice_gives_the_reason(stopped: AlertSubscription, expected: str) -> None:
    assert expected in str(alert_stopped(stopped).blocks)


def test_note_stands_alone_where_the_list_is_closed() -> None:
    assert alert_note(words.AlertNote.PAUSED).blocks[0]["text"]["text"] == words.NOTES[words.AlertNote.PAUSED]


# The form


def unchanged_values(view: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The values Slack sends when the form is submitted unchanged."""
    values: dict[str, dict[str, Any]] = {}
    for block in view["blocks"]:
        element = block["element"]
        held: dict[str, Any] = {}
        if "initial_options" in element:
            held["selected_options"] = element["initial_options"]
        if "initial_option" in element:
            held["selected_option"] = element["initial_option"]
        values[block["block_id"]] = {element["action_id"]: held}
    return values


def test_form_parses_to_what_it_was_built_from() -> None:
    choice = AlertChoice(frozenset({"past_due"}), frozenset({"pro"}), frozenset({"messages", "seats"}))
    meta = META.model_copy(update={"subscription": "a1", "version": 3})
    view = form.build(AlertState(meta, choice, called={"pro": "Pro"}))
    assert AlertMeta.decode(view["private_metadata"]) == meta
    parsed = form.parse(unchanged_values(view))
    assert parsed.input is not None
    assert parsed.input.choice == choice


@pytest.mark.parametrize("fit", [True, False])
def test_new_alert_goes_to_the_channel_where_allowed(fit: bool) -> None:
    parsed = form.parse(unchanged_values(form.build(AlertState(META, form.everything(), channel_fit=fit))))
    assert parsed.input is not None
    assert parsed.input.choice == EVERYTHING
    assert parsed.input.personal is not fit


def test_form_reports_errors() -> None:
    many = [{"value": str(number)} for number in range(21)]
    values = {form.PLANS_BLOCK: {"x": {"selected_options": many}}}
    assert form.parse(values).errors == {
        form.SOURCES_BLOCK: words.NO_SOURCE,
        form.PLANS_BLOCK: words.TOO_MANY_CHOSEN,
    }


def test_form_while_it_is_loaded_and_saved() -> None:
    assert words.LOADING in texts(form.loading(META))
    assert words.WORKING in texts(form.working(META))


def test_options_are_found_by_name_or_id() -> None:
    called = {"pro": "Professional", "team": "Team", "x" * 99: "Pro too long"}
    assert [option["value"] for option in options.named_options(called, "PRO")] == ["pro"]
    assert [option["value"] for option in options.named_options(called, "")] == ["pro", "team"]
    assert [option["text"]["text"] for option in options.named_options({"\u200b": "\u200b"}, "")] == [
        "\u200b"
    ]


def test_every_source_has_its_place_in_the_form() -> None:
    view = form.build(AlertState(META, form.everything()))
    offered = view["blocks"][0]["element"]["options"]
    assert [option["value"] for option in offered] == [source.key for source in sources.SOURCES]
