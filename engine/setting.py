"""What all decisions share: the workspace's vocabulary, policy, people and texts, as values without files."""

from __future__ import annotations

from dataclasses import dataclass

from engine.people import Directory, People
from engine.policy import Policy
from engine.templates import Templates
from engine.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class Setting:
    """`playbooks` are the ids of all playbooks of the workspace, since conditions may ask about one another's runs."""

    vocabulary: Vocabulary
    policy: Policy
    people: People
    templates: Templates
    playbooks: tuple[str, ...] = ()

    @property
    def directory(self) -> Directory:
        return Directory(self.people, self.policy)
