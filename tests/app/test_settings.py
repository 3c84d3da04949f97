import asyncio
import contextlib
import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from bot.app import Maple
from bot.identity import CannotStart
from bot.settings import Settings, SettingsError, load, withdraw
from tests.examples import examples

SECRETS = {
    "SLACK_BOT_TOKEN": "xoxb-canary-1",
    "SLACK_SIGNING_SECRET": "canary-2",
    "SLACK_APP_TOKEN": "xapp-canary-3",
    "AUTUMN_SECRET_KEY": "am_sk_test_canary4",
}

GOOD = {name.lower(): value for name, value in SECRETS.items()}


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def set_environment(monkeypatch: pytest.MonkeyPatch, **values: str) -> None:
    for name, value in values.items():
        monkeypatch.setenv(name, value)


def test_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    set_environment(monkeypatch, **SECRETS)
    settings = load()
    assert settings.slack_api_url == "https://slack.com/api/"
    assert settings.autumn_url == "https://api.useautumn.com"
    assert settings.autumn_api_version == "2.3.0"
    assert (settings.host, settings.port) == ("127.0.0.1", 3000)
    assert (settings.log_level, settings.log_format) == ("INFO", "json")
    assert settings.socket_mode
    assert settings.database_url.get_secret_value() == "sqlite:///maple.db"
    assert (settings.maple_policy, settings.maple_approvals_channel) == (None, None)


def test_values_are_normalised(monkeypatch: pytest.MonkeyPatch) -> None:
    set_environment(
        monkeypatch,
        **SECRETS | {"SLACK_APP_TOKEN": ""},
        SLACK_API_URL="http://127.0.0.1:1/api",
        AUTUMN_URL="http://127.0.0.1:2/",
        LOG_LEVEL="debug",
        LOG_FORMAT="TEXT",
        PORT="0",
        DATABASE_URL="postgresql://maple:canary@db/maple",
        MAPLE_POLICY=" policy.toml ",
        MAPLE_APPROVALS_CHANNEL="C02BILLING",
    )
    settings = load()
    assert settings.slack_api_url == "http://127.0.0.1:1/api/"
    assert settings.autumn_url == "http://127.0.0.1:2"
    assert (settings.log_level, settings.log_format, settings.port) == ("DEBUG", "text", 0)
    assert settings.database_url.get_secret_value() == "postgresql://maple:canary@db/maple"
    assert settings.maple_policy == Path("policy.toml")
    assert settings.maple_approvals_channel == "C02BILLING"
    assert not settings.socket_mode, "an empty variable is an unset one"


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"SLACK_BOT_TOKEN": ""}, "SLACK_BOT_TOKEN is not set"),
        ({"SLACK_BOT_TOKEN": "xoxp-canary"}, "SLACK_BOT_TOKEN: should look like xoxb-…"),
        ({"SLACK_APP_TOKEN": "xoxb-canary"}, "SLACK_APP_TOKEN: should look like xapp-…"),
        ({"AUTUMN_SECRET_KEY": ""}, "AUTUMN_SECRET_KEY is not set"),
        (
            {"AUTUMN_SECRET_KEY": "am_pk_test_canary"},
            "AUTUMN_SECRET_KEY: should look like am_sk_test_… or am_sk_live_…",
        ),
        ({"AUTUMN_URL": "canary"}, "AUTUMN_URL: should start with https:// (or http://)"),
        (
            {"SLACK_APP_TOKEN": "", "SLACK_SIGNING_SECRET": ""},
            "neither SLACK_SIGNING_SECRET (needed for HTTP) nor SLACK_APP_TOKEN (for Socket Mode) is set",
        ),
        ({"DATABASE_URL": "mysql://canary"}, "DATABASE_URL: should start with sqlite:/// or postgresql://"),
        ({"DATABASE_URL": "sqlite://"}, "DATABASE_URL: needs the name of a file: sqlite:///maple.db"),
        (
            {"DATABASE_URL": "canary"},
            "DATABASE_URL: should look like sqlite:///maple.db or postgresql://user@host/name",
        ),
        ({"MAPLE_APPROVALS_CHANNEL": "#billing"}, "MAPLE_APPROVALS_CHANNEL: should be a channel's id (C…)"),
        ({"PORT": "canary"}, "PORT: input should be a valid integer, unable to parse string as an integer"),
        ({"PORT": "70000"}, "PORT: input should be less than or equal to 65535"),
        ({"LOG_LEVEL": "loud"}, "LOG_LEVEL: input should be 'DEBUG', 'INFO', 'WARNING' or 'ERROR'"),
        ({"LOG_FORMAT": "xml"}, "LOG_FORMAT: input should be 'json' or 'text'"),
    ],
)
def test_invalid_variable_is_named(
    monkeypatch: pytest.MonkeyPatch, changed: dict[str, str], message: str
) -> None:
    set_environment(monkeypatch, **SECRETS | changed)
    with pytest.raises(SettingsError) as error:
        load()
    assert str(error.value) == message
    assert error.value.__cause__ is None
    assert error.value.__context__ is None, "pydantic's own error quotes what was given"


PLAIN = "should be plain letters, digits and signs without a space: copy it once more"
ADDRESS = "should be an address such as https://host.example"
WEBHOOK = "should look like whsec_…: copy it once more from the endpoint in Autumn"
UNENCRYPTED = "should start with https://, since keys are sent there (http:// is for this machine alone)"


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("SLACK_BOT_TOKEN", "xoxb-", "should look like xoxb-…"),
        ("SLACK_BOT_TOKEN", "xoxb-a\nb", PLAIN),
        ("SLACK_APP_TOKEN", "xapp-canäry", PLAIN),
        ("SLACK_SIGNING_SECRET", "  ", PLAIN),
        ("SLACK_SIGNING_SECRET", "a b", PLAIN),
        ("AUTUMN_SECRET_KEY", "am_sk_test_…", PLAIN),
        ("AUTUMN_SECRET_KEY", "am_sk_live_", "should look like am_sk_test_… or am_sk_live_…"),
        ("AUTUMN_SECRET_KEY", '"am_sk_test_canary"', "should look like am_sk_test_… or am_sk_live_…"),
        ("AUTUMN_WEBHOOK_SECRET", "canary", WEBHOOK),
        ("AUTUMN_WEBHOOK_SECRET", "whsec_", WEBHOOK),
        ("AUTUMN_WEBHOOK_SECRET", "whsec_Y2FuYXJ5", WEBHOOK),
        ("AUTUMN_WEBHOOK_SECRET", "whsec_canärycanärycanärycanäry", WEBHOOK),
        ("AUTUMN_WEBHOOK_SECRET", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", None),
        ("AUTUMN_URL", "https://", ADDRESS),
        ("AUTUMN_URL", "https://:80", ADDRESS),
        ("AUTUMN_URL", "https://host:port", ADDRESS),
        ("AUTUMN_URL", "https://host:99999", ADDRESS),
        ("AUTUMN_URL", "https://[::1", ADDRESS),
        ("AUTUMN_URL", "https://a..b", ADDRESS),
        ("AUTUMN_URL", "https://" + "a" * 64, ADDRESS),
        ("AUTUMN_URL", "https://999.999.1.1", ADDRESS),
        ("AUTUMN_URL", "https://a b.example", ADDRESS),
        ("AUTUMN_URL", "https://canary@host.example", ADDRESS),
        ("AUTUMN_URL", "https://host.example/?key=canary", ADDRESS),
        ("AUTUMN_URL", "https://host.example/#canary", ADDRESS),
        ("AUTUMN_URL", "http://api.useautumn.com", UNENCRYPTED),
        ("AUTUMN_URL", "http://10.0.0.7:8080", UNENCRYPTED),
        ("AUTUMN_URL", "http://localhost.example", UNENCRYPTED),
        ("AUTUMN_URL", "http://0.0.0.0:8080", UNENCRYPTED),
        ("SLACK_API_URL", "http://slack.com/api/", UNENCRYPTED),
        ("AUTUMN_API_VERSION", "2.3\n", None),
        ("AUTUMN_API_VERSION", "2.3 beta", "should be a version of Autumn's API, such as 2.3.0"),
        ("HOST", "a..b", "should be a name or an address of this machine, such as 0.0.0.0"),
        (
            "DATABASE_URL",
            "sqlite:///a.db?mode=ro",
            "should be sqlite:/// and the name of a file, and nothing else",
        ),
        (
            "DATABASE_URL",
            "sqlite://host/a.db",
            "should be sqlite:/// and the name of a file, and nothing else",
        ),
        (
            "DATABASE_URL",
            "postgresql://me:canary@a..b/maple",
            "should have the name of a host: postgresql://user@host/name",
        ),
        (
            "DATABASE_URL",
            "postgresql://me:canary@host:port/maple",
            "should look like sqlite:///maple.db or postgresql://user@host/name",
        ),
    ],
)
def test_malformed_value_is_refused_with_an_explanation(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, message: str | None
) -> None:
    set_environment(monkeypatch, **SECRETS | {name: value})
    if message is None:
        load()
        return
    with pytest.raises(SettingsError) as error:
        load()
    assert str(error.value) == f"{name}: {message}"


@pytest.mark.parametrize(
    "address",
    [
        "http://localhost:8080",
        "http://LOCALHOST.",
        "http://127.0.0.1",
        "http://127.9.9.9:1",
        "http://[::1]:8080",
        "https://10.0.0.7",
        "https://autumn.example:8443/base",
    ],
)
def test_unencrypted_address_is_allowed_only_for_localhost(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    set_environment(monkeypatch, **SECRETS, AUTUMN_URL=address)
    assert load().autumn_url == address


def test_space_around_a_secret_is_stripped(monkeypatch: pytest.MonkeyPatch) -> None:
    set_environment(monkeypatch, **{name: f" {value}\r\n" for name, value in SECRETS.items()})
    settings = load()
    assert settings.slack_bot_token.get_secret_value() == SECRETS["SLACK_BOT_TOKEN"]
    assert settings.slack_signing_secret is not None
    assert settings.slack_signing_secret.get_secret_value() == SECRETS["SLACK_SIGNING_SECRET"]
    assert settings.autumn_secret_key.get_secret_value() == SECRETS["AUTUMN_SECRET_KEY"]


_STARTS = (
    *("", "xoxb-", "xapp-", "am_sk_test_", "http://", "https://", "https://host:", "http://localhost/"),
    *("sqlite:///", "postgresql://", "postgresql://me@host/", "postgresql://me@host/?"),
)
_VALUES = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=80),
    st.binary(max_size=40).map(lambda raw: os.fsdecode(raw.replace(b"\0", b""))),
)


@examples(400)
@drawn(name=st.sampled_from(sorted(Settings.model_fields)), start=st.sampled_from(_STARTS), rest=_VALUES)
def test_any_value_builds_the_bot_or_is_refused_with_an_explanation(name: str, start: str, rest: str) -> None:
    with pytest.MonkeyPatch.context() as environment, tempfile.TemporaryDirectory() as here:
        environment.chdir(here)
        set_environment(environment, **SECRETS | {name.upper(): start + rest})
        # Anything but these two would be a traceback.
        with contextlib.suppress(SettingsError, CannotStart):
            asyncio.run(Maple(load()).autumn.aclose())


def test_all_invalid_variables_are_named_at_once() -> None:
    with pytest.raises(SettingsError) as error:
        load()
    assert str(error.value).splitlines() == ["SLACK_BOT_TOKEN is not set", "AUTUMN_SECRET_KEY is not set"]


def test_repr_shows_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    set_environment(monkeypatch, **SECRETS, DATABASE_URL="postgresql://maple:canary@db/maple")
    assert "canary" not in repr(load())
    assert "canary" not in str(load())
    assert "canary" not in load().model_dump_json()


@pytest.mark.parametrize("level", [5, None])
def test_log_level_that_is_not_text_is_refused(level: object) -> None:
    with pytest.raises(ValueError, match="log_level"):
        Settings.model_validate(
            {name.lower(): value for name, value in SECRETS.items()} | {"log_level": level}
        )
    with pytest.raises(ValueError, match="log_format"):
        Settings.model_validate(
            {name.lower(): value for name, value in SECRETS.items()} | {"log_format": level}
        )


def test_slack_variables_are_removed_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-canary")
    monkeypatch.setenv("SLACK_CLIENT_ID", "canary")
    monkeypatch.setenv("AUTUMN_URL", "https://autumn.test")
    withdraw()
    assert not [name for name in os.environ if name.startswith("SLACK_")]
    assert os.environ["AUTUMN_URL"] == "https://autumn.test"
