"""A channel's digests in a modal."""

from decimal import Decimal
from typing import Any

import pytest

from bot.digests import list_card, words
from bot.digests.delivery.posting import DeliveryOutcome
from bot.digests.list_card import MOST
from bot.digests.model import Pause, Wanted
from bot.kit import ids
from bot.kit.ref import Ref
from bot.slack.channels import ChannelProblem
from tests.approvals.records import fits
from tests.changes.filling import modal
from tests.digests.samples import digest, paused
from tests.kit import checks


def drawn(*digests: Any, **changes: Any) -> dict[str, Any]:
    view = list_card.digest_list(digests, **{"channel": "C1", **changes})
    return modal(view)


def labels(view: dict[str, Any]) -> list[str]:
    return [one["text"]["text"] for one in checks.elements(view["blocks"])]


@pytest.fixture(autouse=True)
def _people(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "SHARER", "U1ANA")


def test_a_channel_without_any() -> None:
    view = drawn()
    assert (view["callback_id"], view["private_metadata"]) == (ids.DIGEST_LIST, "C1")
    assert "This channel has no digests yet." in checks.read(view["blocks"])
    (new,) = checks.elements(view["blocks"])
    assert (new["action_id"], new["value"], new["style"]) == (ids.DIGEST_NEW, "C1", "primary")


def test_what_each_is_and_when_it_comes() -> None:
    few = Wanted(
        sections=frozenset({"unpaid", "resets"}),
        days=1,
        plans=frozenset({"a", "b"}),
        minimum=Decimal(50),
        skip_empty=False,
    )
    told = checks.read(drawn(digest(), digest(wanted=few))["blocks"])
    assert "*Weekdays at 09:00 Europe/Berlin* · next 7 days · everything\nNext: <!date^" in told
    assert "next 24 hours · unpaid, resets · 2 products · invoices from 50 up · posted even when" in told
    assert "Set up by <@U1ANA>" in told
    none = Wanted(sections=frozenset({"trials"}), minimum=Decimal(50))
    assert "next 7 days · trials\n" in checks.read(drawn(digest(wanted=none))["blocks"])


def test_what_can_be_done() -> None:
    view = drawn(digest())
    assert labels(view) == ["Edit", "Pause", "Send now", "Preview to me", "Remove", "New digest"]
    found = {one["action_id"].removesuffix(":0"): one for one in checks.elements(view["blocks"])}
    for action in (
        ids.DIGEST_EDIT,
        ids.DIGEST_PAUSE,
        ids.DIGEST_SEND,
        ids.DIGEST_PREVIEW,
        ids.DIGEST_REMOVE,
    ):
        assert Ref.decode(found[action]["value"]) == ("dig_1", 3)
    confirmed = [action for action, one in found.items() if "confirm" in one]
    assert confirmed == [ids.DIGEST_SEND, ids.DIGEST_REMOVE]


@pytest.mark.parametrize("why", list(Pause))
def test_a_paused_one_says_why(why: Pause) -> None:
    view = drawn(paused(why, stopped_by=checks.SHARER))
    assert labels(view) == ["Edit", "Resume", "Send now", "Preview to me", "Remove", "New digest"]
    expected = f"<@{checks.SHARER}> paused it." if why is Pause.ASKED else words.PAUSES[why]
    assert f"*Paused:* {expected}" in checks.read(view["blocks"])
    assert "Next:" not in checks.read(view["blocks"])


@pytest.mark.parametrize("problem", list(ChannelProblem))
def test_a_channel_that_can_have_none(problem: ChannelProblem) -> None:
    view = drawn(problem=problem)
    assert labels(view) == []
    assert words.PROBLEMS[problem].what in checks.read(view["blocks"])
    assert labels(drawn(paused(Pause.SHARED), problem=problem)) == ["Edit", "Preview to me", "Remove"]
    assert words.PROBLEMS[problem].do in checks.read(view["blocks"])


def test_what_just_happened() -> None:
    for name, told in words.HAPPENED.items():
        assert told in checks.read(drawn(note=list_card.digest_note(name))["blocks"])
    for outcome in DeliveryOutcome:
        drawn(digest(), note=list_card.digest_outcome(outcome))
    assert set(words.OUTCOMES) == set(DeliveryOutcome)


def test_progress() -> None:
    assert list_card.digest_progress(12000, 0, 0).endswith("Reading Autumn: 12,000 customers so far…")
    assert list_card.digest_progress(12000, 34, 1900).endswith("so far, 34 of 1,900 amounts…")


def test_more_than_a_modal_holds() -> None:
    view = drawn(*[digest(id=f"dig_{index}") for index in range(MOST + 2)])
    assert "and 2 more digests" in checks.read(view["blocks"])
    assert labels(view).count("Edit") == MOST


def test_the_owner_is_told_why_it_is_paused() -> None:
    card = list_card.digest_stopped(digest(), Pause.SHARED)
    assert "*Your digest in <#C1> is paused:* the channel is now shared" in card.text
    assert "Type `/autumn digest`" in card.text
    odd = list_card.digest_stopped(digest(channel="<!here>"), Pause.REMOVED)
    fits(odd)
    assert "`&lt;!here&gt;`" in odd.text


def test_who_may_not_change_them_may_see_a_preview() -> None:
    view = drawn(digest(), digest(), may=False)
    assert labels(view) == ["Preview to me"] * 2
    assert words.ONLY_OTHERS in checks.read(view["blocks"])


def test_while_something_is_done_and_after() -> None:
    view = modal(list_card.digest_waiting("C1"))
    assert words.LIST_LOADING in checks.read(view["blocks"])
    assert (view["callback_id"], view["private_metadata"]) == (ids.DIGEST_LIST, "C1")
    told = list_card.digest_progress(5, 0, 0)
    assert told in checks.read(modal(list_card.digest_waiting("C1", told))["blocks"])
    said = list_card.digest_said(list_card.digest_created(digest()))
    checks.fits(said)
    assert "|2026-11-24 08:00 UTC>" in said.text


def test_pause_whose_author_is_not_known() -> None:
    view = drawn(paused(Pause.ASKED))
    assert "*Paused:* someone paused it." in checks.read(view["blocks"])
