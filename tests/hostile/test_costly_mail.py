"""No message takes over 2 seconds of processor time, or over 200 MB beyond what the bot has anyway."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.hostile.costly import COSTLY, written
from tests.hostile.process import Fate, put_through

MOST_SECONDS, MOST_MEGABYTES = 2.0, 200


@pytest.fixture(scope="module")
def fates(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Fate]:
    """What became of each, in a process of its own each."""
    paths = written(tmp_path_factory.mktemp("costly"))
    found = {Path(one.name).stem: one for one in put_through("files", *map(str, paths))}
    for path in paths:
        path.unlink()
    return found


@pytest.mark.parametrize("name", COSTLY)
def test_what_is_made_to_cost_costs_little(name: str, fates: dict[str, Fate]) -> None:
    fate = fates[name]
    assert fate.wrong == ()
    assert fate.fate in ("routed", "held")
    assert fate.seconds < MOST_SECONDS
    assert fate.megabytes - fate.before < MOST_MEGABYTES
