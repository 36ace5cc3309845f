"""`playbook mail`: a mail as its reader gets it, before anybody does."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.languages import base, is_language
from engine.plan import Plan
from engine.problems import suggest_or_list
from engine.setting import Setting
from engine.story import Story
from workers.cli.faults import CommandFault
from workers.cli.messages import keep_page
from workers.cli.output import note, print_json, say
from workers.cli.places import choose, texts_and_playbooks
from workers.cli.program import with_example
from workers.cli.store import json_option, opened
from workers.cli.stories import test_option, told_in

if TYPE_CHECKING:
    from activities.transport import Message
    from workers.letters import Reader
    from workers.mailings import Source
    from workers.settings import Settings
    from workers.views import View


@click.command(
    "mail",
    epilog=with_example(
        "playbook mail onboarding/welcome",
        "playbook mail onboarding/welcome --language de --html welcome.html",
        "playbook mail renewal-120/value_recap --account acme --contact c1",
        "playbook mail kickoff --story playbooks/onboarding/kickoff.test.yaml --test clear",
    ),
)
@click.argument("what")
@click.option("--account", metavar="ID", help="With what is known of this account.")
@click.option("--contact", metavar="ID", help="To this contact of the account. Default: the first with an address.")
@click.option("--language", metavar="CODE", help="To somebody who reads this language.")
@click.option("--story", type=click.Path(path_type=Path), help="All that go out in the story of this file.")
@test_option
@click.option("--all", "every", is_flag=True, help="With --account: also what this account does not get.")
@click.option("--html", "page", type=click.Path(path_type=Path), help="Write the page to this file, for a browser.")
@json_option
def command(
    *,
    what: str,
    account: str | None,
    contact: str | None,
    language: str | None,
    story: Path | None,
    word: str,
    every: bool,
    page: Path | None,
    as_json: bool,
) -> None:
    """Shows a mail as its reader gets it: of a template, of PLAYBOOK/STEP, or all that go out in a story of PLAYBOOK.
    Nothing is sent. Without an account or a story every value is made up. Of a playbook, an account is shown what it
    gets as it stands now, by tier and stage, and by branches that ask for nothing but its fields.
    """
    from activities.mail.page import page_of
    from workers.settings import load_settings

    settings = load_settings()
    if language is not None and not is_language(language):
        raise CommandFault(f"--language: '{language}' is no language. Write de, or de-AT")
    if language is not None and story is not None:
        raise CommandFault("--language goes without --story: there the story's contacts say what they read")
    if contact is not None and account is None:
        raise CommandFault("--contact is somebody of an account: name that with --account ID")
    if every and account is None:
        raise CommandFault("--all is what an account does not get: name that with --account ID")
    if story is not None:
        mails = list(_told(what, story, word, settings))
    else:
        mails = list(_written(what, account, contact, language, settings, every=every))
    pages = [page_of(mail).html for mail, _ in mails]
    kept = [keep_page(_file(page, number), html) for number, html in enumerate(pages)] if page else []
    had = {mail.language for mail, _ in mails}
    for one in sorted(one for one in had if language and base(language) != base(one)):
        note(f"there is no text of it in '{language}': a reader of that gets '{one}', as here")
    views = [_view(mail, source) for mail, source in mails]
    if as_json:
        print_json(views)
        return
    for number, view in enumerate(views):
        say(*_lines(view), *kept[number : number + 1], "")


def _file(page: Path, number: int) -> Path:
    return page if number == 0 else page.with_stem(f"{page.stem}-{number + 1}")


def _split(what: str) -> tuple[str, str]:
    """A playbook, by id or file, and a step of it."""
    name, _, step = what.partition("/")
    return (what, "") if Path(what).is_file() else (name, step)


# --- of a story


def _told(what: str, file: Path, word: str, settings: "Settings") -> "Iterator[tuple[Message, Source]]":
    from activities.message import mail_of
    from engine.simulate import simulate
    from workers.mailings import Source
    from workers.wiring import links_of, senders_of

    name, step = _split(what)
    chosen = choose(name)
    story, plan = told_in(file, chosen, word)
    mails = simulate(plan, story, chosen.setting, others=chosen.others).mails
    found = [one for one in mails if step in {"", one.step, one.path}]
    if not found:
        raise CommandFault(f"{file}: no mail of {what} goes out in '{story.name}'")
    for one in found:
        account, policy = _name_in(story), chosen.setting.policy
        mail = mail_of(one, account, policy, senders_of(settings), links_of(settings))
        template = one.content.get("template")
        made_of = template if isinstance(template, str) else None
        yield mail, Source(made_of, playbook=plan.playbook, step=one.path)


def _name_in(story: Story) -> str:
    return str(story.model.account.get("name", story.account))


# --- of a template or a step


def _written(
    what: str, account: str | None, contact: str | None, language: str | None, settings: "Settings", *, every: bool
) -> "Iterator[tuple[Message, Source]]":
    from workers.letters import NotMade, letter
    from workers.wiring import links_of, senders_of

    setting, plan, sources = _sources(what)
    if plan and account and not every:
        sources = _gets(what, plan, sources, account)
    for source in sources:
        reader = _reader(setting, account, contact, language, source.sender or (plan.owner if plan else None))
        try:
            yield letter(source, reader, setting, senders_of(settings), links_of(settings)), source
        except NotMade as lacking:
            whose = f"account {account}" if account else "a made-up account"
            fix = "Show it in a story, with --story FILE"
            raise CommandFault(f"{what} needs {lacking}, which {whose} does not have. {fix}") from None


def _sources(what: str) -> "tuple[Setting, Plan | None, list[Source]]":
    """All mails of what is named. A template is of no plan."""
    from workers.mailings import Source, sources_of

    setting, playbooks = texts_and_playbooks()
    if what in setting.templates.names:
        return setting, None, [Source(what)]
    name, step = _split(what)
    if name not in playbooks and not Path(name).is_file():
        fix = suggest_or_list(what, (*setting.templates.names, *playbooks))
        raise CommandFault(f"there is neither a template nor a playbook '{what}'. {fix}")
    chosen = choose(name)
    sources = sources_of(chosen.plan, step)
    if not sources:
        raise CommandFault(f"{name} has no mail{_where(chosen.plan, step)}")
    return chosen.setting, chosen.plan, sources


def _gets(what: str, plan: Plan, every: "list[Source]", account: str) -> "list[Source]":
    """Those of the mails that the account gets as it stands; how many it does not get is noted."""
    from workers.looking import scope_of
    from workers.mailings import sources_of

    with opened() as host:
        scope = host.database.read(lambda connection: scope_of(connection, host, account))
    mine = sources_of(plan, _split(what)[1], scope)
    if not mine:
        raise CommandFault(f"account {account}, as it stands now, gets no mail of {what}. --all shows what others get")
    if others := len(every) - len(mine):
        note(f"{others} more of {what}, which account {account} does not get as it stands now: --all shows them")
    return mine


def _where(plan: Plan, step: str) -> str:
    mailing = [one.id for one in plan.steps.values() if one.kind in {"email", "sequence"}]
    return f" at '{step}'. {suggest_or_list(step, mailing)}" if step else ""


def _reader(
    setting: Setting, account: str | None, contact: str | None, language: str | None, owner: str | None
) -> "Reader":
    from workers.letters import made_up
    from workers.looking import reader_of

    if account is None:
        return made_up(setting, language)
    with opened() as host:
        return host.database.read(
            lambda connection: reader_of(connection, host, account, contact, language, owner or "csm")
        )


# --- what is shown


def _view(mail: "Message", source: "Source") -> "View":
    """`ways` are the tiers or stages that alone have it. Links and addresses that carry a token carry a made-up one."""
    from activities.mail.page import CLIPPED_AT, page_of

    page = page_of(mail)
    size = len(page.html.encode())
    return {
        "playbook": source.playbook,
        "step": source.step,
        "number": source.number,
        "template": source.template,
        "ways": [*source.ways],
        "from": {"address": mail.sender.address, "name": mail.sender.name} if mail.sender else None,
        "to": {"address": mail.to, "name": mail.to_name},
        "cc": [*mail.cc],
        "reply_to": mail.reply_to,
        "subject": mail.subject,
        "preheader": mail.preheader,
        "language": mail.language,
        "headers": dict(mail.headers),
        "made_up_links": bool(mail.footer and (mail.footer.preferences or mail.footer.unsubscribe)),
        "bytes": size,
        "clipped": size >= CLIPPED_AT,
        "text": page.text,
        "html": page.html,
    }


def _lines(view: "View") -> Iterator[str]:
    yield _heading(view)
    for name in ("from", "to"):
        person = view[name]
        if isinstance(person, dict):
            yield f"{name}: {person['name']} <{person['address']}>"
    for name in ("reply_to", "subject", "preheader", "language"):
        if view[name]:
            yield f"{name.replace('_', '-')}: {view[name]}"
    yield from ("", str(view["text"]).rstrip("\n"), "")
    if view["made_up_links"]:
        yield "the links to unsubscribe and to choose are made up here: they lead to nobody's page"
    if view["clipped"]:
        yield f"Gmail hides the end of it: the page has {view['bytes']} bytes, and 102 KB are shown"


def _heading(view: "View") -> str:
    """Where in the workspace the mail is written, and for whom."""
    number = f", mail {view['number']}" if view["number"] else ""
    ways = view["ways"] if isinstance(view["ways"], list) else []
    parts = (
        f"{view['playbook']}/{view['step']}{number}" if view["playbook"] else "",
        f"template {view['template']}" if view["template"] else "",
        f"for {' and '.join(map(str, ways))} alone" if ways else "",
    )
    return f"== {' · '.join(filter(None, parts))}"
