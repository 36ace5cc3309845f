from decimal import Decimal
from typing import Annotated, ClassVar, Literal

import pytest
from pydantic import Field, field_validator

from engine.problems import Problems, Refusal
from engine.source import Shape, read, validated


class Rung(Shape):
    noun: ClassVar[str] = "a rung"
    to: str
    within: str = ""


class Task(Shape):
    noun: ClassVar[str] = "a task"
    task: Annotated[str, Field(pattern=r"^[a-z_]+$")]
    title: str = ""
    assign: str = ""
    weight: Decimal | None = None
    times: int = 1
    urgent: bool = False
    mode: Literal["becomes", "is", "leaves"] = "becomes"
    ladder: tuple[Rung, ...] = ()
    by_tier: dict[str, int] | int = 0

    @field_validator("assign")
    @classmethod
    def known_role(cls, assign: str) -> str:
        if assign == "cms":
            raise Refusal("'cms' is not a role", "Did you mean 'csm'?", "unknown-role")
        return assign


def told(text: str) -> list[str]:
    document = read(text, "f")
    problems = validated(document, Task, (), "step 'review'")
    assert isinstance(problems, Problems), problems
    return [str(problem).removeprefix("f:").replace("error: step 'review'", "!") for problem in problems]


def test_what_is_right_becomes_the_model():
    document = read("steps:\n- {task: review, title: 2026, weight: 1, times: 3, ladder: [{to: csm}]}", "f")

    task = validated(document, Task, ("steps", 0))

    assert task == Task(task="review", title="2026", weight=Decimal(1), times=3, ladder=(Rung(to="csm"),))


def test_a_version_like_text_keeps_its_digits():
    assert validated(read("{task: a, title: 1.10}", "f"), Task).title == "1.10"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("task: a\nasign: csm", "2:1: !: 'asign' is not a key of a task. Did you mean 'assign'?"),
        ("task: a\nladder:\n- {to: b, witin: 1 day}", "3:11: ! > ladder 1: 'witin' is not a key of a rung. Did"),
        ("title: a", "1:1: !: 'task' is missing. Add `task: …`."),
        ("task: a\nladder: [{within: 1 day}]", "2:10: ! > ladder 1: 'to' is missing. Add `to: …`."),
        ('task: a\ntimes: "5"', "2:8: ! > times: a whole number is due here, not '5'. Take the quotes away."),
        ('task: a\nweight: "0.5"', "2:9: ! > weight: a number is due here, not '0.5'. Take the quotes away."),
        ("task: a\ntimes: 1.5", "2:8: ! > times: a whole number is due here, not 1.5."),
        ("task: a\nurgent: yes", "2:9: ! > urgent: true or false is due here, not 'yes'. Only true and false are"),
        ("task: a\ntimes: true", "2:8: ! > times: a whole number is due here, not true."),
        ("task: a\ntitle: true", "2:8: ! > title: text is due here, not true. Put quotes around it."),
        ("task: a\ntitle:", "2:7: ! > title: text is due here, not nothing. Write something, or"),
        ("task: a\nmode: become", "2:7: ! > mode: 'become' is not a word that may stand here. Did you mean"),
        ("task: a\nmode: x", "2:7: ! > mode: 'x' is not a word that may stand here. Write one of becomes, is"),
        ("task: a\nassign: cms", "2:9: ! > assign: 'cms' is not a role. Did you mean 'csm'?"),
        ("task: a\nladder: {to: b}", "2:9: ! > ladder: a list is due here, not a mapping."),
        ("task: a\nladder: [b]", "2:10: ! > ladder 1: a mapping of keys and values is due here, not 'b'."),
        ("task: a\nby_tier: {x: y}", "2:14: ! > by_tier > x: a whole number is due here, not 'y'."),
        ("task: A b", "1:7: ! > task: 'A b' is not a name as it is due here. Names match ^[a-z_]+$."),
        ("- a", "1:1: !: a mapping of keys and values is due here, not a list."),
    ],
)  # fmt: skip
def test_a_fault_is_told_in_the_authors_words_at_its_place(text, said):
    assert any(problem.startswith(said) for problem in told(text)), told(text)


def test_all_faults_are_told_at_once():
    assert len(told("task: a\nasign: x\ntimes: x\nladder: [{}]")) == 3
