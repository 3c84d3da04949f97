"""Maple's settings, from environment variables only."""

import base64
import ipaddress
import os
import re
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar
from urllib.parse import urlsplit

import httpx
from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.autumn.models import Environment
from bot.store.database import database_url, is_host


class SettingsError(Exception):
    """The settings cannot be used; one line for each that is wrong, naming the variable."""


_PRINTABLE = re.compile(r"[!-~]+")
_SHORTEST_KEY = 16
_VERSION = re.compile(r"[0-9A-Za-z.-]+")


def _stripped(value: object) -> object:
    return value.strip() if isinstance(value, str) else value


def _prefixed(*prefixes: str) -> AfterValidator:
    words = " or ".join(f"{prefix}…" for prefix in prefixes)

    def check(value: SecretStr) -> SecretStr:
        plain = value.get_secret_value()
        if not plain.startswith(prefixes) or plain in prefixes:
            raise ValueError(f"should look like {words}")
        return _printable(value)

    return AfterValidator(check)


def _printable(value: SecretStr) -> SecretStr:
    # It goes into a header, or into a signature that anyone could forge with an empty one.
    if not _PRINTABLE.fullmatch(value.get_secret_value()):
        raise ValueError("should be plain letters, digits and signs without a space: copy it once more")
    return value


def _webhook_secret(value: SecretStr) -> SecretStr:
    _, prefix, key = value.get_secret_value().partition("whsec_")
    try:
        decoded = base64.b64decode(key + "==", validate=False)
    except ValueError:
        decoded = b""
    # A short key could be guessed; Svix makes keys of 24 bytes.
    if not prefix or len(decoded) < _SHORTEST_KEY:
        raise ValueError("should look like whsec_…: copy it once more from the endpoint in Autumn")
    return _printable(value)


def _upper(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


def _address(value: str) -> str:
    """An address that tokens and keys may be sent to."""
    if not value.startswith(("http://", "https://")):
        raise ValueError("should start with https:// (or http://)")
    host = _host_of(value)
    if host is None:
        raise ValueError("should be an address such as https://host.example")
    if value.startswith("http://") and not _loopback(host):
        raise ValueError(
            "should start with https://, since keys are sent there (http:// is for this machine alone)"
        )
    return value


def _host_of(address: str) -> str | None:
    """None unless it is the plain address of a host, with or without a port and a path."""
    try:
        parts = urlsplit(address)
        host, _ = httpx.URL(address).host, parts.port
    except (ValueError, httpx.InvalidURL):
        return None
    plain = _PRINTABLE.fullmatch(address) and not (parts.query or parts.fragment or parts.username)
    return host if plain and is_host(host) else None


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower().rstrip(".") == "localhost"


def _host(value: str) -> str:
    if not is_host(value):
        raise ValueError("should be a name or an address of this machine, such as 0.0.0.0")
    return value


def _version(value: str) -> str:
    if not _VERSION.fullmatch(value):
        raise ValueError("should be a version of Autumn's API, such as 2.3.0")
    return value


def _with_slash(value: str) -> str:
    return value.rstrip("/") + "/"


def _without_slash(value: str) -> str:
    return value.rstrip("/")


def _channel(value: str) -> str:
    if not re.fullmatch(r"[CG][A-Z0-9]{2,}", value):
        raise ValueError("should be a channel's id (C…)")
    return value


def _database(value: SecretStr) -> SecretStr:
    database_url(value.get_secret_value())
    return value


_STRIPPED = BeforeValidator(_stripped)
S = TypeVar("S", bound=BaseSettings)
Level = Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], BeforeValidator(_upper)]
Format = Annotated[Literal["json", "text"], BeforeValidator(_lower)]


class Storage(BaseSettings):
    """Where Maple stores its data: all that maintenance needs."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="ignore",
        env_ignore_empty=True,
        hide_input_in_errors=True,
        str_strip_whitespace=True,
    )

    database_url: Annotated[SecretStr, _STRIPPED, AfterValidator(_database)] = SecretStr("sqlite:///maple.db")
    """Where changes and their audit trail are kept; it may hold a password."""


class Settings(Storage):
    """What Maple needs to know to run. Secrets never show in its repr."""

    slack_bot_token: Annotated[SecretStr, _STRIPPED, _prefixed("xoxb-")]
    slack_signing_secret: Annotated[SecretStr, _STRIPPED, AfterValidator(_printable)] | None = None
    """Signs Slack's requests; needed in HTTP mode."""
    slack_app_token: Annotated[SecretStr, _STRIPPED, _prefixed("xapp-")] | None = None
    """Turns Socket Mode on."""
    slack_api_url: Annotated[str, AfterValidator(_address), AfterValidator(_with_slash)] = (
        "https://slack.com/api/"
    )
    autumn_secret_key: Annotated[SecretStr, _STRIPPED, _prefixed("am_sk_test_", "am_sk_live_")]
    autumn_url: Annotated[str, AfterValidator(_address), AfterValidator(_without_slash)] = (
        "https://api.useautumn.com"
    )
    autumn_webhook_secret: Annotated[SecretStr, _STRIPPED, AfterValidator(_webhook_secret)] | None = None
    """Signs Autumn's webhooks, which alerts come from; unset, Maple takes none."""
    autumn_api_version: Annotated[str, AfterValidator(_version)] = "2.3.0"
    maple_policy: Path | None = None
    """A TOML file; unset, every full member may ask, and one other must approve."""
    maple_approvals_channel: Annotated[str, AfterValidator(_channel)] | None = None
    """Unset, changes that need approval are refused."""
    host: Annotated[str, AfterValidator(_host)] = "127.0.0.1"
    port: int = Field(default=3000, ge=0, le=65535)
    """0 takes a free port."""
    log_level: Level = "INFO"
    log_format: Format = "json"

    @property
    def environment(self) -> Environment:
        """A key of Autumn's is for one of the two, and says so."""
        live = self.autumn_secret_key.get_secret_value().startswith("am_sk_live_")
        return Environment.LIVE if live else Environment.SANDBOX

    @property
    def socket_mode(self) -> bool:
        return self.slack_app_token is not None

    @model_validator(mode="after")
    def _one_way_in(self) -> Self:
        if self.slack_app_token is None and self.slack_signing_secret is None:
            raise ValueError(
                "neither SLACK_SIGNING_SECRET (needed for HTTP) nor SLACK_APP_TOKEN (for Socket Mode) is set"
            )
        return self


def load() -> Settings:
    """The settings in the environment. Raises SettingsError in words that quote no value."""
    return _load(Settings)


def load_storage() -> Storage:
    """The same, of the database alone."""
    return _load(Storage)


def _load(kind: type[S]) -> S:
    try:
        return kind()
    except ValidationError as error:
        # The original quotes what was given, which may be a secret: it must not be chained.
        problem = SettingsError(
            "\n".join(_words(detail) for detail in error.errors(include_input=False, include_url=False))
        )
    raise problem


def withdraw() -> None:
    """Takes Slack's variables out of the environment: Bolt also looks there, besides what it is given, and
    would use what it finds (even SLACK_CLIENT_ID, which is not one of ours)."""
    for variable in [name for name in os.environ if name.startswith("SLACK_")]:
        del os.environ[variable]


def _words(error: Any) -> str:
    message = str(error["msg"]).removeprefix("Value error, ")
    if not error["loc"]:
        return message
    name = str(error["loc"][0]).upper()
    return (
        f"{name} is not set" if error["type"] == "missing" else f"{name}: {message[0].lower()}{message[1:]}"
    )
