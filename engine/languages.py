"""Languages by their tags (`de`, `de-AT`), and what is said in several of them."""

import re
from collections.abc import Mapping
from typing import Final, TypeVar

SaidT = TypeVar("SaidT")

_TAG: Final = re.compile(r"([a-z]{2,3})(-[a-z]{2})?", re.IGNORECASE)
# ISO 639-1. Those with three letters are too many, and seldom meant.
_OF_TWO_LETTERS: Final = """
aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el en eo
es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv ka
kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng
nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg sh si sk sl sm sn so sq sr ss st
su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu
"""


def is_language(tag: str) -> bool:
    found = _TAG.fullmatch(tag)
    return found is not None and (len(found[1]) == 3 or found[1].lower() in _OF_TWO_LETTERS.split())


def for_language(language: str | None, known: Mapping[str, SaidT]) -> SaidT | None:
    """What is there for that language (`de-AT`, then `de`); the tags of what is known are in lower case."""
    return known.get(_tidy(language or ""), known.get(base(language or "")))


def base(language: str) -> str:
    """`de` of `de-AT`."""
    return _tidy(language).partition("-")[0]


def _tidy(tag: str) -> str:
    return tag.lower().replace("_", "-")
