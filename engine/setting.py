"""What all decisions share: the workspace's vocabulary, policy, people and texts, as values without files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.parameters import Values
from engine.people import Directory, People
from engine.policy import Policy
from engine.problems import Problem
from engine.templates import Templates
from engine.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class Setting:
    """`playbooks` are the ids of all playbooks of the workspace, since conditions may ask about one another's runs, and
    `parameters` what each of them declares, `endings` the outcomes that it names; None where the files are not at hand.
    `problems`: what `check` says today of what was applied by another release.
    """

    vocabulary: Vocabulary
    policy: Policy
    people: People
    templates: Templates
    playbooks: tuple[str, ...] = ()
    parameters: Mapping[str, Values] | None = None
    endings: Mapping[str, tuple[str, ...]] | None = None
    problems: tuple[Problem, ...] = ()

    @property
    def directory(self) -> Directory:
        return Directory(self.people, self.policy)
