from bot.background import Supervision
from bot.metrics import Metrics


def test_task_without_progress_is_stuck_until_it_progresses() -> None:
    now = 0.0
    metrics = Metrics()
    supervision = Supervision(metrics, patience=60, clock=lambda: now)
    assert supervision.stuck() == []
    supervision.moved("expiry")
    supervision.moved("redraws")
    now = 59.0
    supervision.moved("expiry")
    assert supervision.stuck() == []
    now = 61.0
    assert supervision.stuck() == ["redraws"]
    text = metrics.exposition().decode()
    assert 'maple_background_idle_seconds{part="expiry"} 2.0' in text
    assert 'maple_background_idle_seconds{part="redraws"} 61.0' in text
    supervision.moved("redraws")
    assert supervision.stuck() == []
