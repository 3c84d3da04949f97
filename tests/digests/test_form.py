"""The form of a digest, filled in as a person would."""

from datetime import time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.changes.amounts import MOST
from bot.digests import form as digest_form
from bot.digests import sections, setup_words
from bot.digests.form import DigestInput, DigestMeta, DigestState
from bot.digests.model import WORKDAYS, DigestContent, Schedule
from bot.digests.schedule import zones
from bot.kit import ids, text
from bot.lookups import options
from sandbox.slack import elements
from tests.changes.filling import modal
from tests.digests.test_card_properties import SCHEDULES, WANTED
from tests.examples import examples
from tests.kit import checks
from tests.lookups.test_any_customer import TEXTS

META = DigestMeta(submission="s1", channel="C1")
PLANS = {"pro": "Pro", "free": "Free", "": "nameless", "p" * 76: "long"}


class Form:
    def __init__(self, state: DigestState) -> None:
        self.view = modal(digest_form.build(state))
        self._chosen: dict[str, dict[str, Any]] = {}

    @property
    def values(self) -> dict[str, Any]:
        form_values: dict[str, Any] = elements.values(self.view["blocks"], self._chosen)
        return form_values

    def element(self, block_id: str) -> dict[str, Any]:
        (block,) = [
            element_in_block
            for block, element_in_block in elements.each(self.view["blocks"])
            if block["block_id"] == block_id
        ]
        return block

    def put(self, block_id: str, value: Any) -> None:
        element = self.element(block_id)
        key = elements.STATEFUL[element["type"]][0]
        self._chosen[block_id] = {element["action_id"]: {"type": element["type"], key: value}}

    def pick(self, block_id: str, *values: str) -> None:
        element = self.element(block_id)
        if element["type"] in elements.MANY:
            self.put(block_id, [{"value": value} for value in values])
        else:
            self.put(block_id, {"value": values[0]} if values else None)

    def submit(self) -> digest_form.DigestParsed:
        return digest_form.parse(self.values)


def opened(**changes: Any) -> Form:
    fields: dict[str, Any] = {"schedule": Schedule(zone="Europe/Berlin"), "plans": PLANS}
    return Form(DigestState(META, **{**fields, **changes}))


def test_unchanged_form_creates_the_default_digest() -> None:
    form = opened()
    assert form.submit().input == DigestInput(
        Schedule(WORKDAYS, time(9), "Europe/Berlin"), DigestContent(frozenset(sections.default_keys()), 7)
    )
    assert form.view["submit"]["text"] == "Create"
    assert form.view["title"]["text"] == "New digest"
    assert DigestMeta.decode(form.view["private_metadata"]) == META


def test_every_field_is_parsed() -> None:
    form = opened()
    form.pick("sections", "unpaid", "resets")
    form.pick("days", "30")
    form.pick("weekdays", "0", "6")
    form.put("time", "17:45")
    form.pick("zone", "America/New_York")
    form.pick("plans", "pro")
    form.put("minimum", "1.5k")
    form.pick("empty", "only_new")
    form.put("name", "  Dunning ")
    form.put("person", "U3LEA")
    form.put("mention", "U1ANA")
    form.pick("group", "S1LEADS")
    assert form.submit().input == DigestInput(
        Schedule(frozenset({0, 6}), time(17, 45), "America/New_York"),
        DigestContent(
            frozenset({"unpaid", "resets"}),
            30,
            frozenset({"pro"}),
            Decimal(1500),
            skip_empty=False,
            only_new=True,
            name="Dunning",
            mentions=("U1ANA", "S1LEADS"),
        ),
        person="U3LEA",
    )


@pytest.mark.parametrize(
    ("block", "value", "error"),
    [
        ("sections", [], "Choose at least one section."),
        ("sections", [{"value": "odd"}], "Choose at least one section."),
        ("weekdays", [], "Choose at least one day."),
        ("weekdays", [{"value": "7"}], "Choose at least one day."),
        ("days", None, "Pick how far ahead"),
        ("days", {"value": "32"}, "Pick how far ahead"),
        ("days", {"value": "-1"}, "Pick how far ahead"),
        ("days", {"value": "9" * 5000}, "Pick how far ahead"),
        ("time", None, "Pick a time."),
        ("time", "25:00", "Pick a time."),
        ("zone", None, "Pick a time zone"),
        ("zone", {"value": "Nowhere"}, "Pick a time zone"),
        ("plans", [{"value": str(index)} for index in range(21)], "at most 20 products"),
        ("minimum", "-1", "can't be below zero"),
        ("minimum", "five", "not a number"),
        ("minimum", "1.000", "two ways"),
        ("minimum", "9b000", "not a number"),
        ("minimum", str(MOST * 10), "1,000,000,000,000"),
        ("minimum", "1.0000001", "6"),
    ],
)
def test_errors_are_shown_at_their_field(block: str, value: Any, error: str) -> None:
    form = opened()
    form.put(block, value)
    parsed = form.submit()
    assert parsed.input is None
    assert set(parsed.errors) == {block}
    assert error in parsed.errors[block]


@pytest.mark.parametrize("name", ["U1", "<@U1ANA>", "everyone", "S1LEADS"])
def test_unknown_person_is_dropped(name: str) -> None:
    form = opened()
    form.put("person", name)
    form.put("mention", name)
    filled = form.submit().input
    assert filled is not None
    assert (filled.person, filled.content.mentions) == ("", ()) or name == "U1"


def test_unknown_group_is_not_mentioned() -> None:
    form = opened()
    form.pick("group", "<!channel>")
    filled = form.submit().input
    assert filled is not None
    assert filled.content.mentions == ()


def test_form_asks_for_a_person_where_a_channel_can_have_no_digest() -> None:
    form = opened(channel_fit=False, person="U1ANA")
    assert form.element("person")["initial_user"] == "U1ANA"
    (block,) = [block for block in form.view["blocks"] if block["block_id"] == "person"]
    assert not block.get("optional")
    filled = form.submit().input
    assert filled is not None
    assert filled.person == "U1ANA"


def test_edit_form_keeps_name_and_mentions() -> None:
    meta = DigestMeta(submission="s2", channel="C1", digest="dig_1", version=4)
    content = DigestContent(name="Dunning", mentions=("U1ANA", "S1LEADS"), only_new=True)
    groups = {"S1LEADS": "@leads"}
    form = Form(DigestState(meta, Schedule(), content, PLANS, groups))
    assert form.element("group")["initial_option"]["text"]["text"] == "@leads"
    assert "person" not in [block["block_id"] for block in form.view["blocks"]], "where it goes stays"
    filled = form.submit().input
    assert filled is not None
    assert filled.content == content
    unknown = Form(DigestState(meta, Schedule(), DigestContent(mentions=("S1LEADS",)), PLANS))
    assert unknown.element("group")["initial_option"]["text"]["text"] == "S1LEADS"


def test_user_groups_are_offered_by_handle() -> None:
    groups = {"S2": "@support", "S1": "@billing-leads"}
    offered = [option["value"] for option in options.named_options(groups)]
    assert offered == ["S1", "S2"]
    assert [option["value"] for option in options.named_options(groups, "SUPP")] == ["S2"]


def test_edit_form_shows_the_digest() -> None:
    meta = DigestMeta(submission="s2", channel="C1", digest="dig_1", version=4)
    content = DigestContent(frozenset({"trials"}), 5, frozenset({"old", "pro"}), Decimal("2.5"))
    form = Form(DigestState(meta, Schedule(), content, PLANS))
    assert (form.view["submit"]["text"], form.view["title"]["text"]) == ("Save", "Edit digest")
    assert DigestMeta.decode(form.view["private_metadata"]) == meta
    days = form.element("days")
    assert [option["value"] for option in days["options"]] == ["1", "3", "5", "7", "14", "30"]
    assert days["options"][0]["text"]["text"] == "24 hours"
    plans = form.element("plans")
    assert plans["type"] == "multi_static_select"
    assert [(option["text"]["text"], option["value"]) for option in plans["options"]] == [
        ("Free", "free"),
        ("old", "old"),
        ("Pro", "pro"),
    ]
    assert [option["value"] for option in plans["initial_options"]] == ["old", "pro"]
    assert form.element("minimum")["initial_value"] == "2.5"


def test_unknown_zone_must_be_picked_again() -> None:
    form = opened(schedule=Schedule(zone="Nowhere"))
    assert "initial_option" not in form.element("zone")
    assert set(form.submit().errors) == {"zone"}
    assert form.element("zone")["action_id"] == ids.DIGEST_ZONE


@pytest.mark.parametrize("plans", [None, {f"p{index}": "" for index in range(101)}])
def test_many_or_unknown_products_use_an_external_select(plans: dict[str, str] | None) -> None:
    form = opened(plans=plans, content=DigestContent(plans=frozenset({"p7"})))
    select = form.element("plans")
    assert (select["type"], select["action_id"]) == ("multi_external_select", ids.DIGEST_PLANS)
    assert [option["value"] for option in select["initial_options"]] == ["p7"]
    parsed = form.submit()
    assert parsed.input
    assert parsed.input.content.plans == {"p7"}


def test_no_products_means_no_field() -> None:
    form = opened(plans={})
    assert "plans" not in form.values
    parsed = form.submit()
    assert parsed.input
    assert parsed.input.content.plans == frozenset()


def test_zones_match_what_is_typed() -> None:
    def found(typed: str) -> list[str]:
        return [option["value"] for option in digest_form.zone_options(typed)]

    assert found("new york") == ["America/New_York"]
    assert found(" BERLIN ")[0] == "Europe/Berlin"
    assert found("london")[0] == "Europe/London"
    assert found("nowhere at all") == []
    assert len(found("a")) == 100
    assert found("tok")[0] == "Asia/Tokyo"


def test_products_match_what_is_typed() -> None:
    matches = options.named_options({**PLANS, "x": "Pro plus"}, "PRO")
    assert [(option["text"]["text"], option["value"]) for option in matches] == [
        ("Pro", "pro"),
        ("Pro plus", "x"),
    ]
    assert len(options.named_options({f"p{index}": "" for index in range(300)})) == 100


def test_loading_and_saving_modals() -> None:
    assert setup_words.LOADING in checks.read(modal(digest_form.loading(META))["blocks"])
    assert setup_words.WORKING in checks.read(modal(digest_form.working(META))["blocks"])


def test_errors_are_shown_above_the_fields() -> None:
    form = opened(trouble=digest_form.edited_meanwhile())
    assert checks.read(form.view["blocks"]).startswith(setup_words.EDITED_MEANWHILE)


@given(SCHEDULES, WANTED, st.none() | st.dictionaries(TEXTS, TEXTS, max_size=4), st.booleans())
@examples(60)
def test_form_parses_to_what_it_was_built_from(
    schedule: Schedule, content: DigestContent, plans: dict[str, str] | None, many: bool
) -> None:
    extra_plans = {f"p{index}": "P" for index in range(100)} if many else {}
    state = DigestState(META, schedule, content, None if plans is None else {**plans, **extra_plans})
    assert Form(state).submit().input == DigestInput(schedule, content)


@given(st.decimals(0, 10**8, places=3) | st.decimals(0, 10**6, places=6))
@examples(100)
@example(Decimal("2.883"))
@example(Decimal("999.999"))
@example(Decimal(1000))
def test_any_minimum_is_parsed_back(minimum: Decimal) -> None:
    parsed = opened(content=DigestContent(minimum=minimum)).submit()
    assert parsed.errors == {}
    assert parsed.input is not None
    assert parsed.input.content.minimum == minimum


@given(TEXTS)
@examples(30)
def test_any_text_is_an_amount_or_an_error(typed: str) -> None:
    form = opened()
    form.put("minimum", typed)
    parsed = form.submit()
    assert (parsed.input is None) == ("minimum" in parsed.errors)
    for option in (*digest_form.zone_options(typed), *options.named_options({typed: typed}, typed)):
        assert 0 < text.length(option["text"]["text"]) <= 75


def test_every_zone_fits_an_option() -> None:
    assert max(len(name) for name in zones()) <= 75
