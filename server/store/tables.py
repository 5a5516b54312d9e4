"""The tables, as SQLAlchemy Core sees them. `migrations` makes them; a test holds the two together.

Times in columns of `audit` are ISO 8601 in UTC with milliseconds, because people and other programs
read them; everywhere else they are milliseconds since the epoch.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    false,
    text,
)

SERVER_CHAIN: Final = "server"
"""The chain of calls that belong to no session. A session's handle is never this short."""

metadata = MetaData()

sessions = Table(
    "sessions",
    metadata,
    Column("id", Text, primary_key=True),
    Column("workflow", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("definition", Text, ForeignKey("definitions.digest"), nullable=False),
    Column("state", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("role", Text),
    Column("started_by", Text, nullable=False),
    Column("started_at", Integer, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("head", Text, nullable=False),
    Column("format", Integer, nullable=False),
    Column("snapshot", Text, nullable=False),
    Column("next_timer_at", Integer),
    Column("has_open", Boolean, nullable=False),
    Column("ended_at", Integer),
    Column("failed", Boolean, nullable=False, server_default=false()),
)
# Lists of sessions are chosen by this index alone: a row lies in the table beside its snapshot, pages away from others.
Index(
    "sessions_listed",
    *(sessions.c.started_at, sessions.c.id, sessions.c.workflow, sessions.c.state, sessions.c.actor, sessions.c.role),
    *(sessions.c.started_by, sessions.c.definition, sessions.c.ended_at, sessions.c.failed),
)
Index("sessions_starter", sessions.c.started_by, sessions.c.started_at, sessions.c.id)
Index("sessions_role", sessions.c.role, sqlite_where=sessions.c.role.is_not(None))
Index("sessions_due", sessions.c.next_timer_at, sqlite_where=sessions.c.next_timer_at.is_not(None))
Index("sessions_open", sessions.c.id, sqlite_where=text("has_open = 1"))

reviews = Table(
    "reviews",
    metadata,
    Column("session_id", Text, ForeignKey("sessions.id"), nullable=False),
    Column("number", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("workflow", Text, nullable=False),
    Column("definition", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("tool", Text),
    Column("opened_at", Integer, nullable=False),
    Column("due_at", Integer),
    Column("claimed_by", Text),
    PrimaryKeyConstraint("session_id", "number"),
    sqlite_with_rowid=False,
)
"""What waits for people, for lists: the open review of a session, whose `number` is empty, and its waiting calls."""
Index("reviews_opened", reviews.c.opened_at, reviews.c.session_id, reviews.c.number)
Index("reviews_role", reviews.c.role, reviews.c.opened_at, reviews.c.session_id, reviews.c.number)

unknown_effects = Table(
    "unknown_effects",
    metadata,
    Column("session_id", Text, ForeignKey("sessions.id"), nullable=False),
    Column("call", Integer, nullable=False),
    Column("opened_at", Integer, nullable=False),
    PrimaryKeyConstraint("session_id", "call"),
    sqlite_with_rowid=False,
)
"""The writes that nobody knows the outcome of, for lists."""
Index("unknown_effects_opened", unknown_effects.c.opened_at, unknown_effects.c.session_id, unknown_effects.c.call)

session_keys = Table(
    "session_keys",
    metadata,
    Column("value", Text, nullable=False),
    Column("session_id", Text, ForeignKey("sessions.id"), nullable=False),
    PrimaryKeyConstraint("value", "session_id"),
    sqlite_with_rowid=False,
)
Index("session_keys_session", session_keys.c.session_id, session_keys.c.value)
"""The short values that sessions were started with, for the search; written as `rows.searched` writes them."""

audit = Table(
    "audit",
    metadata,
    Column("session_id", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("command_id", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("actor_kind", Text, nullable=False),
    Column("actor_id", Text, nullable=False),
    Column("client", Text),
    Column("channel", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("action", Text),
    Column("outcome", Text),
    Column("code", Text),
    Column("state_before", Text),
    Column("state_after", Text),
    Column("definition", Text, nullable=False),
    Column("duration_ms", Integer),
    Column("trace_id", Text),
    Column("fact_version", Integer, nullable=False),
    Column("body", Text),
    Column("body_digest", Text, nullable=False),
    Column("prev", Text, nullable=False),
    Column("hash", Text, nullable=False),
    PrimaryKeyConstraint("session_id", "revision"),
    # Without a rowid the rows of a session lie together, and no row can be replaced by its rowid behind the triggers.
    sqlite_with_rowid=False,
)
# What rows are searched by, in the order of their time: it looks at many without reading one.
Index(
    "audit_searched",
    *(audit.c.at, audit.c.session_id, audit.c.revision, audit.c.kind, audit.c.actor_id, audit.c.action, audit.c.code),
)

server_chain = Table(
    "server_chain",
    metadata,
    Column("chain", Text, primary_key=True),
    Column("revision", Integer, nullable=False),
    Column("head", Text, nullable=False),
)

definitions = Table(
    "definitions",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("text", Text, nullable=False),
    Column("workflow", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("path", Text),
    Column("first_seen_at", Integer, nullable=False),
    Column("prompts", Text),
)

principals = Table(
    "principals",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("roles", JSON, nullable=False),
    Column("token_hash", Text, unique=True),
    Column("owner", Text),
    Column("created_at", Integer, nullable=False),
    Column("expires_at", Integer),
    Column("revoked_at", Integer),
    Column("session", Text),
)

instances = Table(
    "instances",
    metadata,
    Column("id", Text, primary_key=True),
    Column("beat", Integer, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("host", Text, nullable=False),
    Column("started_at", Integer, nullable=False),
    Column("life", Text),
    Column("ahead_ms", Integer),
)

keys = Table(
    "keys",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

schedules = Table(
    "schedules",
    metadata,
    Column("workflow", Text, nullable=False),
    Column("schedule", Text, nullable=False),
    Column("followed_until", Integer, nullable=False),
    PrimaryKeyConstraint("workflow", "schedule"),
)

notices = Table(
    "notices",
    metadata,
    Column("session_id", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("workflow", Text, nullable=False),
    Column("definition", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("stay", Integer, nullable=False),
    Column("role", Text),
    Column("owner", Text),
    Column("tool", Text),
    Column("call", Text),
    Column("at", Integer, nullable=False),
    Column("due_at", Integer),
    Column("status", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", Integer, nullable=False),
    Column("sent", JSON, nullable=False),
    PrimaryKeyConstraint("session_id", "revision"),
    sqlite_with_rowid=False,
)
Index("notices_at", notices.c.at)
Index("notices_waiting", notices.c.next_at, sqlite_where=text("status = 'waiting'"))

sign_ins = Table(
    "sign_ins",
    metadata,
    Column("id_hash", Text, primary_key=True),
    Column("principal", Text, nullable=False),
    Column("token_hash", Text),
    Column("roles", JSON),
    Column("began_at", Integer, nullable=False),
    Column("expires_at", Integer, nullable=False),
)
Index("sign_ins_expire", sign_ins.c.expires_at)
