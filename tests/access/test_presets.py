"""Presets as a policy file has them."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from bot.access.policy_file import PolicyError, read
from bot.access.presets import Preset
from bot.changes import registry

NOW = datetime(2026, 11, 29, tzinfo=UTC)


def presets(text: str) -> tuple[Preset, ...]:
    return read(text, registry.policy_kinds(), "policy").presets


def test_presets_are_read() -> None:
    assert presets(
        '[[preset]]\nname = "Apology"\nfeature = "messages"\namount = 5_000\nevery = "30d"\n'
        'reason = "Sorry"\n'
        '[[preset]]\nname = "Half"\nfeature = "hours"\namount = 0.5\n'
        '[[preset]]\nname = "Ticket"\nreason = "As asked"\n'
    ) == (
        Preset("Apology", "messages", Decimal(5000), "Sorry", timedelta(days=30)),
        Preset("Half", "hours", Decimal("0.5")),
        Preset("Ticket", reason="As asked"),
    )
    assert presets("") == ()


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ("", "name"),
        ('name = "A"', "fills nothing in"),
        ('name = "A"\nfeature = "messages"', "need each other"),
        ('name = "A"\namount = 5', "need each other"),
        ('name = "A"\nfeature = "messages"\namount = 0', "must be a number over 0"),
        ('name = "A"\nfeature = "messages"\namount = true', "must be a number over 0"),
        ('name = "A"\nfeature = "messages"\namount = "5"', "must be a number over 0"),
        ('name = "A"\nfeature = "messages"\namount = inf', "must be a number over 0"),
        ('name = "A"\nfeature = "messages"\namount = 5\nevery = "monthly"', "must be a number of days"),
        ('name = "A"\nfeature = "messages"\namount = 5\nevery = 30', "must be a number of days"),
        ('name = "A"\nreason = "x"\nevery = "30d"', "every needs"),
        ('name = "A"\nreason = "x"\nreasons = "y"', "reason"),
        (f'name = "{"A" * 41}"\nreason = "x"', "name"),
        ('name = "A"\nreason = "x"\n[[preset]]\nname = "A"\nreason = "y"', "already"),
    ],
)
def test_invalid_preset_is_reported_with_its_line(lines: str, problem: str) -> None:
    with pytest.raises(PolicyError, match=problem) as caught:
        presets(f"[[preset]]\n{lines}")
    assert "line" in str(caught.value)


def test_presets_are_a_list() -> None:
    with pytest.raises(PolicyError, match="double brackets"):
        presets('[preset]\nname = "A"\nreason = "x"')


DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("every", "earlier", "next_at"),
    [
        (None, [NOW], None),
        (30 * DAY, [], None),
        (30 * DAY, [NOW - 31 * DAY], None),
        (30 * DAY, [NOW - 30 * DAY], None),
        (30 * DAY, [NOW - 40 * DAY, NOW - 10 * DAY], NOW + 20 * DAY),
    ],
)
def test_preset_can_be_given_once_per_interval(
    every: timedelta | None, earlier: list[datetime], next_at: datetime | None
) -> None:
    assert Preset("A", "messages", Decimal(1), every=every).again(earlier, NOW) == next_at
