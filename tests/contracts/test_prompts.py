"""Prompts in files of their own: which are read, and how they belong to the workflow's digest."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from pointsman.contracts.bounds import PROMPT_BYTES
from pointsman.contracts.loading import check, load
from pointsman.contracts.prompts import PromptUnreadable, prompt_text, read_prompt, read_prompts, with_prompts
from pointsman.contracts.workflow import AgentState, Workflow

TWICE = """\
workflow: twice
version: 1
record: {total: {type: number}}
initial: reading
roles: [clerk]
states:
  reading:
    actor: model
    model: {name: one, prompt: first.md}
    agree: {second: {model: {name: two, prompt: second.txt}}, fields: [total], differ: deciding}
    failed: broken
    events:
      submit: {requires: [total], next: finished}
  deciding:
    actor: human
    review: {role: clerk, exclude: [=session.started_by], due: {in: 1d, then: broken}}
    events:
      take: {next: finished}
  finished: {final: success}
  broken: {final: failed, owner: clerks}
"""


def furnish(folder: Path) -> Workflow:
    (folder / "first.md").write_text("Read it.", encoding="utf-8")
    (folder / "second.txt").write_text("Read it again.", encoding="utf-8")
    return load(TWICE, str(folder / "workflow.yaml"))


def test_the_prompts_of_both_readings_belong_to_the_digest_of_the_workflow(tmp_path: Path) -> None:
    workflow = furnish(tmp_path)
    prompts = read_prompts(workflow, tmp_path)
    assert prompts == {"first.md": "Read it.", "second.txt": "Read it again."}
    whole = with_prompts(workflow, prompts)
    assert whole.prompts == prompts
    edited = with_prompts(workflow, {**prompts, "second.txt": "Guess."})
    assert len({workflow.digest, whole.digest, edited.digest}) == 3
    assert with_prompts(edited, prompts).digest == whole.digest
    assert with_prompts(whole, {}).digest == workflow.digest


def test_a_model_is_told_the_text_of_its_file_as_it_was_loaded(tmp_path: Path) -> None:
    workflow = furnish(tmp_path)
    state = workflow.states["reading"]
    assert isinstance(state, AgentState)
    assert state.model is not None
    whole = with_prompts(workflow, read_prompts(workflow, tmp_path))
    (tmp_path / "first.md").write_text("Guess.", encoding="utf-8")
    assert prompt_text(whole, state.model) == "Read it."
    assert prompt_text(whole, replace(state.model, prompt="Just a text.")) == "Just a text."
    assert prompt_text(whole, replace(state.model, prompt=None)) is None
    with pytest.raises(PromptUnreadable, match=r"first\.md was not read with the workflow"):
        prompt_text(workflow, state.model)


@pytest.mark.parametrize(
    ("raw", "fault", "hint"),
    [
        (b"x" * (PROMPT_BYTES + 1), "has more than 256 KiB", "Say less."),
        (b"\xff\xfe", "is no text in UTF-8", "Save it as UTF-8."),
    ],
)
def test_a_prompt_that_is_too_large_or_no_text_is_found_by_check(
    tmp_path: Path, raw: bytes, fault: str, hint: str
) -> None:
    furnish(tmp_path)
    (tmp_path / "second.txt").write_bytes(raw)
    found = [one for one in check(TWICE, str(tmp_path / "workflow.yaml")) if one.code == "PM316"]
    assert [(one.line, one.message, one.hint) for one in found] == [(10, f"the prompt `second.txt` {fault}", hint)]
    with pytest.raises(PromptUnreadable, match=f"^The prompt second.txt {fault}. {hint}$"):
        read_prompt("second.txt", tmp_path)


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("prompts/read.markdown", ["PM320"]),
        ("read.rst", ["PM320"]),
        ("prompts\\\\read", ["PM320"]),
        ("Read.", []),
        ("Read/write it all.", []),
        ("Be quick...", []),
    ],
)
def test_a_prompt_that_only_looks_like_a_file_is_warned_of(tmp_path: Path, prompt: str, expected: list[str]) -> None:
    furnish(tmp_path)
    assert [one.code for one in check(TWICE.replace("first.md", prompt), str(tmp_path / "workflow.yaml"))] == expected


def test_a_link_in_the_folder_is_followed_and_one_that_leads_out_is_not(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    (folder / "prompts").mkdir(parents=True)
    (folder / "prompts" / "one.md").write_text("Read it.", encoding="utf-8")
    (tmp_path / "secret.md").write_text("Secret.", encoding="utf-8")
    (folder / "in.md").symlink_to("prompts/one.md")
    (folder / "out.md").symlink_to(tmp_path / "secret.md")
    (folder / "up").symlink_to(tmp_path)
    (folder / "loop.md").symlink_to("loop.md")
    assert read_prompt("prompts/one.md", folder) == read_prompt("in.md", folder) == "Read it."
    for name in ("out.md", "up/secret.md", "../secret.md", str(tmp_path / "secret.md")):
        with pytest.raises(PromptUnreadable, match="is not in the folder of the workflow"):
            read_prompt(name, folder)
    with pytest.raises(PromptUnreadable, match=r"loop\.md cannot be read"):
        read_prompt("loop.md", folder)


@pytest.mark.parametrize(("name", "fault"), [("a\0b.md", "leads out"), (f"{'a' * 400}.md", "there is no file")])
def test_a_name_that_no_file_can_have_is_found(tmp_path: Path, name: str, fault: str) -> None:
    workflow = furnish(tmp_path)
    found = check(TWICE.replace("second.txt", json.dumps(name)), str(tmp_path / "workflow.yaml"))
    assert [fault in one.message for one in found if one.code == "PM316"] == [True]
    with pytest.raises(PromptUnreadable, match=r"is not in the folder|cannot be read"):
        read_prompt(name, tmp_path)
    assert workflow.prompts == {}


def test_the_longest_prompt_is_read(tmp_path: Path) -> None:
    (tmp_path / "long.md").write_bytes(b"x" * PROMPT_BYTES)
    assert len(read_prompt("long.md", tmp_path)) == PROMPT_BYTES


def test_a_file_that_becomes_a_link_while_it_is_looked_at_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secret.md").write_text("Secret.", encoding="utf-8")
    prompt = tmp_path / "prompt.md"
    prompt.symlink_to("secret.md")
    monkeypatch.setattr(os.path, "realpath", str)  # as it was before the link was made
    with pytest.raises(PromptUnreadable, match=r"prompt\.md cannot be read"):
        read_prompt("prompt.md", tmp_path)


@pytest.mark.parametrize("kind", ["pipe", "folder", "device"])
def test_what_is_no_file_is_not_read(tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "prompt.md"
    if kind == "pipe":
        os.mkfifo(place)
    elif kind == "folder":
        place.mkdir()
    else:
        real = os.open

        def device(_place: object, flags: int) -> int:
            return real("/dev/zero", flags)

        monkeypatch.setattr(os, "open", device)
    before = len(list(Path("/proc/self/fd").iterdir()))
    with pytest.raises(PromptUnreadable, match="is no file"):
        read_prompt("prompt.md", tmp_path)
    assert len(list(Path("/proc/self/fd").iterdir())) == before
