from bot.metrics import Metrics
from bot.supervision import Background


def test_part_that_gets_nothing_done_is_stuck_until_it_does() -> None:
    now = 0.0
    metrics = Metrics()
    background = Background(metrics, patience=60, clock=lambda: now)
    assert background.stuck() == []
    background.moved("expiry")
    background.moved("redraws")
    now = 59.0
    background.moved("expiry")
    assert background.stuck() == []
    now = 61.0
    assert background.stuck() == ["redraws"]
    text = metrics.exposition().decode()
    assert 'maple_background_idle_seconds{part="expiry"} 2.0' in text
    assert 'maple_background_idle_seconds{part="redraws"} 61.0' in text
    background.moved("redraws")
    assert background.stuck() == []
