"""Training's own process: the arithmetic that is asked for, and what comes back from it."""

from __future__ import annotations

import os

import pytest

from bot.errors import SetupError
from bot.learn.steady import STEADY, steadily


def asked_for() -> dict[str, str | None]:
    return {name: os.environ.get(name) for name in STEADY} | {"pid": str(os.getpid())}


def fail(what: str) -> None:
    raise SetupError(what, "Mend it.")


def test_it_runs_elsewhere_with_one_kind_of_kernels_and_leaves_no_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    before = asked_for()
    there = steadily(asked_for)
    assert {name: there[name] for name in STEADY} == STEADY
    assert there["pid"] != before["pid"]
    assert asked_for() == before


def test_what_it_raises_comes_back_with_its_mend() -> None:
    with pytest.raises(SetupError) as caught:
        steadily(fail, "A message cannot be read.")
    assert (caught.value.what, caught.value.mend) == ("A message cannot be read.", "Mend it.")
