"""What a colleague has to do, read for their Home."""

from functools import cache
from typing import Final

from sqlalchemy import Connection

from activities.desks import bench
from activities.host import Host
from activities.store import accounts, tasks
from engine.people import Person
from engine.render.home import Filters, Home, Viewer, home

MOST: Final = 2_000  # of one person's open tasks, those that are due first


def home_of(host: Host, person: Person, filters: Filters) -> Home:
    return host.database.read(lambda connection: _read(connection, host, person, filters))


def _read(connection: Connection, host: Host, person: Person, filters: Filters) -> Home:
    current = bench(host, connection).current
    found = tasks.of_person(connection, person.id, MOST + 1)
    plans = current.rules.plans

    @cache
    def called(account: str) -> str:
        row = accounts.find(connection, account)
        return (row.known.name if row else "") or account

    def title(playbook: str) -> str:
        plan = plans.get(playbook)
        return (plan.title if plan else "") or playbook

    def priority(playbook: str) -> int:
        plan = plans.get(playbook)
        return plan.priority if plan else 0

    viewer = Viewer(person, current.setting.directory, host.clock.now(), called, title, priority)
    return home(found[:MOST], filters, viewer, cut=len(found) > MOST)
