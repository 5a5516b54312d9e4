"""Mistakes in the bank's counter: limits, models, triggers and access."""

from __future__ import annotations

from functools import partial

from tests.contracts.bank_counter import TEXT
from tests.contracts.invoice import Mistake

_mistake = partial(Mistake, base=TEXT)
_MODEL = "model: {name: claude-sonnet, prompt: prompts/sorting.md, max_tokens: 2000, max_turns: 3, timeout: 45s}"

LIMITS = (
    _mistake("a limit on costs where there are none", "- {calls: 20, then: by_hand}", "- {cost: 3, then: by_hand}",
             "PM507", "cost: 3"),
    _mistake("a limit on states in a state", "- {calls: 20, then", "- {steps: 20, then", "PM507", "steps: 20"),
    _mistake("a limit on calls where nothing is called", "after: {in: 3d, to: by_hand}",
             "limits: [{calls: 3, then: by_hand}]\n    after: {in: 3d, to: by_hand}", "PM507", "calls: 3"),
    _mistake("a limit above the session's", "{calls: 20, then", "{calls: 200, then", "PM507", "|{calls: 200"),
    _mistake("a limit behind a lower one", "- {calls: 20, then: by_hand}",
             "- {calls: 20, then: by_hand}\n      - {calls: 30, then: in_doubt}", "PM507", "{calls: 30"),
    _mistake("a limit of the session behind a lower one", "- {denials: 12, then: by_hand}",
             "- {denials: 12, then: by_hand}\n  - {denials: 30, then: in_doubt}", "PM507", "{denials: 30"),
    _mistake("a limit longer than the timer", "- {denials: 5, then: by_hand}", "- {duration: 2d, then: by_hand}",
             "PM507", "{duration: 2d"),
    _mistake("a timer behind another", "after: {in: 2d, to: by_hand}",
             "after: [{in: 2d, to: by_hand}, {in: 3d, to: stopped}]", "PM507", "{in: 3d, to: stopped"),
    _mistake("a timer that ends at once", "after: {in: 3d,", "after: {in: 0s,", "PM508", "{in: |0s"),
    _mistake("a timer of no time into the same state", "    next: done\n    failed",
             "    next: [{to: done, when: visits.telling > 1}]\n    after: {in: 0s, to: telling}\n    failed", "PM508",
             "{in: |0s"),
    _mistake("a duration of nothing", "- {duration: 4h,", "- {duration: 0h,", "PM203", "0h"),
    _mistake("a floor above 1", "{floor: 0.7,", "{floor: 70,", "PM203", "70"),
    _mistake("floors that nothing is below", "{floor: 0.7, path_floor: 0.5, below", "{below", "PM706",
             "|confidence: {below"),
)  # fmt: skip

MODELS = (
    _mistake("a model state without a model", f"    {_MODEL}\n", "", "PM202", "actor: |model"),
    _mistake("a model of an agent", "    goal: Make", "    model: {name: claude-sonnet}\n    goal: Make", "PM201",
             "model: {name: claude-sonnet}\n    goal: Make"),
    _mistake("a model of the server", "  intake:\n", "  intake:\n    model: {name: x}\n", "PM201", "model: {name: x}"),
    _mistake("a prompt that is not there", "prompts/sorting.md", "prompts/sortng.md", "PM316", "prompts/sortng.md"),
    _mistake("a prompt out of the folder", "prompts/sorting.md", "../invoice.txt", "PM316", "../invoice.txt"),
    _mistake("a model without a name", "{name: claude-sonnet, prompt", "{nam: claude-sonnet, prompt", "PM201",
             "nam: claude"),
    _mistake("turns without end", "max_turns: 3", "max_turns: 30000", "PM203", "30000"),
)  # fmt: skip

TRIGGERS = (
    _mistake("a field of cron that is none", '"30 6 * * mon-fri"', '"30 26 * * mon-fri"', "PM901", '"30 |26'),
    _mistake("a day of cron that is none", '"30 6 * * mon-fri"', '"30 6 * * mon-fry"', "PM901", "mon-fry"),
    _mistake("a field of cron too few", '"30 6 * * mon-fri"', '"30 6 * mon-fri"', "PM901", '"|30 6 * mon'),
    _mistake("a day that no month has", '"30 6 * * mon-fri"', '"30 6 30 2 *"', "PM901", "30 2 *"),
    _mistake("a macro of cron", '"30 6 * * mon-fri"', '"@daily"', "PM901", '"|@daily'),
    _mistake("an unknown zone", "zone: Europe/Vienna", "zone: Europe/Viena", "PM902", "Europe/Viena"),
    _mistake("a start of a schedule that lacks a field",
             "start: {customer: C-000001, wish: Send the daily report., channel", "start: {customer: C-000001, channel",
             "PM903", "|start: {customer: C-000001, channel"),
    _mistake("a start of a webhook that gives too much", "channel: web}\n", "chanel: web}\n", "PM903", "chanel: web"),
    _mistake("a value that no field takes", "channel: branch}", "channel: letter}", "PM203", "letter}"),
    _mistake("a schedule that reads a body", "customer: C-000001", "customer: =body.customer", "PM404",
             "=|body.customer,"),
    _mistake("a dedupe that is always the same", "dedupe: =body.message_id", "dedupe: message_id", "PM904",
             "dedupe: |message_id"),
    _mistake("a secret in the file", "secret: ${COUNTER_SECRET}", "secret: hunter2", "PM203", "hunter2"),
    _mistake("the environment where nobody reads it", 'mail.example/mcp",', 'mail.example/mcp", cwd: "${HOME}",',
             "PM317", '|"${HOME}"'),
    _mistake("a module that is a path", "bank: {python: accounts}", "bank: {python: ./accounts.py}", "PM203",
             "./accounts.py"),
    _mistake("a name of the environment that is none", "Bearer ${LEDGER_TOKEN}", "Bearer ${LEDGER-TOKEN}", "PM317",
             '"Bearer'),
    _mistake("a reference without braces", "Bearer ${LEDGER_TOKEN}", "Bearer $LEDGER_TOKEN", "PM317", '"Bearer'),
)  # fmt: skip

PEOPLE = (
    _mistake("a role that nothing asks for", "roles: [team_lead,", "roles: [cashier, team_lead,", "PM314", "cashier"),
    _mistake("nobody may drive", "drive: [starter, team_lead]", "drive: []", "PM611", "drive: |[]"),
    _mistake("a starter who starts", "start: anyone, drive", "start: starter, drive", "PM304", "start: |starter"),
    _mistake("who decides may not look", "view: [starter, team_lead, fraud_desk]", "view: [starter, team_lead]",
             "PM612", "role: |fraud_desk"),
    _mistake("an unknown grant", "view: [starter,", "view: [startr,", "PM304", "startr"),
    _mistake("a field that nothing can have written", "show: [wish, channel]", "show: [wish, receipt]", "PM313",
             "[wish, |receipt]"),
    _mistake("a guard on a field that nothing writes", "        when: confidence > 0.2\n",
             "        when: record.receipt.ok\n", "PM313", "record.receipt.ok"),
    _mistake("required and accepted", "accepts: [channel]", "accepts: [channel, wish]", "PM312", "[channel, |wish]"),
    _mistake("a payload that is a field", "requires: [payee, account, amount]",
             "requires: [payee, account, amount]\n        payload: {payee: {type: string}}", "PM306",
             "|payee: {type: string}}"),
    _mistake("a payload that is reserved", "{remark: {type: string}", "{rationale: {type: string}", "PM305",
             "{|rationale"),
)  # fmt: skip
