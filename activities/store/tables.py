"""Every table. Models are stored whole as JSON text; what is searched by stands beside it in a column of its own.

Instants are logical (activities/clock.py) but for those marked `real`: leases, wakes, and when something was last
looked for.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
)

from activities.store import naming, task_tables
from activities.store.naming import only_where
from activities.store.types import Instant, Sequence

metadata = naming.metadata
tasks, task_history = task_tables.tasks, task_tables.task_history
cards, digests, removals = task_tables.cards, task_tables.digests, task_tables.removals

KINDS = ("vocabulary", "policy", "people", "templates")  # what a workspace applies beside its playbooks

# The row is the lock: whoever reads or writes anything of an account holds it first.
accounts = Table(
    "accounts",
    metadata,
    Column("id", Text, primary_key=True),
    Column("state", Text),  # null until its first fact is in
    Column("last_instant", Instant),
    Column("due_at", Instant),
    Column("filled", Integer, nullable=False, server_default="0"),  # the apply whose rules it was last judged by
    Index("ix_accounts_due_at", "due_at"),
    Index("ix_accounts_filled", "filled"),
)

facts = Table(
    "facts",
    metadata,
    Column("id", Text, primary_key=True),
    Column("account", Text, ForeignKey("accounts.id"), nullable=False),
    Column("at", Instant, nullable=False),
    Column("received", Instant, nullable=False),
    Column("body", Text, nullable=False),
    Index("ix_facts_account_at", "account", "at"),
)

# --- what was applied ------------------------------------------------------------------------------------

contents = Table(
    "contents",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("body", Text, nullable=False),
)

applies = Table(
    "applies",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("by", Text, nullable=False),
    Column("commit", Text),
    *(Column(kind, Text, ForeignKey("contents.digest"), nullable=False) for kind in KINDS),
)

plans = Table(
    "plans",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("playbook", Text, nullable=False),
    Column("body", Text, nullable=False),
)

versions = Table(
    "versions",
    metadata,
    Column("playbook", Text, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("plan", Text, ForeignKey("plans.hash"), nullable=False),
    Column("apply", Integer, ForeignKey("applies.number"), nullable=False),
)

active = Table(
    "active",
    metadata,
    Column("playbook", Text, primary_key=True),
    Column("plan", Text, ForeignKey("plans.hash"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("since", Integer, nullable=False, server_default="0"),  # the apply from which on its start is as it is
)

decisions = Table(
    "decisions",
    metadata,
    Column("account", Text, ForeignKey("accounts.id"), primary_key=True),
    Column("playbook", Text, primary_key=True),
    Column("start_hash", Text, primary_key=True),
    Column("subject", Text, primary_key=True, server_default=""),
    Column("truth", Boolean),
    Column("since", Instant),
    Column("next_at", Instant),
    Column("barred", Text),
    Column("fault", Text),
    Column("why", Text),  # the tree, as JSON, that it had when its truth last turned
    only_where("fault IS NOT NULL", "ix_decisions_fault", "account"),
)

# --- runs ------------------------------------------------------------------------------------------------

runs = Table(
    "runs",
    metadata,
    Column("id", Text, primary_key=True),
    Column("account", Text, ForeignKey("accounts.id"), nullable=False),
    Column("subject", Text, nullable=False, server_default=""),
    Column("playbook", Text, nullable=False),
    Column("plan", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("epoch", Integer, nullable=False, server_default="0"),
    Column("rev", Integer, nullable=False, server_default="1"),
    Column("started", Instant, nullable=False),
    Column("outcome", Text),
    Column("ended", Instant),
    Column("over", Boolean, nullable=False),
    Column("paused", Boolean, nullable=False),
    Column("parked", Text),
    Column("look_at", Instant),
    Column("details", Text, nullable=False, server_default=""),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("fault", Text),  # why no engine code touches it until a person or a deploy says so
    Column("checked_at", Instant),  # real
    only_where("outcome IS NULL", "uq_runs_live", "account", "subject", "playbook", unique=True),
    Index("ix_runs_account_playbook", "account", "playbook"),
    Index("ix_runs_playbook_started", "playbook", "started"),
    only_where("look_at IS NOT NULL", "ix_runs_look_at", "look_at"),
)

inputs = Table(
    "inputs",
    metadata,
    Column("seq", Sequence, primary_key=True),
    Column("run", Text, ForeignKey("runs.id"), nullable=False),
    Column("at", Instant, nullable=False),
    Column("latched_at", Instant, nullable=False),  # real
    Column("body", Text, nullable=False),
    Column("consumed", Instant),
    only_where("consumed IS NULL", "ix_inputs_waiting", "run"),
    only_where("consumed IS NULL", "ix_inputs_late", "latched_at"),
)

watches = Table(
    "watches",
    metadata,
    Column("run", Text, ForeignKey("runs.id"), primary_key=True),
    Column("path", Text, primary_key=True),
    Column("visit", Integer, primary_key=True, autoincrement=False),
    Column("name", Text, primary_key=True),
    Column("account", Text, ForeignKey("accounts.id"), nullable=False),
    Column("body", Text, nullable=False),
    Index("ix_watches_account", "account"),
)

trace = Table(
    "trace",
    metadata,
    Column("seq", Sequence, primary_key=True),
    Column("run", Text, nullable=False),  # empty for a start that did not happen
    Column("account", Text, nullable=False),
    Column("playbook", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("event", Text, nullable=False),
    Column("body", Text, nullable=False),
    Index("ix_trace_run_seq", "run", "seq"),
    Index("ix_trace_account_playbook", "account", "playbook"),
)

# --- the ledger ------------------------------------------------------------------------------------------

effects = Table(
    "effects",
    metadata,
    Column("id", Text, primary_key=True),
    Column("key", Text, nullable=False),
    Column("run", Text, ForeignKey("runs.id"), nullable=False),
    Column("account", Text, ForeignKey("accounts.id"), nullable=False),
    Column("playbook", Text, nullable=False),
    Column("path", Text, nullable=False),
    Column("visit", Integer, nullable=False),
    Column("channel", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("at", Instant, nullable=False),
    Column("body", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text),
    Column("attempt", Integer, nullable=False, server_default="0"),
    Column("until", Instant),  # deferred until; uncertain: the next look at the provider (none: a person must say)
    Column("asking", Boolean, nullable=False),  # uncertain: the provider is to be asked now
    Column("looks", Integer, nullable=False, server_default="0"),
    Column("ready_since", Instant, nullable=False),  # with priority, who is first where a cap leaves room for one
    Column("tried_at", Instant),  # real: the first call of this stretch of attempts
    Column("claimed_at", Instant),  # real
    Column("lease_until", Instant),  # real
    Column("settled_at", Instant),
    Column("receipt", Text),
    Column("checked_at", Instant),  # real: wanted, or last looked for by the relay
    Column("recipient", Text, nullable=False, server_default=""),  # the contact's or person's id
    Column("held", Text),  # deferred: by its hours (`window`), a `cap`, or the `provider`
    Column("go_at", Instant),  # real: its turn at the provider's rate
    UniqueConstraint("key"),
    Index("ix_effects_run_state", "run", "state"),
    Index("ix_effects_state_checked_at", "state", "checked_at"),
    only_where("state = 'claimed'", "ix_effects_claimed", "lease_until"),
    Index("ix_effects_account", "account"),
    only_where("channel = 'email' AND receipt IS NOT NULL", "ix_effects_receipt", "receipt"),
    only_where("channel = 'email'", "ix_effects_address", "address"),
    Index("ix_effects_account_channel_settled_at", "account", "channel", "settled_at"),
    only_where("held = 'provider'", "ix_effects_put_off", "channel", "priority", "ready_since"),
    only_where("until IS NOT NULL", "ix_effects_until", "until"),
    only_where("channel = 'email'", "ix_effects_mails", "playbook", "settled_at"),
    only_where("channel = 'notice'", "ix_effects_notices", "settled_at"),
)

suppressions = Table(
    "suppressions",
    metadata,
    Column("address", Text, primary_key=True),  # in lower case
    Column("reason", Text, nullable=False),
    Column("since", Instant, nullable=False),
)

# Of which topics somebody wants no mail; every topic where it is empty.
optouts = Table(
    "optouts",
    metadata,
    Column("address", Text, primary_key=True),  # in lower case, or a digest as with suppressions
    Column("topic", Text, primary_key=True),
    Column("since", Instant, nullable=False),
)

# What became of mails and what people did with them, each thing once. A mail is `effect`, where it is known which.
mail_events = Table(
    "mail_events",
    metadata,
    Column("id", Text, primary_key=True),
    Column("account", Text, ForeignKey("accounts.id"), nullable=False),
    Column("contact", Text, nullable=False),
    Column("effect", Text, nullable=False, server_default=""),
    Column("kind", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Index("ix_mail_events_account_contact_kind", "account", "contact", "kind"),
    Index("ix_mail_events_effect", "effect"),
)

# Providers that were down: nothing is tried until then, and from then on one effect at a time. One that is only
# suspected is tried as ever.
breakers = Table(
    "breakers",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("until", Instant, nullable=False),  # real
    Column("reason", Text, nullable=False),
    Column("probing", Instant),  # real: until then one effect is being tried
    Column("since", Instant),  # real
    Column("effect", Text),  # that was not taken last
    Column("mode", Text),
)

# Rates: when a provider, or one channel of it, takes the next message.
paces = Table(
    "paces",
    metadata,
    Column("name", Text, primary_key=True),  # the channel's; with the digest of an address where each has its own
    Column("free_at", Instant, nullable=False),  # real
)

outbox = Table(
    "outbox",
    metadata,
    Column("seq", Sequence, primary_key=True),
    Column("id", Text, nullable=False),  # the effect's
    Column("channel", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("address", Text, nullable=False),
    Column("subject", Text, nullable=False, server_default=""),
    Column("body", Text, nullable=False),
    Column("message", Text, nullable=False),  # all of it, as JSON
    Index("ix_outbox_id", "id"),
)

# --- what callers were told -------------------------------------------------------------------------------

answers = Table(
    "answers",
    metadata,
    Column("caller", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("digest", Text, nullable=False),  # of what was asked
    Column("at", Instant, nullable=False),  # real
    Column("status", Integer),  # null within the transaction that gives the answer
    Column("body", Text),
    Index("ix_answers_at", "at"),
)

# --- what drives -----------------------------------------------------------------------------------------

wakes = Table(
    "wakes",
    metadata,
    Column("run", Text, ForeignKey("runs.id"), primary_key=True),
    Column("generation", BigInteger, nullable=False),
    Column("turn", Integer, nullable=False),  # 0: something happened; from 1: a re-check, behind what is fresh
    Column("due_at", Instant, nullable=False),  # real
    Column("lease_until", Instant),  # real
    Column("attempts", Integer, nullable=False, server_default="0"),
    Index("ix_wakes_turn_due_at", "turn", "due_at"),
)

clock = Table(
    "clock",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("scale", Integer, nullable=False),
    Column("origin", Instant, nullable=False),
    Column("began", Instant, nullable=False),  # real
    Column("until", Instant),  # from then on it goes as fast as real time
)

restores = Table(
    "restores",
    metadata,
    Column("epoch", Integer, primary_key=True, autoincrement=False),
    Column("since", Instant, nullable=False),
    Column("until", Instant, nullable=False),
)

# --- starts that wait for a person -------------------------------------------------------------------------

holds = Table(
    "holds",
    metadata,
    Column("account", Text, ForeignKey("accounts.id"), primary_key=True),
    Column("subject", Text, primary_key=True, server_default=""),
    Column("playbook", Text, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("body", Text, nullable=False),
    Index("ix_holds_playbook_account", "playbook", "account"),
)

# How many have started in a period of a playbook's limit.
counters = Table(
    "counters",
    metadata,
    Column("playbook", Text, primary_key=True),
    Column("period", Text, primary_key=True),
    Column("since", Instant, primary_key=True),
    Column("count", Integer, nullable=False),
)

# Playbooks whose starts a person has stopped.
pauses = Table(
    "pauses",
    metadata,
    Column("playbook", Text, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("by", Text),
)
