"""`actor: model` (workflow format, "state"): a state that is a model's, and nobody else's, to act in."""

from pointsman.fsm.allowed import Waiting, waiting

from .driver import OUTSIDE, Story, workflow

WRITER = workflow("""
    record: {text: {type: string}}
    initial: write
    tools: {t.look: {effect: read}}
    states:
      write:
        actor: model
        model: {name: some-model}
        show: [text]
        tools: [t.look]
        events: {done: {requires: [text], next: told}}
        failed: unsaid
        after: {in: 1d, to: unsaid}
        limits: [{denials: 1, then: unsaid}]
      told: {final: success}
      unsaid: {final: stopped}
""")


def test_in_a_models_state_no_agent_and_nobody_from_outside_acts() -> None:
    """It is nobody's turn but the model's, and limits do not count what others try."""
    story = Story(WRITER)
    assert (story.session.stay.actor, waiting(story.session)) == (
        "model",
        Waiting("model", due_at=story.at + 86_400_000),
    )
    for _ in range(3):
        for attempt in (story.call("t.look"), story.send("done", {"text": "x"}), story.send("done", actor=OUTSIDE)):
            assert attempt.refusal is not None
            assert (attempt.refusal.code, "a model" in attempt.refusal.message) == ("NOT_YOUR_TURN", True)
    assert story.state == "write"
    story.pass_time(86_400_000)
    assert story.state == "unsaid"
