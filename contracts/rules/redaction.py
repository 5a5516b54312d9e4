"""What is redacted is not kept: nothing may compare it, read it afterwards, store it elsewhere or have it approved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ..document.states import AgentPart, CallPart, Save, ToolUsePart
from ..document.tools import KeyPart, PolicyPart
from ..expressions import expression_text
from ..positions import Path
from ..values import Json
from .sites import sites
from .view import View
from .walk import EvidenceItem, demanding, evidence, live_states, second_call, steps

_HINT = "Take it out of `redact`, or do without it."


def check_redaction(view: View) -> None:
    """Find uses of what is redacted."""
    policies = {name: policy for name, policy in view.document.tools.items() if policy.redact}
    for name, policy in policies.items():
        _check_paths(view, name, policy)
        _check_policy(view, name, policy)
    if policies:
        _check_expressions(view, policies)
        _check_calls(view, policies)


def _changes(policy: PolicyPart, place: Sequence[str]) -> str | None:
    """Give the path of `redact` that keeps a part of a call, such as `("args", "pin")`, from being stored as it is.

    A path redacts what it names and all below that, and changes what it is a part of.
    """
    return next((path for path in policy.redact if _meets(path, place)), None)


def _hides(policy: PolicyPart, place: Sequence[str]) -> str | None:
    """Give the path of `redact` that leaves nothing of a part of a call."""
    return next((path for path in policy.redact if _meets(path, place) and path.count(".") < len(place)), None)


def _meets(path: str, place: Sequence[str]) -> bool:
    return all(part in ("*", step) for part, step in zip(path.split("."), place, strict=False))


def _check_paths(view: View, name: str, policy: PolicyPart) -> None:
    for index, path in enumerate(policy.redact):
        place = ("tools", name, "redact", index)
        parts = path.split(".")
        others = [other.split(".") for other in policy.redact]
        if path in policy.redact[:index]:
            view.at_value("PM312", place, f"`{path}` stands twice here", "Keep one of them.")
        elif above := next(
            (other for other in others if len(other) < len(parts) and other == parts[: len(other)]), None
        ):
            message = f"`{'.'.join(above)}` is redacted as a whole already"
            view.at_value("PM706", place, message, "Leave out one of the two.")


def _check_policy(view: View, name: str, policy: PolicyPart) -> None:
    if isinstance(policy.key, KeyPart):
        for index, argument in enumerate(policy.key.over):
            if _changes(policy, ("args", argument)):
                message = f"the argument `{argument}` is redacted, and a key over it would have to keep it"
                view.at_value("PM708", ("tools", name, "key", "over", index), message, _HINT)
    if policy.reconcile is not None:
        path: Path = ("tools", name, "reconcile")
        asked: Json = {"with": {**policy.reconcile.with_}, "happened": f"={policy.reconcile.happened}"}
        for place, root, members in _read(view, asked, path):
            if root == "args" and members and _changes(policy, (root, *members)):
                message = f"`args.{members[0]}` is redacted, so it is gone when the server asks afterwards"
                view.at_value("PM716", place, message, _HINT)


def _check_expressions(view: View, policies: Mapping[str, PolicyPart]) -> None:
    """Find reading of past calls: `done.bank.login.args.pin`, `evidence.login.result.token`."""
    for site in sites(view.document):
        for root, members in view.compiled.reads(site.text):
            tool, part = "", members
            if root == "evidence" and members:
                tool, part = site.sight.evidence.get(members[0], ""), members[1:]
            elif root == "done" and len(members) > 1:
                tool, part = f"{members[0]}.{members[1]}", members[2:]
            if tool in policies and len(part) > 1 and (path := _hides(policies[tool], part)):
                message = f"`{path}` of `{tool}` is redacted, so there is nothing to read afterwards"
                view.at_value("PM716", site.path, message, _HINT)


def _check_calls(view: View, policies: Mapping[str, PolicyPart]) -> None:
    for path, _, state in live_states(view.document):
        for step_path, step in steps(state, path):
            if isinstance(step, CallPart) and step.call in policies:
                _check_save(view, policies[step.call], step.save, (*step_path, "save"))
        for call_path, call in second_call(state.agree, path) if isinstance(state, AgentPart) else ():
            if call.call in policies:
                _check_save(view, policies[call.call], call.fields, (*call_path, "fields"))
        for part_path, part in demanding(state, path):
            if isinstance(part, ToolUsePart) and part.use in policies:
                _check_use(view, policies[part.use], part, part_path)
            for item in evidence(part, part_path):
                _check_evidence(view, policies.get(item.part.call), item)


def _check_use(view: View, policy: PolicyPart, use: ToolUsePart, path: Path) -> None:
    _check_save(view, policy, use.save, (*path, "save"))
    if use.approval is not None and any(one.startswith("args") for one in policy.redact):
        message = f"a person would approve arguments of `{use.use}` unseen, because they are redacted"
        view.at_key("PM607", (*path, "approval"), message, _HINT)


def _check_evidence(view: View, policy: PolicyPart | None, item: EvidenceItem) -> None:
    for name in item.part.with_:
        if policy is not None and _changes(policy, ("args", name)):
            message = f"the argument `{name}` of `{item.part.call}` is redacted, so no call can be found by it"
            view.at_key("PM708", (*item.path, "with", name), message, _HINT)


def _check_save(view: View, policy: PolicyPart, save: Save | None, path: Path) -> None:
    """Find values of which the record would only be told that they are redacted."""
    for place, root, members in _read(view, "=result" if isinstance(save, str) else save, path):
        if root in ("args", "result") and (redacted := _hides(policy, (root, *members))):
            view.at_value(
                "PM716", place, f"`{redacted}` is redacted, so `{path[-1]}` would only hold that it is", _HINT
            )


def _read(view: View, value: Json, path: Path) -> Iterator[tuple[Path, str, tuple[str, ...]]]:
    """Give what the expressions in a value read, each with the place of its expression."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _read(view, item, (*path, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _read(view, item, (*path, index))
    elif (text := expression_text(value)) is not None:
        yield from ((path, root, members) for root, members in view.compiled.reads(text))
