"""What the benchmark runs: a workspace of its own, small enough to be read here."""

from pathlib import Path

VOCABULARY = """
fields:
  stage:  {type: choice, of: [adoption]}
  notes:  {type: integer}
contact_fields:
  role: {type: choice, of: [champion]}
events:
  meeting: {outcome: {type: choice, of: [held, cancelled, no_show]}}
metrics:
  level: {reported: true, target: 8}
"""
POLICY = """
time_zone: UTC
webhooks: {crm: {url: "https://crm.test/", secret_env: BENCH_WEBHOOK_SECRET}}
"""
PEOPLE = "people: [{id: ana, name: Ana Diaz, email: ana@vendor.test, slack: U0ANA, role: csm}]\n"

THREE_AND_ONE = """
playbook: three-and-one
title: Three effects, a wait for a condition, and one more
stage: any
start: {when: metrics.level.value < 5, again: always}
steps:
  - {slack: first, to: "#bench", text: one}
  - {slack: second, to: "#bench", text: two}
  - {slack: third, to: "#bench", text: three}
  - {wait: better, for: metrics.level.value >= 8, at_most: 30 days, otherwise: [{end: unresolved}]}
  - {slack: fourth, to: "#bench", text: four}
"""

PROMPT = """
playbook: prompt
title: A message as soon as the condition turns
stage: any
start: {when: metrics.level.value < 5, again: always}
steps:
  - {wait: better, for: metrics.level.value >= 8, at_most: 30 days, otherwise: [{end: unresolved}]}
  - {slack: told, to: "#bench", text: it is better}
"""

LOADED = """
playbook: loaded
title: A message that names its account as soon as the condition turns
stage: any
start: {when: metrics.level.value < 5}
steps:
  - {wait: better, for: metrics.level.value >= 8, at_most: 30 days, otherwise: [{end: unresolved}]}
  - {slack: told, to: "#bench", text: "{{ account.id }}"}
"""

CLICKED = """
playbook: clicked
title: A task, and a message when it is done
stage: any
owner: csm
start: {when: metrics.level.value < 5}
steps:
  - {task: ring, title: "Ring {{ account.id }}", due: 2 days}
  - {slack: told, to: "#bench", text: "After {{ account.id }}"}
"""

WEEKLY = """
playbook: weekly
title: A task each week, looked after, with an eye on the account beside it
stage: any
owner: csm
start: by hand
goal: {when: metrics.level.value >= 9, outcome: well}
meanwhile:
  - watch: low
    when: metrics.level.value < 3
    again: after 30 days
    do: [{slack: warn, to: "#bench", text: "{{ account.name }} is low"}]
steps:
  - every: rhythm
    schedule: week on tuesday 10:00
    until: day 360
    do:
      - task: sync
        title: Talk to {{ account.name }}
        due: 2 business days
        overdue: [{after: 1 business day, remind: assignee}]
"""

TOUCHES = """
playbook: touches
title: A message each week of a year
stage: any
start: {when: metrics.level.value < 5}
steps:
  - {every: rhythm, schedule: week, times: %d, do: [{slack: touch, to: "#bench", text: Hello}]}
"""

DAILY = """
playbook: daily
title: A task a day
stage: any
owner: csm
start: by hand
steps:
  - every: rhythm
    schedule: day
    times: 5000
    do: [{task: sync, at_most: 2 hours, otherwise: []}]
"""

TEN = """
playbook: ten
title: Ten steps that need nobody outside
stage: any
start: {when: metrics.level.value < 5, again: always}
steps:
""" + "".join(
    f"""
  - update: note_{number}
    set: {{notes: {number}}}
  - branch: way_{number}
    cases: [{{when: account.notes == {number}, then: []}}]
    otherwise: [{{end: wrong}}]
"""
    for number in range(1, 6)
)


ONE_KIND = """
playbook: one-kind
title: Steps of one kind
stage: any
owner: csm
start: {{when: metrics.level.value < 5}}
{head}
steps:
{steps}
"""

OTHER = """
playbook: other
title: What another playbook starts
stage: any
start: by hand
steps: [{wait: rest, for: 1 hour}, {end: done}]
"""

# One for each priority; an account's `notes` say which is its own.
LETTERS = tuple(
    f"""
playbook: letter-{priority}
title: A mail of priority {priority}
stage: any
owner: csm
priority: {priority}
start: {{when: metrics.level.value < 5 and account.notes == {priority}}}
steps:
  - {{email: letter, to: champion, subject: Hello, text: "Dear {{{{ contact.name }}}}, hello."}}
"""
    for priority in (90, 50, 10)
)


CAMPAIGN = """
playbook: campaign
title: A letter to everybody of an account
stage: any
owner: csm
start: {when: metrics.level.value < 5}
steps:
  - {email: letter, to: {each: known(contact.email)}, template: news}
"""


def write_template(folder: Path, name: str, text: str) -> None:
    file = folder / "templates" / f"{name}.md"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"---\nsubject: News for {{{{ account.id }}}}\npreheader: In a minute\n---\n{text}")


def write_workspace(folder: Path, *playbooks: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    files = {"vocabulary.yaml": VOCABULARY, "policy.yaml": POLICY, "people.yaml": PEOPLE}
    files |= {f"playbook-{number}.yaml": text for number, text in enumerate(playbooks)}
    for name, text in files.items():
        (folder / name).write_text(text.lstrip())
    return folder
