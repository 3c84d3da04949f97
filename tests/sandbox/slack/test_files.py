"""Files that people pick in a form, and the private addresses at which the app downloads them."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack import LocalSlack
from sandbox.slack.driver import NotOnScreen
from tests.sandbox.slack.app import Json, modal, plain
from tests.sandbox.slack.raw import RawApp, raw_app


@pytest.fixture
async def app(slack: LocalSlack) -> AsyncIterator[RawApp]:
    async with raw_app(slack) as running:
        yield running


@pytest.fixture
async def http(slack: LocalSlack) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=slack.url, trust_env=False) as client:
        yield client


def file_field(**fields: Any) -> Json:
    element = {"type": "file_input", "action_id": "file", **fields}
    return {"type": "input", "block_id": "list", "label": plain("File"), "element": element, "optional": True}


async def opened(app: RawApp, slack: LocalSlack, client: AsyncWebClient, **fields: Any) -> None:
    await slack.person("ana").shortcut("Look up")
    await client.views_open(trigger_id=app.last["trigger_id"], view=modal(file_field(**fields)))


def picked_files(app: RawApp) -> list[Json]:
    field = app.last["view"]["state"]["values"]["list"]["file"]
    assert field["type"] == "file_input"
    files: list[Json] = field["files"]
    return files


async def test_picked_file_comes_with_the_form_and_is_downloaded_with_the_token(
    slack: LocalSlack, app: RawApp, client: AsyncWebClient, http: httpx.AsyncClient
) -> None:
    slack.scopes.add("files:read")
    await opened(app, slack, client, filetypes=["csv"], max_files=1)
    ana = slack.person("ana")
    await ana.sees("[Choose a file]")
    await ana.attach("File", "list.csv", b"acme,5")
    await ana.sees("[list.csv]")
    await ana.submit()
    (file,) = picked_files(app)
    assert (file["name"], file["size"], file["user"], file["mimetype"]) == ("list.csv", 6, ana.id, "text/csv")
    assert (await client.files_info(file=file["id"]))["file"]["url_private"] == file["url_private"]
    bearer = {"authorization": f"Bearer {slack.bot_token}"}
    for address in (file["url_private"], file["url_private_download"]):
        assert (await http.get(address, headers=bearer)).content == b"acme,5"
        assert (await http.get(address)).status_code == 302
        assert (await http.get(address, headers={"authorization": "Bearer xoxb-other"})).status_code == 302
    assert (await http.get("/files-pri/T-F404/x.csv", headers=bearer)).status_code == 404
    slack.scopes.discard("files:read")
    assert (await http.get(file["url_private"], headers=bearer)).status_code == 302


async def test_nothing_picked_is_an_empty_list(
    slack: LocalSlack, app: RawApp, client: AsyncWebClient
) -> None:
    await opened(app, slack, client)
    await slack.person("ana").submit()
    assert picked_files(app) == []


async def test_file_of_another_kind_or_of_somebody_else_is_not_taken(
    slack: LocalSlack, app: RawApp, client: AsyncWebClient, http: httpx.AsyncClient
) -> None:
    await opened(app, slack, client, filetypes=["csv"], max_files=1)
    ana = slack.person("ana")
    await ana.attach("File", "list.xlsx", b"PK")
    await ana.sees("[Choose a file]")
    ids = []
    for person in ("ana", "ana", "raj"):
        answer = await http.post("/-/upload", params={"person": person, "name": "x.csv"}, content=b"1")
        ids.append(answer.json()["file"]["id"])
    assert (await http.post("/-/upload", params={"person": "nobody"})).status_code == 404
    view = (await http.get("/-/state", params={"person": "ana"})).json()["views"][0]["id"]
    for file_ids, refusal in ((ids[:2], "invalid_input"), (ids[2:], "not_found"), (["F404"], "not_found")):
        state = {"list": {"file": {"files": file_ids}}}
        act = {"person": "ana", "act": "submit", "view": view, "state": state}
        assert (await http.post("/-/do", json=act)).json()["error"] == refusal
    with pytest.raises(NotOnScreen):
        await ana.attach("Another", "list.csv", b"1")


async def test_info_needs_the_scope_and_a_file(slack: LocalSlack, client: AsyncWebClient) -> None:
    with pytest.raises(SlackApiError, match="missing_scope"):
        await client.files_info(file="F1")
    slack.scopes.add("files:read")
    with pytest.raises(SlackApiError, match="file_not_found"):
        await client.files_info(file="F404")


@pytest.mark.parametrize(("fault", "status"), [("500", 500), ("429", 429), ("500_after", 500)])
async def test_download_can_fail(slack: LocalSlack, http: httpx.AsyncClient, fault: Any, status: int) -> None:
    slack.faults.add("files.download", fault, seconds=1)
    assert (await http.get("/files-pri/T-F1/x.csv")).status_code == status


async def test_download_can_be_cut_off(slack: LocalSlack, http: httpx.AsyncClient) -> None:
    slack.faults.add("files.download", "cut_before")
    with pytest.raises(httpx.TransportError):
        await http.get("/files-pri/T-F1/x.csv")
