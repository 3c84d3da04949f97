import pytest

from bot.approvals.cards import GRACE, POSTING
from bot.approvals.lifecycle import CardKind
from bot.batches.repository import BATCH_CARDS
from tests.approvals.harness import RAJ
from tests.batches.harness import BatchHarness, lines_giving


async def test_batch_has_a_card_for_its_requester_and_one_for_approvers(
    sqlite_harness: BatchHarness,
) -> None:
    harness = sqlite_harness
    batch = await harness.submitted(harness.replica(), lines_giving("cus_bold"))
    own, approval = await BATCH_CARDS.of(harness.inner.database, batch.id)
    assert (own.kind, own.channel, own.ts, own.shown) == (CardKind.REQUESTER, "U_ANA", "", 0)
    assert (approval.kind, approval.channel, approval.about) == (CardKind.APPROVAL, "C_APPROVALS", batch.id)


@pytest.mark.parametrize(
    ("channel", "kinds"),
    [("C_APPROVALS", [CardKind.REQUESTER, CardKind.APPROVAL]), ("", [CardKind.REQUESTER])],
)
async def test_batch_without_approval_is_shown_in_an_existing_approvals_channel(
    sqlite_harness: BatchHarness, channel: str, kinds: list[CardKind]
) -> None:
    sqlite_harness.inner.permissions.needed = 0
    batch = await sqlite_harness.submitted(sqlite_harness.replica(channel=channel), lines_giving("cus_bold"))
    posted_cards = await BATCH_CARDS.of(sqlite_harness.inner.database, batch.id)
    assert [card.kind for card in posted_cards] == kinds


async def test_card_is_posted_by_one_process(sqlite_harness: BatchHarness) -> None:
    harness = sqlite_harness
    database, clock = harness.inner.database, harness.inner.clock
    batch = await harness.submitted(harness.replica(), lines_giving("cus_bold"))
    card = (await BATCH_CARDS.of(database, batch.id))[0]
    assert await BATCH_CARDS.claim_post(database, card.id, now=clock())
    assert not await BATCH_CARDS.claim_post(database, card.id, now=clock())
    assert await BATCH_CARDS.release_post(database, card.id)
    assert await BATCH_CARDS.claim_post(database, card.id, now=clock())
    clock.move(seconds=POSTING.total_seconds())
    assert await BATCH_CARDS.claim_post(database, card.id, now=clock()), "whoever posted it died"
    assert await BATCH_CARDS.mark_shown(database, card.id, revision=1, ts="1.1")
    assert not await BATCH_CARDS.claim_post(database, card.id, now=clock())
    assert not await BATCH_CARDS.release_post(database, card.id)
    posted = (await BATCH_CARDS.of(database, batch.id))[0]
    assert (posted.ts, posted.shown) == ("1.1", 1)


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
async def test_outdated_card_is_claimed_once_and_less_and_less_often(harness: BatchHarness) -> None:
    replica = harness.replica()
    database, clock = harness.inner.database, harness.inner.clock
    batch = await harness.submitted(replica, lines_giving("cus_bold"))
    for card in await BATCH_CARDS.of(database, batch.id):
        await BATCH_CARDS.mark_shown(database, card.id, revision=1, ts=f"{card.id}.1")
    clock.move(hours=1)
    assert await BATCH_CARDS.claim_stale(database, batch.env, now=clock()) == []
    await replica.batches.deny(batch.id, batch.revision, RAJ)
    assert await BATCH_CARDS.claim_stale(database, batch.env, now=clock()) == []
    clock.move(seconds=GRACE.total_seconds())
    assert await BATCH_CARDS.claim_stale(database, batch.env, now=clock()) == [batch.id]
    assert await BATCH_CARDS.claim_stale(database, batch.env, now=clock()) == []
    clock.move(seconds=GRACE.total_seconds())
    assert await BATCH_CARDS.claim_stale(database, batch.env, now=clock()) == [batch.id]
    clock.move(seconds=GRACE.total_seconds())
    assert await BATCH_CARDS.claim_stale(database, batch.env, now=clock()) == []


async def test_late_redraw_does_not_hide_a_later_one(sqlite_harness: BatchHarness) -> None:
    database = sqlite_harness.inner.database
    batch = await sqlite_harness.submitted(sqlite_harness.replica(), lines_giving("cus_bold"))
    card = (await BATCH_CARDS.of(database, batch.id))[0]
    assert await BATCH_CARDS.mark_shown(database, card.id, revision=3)
    assert not await BATCH_CARDS.mark_shown(database, card.id, revision=2)
    assert await BATCH_CARDS.mark_gone(database, card.id)
    assert not await BATCH_CARDS.mark_gone(database, card.id)
    assert card.id not in [stored_card.id for stored_card in await BATCH_CARDS.of(database, batch.id)]
