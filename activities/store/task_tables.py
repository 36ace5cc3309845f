"""The tables of work items: as they stand, what was done with them, where they are shown, who was told of theirs."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, Table, Text, false

from activities.store.naming import metadata, only_where
from activities.store.types import Instant, Sequence

tasks = Table(
    "tasks",
    metadata,
    Column("id", Text, primary_key=True),
    Column("run", Text, ForeignKey("runs.id"), nullable=False),
    Column("account", Text, ForeignKey("accounts.id"), nullable=False),
    Column("playbook", Text, nullable=False),
    Column("person", Text),
    Column("state", Text, nullable=False),
    Column("opened", Instant, nullable=False),
    Column("due", Instant),
    Column("body", Text, nullable=False),
    Index("ix_tasks_state_person", "state", "person"),
    Index("ix_tasks_account", "account"),
    Index("ix_tasks_run", "run"),
)

task_history = Table(
    "task_history",
    metadata,
    Column("seq", Sequence, primary_key=True),
    Column("task", Text, ForeignKey("tasks.id"), nullable=False),
    Column("at", Instant, nullable=False),
    Column("verb", Text, nullable=False),
    Column("by", Text),
    Column("body", Text, nullable=False),
    Index("ix_task_history_task", "task"),
)

# Where a task is shown in a form that can be changed: one message for each who was told of it. It follows the task.
cards = Table(
    "cards",
    metadata,
    Column("task", Text, ForeignKey("tasks.id"), primary_key=True),
    Column("recipient", Text, primary_key=True),  # a person's id, or a channel
    Column("account", Text, ForeignKey("accounts.id"), nullable=False),
    Column("effect", Text, nullable=False),  # what posted it, or is to
    Column("receipt", Text),  # null until it is posted
    Column("rev", Integer, nullable=False, server_default="0"),  # grows with every change of the task
    Column("shown", Integer, nullable=False, server_default="0"),  # the `rev` that can be seen
    Column("turn", BigInteger, nullable=False, server_default="0"),  # who fell behind first is shown first
    Column("digest", Text, nullable=False, server_default=""),  # of what can be seen
    Column("told", BigInteger, nullable=False, server_default="0"),  # how much of the task's history its thread has
    Column("lease_until", Instant),  # real: nobody else shows it until then, or tries before
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("reason", Text),  # why it is not as it should be
    Index("ix_cards_account", "account"),
    only_where("rev > shown", "ix_cards_stale", "turn"),
)

# Messages of erased accounts that are still to be deleted in Slack; a receipt says where they are and nothing else.
removals = Table(
    "removals",
    metadata,
    Column("receipt", Text, primary_key=True),
    Column("next_at", Instant, nullable=False),  # real: when it is tried next
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("reason", Text),  # why it is still there
    Index("ix_removals_next_at", "next_at"),
)

# Whose morning's digest was sent last, and when to look again.
digests = Table(
    "digests",
    metadata,
    Column("person", Text, primary_key=True),
    Column("next_at", Instant, nullable=False),
    Column("day", Text),  # the last that was dealt with, on the person's own calendar; null before the first
    Column("lease_until", Instant),  # real: nobody else deals with it until then, or tries before
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("reason", Text),  # why the last one could not be sent
    Column("since", Instant),  # real: when the one that is due was tried first
    Column("certain", Integer, nullable=False, server_default="0"),  # attempts by which nothing can have arrived
    Column("by_mail", Boolean, nullable=False, server_default=false()),  # it goes by mail, and not by Slack any more
    Index("ix_digests_next_at", "next_at"),
)
