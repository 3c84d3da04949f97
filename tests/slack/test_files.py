"""Files from people: only their own, up to the size limit, and the token goes only to Slack's hosts."""

from collections.abc import AsyncIterator

import aiohttp
import httpx
import pytest
from slack_sdk.errors import SlackApiError

from bot.slack import files
from bot.slack.client import SlackClient, Token
from bot.slack.files import FileRefusal, slacks_own
from sandbox.slack import LocalSlack

ANA, RAJ = "U01ANA", "U02RAJ"


@pytest.fixture
async def client(slack: LocalSlack) -> AsyncIterator[SlackClient]:
    async with aiohttp.ClientSession() as session:
        yield SlackClient(
            Token("bot"), token=slack.bot_token, base_url=slack.api_url, session=session, retry_handlers=[]
        )


async def upload(slack: LocalSlack, content: bytes = b"acme,5") -> str:
    """Uploads a file as Ana and returns its id."""
    async with httpx.AsyncClient(base_url=slack.url, trust_env=False) as http:
        answer = await http.post("/-/upload", params={"person": "ana", "name": "x.csv"}, content=content)
        return str(answer.json()["file"]["id"])


async def test_own_file_is_read(slack: LocalSlack, client: SlackClient) -> None:
    file = await upload(slack)
    assert await files.download(client, file, user=ANA, most=6) == b"acme,5"


async def test_file_of_somebody_else_is_not_read(slack: LocalSlack, client: SlackClient) -> None:
    file = await upload(slack)
    assert await files.download(client, file, user=RAJ, most=6) is FileRefusal.NOT_GIVEN


async def test_file_that_is_too_big_is_not_read(slack: LocalSlack, client: SlackClient) -> None:
    file = await upload(slack)
    assert await files.download(client, file, user=ANA, most=5) is FileRefusal.TOO_BIG


async def test_file_that_is_larger_than_slack_says_is_not_kept(
    slack: LocalSlack, client: SlackClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = await upload(slack, b"x" * 100_000)
    described = {**slack.workspace.api_file(slack.workspace.files[file]), "size": 1}
    monkeypatch.setattr(slack.workspace, "api_file", lambda _: described)
    assert await files.download(client, file, user=ANA, most=5) is FileRefusal.TOO_BIG


async def test_sign_in_page_is_not_taken_for_the_file(slack: LocalSlack, client: SlackClient) -> None:
    file = await upload(slack)
    slack.faults.add("files.download", "500")
    assert await files.download(client, file, user=ANA, most=9) is FileRefusal.NOT_GIVEN


async def test_missing_file_raises(client: SlackClient) -> None:
    with pytest.raises(SlackApiError, match="file_not_found"):
        await files.download(client, "F404", user=ANA, most=9)


SLACK = "https://slack.com/api/"


@pytest.mark.parametrize(
    ("api", "address", "own"),
    [
        (SLACK, "https://files.slack.com/files-pri/T1-F1/download/x.csv", True),
        ("https://www.slack.com/api/", "https://files.slack.com/x", True),
        ("https://slack-gov.com/api/", "https://files.slack-gov.com/x", True),
        ("http://127.0.0.1:8000/api/", "http://127.0.0.1:8000/files/F1/x.csv", True),
        (SLACK, "http://files.slack.com/x", False),
        (SLACK, "https://slack.com.example.com/x", False),
        (SLACK, "https://evilslack.com/x", False),
        (SLACK, "https://files.slack.com@example.com/x", False),
        (SLACK, "https://example.com/files.slack.com", False),
        (SLACK, "https://example.com#.slack.com", False),
        (SLACK, "https://docs.google.com/spreadsheets/d/1", False),
        (SLACK, "", False),
        ("http://127.0.0.1:8000/api/", "http://127.0.0.1:9000/x", False),
        ("http://127.0.0.1:8000/api/", "https://files.slack.com/x", False),
    ],
)
def test_token_is_sent_only_to_slacks_hosts(api: str, address: str, own: bool) -> None:
    assert slacks_own(api, address) is own


async def test_externally_hosted_file_is_not_downloaded(
    slack: LocalSlack, client: SlackClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = await upload(slack)
    monkeypatch.setattr(slack.workspace, "base", "http://127.0.0.1:1")
    assert await files.download(client, file, user=ANA, most=9) is FileRefusal.NOT_GIVEN
