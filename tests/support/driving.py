"""Every run of a host driven as its workflow would: looked at when it asks for it, its effects done when it names
them.
"""

from datetime import datetime

from activities import runs
from activities.directive import Directive
from activities.effect import perform
from activities.host import Host
from activities.store import effects
from activities.store import runs as stored
from activities.store.effects import EffectRow
from tests.support.hosts import NOW, HandClock, acme, tell


def drive(host: Host, clock: HandClock, until: datetime) -> int:
    """Until that instant, or until nothing is left to be done; how many claims were made."""
    claims = 0
    reached: set[str] = set()
    while True:
        looks: dict[str, datetime] = {}
        for run in _live(host):
            directive = runs.advance(host, run, clock.at if run in reached else None)
            claims += _done(host, directive)
            after = runs.advance(host, run)
            if after.look_at is not None:
                looks[run] = after.look_at
        coming = min(looks.values(), default=None)
        if coming is None or coming > until:
            clock.at = until
            return claims
        clock.at = max(coming, clock.at)
        reached = {run for run, at in looks.items() if at <= clock.at}


def _done(host: Host, directive: Directive) -> int:
    count = 0
    while directive.effects:
        count += 1
        directive = perform(host, directive.effects[0].id, None, lambda receipt: None)
    return count


def _live(host: Host) -> list[str]:
    return [row.id for row in host.database.read(lambda c: stored.listed(c, limit=1_000)) if not row.over]


def first_mail(host: Host, clock: HandClock) -> EffectRow:
    """Acme scores 3, and the one mail that this starts has gone a minute ago."""
    acme(host)
    tell(host, "acme", metric="nps", value=3)
    drive(host, clock, NOW)
    (mail,) = host.database.read(effects.listed)
    clock.go(minutes=1)
    return mail
