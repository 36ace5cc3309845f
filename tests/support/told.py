"""Accounts in tests: a vocabulary from YAML text, and what is told of an account."""

from datetime import UTC, datetime, timedelta

from engine.account import Account, apply, picture
from engine.declared.vocabulary import read_vocabulary
from engine.facts import Fact, read_fact
from engine.policy import Policy
from engine.problems import Problems
from engine.source import read
from engine.vocabulary import Vocabulary

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
DAY = timedelta(1)
TICK = timedelta(microseconds=1)


def vocabulary(text: str) -> Vocabulary:
    document = read(text, "vocabulary.yaml")
    assert not isinstance(document, Problems), str(document)
    found = read_vocabulary(document)
    assert isinstance(found, Vocabulary), str(found)
    return found


def fact(known: Vocabulary, at: datetime, *, id: str = "f", account: str = "a1", **said: object) -> Fact:  # noqa: A002
    found = read_fact({"id": id, "account": account, "at": at, **said}, known, at)
    assert isinstance(found, Fact), found
    return found


class Told:
    """An account, and facts told of it one after the other."""

    def __init__(self, known: Vocabulary, policy: Policy | None = None) -> None:
        self.known = known
        self.policy = policy or Policy()
        self.account = Account("a1")
        self.changed: frozenset[str] = frozenset()

    def tell(self, at: datetime, **said: object) -> "Told":
        return self.take(fact(self.known, at, **said))

    def take(self, one: Fact) -> "Told":
        self.account, self.changed = apply(self.account, one, self.known, self.policy)
        return self

    def see(self, path: str, now: datetime) -> object:
        """None when it is unknown."""
        return picture(self.account, self.known, self.policy, now).scope.values.get(path)

    def all(self, now: datetime) -> dict[str, object]:
        return dict(picture(self.account, self.known, self.policy, now).scope.values)

    def turn(self, metric: str, now: datetime) -> datetime | None:
        return picture(self.account, self.known, self.policy, now).turns.get(metric)
