"""The way through a plan: what comes next, what owns a block, with occurrences and without."""

import pytest

from engine.plan import Plan, template_of
from engine.run import Open
from engine.values import read_instant
from tests.support.playbooks import compiled, source

NOW = read_instant("2026-03-02T14:00:00Z")


def plan() -> Plan:
    return compiled(
        source("""
  - {task: first}
  - branch: size
    cases:
      - when: account.arr >= 10
        then:
          - {wait: otherwise, for: metrics.nps.value > 3, at_most: 1 day, otherwise: [{task: deep}]}
          - {task: after_deep}
    otherwise: []
  - {email: last, to: champion, subject: Hi, text: Hello}
""")
    )


@pytest.mark.parametrize(
    ("path", "following"),
    [
        ("first", "size"),
        ("size", "last"),
        ("last", None),
        ("size/case/1/otherwise", "size/case/1/after_deep"),
        ("size/case/1/otherwise/otherwise/deep", None),
    ],
)
def test_the_step_behind_a_step_stands_in_the_same_block(path, following):
    assert plan().next(path) == following


def test_a_block_begins_with_its_first_step_if_it_has_one():
    assert plan().first("") == "first"
    assert plan().first("size/case/1") == "size/case/1/otherwise"
    assert plan().first("size/otherwise") is None
    assert not plan().has_steps("size/otherwise")


@pytest.mark.parametrize(
    ("block", "owner"),
    [
        ("size/case/1", "size"),
        ("size/otherwise", "size"),
        ("size/case/1/otherwise/otherwise", "size/case/1/otherwise"),
    ],
)
def test_a_block_belongs_to_the_step_that_it_stands_in_though_ids_look_like_ways(block, owner):
    assert plan().owner_of(block) == owner


def test_occurrences_are_kept_on_the_way_and_left_out_of_the_template():
    assert template_of("rhythm#3/touch") == "rhythm/touch"
    assert template_of("rhythm#12/case/1/touch#2") == "rhythm/case/1/touch"
    assert plan().owner_of("size#2/case/1") == "size#2"
    assert plan().next("size#2/case/1/otherwise") == "size#2/case/1/after_deep"


def test_a_record_beside_a_step_belongs_to_the_steps_own_path():
    beside = Open(path="last/missing", step="last", visit=1, since=NOW)

    assert plan().path_like(beside) == "last"
    assert plan().path_like(beside.model_copy(update={"path": "last"})) == "last"
