"""What a click or a form does to a task. Who acts is a colleague who may; the first outcome wins."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import cast

from activities import tasks
from activities.slack.card_blocks import ACTION
from activities.slack.home_blocks import filters_in
from activities.tasks import Answer, Refused
from engine.people import Person
from engine.render.cards import standing
from engine.rights import Verb
from engine.run import Task
from engine.steps.task import OUTCOMES
from engine.values import read_instant
from workers.slack import approvals, forms
from workers.slack.office import Body, Kindly, Office, Refresh, Reply
from workers.slack.payloads import Carried, Form, Interaction, NotSlack, read

Click = Callable[[Office, Task, Person], Answer]
Sending = Callable[[Office, Task, Person, Form], Answer | Body]


def clicked(office: Office, said: Interaction) -> Reply:
    """A button of a card or of the Home: acts at once, or opens the form that asks for the rest."""
    return _seen(_clicked(office, said), said.user.id, said.home)


def _clicked(office: Office, said: Interaction) -> Reply:
    ours = next((one for one in said.actions if one.action_id.startswith(ACTION)), None)
    if ours is None:
        return Reply()
    verb = cast("Verb", ours.action_id.removeprefix(ACTION))
    try:
        task, person = office.admitted(verb, ours.value, said.user.id)
        carried = Carried(task=task.id, url=said.response_url, home=said.home)
        if task.state == "open" and (form := _form(office, verb, task, person, carried)):
            return _opened(office, said, form)
        return _told(office, _CLICKS.get(verb, _too_late)(office, task, person), said.response_url)
    except Kindly as why:
        return Reply(whisper=str(why), url=said.response_url)


def submitted(office: Office, said: Interaction) -> Reply:
    """A form that a click has opened."""
    carried = read(Carried, said.view.private_metadata)
    reply = _submitted(office, said, carried)
    return reply if reply.body else _seen(reply, said.user.id, carried.home)


def _submitted(office: Office, said: Interaction, carried: Carried) -> Reply:
    verb = said.view.callback_id.removeprefix(ACTION)
    act = _SENDINGS.get(verb)
    if act is None:
        raise NotSlack(f"form {verb}")
    try:
        task, person = office.admitted(cast("Verb", verb), carried.task, said.user.id)
        answer = act(office, task, person, said.view)
    except Kindly as why:
        return Reply(whisper=str(why), url=carried.url)
    if isinstance(answer, Mapping):
        return Reply(answer, late=Reply(whisper=forms.told_late(answer), url=carried.url))
    return _told(office, answer, carried.url)


def _seen(reply: Reply, user: str, home: str | None) -> Reply:
    """Where it was done in somebody's Home, that is shown anew."""
    return reply if home is None else replace(reply, refresh=Refresh(user, filters_in(home)))


def _told(office: Office, answer: Answer, url: str) -> Reply:
    """Whoever comes second hears how it stands, and what a second outcome does not do; the card itself shows what was
    done.
    """
    if not isinstance(answer, Refused):
        return Reply(whisper=answer.aside, url=url)
    if answer.task.state == "open":
        return Reply(whisper=answer.reason, url=url)
    stands = standing(answer.task, office.setting().directory, office.now(answer.task))
    return Reply(whisper=f"This is closed already. {''.join(str(one) for one in stands)}.", url=url)


def _opened(office: Office, said: Interaction, form: forms.Form) -> Reply:
    if office.workspace.open(said.trigger_id, form):
        return Reply()
    return Reply(whisper="Slack did not open the form in time. Please press the button again.", url=said.response_url)


def _form(office: Office, verb: Verb, task: Task, person: Person, carried: Carried) -> forms.Form | None:
    match verb:
        case "done" if task.outcomes != OUTCOMES and len(task.outcomes) > 1:
            return forms.done(task, carried)
        case "snooze":
            calendar = office.setting().policy.calendar(person.country, person.time_zone)
            return forms.snooze(task, carried, calendar, office.now(task))
        case "reassign":
            return forms.reassign(task, carried)
        case "note":
            return forms.note(task, carried)
        case "edit":
            return approvals.editing(task, carried, approvals.waiting(office, task))
        case "read":
            return approvals.reading(task, carried, approvals.waiting(office, task))
        case "refuse":
            return forms.refuse(task, carried)
    return None


def turned(office: Office, said: Interaction) -> Reply:
    """Another page of the mails that somebody reads."""
    carried = read(Carried, said.view.private_metadata)
    try:
        task, _ = office.admitted("read", carried.task, said.user.id)
        form = approvals.reading(task, carried, approvals.waiting(office, task), approvals.page_of(said.actions))
    except Kindly as why:
        return Reply(whisper=str(why), url=carried.url)
    office.workspace.update(said.view.id, form)
    return Reply()


# --- clicks


def _done(office: Office, task: Task, person: Person) -> Answer:
    return tasks.complete(office.host, task.id, task.outcomes[0], person.id)


def _claim(office: Office, task: Task, person: Person) -> Answer:
    return tasks.claim(office.host, task.id, person.id)


def _acknowledge(office: Office, task: Task, person: Person) -> Answer:
    return tasks.acknowledge(office.host, task.id, person.id)


def _too_late(office: Office, task: Task, _person: Person) -> Answer:
    """Nothing is put off to an instant that has passed: what comes of it is how the task stands."""
    return tasks.snooze(office.host, task.id, task.opened)


_CLICKS: Mapping[str, Click] = {
    "done": _done,
    "approve": _done,
    "claim": _claim,
    "acknowledge": _acknowledge,
}


# --- forms


def _closed(office: Office, task: Task, person: Person, form: Form) -> Answer | Body:
    chosen = form.said("outcome").selected_option
    if chosen is None:
        return forms.errors(outcome="Say what came of it.")
    return tasks.complete(office.host, task.id, chosen.value, person.id, _note(form))


def _edited(office: Office, task: Task, person: Person, form: Form) -> Answer | Body:
    joints = read(Carried, form.private_metadata).joints
    parts = [_words(form, forms.body_field(number)) for number in range(1, approvals.PARTS + 1)]
    said = {"subject": _words(form, "subject"), "body": approvals.joined(parts, joints)}
    if lacking := {name: "A mail needs one." for name, text in said.items() if not text}:
        return forms.errors(**lacking)
    edited: tasks.Edited = {"subject": " ".join(said["subject"].split()), "body": said["body"]}
    if preheader := _words(form, "preheader"):
        edited = {**edited, "preheader": preheader}
    return tasks.complete(office.host, task.id, task.outcomes[0], person.id, edited=edited)


def _refused(office: Office, task: Task, person: Person, form: Form) -> Answer | Body:
    why = _note(form)
    return tasks.complete(office.host, task.id, "refused", person.id, why) if why else forms.errors(note="Say why.")


def _snoozed(office: Office, task: Task, person: Person, form: Form) -> Answer | Body:
    own, preset = form.said("own").selected_date_time, form.said("preset").selected_option
    if own is None and preset is None:
        return forms.errors(preset="Say until when.")
    if not (why := _note(form)):
        return forms.errors(note="Say why.")
    until = datetime.fromtimestamp(own, UTC) if own is not None else read_instant(preset.value if preset else "")
    answer = tasks.snooze(office.host, task.id, until, person.id, why)
    if isinstance(answer, Refused) and answer.wrong == "until":
        return forms.errors(**{"own" if own is not None else "preset": answer.reason})
    return answer


def _reassigned(office: Office, task: Task, person: Person, form: Form) -> Answer | Body:
    user = form.said("to").selected_user
    if user is None:
        return forms.errors(to="Say to whom.")
    try:
        to = office.colleague(user)
    except Kindly:
        return forms.errors(to="The playbooks do not know this person: they are not in people.yaml.")
    if not to.active:
        return forms.errors(to=f"{to.name or to.id} has left.")
    return tasks.reassign(office.host, task.id, to.id, person.id, _note(form))


def _noted(office: Office, task: Task, person: Person, form: Form) -> Answer | Body:
    text = _note(form)
    return (
        tasks.note(office.host, task.id, text, person.id) if text else forms.errors(note="Write what is to be known.")
    )


def _note(form: Form) -> str | None:
    return _words(form, "note") or None


def _words(form: Form, name: str) -> str:
    return (form.said(name).value or "").replace("\0", "").strip()


_SENDINGS: Mapping[str, Sending] = {
    "done": _closed,
    "edit": _edited,
    "refuse": _refused,
    "snooze": _snoozed,
    "reassign": _reassigned,
    "note": _noted,
}
