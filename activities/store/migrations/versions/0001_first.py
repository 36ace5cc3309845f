"""The first schema."""

import sqlalchemy as sa
from alembic import op

from activities.store.types import Instant, Sequence

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def _accounts() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=True),
        sa.Column("last_instant", Instant(), nullable=True),
        sa.Column("due_at", Instant(), nullable=True),
        sa.Column("filled", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
    )
    op.create_index("ix_accounts_due_at", "accounts", ["due_at"])
    op.create_index("ix_accounts_filled", "accounts", ["filled"])


def _breakers() -> None:
    op.create_table(
        "breakers",
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("until", Instant(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("channel", name=op.f("pk_breakers")),
    )


def _clock() -> None:
    op.create_table(
        "clock",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("scale", sa.Integer(), nullable=False),
        sa.Column("origin", Instant(), nullable=False),
        sa.Column("began", Instant(), nullable=False),
        sa.Column("until", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clock")),
    )


def _contents() -> None:
    op.create_table(
        "contents",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_contents")),
    )


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("seq", Sequence, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), server_default="", nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_outbox")),
    )
    op.create_index("ix_outbox_id", "outbox", ["id"])


def _plans() -> None:
    op.create_table(
        "plans",
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("playbook", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_plans")),
    )


def _restores() -> None:
    op.create_table(
        "restores",
        sa.Column("epoch", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("since", Instant(), nullable=False),
        sa.Column("until", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("epoch", name=op.f("pk_restores")),
    )


def _suppressions() -> None:
    op.create_table(
        "suppressions",
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("since", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("address", name=op.f("pk_suppressions")),
    )


def _trace() -> None:
    op.create_table(
        "trace",
        sa.Column("seq", Sequence, nullable=False),
        sa.Column("run", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("playbook", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_trace")),
    )
    op.create_index("ix_trace_account_playbook", "trace", ["account", "playbook"])
    op.create_index("ix_trace_run_seq", "trace", ["run", "seq"])


def _active() -> None:
    op.create_table(
        "active",
        sa.Column("playbook", sa.Text(), nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["plan"], ["plans.hash"], name=op.f("fk_active_plan")),
        sa.PrimaryKeyConstraint("playbook", name=op.f("pk_active")),
    )


def _applies() -> None:
    op.create_table(
        "applies",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("commit", sa.Text(), nullable=True),
        sa.Column("vocabulary", sa.Text(), nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("people", sa.Text(), nullable=False),
        sa.Column("templates", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["people"], ["contents.digest"], name=op.f("fk_applies_people")),
        sa.ForeignKeyConstraint(["policy"], ["contents.digest"], name=op.f("fk_applies_policy")),
        sa.ForeignKeyConstraint(["templates"], ["contents.digest"], name=op.f("fk_applies_templates")),
        sa.ForeignKeyConstraint(["vocabulary"], ["contents.digest"], name=op.f("fk_applies_vocabulary")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_applies")),
    )


def _decisions() -> None:
    op.create_table(
        "decisions",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("playbook", sa.Text(), nullable=False),
        sa.Column("start_hash", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name=op.f("fk_decisions_account")),
        sa.PrimaryKeyConstraint("account", "playbook", "start_hash", name=op.f("pk_decisions")),
    )


def _facts() -> None:
    op.create_table(
        "facts",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("received", Instant(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name=op.f("fk_facts_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_facts")),
    )
    op.create_index("ix_facts_account_at", "facts", ["account", "at"])


def _runs() -> None:
    op.create_table(
        "runs",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), server_default="", nullable=False),
        sa.Column("playbook", sa.Text(), nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("epoch", sa.Integer(), server_default="0", nullable=False),
        sa.Column("rev", sa.Integer(), server_default="1", nullable=False),
        sa.Column("started", Instant(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("ended", Instant(), nullable=True),
        sa.Column("over", sa.Boolean(), nullable=False),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("parked", sa.Text(), nullable=True),
        sa.Column("look_at", Instant(), nullable=True),
        sa.Column("details", sa.Text(), server_default="", nullable=False),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("fault", sa.Text(), nullable=True),
        sa.Column("checked_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name=op.f("fk_runs_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runs")),
    )
    op.create_index("ix_runs_account_playbook", "runs", ["account", "playbook"])
    op.create_index(
        "ix_runs_look_at",
        "runs",
        ["look_at"],
        sqlite_where=sa.text("look_at IS NOT NULL"),
        postgresql_where=sa.text("look_at IS NOT NULL"),
    )
    op.create_index(
        "uq_runs_live",
        "runs",
        ["account", "subject", "playbook"],
        unique=True,
        sqlite_where=sa.text("outcome IS NULL"),
        postgresql_where=sa.text("outcome IS NULL"),
    )


def _effects() -> None:
    op.create_table(
        "effects",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("run", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("playbook", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("visit", sa.Integer(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("attempt", sa.Integer(), server_default="0", nullable=False),
        sa.Column("until", Instant(), nullable=True),
        sa.Column("asking", sa.Boolean(), nullable=False),
        sa.Column("looks", sa.Integer(), server_default="0", nullable=False),
        sa.Column("ready_since", Instant(), nullable=False),
        sa.Column("tried_at", Instant(), nullable=True),
        sa.Column("claimed_at", Instant(), nullable=True),
        sa.Column("lease_until", Instant(), nullable=True),
        sa.Column("settled_at", Instant(), nullable=True),
        sa.Column("receipt", sa.Text(), nullable=True),
        sa.Column("checked_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name=op.f("fk_effects_account")),
        sa.ForeignKeyConstraint(["run"], ["runs.id"], name=op.f("fk_effects_run")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_effects")),
        sa.UniqueConstraint("key", name=op.f("uq_effects_key")),
    )
    op.create_index("ix_effects_account", "effects", ["account"])
    op.create_index(
        "ix_effects_claimed",
        "effects",
        ["lease_until"],
        sqlite_where=sa.text("state = 'claimed'"),
        postgresql_where=sa.text("state = 'claimed'"),
    )
    op.create_index("ix_effects_run_state", "effects", ["run", "state"])
    op.create_index("ix_effects_state_checked_at", "effects", ["state", "checked_at"])


def _inputs() -> None:
    op.create_table(
        "inputs",
        sa.Column("seq", Sequence, nullable=False),
        sa.Column("run", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("latched_at", Instant(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("consumed", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["run"], ["runs.id"], name=op.f("fk_inputs_run")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_inputs")),
    )
    op.create_index(
        "ix_inputs_late",
        "inputs",
        ["latched_at"],
        sqlite_where=sa.text("consumed IS NULL"),
        postgresql_where=sa.text("consumed IS NULL"),
    )
    op.create_index(
        "ix_inputs_waiting",
        "inputs",
        ["run"],
        sqlite_where=sa.text("consumed IS NULL"),
        postgresql_where=sa.text("consumed IS NULL"),
    )


def _tasks() -> None:
    op.create_table(
        "tasks",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("run", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("playbook", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("opened", Instant(), nullable=False),
        sa.Column("due", Instant(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name=op.f("fk_tasks_account")),
        sa.ForeignKeyConstraint(["run"], ["runs.id"], name=op.f("fk_tasks_run")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tasks")),
    )
    op.create_index("ix_tasks_account", "tasks", ["account"])
    op.create_index("ix_tasks_run", "tasks", ["run"])
    op.create_index("ix_tasks_state_person", "tasks", ["state", "person"])


def _versions() -> None:
    op.create_table(
        "versions",
        sa.Column("playbook", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("apply", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["apply"], ["applies.number"], name=op.f("fk_versions_apply")),
        sa.ForeignKeyConstraint(["plan"], ["plans.hash"], name=op.f("fk_versions_plan")),
        sa.PrimaryKeyConstraint("playbook", "number", name=op.f("pk_versions")),
    )


def _wakes() -> None:
    op.create_table(
        "wakes",
        sa.Column("run", sa.Text(), nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("due_at", Instant(), nullable=False),
        sa.Column("lease_until", Instant(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["run"], ["runs.id"], name=op.f("fk_wakes_run")),
        sa.PrimaryKeyConstraint("run", name=op.f("pk_wakes")),
    )
    op.create_index("ix_wakes_turn_due_at", "wakes", ["turn", "due_at"])


def _watches() -> None:
    op.create_table(
        "watches",
        sa.Column("run", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("visit", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name=op.f("fk_watches_account")),
        sa.ForeignKeyConstraint(["run"], ["runs.id"], name=op.f("fk_watches_run")),
        sa.PrimaryKeyConstraint("run", "path", "visit", "name", name=op.f("pk_watches")),
    )
    op.create_index("ix_watches_account", "watches", ["account"])


def _task_history() -> None:
    op.create_table(
        "task_history",
        sa.Column("seq", Sequence, nullable=False),
        sa.Column("task", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("verb", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["task"], ["tasks.id"], name=op.f("fk_task_history_task")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_task_history")),
    )
    op.create_index("ix_task_history_task", "task_history", ["task"])


def upgrade() -> None:
    for make in (
        _accounts,
        _breakers,
        _clock,
        _contents,
        _outbox,
        _plans,
        _restores,
        _suppressions,
        _trace,
        _active,
        _applies,
        _decisions,
        _facts,
        _runs,
        _effects,
        _inputs,
        _tasks,
        _versions,
        _wakes,
        _watches,
        _task_history,
    ):
        make()
