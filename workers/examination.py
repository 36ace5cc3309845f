"""What `playbook doctor` finds: each part looked at by itself, so that one in trouble hides none of the others."""

import asyncio
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from activities.clock import ClockDiffers
from activities.store import schema, versions
from activities.store.database import Database
from engine.problems import InvalidWorkspace
from engine.workspace import load
from workers.applying import preview
from workers.checking import check
from workers.environment import env_file, environment
from workers.examination_mail import answers, letterhead, senders, tried_senders
from workers.examination_slack import slack
from workers.found import Found
from workers.looking import MEND
from workers.queues import Queues
from workers.settings import DESCRIBED, Settings, load_settings
from workers.settings_problems import InvalidSettings, nearly
from workers.standstill import late_work, unasked
from workers.temporal_server import NoTemporalServer, found_binary, server_version
from workers.wiring import host_from, remote_mail, remote_slack

ANSWERS_WITHIN = 5.0  # seconds


def examine() -> list[Found]:
    try:
        settings = load_settings()
    except InvalidSettings as wrong:
        return [Found("settings", ok=False, message=problem) for problem in wrong.problems]
    looks: tuple[Callable[[Settings], Iterator[Found]], ...] = (
        _settings,
        _python,
        _workspace,
        _database,
        _temporal,
        _providers,
        letterhead,
        senders,
        slack,
        _webhooks,
        answers,
        _http,
    )
    return [one for look in looks for one in look(settings)]


def _settings(_: Settings) -> Iterator[Found]:
    """Which are read, their values untold, and from where."""
    known = {setting.name for setting in DESCRIBED.values()}
    read = ", ".join(sorted(known & environment().keys())) or "all at their defaults"
    there = " and .env" if env_file() else "; nothing is in .env"
    yield Found("settings", ok=True, message=f"{read}; read from the environment{there} (in {Path.cwd()})")
    fix = "Mend the name; where it is another program's, take it away for this one."
    for problem in nearly(environment(), known):
        yield Found("settings", ok=False, message=problem, fix=fix)


def _python(_: Settings) -> Iterator[Found]:
    yield Found(
        "python", ok=True, message=f"{sys.version_info.major}.{sys.version_info.minor}.{sys.version_info.micro}"
    )


def _workspace(settings: Settings) -> Iterator[Found]:
    checked = check(settings.workspace)
    errors = checked.problems.errors
    if errors:
        number = f"{len(errors)} error{'' if len(errors) == 1 else 's'} in {settings.workspace}"
        yield Found("workspace", ok=False, message=f"{number}.", fix="Run `playbook check`.")
    else:
        yield Found("workspace", ok=True, message=f"{settings.workspace}: {len(checked.plans)} playbooks, no errors")


def _database(settings: Settings) -> Iterator[Found]:
    where = settings.database_shown
    if settings.database_url.startswith("sqlite:///") and not settings.home.is_dir():
        yield Found(
            "database", ok=True, message=f"{where} is not there yet; `playbook up` or `playbook apply` makes it"
        )
        return
    database = Database(settings.database_url)
    try:
        found, newest = database.read(schema.version), schema.newest()
        yield _schema(where, found, newest)
        if found == newest:
            yield from _applied(settings, database)
            yield from _moving(settings, database)
    except ClockDiffers as wrong:
        yield Found("clock", ok=False, message=str(wrong))
    except SQLAlchemyError as error:
        fix = "Look after it, or set PLAYBOOK_DATABASE_URL to another."
        yield Found(
            "database", ok=False, message=f"{where} cannot be used ({_first(error)}).", fix=fix, reachability=True
        )
    finally:
        database.close()


def _schema(where: str, found: str | None, newest: str | None) -> Found:
    if found == newest:
        return Found("database", ok=True, message=f"{where}, schema {found}, the newest")
    message = f"{where} has schema {found}, the newest is {newest}" if found else f"{where} is empty"
    return Found("database", ok=True, message=f"{message}; the next command that uses it brings it up to date")


def _applied(settings: Settings, database: Database) -> Iterator[Found]:
    applied = database.read(versions.last_apply)
    if applied is None:
        yield Found("applied", ok=False, message="No playbooks are applied.", fix="Run `playbook apply`.")
        return
    yield Found("applied", ok=True, message=f"number {applied.number} by {applied.by} at {applied.at:%Y-%m-%d %H:%MZ}")
    yield from _refused_anew(settings, database)
    checked = check(settings.workspace)
    if not checked.problems.errors and not preview(host_from(settings, database=database), checked).nothing:
        yield Found(
            "applied", ok=True, message="the workspace differs from what is applied; `playbook preview` says how"
        )


def _refused_anew(settings: Settings, database: Database) -> Iterator[Found]:
    """What was sound when it was applied, perhaps by another release."""
    host = host_from(settings, database=database)
    try:
        wrong = database.read(lambda connection: host.applied.current(connection).setting.problems)
    except InvalidWorkspace as none:
        message = f"What is applied cannot be read any more, so nothing goes on: {none.problems[0]}"
        yield Found("applied", ok=False, message=message, fix="Mend it (`playbook check`) and `playbook apply`.")
        return
    for one in wrong:
        yield Found("applied", ok=False, message=f"`check` refuses what is applied: {one}", fix=f"{MEND.capitalize()}.")


def _moving(settings: Settings, database: Database) -> Iterator[Found]:
    if late := late_work(host_from(settings, database=database)):
        fix = "Start `playbook up` (worker and relay); where it runs already, its log says what holds it up."
        yield Found("moving", ok=False, message=f"{late}: nothing is done for them.", fix=fix)
    else:
        yield Found("moving", ok=True, message="nothing that is due waits for longer than a minute")


def _temporal(settings: Settings) -> Iterator[Found]:
    if settings.temporal_address is not None:
        yield from asyncio.run(_asked(settings, settings.temporal_address))
        return
    try:
        binary = found_binary(environment())
    except NoTemporalServer as why:
        yield Found("temporal", ok=False, message=str(why), reachability=True)
        return
    if binary is None:
        message = "no server on this machine yet; `playbook up` downloads or builds one (4 minutes at most)"
        yield Found("temporal", ok=True, message=message)
    else:
        yield Found("temporal", ok=True, message=f"server {server_version(binary)} by {binary}, run by `playbook up`")


async def _asked(settings: Settings, address: str) -> list[Found]:
    from temporalio.api.workflowservice.v1 import GetSystemInfoRequest
    from temporalio.service import RPCError

    from workers.temporal import connect

    try:
        async with asyncio.timeout(ANSWERS_WITHIN):
            client = await connect(address, settings)
            info = await client.workflow_service.get_system_info(GetSystemInfoRequest())
            idle = await unasked(client, Queues(settings.task_queue))
    except RPCError as refused:
        fix = "Mend TEMPORAL_NAMESPACE, or the key and what it may do."
        return [Found("temporal", ok=False, message=f"{address} refuses ({refused.message}).", fix=fix)]
    except (TimeoutError, RuntimeError, OSError):
        fix = "Start it, or mend TEMPORAL_ADDRESS and its TLS settings; without the address one is run for you."
        return [Found("temporal", ok=False, message=f"{address} does not answer.", fix=fix, reachability=True)]
    return [Found("temporal", ok=True, message=f"{address}, server {info.server_version}"), _worker(settings, idle)]


def _worker(settings: Settings, idle: Sequence[str]) -> Found:
    if not idle:
        return Found("worker", ok=True, message=f"one asks the task queue {settings.task_queue} for work")
    fix = (
        "Start `playbook up`, or `python -m workers.worker`, with the same PLAYBOOK_TASK_QUEUE and TEMPORAL_ settings."
    )
    return Found("worker", ok=False, message=f"No worker asks for the work of {', '.join(idle)}.", fix=fix)


def _providers(settings: Settings) -> Iterator[Found]:
    ways = (
        ("email", "SENDGRID_API_KEY nor PLAYBOOK_SMTP_URL", remote_mail(settings, tried_senders(settings))),
        ("slack", "SLACK_BOT_TOKEN", remote_slack(settings)),
    )
    for channel, keys, remote in ways:
        if remote is None:
            unset = f"neither {keys} is set" if " nor " in keys else f"{keys} is not set"
            message = f"{unset}; messages are kept in the local outbox (playbook outbox)"
            yield Found(channel, ok=True, message=message)
            continue
        for one in remote.check():
            yield Found.of(one)


def _webhooks(settings: Settings) -> Iterator[Found]:
    """Whether there is a secret to sign with for each address that policy.yaml names; nothing is sent."""
    known = environment() if settings.webhooks else {}
    for name, hook in sorted(load(settings.workspace).policy.webhooks.items()):
        if known.get(hook.secret_env):
            yield Found(f"webhook {name}", ok=True, message=f"to {hook.url}, signed with {hook.secret_env}")
        else:
            why = f"{hook.secret_env} is not set" if settings.webhooks else "PLAYBOOK_WEBHOOKS is false"
            message = f"{why}; what would go to {hook.url} is kept here (playbook outbox)"
            yield Found(f"webhook {name}", ok=True, message=message)


def _http(settings: Settings) -> Iterator[Found]:
    where = f"{settings.http_host}:{settings.http_port}"
    if settings.api_tokens:
        names = ", ".join(f"{one.name} ({'+'.join(sorted(one.scopes))})" for one in settings.api_tokens)
        yield Found("http", ok=True, message=f"{where}, tokens: {names}")
    else:
        message = (
            f"{where}, without tokens: only programs on this machine may call (set PLAYBOOK_API_TOKENS to change it)"
        )
        yield Found("http", ok=True, message=message)


def _first(error: SQLAlchemyError) -> str:
    return str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
