"""The customers a message names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.autumn.models import Customer
from bot.kit import ids
from bot.lookups.find import in_message, words
from bot.lookups.find.in_message import MOST_CLUES, MOST_CUSTOMERS, MessageMeta, clues, company
from sandbox.slack.blocks.check import view_problems
from tests.examples import examples

CHANGES = [("balance", "Change balance")]


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("", ()),
        ("Good morning everyone, 3 tickets today", ()),
        ("From: Ann <<mailto:ann@acme.example|ann@acme.example>>", ("ann@acme.example",)),
        ("ann@acme.example, bo@acme.example; ann@acme.example", ("ann@acme.example", "bo@acme.example")),
        ("customer cus_acme (org_2aB9x) wrote", ("cus_acme", "org_2aB9x")),
        ("id: 0c8f7f2e-6a7e-4a8e-9a1b-0d6f5a4b3c2d.", ("0c8f7f2e-6a7e-4a8e-9a1b-0d6f5a4b3c2d",)),
        ("first_last@acme.example", ("first_last@acme.example",)),
        (
            "ann@acme.example <https://app.useautumn.com/customers/cus_1|open> cus_222",
            ("cus_1", "cus_222", "ann@acme.example"),
        ),
        ("https://dashboard.stripe.com/customers/cus_Nff0123456789abc.", ("cus_Nff0123456789abc",)),
        ("<@U01ANA> see <#C01SUPPORT|support> a_b x_1", ()),
    ],
)
def test_links_ids_and_addresses_name_customers(message: str, expected: tuple[str, ...]) -> None:
    assert clues(message) == expected


def test_message_naming_many_is_cut() -> None:
    assert len(clues(" ".join(f"cus_{number:04}" for number in range(100)))) == MOST_CLUES


@examples(200)
@given(st.text(max_size=500))
def test_any_message_can_be_read(message: str) -> None:
    assert all(clue and not clue.isspace() for clue in clues(message))


@pytest.mark.parametrize(
    ("clue", "domain"),
    [
        ("ann@acme.example", "@acme.example"),
        ("ann@ACME.example", "@acme.example"),
        ("ann@gmail.com", ""),
        ("cus_acme", ""),
    ],
)
def test_company_of_an_email_address(clue: str, domain: str) -> None:
    assert company(clue) == domain


def test_modal_offers_each_customer_and_its_changes() -> None:
    named = [
        (Customer(id=f"cus_{number}", name="Acme", email="a@b.example"), CHANGES)
        for number in range(MOST_CUSTOMERS + 2)
    ]
    meta = MessageMeta(channel="C1", thread="1.1", reason="Because", ticket="https://desk.example/1")
    view = in_message.customers(named, meta, whole=True)
    assert view_problems(view) == []
    assert MessageMeta.decode(view["private_metadata"]) == meta
    buttons = [block["accessory"]["action_id"] for block in view["blocks"] if "accessory" in block]
    assert buttons == [f"{ids.MESSAGE_CUSTOMER}:{number}" for number in range(MOST_CUSTOMERS)]
    selects = [block for block in view["blocks"] if block["type"] == "actions"]
    assert len(selects) == MOST_CUSTOMERS
    assert "2 more" in str(view["blocks"][-1])


def test_customer_with_a_long_id_is_offered_up_to_slacks_limit() -> None:
    customers_with_changes = [(Customer(id="x" * 400), CHANGES), (Customer(id="y" * 3000), CHANGES)]
    view = in_message.customers(customers_with_changes, MessageMeta(), whole=True)
    assert view_problems(view) == []
    assert len([block for block in view["blocks"] if "accessory" in block]) == 1
    assert [block for block in view["blocks"] if block["type"] == "actions"] == []


def test_modal_without_changes_and_with_an_unread_thread() -> None:
    view = in_message.customers([(Customer(id="cus_1"), [])], MessageMeta(), whole=False)
    assert words.MESSAGE_THREAD_UNREAD in str(view)
    assert [block for block in view["blocks"] if block["type"] == "actions"] == []
    view = in_message.customers([], MessageMeta(), whole=True)
    assert [block["text"]["text"] for block in view["blocks"]] == [words.MESSAGE_NOBODY]
