"""A part in the registry is available everywhere."""

from dataclasses import dataclass
from datetime import datetime

import pytest

from bot.autumn.client import Autumn
from bot.autumn.models import Customer
from bot.doctor.samples import samples
from bot.kit import blocks
from bot.kit.layout import Drawn
from bot.lookups import help as lookup_help
from bot.lookups import labels, registry
from bot.lookups import samples as lookup_samples
from bot.lookups.answers import Read
from bot.lookups.customer import customer_of
from bot.lookups.find import words as find_words
from bot.lookups.frame import Frame
from bot.lookups.invoices.facts import Unpaid
from bot.lookups.part import LookupPart
from bot.lookups.place import Place
from tests.journeys.steps import click_and_see, command_and_see
from tests.running import Running


@dataclass(frozen=True, slots=True)
class Referrals:
    customer: Customer
    code: str
    read_at: datetime
    unpaid: Read[Unpaid] | None = None


async def read(autumn: Autumn, place: Place, at: datetime, customer_read: Customer | None) -> Referrals:
    customer = await customer_of(autumn, place, customer_read)
    return Referrals(customer, f"FRIEND-OF-{customer.id}", at)


def draw(answer: Referrals, _: Frame) -> list[Drawn]:
    return [blocks.section("referrals", f"Refers others with {answer.code}")]


REFERRALS = LookupPart(
    id="referrals",
    title="Referrals",
    command="referrals",
    help="whom they referred",
    read=read,
    draw=draw,
    sample=lambda: Referrals(lookup_samples.customer(), "FRIEND", lookup_samples.NOW),
)


@pytest.fixture(autouse=True)
def referrals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "PARTS", (*registry.PARTS, REFERRALS))


async def test_registered_part_is_found_by_command_tab_form_and_help_and_shared(maple: Running) -> None:
    await maple.ana.shortcut(find_words.MODAL_TITLE)
    await maple.ana.sees(find_words.MODAL_CUSTOMER)
    await maple.ana.type_ahead(find_words.MODAL_CUSTOMER, "acme")
    await maple.ana.choose(find_words.MODAL_CUSTOMER, "Acme Ltd")
    await maple.ana.choose(find_words.MODAL_PART, REFERRALS.title)
    await maple.ana.submit()
    maple.ana.go("@maple")
    await maple.ana.sees("FRIEND-OF-cus_acme")
    maple.ana.go("#support")

    help_text = await command_and_see(maple, "/autumn help", "/autumn referrals <customer>")
    assert REFERRALS.help in help_text
    assert any(REFERRALS.help in line for line in lookup_help.command_list([]))
    await command_and_see(maple, "/autumn referrals", "Which customer?")
    await command_and_see(maple, "/autumn referal nobody-at-all", "/autumn referrals nobody-at-all")

    card = await command_and_see(maple, "/autumn referrals Acme Ltd", "Refers others with")
    for part_of_card in ("FRIEND-OF-cus_acme", "Acme Ltd", REFERRALS.title):
        assert part_of_card in card
    await click_and_see(maple, "Overview", "● Overview")
    card = await click_and_see(maple, REFERRALS.title, "Refers others with")
    assert "FRIEND-OF-cus_acme" in card
    await maple.ana.click(labels.SHARE, confirm=True)
    await maple.raj.sees("FRIEND-OF-cus_acme")


def test_registered_part_has_a_sample_for_the_doctor() -> None:
    assert REFERRALS.id in {sample.name for sample in samples()}


def test_unknown_part_is_an_error() -> None:
    with pytest.raises(LookupError, match="elsewhere"):
        registry.part("elsewhere")


def test_ids_and_commands_are_unique() -> None:
    parts = [part.id for part in registry.PARTS]
    assert len(set(parts)) == len(parts)
    assert len(registry.commands()) == len([part for part in registry.PARTS if part.command])
    assert {part.parent for part in registry.PARTS if part.parent} <= {tab.id for tab in registry.tabs()}
