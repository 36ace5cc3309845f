"""The few words that stand under every mail, in the languages that they are known in; in English otherwise."""

from dataclasses import dataclass
from typing import Final

DEFAULT: Final = "en"


@dataclass(frozen=True, slots=True)
class Words:
    """`why` has a place for the account's name, `topic` for the topic's title."""

    why: str
    topic: str
    preferences: str
    unsubscribe: str


WORDS: Final = {
    "en": Words(
        why="You get this mail because you are our contact at {account}.",
        topic="It is about: {topic}.",
        preferences="Choose what you get",
        unsubscribe="Unsubscribe",
    ),
    "de": Words(
        why="Sie erhalten diese E-Mail, weil Sie bei {account} unser Kontakt sind.",
        topic="Thema: {topic}.",
        preferences="Auswählen, was Sie erhalten",
        unsubscribe="Abbestellen",
    ),
    "fr": Words(
        why="Vous recevez ce message parce que vous êtes notre contact chez {account}.",
        topic="Sujet : {topic}.",
        preferences="Choisir ce que vous recevez",
        unsubscribe="Se désabonner",
    ),
    "es": Words(
        why="Recibe este mensaje porque es nuestro contacto en {account}.",
        topic="Tema: {topic}.",
        preferences="Elegir lo que recibe",
        unsubscribe="Darse de baja",
    ),
    "nl": Words(
        why="U krijgt deze e-mail omdat u ons contact bent bij {account}.",
        topic="Onderwerp: {topic}.",
        preferences="Kiezen wat u krijgt",
        unsubscribe="Afmelden",
    ),
}


def words_in(language: str) -> Words:
    """By a language tag such as `de` or `de-AT`."""
    return WORDS[base(language)]


def base(language: str) -> str:
    """The language that the words are in."""
    found = language.lower().partition("-")[0]
    return found if found in WORDS else DEFAULT
