"""A channel's digests in a modal."""

from decimal import Decimal
from enum import StrEnum
from typing import Any

import pytest

from bot.access import post_words
from bot.access import words as access_words
from bot.access.policy import Decision, DecisionReason
from bot.access.post_targets import Pause
from bot.access.refusal import Ask, PolicyRefusal
from bot.access.rules import Verb
from bot.digests import list_card, setup_words, words
from bot.digests.list_card import MOST
from bot.digests.model import DeliveryOutcome, DigestContent, TooManyDigests
from bot.digests.setup_words import DigestNote
from bot.kit import ids
from bot.kit.carried import Ref
from bot.slack.channels import ChannelProblem
from tests.approvals.records import fits
from tests.changes.filling import modal
from tests.digests.samples import digest, paused
from tests.kit import checks


def drawn(*digests: Any, **changes: Any) -> dict[str, Any]:
    view = list_card.digest_list(digests, **{"channel": "C1", **changes})
    return modal(view)


def labels(view: dict[str, Any]) -> list[str]:
    return [element["text"]["text"] for element in checks.elements(view["blocks"])]


@pytest.fixture(autouse=True)
def _people(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "SHARER", "U1ANA")


def test_channel_without_digests() -> None:
    view = drawn()
    assert (view["callback_id"], view["private_metadata"]) == (ids.DIGEST_LIST, "C1")
    assert "This channel has no digests yet." in checks.read(view["blocks"])
    (new,) = checks.elements(view["blocks"])
    assert (new["action_id"], new["value"], new["style"]) == (ids.DIGEST_NEW, "C1", "primary")


def test_entry_has_schedule_and_content() -> None:
    few = DigestContent(
        sections=frozenset({"unpaid", "resets"}),
        days=1,
        plans=frozenset({"a", "b"}),
        minimum=Decimal(50),
        skip_empty=False,
    )
    text = checks.read(drawn(digest(), digest(content=few))["blocks"])
    assert "*Weekdays at 09:00 Europe/Berlin* · next 7 days · invoices, unpaid, past due" in text
    assert "trials, running out\nNext: <!date^" in text
    assert "next 24 hours · unpaid, resets · 2 products · invoices from 50 up · posted even when" in text
    assert "Set up by <@U1ANA>" in text
    none = DigestContent(sections=frozenset({"trials"}), minimum=Decimal(50))
    assert "next 7 days · trials\n" in checks.read(drawn(digest(content=none))["blocks"])


def test_entry_has_its_buttons() -> None:
    view = drawn(digest())
    assert labels(view) == ["Edit", "Pause", "Send now", "Preview to me", "Remove", "New digest"]
    elements_by_action = {
        element["action_id"].removesuffix(":0"): element for element in checks.elements(view["blocks"])
    }
    for action in (
        ids.DIGEST_EDIT,
        ids.DIGEST_PAUSE,
        ids.DIGEST_SEND,
        ids.DIGEST_PREVIEW,
        ids.DIGEST_REMOVE,
    ):
        assert Ref.decode(elements_by_action[action]["value"]) == ("dig_1", 3)
    confirmed = [action for action, element in elements_by_action.items() if "confirm" in element]
    assert confirmed == [ids.DIGEST_SEND, ids.DIGEST_REMOVE]


@pytest.mark.parametrize("why", list(Pause))
def test_paused_digest_says_why(why: Pause) -> None:
    view = drawn(paused(why, stopped_by=checks.SHARER))
    assert labels(view) == ["Edit", "Resume", "Send now", "Preview to me", "Remove", "New digest"]
    by_someone = post_words.paused_by(f"<@{checks.SHARER}>")
    expected = by_someone if why is Pause.ASKED else post_words.paused(setup_words.PAUSES[why])
    assert expected in checks.read(view["blocks"])
    assert "Next:" not in checks.read(view["blocks"])


@pytest.mark.parametrize("problem", list(ChannelProblem))
def test_channel_that_cannot_have_digests_says_why(problem: ChannelProblem) -> None:
    view = drawn(problem=problem)
    assert labels(view) == ["New digest"], "one that goes to a person can be set up"
    assert setup_words.PROBLEMS[problem].what in checks.read(view["blocks"])
    assert labels(drawn(paused(Pause.SHARED), problem=problem)) == [
        "Edit", "Preview to me", "Remove", "New digest",
    ]  # fmt: skip
    assert setup_words.PROBLEMS[problem].do in checks.read(view["blocks"])


def test_digest_is_listed_by_its_name() -> None:
    content = DigestContent(
        name="Dunning <!here>", skip_empty=False, only_new=True, mentions=(checks.SHARER, checks.GROUP)
    )
    named = digest(content=content)
    entry = checks.read(drawn(named)["blocks"])
    assert "*Dunning &lt;!here&gt;* · Weekdays at 09:00 Europe/Berlin" in entry
    assert words.ONLY_NEW in entry
    assert words.mentioned(f"<@{checks.SHARER}> <!subteam^{checks.GROUP}>") in entry
    assert words.ALSO_EMPTY not in entry


def test_digests_to_people_follow_those_of_the_channel() -> None:
    own = [digest(channel=checks.SHARER)]
    view = list_card.digest_list([digest()], own, channel="C1", problem=ChannelProblem.OUT)
    entries = checks.read(view["blocks"])
    assert entries.index(setup_words.IN_DIRECT_MESSAGES) > entries.index("Weekdays at 09:00")
    assert setup_words.sent_to(f"<@{checks.SHARER}>") in entries
    assert labels(view).count("Send now") == 1, "the channel's own cannot be sent there"
    alone = list_card.digest_list([], own, channel="C1")
    assert setup_words.SEND_PERSON_TEXT in str(alone)
    assert setup_words.SEND_TEXT not in str(alone)


def test_owner_sees_who_paused_their_digest() -> None:
    text = checks.read(list_card.digest_stopped(paused(Pause.LEFT, channel=checks.SHARER), Pause.LEFT).blocks)
    assert setup_words.sent_to(f"<@{checks.SHARER}>") in text
    assert setup_words.PAUSES[Pause.LEFT] in text
    assert setup_words.OWNER_NEXT_ANYWHERE in text
    removed = checks.read(
        list_card.digest_stopped(digest(channel=checks.SHARER, stopped_by="U2"), None).blocks
    )
    assert setup_words.sent_to(f"<@{checks.SHARER}>") in removed


@pytest.mark.parametrize("outcome", list(DeliveryOutcome))
def test_manual_sending_reports_its_result(outcome: DeliveryOutcome) -> None:
    posted = outcome in (DeliveryOutcome.POSTED, DeliveryOutcome.FOUND, DeliveryOutcome.THREAD)
    assert list_card.digest_sent(outcome, personal=False) == setup_words.OUTCOMES[outcome]
    expected = setup_words.SENT_TO_PERSON if posted else setup_words.OUTCOMES[outcome]
    assert list_card.digest_sent(outcome, personal=True) == expected


def test_notes_are_above_the_list() -> None:
    for note in DigestNote:
        assert setup_words.NOTES[note] in checks.read(drawn(note=list_card.digest_note(note))["blocks"])
    for sentence in (*setup_words.OUTCOMES.values(), *setup_words.TOO_MANY.values()):
        assert sentence in checks.read(drawn(digest(), note=sentence)["blocks"])


@pytest.mark.parametrize(
    ("sentences", "reasons"),
    [
        (setup_words.NOTES, DigestNote),
        (setup_words.OUTCOMES, DeliveryOutcome),
        (setup_words.TOO_MANY, TooManyDigests),
        (setup_words.PROBLEMS, ChannelProblem),
    ],
)
def test_every_reason_has_a_sentence(sentences: dict[Any, Any], reasons: type[StrEnum]) -> None:
    assert set(sentences) == set(reasons)


def test_progress() -> None:
    assert setup_words.progress(12000, 0, 0).endswith("Reading Autumn: 12,000 customers so far…")
    assert setup_words.progress(12000, 34, 1900).endswith("so far, 34 of 1,900 amounts…")


def test_list_longer_than_a_modal_is_cut() -> None:
    view = drawn(*[digest(id=f"dig_{index}") for index in range(MOST + 2)])
    assert "and 2 more digests" in checks.read(view["blocks"])
    assert labels(view).count("Edit") == MOST


def test_owner_sees_why_their_digest_is_paused() -> None:
    card = list_card.digest_stopped(digest(), Pause.SHARED)
    assert "*Your digest in <#C1> is paused:* the channel is now shared" in card.text
    assert "Type `/autumn digest`" in card.text
    odd = list_card.digest_stopped(digest(channel="<!here>"), Pause.REMOVED)
    fits(odd)
    assert "`&lt;!here&gt;`" in odd.text


REFUSAL = PolicyRefusal(
    Decision(False, DecisionReason.NO_RULE), "@leads", Ask(verb=Verb.DIGESTS, channel="C123")
)


def test_person_without_permission_can_only_preview() -> None:
    view = drawn(digest(), digest(), refusal=REFUSAL)
    assert labels(view) == [access_words.ASK_THEM, *["Preview to me"] * 2]
    assert access_words.who_may("@leads") in checks.read(view["blocks"])
    assert setup_words.ONLY_OTHERS in checks.read(view["blocks"])


def test_waiting_list_and_message_after_it_was_closed() -> None:
    view = modal(list_card.digest_waiting("C1"))
    assert setup_words.LIST_LOADING in checks.read(view["blocks"])
    assert (view["callback_id"], view["private_metadata"]) == (ids.DIGEST_LIST, "C1")
    progress = setup_words.progress(5, 0, 0)
    assert progress in checks.read(modal(list_card.digest_waiting("C1", progress))["blocks"])
    message = list_card.digest_message(list_card.digest_created(digest()))
    checks.fits(message)
    assert "|2026-11-24 08:00 UTC>" in message.text


def test_pause_by_an_unknown_person() -> None:
    view = drawn(paused(Pause.ASKED))
    assert post_words.paused_by(post_words.SOMEONE) in checks.read(view["blocks"])
