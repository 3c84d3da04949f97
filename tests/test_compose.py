"""compose.yaml, checked against what it refers to: no container engine has run it here."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.settings import Settings
from bot.timings import Timeouts
from tests.scripts import dockerfile

ROOT = Path(__file__).parent.parent
IMAGES_OWN = {"POSTGRES_USER", "POSTGRES_DB", "POSTGRES_PASSWORD"}
"""Variables of PostgreSQL's image."""


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
    return read


@pytest.fixture(scope="module")
def maple(compose: dict[str, Any]) -> dict[str, Any]:
    service: dict[str, Any] = compose["services"]["maple"]
    return service


@pytest.fixture(scope="module")
def final() -> dockerfile.Stage:
    return dockerfile.stages(ROOT / "Dockerfile")[-1]


def seconds(words: str) -> float:
    return float(words.removesuffix("s"))


def known_variables() -> set[str]:
    return {name.upper() for name in Settings.model_fields}


def test_every_variable_is_read_by_its_service(compose: dict[str, Any], maple: dict[str, Any]) -> None:
    assert set(maple["environment"]) <= known_variables()
    assert set(compose["services"]["postgres"]["environment"]) <= IMAGES_OWN
    comments = [line for line in (ROOT / "compose.yaml").read_text().splitlines() if line.startswith("#")]
    named = set(re.findall(r"\b[A-Z]+(?:_[A-Z]+)+\b", "\n".join(comments)))
    assert named <= known_variables() | IMAGES_OWN
    assert {"SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "AUTUMN_SECRET_KEY", "DATABASE_URL"} <= named
    assert "MAPLE_APPROVALS_CHANNEL" in named


def test_policy_is_the_file_beside_it(compose: dict[str, Any], maple: dict[str, Any]) -> None:
    (config,) = maple["configs"]
    assert config["target"] == maple["environment"]["MAPLE_POLICY"]
    assert compose["configs"][config["source"]] == {"file": "policy.toml"}
    assert "policy.toml" in (ROOT / ".gitignore").read_text().split()


def test_compose_has_no_secret(maple: dict[str, Any], compose: dict[str, Any]) -> None:
    secret = {
        name.upper() for name, field in Settings.model_fields.items() if "Secret" in str(field.annotation)
    }
    assert not secret & set(maple["environment"])
    assert "POSTGRES_PASSWORD" not in compose["services"]["postgres"]["environment"]
    assert maple["env_file"] == "maple.env"
    assert "*.env" in (ROOT / ".gitignore").read_text().split()
    assert all(service["env_file"].endswith(".env") for service in compose["services"].values())


def test_compose_agrees_with_the_dockerfile(maple: dict[str, Any], final: dockerfile.Stage) -> None:
    assert maple["build"] == "."
    assert (ROOT / "Dockerfile").is_file()
    ports = {final.one("EXPOSE"), maple["environment"]["PORT"], *maple["expose"]}
    assert ports == {re.search(r"PORT=(\d+)", final.one("ENV"))[1]}  # type: ignore[index]
    assert f"HOST={maple['environment']['HOST']}" in final.one("ENV")
    check = final.one("HEALTHCHECK")
    healthcheck = maple["healthcheck"]
    assert healthcheck["test"][0] == "CMD"
    assert "".join(healthcheck["test"][1:]).split() == "".join(dockerfile.command(check)).split()
    for name in ("interval", "timeout", "start_period", "retries"):
        assert f"--{name.replace('_', '-')}={healthcheck[name]}" in check


def test_bot_can_be_scaled(maple: dict[str, Any]) -> None:
    """It has no fixed container name and no host port, of which there could be only one."""
    assert not {"container_name", "ports"} & set(maple)
    assert "volumes" not in maple, "replicas share the database and nothing else"


def test_stop_grace_period_is_long_enough(maple: dict[str, Any]) -> None:
    assert seconds(maple["stop_grace_period"]) > Timeouts().drain


def test_bot_waits_for_the_database(compose: dict[str, Any], maple: dict[str, Any]) -> None:
    assert maple["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    postgres = compose["services"]["postgres"]
    assert postgres["healthcheck"]["test"][:2] == ["CMD", "pg_isready"]
    for service in compose["services"].values():
        for volume in service.get("volumes", []):
            assert volume.split(":")[0] in compose["volumes"]


def test_services_have_minimal_privileges(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert "cap_add" not in service, name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert {"mem_limit", "pids_limit", "cpus"} <= set(service), name
        assert "/tmp" in service["tmpfs"], name  # noqa: S108 - the container's
        assert set(service["logging"]["options"]) == {"max-size", "max-file"}, name
    # Starting as root would need capabilities.
    assert compose["services"]["postgres"]["user"] == "postgres"


def test_images_are_pinned_by_digest(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        assert "build" in service or re.fullmatch(r"[\w.]+:[\w.-]+@sha256:[0-9a-f]{64}", service["image"]), (
            name
        )


def test_readme_says_what_compose_needs() -> None:
    (section,) = re.findall(
        r"^## Running two or ten\n(.*?)^## ", (ROOT / "README.md").read_text(), re.M | re.S
    )
    assert "postgresql://maple:" in section
    assert "@postgres/maple" in section, "the service's own name"
    files = ("policy.toml", "maple.env", "postgres.env")
    for words in ("--scale maple=", *files, "POSTGRES_PASSWORD", "/readyz"):
        assert words in section
