"""A workspace: the folder with everything an author writes, read whole, with all that is wrong in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, TypeVar

from engine.declared.people import read_people
from engine.declared.policy import read_policy
from engine.declared.templates import read_template
from engine.declared.vocabulary import read_vocabulary
from engine.document import Document
from engine.document import Path as Place
from engine.people import Directory, People
from engine.policy import GENERAL, Policy
from engine.problems import START, InvalidWorkspace, Problems, Severity, suggest_or_list
from engine.source import read
from engine.templates import Template, Templates, counted, units
from engine.types import Type
from engine.validation import worded
from engine.vocabulary import Fields, Vocabulary

VOCABULARY: Final = "vocabulary.yaml"
POLICY: Final = "policy.yaml"
PEOPLE: Final = "people.yaml"
TEMPLATES: Final = "templates"
TEST_ENDING: Final = ".test.yaml"
# What other commands read: where facts come from, and how a demo goes.
OTHER_ENDINGS: Final = (".mapping.yaml", ".demo.yaml")

_PLAYBOOK: Final = re.compile(r"^playbook:[ \t]*([a-z][a-z0-9-]*)[ \t]*(?:#.*)?$", re.MULTILINE)

ReadT = TypeVar("ReadT")


@dataclass(frozen=True, slots=True)
class Workspace:
    """Where a file is wrong, what it would have declared is left at its default; of people.yaml, whom all the others
    name, whoever can be made out is known. `problems` has every word of it.
    """

    folder: Path
    vocabulary: Vocabulary = field(default_factory=Vocabulary)
    policy: Policy = field(default_factory=Policy)
    people: People = field(default_factory=People)
    templates: Templates = field(default_factory=Templates)
    playbooks: tuple[Document, ...] = ()
    tests: tuple[Document, ...] = ()
    # Playbooks and tests that are no YAML, with the id of a playbook that stands in them all the same.
    unread: Mapping[str, str] = field(default_factory=dict)
    problems: Problems = field(default_factory=Problems)

    @property
    def directory(self) -> Directory:
        return Directory(self.people, self.policy)

    def is_unsound(self, *names: str) -> bool:
        """Whether one of these files (VOCABULARY, POLICY, PEOPLE) has errors, so that it stands at its default."""
        files = {str(self.folder / name) for name in names}
        return any(problem.file in files for problem in self.problems.errors)

    def sound(self) -> Workspace:
        """Itself. Raises InvalidWorkspace when anything is wrong with it."""
        if errors := self.problems.errors:
            raise InvalidWorkspace(errors)
        return self


def load(folder: Path) -> Workspace:
    """Files are named in problems as the caller would open them: below `folder` as it was given."""
    problems = Problems()
    if not (folder / VOCABULARY).is_file():
        problems.add(str(folder / VOCABULARY), START, "", *_no_vocabulary(folder), code="no-vocabulary")
        return Workspace(folder, problems=problems)
    vocabulary = _declared(folder / VOCABULARY, read_vocabulary, problems)
    # What others would say of a vocabulary that is itself unsound would only hide its own problems.
    known = vocabulary or Vocabulary()
    policy = _declared(folder / POLICY, lambda document: read_policy(document, known), problems) if vocabulary else None
    people = _declared(folder / PEOPLE, read_people, problems)
    templates = tuple(_templates(folder, problems))
    unread = dict[str, str]()
    documents = tuple(_documents(folder, problems, unread))
    tests = tuple(one for one in documents if one.file.endswith(TEST_ENDING))
    loaded = Workspace(
        folder=folder,
        vocabulary=known,
        policy=policy or Policy(),
        people=people or _declared(folder / PEOPLE, read_people, Problems(), applied=True) or People(),
        templates=Templates(templates, _units(known), _types(known)),
        playbooks=tuple(one for one in documents if one not in tests),
        tests=tests,
        unread=unread,
        problems=problems,
    )
    if policy and people:
        _check_roles(loaded)
    if policy:
        _check_topics(loaded)
        _check_titles(loaded)
    return loaded


def load_applied(folder: Path) -> Workspace:
    """What was sound when it was applied, perhaps by an older release, as far as it can be understood: its vocabulary,
    policy, people and templates. Raises InvalidWorkspace where too little of them would be left.
    """
    problems = Problems()
    vocabulary = _declared(folder / VOCABULARY, read_vocabulary, problems, applied=True)
    known = vocabulary or Vocabulary()
    policy = _declared(folder / POLICY, lambda document: read_policy(document, known), problems, applied=True)
    people = _declared(folder / PEOPLE, read_people, problems, applied=True)
    if vocabulary is None or policy is None or people is None:
        raise InvalidWorkspace(problems.errors)
    templates = tuple(_templates(folder, problems, applied=True))
    return Workspace(folder, vocabulary, policy, people, Templates(templates, _units(known), _types(known)))


def _no_vocabulary(folder: Path) -> tuple[str, str]:
    if not folder.is_dir():
        return f"there is no folder {folder}", "Name the folder of a workspace"
    return "a workspace needs its vocabulary", f"Write {VOCABULARY}, or name the folder that has it"


def _declared(
    path: Path, reader: Callable[[Document], ReadT | Problems], problems: Problems, *, applied: bool = False
) -> ReadT | None:
    """A file that is not there says as much as an empty one."""
    document = read(path) if path.is_file() else read("", str(path))
    found = document if isinstance(document, Problems) else reader(replace(document, applied=applied))
    if isinstance(found, Problems):
        problems.extend(found)
        return None
    return found


def _templates(folder: Path, problems: Problems, *, applied: bool = False) -> Iterator[Template]:
    for path in _below(folder / TEMPLATES, folder):
        if path.suffix == ".md":
            found = read_template(path, folder / TEMPLATES, str(path), applied=applied)
            if isinstance(found, Template):
                yield found
            else:
                problems.extend(found)


def _documents(folder: Path, problems: Problems, unread: dict[str, str]) -> Iterator[Document]:
    """Playbooks and their tests, in the order of their names."""
    for path in _below(folder, folder):
        if path.suffix == ".yml":
            message = "only files that end in .yaml are read"
            problems.add(str(path), START, "", message, f"Call it {path.stem}.yaml", code="yml", severity="warning")
        declared = path.parent == folder and path.name in {VOCABULARY, POLICY, PEOPLE}
        if path.suffix != ".yaml" or declared or path.name.endswith(OTHER_ENDINGS):
            continue
        found = read(path)
        if isinstance(found, Document):
            yield found
        else:
            problems.extend(found)
            unread[str(path)] = _named_in(path)


def _named_in(path: Path) -> str:
    """The playbook that a file names which is no YAML; empty where it names none."""
    try:
        found = _PLAYBOOK.search(path.read_text(encoding="utf-8-sig", errors="replace"))
    except OSError:
        return ""
    return found[1] if found else ""


def _below(folder: Path, top: Path) -> list[Path]:
    """Every file, but for hidden ones and what lies in hidden folders."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return sorted(path for path in files if not any(part.startswith(".") for part in path.relative_to(top).parts))


def _types(vocabulary: Vocabulary) -> dict[str, Type]:
    """What a text may calculate with; names that may be of one or another event or item are there if all agree."""
    names = vocabulary.names(contact=True)
    found = {path: type_ for path in names.paths() if (type_ := names.type_of(path))}
    items = (vocabulary.contact_fields, *vocabulary.records.values())
    for root, each in (("event", vocabulary.events.values()), ("item", items)):
        said: dict[str, list[Type]] = {}
        for name, one in ((name, one) for fields in each for name, one in fields.items()):
            said.setdefault(f"{root}.{name}", []).append(one.read)
        found |= {path: types[0] for path, types in said.items() if all(one == types[0] for one in types)}
    return found


def _units(vocabulary: Vocabulary) -> dict[str, str]:
    names = vocabulary.names()
    own = {path: counted(type_) for path in names.paths() if (type_ := names.type_of(path))}
    events, items = vocabulary.events.values(), (vocabulary.contact_fields, *vocabulary.records.values())
    contact = _shared("contact", [vocabulary.contact_fields])
    return units({**own, **contact, **_shared("event", events), **_shared("item", items)}.items())


def _shared(root: str, several: Iterable[Fields]) -> dict[str, str | None]:
    """Units of names that may be of one or another of these: where they do not agree, none."""
    found: dict[str, set[str | None]] = {}
    for fields in several:
        for name, one in fields.items():
            found.setdefault(f"{root}.{name}", set()).add(counted(one.type))
    return {path: next(iter(said)) if len(said) == 1 else None for path, said in found.items()}


def _check_roles(workspace: Workspace) -> None:
    """Who gets what nobody has must be somebody, or come with each account's team; contacts' roles are names apart."""
    known = (*workspace.people.roles, *workspace.policy.roles)
    unassigned = workspace.policy.unassigned
    if unassigned and unassigned not in known:
        message = f"nobody has the role '{unassigned}'"
        fix = suggest_or_list(unassigned, known)
        _complain(workspace, POLICY, ("unassigned",), "unassigned", message, fix, "unknown-role")
    for index, name in enumerate(workspace.policy.roles):
        _check_role_is_no_contacts(workspace, POLICY, ("roles", index), "roles", name)
    for index, person in enumerate(workspace.people.everyone):
        for name in person.roles:
            _check_role_is_no_contacts(workspace, PEOPLE, ("people", index, "role"), f"person '{person.id}'", name)


def _check_role_is_no_contacts(workspace: Workspace, name: str, path: Place, where: str, role: str) -> None:
    of_contacts = workspace.vocabulary.contact_fields.get("role")
    if of_contacts and role in of_contacts.type.choices:
        message = f"'{role}' is a role of contacts too"
        _complain(workspace, name, path, where, message, "Rename one of them", "role-twice")


def _complain(
    workspace: Workspace,
    name: str,
    path: Place,
    where: str,
    message: str,
    fix: str,
    code: str,
    severity: Severity = "error",
) -> None:
    """Read once more for the place: this is said seldom."""
    document = read(workspace.folder / name)
    at = document.at(path) if isinstance(document, Document) else START
    workspace.problems.add(str(workspace.folder / name), at, where, message, fix, code=code, severity=severity)


def _check_titles(workspace: Workspace) -> None:
    """Of topics that say theirs by language; one title for all is meant so."""
    spoken = sorted({one.language for one in workspace.templates.files if one.language and one.subject})
    by_language = [one for one in workspace.policy.topics.values() if one.titles and one is not GENERAL]
    for topic, language in ((one, language) for one in by_language for language in spoken):
        if not topic.has_title_in(language):
            message, place = f"there is none in '{language}', in which mails are written", ("topics", topic.id, "title")
            _complain(
                workspace, POLICY, place, worded("", place), message, f"Add '{language}: …'", "no-title", "warning"
            )


def _check_topics(workspace: Workspace) -> None:
    topics = workspace.policy.topics
    for template in workspace.templates.files:
        if template.topic is not None and template.topic not in topics:
            message, fix = f"'{template.topic}' is not a topic of policy.yaml", suggest_or_list(template.topic, topics)
            where = f"template '{template.name}'"
            workspace.problems.add(template.file, template.topic_at, where, message, fix, code="unknown-topic")
