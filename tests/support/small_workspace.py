"""A workspace small enough to be read in a test: one playbook, its tests, a template."""

from pathlib import Path

from tests.support.workspaces import written

VOCABULARY = """\
fields:
  stage: {type: choice, of: [onboarding, adoption]}
  tier: {type: choice, of: [growth, starter]}
  arr: {type: number, unit: USD}
  country: {type: country}
  time_zone: {type: time_zone}
  channel: {type: text}
contact_fields:
  role: {type: choice, of: [champion, end_user]}
events:
  login: {user: text}
metrics:
  score: {title: Score, reported: true, target: 100}
"""
POLICY = "time_zone: America/New_York\nroles: [csm]\nunassigned: lead\n"
PEOPLE = """\
people:
  - {id: ana, name: Ana, email: ana@us.test, role: lead, time_zone: America/New_York, country: US}
  - {id: ben, name: Ben, email: ben@us.test, role: csm, manager: ana, time_zone: America/New_York, country: US}
"""
CALL = """\
playbook: call
title: Call who is low
stage: adoption
owner: csm

start:
  when: metrics.score.zone == "red"
  again: always
goal: {when: metrics.score.zone == "green", outcome: recovered}

steps:
  - task: ring
    title: Ring {{ account.name }}
    due: 2 business days
    outcomes: [reached, silent]
    overdue:
      - {after: 1 business day, remind: assignee}
  - branch: then_what
    cases:
      - when: outcome.ring == "silent" and account.arr >= 1000
        then:
          - slack: tell
            to: lead
            text: "{{ account.name }} is silent"
    otherwise: []
  - email: thanks
    to: champion
    template: thanks
  - end: called
"""
CALL_TEST = """\
playbook: call
tests:
  - test: who is reached is thanked
    start: 2026-03-02T14:00:00Z
    account: &acme {name: Acme, stage: adoption, tier: growth, arr: 500, country: US, time_zone: America/New_York}
    team: {csm: ben}
    contacts: [{id: c1, name: Kim, role: champion, email: kim@acme.test}]
    metrics: {score: 40}
    then:
      - {after: 1 day, complete: ring, outcome: reached}
    expect: [{task: ring, due: 2026-03-04}, {at: day 1, email: thanks}]
    outcome: called

  - test: another stage is not called
    start: 2026-03-02T14:00:00Z
    account: {name: Acme, stage: onboarding}
    metrics: {score: 40}
    expect: []
    outcome: null
"""
THANKS = "---\nsubject: Thank you\n---\nHello {{ contact.name }}, thank you.\n"
STORY = """\
start: 2026-03-02T14:00:00Z
account: {name: Acme, stage: adoption, tier: growth, arr: 5000, country: US, time_zone: America/New_York}
team: {csm: ben}
contacts: [{id: c1, name: Kim, role: champion, email: kim@acme.test}]
metrics: {score: 40}
then:
  - {after: 1 day, complete: ring, outcome: silent, by: ben}
"""
FILES = {
    "vocabulary.yaml": VOCABULARY,
    "policy.yaml": POLICY,
    "people.yaml": PEOPLE,
    "adoption/call.yaml": CALL,
    "adoption/call.test.yaml": CALL_TEST,
    "templates/thanks.md": THANKS,
}


def small_workspace(folder: Path, **changes: str) -> Path:
    """`changes` are replacements in adoption/call.yaml and its test, by a word of each file: call, test."""
    files = dict(FILES)
    for key, name in (("call", "adoption/call.yaml"), ("test", "adoption/call.test.yaml")):
        files[name] = changes.get(key, files[name])
    return written(folder, files)
