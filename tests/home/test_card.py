"""What the Home tab shows."""

from dataclasses import replace
from decimal import Decimal

import pytest

from bot.access.limits import Limits, Measure
from bot.access.permission import KindPowers, Powers
from bot.approvals import words as approvals_words
from bot.approvals.lifecycle import State
from bot.approvals.names import KnownNames
from bot.autumn.models import Organization
from bot.batches import words as batch_words
from bot.batches.model import BatchState, LineState
from bot.changes import registry
from bot.home import words
from bot.home.card import MOST_DECIDING, MOST_LISTS, MOST_RECENT, MOST_REQUESTS, HomeFacts, home, power_lines
from bot.kit import ids
from bot.kit.card import Block
from bot.lookups import labels
from sandbox.slack.blocks.check import view_problems
from tests.approvals.records import record
from tests.batches.samples import record as batch_record
from tests.digests.samples import digest

DECIDES = Powers((KindPowers("balance", ask=True, approve=True),), history=False, digests=False)
LOOKS_UP = Powers((KindPowers("balance"),), history=False, digests=False)


def draw(facts: HomeFacts) -> list[Block]:
    view = home(facts, registry.help_lines())
    assert view_problems(view) == []
    blocks: list[Block] = view["blocks"]
    return blocks


def actions(blocks: list[Block]) -> list[str]:
    return [
        element["action_id"]
        for block in blocks
        for element in block.get("elements", [])
        if "action_id" in element
    ]


def test_waiting_request_can_be_decided_on_the_tab() -> None:
    facts = HomeFacts(
        powers=DECIDES,
        deciding=[record()],
        names={"cus_1": KnownNames("Acme <Ltd>", {"messages": "Messages"})},
        cards={"chg_1": "https://acme.slack.com/archives/C1/p1"},
    )
    blocks = draw(facts)
    assert {f"{ids.APPROVE}:0", f"{ids.DENY}:0", f"{ids.LINK}:0"} <= set(actions(blocks))
    text = str(blocks)
    assert "Acme &lt;Ltd&gt;" in text
    assert "<@U1ANA>" in text
    assert words.NOTHING_TO_DECIDE not in text


def test_request_without_a_card_in_the_channel_has_no_link() -> None:
    blocks = draw(HomeFacts(powers=DECIDES, deciding=[record()]))
    assert f"{ids.LINK}:0" not in actions(blocks)
    assert "`cus_1`" in str(blocks), "the id stands in for a name that is not known"


def test_requests_beyond_the_first_few_are_counted() -> None:
    waiting = [replace(record(), id=f"chg_{number}") for number in range(MOST_DECIDING + 2)]
    blocks = draw(HomeFacts(powers=DECIDES, deciding=waiting))
    assert words.more(2) in str(blocks)
    assert actions(blocks).count(f"{ids.APPROVE}:{MOST_DECIDING - 1}") == 1


@pytest.mark.parametrize(
    ("powers", "expected"), [(DECIDES, [words.DECIDING, words.NOTHING_TO_DECIDE]), (LOOKS_UP, [])]
)
def test_only_approvers_read_that_nothing_waits(powers: Powers, expected: list[str]) -> None:
    text = str(draw(HomeFacts(powers=powers)))
    assert [line for line in (words.DECIDING, words.NOTHING_TO_DECIDE) if line in text] == expected


@pytest.mark.parametrize("state", list(State))
def test_own_request_shows_its_state(state: State) -> None:
    blocks = draw(HomeFacts(powers=DECIDES, requests=[record(state)]))
    assert approvals_words.HEADLINES[state] in str(blocks)
    assert (f"{ids.WITHDRAW}:0" in actions(blocks)) == (state is State.WAITING)


def test_tab_fits_and_has_every_button_once() -> None:
    requests = [replace(record(), id=f"chg_{number}") for number in range(30)]
    facts = HomeFacts(
        powers=DECIDES,
        organization=Organization(name="Acme Inc", env="live"),
        deciding=requests,
        requests=requests,
        recent=[f"cus_{number}" for number in range(10)],
        cards={request.id: "https://acme.slack.com/archives/C1/p1" for request in requests},
    )
    blocks = draw(facts)
    assert len(blocks) <= 100
    assert len(actions(blocks)) == len(set(actions(blocks)))
    assert len([block for block in blocks if "accessory" in block]) == MOST_RECENT
    assert words.more(30 - MOST_REQUESTS) in str(blocks)


def test_recent_customers_open_by_name_or_id() -> None:
    facts = HomeFacts(powers=LOOKS_UP, recent=["cus_1", "cus_2"], names={"cus_1": KnownNames("Acme Ltd")})
    rows = [block for block in draw(facts) if "accessory" in block]
    assert [row["text"]["text"] for row in rows] == ["Acme Ltd · cus_1", "cus_2"]


def test_customer_whose_id_is_too_long_for_a_button_is_only_named() -> None:
    rows = [block for block in draw(HomeFacts(powers=LOOKS_UP, recent=["x" * 3000])) if "accessory" in block]
    assert rows == []


@pytest.mark.parametrize(
    ("org", "where"),
    [
        (None, ""),
        (Organization(name="Acme <Inc>", env="live"), "Connected to *Acme &lt;Inc&gt;* in Autumn `LIVE`"),
        (Organization(name="", env=""), f"Connected to Autumn `{labels.ENV_UNKNOWN}`"),
    ],
)
def test_organization_is_named_where_it_is_known(org: Organization | None, where: str) -> None:
    blocks = [
        block for block in draw(HomeFacts(powers=LOOKS_UP, organization=org)) if block["block_id"] == "where"
    ]
    assert [block["elements"][0]["text"] for block in blocks] == ([where] if where else [])


@pytest.mark.parametrize(("digests", "expected"), [(None, words.DIGESTS_UNKNOWN), ((), words.NO_DIGESTS)])
def test_unknown_digests_are_not_called_none(digests: tuple[()] | None, expected: str) -> None:
    assert expected in str(draw(HomeFacts(powers=LOOKS_UP, digests=digests)))


BALANCE = registry.kind("balance").heading.lower()
SMALL: Limits = {Measure.AMOUNT: Decimal(1000), Measure.DAY: Decimal(2000)}
SMALL_FOR_LESS: Limits = {Measure.VALUE: {"USD": Decimal(50), "EUR": Decimal(45)}}
DETAILS = registry.kind("details").heading.lower()


@pytest.mark.parametrize(
    ("powers", "lines"),
    [
        (Powers((), history=False, digests=False), [words.LOOK_UP_ONLY]),
        (
            Powers((KindPowers("balance", approve=True),), history=True, digests=True),
            [words.LOOK_UP_ONLY, words.approve([BALANCE]), words.HISTORY, words.SET_UP_DIGESTS],
        ),
        (
            Powers(
                (
                    KindPowers("balance", ask=True, at_once=True),
                    KindPowers("details", ask=True, at_once=True, always_at_once=True),
                ),
                history=False,
                digests=False,
            ),
            [words.request([BALANCE, DETAILS]), words.at_once([DETAILS]), words.sometimes_at_once([BALANCE])],
        ),
        (
            Powers(
                (
                    KindPowers("balance", ask=True, at_once=True, limits=(SMALL, SMALL_FOR_LESS)),
                    KindPowers("details", ask=True, at_once=True, limits=(SMALL,)),
                ),
                history=False,
                digests=False,
            ),
            [
                words.request([BALANCE, DETAILS]),
                words.sometimes_at_once([BALANCE, DETAILS]),
                words.within("up to 1,000 at a time, 2,000 per customer per day", [BALANCE, DETAILS]),
                words.within("up to $50.00 or €45.00 at a time", [BALANCE]),
            ],
        ),
    ],
)
def test_powers_in_words(powers: Powers, lines: list[str]) -> None:
    assert power_lines(powers) == lines


def test_digests_beyond_the_first_few_are_counted() -> None:
    digests = [digest(id=f"dig_{number}") for number in range(12)]
    text = str(draw(HomeFacts(powers=LOOKS_UP, digests=digests)))
    assert text.count("<#C1>") == 10
    assert "and 2 more" in text


def test_everything_at_once_fits_into_the_tab() -> None:
    waiting = batch_record(BatchState.WAITING, {LineState.QUEUED: 3})
    facts = HomeFacts(
        powers=replace(DECIDES, digests=True),
        deciding=[record()] * 20,
        requests=[record()] * 20,
        deciding_lists=[waiting] * MOST_LISTS,
        requested_lists=[waiting] * MOST_LISTS,
        recent=[f"cus_{number}" for number in range(20)],
        digests=[digest()] * 20,
    )
    view = home(facts, registry.help_lines())
    assert len(view["blocks"]) <= 100


def test_digests_have_the_buttons_of_their_list() -> None:
    may = draw(HomeFacts(powers=replace(DECIDES, digests=True), digests=[digest()]))
    of_list = (ids.DIGEST_EDIT, ids.DIGEST_PAUSE, ids.DIGEST_SEND, ids.DIGEST_PREVIEW, ids.DIGEST_REMOVE)
    digest_actions = [action for action in actions(may) if action.startswith(ids.HOME_DIGEST)]
    assert digest_actions == [f"{ids.HOME_DIGEST}:{action}:0" for action in of_list]
    may_not = draw(HomeFacts(powers=LOOKS_UP, digests=[digest()]))
    digest_actions = [action for action in actions(may_not) if action.startswith(ids.HOME_DIGEST)]
    assert digest_actions == [f"{ids.HOME_DIGEST}:{ids.DIGEST_PREVIEW}:0"]


def test_bulk_changes_can_be_decided_and_withdrawn_on_the_tab() -> None:
    waiting = batch_record(BatchState.WAITING, {LineState.QUEUED: 3})
    done = batch_record(BatchState.DONE, {LineState.APPLIED: 3})
    cards = {waiting.id: "https://acme.slack.com/archives/C1/p1"}
    blocks = draw(HomeFacts(powers=DECIDES, deciding_lists=[waiting], cards=cards))
    assert {f"{ids.BATCH_APPROVE}:0", f"{ids.BATCH_DENY}:0"} <= set(actions(blocks))
    assert words.OPEN_CARD in str(blocks)
    assert batch_words.title_of(3, undo=False) in str(blocks)
    assert words.NOTHING_TO_DECIDE not in str(blocks)
    own = draw(HomeFacts(powers=LOOKS_UP, requested_lists=[waiting, done]))
    assert [action for action in actions(own) if action.startswith("batch")] == [f"{ids.BATCH_WITHDRAW}:0"]
    assert words.REQUESTS in str(own)
    assert batch_words.STATES[BatchState.DONE] in str(own)
