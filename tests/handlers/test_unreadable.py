"""Buttons and forms that this version of Maple did not make: from an older version, or forged."""

from typing import Any

from bot.approvals import words as approvals_words
from bot.approvals.results import Result
from bot.kit import ids
from bot.lookups import labels
from bot.lookups.csv_form import CsvMeta, CsvSource
from bot.lookups.find.card import Search
from bot.lookups.finder.filters import ListQuery
from bot.lookups.place import Place
from sandbox.slack.model import Json
from tests.handlers.test_changes import last_delivery
from tests.running import Running

CUSTOMER = "cus_acme"
NOWHERE = Place(customer=CUSTOMER, part="nowhere")


def payload_from_ana(maple: Running, kind: str, **fields: Any) -> dict[str, Any]:
    return {
        "type": kind,
        "user": {"id": maple.ana.id, "team_id": maple.bot_team},
        "team": {"id": maple.bot_team},
        "channel": {"id": maple.ana.channel.id},
        **fields,
    }


UNREADABLE: tuple[Json, ...] = (
    *(
        {"action_id": action, "block_id": "b", "value": value}
        for action, value in (
            (f"{ids.GO}:next", "not a place"),
            (f"{ids.GO}:next", NOWHERE.encode()),
            (ids.OPEN, NOWHERE.encode()),
            (ids.SHARE, NOWHERE.encode()),
            (ids.HISTORY, NOWHERE.encode()),
            (f"{ids.FIND}:next", Search(query="acme", part="nowhere").encode()),
            (f"{ids.FIND}:next", "{}"),
            (f"{ids.MAKE_LINK}:nothing", Place(customer=CUSTOMER).encode()),
            (ids.APPROVE, "no change"),
            (ids.MARK_APPLIED, "no change"),
            (ids.DIGEST_CSV, '{"s":"1","c":"no section"}'),
        )
    ),
    *(
        {"action_id": ids.LIST_ORDER, "block_id": block, "selected_option": {"value": "revenue"}}
        for block in (f"{ids.LIST_ORDER}:{ListQuery().encode()}", ids.LIST_ORDER)
    ),
)


async def test_unreadable_buttons_and_selects_are_refused_with_an_explanation(maple: Running) -> None:
    for number, action in enumerate(UNREADABLE):
        click = payload_from_ana(maple, "block_actions", actions=[action], trigger_id=f"1.{number}.x")
        await maple.slack.deliveries.send("interactive", click)
        await maple.bot.background.drain(10)
        refusals = [message for message in maple.ana.pieces() if labels.UNREADABLE.what in message]
        assert len(refusals) == number + 1, action
    assert [call for call in maple.autumn.calls if call.route.startswith("customers")] == []


async def test_buttons_of_an_unknown_change_are_refused(maple: Running) -> None:
    actions = (ids.DENY, ids.APPROVE, ids.WITHDRAW, ids.UNDO, ids.MARK_APPLIED, ids.CHECK_AGAIN)
    for number, action in enumerate(actions):
        button = {"action_id": action, "block_id": "b", "value": "nothing:1"}
        click = payload_from_ana(maple, "block_actions", actions=[button], trigger_id=f"{number}.1.x")
        await maple.slack.deliveries.send("interactive", click)
        await maple.bot.background.drain(10)
        refusals = maple.ana.screen().count(approvals_words.RESULTS[Result.UNKNOWN].what)
        assert refusals == number + 1, action


async def test_card_stays_when_its_button_is_refused(maple: Running) -> None:
    await maple.ana.command(f"/autumn {CUSTOMER}")
    await maple.ana.sees("Acme Ltd")
    await maple.ana.click("Features")
    await maple.bot.background.drain(10)
    click = last_delivery(maple, "block_actions").payload
    click["actions"][0]["value"] = NOWHERE.encode()
    await maple.slack.deliveries.send("interactive", click | {"trigger_id": "1.2.again"})
    await maple.ana.sees(labels.UNREADABLE.what)
    await maple.ana.sees("Acme Ltd")


async def test_unknown_kind_of_change_is_refused_where_the_form_would_open(maple: Running) -> None:
    await maple.ana.command(f"/autumn features {CUSTOMER}")
    await maple.ana.sees("Acme Ltd")
    await maple.ana.click("Change balance")
    await maple.bot.background.drain(10)
    await maple.ana.close()
    click = last_delivery(maple, "block_actions").payload
    click["actions"][0]["action_id"] = f"{ids.CHANGE}:nothing"
    trigger = maple.slack.simulation.triggers.issue(maple.ana.id)
    await maple.slack.deliveries.send("interactive", click | {"trigger_id": trigger})
    await maple.ana.sees(labels.UNREADABLE.what)


async def test_unreadable_forms_are_refused_in_their_place(maple: Running) -> None:
    button = {"action_id": f"{ids.CSV_FORMAT}:nothing", "block_id": "b", "value": "{}"}
    payload = payload_from_ana(maple, "block_actions", actions=[button])
    trigger = maple.slack.simulation.triggers.issue(maple.ana.id)
    await maple.slack.deliveries.send("interactive", payload | {"trigger_id": trigger})
    await maple.ana.sees(labels.UNREADABLE.what)

    meta = CsvMeta(source=CsvSource.CUSTOMERS, query="{}").encode()
    view = {"type": "modal", "callback_id": ids.CSV_FORM, "private_metadata": meta, "id": "V1"}
    answer = await maple.slack.deliveries.send(
        "interactive", payload_from_ana(maple, "view_submission", view=view)
    )
    assert labels.UNREADABLE.what in str(answer)

    for metadata in ("", "{}", '{"k":"nothing","c":"cus_acme","s":"1"}'):
        view = {"type": "modal", "callback_id": ids.CHANGE_FORM, "private_metadata": metadata, "id": "V1"}
        submission = payload_from_ana(maple, "view_submission", view=view)
        answer = await maple.slack.deliveries.send("interactive", submission)
        assert isinstance(answer, dict), metadata
        assert answer["response_action"] == "update", metadata
        assert labels.UNREADABLE.what in str(answer["view"]), metadata
    assert await maple.bot.changes.history(CUSTOMER) == []


async def test_list_of_an_invalid_channel_is_refused(maple: Running) -> None:
    for command, action in (("alerts", ids.ALERT_RESUME), ("digest", ids.DIGEST_RESUME)):
        await maple.ana.command(f"/autumn {command}")
        await maple.bot.background.drain(10)
        view = maple.slack.views.stack(maple.ana.id)[-1]
        button = {"action_id": action, "block_id": "b", "value": "some:1"}
        forged = {"id": view.id, "hash": "", "type": "modal", "private_metadata": "C" * 3000}
        payload = payload_from_ana(maple, "block_actions", actions=[button], view=forged)
        await maple.slack.deliveries.send("interactive", payload)
        await maple.ana.sees(labels.UNREADABLE.what)
        await maple.ana.close()
