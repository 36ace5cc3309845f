"""How far an import has come, in a log."""

from workers.cli.advancing import EVERY, Lines


def test_how_far_it_is_stands_in_a_line_every_ten_seconds():
    said: list[str] = []
    clock = iter([0.0, 1.0, EVERY, EVERY, EVERY + 1, 2 * EVERY + 1, 2 * EVERY + 1])
    lines = Lines(said.append, lambda: next(clock))

    lines("found", 700, 0)
    lines("found", 500, 0)
    lines("through", 0, 1_100)
    lines("through", 500, 1_100)

    assert said == ["rows looked at: 1,200", "facts told: 500 of 1,100"]
