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
    found = [*put_through("files", *map(str, paths))]
    # Other work on the machine makes processor time longer, never shorter: what seems dear is measured once more.
    dear = {one.name for one in found if one.seconds >= MOST_SECONDS}
    found += put_through("files", *(str(path) for path in paths if path.name in dear)) if dear else []
    for path in paths:
        path.unlink()
    return {Path(one.name).stem: one for one in found}


@pytest.mark.parametrize("name", COSTLY)
def test_what_is_made_to_cost_costs_little(name: str, fates: dict[str, Fate]) -> None:
    fate = fates[name]
    assert fate.wrong == ()
    assert fate.fate in ("routed", "held")
    assert fate.seconds < MOST_SECONDS
    assert fate.megabytes - fate.before < MOST_MEGABYTES
