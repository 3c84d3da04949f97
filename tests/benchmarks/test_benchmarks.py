"""Each benchmark runs with hardly any load and reports what it should. No figure is judged here."""

import asyncio

import pytest

from benchmarks import ack, bulk, card, click, load, options, processes, render
from bot.batches.running import BatchTimeouts
from bot.lookups import registry


def load_in_process(_server: processes.Server, job: load.Job) -> load.Result:
    """The load, without a separate process."""
    return asyncio.run(load.run(job))


def test_acks_cards_options_and_clicks_are_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    with click.servers("demo") as servers:
        job = card.Bench(servers.maple, servers.autumn, (card.CUSTOMER,)).job(1, 1)
        assert processes.load(servers.maple, job).samples[0].answered is not None
        monkeypatch.setattr(processes, "load", load_in_process)
        ack_compares_maple_with_the_floor(servers)
        card_measures_cards_and_counts_calls(servers)
        options_compares_maple_with_the_floor(servers)
        click_counts_one_write_for_each_card(servers)


def ack_compares_maple_with_the_floor(servers: processes.Servers) -> None:
    plan = ack.Plan(levels=(2,), rounds=1, hanging_rounds=0, burst=4, flood=4)
    progress: list[str] = []
    rows = ack.measure(ack.prepared(servers, times=0), plan, progress.append)
    assert set(rows) == {
        (shape, level, subject)
        for shape in ("burst", "flood")
        for level in (2,)
        for subject in (ack.FLOOR, ack.HELP, ack.CUSTOMER)
    }
    for (_, _, subject), row in rows.items():
        assert row.commands == len(row.waits) >= 2
        assert row.missed == 0
        assert row.answered == (0 if subject == ack.FLOOR else row.commands)
    assert "bare Bolt" in str(ack.table(rows, "burst"))
    assert len(progress) == 2


def card_measures_cards_and_counts_calls(servers: processes.Servers) -> None:
    plan = card.Plan(levels=(2,), latencies=(0.0, 0.01), rounds=1, samples=4)
    rows = card.measure(card.prepared(servers, times=0), plan, lambda _: None)
    calls = dict(asyncio.run(card.calls_of(servers.autumn)))
    for (latency, _), row in rows.items():
        assert row.wrong == 0
        # One of these customers has no invoices to read.
        assert 2 * len(row.whole) <= row.calls <= 3 * len(row.whole)
        assert all(seconds >= latency for seconds in row.autumns)
        assert all(seconds > 0 for seconds in row.maples)
    assert "cards/s" in str(card.times(rows))
    assert calls["overview, by id"].total() <= 3
    assert "customers.list" in calls["overview, by email"]
    # The overview by id and by email, and one feature.
    assert len(calls) == len(registry.tabs()) + 2
    assert "customers.get" in str(card.counts(list(calls.items())))


def options_compares_maple_with_the_floor(servers: processes.Servers) -> None:
    plan = options.Plan(typing=2, letters=2, latencies=(0.01,), rounds=1, pause=0.0)
    rows = options.measure(options.prepared(servers), plan, lambda _: None)
    assert set(rows) == {(0.01, options.FLOOR), (0.01, options.MAPLE)}
    for row in rows.values():
        assert len(row.waits) == 4
        assert row.missed == 0
    assert rows[0.01, options.FLOOR].calls == 0
    assert 1 <= rows[0.01, options.MAPLE].calls <= rows[0.01, options.MAPLE].texts
    assert "still searching" in str(options.table(rows))


def click_counts_one_write_for_each_card(servers: processes.Servers) -> None:
    plan = click.Plan(cards=2, people=3, connections=6, rounds=1, pause=0, latency=0.01)
    rows = click.measure(click.prepared(servers, plan), plan, lambda _: None)
    assert {row.missed for row in rows.values()} == {0}
    for pace, clicks in ((click.IN_TURN, 2), (click.AT_ONCE, 6)):
        row = rows[pace, click.MAPLE]
        assert (len(row.acks), row.cards, row.writes, len(row.final)) == (clicks, 2, 2, 2)
    assert "applied" in str(click.table(rows))


def test_bulk_compares_a_list_with_its_pace() -> None:
    plan = bulk.Plan(lines=4, rounds=1, pace=BatchTimeouts(per_second=100, tick=0.05))
    progress: list[str] = []
    (row,) = bulk.measure(plan, progress.append)
    assert (row.lines, row.applied, row.optimum) == (4, 4, 0.04)
    assert row.duration > 0
    assert "of the optimum" in str(bulk.table([row]))
    assert len(progress) == 1


def test_render_draws_many_features() -> None:
    customer = asyncio.run(render.customer(features=70))
    assert len(customer.balances) == 70
    table = render.measure(customer, times=2)
    assert [row[0] for row in table.rows] == ["overview", "products", "features"]
