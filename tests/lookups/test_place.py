import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.kit.carried import Unreadable
from bot.lookups.place import Place, Span
from tests.examples import examples

PLACES = st.builds(
    Place,
    customer=st.text(),
    part=st.text(),
    page=st.integers(0, 100),
    feature=st.text(),
    span=st.sampled_from(Span),
    status=st.text(),
    expired=st.booleans(),
    until=st.integers(0, 10**13),
)


@examples(50)
@given(PLACES)
def test_place_survives_a_button(place: Place) -> None:
    assert Place.decode(place.encode()) == place


def test_encoded_place_is_short() -> None:
    assert Place(customer="cus_1").encode() == '{"c":"cus_1"}'


def test_another_part_starts_with_its_defaults() -> None:
    place = Place(customer="cus_1", part="events", page=3, feature="messages", until=5)
    assert place.go("invoices") == Place(customer="cus_1", part="invoices")
    assert place.at(span=Span.DAY) == place.model_copy(update={"page": 0, "span": Span.DAY})
    assert place.at(page=4).page == 4


@pytest.mark.parametrize("value", ["", "{}", "[]", '{"c":"x","n":-1}'])
def test_other_values_are_not_a_place(value: str) -> None:
    with pytest.raises(Unreadable):
        Place.decode(value)
