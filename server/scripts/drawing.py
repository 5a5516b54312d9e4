"""A played script on a terminal: every step as it happens, then the path, the audit trail and its proof.

Whatever comes from files, agents or tools is made visible first, so that it cannot steer the
terminal. Without a terminal there is no colour; where the output takes no Unicode, plain signs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from pointsman.contracts.visible import visible
from pointsman.contracts.workflow import FinalState, Workflow
from pointsman.fsm.allowed import waiting
from pointsman.fsm.session import Session
from pointsman.fsm.stays import turn_of

from ..audit.chain import AuditRow
from ..audit.verify import ChainReport
from ..writes import Write, happenings
from .playing import Scene, Who
from .turns import Called, ModelTurn, Stated

_INDENT: Final = 13
_MESSAGE_CHARACTERS: Final = 320
_STYLES: Final[dict[str, str]] = {
    "agent": "blue",
    "model": "bright_blue",
    "person": "yellow",
    "human": "yellow",
    "outside": "magenta",
    "external": "magenta",
    "clock": "cyan",
    "system": "bright_black",
    "success": "green",
    "stopped": "white",
    "manual": "yellow",
    "failed": "red",
    "cancelled": "red",
}


@dataclass(frozen=True, slots=True)
class Signs:
    """The characters a drawing is made of."""

    good: str = "✓"
    bad: str = "✗"
    waits: str = "…"
    to: str = "→"
    state: str = "●"
    final: str = "◉"
    rule: str = "─"
    quotes: tuple[str, str] = ("“", "”")


_PLAIN: Final = Signs("ok", "--", "..", "->", "*", "@", "-", ('"', '"'))


class Drawing:
    """Draws one play. Fills the port `playing.Watcher`."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._signs = _PLAIN if console.options.ascii_only else Signs()
        self._stay = 0

    def opening(self, title: str, lines: Sequence[str]) -> None:
        """Say what is played, and what it shows."""
        self._rule(title)
        for line in lines:
            self._console.print(Text(visible(line)))
        self._console.print()

    def explain(self, text: str) -> None:
        """Say in a few sentences what one is about to see."""
        self._console.print(Text(visible(text), style="italic"))
        self._console.print()

    def scene(self, scene: Scene) -> None:
        """Draw one step, or one answer of a model."""
        if scene.turn is None:
            self._head(scene)
        else:
            self._turn(scene.turn)
        if scene.stated is not None:
            self._stated(scene.stated)
        if scene.turn is not None:
            self._taken(scene.turn)
        if scene.message and scene.outcome != "done":
            self._below(Text(_cut(scene.message)))
        for trouble in scene.troubles:
            self._below(Text(_cut(trouble), "red"))
        if scene.entered:
            arrow = f" {self._signs.to} "
            path = Text(f"{self._signs.to} ", style="bold")
            path.append(visible(arrow.join(scene.entered)))
            self._below(path)
        if scene.is_last and scene.session.stay.number != self._stay:
            self._stay = scene.session.stay.number
            self._below(Text(visible(_turn(scene.session, scene.allowed)), style="dim"))
        if scene.fault is not None:
            self._below(Text(visible(scene.fault), style="bold red"))

    def path(self, workflow: Workflow, session: Session, rows: Sequence[AuditRow]) -> None:
        """Draw the states the session went through, with what happened in each."""
        self._console.print()
        self._rule("The path")
        table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
        table.add_column(no_wrap=True)
        table.add_column(overflow="fold")
        table.add_column(no_wrap=True)
        table.add_column(overflow="fold")
        for stay in _stays(rows):
            state = workflow.states[stay.state]
            kind = state.outcome if isinstance(state, FinalState) else turn_of(state)
            sign = self._signs.final if isinstance(state, FinalState) else self._signs.state
            style = _STYLES[kind]
            table.add_row(Text(sign, style), Text(visible(stay.state), "bold"), Text(kind, style), Text(stay.summary))
        self._console.print(table)
        if session.ended is not None and session.ended.owner:
            self._console.print(Text(visible(f"{session.ended.owner} takes over.")))
        if session.counts.turns:
            self._console.print(Text(_taken_in_all(session)))
        self._console.print()

    def audit(self, rows: Sequence[AuditRow]) -> None:
        """Draw the audit trail, a line a row."""
        self._rule("The audit trail")
        table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
        for name, narrow in (("row", True), ("who", False), ("kind", True), ("what", False), ("outcome", False)):
            table.add_column(name, no_wrap=narrow, overflow="fold", justify="right" if name == "row" else "left")
        for row in rows:
            what = f"{self._signs.to} {row.state_after}" if row.kind == "entered" else row.action or ""
            outcome = row.code or row.outcome or ""
            style = "red" if row.code else "bold" if row.kind == "entered" else ""
            cells = (row.actor_id, row.kind, what, outcome)
            table.add_row(str(row.revision), *(Text(visible(cell), style) for cell in cells))
        self._console.print(table)
        self._console.print()

    def doubts(self, writes: Iterable[Write]) -> None:
        """Tell of writes that were in doubt, and what became of them."""
        for write in writes:
            self._rule(f"{write.tool} was in doubt")
            self._console.print(Text(visible(f"Its key is {write.key}.")))
            table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
            table.add_column("row", no_wrap=True, justify="right")
            table.add_column("what happened", overflow="fold")
            for one in happenings(write):
                table.add_row(str(one.revision), Text(visible("\n".join(one.lines), lines=True)))
            self._console.print(table)
            self._console.print()

    def outside(self, seen: str) -> None:
        """Say what is seen in the world outside, now that all is over."""
        self._rule("Outside")
        self._console.print(Text(visible(seen)))
        self._console.print()

    def proof(self, report: ChainReport) -> None:
        """Say whether the audit trail verifies."""
        if report.ok:
            self._verdict(
                f"The audit verifies: {report.rows} rows, each chained to the one before it by its hash, "
                "and folding them again gives the session byte for byte.",
                good=True,
            )
        elif report.fault is not None:
            self._verdict(
                f"The audit does not verify: row {report.fault.revision}, {report.fault.problem}.", good=False
            )

    def verdict(self, steps: int, faults: Sequence[str]) -> None:
        """Say whether the script came out as written."""
        if not faults:
            self._verdict(f"All {steps} steps came out as the script says.", good=True)
        for fault in faults:
            self._verdict(fault, good=False)

    def closing(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Say what to do next: what for, and the command."""
        self._console.print()
        self._rule("Next")
        for what, command in pairs:
            self._console.print(Text(visible(what)))
            self._console.print(Text(f"  {visible(command)}", "bold"), soft_wrap=True)  # whole, to be copied

    def _head(self, scene: Scene) -> None:
        line = Text(f"{scene.number or '':>2} ")
        line.append(f"{visible(scene.name)[: _INDENT - 5]:<{_INDENT - 4}} ", _style(scene.who))
        line.append(f"{visible(scene.action)}  ", "bold")
        self._console.print(line.append(self._outcome(scene.outcome)))

    def _outcome(self, outcome: str) -> Text:
        """Draw what came of something. What waits for a person is no refusal."""
        signs = {"done": (self._signs.good, "green"), "waiting": (self._signs.waits, "yellow")}
        sign, style = signs.get(outcome, (self._signs.bad, "red"))
        return Text(f"{sign} {visible(outcome)}", style)

    def _turn(self, turn: ModelTurn) -> None:
        """Draw what an answer called, each with what came of it."""
        for index, one in enumerate(turn.called or (Called("no answer" if turn.problem else "no call", "failed"),)):
            line = Text(f"   {'model' if index == 0 else '':<{_INDENT - 4}} ", _STYLES["model"])
            line.append(f"{visible(one.name)}  ", "bold")
            self._console.print(line.append(self._outcome(one.outcome)))
            if one.message and one.outcome != "done":
                self._below(Text(_cut(one.message)))

    def _stated(self, stated: Stated) -> None:
        """Draw how sure an event was, and what stands against it."""
        if stated.confidence is not None:
            along = "" if stated.path_confidence is None else f", {stated.path_confidence} along the path"
            self._below(Text(f"confidence {stated.confidence}{along}", "bold" if stated.doubts else ""))
        for said in stated.reading:
            self._below(Text(_cut(said)))
        for doubt in stated.doubts:
            self._below(Text(_cut(doubt), "yellow"))

    def _taken(self, turn: ModelTurn) -> None:
        """Draw why a model answered so, and what it took."""
        if turn.rationale:
            opening, closing = self._signs.quotes
            self._below(Text(f"{opening}{_cut(turn.rationale)}{closing}", "italic"))
        self._below(Text(visible(_taken(turn)), "dim"))

    def _below(self, text: Text) -> None:
        for line in text.wrap(self._console, max(24, self._console.width - _INDENT)):
            line.rstrip()
            self._console.print(Text(" " * _INDENT).append_text(line), soft_wrap=True)

    def _rule(self, title: str) -> None:
        dashes = self._signs.rule * max(4, min(self._console.width, 100) - len(title) - 4)
        self._console.print(
            Text(f"{self._signs.rule * 2} {visible(title)} {dashes}", style="bold"), overflow="crop", no_wrap=True
        )

    def _verdict(self, text: str, *, good: bool) -> None:
        sign = self._signs.good if good else self._signs.bad
        line = Text(f"{sign} ", "bold green" if good else "bold red")
        self._console.print(line.append(visible(text), "" if good else "red"))


@dataclass(slots=True)
class _Stay:
    state: str
    calls: int = 0
    refused: int = 0
    by: str = ""

    @property
    def summary(self) -> str:
        """Count what happened in a stay, and tell what ended it."""
        counts = [(self.calls, "call" if self.calls == 1 else "calls"), (self.refused, "refused")]
        said = [f"{count} {what}" for count, what in counts if count]
        return visible("; ".join([*([", ".join(said)] if said else []), *([self.by] if self.by else [])]))


def _stays(rows: Iterable[AuditRow]) -> list[_Stay]:
    stays: list[_Stay] = []
    for row in rows:
        if row.kind == "entered":
            stays.append(_Stay(row.state_after or ""))
        elif stays:
            stays[-1].calls += row.kind == "settled" and row.action != "set" and row.outcome != "repeated"
            stays[-1].refused += row.kind == "denied"
            if row.kind in ("accepted", "decided", "timer") and row.outcome in ("done", "moved"):
                stays[-1].by = (
                    f"{row.action or row.kind} by {row.actor_id}" if row.kind == "decided" else row.action or ""
                )
    return stays


def _cut(message: str) -> str:
    text = visible(message)
    return text if len(text) <= _MESSAGE_CHARACTERS else text[:_MESSAGE_CHARACTERS] + "…"


def _taken(turn: ModelTurn) -> str:
    """Say who has answered, and what it took."""
    cached = f", {turn.tokens_cached:,} of them cached" if turn.tokens_cached else ""
    cost = "no price known" if turn.cost_usd is None else f"${turn.cost_usd:.4f}"
    tries = f", {turn.attempts} attempts" if turn.attempts > 1 else ""
    return f"{turn.model}: {turn.tokens:,} tokens{cached}, {cost}, {turn.duration_ms / 1000:.1f} s{tries}"


def _taken_in_all(session: Session) -> str:
    counts = session.counts
    return f"{counts.turns} answers of models, {counts.tokens:,} tokens, ${counts.cost_usd:.4f}."


def _style(who: Who) -> str:
    return _STYLES[who]


def _turn(session: Session, allowed: Sequence[str]) -> str:
    """Say whose turn it is now, and what an agent may do."""
    if session.ended is not None:
        owner = f", {session.ended.owner} takes over" if session.ended.owner else ""
        return f"ended: {session.ended.outcome}{owner}"
    who = waiting(session)
    if who is None:
        return ""
    match who.actor:
        case "agent":
            return f"the agent may: {', '.join(allowed)}" if allowed else "an agent acts"
        case "human":
            return f"waits for a person with the role {who.role}"
        case "external":
            return "waits for an answer from outside"
        case _:
            return "waits for a timer"
