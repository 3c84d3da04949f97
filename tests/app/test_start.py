"""How Maple explains what keeps it from starting."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.app import Maple
from bot.identity import CannotStart
from bot.settings import Settings
from tests.app.test_main import GIVEN


def test_unusable_policy_stops_the_start(tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    path.write_text("nonsense")
    with pytest.raises(CannotStart, match="line 1"):
        Maple(Settings.model_validate(GIVEN | {"maple_policy": path}))


async def test_unusable_database_is_reported(tmp_path: Path) -> None:
    nowhere = SecretStr(f"sqlite:///{tmp_path}/nowhere/canary.db")
    settings = Settings.model_validate(GIVEN | {"database_url": nowhere})
    with pytest.raises(CannotStart, match="Check DATABASE_URL") as error:
        async with Maple(settings).running():
            pass  # pragma: no cover
    assert "canary" not in str(error.value)
