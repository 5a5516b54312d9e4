"""From a checked document to the workflow the machine reads.

Only a document without errors comes here: what could be wrong with a name, a guard or a schema has been
found by `rules`, so nothing here is a finding any more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from ..document import AccessPart, Document
from ..document.part import duration_ms
from ..document.states import AgentPart, HumanPart
from ..document.tools import KeyPart, PolicyPart, ReconcilePart, SourcePart
from ..document.triggers import TriggersPart, WebhookPart
from ..expressions import Program, Template
from ..rules.walk import mentions, uses
from ..schemas import Contract, Schema
from ..syntax_tree import paths
from ..values import Json, JsonObject, canonical, digest_text
from ..workflow import (
    Access,
    AgentState,
    Delivery,
    Field,
    Key,
    Rate,
    Reconcile,
    Retry,
    Schedule,
    Source,
    State,
    ToolDefinition,
    ToolPolicy,
    ToolUse,
    Trigger,
    Webhook,
    Workflow,
)
from .demands import contract
from .expressions import Compiler
from .states import StateBuilder, StatePart, limits


def build(document: Document, text: str) -> Workflow:
    """Make the workflow of a document in which `rules` found no error."""
    compiler = Compiler(document.record)
    builder = StateBuilder(document.record, document.confidence, compiler)
    states = {name: builder.state(name, part) for name, part in document.states.items()}
    policies = {name: _policy(name, part, compiler) for name, part in document.tools.items()}
    read = _tools_read(compiler.programs)
    names = dict.fromkeys((*policies, *(mention.tool for mention in mentions(document))))
    tools = {name: policies.get(name) or ToolPolicy(name) for name in names}
    start_fields = tuple(dict.fromkeys((*document.start.requires, *document.start.accepts)))
    return Workflow(
        name=document.workflow,
        version=document.version,
        digest=digest_text(text),
        text=text,
        title=document.title,
        goal=document.goal,
        owner=document.owner,
        description=document.description,
        record={name: Field(name, Schema(schema)) for name, schema in document.record.items()},
        start=contract({name: document.record[name] for name in start_fields}, document.start.requires),
        start_fields=start_fields,
        initial=document.initial,
        roles=tuple(document.roles),
        access=_access(document.access, document.states.values()),
        sources={name: _source(name, part) for name, part in document.sources.items()},
        tools=tools,
        remembered=frozenset(name for name in tools if any(name == each or name.startswith(each) for each in read)),
        limits=limits(document.limits),
        triggers=tuple(_triggers(document.triggers, compiler)),
        states=states,
        indexes=builder.evidence.indexes(),
        voiding=builder.evidence.voiding(),
    )


def _policy(name: str, part: PolicyPart, compiler: Compiler) -> ToolPolicy:
    return ToolPolicy(
        name=name,
        effect=part.effect,
        timeout_ms=duration_ms(part.timeout),
        retry=Retry(part.retry.attempts, duration_ms(part.retry.backoff)),
        rate=None if part.rate is None else _rate(part.rate),
        success=None if part.success is None else compiler.guard(part.success),
        redact=tuple(tuple(path.split(".")) for path in part.redact),
        key=_key(part.key) if isinstance(part.key, KeyPart) else part.key,
        reconcile=None if part.reconcile is None else _reconcile(part.reconcile, compiler),
    )


def _rate(text: str) -> Rate:
    calls, _, unit = text.partition("/")
    return Rate(int(calls), duration_ms(f"1{unit}"))


def _key(part: KeyPart) -> Key:
    deliver = part.deliver
    if deliver is None:
        return Key(tuple(part.over), part.scope)
    if deliver.argument is not None:
        return Key(tuple(part.over), part.scope, ("argument", deliver.argument))
    if deliver.header is not None:
        return Key(tuple(part.over), part.scope, ("header", deliver.header))
    return Key(tuple(part.over), part.scope, ("meta", deliver.meta or ""))


def _reconcile(part: ReconcilePart, compiler: Compiler) -> Reconcile:
    return Reconcile(part.call, compiler.template(part.with_), compiler.guard(part.happened))


def _access(part: AccessPart, states: Iterable[StatePart]) -> Access:
    """Say who may do what; where the file is silent, the reviewers' roles and the starter view."""
    reviewers = dict.fromkeys(role for state in states for role in _deciding(state))
    return Access(
        start=("anyone",) if part.start is None else tuple(part.start),
        drive=("starter",) if part.drive is None else tuple(part.drive),
        view=("starter", *reviewers) if part.view is None else tuple(part.view),
    )


def _deciding(state: StatePart) -> Iterator[str]:
    """Give the roles that decide in a state: of its review, or of approvals of its tools."""
    if isinstance(state, HumanPart):
        yield state.review.role
    elif isinstance(state, AgentPart):
        yield from (use.approval.role for _, use in uses(state, ()) if use.approval is not None)


def _source(name: str, part: SourcePart) -> Source:
    if part.mcp is not None:
        return Source(name, "mcp", part.mcp.model_dump(mode="json", exclude_defaults=True))
    if part.openapi is not None:
        return Source(name, "openapi", part.openapi.model_dump(mode="json", exclude_defaults=True))
    return Source(name, "python", part.python)


def _triggers(part: TriggersPart, compiler: Compiler) -> Iterator[Trigger]:
    for webhook in part.webhook:
        yield Webhook(
            name=webhook.name,
            scheme=webhook.scheme,
            secrets=tuple(secret.strip("${}") for secret in webhook.secret),
            purpose=_purpose(webhook, compiler),
            dedupe=None if webhook.dedupe is None else compiler.expression(webhook.dedupe),
        )
    for schedule in part.schedule:
        text = canonical({"cron": schedule.cron, "zone": schedule.zone, "start": schedule.start})
        yield Schedule(schedule.cron, schedule.zone, compiler.template(schedule.start), text)


def _purpose(webhook: WebhookPart, compiler: Compiler) -> Template | Delivery:
    deliver = webhook.deliver
    if deliver is None:
        return compiler.template(webhook.start or {})
    return Delivery(compiler.expression(deliver.session), deliver.event, compiler.template(deliver.with_))


def _tools_read(programs: Iterable[Program]) -> frozenset[str]:
    """Give the tools whose `done` an expression reads; `source.` for all of a source, empty for every tool."""
    return frozenset(
        f"{members[0]}.{members[1]}" if len(members) > 1 else f"{members[0]}." if members else ""
        for program in programs
        for _, root, members in paths(program.tree.root)
        if root == "done"
    )


def bound(workflow: Workflow, definitions: Mapping[str, ToolDefinition]) -> Workflow:
    """Give the workflow with what its sources say of their tools.

    The contract of a tool in a state is its definition without the arguments the state fixes and the one
    that carries the key. It is closed unless the definition says otherwise.

    Raises:
        InvalidSchema: a definition's input schema is none.
    """
    tools = {**workflow.tools, **{name: ToolPolicy(name) for name in definitions if name not in workflow.tools}}
    states = {name: _with_groups(state, definitions, tools) for name, state in workflow.states.items()}
    contracts = {
        (state.name, name): _tool_contract(definitions[name].input_schema, use, tools[name])
        for state in states.values()
        if isinstance(state, AgentState)
        for name, use in state.tools.items()
        if name in definitions
    }
    offered = {name for state in states.values() if isinstance(state, AgentState) for name in state.tools}
    named = {name: policy for name, policy in tools.items() if name in workflow.tools or name in offered}
    return replace(workflow, tools=named, states=states, definitions=dict(definitions), tool_contracts=contracts)


def _with_groups(state: State, definitions: Iterable[str], tools: Mapping[str, ToolPolicy]) -> State:
    """Give a state with the tools that its groups stand for; what it offers by name stays as it is."""
    if not isinstance(state, AgentState) or not state.groups:
        return state
    found = {
        name: ToolUse(name, Template(()))
        for group in state.groups
        for name in definitions
        if name.partition(".")[0] == group.source and tools[name].effect == group.effect
    }
    return replace(state, tools={**found, **state.tools})


def _tool_contract(schema: JsonObject, use: ToolUse, policy: ToolPolicy) -> Contract:
    hidden = set(use.fixed.names)
    argument = policy.key_name("argument")
    if argument is not None:
        hidden.add(argument)
    properties = schema.get("properties")
    required = schema.get("required")
    free: dict[str, Json] = {}
    if isinstance(properties, dict):
        free = {name: part for name, part in properties.items() if name not in hidden}
    demanded = [name for name in required if name not in hidden] if isinstance(required, list) else []
    made = Contract(
        {"type": "object", "additionalProperties": False, **schema, "properties": free, "required": demanded}
    )
    made.require_valid()
    return made
