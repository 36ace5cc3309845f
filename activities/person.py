"""A person who is to be forgotten: the words that tell who it is, and texts without them.

An address, a whole name and the like are taken out wherever they stand. First and last names alone are ordinary words
too: they are taken out of texts, as whole words in the same spelling, but not out of an account's own fields.
"""

import hashlib
import json
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from engine.markdown import in_markdown
from engine.mrkdwn import in_mrkdwn

ERASED: Final = "[erased]"
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"(\s*:)?')
# What stands under these keys are our own words and ids, never a name that somebody wrote into a text.
_OURS: Final = frozenset(
    {"kind", "verb", "state", "path", "step", "role", "playbook", "plan", "run", "account", "person", "outcome"}
)
_SHORTEST: Final = 2  # letters of a name


@dataclass(frozen=True)
class Person:
    """`token` stands where something must stand; `sure` are words that are theirs alone, `names` the parts of names,
    `sentences` what they wrote; `words` too, which are theirs only under `keys`.
    """

    token: str
    sure: frozenset[str]
    names: frozenset[str]
    sentences: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()
    keys: frozenset[str] = frozenset()

    def text(self, text: str, *, names: bool = True) -> str:
        if self._is(text) or (names and text in self.names):
            return self._in_place_of(text)
        text = self._sentences.sub(ERASED, text) if self.sentences else text
        text = self._sure.sub(ERASED, text) if self.sure else text
        return self._names.sub(ERASED, text) if names and self.names else text

    def anywhere(self, kept: str, *, names: bool = True, words: bool = True) -> str:
        """A column's text, which may be JSON; of that only the texts in it are changed, to the letter."""
        return self._json(kept, names=names, words=words) if _is_json(kept) else self.text(kept, names=names)

    def _json(self, kept: str, *, names: bool, words: bool) -> str:
        key = ""

        def told(found: re.Match[str]) -> str:
            nonlocal key
            colon = found[1] or ""
            word = json.loads(found[0].removesuffix(colon) if colon else found[0])
            if colon:
                key = word
                new = self._in_place_of(word) if self._is(word) else word
            elif words and key in self.keys and word in self.words:
                new = ERASED
            else:
                new = self.text(word, names=names and key not in _OURS)
            return found[0] if new == word else json.dumps(new, ensure_ascii=False) + colon

        return _STRING.sub(told, kept)

    def _is(self, text: str) -> bool:
        return text.casefold() in self._whole

    @cached_property
    def _whole(self) -> frozenset[str]:
        return frozenset(one.casefold() for one in self.sure)

    @cached_property
    def _sure(self) -> re.Pattern[str]:
        return re.compile(_any_of(self.sure), re.IGNORECASE)

    @cached_property
    def _sentences(self) -> re.Pattern[str]:
        """However their lines were broken anew."""
        longest_first = sorted(self.sentences, key=len, reverse=True)
        return re.compile("|".join(r"\s+".join(map(re.escape, one.split())) for one in longest_first))

    @cached_property
    def _names(self) -> re.Pattern[str]:
        return re.compile(rf"(?<!\w)(?:{_any_of(self.names)})(?!\w)")

    def _in_place_of(self, word: str) -> str:
        """Of the same sort, so that what is stored can still be read: an address stays an address."""
        if "@" in word:
            return f"{self.token}@erased.invalid"
        return f"https://erased.invalid/{self.token}" if word.startswith(("http:", "https:")) else self.token


def person(account: str, contact: str, told: Iterable[Mapping[str, object]], salt: str) -> Person:
    """`told` is all that was ever said of the contact, by field. The token says nothing to whoever lacks `salt`."""
    token = "erased-" + hashlib.sha256(f"{salt}·{account}·{contact}".encode()).hexdigest()[:12]
    sure: set[str] = {contact} if "@" in contact else set()
    names: set[str] = set()
    for one in told:
        for field, value in one.items():
            if not isinstance(value, str) or len(value.strip()) < _SHORTEST:
                continue
            if field == "name":
                words = value.split()
                names |= {word for word in words if len(word) >= _SHORTEST}
                sure |= {value} if len(words) > 1 else set()
            elif field == "email" or tells(value):
                sure.add(value)
    marked = {form(one) for one in sure for form in (in_markdown, in_mrkdwn)}
    return Person(token, frozenset(sure | marked), frozenset(names))


def _is_json(kept: str) -> bool:
    try:
        return kept[:1] in {"{", "["} and json.loads(kept) is not None
    except ValueError:
        return False


def tells(value: str) -> bool:
    """Whether a text can be nobody else's, such as a telephone number or a page; a plain word can."""
    return any(char in value for char in "@/") or sum(char.isdigit() for char in value) >= 5


def _any_of(words: Collection[str]) -> str:
    return "|".join(re.escape(one) for one in sorted(words, key=len, reverse=True))
