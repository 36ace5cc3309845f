"""A digest as a mail, for the mornings when Slack does not bring it."""

from collections.abc import Iterator

from activities.mail.notice import DOWN, Clock, Notice
from activities.slack.digest_blocks import HEADS
from engine.markdown import in_markdown
from engine.render.digest import Digest, Line


def digest_mail(told: Digest, reader: str, clock: Clock, why: str = DOWN) -> Notice:
    """`reader` is the id of whose tasks they are, `why` what keeps Slack from bringing it."""
    counted = ", ".join(f"{count} {HEADS[part].lower()}" for part, _, count in told.parts)
    return Notice(f"Your tasks this morning: {counted}", "\n\n".join(_parts(told, reader, clock, why)))


def _parts(told: Digest, reader: str, clock: Clock, why: str) -> Iterator[str]:
    for part, lines, count in told.parts:
        more = [f"- … and {count - len(lines)} more"] if count > len(lines) else []
        yield f"**{HEADS[part]} ({count})**"
        yield "\n".join([*(_line(one, clock) for one in lines), *more])
    yield f"{why} This lists all of them:"
    yield f"    playbook tasks --person {reader}"


def _line(line: Line, clock: Clock) -> str:
    due = f", due {clock(line.task.due)}" if line.task.due else ""
    return f"- {in_markdown(' '.join(line.task.title.split()))} ({in_markdown(line.account)}){in_markdown(due)}"
