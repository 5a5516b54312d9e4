"""Every bound of the server, named once: what clients, people and other systems may send it, and how long it waits.

Sizes are bytes of UTF-8, times are milliseconds, counts are counts. Those of workflows, the machine and tools are in
`contracts/bounds.py`.
"""

from __future__ import annotations

from typing import Final

from pointsman.contracts.bounds import JSON_DEPTH, MESSAGE_BYTES

# Reviews.
PROPOSAL_ROWS: Final = 1_000
"""How many rows before a review it is looked for what an agent has proposed."""
CALL_ARGUMENTS_BYTES: Final = 16 * 1024
"""Of each call that a step rested on, in what a reviewer sees of it; the row of the call has larger ones."""

# The server.
REPLY_WAIT_MS: Final = 20_000
SCRIPT_AWAIT_MS: Final = 300_000
"""How long a script that is played waits for its session to rest: several answers of a slow model."""
CLOCK_STEP_MS: Final = 60_000
"""By how much the machine's clock may be set at once, so that a server's clock follows it."""
CLOCK_READ_MS: Final = 10
"""How long reading it may take; a process that was stopped meanwhile reads it again."""
CLOCK_NOTED_MS: Final = 1_000
"""By how much a process's clock may differ from what it has told the others of it."""
LEASE_MS: Final = 5_000
LEASE_RENEWAL_MS: Final = 1_000
NOTICE_MS: Final = 100
"""How often a server process looks for commits of its neighbours; the promise is 200 ms."""
DUE_SESSIONS: Final = 500
"""Sessions with a timer that is due that are read at once."""
TIMERS_AT_ONCE: Final = 64
"""Sessions whose timers are fired side by side: a client that asks meanwhile waits for as many commands at most."""
TIMER_CALLS: Final = 256
"""Calls that run while more timers are fired, which can open one each."""
DATABASE_BUSY_MS: Final = 5_000
SERVER_CHAIN_ROWS_PER_MINUTE: Final = 600
STRANGER_ROWS_PER_MINUTE: Final = SERVER_CHAIN_ROWS_PER_MINUTE // 2
"""Of those, rows of strangers, who can so not keep what a known caller tries from being written."""
SESSION_REFUSALS_PER_MINUTE: Final = 600
"""Rows of one session a minute that only say no, or that an event was sent before, and that no limit counts."""

# Triggers.
WEBHOOK_TOLERANCE_MS: Final = 300_000
"""How old a signed delivery may be, and how far its sender's clock may be ahead."""
WEBHOOK_SECRET_BYTES: Final = 16
"""The shortest secret that signatures are made with."""
WEBHOOK_SIGNATURES: Final = 10
"""Signatures of one delivery that are looked at; a sender that changes its secret sends two."""
FORM_BYTES: Final = 32 * 1024 * 1024
"""A delivery with files, as inbound mail has them; nothing is kept of the files. All else has `ARGUMENTS_BYTES`."""
FORM_PARTS: Final = 1_000
"""Fields and files of a form."""
SCHEDULE_MADE_UP_MS: Final = 86_400_000
"""How old the newest moment of a schedule may be that no process was there for, so that it is made up for."""

# Notices: what people are told by mail and the like.
NOTICE_LOOK_MS: Final = 1_000
"""How often it is looked for notices to send, at the latest."""
NOTICES_CLAIMED: Final = 50
"""Notices that one process takes at once."""
NOTICE_LEASE_MS: Final = 300_000
"""How long nobody else sends what a process has taken; then it has died, or the targets have not answered."""
NOTICES_APART: Final = 5
"""Notices of a kind to the same people that are a message each; more at once are one message that counts them."""
NOTICE_SEND_MS: Final = 20_000
"""How long one target may take to take a message."""
NOTICE_THREADS_OF_ONE: Final = 2
"""Threads that wait for one target at the same time."""
NOTICE_ATTEMPTS: Final = 8
NOTICE_AGAIN_MS: Final = 15_000
"""How long after the first failure a notice is sent again; after each further one it is twice as long."""
NOTICE_AGAIN_AT_MOST_MS: Final = 3_600_000
NOTICE_STALE_MS: Final = 86_400_000
"""After which time nobody is told any more: the first server with notifications does not send those of weeks."""
NOTICES_KEPT_MS: Final = 7 * 86_400_000
NOTICES_DROPPED: Final = 5_000
"""Forgotten in one transaction."""
NOTICE_TARGETS: Final = 20
"""Targets of one role or owner."""
NOTICE_NAME_CHARACTERS: Final = 128
"""What is shown of a name in a message."""

# HTTP.
HTTP_CONNECTIONS: Final = 2_000
"""Connections at the same time. Half of them may wait for news, and a quarter ask something; for one more, that which
has waited longest for its own client is closed."""
HTTP_NEWS_OF_ONE: Final = 500
"""Requests of one principal that wait for news."""
HTTP_HEAD_BYTES: Final = 16 * 1024
HTTP_HEADERS: Final = 100
HTTP_TARGET_BYTES: Final = 8 * 1024
HTTP_CHUNKS: Final = 4_096
"""Chunks of one body."""
HTTP_HEAD_MS: Final = 10_000
"""How long a client may take to send a request's head, from opening the connection or from the head's first byte."""
HTTP_KEEP_ALIVE_MS: Final = 75_000
"""How long a connection is kept without a request; proxies give up theirs after 60 s."""
HTTP_LINGER_MS: Final = 2_000
"""How long a client is heard on that need not be, so that it takes the answer."""
HTTP_RUNNING_MS: Final = 3_600_000
"""How long a request may be answered, what it asks of people on the way with it."""
HTTP_STALL_MS: Final = 10_000
HTTP_STALL_BYTES: Final = 64 * 1024
"""What a client must read of its answer in that time."""
HTTP_BODIES_BYTES: Final = 8 * 1024 * 1024
"""Large bodies of all requests that arrive and run; the one that has been arriving longest is given up for more."""
HTTP_UNREAD_BYTES: Final = 16 * 1024 * 1024
"""Answers that clients have not read."""
HTTP_SENDING_BYTES: Final = 128 * 1024
"""What the system keeps of one connection's answer; so it is known who does not read."""
HTTP_RUNNING_OF_ONE: Final = 250
"""Requests of one principal that are answered at the same time."""
HTTP_REQUESTS_PER_SECOND: Final = 50
"""How often one principal may ask, if it is not said otherwise."""
HTTP_REQUESTS_AT_ONCE: Final = 4 * HTTP_REQUESTS_PER_SECOND
"""The same after a pause."""
HTTP_RATE_AT_MOST: Final = 100_000
"""The most that can be set."""
HTTP_FAILURES_PER_SECOND: Final = 10
"""Tokens of one address that open nothing, and are told of one by one."""
HTTP_FAILURES_AT_ONCE: Final = 300
HTTP_KNOWN_ASKERS: Final = 10_000
"""Principals, and addresses, of which it is known how often they have asked; of more the one that has been away longest
is forgotten."""
HTTP_TOO_OFTEN_MS: Final = 250
"""How long the answer to a request is held back that came too often, so that a flood costs whoever sends it."""
HTTP_SESSIONS: Final = 1_000
"""Connections of the handshake era that are remembered."""
HTTP_IDLE_MS: Final = 30 * 60 * 1_000
"""After which time without a request a connection of the handshake era is forgotten."""
HTTP_BODY_MS: Final = 10_000
"""How long a client may take to send a request's body."""
HTTP_DISCARDED_BYTES: Final = 8 * MESSAGE_BYTES
"""How much of an oversized body is read to its end, so that its client hears the answer; more is cut off."""
READ_AT_ONCE_BYTES: Final = 64 * 1024
"""The largest body that is read on the event loop; what is larger is read beside it."""
TOLD_CHARACTERS: Final = 256
"""What the audit is told of an address or a header of a request that was turned away."""
UNRECORDED: Final = 100
"""What was turned away and waits to be written down; what comes beyond is answered all the same."""
TOKEN_CHARACTERS: Final = 256
"""The longest token that is looked up among those that were made here."""
QUERY_CHARACTERS: Final = 200
"""The longest value of a parameter in an address."""
TOKEN_AGAIN_MS: Final = 5_000
"""How often it is asked whether the token still opens what it did of whoever only waits for news."""
TRAIL_ROWS: Final = 5_000
"""How many of a session's last rows are read for the arrows that its diagram shows as taken."""
LIVE_AGAIN_MS: Final = 500
"""How often at most the page of a session is told that the session has changed, however busy it is."""
NOT_FOUND_MS: Final = 25
"""The least time in which it is answered that there is no such session, whether there is one or not."""
HTTP_STOP_MS: Final = 5_000
"""How long requests that run have to be answered when the server stops."""

# An OIDC issuer, and the tokens it makes.
OIDC_TOKEN_CHARACTERS: Final = 16 * 1024
OIDC_NAME_CHARACTERS: Final = 256
"""The longest name of a person, a client or a key that a token may give."""
OIDC_ROLES: Final = 1_000
"""Roles or groups of one token, and audiences of it."""
OIDC_LEEWAY_MS: Final = 300_000
"""The most that the issuer's clock may be said to differ from ours."""
OIDC_DOCUMENT_BYTES: Final = 256 * 1024
"""The issuer's configuration, and its key set."""
OIDC_KEYS: Final = 100
OIDC_KEY_BITS: Final = range(2_048, 16_384 + 1)
"""Sizes of RSA keys that are used."""
OIDC_READ_MS: Final = 5_000
"""How long reading the issuer's keys may take."""
OIDC_KEYS_FRESH_MS: Final = 300_000
"""After which time they are read again: a key that the issuer has withdrawn verifies nothing for longer."""
OIDC_KEYS_KEPT_MS: Final = 3_600_000
"""How long keys are used when the issuer cannot be reached; its tokens run out in that time anyway."""
OIDC_READ_AGAIN_MS: Final = 30_000
"""How often at most a token with an unknown key makes us read the keys: invented ones do not flood the issuer."""
OIDC_RETRY_MS: Final = 5_000
"""How long after the keys could not be read it is tried again."""
OIDC_SIGN_INS_USED: Final = 10_000
"""Sign-ins with an issuer that are remembered, so that none is used twice: those of far more than a code lasts."""

# A tool list that never changes; one beyond these is not shown to a client that did not ask for it.
LISTED_TOOLS: Final = 120
"""Hosts take 128 tools, their own and those of other servers among them."""
LISTED_BYTES: Final = 1024 * 1024

# What a client is given at once; the rest follows when asked for by its cursor.
LISTED_SESSIONS: Final = 20
LISTED_ROWS: Final = 500
API_ITEMS: Final = 1_000
"""Entries of a list that the JSON API gives at once, where its client asks for so many."""
API_ITEMS_UNASKED: Final = 100
"""The same where it does not say."""
ROWS_BYTES: Final = 8 * 1024 * 1024
"""Bodies of audit rows that are given at once: a page ends before them, and has one row at least."""
ROWS_LOOKED_AT: Final = 50_000
"""Audit rows that one search looks at; then it says how far it has come, and goes on when it is asked again."""
SESSION_KEYS: Final = 20
"""Values that a session was started with and is searched by."""
SESSION_KEY_CHARACTERS: Final = 100
"""The longest of them; longer texts are no names of anything."""
COMPLETIONS: Final = 100
"""The most that MCP allows."""
PASSED_ON_PAGES: Final = 10
"""Pages of a source's list of resources, templates or prompts that are passed on; each is a call."""
FOLLOWED_RESOURCES: Final = 100
"""Resources that one connection may subscribe to."""

# Progress: told to a client that waits for a reply and asks for it.
PROGRESS_FIRST_MS: Final = 500
"""After which time it is first told, and how often at most."""
PROGRESS_AGAIN_MS: Final = 5_000
"""After which time it is told again though nothing has changed, so that a client goes on waiting."""

PROGRESS_PER_SECOND: Final = 20
"""What a tool says of its progress; what it says beyond is dropped."""
PROGRESS_CHARACTERS: Final = 200

# What a tool asks, while it runs, of the client that waits for it.
ASK_WAIT_MS: Final = 300_000
"""How long a person has to answer. This time counts neither as the tool's nor as that of the reply."""
LOGS_PER_SECOND: Final = 20
"""Messages of one call that are."""
PARKED_CALLS: Final = 100
"""Calls of a server process that wait for their client to come back with an answer (MCP of 2026-07-28)."""
PARKED_STATE_MS: Final = 3_600_000
"""How long the state by which such a call is found can be read back; the call itself waits for less."""

# A review that is put before the person at an MCP client. How long they have to answer is `ASK_WAIT_MS`.
REVIEW_MESSAGE_CHARACTERS: Final = 8_000
"""What the person is told, with everything that is shown; a review that needs more is decided elsewhere."""
REVIEW_MESSAGE_LINES: Final = 200
REVIEW_LINE_CHARACTERS: Final = 96
"""After which a line of what is shown is broken, so that each begins with the mark of what is not ours."""
REVIEW_CHOICES: Final = 100
"""Values that one field of the form offers."""
REVIEW_DEFAULT_CHARACTERS: Final = 500
"""The longest text that is in the form already, for the person to edit."""
REVIEW_ASKS: Final = 3
"""How often one person is asked to decide one review, however often an agent asks how it stands."""
REVIEWS_ASKED: Final = 10_000
"""Reviews of which it is known that somebody was asked; of more the one that was asked first is forgotten."""

# MCP content of a result.
INLINE_CHARACTERS: Final = 1_024
"""What is longer in a block of content is not said in the structured content again."""

# The engine.
COMMANDS_PER_COMMIT: Final = 256
CACHED_SESSIONS: Final = 1_000

# What the command line waits for and takes from a server.
API_REACH_MS: Final = 10_000
API_ANSWER_MS: Final = 120_000
"""A decision may let a call run that is waited for."""
API_PROOF_MS: Final = 30 * 60 * 1_000
"""All histories are verified at once."""
API_ANSWER_BYTES: Final = 64 * 1024 * 1024

# The console.
PATH_CHARACTERS: Final = 1_000
"""Of where somebody wants to go after signing in. It is kept in a cookie, in which each may take three."""
SIGN_IN_MS: Final = 12 * 60 * 60 * 1_000
"""After which time a person has to sign in again."""
SIGN_IN_PENDING_MS: Final = 10 * 60 * 1_000
"""How long somebody has for signing in with an issuer, until they have to begin again."""
FORM_FIELDS: Final = 500
"""Fields of one form."""
PAGE_TEXT_CHARACTERS: Final = 50_000
"""Of one text of others on a page; how many more there are is said."""
PAGE_TEXT_MARKS: Final = 1_000
"""Characters of one text that are marked each by itself; what follows is shown by code points alone."""
PAGE_CHARACTERS: Final = 500_000
"""Of all texts of others on a page."""
PAGE_MARKS: Final = 5_000
PAGE_PARTS: Final = 10_000
"""Values on a page: texts, numbers, lists and objects, and what is in them."""
PAGES_AT_ONCE: Final = 4
"""Pages that a process makes at the same time; others wait."""
SIGN_INS_OF_ONE: Final = 20
"""Of one person at the same time; another one ends the oldest."""
EDITED_BYTES: Final = 64 * 1024
"""Of a value that can be changed in a form of the console, as browsers send it; a larger one stays as it is."""
EDITED_BYTES_IN_ALL: Final = 256 * 1024
DIFFERENCE_PIECES: Final = 40_000
"""Pairs of words that are compared to show what has changed; longer texts are shown one after the other."""
CLOCK_READINGS: Final = 100
"""After which the last reading of two clocks is taken, however slow the machine is."""
RUNNING_LISTED: Final = 1_000
"""Sessions whose running writes are listed."""
HISTORIES_AT_ONCE: Final = 500
"""Sessions whose rows are looked up together where all of them are gone through."""
EXAMPLE_CALLS: Final = 100
"""Calls of one stay that an example has: the last ones."""
EXAMPLE_BYTES: Final = 256 * 1024
"""Of the results of calls in one example, in JSON; a result that there is no room for is left out, and said to be."""
STATS_GROUPS: Final = 2_000
"""States and who acts there that are counted apart; beyond, those who act in a state are put together."""
HISTORIES_LOOKED_AT: Final = 1_000
"""Sessions that are gone through for one page of examples."""

# A model that the server asks.
MODEL_RESULT_CHARACTERS: Final = 100_000
"""What a model is told of one result; how much more there is, is said."""
MODEL_CALL_CHARACTERS: Final = 128
"""The name of a call that a model has made, when it is sent back to the API, which takes none of any length."""
# The API's own limits for images: platform.claude.com/docs/en/build-with-claude/vision, "General limits".
MODEL_IMAGES: Final = 100
"""Of one question; some models take more."""
MODEL_IMAGE_CHARACTERS: Final = 5 * 1024 * 1024
"""Of one image, as base64; a result that it is in has fewer bytes."""
MODEL_IMAGE_PIXELS: Final = 8_000
"""The longest side of an image."""
MODEL_FEW_IMAGES: Final = 20
"""Images of one question up to which they may be so large."""
MODEL_MANY_IMAGES_PIXELS: Final = 2_000
"""The longest side of each where there are more."""
MODEL_IMAGES_CHARACTERS: Final = 16 * 1024 * 1024
"""Of all images of one question, as base64: half of what the API takes, so that there is room for all else."""
STAY_ROWS: Final = 20_000
"""Rows of one stay that a conversation is read back from."""
MODEL_WAIT_MS: Final = 1_000
"""How often it is looked whether a person has decided on what a model waits for."""
MODEL_FAILURES: Final = 5
"""How often a turn may fail for reasons of this server, until it counts as one that could not be asked."""

# The local server that speaks the Messages API, for scripts and tests.
MESSAGES_API_BODY_BYTES: Final = 32 * 1024 * 1024
"""One request; the API itself takes no larger one."""
MESSAGES_API_DEPTH: Final = 2 * JSON_DEPTH
"""Of one request: arguments as deep as calls may have them, and what they are told in."""
MESSAGES_API_REQUESTS: Final = 1_000
"""Requests that are remembered."""
