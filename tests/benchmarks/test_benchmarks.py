"""Each benchmark runs, with next to no load, and tells what it is to tell. No figure is judged here."""

import asyncio

from benchmarks import ack, bulk, card, click, options, render
from bot.batches.running import BatchTimeouts
from bot.lookups import registry


def test_ack_sets_maple_beside_the_floor() -> None:
    plan = ack.Plan(levels=(2,), rounds=1, hanging_rounds=0, burst=4, flood=40)
    said: list[str] = []
    with ack.bench() as running:
        rows = ack.measure(running, plan, said.append)
    assert set(rows) == {
        (shape, level, who)
        for shape in ("burst", "flood")
        for level in (2,)
        for who in (ack.FLOOR, ack.HELP, ack.CUSTOMER)
    }
    for (_, _, who), row in rows.items():
        assert row.asked == len(row.waits) >= 2
        assert row.missed == 0
        assert row.answered == (0 if who == ack.FLOOR else row.asked)
    assert "bare Bolt" in str(ack.table(rows, "burst"))
    assert len(said) == 2


def test_card_measures_cards_and_counts_calls() -> None:
    plan = card.Plan(levels=(2,), latencies=(0.0, 0.01), rounds=1, samples=4)
    with card.bench() as running:
        rows = card.measure(running, plan, lambda _: None)
        found = dict(asyncio.run(card.calls_of(running.autumn)))
    for (latency, _), row in rows.items():
        assert row.wrong == 0
        # Of these customers, in turn, one has no invoices to ask for.
        assert 2 * len(row.whole) <= row.calls <= 3 * len(row.whole)
        assert all(autumns >= latency for autumns in row.autumns)
        assert all(maples > 0 for maples in row.maples)
    assert "cards/s" in str(card.times(rows))
    assert found["overview, by id"].total() <= 3
    assert "customers.list" in found["overview, by email"]
    # The overview in two ways, and one feature.
    assert len(found) == len(registry.tabs()) + 2
    assert "customers.get" in str(card.counts(list(found.items())))


def test_bulk_sets_a_list_beside_its_pace() -> None:
    plan = bulk.Plan(lines=4, rounds=1, pace=BatchTimeouts(per_second=100, tick=0.05))
    said: list[str] = []
    (row,) = bulk.measure(plan, said.append)
    assert (row.lines, row.applied, row.optimum) == (4, 4, 0.04)
    assert row.took > 0
    assert "of the optimum" in str(bulk.table([row]))
    assert len(said) == 1


def test_render_draws_many_features() -> None:
    known = asyncio.run(render.customer(features=70))
    assert len(known.balances) == 70
    table = render.measure(known, times=2)
    assert [row[0] for row in table.rows] == ["overview", "products", "features"]


def test_options_sets_maple_beside_the_floor() -> None:
    plan = options.Plan(typing=4, letters=2, latencies=(0.01,), rounds=1, pause=0.0)
    with options.bench() as running:
        rows = options.measure(running, plan, lambda _: None)
    assert set(rows) == {(0.01, options.FLOOR), (0.01, options.MAPLE)}
    for row in rows.values():
        assert len(row.waits) == 8
        assert row.missed == 0
    assert rows[0.01, options.FLOOR].calls == 0
    assert 1 <= rows[0.01, options.MAPLE].calls <= rows[0.01, options.MAPLE].texts
    assert "still searching" in str(options.table(rows))


def test_click_counts_one_write_for_each_card() -> None:
    plan = click.Plan(cards=3, people=4, connections=12, rounds=1, pause=0, latency=0.01)
    with click.bench(plan) as running:
        rows = click.measure(running, plan, lambda _: None)
    assert {row.missed for row in rows.values()} == {0}
    for pace, clicks in ((click.IN_TURN, 3), (click.AT_ONCE, 12)):
        row = rows[pace, click.MAPLE]
        assert (len(row.acks), row.cards, row.writes, len(row.final)) == (clicks, 3, 3, 3)
    assert "applied" in str(click.table(rows))
