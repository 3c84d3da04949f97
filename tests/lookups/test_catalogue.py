from bot.autumn.models import Feature
from bot.lookups.catalogue import by_name, catalogue, names, tracked
from tests.autumn.scripted import Scripted, recorded

FEATURES = {
    feature.id: feature
    for feature in (
        Feature(id="messages", type="metered", event_names=["message.sent", "sms"]),
        Feature(id="tokens", type="metered", event_names=["completion"]),
        Feature(id="sso", type="boolean"),
        Feature(
            id="credits",
            type="credit_system",
            credit_schema=[{"metered_feature_id": "tokens"}, {"metered_feature_id": "gone"}],
        ),
        Feature(id="sms", type="metered"),
    )
}


def test_feature_is_tracked_by_id_and_event_names() -> None:
    assert names("messages", FEATURES) == ("messages", "message.sent", "sms")
    assert names("sso", FEATURES) == ("sso",)
    assert names("unknown", FEATURES) == ("unknown",)
    assert names("credits", FEATURES) == ("credits", "tokens", "completion", "gone")


def test_every_tracked_name_is_listed_once() -> None:
    assert tracked(FEATURES) == ("messages", "message.sent", "sms", "tokens", "completion")


def test_id_wins_over_an_event_of_the_same_name() -> None:
    features = by_name(FEATURES)
    assert features["sms"].id == "sms"
    assert features["completion"].id == "tokens"


async def test_features_are_keyed_by_id() -> None:
    client = Scripted({"features.list": recorded("features")}).client()
    assert (await catalogue(client))["credits"].credit_costs[0].metered_feature_id == "tokens"
    await client.aclose()
