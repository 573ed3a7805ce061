"""Steps and what came of them. A step is a function without arguments that says what it saw, or raises LiaisonError;
steps of one course build on each other: after one that failed the rest cannot be reached, and says so."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from bot.errors import LiaisonError

State = Literal["well", "doubt", "wrong", "not reached", "not tried"]


class Doubt(LiaisonError):  # noqa: N818  no error: something that may be meant
    """It works, and something about it wants a look."""


class Untried(LiaisonError):  # noqa: N818  no error
    """It cannot be told here; why not."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """What one step saw, and what to do about it."""

    course: str
    step: str
    state: State
    saw: str
    mend: str = ""

    def as_json(self) -> dict[str, str]:
        """The fields for scripts, always all of them."""
        return {"course": self.course, "step": self.step, "state": self.state, "saw": self.saw, "mend": self.mend}


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One thing to try. `seconds` is the limit for all of it; with `is_alone` the others of its course do not need
    it."""

    name: str
    work: Callable[[], str]
    seconds: float = 30
    is_alone: bool = False


def walk(course: str, steps: Sequence[Step]) -> Iterator[Finding]:
    """Take the steps, one after another."""
    failed = ""
    for step in steps:
        if failed:
            yield Finding(course=course, step=step.name, state="not reached",
                          saw=f"Not tried, because the step “{failed}” failed.")
            continue
        finding = take(course, step)
        yield finding
        if finding.state == "wrong" and not step.is_alone:
            failed = step.name


def take(course: str, step: Step) -> Finding:
    """Take one step within its limit. One that hangs is left behind in its thread, which ends with the process."""
    done: list[tuple[State, str, str]] = []
    thread = threading.Thread(target=lambda: done.append(_outcome(step)), daemon=True, name=f"doctor-{step.name}")
    thread.start()
    thread.join(step.seconds)
    state, saw, mend = done[0] if done else (
        "wrong", f"No answer within {step.seconds:g} seconds.", "Look at the network and the firewall between.")
    return Finding(course=course, step=step.name, state=state, saw=saw, mend=mend)


def _outcome(step: Step) -> tuple[State, str, str]:
    try:
        return "well", step.work(), ""
    except Doubt as doubt:
        return "doubt", doubt.what, doubt.mend
    except Untried as untried:
        return "not tried", untried.what, untried.mend
    except LiaisonError as wrong:
        return "wrong", wrong.what, wrong.mend
    except Exception as wrong:  # noqa: BLE001  a server may answer anything; its words may hold what nobody should read
        return "wrong", f"It failed in an unexpected way ({type(wrong).__name__}).", "Tell whoever maintains the bot."
