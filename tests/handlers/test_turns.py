from handlers.turns import Turns


def test_the_last_click_has_the_turn() -> None:
    turns = Turns()
    with turns.take("card") as first:
        assert first()
        with turns.take("card") as second, turns.take("another card") as other:
            assert not first()
            assert second()
            assert other()
        assert not first(), "what came later has been shown already"


def test_nothing_is_kept_when_all_is_done() -> None:
    turns = Turns()
    with turns.take("card"), turns.take("card"):
        pass
    assert not turns._last
