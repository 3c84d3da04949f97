"""What is read from Slack's payloads can be forwarded and stored, whatever it contains."""

import json
from string import ascii_letters, digits

from hypothesis import given
from hypothesis import strategies as st

from handlers.interaction import InteractionKind, read

ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(codec=None)),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["value", "selected", "a"]), inner),
    max_leaves=10,
)


@given(state=st.dictionaries(st.sampled_from(["one", "two"]), ANY), text=st.text(st.characters(codec=None)))
def test_unstorable_characters_are_replaced(state: object, text: str) -> None:
    view = {"id": "V1", "private_metadata": text, "state": {"values": state}}
    interaction = read(InteractionKind.VIEW, {"user": {"id": text}, "trigger_id": text, "view": view})
    assert "\0" not in f"{interaction.actor.user}{interaction.trigger_id}{interaction.metadata}"
    payload = json.dumps(
        [interaction.actor.user, interaction.trigger_id, interaction.metadata, interaction.state],
        ensure_ascii=False,
    )
    assert payload.encode().decode() == payload


def test_ordinary_text_is_unchanged() -> None:
    text = "naïve 👩‍👧 \0 漢字"
    state = {"block": {"field": {"value": text, "chosen": [{"value": text}], "number": 7}}}
    interaction = read(InteractionKind.VIEW, {"user": {"id": "U1"}, "view": {"state": {"values": state}}})
    assert interaction.state == state


@given(
    text=st.text(st.characters(codec=None)) | st.sampled_from(["C01SUPPORT", "1700000000.000100", "C" * 33])
)
def test_channel_and_message_are_ids_or_empty(text: str) -> None:
    body = {"channel": {"id": text}, "container": {"message_ts": text}, "actions": [{}]}
    interaction = read(InteractionKind.ACTION, body)
    plain = 0 < len(text) <= 32 and set(text) <= set(ascii_letters + digits + "_.")
    assert (interaction.channel, interaction.message) == ((text, text) if plain else ("", ""))
