"""People (design, section 7): the right person, on what was shown, in this stay, within the contract, once."""

import pytest

from pointsman.contracts.values import JsonObject, digest
from pointsman.fsm.commands import Claim, Decide
from pointsman.fsm.facts import Decided
from pointsman.fsm.session import Actor

from .driver import ADA, ADA_HERSELF, MARIA, OUTSIDE, SERVER, Story, workflow

REVIEWED = workflow("""
    record:
      total: {type: number}
      route: {enum: [one, two]}
      unset: {type: string}
      why: {type: string}
      document: {type: string}
      mark: {type: string}
    start: {accepts: [total, route]}
    roles: [reviewer, chief]
    access: {view: [starter, reviewer, chief]}
    initial: review
    tools: {t.read: {effect: read}, t.more: {effect: read}}
    states:
      review:
        actor: human
        entry: [{set: {mark: ='seen'}}]
        failed: broken
        review:
          role: reviewer
          exclude: [=session.started_by]
          show:
            - {call: t.read, with: {x: 1}, as: document}
            - total
            - unset
            - {call: t.more, with: {x: 2}}
            - mark
          edit: [route, total]
          rationale: required
          accept: [cli, console]
          due: {in: 1d, then: done}
        events:
          approve: {next: done}
          ask: {requires: [why], when: "event.why != 'no'", message: Say more., next: asked}
          judge: {next: [{to: done, when: record.total < 10.0}, {to: asked, when: record.total < 100.0}]}
          odd: {next: [{to: done, when: "record.unset == 'x'"}, {to: done}]}
          unclear: {when: "record.unset == 'x'", next: done}
        after: {in: 30d, to: done}
      asked:
        actor: external
        events: {answered: {next: review}}
        after: {in: 1d, to: done}
      done: {final: success}
      broken: {final: failed, owner: o}
""")


@pytest.fixture
def story() -> Story:
    return at_review(Story(REVIEWED, {"total": 50, "route": "one"}))


def at_review(story: Story) -> Story:
    story.settle("t.read", gives={"text": "t"})
    story.settle("t.more", outcome="failed")
    return story


def test_what_a_reviewer_sees_is_made_when_the_review_opens_and_frozen_with_its_hash(story: Story) -> None:
    """Design, section 7: frozen when it opens, with its hash. A call that failed is shown as such."""
    review = story.session.stay.review
    assert review is not None
    assert review.shown == {
        "document": {"text": "t"},
        "total": 50,
        "t.more": {"error": "it did not work"},
        "mark": "seen",
    }
    where: JsonObject = {"session": "s-1", "started_by": "ada", "state": "review", "stay": 1}
    assert review.shown_digest == digest({**where, "shown": review.shown})
    assert (review.role, review.due_at) == ("reviewer", story.at + 86_400_000)
    assert story.session.stay.shown == {}


def test_nothing_is_decided_before_the_review_is_open() -> None:
    """Fsm: `show` calls first."""
    story = Story(REVIEWED, {"total": 50, "route": "one"})
    story.decide("approve", {"rationale": "r"})
    assert story.code == "NOT_YOUR_TURN"


def test_a_review_without_calls_opens_at_once_with_what_its_entry_wrote() -> None:
    """Design, section 7: what the reviewer sees is the record when the review opens."""
    story = Story(
        workflow("""
            record: {mark: {type: string}, note: {type: string}}
            roles: [reviewer]
            initial: review
            tools: {t.read: {effect: read}}
            states:
              review:
                actor: human
                entry: [{call: t.read, with: {x: 1}, save: note}, {set: {mark: ='seen'}}]
                failed: done
                review: {role: reviewer, show: [mark, note], due: {in: 1d, then: done}}
                events: {approve: {next: done}}
              done: {final: success}
        """)
    )
    story.settle("t.read", gives="n")
    review = story.session.stay.review
    assert review is not None
    assert review.shown == {"mark": "seen", "note": "n"}


def test_a_decision_carries_person_role_time_channel_edits_rationale_and_what_was_shown(story: Story) -> None:
    """Design, section 7."""
    shown = story.session.stay.review
    assert shown is not None
    story.decide("approve", {"rationale": "fine", "route": "two", "total": 50})
    assert story.state == "done"
    fact = next(fact for fact in story.facts if fact.kind == "decided")
    assert isinstance(fact.body, Decided)
    assert (fact.actor_id, fact.actor_kind, fact.channel, fact.at) == ("maria", "human", "cli", story.at)
    assert (fact.body.role, fact.body.rationale, fact.body.stay) == ("reviewer", "fine", 1)
    assert fact.body.shown_digest == shown.shown_digest
    assert fact.body.edits == {"route": {"before": "one", "after": "two", "revision": 1}}
    assert story.record["route"] == "two"
    provenance = story.session.provenance["route"]
    assert (provenance.how, provenance.action, provenance.actor_id) == ("decision", "approve", "maria")
    decision = story.session.decisions["review"]
    assert (decision.by, decision.event, decision.rationale) == ("maria", "approve", "fine")


@pytest.mark.parametrize("actor", [ADA, SERVER, OUTSIDE, Actor("agent", "maria", ("reviewer",))])
def test_no_actor_but_a_person_decides(story: Story, actor: Actor) -> None:
    """Design, section 7: no credential of kind agent can decide, on any route."""
    story.decide("approve", {"rationale": "r"}, actor=actor)
    assert (story.code, story.state) == ("FORBIDDEN", "review")


@pytest.mark.parametrize(
    ("actor", "channel"),
    [
        (ADA_HERSELF, "cli"),
        (Actor("human", "ben", ("chief",)), "cli"),
        (MARIA, "elicitation"),
        (MARIA, "api"),
        (MARIA, "mcp"),
    ],
)
def test_the_excluded_those_without_the_role_and_other_channels_are_forbidden(
    story: Story, actor: Actor, channel: str
) -> None:
    """Design, section 7: who may decide, who may not, through what."""
    story.decide("approve", {"rationale": "r"}, actor=actor, channel=channel)
    assert (story.code, story.state) == ("FORBIDDEN", "review")


def excluding(exclude: str, schema: str) -> Story:
    return Story(
        workflow(f"""
            record: {{who: {schema}}}
            start: {{accepts: [who]}}
            roles: [reviewer]
            initial: review
            states:
              review:
                actor: human
                review: {{role: reviewer, exclude: [{exclude}], due: {{in: 1d, then: done}}}}
                events: {{approve: {{next: done}}}}
              done: {{final: success}}
        """),
        {"who": EXCLUDED[schema]},
    )


EXCLUDED = {"{type: string}": "maria", "{type: array}": ["x", "maria"], "{type: integer}": 1, "{}": None}


@pytest.mark.parametrize("schema", list(EXCLUDED))
def test_an_exclusion_names_one_or_several_and_one_that_names_nobody_excludes_everybody(schema: str) -> None:
    """Fail closed: who is excluded must be said."""
    story = excluding("=record.who", schema)
    story.decide("approve")
    assert story.code == "FORBIDDEN"


def test_an_exclusion_that_cannot_be_evaluated_excludes_everybody() -> None:
    """Format: an error never passes."""
    story = excluding("=record.who.unheard_of", "{type: string}")
    story.decide("approve")
    assert (story.code, "nobody may" in story.message) == ("FORBIDDEN", True)


def test_who_is_not_excluded_decides() -> None:
    """Design, section 7."""
    story = excluding("=record.who", "{type: array}")
    story.decide("approve", actor=Actor("human", "ben", ("reviewer",)))
    assert story.state == "done"


def test_a_decision_on_what_was_not_shown_is_stale(story: Story) -> None:
    """Design, section 7: bound to the stay and that hash."""
    story.decide("approve", {"rationale": "r"}, digest="sha256:other")
    assert story.code == "STALE"
    story.decide("approve", {"rationale": "r"}, stay=0)
    assert story.code == "STALE"


def test_a_decision_is_used_once(story: Story) -> None:
    """Design, section 7: used once. Faults 20: a replayed approval."""
    review = story.session.stay.review
    assert review is not None
    story.decide("ask", {"rationale": "r", "why": "w"})
    story.decide("ask", {"rationale": "r", "why": "w"}, stay=1, digest=review.shown_digest)
    assert story.code == "NOT_YOUR_TURN"
    story.send("answered", actor=OUTSIDE)
    at_review(story)
    story.decide("ask", {"rationale": "r", "why": "w"}, stay=1, digest=review.shown_digest)
    assert story.code == "STALE"
    story.decide("approve", {"rationale": "r"})
    story.decide("approve", {"rationale": "r"}, stay=3, digest=review.shown_digest)
    assert story.code == "SESSION_ENDED"


def test_a_rationale_is_required_where_the_review_says_so(story: Story) -> None:
    """Format: `rationale: required`."""
    story.decide("approve")
    assert story.code == "MISSING_FIELDS"


def test_only_the_fields_of_edit_may_be_edited_and_they_keep_their_schema(story: Story) -> None:
    """Format: `edit`."""
    story.decide("approve", {"rationale": "r", "mark": "mine"})
    assert story.code == "INVALID_FIELDS"
    story.decide("approve", {"rationale": "r", "route": "three"})
    assert story.code == "INVALID_FIELDS"
    assert story.record["route"] == "one"


def test_an_event_the_review_does_not_have_is_not_allowed(story: Story) -> None:
    """Design, section 4: the message names those that belong to it."""
    story.decide("sign", {"rationale": "r"})
    assert (story.code, "approve" in story.message) == ("NOT_ALLOWED", True)


def test_a_guard_holds_for_people_too(story: Story) -> None:
    """Format: `when`, with its message."""
    story.decide("ask", {"rationale": "r", "why": "no"})
    assert (story.code, story.message) == ("GUARD_FAILED", "Say more.")
    assert "why" not in story.record


@pytest.mark.parametrize("event", ["odd", "unclear"])
def test_a_guard_that_cannot_be_judged_does_not_pass_for_people_either(story: Story, event: str) -> None:
    """Format: an error stops the list."""
    story.decide(event, {"rationale": "r"})
    assert (story.code, story.state) == ("GUARD_FAILED", "review")


@pytest.mark.parametrize(("total", "state"), [(5, "done"), (50, "asked"), (500, "review")])
def test_the_transitions_of_a_decision_see_what_it_edited(story: Story, total: int, state: str) -> None:
    """Format: `next` on the record with the decision's fields."""
    story.decide("judge", {"rationale": "r", "total": total})
    assert story.state == state
    assert (story.code == "GUARD_FAILED") == (state == "review")


def test_a_person_cannot_send_a_reviews_event_like_an_agent(story: Story) -> None:
    """Fsm: a review is decided by `Decide`, which is bound to what was shown."""
    story.send("approve", {"rationale": "r"}, actor=MARIA)
    assert story.code in ("FORBIDDEN", "NOT_YOUR_TURN")
    story.send("approve", {"rationale": "r"})
    assert (story.code, "reviewer" in story.message) == ("NOT_YOUR_TURN", True)
    story.call("t.read")
    assert story.code == "NOT_YOUR_TURN"


def test_who_may_not_decide_is_told_before_anything_else() -> None:
    """Design, section 4: FORBIDDEN comes before SESSION_ENDED, NOT_YOUR_TURN and STALE."""
    story = Story(REVIEWED, {"total": 50, "route": "one"})
    story.decide("nothing", actor=ADA_HERSELF)
    assert story.code == "FORBIDDEN"
    story.cancel()
    story.decide("nothing", actor=ADA_HERSELF)
    assert story.code == "FORBIDDEN"
    story.decide("nothing")
    assert story.code == "SESSION_ENDED"


def test_a_session_that_has_ended_is_not_cancelled() -> None:
    story = Story(REVIEWED, {"total": 50, "route": "one"})
    story.cancel()
    ended = story.session.ended
    story.cancel()
    assert (story.code, story.session.ended) == ("SESSION_ENDED", ended)


# Bound to the session and the stay, and used once (faults 19 and 20).


def denied(story: Story) -> tuple[str, str | None]:
    """The last row, which a refused decision has left."""
    return story.facts[-1].kind, story.facts[-1].code


def test_what_another_session_shows_decides_nothing_here_however_equal_it_looks() -> None:
    one, other = (at_review(Story(REVIEWED, {"total": 50, "route": "one"}, named=name)) for name in ("s-1", "s-2"))
    there, here = other.session.stay.review, one.session.stay.review
    assert there is not None
    assert here is not None
    assert there.shown == here.shown
    one.decide("approve", {"rationale": "r"}, digest=there.shown_digest)
    assert (one.code, denied(one), one.state) == ("STALE", ("denied", "STALE"), "review")


def test_what_an_earlier_stay_has_shown_decides_nothing_in_this_one_whatever_stay_is_named(story: Story) -> None:
    earlier = story.session.stay.review
    assert earlier is not None
    story.decide("ask", {"rationale": "r", "why": "w"})
    story.send("answered", actor=OUTSIDE)
    at_review(story)
    now = story.session.stay.review
    assert now is not None
    assert now.shown == earlier.shown
    story.decide("approve", {"rationale": "r"}, digest=earlier.shown_digest)
    assert (story.code, denied(story)) == ("STALE", ("denied", "STALE"))
    story.decide("approve", {"rationale": "r"}, digest=now.shown_digest, stay=1)
    assert (story.code, denied(story)) == ("STALE", ("denied", "STALE"))


@pytest.mark.parametrize("digest", ["", "sha256:", "none"])
def test_a_forged_digest_decides_nothing(story: Story, digest: str) -> None:
    story.decide("approve", {"rationale": "r"}, digest=digest)
    assert (story.code, denied(story)) == ("STALE", ("denied", "STALE"))


def test_a_decision_after_the_review_was_due_is_none(story: Story) -> None:
    """Expired: the review has gone elsewhere."""
    review = story.session.stay.review
    assert review is not None
    story.pass_time(86_400_000)
    story.decide("approve", {"rationale": "r"}, digest=review.shown_digest, stay=1)
    assert (story.code, denied(story), story.state) == ("SESSION_ENDED", ("denied", "SESSION_ENDED"), "done")


# Who is excluded (design, section 7): a name means the person who answers for it.


@pytest.mark.parametrize(
    ("actor", "owns", "code"),
    [
        (Actor("human", "ben", ("reviewer",)), ("bot",), None),
        (Actor("human", "ben", ("reviewer",)), ("bot", "x"), "FORBIDDEN"),
        (Actor("human", "ben-at-home", ("reviewer",), owner="x"), (), "FORBIDDEN"),
        (Actor("human", "oidc:zoe", ("reviewer",)), (), "FORBIDDEN"),
        (Actor("human", "oidc:zo", ("reviewer",)), (), None),
    ],
)
def test_an_exclusion_of_an_agent_excludes_who_answers_for_it(
    actor: Actor, owns: tuple[str, ...], code: str | None
) -> None:
    """`oidc:zoe/app` is zoe's agent by its name; of others the server says who answers for them."""
    story = excluding("=record.who, ='oidc:zoe/app'", "{type: array}")
    review = story.session.stay.review
    assert review is not None
    for request in (Claim(owns=owns), Decide("approve", {}, review.shown_digest, 1, owns=owns)):
        story.submit(request, actor, channel="cli")
        assert story.code == code


def test_the_decision_of_a_person_is_that_of_whoever_answers_for_them() -> None:
    """So that what is excluded by `decisions.STATE.by` is the person."""
    story = excluding("='nobody'", "{type: array}")
    story.decide("approve", actor=Actor("human", "ben-at-home", ("reviewer",), owner="ben"))
    assert story.session.decisions["review"].by == "ben"
    assert story.facts[-2].actor_id == "ben-at-home"
