"""Addresses that are safe to link."""

import pytest

from bot.kit import links


@pytest.mark.parametrize(
    ("env", "expected"),
    [
        ("live", "https://app.useautumn.com/customers/a%2Fb%20c"),
        ("sandbox", "https://app.useautumn.com/sandbox/customers/a%2Fb%20c"),
    ],
)
def test_autumn_link_depends_on_the_environment(env: str, expected: str) -> None:
    assert links.autumn("a/b c", env) == expected


def test_stripe_link_depends_on_the_environment() -> None:
    assert links.stripe("cus_S", "live") == "https://dashboard.stripe.com/customers/cus_S"
    assert links.stripe("cus_S", "sandbox") == "https://dashboard.stripe.com/test/customers/cus_S"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://a.example/x?y=1", "https://a.example/x?y=1"),
        ("https://a.example/<!channel>|x", "https://a.example/%3C!channel%3E%7Cx"),
        ("javascript:alert(1)", ""),
        ("https://", ""),
        ("http://[", ""),
        ("", ""),
        (None, ""),
        ("https://a.example/" + "x" * 700, ""),
        ("https://a.example/" + "&" * 300, ""),
    ],
)
def test_only_web_addresses_are_linked(url: str | None, expected: str) -> None:
    assert links.web(url) == expected
    assert links.linked(url, "Open") == (f"<{expected}|Open>" if expected else "Open")
