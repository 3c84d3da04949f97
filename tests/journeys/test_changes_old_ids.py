"""Customers whose id has the form Autumn once accepted: which changes work for them."""

from bot.changes import notes
from bot.changes.notes import CommonNote, Note
from tests.journeys.changing import ACTION
from tests.journeys.harness import FormHarness, applied_record, form_harness

OLD_ID = "a/b c.d"


def _give_old_ids(harness: FormHarness) -> None:
    """To Northwind and Acme."""
    for customer_id, old_id in (("cus_northwind", OLD_ID), ("cus_acme", "user@old.example")):
        customer = harness.autumn.state.customers[customer_id]
        customer.id = old_id
        harness.autumn.state.customers.changed(customer)


async def test_balances_and_rewards_are_changed_but_nothing_else() -> None:
    async with form_harness(at_once=True) as harness:
        _give_old_ids(harness)
        ana = harness.ana
        for customer in (OLD_ID, "user@old.example"):
            await ana.command(f"/autumn balance {customer}")
            await ana.choose("Feature", "Messages")
            await ana.fill("Amount", "500")
            await ana.submit()
            applied_record(await harness.undo(applied_record(ana.outcome)))

        await ana.command(f"/autumn reward {OLD_ID}")
        await ana.choose(ACTION, "Redeem a promo code")
        await ana.fill("Promo code", "BONUS500")
        await ana.sees("Grant of Messages")
        await ana.submit()
        applied_record(ana.outcome)

        await ana.command(f"/autumn reward {OLD_ID}")
        await ana.choose(ACTION, "Apply a coupon")
        await ana.choose("Coupon", "10% off, always")
        await ana.submit()
        applied_record(ana.outcome)
        routes = [*["balances.update"] * 4, "rewards.redeem", "coupons.add"]
        assert [(write.route, write.applied) for write in harness.autumn.ledger] == [
            (route, True) for route in routes
        ]

        await ana.command(f"/autumn update {OLD_ID}")
        await ana.fill("Name", "New")
        await ana.sees(notes.plain(Note(CommonNote.OLD_ID)))
        await ana.command(f"/autumn delete {OLD_ID}")
        await ana.sees(notes.plain(Note(CommonNote.OLD_ID)))
