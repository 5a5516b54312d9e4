"""States of the file into states of the machine: short forms gone, guards compiled, contracts closed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

from ..document import ConfidencePart
from ..document.part import duration_ms
from ..document.states import (
    AfterPart,
    AgentPart,
    AgreePart,
    AllPart,
    ApprovalPart,
    CallPart,
    EventPart,
    ExternalPart,
    FinalPart,
    HumanPart,
    LimitPart,
    ModelPart,
    ReviewPart,
    SecondModelPart,
    SetPart,
    ShowCallPart,
    StepPart,
    SystemPart,
    ToolUsePart,
    TransitionPart,
)
from ..rules.walk import groups
from ..values import Json, JsonObject
from ..workflow import (
    After,
    AgentState,
    Agree,
    AllStep,
    Approval,
    CallStep,
    Due,
    Event,
    ExternalState,
    FinalState,
    Floors,
    HumanState,
    Limit,
    Model,
    Review,
    SecondCall,
    SetStep,
    State,
    Step,
    SystemState,
    ToolGroup,
    ToolUse,
    Transition,
)
from .demands import ALTERNATIVE, CONFIDENCE, RATIONALE, contract, event_fields, payload_of
from .evidence import EvidenceBuilder
from .expressions import Compiler

StatePart: TypeAlias = AgentPart | SystemPart | HumanPart | ExternalPart | FinalPart


class StateBuilder:
    """Makes the states of one workflow."""

    def __init__(self, record: Mapping[str, Json], confidence: ConfidencePart | None, compiler: Compiler) -> None:
        self._record = record
        self._confidence = confidence
        self._compiler = compiler
        self.evidence = EvidenceBuilder()

    def state(self, name: str, part: StatePart) -> State:
        """Make one state."""
        if isinstance(part, FinalPart):
            return FinalState(name, outcome=part.final, owner=part.owner)
        shared = (
            name,
            part.goal,
            part.forbid,
            self._steps(part.entry),
            self._steps(part.exit),
            tuple(self._after(after) for after in part.after),
            limits(part.limits),
            part.failed,
            part.unknown,
        )
        if isinstance(part, SystemPart):
            return SystemState(*shared, run=self._steps(part.run), next=self._transitions(part.next, self._compiler))
        if isinstance(part, HumanPart):
            return HumanState(*shared, review=self._review(part.review), events=self._human_events(part))
        if isinstance(part, ExternalPart):
            return ExternalState(*shared, events=self._external_events(part))
        return AgentState(
            *shared,
            show=tuple(part.show),
            tools={use.use: self._tool_use(use) for use in part.tools if isinstance(use, ToolUsePart)},
            events=self._agent_events(part),
            groups=tuple(ToolGroup(group.source, group.effect) for _, group in groups(part, ())),
            model=None if part.model is None else _model(part.model),
            agree=None if part.agree is None else self._agree(part.agree),
        )

    def _agent_events(self, part: AgentPart) -> dict[str, Event]:
        events: dict[str, Event] = {}
        for name, event in part.events.items():
            floors = self._floors(part, event)
            required: tuple[str, ...] = ()
            properties: JsonObject = {"rationale": RATIONALE}
            if floors is not None:
                required = ("confidence", "rationale")
                properties = {"confidence": CONFIDENCE, "rationale": RATIONALE, "alternatives": ALTERNATIVE}
            made = self._event(name, event, (), properties, required, floors)
            events[name] = replace(made, read_twice=part.agree is not None and event.agree != "off")
        return events

    def _agree(self, part: AgreePart) -> Agree:
        second = part.second
        if isinstance(second, SecondModelPart):
            return Agree(tuple(part.fields), _model(second.model), part.differ)
        step = CallStep(second.call, self._compiler.template(second.with_))
        return Agree(tuple(part.fields), SecondCall(step, self._compiler.fields(second.fields)), part.differ)

    def _floors(self, part: AgentPart, event: EventPart) -> Floors | None:
        confidence = self._confidence
        if confidence is None or "off" in (part.confidence, event.confidence):
            return None
        return Floors(confidence.floor, confidence.path_floor, confidence.below)

    def _human_events(self, part: HumanPart) -> dict[str, Event]:
        required = ("rationale",) if part.review.rationale == "required" else ()
        return {
            name: self._event(name, event, part.review.edit, {"rationale": RATIONALE}, required, None)
            for name, event in part.events.items()
        }

    def _external_events(self, part: ExternalPart) -> dict[str, Event]:
        return {name: self._event(name, event, (), {}, (), None) for name, event in part.events.items()}

    def _event(
        self,
        name: str,
        part: EventPart,
        edit: Sequence[str],
        reserved: JsonObject,
        required: Iterable[str],
        floors: Floors | None,
    ) -> Event:
        fields = event_fields(part, edit)
        payload, demanded = payload_of(part)
        compiler = self._compiler.with_payload(payload)
        properties = {field: self._record[field] for field in fields} | payload | reserved
        before = len(compiler.programs)
        evidence = self.evidence.make(part, compiler)
        when, following = compiler.condition(part), self._transitions(part.next, compiler)
        self.evidence.kept(evidence, compiler.programs[before:])
        return Event(
            name=name,
            description=part.description,
            contract=contract(properties, (*part.requires, *demanded, *required)),
            fields=fields,
            evidence=evidence,
            when=when,
            floors=floors,
            next=following,
            approvals=part.approvals,
        )

    def _transitions(self, parts: Iterable[TransitionPart], compiler: Compiler) -> tuple[Transition, ...]:
        return tuple(Transition(part.to, compiler.condition(part)) for part in parts)

    def _after(self, part: AfterPart) -> After:
        return After(duration_ms(part.in_), part.to, self._compiler.condition(part))

    def _tool_use(self, part: ToolUsePart) -> ToolUse:
        before = len(self._compiler.programs)
        evidence = self.evidence.make(part, self._compiler)
        when = self._compiler.condition(part)
        self.evidence.kept(evidence, self._compiler.programs[before:])
        return ToolUse(
            tool=part.use,
            fixed=self._compiler.template(part.with_),
            when=when,
            calls=part.limit,
            save=self._compiler.save(part.save),
            evidence=evidence,
            approval=None if part.approval is None else self._approval(part.approval),
        )

    def _approval(self, part: ApprovalPart) -> Approval:
        return Approval(
            role=part.role,
            exclude=tuple(self._compiler.expression(text) for text in part.exclude),
            within_ms=None if part.within is None else duration_ms(part.within),
        )

    def _steps(self, parts: Iterable[StepPart]) -> tuple[Step, ...]:
        return tuple(
            AllStep(tuple(self._single_step(inner) for inner in part.all_))
            if isinstance(part, AllPart)
            else self._single_step(part)
            for part in parts
        )

    def _single_step(self, part: CallPart | SetPart) -> CallStep | SetStep:
        if isinstance(part, SetPart):
            return SetStep(self._compiler.fields(part.set_))
        return CallStep(part.call, self._compiler.template(part.with_), self._compiler.save(part.save))

    def _review(self, part: ReviewPart) -> Review:
        due = part.due
        return Review(
            role=part.role,
            exclude=tuple(self._compiler.expression(text) for text in part.exclude),
            show=tuple(self._shown(item) for item in part.show),
            edit=tuple(part.edit),
            rationale_required=part.rationale == "required",
            accept=frozenset(part.accept),
            due=None
            if due is None
            else Due(duration_ms(due.in_), due.then, None if due.remind is None else duration_ms(due.remind)),
        )

    def _shown(self, item: str | ShowCallPart) -> str | CallStep:
        if isinstance(item, str):
            return item
        return CallStep(item.call, self._compiler.template(item.with_), shown_as=item.as_)


def _model(part: ModelPart) -> Model:
    return Model(part.name, part.prompt, part.max_tokens, part.max_turns, duration_ms(part.timeout))


def limits(parts: Iterable[LimitPart]) -> tuple[Limit, ...]:
    """Make the limits of a state or of the workflow."""
    return tuple(_limit(part) for part in parts)


def _limit(part: LimitPart) -> Limit:
    if part.duration is not None:
        return Limit("duration", duration_ms(part.duration), part.then)
    if part.cost is not None:
        return Limit("cost", part.cost, part.then)
    if part.tokens is not None:
        return Limit("tokens", part.tokens, part.then)
    if part.calls is not None:
        return Limit("calls", part.calls, part.then)
    if part.denials is not None:
        return Limit("denials", part.denials, part.then)
    if part.invalid is not None:
        return Limit("invalid", part.invalid, part.then)
    return Limit("steps", part.steps or 0, part.then)
