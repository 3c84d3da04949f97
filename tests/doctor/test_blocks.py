"""What the doctor reports about Slack's view of Maple's cards and forms."""

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.doctor import blocks
from bot.doctor.blocks import examine_blocks
from bot.doctor.samples import samples
from bot.kit import ids
from bot.lookups import registry
from sandbox.slack import LocalSlack
from tests.policy import KIND_IDS

ALL = f"✓ Slack: takes Maple's cards and forms ({len(list(samples()))} kinds checked)"


async def block_findings(slack: LocalSlack, url: str = "") -> list[str]:
    findings: list[str] = []
    async with aiohttp.ClientSession() as session:
        client = AsyncWebClient(
            token=slack.bot_token, base_url=url or slack.api_url, session=session, retry_handlers=[]
        )
        await examine_blocks(client, lambda finding: findings.append(str(finding)))
    return findings


async def test_every_kind_of_block_is_accepted(slack: LocalSlack) -> None:
    assert await block_findings(slack) == [ALL]
    assert {call.method for call in slack.calls} == {"blocks.validate"}
    assert slack.workspace.posts == []


async def test_workspace_without_the_newer_blocks(slack: LocalSlack) -> None:
    slack.without_blocks("data_table", "data_visualization")
    *refused, rest = await block_findings(slack)
    with_newer = {
        sample.name for sample in samples() if sample.card and sample.card.blocks != sample.card.plain
    }
    assert {"thread of a digest", "invoices", "feature"} <= with_newer
    assert len(refused) == len(with_newer)
    for finding in refused:
        assert finding.startswith("✗ Slack: refuses the rich form of the card ")
        assert "unsupported_type at /blocks/" in finding
        assert "the plain form, with the same facts" in finding
    assert rest.startswith("✓ Slack: takes Maple's cards and forms (")


async def test_refused_forms_and_plain_cards_are_reported(slack: LocalSlack) -> None:
    slack.without_blocks("input", "context")
    refused = [finding for finding in await block_findings(slack) if finding.startswith("✗")]
    assert any(finding.startswith("✗ Slack: refuses the balance form: ") for finding in refused)
    assert any(finding.startswith("✗ Slack: refuses the card overview: ") for finding in refused)
    assert all("Update Maple" in finding for finding in refused)


@pytest.mark.parametrize(
    ("error", "cause"),
    [("unknown_method", "unknown_method"), ("ratelimited", "ratelimited"), ("fatal_error", "fatal_error")],
)
async def test_unanswered_block_check_is_reported(slack: LocalSlack, error: str, cause: str) -> None:
    slack.faults.add("blocks.validate", "error", error=error)
    assert await block_findings(slack) == [f"✓ Slack: not all cards and forms could be checked ({cause})"]


async def test_refusal_without_a_list(slack: LocalSlack, monkeypatch: pytest.MonkeyPatch) -> None:
    few = tuple(samples())[:2]
    monkeypatch.setattr(blocks, "samples", lambda: few)
    slack.faults.add("blocks.validate", "error", error="invalid_blocks")
    first, rest = await block_findings(slack)
    assert first.startswith("✗ Slack: refuses the card overview: invalid_blocks\n")
    assert rest.startswith("✓")


async def test_unreachable_slack_is_not_a_failure(slack: LocalSlack) -> None:
    unanswered = "✓ Slack: not all cards and forms could be checked (no answer)"
    assert await block_findings(slack, "http://127.0.0.1:9/") == [unanswered]
    odd = await block_findings(slack, f"{slack.url}static/")
    assert len(odd) == 1
    assert odd[0].startswith("✓ Slack: not all cards and forms could be checked (")


def test_every_kind_has_a_sample() -> None:
    names = [sample.name for sample in samples()]
    assert len(set(names)) == len(names)
    assert {part.id for part in registry.PARTS} <= set(names)
    assert {f"{kind} form" for kind in KIND_IDS} <= set(names)
    callbacks = {sample.view.get("callback_id") for sample in samples() if sample.view}
    assert {
        ids.LOOK_UP_MODAL,
        ids.DENY_MODAL,
        ids.UNDO_MODAL,
        ids.DIGEST_LIST,
        ids.DIGEST_FORM,
        ids.DIGEST_ALL_MODAL,
        ids.CHANGE_FORM,
    } <= callbacks
