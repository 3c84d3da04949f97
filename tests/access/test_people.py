from collections.abc import Mapping
from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.access.people import Actor, Installation, People, SlackUser, Standing, decide

INSTALLATION = Installation(team="T1")
GRID = Installation(team="T1", enterprise="E1")
MEMBER = SlackUser(team="T1")


@pytest.mark.parametrize(
    ("installation", "actor", "facts", "standing"),
    [
        pytest.param(INSTALLATION, Actor("U1", "T1"), MEMBER, Standing.MEMBER, id="a full member"),
        pytest.param(INSTALLATION, Actor("U1"), MEMBER, Standing.MEMBER, id="payload without a team"),
        pytest.param(
            INSTALLATION, Actor("U1", "T1"), SlackUser(team="T1", guest=True), Standing.GUEST, id="a guest"
        ),
        pytest.param(
            INSTALLATION, Actor("U1", "T2"), MEMBER, Standing.OUTSIDER, id="payload from another workspace"
        ),
        pytest.param(INSTALLATION, Actor("U1", "T2"), None, Standing.OUTSIDER, id="the same, unchecked"),
        pytest.param(
            INSTALLATION,
            Actor("U1", "T1"),
            SlackUser(team="T2"),
            Standing.OUTSIDER,
            id="Slack says elsewhere",
        ),
        pytest.param(
            INSTALLATION,
            Actor("U1", "T1"),
            SlackUser(team="T1", stranger=True),
            Standing.OUTSIDER,
            id="a stranger",
        ),
        pytest.param(
            INSTALLATION,
            Actor("U1", "T1"),
            SlackUser(team="T2", guest=True),
            Standing.OUTSIDER,
            id="guest of elsewhere",
        ),
        pytest.param(
            INSTALLATION, Actor("U1", "T1"), SlackUser(team="T1", bot=True), Standing.BOT, id="a bot"
        ),
        pytest.param(
            INSTALLATION, Actor("U1", "T1"), SlackUser(team="T1", deleted=True), Standing.GONE, id="gone"
        ),
        pytest.param(INSTALLATION, Actor("U1", "T1"), None, Standing.UNCHECKED, id="no answer of Slack's"),
        pytest.param(
            INSTALLATION,
            Actor("U1", "T1"),
            SlackUser(),
            Standing.UNCHECKED,
            id="an answer that does not tell",
        ),
        pytest.param(
            INSTALLATION,
            Actor("U1", "T1"),
            SlackUser(team="T2", enterprise="E1"),
            Standing.OUTSIDER,
            id="grid of others",
        ),
        pytest.param(
            GRID,
            Actor("U1", "T2"),
            SlackUser(team="T2", enterprise="E1"),
            Standing.MEMBER,
            id="same grid",
        ),
        pytest.param(
            GRID,
            Actor("U1", "T2"),
            SlackUser(team="T2", enterprise="E2"),
            Standing.OUTSIDER,
            id="another one",
        ),
        pytest.param(
            GRID,
            Actor("U1", "T2"),
            SlackUser(team="T2", enterprise="E1", guest=True),
            Standing.GUEST,
            id="guest",
        ),
        pytest.param(GRID, Actor("U1", "T2"), None, Standing.UNCHECKED, id="organization unchecked"),
    ],
)
def test_access_by_kind_of_person(
    installation: Installation, actor: Actor, facts: SlackUser | None, standing: Standing
) -> None:
    assert decide(installation, actor, facts) is standing


@pytest.mark.parametrize(
    ("user", "facts"),
    [
        ({"team_id": "T1"}, MEMBER),
        ({"team_id": "T1", "is_restricted": True}, SlackUser(team="T1", guest=True)),
        ({"team_id": "T1", "is_ultra_restricted": True}, SlackUser(team="T1", guest=True)),
        ({"team_id": "T2", "is_stranger": True}, SlackUser(team="T2", stranger=True)),
        ({"team_id": "T1", "is_bot": True}, SlackUser(team="T1", bot=True)),
        ({"team_id": "T1", "is_workflow_bot": True}, SlackUser(team="T1", bot=True)),
        ({"team_id": "T1", "deleted": True}, SlackUser(team="T1", deleted=True)),
        (
            {"team_id": "T2", "enterprise_user": {"enterprise_id": "E1"}},
            SlackUser(team="T2", enterprise="E1"),
        ),
        ({"team_id": "T1", "tz": "Europe/Lisbon"}, SlackUser(team="T1", zone="Europe/Lisbon")),
        ({"team_id": None, "enterprise_user": None}, SlackUser()),
    ],
)
def test_facts_are_read(user: Mapping[str, Any], facts: SlackUser) -> None:
    assert SlackUser.read(user) == facts


@pytest.mark.parametrize(
    ("workspace", "address"),
    [
        ("https://acme.slack.com/", "https://acme.slack.com/archives/C1/p1700000000000100"),
        ("https://acme.slack.com", "https://acme.slack.com/archives/C1/p1700000000000100"),
        ("", ""),
    ],
)
def test_message_has_an_address_where_the_workspace_is_known(workspace: str, address: str) -> None:
    people = People(AsyncWebClient(), lambda: Installation(team="T1", url=workspace), seconds=1)
    assert people.permalink("C1", "1700000000.000100") == address
