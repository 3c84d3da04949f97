"""Requesting a change in one line, and the form that it opens."""

import json
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from bot.approvals.lifecycle import State
from bot.changes import words as changes_words
from bot.changes.balance import form as balance_form
from bot.changes.balance import words as balance_words
from bot.changes.balance.request import BalanceInput
from bot.changes.balance.words import BalanceAction
from bot.changes.forms import words as forms_words
from bot.changes.forms.fields import REASON_BLOCK, TICKET_BLOCK
from bot.lookups import labels
from bot.lookups.find import words as find_words
from sandbox.slack.simulation import SlackCall
from tests.handlers.test_changes import last_delivery
from tests.journeys.changing import change_in_autumn
from tests.running import Running
from tests.screen import on_screen


def calls(maple: Running, method: str) -> list[SlackCall]:
    return [call for call in maple.slack.calls if call.method == method]


def last_form(maple: Running) -> dict[str, Any]:
    """The form as last drawn."""
    call = [call for call in maple.slack.calls if call.method == "views.update"][-1]
    view = call.args["view"]
    return dict(json.loads(view) if isinstance(view, str) else view)


def blocks_in_order(maple: Running) -> list[str]:
    return [block["block_id"] for block in last_form(maple)["blocks"]]


def focused(maple: Running) -> list[str]:
    blocks = last_form(maple)["blocks"]
    return [block["block_id"] for block in blocks if block.get("element", {}).get("focus_on_load")]


async def test_change_in_one_line_is_previewed_and_submitted_once(maple: Running) -> None:
    await maple.ana.command("/autumn give acme 5k messages because ticket 4711")
    preview = await maple.ana.sees(on_screen(forms_words.PREVIEW))
    assert "Amount: [5k" in preview
    assert "ticket 4711" in preview
    assert "→" in preview
    await maple.ana.submit()
    await maple.ana.sees("0 of 1 approval")
    (record,) = await maple.bot.changes.history("cus_acme")
    assert isinstance(record.input, BalanceInput)
    assert (record.input.action, record.input.amount) == (BalanceAction.GIVE, Decimal(5000))
    assert (record.input.feature, record.reason) == ("messages", "ticket 4711")
    assert record.state is State.WAITING


async def test_balance_is_set_and_reset_date_moved_in_one_line(maple: Running) -> None:
    day = datetime.now(UTC).date() + timedelta(days=10)
    for line, answer in (
        (
            "set cus_acme messages to 900 because we agreed on it",
            balance_words.set_balance("Messages", "900"),
        ),
        (f"reset cus_noname messages on {day} because they moved", "0 of 1 approval"),
    ):
        await maple.ana.command(f"/autumn {line}")
        await maple.ana.sees(on_screen(forms_words.PREVIEW))
        await maple.ana.submit()
        await maple.ana.sees(answer)
        await maple.ana.close()
    reset, changed = await maple.bot.changes.requested_by(maple.ana.id)
    assert isinstance(reset.input, BalanceInput)
    assert isinstance(changed.input, BalanceInput)
    assert (changed.input.action, changed.input.amount) == (BalanceAction.SET, Decimal(900))
    assert reset.input.reset_at == datetime.combine(day, time(), UTC)


async def test_ambiguous_amount_is_queried(maple: Running) -> None:
    await maple.ana.command("/autumn give acme 5.000 messages")
    hint = await maple.ana.sees("5.000")
    assert labels.NOTHING_CHANGED in hint
    assert balance_words.GIVE_USAGE in hint
    assert [call for call in maple.slack.calls if call.method == "views.open"] == []
    assert [call for call in maple.autumn.calls if call.route.startswith("customers")] == []


async def test_form_opens_filled_in_after_picking_the_customer(maple: Running) -> None:
    await maple.ana.command("/autumn give twin 5k because they asked")
    await maple.ana.sees("match")
    await maple.ana.choose(forms_words.PICK_CUSTOMER, "Twin Peaks Diner · billing@twinpeaks.example")
    screen = await maple.ana.sees(changes_words.ACTION)
    assert "Amount: [5k" in screen
    assert "they asked" in screen
    assert json.loads(last_form(maple)["private_metadata"])["c"] == "cus_twin_c"


async def test_unclear_feature_is_picked_in_the_form(maple: Running) -> None:
    await maple.ana.command("/autumn give cus_acme 5k zzz because they asked")
    screen = await maple.ana.sees(on_screen(balance_words.pick_feature("zzz")))
    assert "Amount: [5k" in screen
    assert focused(maple) == [balance_form.FEATURE_BLOCK]
    await maple.ana.choose(balance_words.FEATURE, "Messages")
    await maple.ana.sees(on_screen(forms_words.PREVIEW))
    assert focused(maple) == [], "the cursor stays where it is"


async def test_form_opens_in_the_first_empty_field_with_the_preview_under_the_amount(maple: Running) -> None:
    await maple.ana.command("/autumn give cus_acme 5k messages")
    await maple.ana.sees(on_screen(forms_words.PREVIEW))
    assert focused(maple) == [balance_form.RESET_BLOCK]
    order = blocks_in_order(maple)
    amount, preview, reset = (
        order.index(balance_form.AMOUNT_BLOCK),
        order.index("preview.0"),
        order.index(balance_form.RESET_BLOCK),
    )
    assert amount + 1 == preview < reset < order.index(REASON_BLOCK) < order.index(TICKET_BLOCK)


async def test_features_that_cannot_be_changed_are_not_offered(maple: Running) -> None:
    await maple.ana.command("/autumn balance cus_acme")
    screen = await maple.ana.sees(changes_words.ACTION)
    (feature,) = (
        block for block in last_form(maple)["blocks"] if block["block_id"] == balance_form.FEATURE_BLOCK
    )
    offered = {option["value"] for option in feature["element"]["options"]}
    assert "messages" in offered
    assert not offered & {"sso", "priority_support"}
    assert any(balance_words.unchangeable(number) in screen for number in range(1, 10))


async def test_part_of_a_customer_is_found_in_either_order(maple: Running) -> None:
    await maple.ana.command("/autumn cus_acme invoice")
    await maple.ana.sees("Acme Ltd")
    await maple.ana.sees("invoices")


async def test_mistyped_customer_is_offered(maple: Running) -> None:
    await maple.ana.command("/autumn northwnd")
    await maple.ana.sees(find_words.NEAR)
    await maple.ana.click("Open", within=find_words.NEAR)
    await maple.ana.sees("Northwind")


async def test_customer_whose_name_ends_like_a_part_is_found_by_the_name(maple: Running) -> None:
    await change_in_autumn(maple, "customers.update", customer_id="cus_bold", name="Bold Events")
    await maple.ana.command("/autumn bold events")
    card = await maple.ana.sees("Bold Events")
    assert "cus_bold" in card
    assert "events.list" not in [call.route for call in maple.autumn.calls], "the overview opens"


async def test_customer_that_is_picked_for_an_unreadable_sentence_is_refused(maple: Running) -> None:
    await maple.ana.command("/autumn give twin 5k because they asked")
    await maple.ana.sees("match")
    await maple.ana.choose(forms_words.PICK_CUSTOMER, "Twin Peaks Diner · billing@twinpeaks.example")
    await maple.ana.sees(changes_words.ACTION)
    click = last_delivery(maple, "block_actions").payload
    metadata = json.loads(click["view"]["private_metadata"])
    for number, (typed, answer) in enumerate(
        (
            ("", changes_words.ACTION),
            ("nothing acme 5k", labels.UNREADABLE.what),
            ("give acme", labels.UNREADABLE.what),
        )
    ):
        opened = len(calls(maple, "views.update"))
        click["view"]["private_metadata"] = json.dumps(metadata | {"t": typed})
        await maple.slack.deliveries.send("interactive", click | {"trigger_id": f"1.{number}.again"})
        await maple.bot.background.drain(10)
        assert len(calls(maple, "views.update")) > opened, typed
        await maple.ana.sees(answer)
