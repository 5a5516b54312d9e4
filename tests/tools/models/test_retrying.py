"""When a question is asked again. No clock and no chance is real."""

import subprocess
import sys

import pytest

from pointsman.contracts.bounds import MODEL_ATTEMPTS, RETRY_WAIT_MS
from pointsman.tools.models.port import NoAnswer
from pointsman.tools.models.retrying import Failed, Retrying, may_help


class Trials:
    """Attempts that end as they are told, on a clock of their own."""

    def __init__(self, *ends: Failed | str) -> None:
        self.left = list(ends)
        self.now_s = 100.0
        self.waits_s: list[float] = []

    async def attempt(self) -> str:
        self.now_s += 2
        end = self.left.pop(0)
        if isinstance(end, Failed):
            raise end
        return end

    async def sleep(self, seconds: float) -> None:
        self.waits_s.append(seconds)
        self.now_s += seconds

    def retrying(self, chance: float = 1.0) -> Retrying:
        return Retrying(self.sleep, lambda: self.now_s, lambda: chance)


def broken(wait_ms: int | None = None) -> Failed:
    return Failed("It broke.", again=True, wait_ms=wait_ms)


async def test_waits_double_and_are_spread_over_their_second_half() -> None:
    for chance, waits_s in ((1.0, [1.0, 2.0, 4.0]), (0.0, [0.5, 1.0, 2.0])):
        trials = Trials(broken(), broken(), broken(), "answer")
        given, tried = await trials.retrying(chance).until_answered(trials.attempt)
        assert (given, tried.attempts, trials.waits_s) == ("answer", 4, waits_s)


async def test_the_time_includes_attempts_and_waits() -> None:
    trials = Trials(broken(wait_ms=500), "answer")
    _, tried = await trials.retrying().until_answered(trials.attempt)
    assert tried.duration_ms == 4_500


async def test_after_the_last_attempt_there_is_no_answer() -> None:
    trials = Trials(*[broken(wait_ms=10 * RETRY_WAIT_MS)] * 9)
    with pytest.raises(NoAnswer, match=r"^It broke\. It was asked 4 times\.$") as told:
        await trials.retrying().until_answered(trials.attempt)
    assert told.value.attempts == MODEL_ATTEMPTS == 4
    assert told.value.duration_ms == 8_000 + 3 * RETRY_WAIT_MS
    assert len(trials.waits_s) == 3


async def test_whoever_waits_is_told_why_and_how_long_before_each_further_attempt() -> None:
    told: list[tuple[str, int]] = []
    trials = Trials(broken(), broken(wait_ms=500), "answer")
    await trials.retrying().until_answered(trials.attempt, again=lambda why, wait_ms: told.append((why, wait_ms)))
    assert told == [("It broke.", 1_000), ("It broke.", 500)]


async def test_what_the_api_says_is_kept_apart_from_what_we_say() -> None:
    """It may quote the question, and so stands in no log."""
    trials = Trials(Failed("It is refused.", said="'secret' is wrong", again=False, lasting=True))
    with pytest.raises(NoAnswer, match=r"^It is refused\. The API says: 'secret' is wrong$") as told:
        await trials.retrying().until_answered(trials.attempt)
    assert (told.value.ours, told.value.lasting) == ("It is refused.", True)


async def test_what_cannot_be_mended_is_said_at_once() -> None:
    trials = Trials(Failed("No such model.", again=False))
    with pytest.raises(NoAnswer, match=r"^No such model\.$") as told:
        await trials.retrying().until_answered(trials.attempt)
    assert (told.value.attempts, trials.waits_s, told.value.__cause__) == (1, [], None)


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 504, 529])
def test_faults_that_pass_may_be_mended_by_asking_again(status: int) -> None:
    assert may_help(status)


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 413, 422])
def test_refusals_are_not(status: int) -> None:
    assert not may_help(status)


def test_the_sdk_is_not_imported_before_a_model_is_asked() -> None:
    code = "import sys, pointsman.tools.models.client; sys.exit('anthropic' in sys.modules or 'keyring' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
