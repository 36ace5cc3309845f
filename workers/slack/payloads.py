"""What Slack sends, as far as it is read; there is more in it, and there will be more still."""

import json
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)


class Named(_Part):
    id: str


class Option(_Part):
    value: str


class Action(_Part):
    action_id: str
    value: str = ""
    selected_option: Option | None = None


class State(_Part):
    """One field of a form; which of these it has depends on its sort."""

    value: str | None = None
    selected_option: Option | None = None
    selected_user: str | None = None
    selected_date_time: int | None = None


class States(_Part):
    values: dict[str, dict[str, State]] = Field(default_factory=dict)


class Form(_Part):
    id: str = ""
    type: str = ""
    callback_id: str = ""
    private_metadata: str = ""
    state: States = States()

    def said(self, name: str) -> State:
        """Of the field whose block has this name."""
        return next(iter(self.state.values.get(name, {}).values()), State())


class Interaction(_Part):
    """A click on a button, or a form that was sent."""

    type: str
    user: Named
    team: Named | None = None
    api_app_id: str = ""
    trigger_id: str = ""
    response_url: str = ""
    actions: tuple[Action, ...] = ()
    view: Form = Form()

    @property
    def team_id(self) -> str:
        return self.team.id if self.team else ""

    def has(self, prefix: str) -> bool:
        """Whether somebody used a control whose id begins so."""
        return any(one.action_id.startswith(prefix) for one in self.actions)

    @property
    def home(self) -> str | None:
        """What the Home says of itself in which somebody clicked; None where they clicked elsewhere."""
        return self.view.private_metadata if self.view.type == "home" else None


class Happened(_Part):
    type: str
    user: str = ""
    tab: str = ""


class Event(_Part):
    type: str
    challenge: str = ""
    team_id: str = ""
    api_app_id: str = ""
    event_id: str = ""
    event: Happened | None = None


class Command(_Part):
    command: str
    text: str = ""
    user_id: str
    team_id: str = ""
    api_app_id: str = ""
    trigger_id: str = ""
    response_url: str = ""


M = TypeVar("M", bound=BaseModel)


class Carried(_Part):
    """What a form carries from the click that opened it to its own sending. `joints` stood between the fields of a text
    that is too long for one.
    """

    task: str
    url: str = ""
    home: str | None = None
    joints: tuple[str, ...] = ()


class Chosen(_Part):
    """What a button to start a playbook carries."""

    playbook: str
    account: str


class NotSlack(ValueError):
    """It has not the shape of anything that Slack sends."""


def read(model: type[M], given: Mapping[str, Any] | str) -> M:
    try:
        return model.model_validate_json(given) if isinstance(given, str) else model.model_validate(dict(given))
    except ValidationError:
        raise NotSlack(model.__name__) from None


def as_json(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise NotSlack("JSON") from None
    if not isinstance(found, dict):
        raise NotSlack("JSON")
    return found
