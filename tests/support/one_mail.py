"""A workspace whose only playbook writes one mail, and the facts of an account that it is for."""

from pathlib import Path

from tests.support.commands import playbook
from tests.support.small_workspace import CALL, small_workspace
from tests.support.workspaces import written

_FACTS = """\
{"id": "f1", "account": "acme", "fields": {"name": "Acme", "stage": "adoption", "arr": 5000}}
{"id": "f2", "account": "acme", "team": {"csm": "ben"}}
{"id": "f3", "account": "acme", "contact": {"id": "c1", "name": "Kim", "role": "champion", "email": "kim@acme.test"}}
{"id": "f4", "account": "acme", "metric": "score", "value": 40}
"""
_STEPS = "  - email: thanks\n    to: champion\n    template: thanks\n"


def want_one_mail(policy: str = "") -> None:
    """In the folder and the database that the environment names; `policy` is added to policy.yaml."""
    folder = small_workspace(Path("playbooks"))
    written(folder, {"adoption/call.yaml": f"{CALL.partition('steps:')[0]}steps:\n{_STEPS}"})
    (folder / "adoption/call.test.yaml").unlink()
    with (folder / "policy.yaml").open("a") as file:
        file.write(policy)
    Path("facts.ndjson").write_text(_FACTS)
    for command in (("apply",), ("import", "facts.ndjson")):
        told = playbook(*command)
        assert told.code == 0, told.err
