"""A kind of link takes one registry entry: a sample kind works from the command to the link."""

import json

import pytest
from pydantic import SecretStr

from bot.autumn.client import Autumn
from bot.autumn.write import Write
from bot.changes.spec import NOBODY, KeyScope
from bot.doctor.autumn import examine_writes
from bot.doctor.samples import samples
from bot.links import registry, words
from bot.links.registry import LinkKind
from bot.store import audit
from sandbox.autumn import LocalAutumn, LocalLimits
from tests.journeys.steps import command_and_see
from tests.running import Running

ROUTE = "billing.open_customer_portal"
RECEIPTS = LinkKind(
    id="receipts",
    command="receipts",
    button="Receipts link",
    title="Receipts",
    help="a link to the customer's receipts",
    route=ROUTE,
    warning="Whoever opens it sees what this customer paid.",
    lasts="It works until tomorrow.",
    scopes=(
        KeyScope(
            "billing:write",
            "make links to receipts",
            Write(ROUTE, "POST", f"/v1/{ROUTE}", {"customer_id": NOBODY}),
        ),
    ),
)


@pytest.fixture(autouse=True)
def receipts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "KINDS", (*registry.KINDS, RECEIPTS))


async def test_link_is_in_the_help_and_made_by_command_and_by_button(maple: Running) -> None:
    await command_and_see(maple, "/autumn help", f"/autumn {RECEIPTS.command} <customer>")
    await command_and_see(maple, "/autumn receipts", "Which customer?")
    assert [call.route for call in maple.autumn.calls].count(ROUTE) == 0

    card = await command_and_see(maple, "/autumn receipts Acme Ltd", f"{RECEIPTS.title} · Acme Ltd")
    for says in (RECEIPTS.warning, RECEIPTS.lasts, words.NOT_KEPT, f"[{words.OPEN}]"):
        assert says in card
    assert [call.route for call in maple.autumn.calls].count(ROUTE) == 1
    async with maple.bot.database.reading() as connection:
        entries = [entry async for entry in audit.entries(connection)]
    assert [entry.event for entry in entries] == ["link_requested", "link_made"]
    assert json.loads(entries[-1].body)["link"] == RECEIPTS.id

    await command_and_see(maple, "/autumn invoices cus_northwind", RECEIPTS.button)
    await maple.ana.click(RECEIPTS.button, confirm=False)
    await maple.ana.click(RECEIPTS.button, confirm=True)
    await maple.ana.sees(f"{RECEIPTS.title} · Northwind")
    assert [call.route for call in maple.autumn.calls].count(ROUTE) == 2


async def test_doctor_asks_for_its_scope_and_has_slack_check_its_card() -> None:
    assert f"{RECEIPTS.id} link" in [sample.name for sample in samples()]
    async with LocalAutumn.running(limits=LocalLimits.off()) as local:
        autumn = Autumn(key=SecretStr(local.key), url=local.url)
        findings = await examine_writes(autumn)
        await autumn.aclose()
    assert any(RECEIPTS.scopes[0].allows in finding.sentence for finding in findings)
