"""The doctor, in a healthy and in a broken environment."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.autumn.retry_policy import RetryPolicy
from bot.autumn.throttle import Limits
from bot.changes import registry as kinds
from bot.changes.spec import UPDATE_CUSTOMER, KeyScope
from bot.doctor import blocks
from bot.doctor.command import examine
from bot.doctor.samples import samples
from bot.links import registry as links
from bot.settings import Settings
from sandbox.autumn import LocalAutumn
from sandbox.slack import LocalSlack
from tests.running import Mode, settings_for


@pytest.fixture
async def autumn() -> AsyncIterator[LocalAutumn]:
    async with LocalAutumn.running(seed="empty") as autumn:
        yield autumn


@pytest.fixture(autouse=True)
def _somewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By default, the database is created in the working directory."""
    monkeypatch.chdir(tmp_path)


FEW = tuple(samples())[:2]


async def all_findings(settings: Settings, **changed: object) -> list[str]:
    """Has Slack check only two of the cards and forms."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(blocks, "samples", lambda: FEW)
        findings: list[str] = []
        await examine(
            settings.model_copy(update=changed),
            lambda finding: findings.append(str(finding)),
            limits=Limits(general=1000),
            retry_policy=RetryPolicy(backoff=0.01),
        )
        return findings


@pytest.mark.both_transports
async def test_healthy_setup_has_no_failed_finding(
    slack: LocalSlack, autumn: LocalAutumn, mode: Mode
) -> None:
    findings = await all_findings(settings_for(slack, autumn, mode))
    assert [finding for finding in findings if not finding.startswith("✓")] == []
    way = "Socket Mode can be opened" if mode == "socket" else "HTTP mode, with a signing secret"
    assert findings == [
        "✓ Slack: the bot token is good (Northwind, as maple)",
        "✓ Slack: the bot token has every scope it needs",
        f"✓ Slack: {way}",
        "✓ Policy: the built-in one, as MAPLE_POLICY is not set",
        "✓ Approvals: MAPLE_APPROVALS_CHANNEL is not set, so changes that need approval are refused",
        "✓ Alerts: AUTUMN_WEBHOOK_SECRET is not set, so only past due subscriptions are found, once an hour",
        f"✓ Slack: takes Maple's cards and forms ({len(FEW)} kinds checked)",
        "✓ Database: will be made at the first start (SQLite)",
        findings[8],
        "✓ Autumn: customers and invoices can be read (customers:read)",
        "✓ Autumn: features can be read (features:read)",
        "✓ Autumn: products can be read (plans:read)",
        "✓ Autumn: events, usage and request logs can be read (analytics:read)",
        "✓ Autumn: the key may check what a customer may use (balances:read)",
        "✓ Autumn: the key may make links to the customer portal (billing:read)",
        "✓ Autumn: rewards can be read (rewards:read)",
        "✓ Autumn: the key may change balances, give features, move a grant's expiry, remove grants "
        "and record usage (balances:write)",
        "✓ Autumn: the key may apply coupons, refund invoices, change subscriptions and make payment "
        "set-up links (billing:write)",
        "✓ Autumn: the key may redeem promo codes (rewards:write)",
        "✓ Autumn: the key may set billing controls, edit customers' details and delete customers "
        "(customers:write)",
    ]
    assert findings[8].startswith("✓ Autumn: the key is good (")
    assert [write for write in autumn.ledger if write.applied] == []


async def test_wrong_bot_token_is_reported(slack: LocalSlack, autumn: LocalAutumn) -> None:
    findings = await all_findings(
        settings_for(slack, autumn, "http"), slack_bot_token=SecretStr("xoxb-canary")
    )
    assert findings[0].startswith("✗ Slack: the bot token is not usable (invalid_auth)\n  Install the app")
    assert "canary" not in "".join(findings)


async def test_missing_scopes_are_named(slack: LocalSlack, autumn: LocalAutumn) -> None:
    slack.scopes.difference_update({"users:read", "im:write"})
    findings = await all_findings(settings_for(slack, autumn, "http"))
    assert findings[1].startswith("✗ Slack: scopes are missing: im:write, users:read\n")


async def test_wrong_app_token_is_reported(slack: LocalSlack, autumn: LocalAutumn) -> None:
    findings = await all_findings(
        settings_for(slack, autumn, "socket"), slack_app_token=SecretStr("xapp-canary")
    )
    assert findings[2].startswith(
        "✗ Slack: Socket Mode cannot be opened (invalid_auth)\n  Turn Socket Mode on"
    )


async def test_unreachable_services_are_reported(
    slack: LocalSlack, autumn: LocalAutumn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.slack.client.retries", lambda _longest: [])
    findings = await all_findings(
        settings_for(slack, autumn, "http"),
        slack_api_url="http://127.0.0.1:9/",
        autumn_url="http://127.0.0.1:9",
    )
    assert findings[0].startswith("✗ Slack: the bot token is not usable (no answer)\n  Check SLACK_API_URL")
    assert findings[-1].startswith("✗ Autumn: no answer\n  Check AUTUMN_URL")


async def test_garbled_slack_is_reported(slack: LocalSlack, autumn: LocalAutumn) -> None:
    findings = await all_findings(settings_for(slack, autumn, "http"), slack_api_url=f"{autumn.url}/")
    assert findings[0].startswith("✗ Slack: the bot token is not usable (")


async def test_unknown_autumn_key_is_reported(slack: LocalSlack, autumn: LocalAutumn) -> None:
    findings = await all_findings(
        settings_for(slack, autumn, "http"), autumn_secret_key=SecretStr("am_sk_test_canary")
    )
    assert findings[-1].startswith("✗ Autumn: the key is not accepted\n  Set AUTUMN_SECRET_KEY")


async def test_unknown_api_version_is_reported(slack: LocalSlack, autumn: LocalAutumn) -> None:
    findings = await all_findings(settings_for(slack, autumn, "http"), autumn_api_version="9.9.9")
    assert findings[-1].startswith("✗ Autumn: API version 9.9.9 is not understood")


async def test_garbled_autumn_is_reported(slack: LocalSlack, autumn: LocalAutumn) -> None:
    autumn.faults.add("*", "garbage")
    findings = await all_findings(settings_for(slack, autumn, "http"))
    assert findings[-1].startswith("✗ Autumn: no proper answer (Garbled)")


async def test_missing_permission_is_named(slack: LocalSlack, autumn: LocalAutumn) -> None:
    key = autumn.keys(scopes=["customers:read", "features:read", "balances:write"])
    findings = await all_findings(settings_for(slack, autumn, "http"), autumn_secret_key=SecretStr(key))
    wrong = [finding for finding in findings if finding.startswith("✗")]
    assert [finding.split("\n")[0] for finding in wrong] == [
        "✗ Autumn: the key may not read products",
        "✗ Autumn: the key may not read events, usage and request logs",
        "✗ Autumn: the key may not read rewards",
        "✗ Autumn: the key may not apply coupons, refund invoices, change subscriptions and make "
        "payment set-up links",
        "✗ Autumn: the key may not redeem promo codes",
        "✗ Autumn: the key may not set billing controls, edit customers' details and delete customers",
    ]
    assert "Give the key the scope plans:read" in wrong[0]
    assert "Give the key the scope billing:write" in wrong[3]


async def test_scope_of_one_part_alone_is_named_and_may_be_missing(
    slack: LocalSlack, autumn: LocalAutumn
) -> None:
    scopes = ["customers:read", "plans:read", "features:read", "analytics:read"]
    for more, says in (
        (
            [],
            "✓ Autumn: the key may not check what a customer may use; the scope balances:read would allow it",
        ),
        (["balances:read"], "✓ Autumn: the key may check what a customer may use (balances:read)"),
        (["billing:read"], "✓ Autumn: the key may make links to the customer portal (billing:read)"),
    ):
        key = SecretStr(autumn.keys(scopes=[*scopes, *more]))
        assert says in await all_findings(settings_for(slack, autumn, "http"), autumn_secret_key=key)


async def test_unknown_scope_of_one_part_is_reported(slack: LocalSlack, autumn: LocalAutumn) -> None:
    autumn.faults.add("balances.check", "500", times=None)
    findings = await all_findings(settings_for(slack, autumn, "http"))
    assert [finding.split("\n")[0] for finding in findings if finding.startswith("✗")] == [
        "✗ Autumn: Maple could not find out whether the key may check what a customer may use (Unavailable)"
    ]


async def test_read_only_key_is_accepted(slack: LocalSlack, autumn: LocalAutumn) -> None:
    scopes = ["customers:read", "plans:read", "features:read", "analytics:read"]
    findings = await all_findings(
        settings_for(slack, autumn, "http"), autumn_secret_key=SecretStr(autumn.keys(scopes=scopes))
    )
    assert [finding for finding in findings if finding.startswith("✗")] == []
    assert findings[-1] == "✓ Autumn: the key may only look up, so Maple changes nothing with it"


async def test_failing_part_of_autumn_is_reported(slack: LocalSlack, autumn: LocalAutumn) -> None:
    autumn.faults.add("plans.list", "429", retry_after=3600)
    findings = await all_findings(settings_for(slack, autumn, "http"))
    assert [finding.split("\n")[0] for finding in findings if finding.startswith("✗")] == [
        "✗ Autumn: products could not be read (RateLimited)"
    ]


NEEDED = [
    *((kind.id, scope) for kind in kinds.KINDS for scope in kind.scopes),
    *((link.id, scope) for link in links.KINDS for scope in link.scopes),
]
READ = ["customers:read", "plans:read", "features:read", "analytics:read", "rewards:read"]


async def test_every_route_of_a_kind_is_probed_without_effect(slack: LocalSlack, autumn: LocalAutumn) -> None:
    await all_findings(settings_for(slack, autumn, "http"))
    routes = [call.route for call in autumn.calls]
    assert {scope.probe.route for _, scope in NEEDED} <= set(routes)
    assert all(routes.count(scope.probe.route) == 1 for _, scope in NEEDED)
    assert [write for write in autumn.ledger if write.applied] == []


@pytest.mark.parametrize("scope", sorted({scope.scope for _, scope in NEEDED}))
async def test_missing_scope_names_everything_that_needs_it(
    slack: LocalSlack, autumn: LocalAutumn, scope: str
) -> None:
    other_scopes = {need.scope for _, need in NEEDED} - {scope}
    key = SecretStr(autumn.keys(scopes=[*READ, *other_scopes]))
    findings = await all_findings(settings_for(slack, autumn, "http"), autumn_secret_key=key)
    (missing,) = (finding for finding in findings if finding.startswith("✗"))
    assert f"Give the key the scope {scope}" in missing
    for _, need in NEEDED:
        assert (need.allows in missing.split("\n")[0]) == (need.scope == scope)


async def test_routes_of_one_scope_are_distinguished(
    slack: LocalSlack, autumn: LocalAutumn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Autumn might require a different scope for one of them some day."""
    moved = KeyScope("billing:write", "make links of a new kind", UPDATE_CUSTOMER)
    made_up = replace(links.kind("payment"), id="made_up", scopes=(moved,))
    monkeypatch.setattr(links, "KINDS", (*links.KINDS, made_up))
    autumn.faults.add("balances.track", "500", times=None)
    key = SecretStr(autumn.keys(scopes=[*READ, "balances:write", "billing:write", "rewards:write"]))
    findings = await all_findings(settings_for(slack, autumn, "http"), autumn_secret_key=key)
    assert [finding.split("\n")[0] for finding in findings if finding.startswith("✗")] == [
        "✗ Autumn: Maple could not find out whether the key may record usage (Unavailable)",
        "✗ Autumn: the key may not make links of a new kind",
        "✗ Autumn: the key may not set billing controls, edit customers' details and delete customers",
    ]
    assert (
        "✓ Autumn: the key may change balances, give features, move a grant's expiry and remove grants "
        "(balances:write)"
    ) in findings


@pytest.mark.parametrize(("fault", "kind"), [("500", "Unavailable"), ("cut_before", "Unreachable")])
async def test_unknown_write_permission_is_reported(
    slack: LocalSlack, autumn: LocalAutumn, fault: str, kind: str
) -> None:
    autumn.faults.add("customers.update", fault)
    findings = await all_findings(settings_for(slack, autumn, "http"))
    assert [finding.split("\n")[0] for finding in findings if finding.startswith("✗")] == [
        "✗ Autumn: Maple could not find out whether the key may set billing controls, edit customers' "
        "details and delete customers "
        f"({kind})"
    ]
