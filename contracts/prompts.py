"""Prompts in files of their own: a part of the workflow, read when it is loaded.

A session keeps the digest of the workflow that it was started with, and the texts of its prompts are in that digest. So
an edit of a prompt's file changes no session that runs, and what a model was told can be read long afterwards.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

from .bounds import PROMPT_BYTES
from .errors import PointsmanError
from .folder import leads_out
from .values import JsonObject, digest, digest_text
from .visible import visible
from .workflow import AgentState, Model, Workflow

PROMPT_FILES: Final = (".md", ".txt")
"""A `prompt` with one of these endings is a file; any other is the prompt itself."""
_CAREFULLY: Final = os.O_RDONLY | sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY"))
"""Each on the systems that have it: no link is followed, a named pipe is opened at once, and line ends stay."""


class PromptUnreadable(PointsmanError):
    """The file of a prompt cannot be read: what is wrong with it, and how to mend that."""

    def __init__(self, name: str, fault: str, mend: str) -> None:
        super().__init__(f"The prompt {visible(name)} {fault}. {mend}")
        self.fault = fault
        self.mend = mend


def is_file(prompt: str) -> bool:
    """Whether a `prompt` names a file."""
    return prompt.endswith(PROMPT_FILES)


def with_prompts(workflow: Workflow, prompts: Mapping[str, str]) -> Workflow:
    """Give the workflow with the texts of its prompts' files, by the names that it has for them."""
    return replace(workflow, prompts=dict(prompts), digest=digest_of(workflow.text, prompts))


def whole(workflow: Workflow, folder: Path) -> Workflow:
    """Give a workflow with its prompts, as their files in this folder say now.

    Raises:
        PromptUnreadable: when one cannot be read, or is none.
    """
    return with_prompts(workflow, read_prompts(workflow, folder))


def digest_of(text: str, prompts: Mapping[str, str]) -> str:
    """Give the digest of a workflow's text and of the prompts that it names; without any, that of the text."""
    told: JsonObject = {"text": text, "prompts": dict(prompts)}
    return digest(told) if prompts else digest_text(text)


def read_prompts(workflow: Workflow, folder: Path) -> dict[str, str]:
    """Read every prompt of a workflow that is a file, in the folder of the workflow.

    Raises:
        PromptUnreadable: when one cannot be read, or is none.
    """
    return {name: read_prompt(name, folder) for name in dict.fromkeys(_named(workflow))}


def readable_prompts(workflow: Workflow, folder: Path) -> dict[str, str]:
    """Read those prompts of a workflow that can be read now: for a text that was kept before its prompts were."""
    found: dict[str, str] = {}
    for name in dict.fromkeys(_named(workflow)):
        with suppress(PromptUnreadable):
            found[name] = read_prompt(name, folder)
    return found


def prompt_text(workflow: Workflow, model: Model) -> str | None:
    """Give what a model is told beside its task: the text in the workflow, or that of the file when it was loaded.

    Raises:
        PromptUnreadable: the workflow was loaded without its prompts.
    """
    prompt = model.prompt
    if prompt is None or not is_file(prompt):
        return prompt
    if prompt not in workflow.prompts:
        raise PromptUnreadable(prompt, "was not read with the workflow", "Load the workflow with its prompts.")
    return workflow.prompts[prompt]


def read_prompt(name: str, folder: Path) -> str:
    """Read the file of one prompt, no further than it takes to see that it is too large.

    Raises:
        PromptUnreadable: when it cannot be read, or is none.
    """
    place = folder if leads_out(name) else Path(os.path.realpath(folder / name))
    if leads_out(name) or not place.is_relative_to(os.path.realpath(folder)):
        raise PromptUnreadable(name, "is not in the folder of the workflow", "Put the file itself there, not a link.")
    try:
        descriptor = os.open(place, _CAREFULLY)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise PromptUnreadable(name, "is no file", "Put a text there.")
        with os.fdopen(descriptor, "rb") as opened:
            raw = opened.read(PROMPT_BYTES + 1)
    except OSError as error:
        mend = "Paths count from the folder of the workflow."
        raise PromptUnreadable(name, f"cannot be read: {error.strerror}", mend) from error
    if len(raw) > PROMPT_BYTES:
        raise PromptUnreadable(name, f"has more than {PROMPT_BYTES // 1024} KiB", "Say less.")
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise PromptUnreadable(name, "is no text in UTF-8", "Save it as UTF-8.") from error


def _named(workflow: Workflow) -> Iterator[str]:
    for state in workflow.states.values():
        if isinstance(state, AgentState):
            second = None if state.agree is None else state.agree.second
            models = (state.model, second if isinstance(second, Model) else None)
            yield from (one.prompt for one in models if one and one.prompt and is_file(one.prompt))
