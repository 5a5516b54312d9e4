"""Every bound of what workflows, the machine and tools take, named once; those of the server are in `server/bounds.py`.

Whatever comes from outside is measured against these before anything else happens to it (fail
closed). Sizes are bytes of UTF-8, times are milliseconds, counts are counts. The values are part
of the documentation: design, section 12.
"""

from __future__ import annotations

import re
from typing import Final

# A request of a client, and the arguments in it.
ARGUMENTS_BYTES: Final = 1024 * 1024
MESSAGE_BYTES: Final = 4 * 1024 * 1024
JSON_DEPTH: Final = 64
SAFE_INTEGER: Final = 2**53 - 1
"""Largest integer every JSON reader keeps exactly (RFC 8259, section 6); larger only where a schema asks."""

IDENTIFIER: Final = re.compile(r"[A-Za-z0-9_.-]{1,128}\Z", re.ASCII)

# A workflow file.
FILE_BYTES: Final = 1024 * 1024
FILE_NODES: Final = 50_000
FILE_LINES: Final = 50_000
PROMPT_BYTES: Final = 256 * 1024
"""A prompt in a file of its own."""
GUARD_BYTES: Final = 4 * 1024
GROWING_TEXT_CHARACTERS: Final = 8 * 1024
"""What a guard may hand to `replace`, `join` and `format`, whose results can be the product of their arguments."""
SCHEMA_NODES: Final = 10_000
LOCK_BYTES: Final = 16 * 1024 * 1024
"""`pointsman.lock`, which holds the schemas of every tool of every source."""
FILE_DEPTH: Final = 64
FINDINGS: Final = 200
"""Findings of one file that are listed; a file with more is broken in one of these ways throughout."""
FLOW_STEPS: Final = 2_000_000
"""States times fields up to which it is looked for where a field can have been written; larger files are not judged."""
WORKFLOW_NAME_CHARACTERS: Final = 48

# A contract that is not met.
UNMET: Final = 100
"""Problems of one payload that are listed."""
RATIONALE_CHARACTERS: Final = 4_000
PRINCIPAL_CHARACTERS: Final = 1_024
"""The longest name of a person that a review is delegated to."""
ALTERNATIVES: Final = 20
EXCEPTION_BYTES: Final = 64 * 1024
"""Input and alternatives in what a reviewer sees of a step that was not confident enough; the rest is named."""
EXCEPTION_PATH: Final = 100
"""States of the path in it, the last ones."""
CALLS_BEHIND_EVENT: Final = 10
"""The last successful calls of a stay that an event without `evidence` is said to rest on."""

# The machine.
STATES_PER_COMMAND: Final = 100
"""States one command may pass through before the session yields and goes on by a timer that is due at once."""

EVIDENCE_KEPT: Final = 64
"""Calls of one index that can be evidence at the same time; a session forgets the oldest, which is then missing."""

EFFECTS_PER_SESSION: Final = 1_000
"""Different writes that a session remembers as made or in doubt; one more is refused, because none may be forgotten."""

DELIVERIES_PER_SESSION: Final = 1_000
"""Events with the name of a delivery that a session has taken; one more is refused, because none may be forgotten."""

# A call that waits for a person's approval.
APPROVALS_PER_STAY: Final = 100
"""Calls that an agent may have put before people in one stay, whatever has become of them."""
APPROVAL_ARGUMENTS_BYTES: Final = 64 * 1024
"""What a person can be asked to read and approve."""

# What a refused call leaves behind.
DENIED_ARGUMENTS_BYTES: Final = 4 * 1024

# A tool.
RETRY_WAIT_MS: Final = 60_000
"""The longest a read waits before it is tried again, however often its wait has doubled."""
TOOL_TIMEOUT_MS: Final = 30_000
RESULT_BYTES: Final = 4 * 1024 * 1024
TOOL_WORKERS: Final = 32
"""Synchronous calls of one Python source that can run at the same time; one that hangs keeps its thread."""
TOOL_MESSAGE_CHARACTERS: Final = 2_000
"""What is kept of the message of a tool's error."""

# A model that the server asks itself.
MODEL_TOKENS: Final = 1_000_000
"""Tokens of one answer."""
MODEL_TURNS: Final = 1_000
MODEL_WISHES: Final = 64
"""Tools and events that one answer may call; of one that calls more nothing is done."""
MODEL_PROCESSES: Final = 5
"""Processes that may end while they ask one question; it may have been paid for each time."""
MODEL_ATTEMPTS: Final = 4
"""How often one question is asked before there is no answer to it."""
MODEL_RETRY_MS: Final = 1_000
"""The wait before the second attempt; each further one is twice as long, up to `RETRY_WAIT_MS`."""
MODEL_ANSWER_BYTES: Final = 4 * 1024 * 1024
"""The blocks of one answer."""
MODEL_BLOCKS: Final = 1_000
"""Blocks of one answer."""
MODEL_STREAM_BYTES: Final = 64 * 1024 * 1024
"""One answer on the wire, where each of its pieces comes with about a hundred bytes around it."""
MODEL_EVENT_BYTES: Final = 1024 * 1024
"""One event of an answer on the wire."""
MODEL_EVENT_LINES: Final = 100
"""Lines of one event: the API sends two, and the SDK's reader takes time by the square of their number."""
MODEL_ERROR_BYTES: Final = 64 * 1024
"""What is read of the body that comes with an error status."""
MODEL_ERROR_CHARACTERS: Final = 500
"""What is kept of what the API says of an error."""
MODEL_KEY_CHARACTERS: Final = 1_000
# The API's own limits for strict tools: platform.claude.com/docs/en/build-with-claude/structured-outputs, "Explicit
# limits". How large the grammars of strict schemas may be in all is not published.
STRICT_TOOLS: Final = 20
"""Tools of one question that the API holds a model to by their schemas."""
STRICT_OPTIONAL: Final = 24
"""Optional members in the schemas of all strict tools of one question."""
STRICT_UNIONS: Final = 16
"""Members of several types in the schemas of all strict tools of one question."""
STRICT_NODES: Final = 1_000
"""Nodes of one strict schema, its references written out: a bound of ours."""

# A tool list that never changes; one beyond these is not shown to a client that did not ask for it.
WIRE_NAME_CHARACTERS: Final = 64
"""The longest name that every model API takes for a tool."""

# What a tool asks, while it runs, of the client that waits for it.
ASKS_PER_CALL: Final = 10
ASK_MESSAGE_CHARACTERS: Final = 2_000
ASK_SCHEMA_BYTES: Final = 16 * 1024
ASK_FIELDS: Final = 50
ASK_MODEL_BYTES: Final = 256 * 1024
"""What a tool may have the client's model read."""
LOG_CHARACTERS: Final = 2_000
"""What of one message of a tool is passed on to the client's log."""

# A downstream MCP server. It is not trusted: whatever it says or does stays within these.
DOWNSTREAM_MESSAGE_BYTES: Final = 2 * RESULT_BYTES
"""One message of it; a result often comes twice in one message, as text and as structured content."""
DOWNSTREAM_START_MS: Final = 60_000
"""From starting it to having read its list of tools; a first start may have to install it."""
DOWNSTREAM_STOP_MS: Final = 2_000
"""How long it has to end by itself, and again after it was told to."""
DOWNSTREAM_REACH_MS: Final = 30_000
"""How long one may take to be reached over HTTP."""
DOWNSTREAM_SILENCE_MS: Final = 3_600_000
"""How long it may say nothing on one answer over HTTP. Calls have timeouts of their own."""
DOWNSTREAM_STALL_MS: Final = 30_000
"""How long it may leave what is written to it unread."""
DOWNSTREAM_RESTART_MS: Final = 10_000
"""The longest wait before it is started again, however often it has ended."""
DOWNSTREAM_STEADY_MS: Final = 30_000
"""After running this long it counts as healthy, and is started again at once."""
DOWNSTREAM_TOOLS: Final = 1_000
DOWNSTREAM_PAGES: Final = 100
"""Pages of a list of tools that are asked for."""
DOWNSTREAM_DEFINITION_BYTES: Final = 64 * 1024
DOWNSTREAM_LOG_LINES_PER_MINUTE: Final = 600
DOWNSTREAM_LOG_CHARACTERS: Final = 2_000
DOWNSTREAM_JUNK_PER_MINUTE: Final = 100
"""Lines on its standard output that are no message of MCP; one that writes more is ended."""
DOWNSTREAM_UNASKED_PER_MINUTE: Final = 6_000
"""Messages of it that answer no request of ours; one that sends more is ended."""

# An OpenAPI document, and the API it describes. Its operations and answers have the bounds of a downstream server.
OPENAPI_DOCUMENT_BYTES: Final = 16 * 1024 * 1024
"""A document as JSON; one in YAML has the bounds of a workflow file."""
OPENAPI_DOCUMENT_AGE_MS: Final = 300_000
"""After which time the document is read again, before the next call."""
OPENAPI_ERROR_BYTES: Final = 64 * 1024
"""What is read of the body that comes with an error status."""
