"""Rhythms, tracks and watches in words, as a diagram, and what changes between two versions."""

from engine.diff import differences
from engine.render import mermaid, plan_lines
from tests.support.playbooks import compiled, source

HEAD = """\
meanwhile:
  - {watch: eye, when: account.arr < 9000, for: 2 days, again: never, do: [{task: look}]}
  - {every: pulse, schedule: 2 weeks, do: [{slack: beat, to: csm, text: Hi}]}
"""
STEPS = """\
- every: rhythm
  schedule: week on tuesday 10:00
  times: 4
  until: day 90
  do: [{slack: touch, to: csm, text: Call}]
- parallel: two
  until: any
  tracks: {short: [{wait: s, for: 2 days}], long: [{wait: l, for: 9 days}]}
"""


def test_each_is_told_with_what_is_in_it():
    lines = plan_lines(compiled(source(STEPS, HEAD)))

    assert lines[lines.index("") + 1 :] == [
        "every rhythm week on tuesday 10:00, until day 90, 4 times",
        "  each time:",
        '    slack touch to csm: "Call"',
        "parallel two until any of short, long",
        "  track short:",
        "    wait s for 2 days",
        "  track long:",
        "    wait l for 9 days",
        "",
        "meanwhile, for as long as the run lives:",
        "  watch eye account.arr < 9000 for 2 days, once",
        "    each time:",
        '      task look: "Look" for csm, due 5 business days',
        "          outcomes done, skipped",
        "  every pulse 2 weeks",
        "    each time:",
        '      slack beat to csm: "Hi"',
    ]


def test_a_round_goes_back_to_its_beginning_and_tracks_come_together():
    chart = mermaid(compiled(source(STEPS)))

    assert "n3 --> n2" in chart
    assert 'n4 -->|"track short"| n5' in chart
    assert "n5 --> n7" in chart
    assert "n6 --> n7" in chart
    assert "n4 --> n7" not in chart


def test_what_stands_beside_the_steps_is_drawn_too():
    assert "watch eye" in mermaid(compiled(source(STEPS, HEAD)))


def test_a_changed_schedule_is_told():
    found = differences(compiled(source(STEPS)), compiled(source(STEPS.replace("tuesday", "friday"))))

    assert found == ["every rhythm: schedule: week on tuesday 10:00 -> week on friday 10:00"]
