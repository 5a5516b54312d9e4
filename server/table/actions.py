"""What the server, an agent or a person does in a state, and by which rules it is tried again. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pointsman.contracts.expressions import Expression, Part, Template
from pointsman.contracts.workflow import (
    AgentState,
    AllStep,
    CallStep,
    Evidence,
    ExternalState,
    HumanState,
    Key,
    Model,
    Save,
    SetStep,
    State,
    Step,
    SystemState,
    ToolPolicy,
    ToolUse,
    Workflow,
)

from .words import condition_words, counted, duration_words, in_words, listed


def work_in(workflow: Workflow, state: State) -> Iterator[str]:
    """Say what is done in a state, a sentence for each thing."""
    yield from _steps(workflow, "on entering, the server", state.entry)
    match state:
        case SystemState():
            yield from _steps(workflow, "the server", state.run)
        case AgentState():
            yield from _agent(workflow, state)
        case HumanState():
            yield from _reviewer(workflow, state)
        case ExternalState():
            yield "waits for an answer from outside"
        case _:
            pass


def leaving(workflow: Workflow, state: State) -> Iterator[str]:
    """Say what the server does when a state is left."""
    yield from _steps(workflow, "on leaving, the server", state.exit)


def tools_of(workflow: Workflow, state: State) -> list[ToolPolicy]:
    """The tools that are called in a state, each once, in the order of the file."""
    steps = [*state.entry, *state.exit, *(state.run if isinstance(state, SystemState) else ())]
    names = [call.tool for call in _calls(steps)]
    if isinstance(state, HumanState):
        names += [item.tool for item in state.review.show if isinstance(item, CallStep)]
    if isinstance(state, AgentState):
        names += state.tools
    if isinstance(state, AgentState | HumanState | ExternalState):
        names += [one.tool for event in state.events.values() for one in event.evidence if one.fetch]
    return [policy_of(workflow, name) for name in dict.fromkeys(names)]


def policy_of(workflow: Workflow, tool: str) -> ToolPolicy:
    """What the workflow says of a tool; nothing said is a write."""
    return workflow.tools.get(tool, ToolPolicy(tool))


def retry_rule(policy: ToolPolicy) -> str:
    """Say how often a tool is tried, how long it may take, and what makes two calls the same."""
    parts = [f"answers within {duration_words(policy.timeout_ms)}"]
    if policy.tries > 1:
        pause = f", first after {duration_words(policy.retry.backoff_ms)}, then twice as long each time"
        parts.append(f"tried up to {counted(policy.tries, 'time')}{pause if policy.retry.backoff_ms else ''}")
    else:
        parts.append("tried once")
    if policy.rate is not None:
        parts.append(f"at most {counted(policy.rate.calls, 'call')} in {duration_words(policy.rate.per_ms)}")
    if policy.success is not None:
        parts.append(f"counts as done only if {condition_words(policy.success.text)}")
    if policy.effect == "write":
        parts += _never_twice(policy)
    return f"{policy.name} ({policy.effect}): {'; '.join(parts)}"


def evidence_words(workflow: Workflow, one: Evidence) -> str:
    """Say which call must have succeeded before."""
    arguments = _with(one.arguments)
    where = "this state" if one.within == "stay" else "this session"
    index = next((index for index in workflow.indexes.get(one.tool, ()) if index.id == one.index), None)
    fits = f" such that {condition_words(index.when.text)}" if index is not None and index.when is not None else ""
    void = f", and no {listed(_voiding(one.until), 'or')} since" if one.until else ""
    fetched = "; if it has not, the server calls it" if one.fetch else ""
    return f"{one.tool}{arguments} has succeeded in {where}{fits}{void}{fetched}"


def _voiding(until: Iterable[str]) -> list[str]:
    return ["write at all" if name == "write" else f"call of {name}" for name in until]


def _never_twice(policy: ToolPolicy) -> Iterator[str]:
    match policy.key:
        case Key():
            what = listed(policy.key.over) if policy.key.over else "all arguments"
            scope = "in one stay" if policy.key.scope == "stay" else "in one session"
            yield f"equal {what} {scope} is the same write, made once"
            if policy.key.deliver is not None:
                yield f"its key is sent as {' '.join(policy.key.deliver)}"
        case "none":
            yield "every call is a new write"
        case None:
            yield "the same arguments in one session are the same write, made once"
    if policy.reconcile is not None:
        happened = condition_words(policy.reconcile.happened.text)
        yield f"in doubt, {policy.reconcile.call} tells whether it has happened: if {happened}"
    if policy.takes_key:
        yield "in doubt, called again with the same key"
    elif policy.reconcile is not None:
        yield "called again only if that says that it has not"
    else:
        yield "in doubt, never called again: a person settles it"


def _steps(workflow: Workflow, who: str, steps: Iterable[Step]) -> Iterator[str]:
    for step in steps:
        if isinstance(step, AllStep):
            both = "; ".join(_step(workflow, one) for one in step.steps)
            yield f"{who}, at the same time: {both}"
        else:
            yield f"{who} {_step(workflow, step)}"


def _step(workflow: Workflow, step: CallStep | SetStep) -> str:
    if isinstance(step, SetStep):
        return f"sets {listed(f'{name} to {_value(value)}' for name, value in step.fields.items())}"
    return f"calls {_call(workflow, step)}"


def _call(workflow: Workflow, step: CallStep) -> str:
    effect = policy_of(workflow, step.tool).effect
    return f"{step.tool} ({effect}){_with(step.arguments)}{_saving(step.save)}"


def _agent(workflow: Workflow, state: AgentState) -> Iterator[str]:
    who = "the agent"
    if isinstance(state.model, Model):
        who = "the model"
        bounds = f"{counted(state.model.max_turns, 'turn')} in {duration_words(state.model.timeout_ms)}"
        yield f"the server asks the model {state.model.name}, at most {bounds}"
    if state.agree is not None:
        second = state.agree.second
        reader = f"the model {second.name}" if isinstance(second, Model) else _call(workflow, second.step)
        yield f"{reader} reads a second time; both must give the same {listed(state.agree.fields)}"
    if state.show:
        yield f"{who} sees {listed(state.show)}"
    for use in state.tools.values():
        yield f"{who} may call {_use(workflow, use)}"
    for group in state.groups:
        yield f"{who} may call every {group.effect} tool of {group.source}"


def _use(workflow: Workflow, use: ToolUse) -> str:
    parts = [f"{use.tool} ({policy_of(workflow, use.tool).effect}){_with(use.fixed, 'always with')}{_saving(use.save)}"]
    if use.when is not None:
        parts.append(f"only if {condition_words(use.when.guard.text)}")
    parts += [f"only if {evidence_words(workflow, one)}" for one in use.evidence]
    if use.calls is not None:
        parts.append(f"at most {counted(use.calls, 'time')}")
    if use.approval is not None:
        parts.append(f"each call after {use.approval.role} has approved it")
    return ", ".join(parts)


def _reviewer(workflow: Workflow, state: HumanState) -> Iterator[str]:
    shown = [
        f"{item.shown_as or item.tool} (from {_call(workflow, item)})" if isinstance(item, CallStep) else item
        for item in state.review.show
    ]
    if shown:
        yield f"{state.review.role} sees {listed(shown)}"
    if state.review.edit:
        yield f"{state.review.role} may correct {listed(state.review.edit)}"


def _calls(steps: Iterable[Step]) -> Iterator[CallStep]:
    for step in steps:
        if isinstance(step, AllStep):
            yield from _calls(step.steps)
        elif isinstance(step, CallStep):
            yield step


def _with(arguments: Template, before: str = "with") -> str:
    if not arguments.parts:
        return ""
    return f" {before} {listed(_argument(name, part) for name, part in arguments.parts.items())}"


def _argument(name: str, part: Part) -> str:
    value = _value(part)
    return name if value == name else f"{name} = {value}"


def _value(part: Part) -> str:
    if isinstance(part, Template):
        return f"({listed(_argument(name, one) for name, one in part.parts.items())})"
    if isinstance(part, Expression):
        if part.parts is not None:
            return _value(part.parts)
        return in_words(part.text) if part.program is not None else part.text
    return f"[{', '.join(_value(one) for one in part)}]"


def _saving(save: Save | None) -> str:
    if save is None:
        return ""
    kept = [
        name if value.text == "result" else f"{name} from {in_words(value.text)}" for name, value in save.fields.items()
    ]
    return f" and saves {listed(kept)}"
