"""What selects offer."""

from typing import Any

import pytest

from bot.lookups import labels, names
from bot.lookups import options as lookup_options
from tests.lookups.samples import balance, customer, flag


def values(options: list[dict[str, Any]]) -> list[str]:
    return [option["value"] for option in options]


def test_customer_options_are_unique_and_fit() -> None:
    holder = [
        customer(id="a"),
        customer(id="a", name="again"),
        customer(id=None),
        customer(id="x" * 76),
        customer(id="b", name="", email=""),
        customer(id="\u200b", name="", email=""),
    ]
    options = lookup_options.customer_options(holder)
    assert values(options) == ["a", "b", "\u200b"]
    assert options[0]["text"] == {"type": "plain_text", "text": "Acme Ltd · ops@acme.com", "emoji": False}
    assert options[0]["description"]["text"] == "a"
    assert options[1]["text"]["text"] == "b"
    assert options[2]["text"]["text"] == labels.NO_NAME
    assert len(lookup_options.customer_options(customer(id=str(number)) for number in range(300))) == 100


def test_feature_options_match_name_or_id() -> None:
    holder = customer(balances={"messages": balance()}, flags={"sso": flag(), "": flag("")})
    names_by_id = names.features(holder)
    assert names_by_id == {"messages": "Messages", "sso": "sso", "": ""}
    assert values(lookup_options.feature_options(names_by_id, "MES")) == ["messages"]
    assert values(lookup_options.feature_options(names_by_id)) == [
        lookup_options.token(""),
        "messages",
        "sso",
    ]
    assert len(lookup_options.feature_options({str(number): "x" for number in range(300)})) == 100


@pytest.mark.parametrize("feature_id", ["messages", "x" * 75, "x" * 76, "#odd", "", "😀" * 40])
def test_token_resolves_to_its_feature(feature_id: str) -> None:
    token = lookup_options.token(feature_id)
    assert 0 < len(token) <= 75
    assert lookup_options.resolve(token, ["other", feature_id]) == feature_id


def test_unknown_token_is_no_feature() -> None:
    assert lookup_options.resolve("", []) is None
    assert lookup_options.resolve(lookup_options.token("x" * 80), ["y"]) is None
