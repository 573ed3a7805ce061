"""Mail made worse by a seed goes through the whole line: accounted for, kept byte for byte, harmless in what leaves.

`make test` makes a thousand, `make soak` twenty thousand; `python -m tests.hostile.mutate SEED NUMBER` writes one out.
"""

from __future__ import annotations

import os

import pytest

from tests.hostile.process import put_through

SOAK = bool(os.environ.get("LIAISON_SOAK"))
SEEDS, EACH = (20, 1_000) if SOAK else (4, 250)
#: Seconds of processor time for one message. A quiet machine takes a twentieth of it.
MOST_SECONDS = 2.0


@pytest.mark.parametrize("seed", range(SEEDS))
def test_mail_made_worse_is_accounted_for_and_harms_nobody(seed: int) -> None:
    found = put_through("fuzz", str(seed), str(EACH))
    messages = [one for one in found if one.fate]
    assert len(messages) == EACH
    assert [one for one in found if one.wrong] == []
    assert {one.fate for one in messages} <= {"routed", "held", "folded", "set-aside", "quarantined"}
    assert [one for one in messages if one.why.startswith("reading it failed")] == []
    assert [one for one in messages if one.seconds > MOST_SECONDS] == []
    assert sum(sum(one.counts.values()) for one in found) == EACH


def test_the_changes_reach_every_fate() -> None:
    """A fuzzer whose mail all looks the same to the bot tries nothing."""
    fates = [one.fate for one in put_through("fuzz", "2", "100")]
    assert {"routed", "held", "folded", "set-aside"} <= set(fates)
    assert max(fates.count(fate) for fate in set(fates)) < 80


