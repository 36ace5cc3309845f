"""The Home of a colleague: shown when it is opened, when its filters are turned, and after what is done there."""

from dataclasses import replace

from activities.slack import home_blocks
from activities.slack.homes import home_of
from engine.render.home import Filters
from workers.slack.office import Kindly, Office, Refresh, Reply
from workers.slack.payloads import Action, Happened, Interaction


def opened(office: Office, event: Happened) -> Reply:
    del office
    return Reply(refresh=Refresh(event.user)) if event.tab in {"home", ""} else Reply()


def turned(office: Office, said: Interaction) -> Reply:
    """A filter or a page of it. Nothing is done here: what comes of it is shown afterwards."""
    del office
    filters = home_blocks.filters_in(said.view.private_metadata)
    for one in said.actions:
        filters = _turned(filters, one)
    return Reply(refresh=Refresh(said.user.id, filters))


def show(office: Office, wanted: Refresh, notice: str = "") -> None:
    try:
        person = office.colleague(wanted.user)
    except Kindly as why:
        office.workspace.publish(wanted.user, home_blocks.stranger(str(why)))
        return
    office.workspace.publish(wanted.user, home_blocks.view(home_of(office.host, person, wanted.filters), notice))


def _turned(filters: Filters, action: Action) -> Filters:
    chosen = action.selected_option.value if action.selected_option else ""
    key = "" if chosen == home_blocks.ALL else chosen
    match action.action_id.removeprefix(home_blocks.CONTROL):
        case "account":
            return replace(filters, account=key, page=0)
        case "playbook":
            return replace(filters, playbook=key, page=0)
        case "overdue":
            return replace(filters, overdue=action.value == "overdue", page=0)
        case "back" | "on":
            return replace(filters, page=int(action.value) if action.value.isdecimal() else 0)
        case _:
            return filters
