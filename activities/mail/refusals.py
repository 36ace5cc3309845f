"""What a mail server means when it refuses a mail, by its code (RFC 3463) and, where that says little, by its words.

Only that nobody is there is said of the address for good, and only the state of a mailbox may come to mean that.
Whatever may be about who writes, where from, how much or what is never held against the address.
"""

import re
from typing import Final, Literal

from activities.verdict import masked

Meaning = Literal["nobody", "mailbox", "letter", "limit", "ours", "unclear"]
"""nobody: at that address · mailbox: full, or closed for now · letter: this one alone, as too big · limit: we may send
no more for now · ours: by a policy, a list that we are on, what our domain lacks or a server is short of · unclear: it
may be any of these.
"""

STATUS: Final = re.compile(r"(?<![\w.])([245])\.(\d{1,3})\.(\d{1,3})(?!\.?\d)")
_NOBODY: Final = frozenset({"1.1", "1.2", "1.3", "1.6", "1.10", "1.351", "2.1"})
_MAILBOX: Final = _NOBODY | {"1.0", "1.4", "1.5", "2.0", "2.2", "2.4"}
_LETTER: Final = frozenset({"2.3", "3.4"})
_LIMIT: Final = frozenset({"1.90", "4.5"})
_LIMIT_SAID: Final = re.compile(
    r"(sending|daily|hourly|messages?|recipients?|mails?|outgoing|outbound|relay) (limit|quota)|limit for messages?"
    r"|too many (messages|mails|e-?mails|recipients)|sent too m",
    re.IGNORECASE,
)
_OURS_SAID: Final = re.compile(
    r"relay(?! recipient table)|spam|unsolicited|bulk|block|black|(?<!not )\blisted|\blists?\b|polic|reputation|sender"
    r"|spf\b|dkim|dmarc|authenti|authori|reverse|\bptr\b|helo|content|access denied|permitted|\brates?\b|throttl|loop"
    r"|your (account|domain|ip|host|server|network)|client host|outbound|hops|disk|virus",
    re.IGNORECASE,
)
_NOBODY_SAID: Final = re.compile(
    r"(no such|unknown|invalid|non-?existent|no) (local |virtual )?(user|mailbox|recipient|(mail )?address|person)\b"
    r"|(user|mailbox|recipient|address)( \S+)?( is| was| has been)? (unknown|not found|inactive|disabled|deleted)"
    r"|(user|mailbox|recipient|address|account)( \S+)? (does not|doesn't|did not|no longer) exist"
    r"|not listed in|no longer (with|at|works)",
    re.IGNORECASE,
)
_NOWHERE_SAID: Final = re.compile(
    r"recipient address rejected|domain name not found|no such domain|domain .*does not exist|unroute?able",
    re.IGNORECASE,
)
_UNAVAILABLE_SAID: Final = re.compile(r"mailbox( is)? (unavailable|not available)", re.IGNORECASE)
_FULL_SAID: Final = re.compile(
    r"(mailbox|inbox|quota|storage)\b.*\b(full|exceed\w*|over)\b|over ?quota|full mailbox", re.IGNORECASE
)
_HOW_OFTEN: Final = re.compile(r"\brates?\b|too (quickly|many|fast)|limit", re.IGNORECASE)


def meaning(said: str) -> Meaning:
    """`said` may begin with the codes."""
    words = masked(said)
    coded = STATUS.search(words)
    if coded is None or coded[2] in {"0", "5"}:
        return _in_words(words)
    code = f"{coded[2]}.{coded[3]}"
    if code in _LIMIT:
        return "limit"
    if code in _LETTER or coded[2] == "6":
        return "letter"
    if code in _MAILBOX:
        return _of_address(code, words, final=coded[1] == "5")
    if coded[2] == "4" and _NOWHERE_SAID.search(words):
        return "mailbox"  # how some say that nobody is there, as far as they know
    return "limit" if _LIMIT_SAID.search(words) else "ours"


def _of_address(code: str, words: str, *, final: bool) -> Meaning:
    if code in _NOBODY:
        return "nobody" if final and not (code == "2.1" and _HOW_OFTEN.search(words)) else "mailbox"
    return "ours" if code == "1.0" and _OURS_SAID.search(words) else "mailbox"


def _in_words(words: str) -> Meaning:
    if _FULL_SAID.search(words):
        return "mailbox"
    if _LIMIT_SAID.search(words):
        return "limit"
    if _OURS_SAID.search(words):
        return "ours"
    if _NOBODY_SAID.search(words):
        return "nobody"
    return "mailbox" if _UNAVAILABLE_SAID.search(words) or _NOWHERE_SAID.search(words) else "unclear"
