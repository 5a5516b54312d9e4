"""Policies of tools: keys that can be delivered, and settings that have an effect."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ..document.tools import DeliverPart, KeyPart, PolicyPart
from ..headers import may_be_sent
from ..positions import Path
from .tools import is_write
from .view import View
from .walk import Mention, Role, mentions

_READERS: Final[Mapping[Role, str]] = {"shown": "a review", "second": "a second reading"}


def check_policies(view: View) -> None:
    """Judge keys, retries and reconciling."""
    for name, policy in view.document.tools.items():
        path: Path = ("tools", name)
        if policy.effect == "read":
            _check_read(view, path, policy)
        else:
            _check_write(view, path, name, policy)
        if policy.retry.backoff != "0ms" and policy.retry.attempts == 1:
            hint = "Add `attempts`: how often it is tried in all."
            view.at_value("PM706", (*path, "retry", "backoff"), "nothing is tried again, so nothing waits", hint)
        if policy.reconcile is not None and is_write(view, policy.reconcile.call):
            message = f"`{policy.reconcile.call}` is a write, and asking whether a write happened must change nothing"
            hint = "Name a read; or say `effect: read` of it under `tools`, if it changes nothing."
            view.at_value("PM713", (*path, "reconcile", "call"), message, hint)
    for mention in mentions(view.document):
        _check_delivered(view, mention)
        if mention.role in _READERS and is_write(view, mention.tool):
            message = f"{_READERS[mention.role]} would make the write `{mention.tool}`, only to look at something"
            hint = "Name a read; or say `effect: read` of it under `tools`, if it changes nothing."
            view.at_value("PM713", mention.path, message, hint)


def _check_read(view: View, path: Path, policy: PolicyPart) -> None:
    for key, said in (("key", policy.key), ("reconcile", policy.reconcile)):
        if said is not None:
            message = f"a read can be made again at any time, so `{key}` has no effect on it"
            view.at_key("PM706", (*path, key), message, "Remove it; or say `effect: write`, if it changes something.")


def _check_write(view: View, path: Path, name: str, policy: PolicyPart) -> None:
    if policy.retry.attempts > 1 and policy.reconcile is None and not isinstance(policy.key, KeyPart):
        message = f"the write `{name}` is never tried again by itself"
        hint = "Add a `key` that its downstream takes, or `reconcile`; or remove `retry`."
        view.at_key("PM706", (*path, "retry"), message, hint)
    if policy.key == "none" and policy.reconcile is not None:
        message = "with `key: none` equal calls are different writes, and `reconcile` may find the other one"
        view.at_key("PM707", (*path, "reconcile"), message, "Give it a `key` over what tells two calls apart.")
    if not isinstance(policy.key, KeyPart):
        return
    deliver = policy.key.deliver
    for index, argument in enumerate(policy.key.over):
        if argument in policy.key.over[:index]:
            view.at_value(
                "PM312", (*path, "key", "over", index), f"`{argument}` stands twice here", "Keep one of them."
            )
        elif deliver is not None and argument == deliver.argument:
            message = f"`{argument}` carries the key itself, so the key cannot be made of it"
            view.at_value("PM709", (*path, "key", "over", index), message, "Leave it out of `over`.")
    if deliver is not None:
        _check_way(view, (*path, "key", "deliver"), name.partition(".")[0], deliver)


def _check_way(view: View, path: Path, source: str, deliver: DeliverPart) -> None:
    """Hold the way of a key to what its source has: headers are HTTP's, `meta` is MCP's."""
    part = view.document.sources.get(source)
    if part is None or deliver.argument is not None:
        return
    way = "header" if deliver.header is not None else "meta"
    if deliver.header is not None and not may_be_sent(deliver.header):
        message = f"`{deliver.header}` is no header that a key can be sent in"
        view.at_value("PM710", (*path, way), message, "Name one that the downstream reads, such as `Idempotency-Key`.")
        return
    if part.python is not None:
        hint = "Deliver it as an `argument`; or leave `deliver` out and read `call.key` in the function."
        view.at_key("PM710", (*path, way), f"a Python function has no {way}", hint)
    elif part.mcp is not None and part.mcp.url is None and way == "header":
        view.at_key(
            "PM710", (*path, way), "a program on this machine has no header", "Deliver it as `meta` or `argument`."
        )
    elif part.openapi is not None and way == "meta":
        view.at_key("PM710", (*path, way), "HTTP has no `meta`", "Deliver it as a `header` or an `argument`.")


def _check_delivered(view: View, mention: Mention) -> None:
    """The argument that carries the key is the server's alone."""
    policy = view.document.tools.get(mention.tool)
    key = policy.key if policy is not None else None
    argument = key.deliver.argument if isinstance(key, KeyPart) and key.deliver is not None else None
    if argument is not None and argument in mention.arguments:
        message = f"the server gives `{argument}` of `{mention.tool}`: it carries the key"
        view.at_key("PM709", (*mention.whole, "with", argument), message, "Leave it out of `with`.")
