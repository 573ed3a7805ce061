"""The judges in force: a good edit is taken up, a bad one stops nothing, and the rules go on without a model."""

from __future__ import annotations

import os
import time
from datetime import timedelta
from pathlib import Path

import pytest

from bot.config import Config
from bot.errors import RulesError
from bot.pipeline import bell as bells
from bot.pipeline.bell import Bell
from bot.pipeline.judges import MODEL_FAULT, RULES_FAULT, InForce
from bot.store.store import Store
from tests.unit.builders import CONFIG, NOW, config, rules, texts, write_rules


@pytest.fixture
def settled(tmp_path: Path) -> Config:
    return config(tmp_path)


@pytest.fixture
def store() -> Store:
    return Store.in_memory()


def edit(one: Config, routing: str) -> None:
    path = write_rules(one.rules, texts(routing=routing)) / "routing.yaml"
    later = path.stat().st_mtime_ns + 1_000_000_000
    os.utime(path, ns=(later, later))


def keys(store: Store) -> list[str]:
    return [fault.key for fault in store.health.faults()]


def test_without_an_edit_nothing_changes(settled: Config, store: Store) -> None:
    in_force = InForce(settled, store, NOW)
    before = in_force()
    assert in_force.refresh(NOW).changed is False
    assert in_force() is before


def test_a_good_edit_is_taken_up(settled: Config, store: Store) -> None:
    in_force = InForce(settled, store, NOW)
    edit(settled, rules("rule: r, when: {text: a}, to: [dana]"))
    assert in_force.refresh(NOW).changed is True
    assert [rule.rule for rule in in_force().book.rules] == ["r"]
    assert in_force.refresh(NOW).changed is False


def test_a_touched_file_is_no_edit(settled: Config, store: Store) -> None:
    in_force = InForce(settled, store, NOW)
    edit(settled, "")
    assert in_force.refresh(NOW).changed is False


@pytest.mark.parametrize("wrong", ["rules: [", "rules: x\n", "\t", rules("rule: r, when: {area: nil}, to: [dana]")])
def test_a_bad_edit_leaves_the_rules_before_it_in_force_and_is_told(
    settled: Config, store: Store, wrong: str
) -> None:
    edit(settled, rules("rule: r, when: {text: a}, to: [dana]"))
    in_force = InForce(settled, store, NOW)
    edit(settled, wrong + "\n# longer")
    found = in_force.refresh(NOW)
    assert found.wrong is not None
    assert [rule.rule for rule in in_force().book.rules] == ["r"]
    [fault] = [fault for fault in store.health.faults() if fault.key == RULES_FAULT]
    assert "routing.yaml" in fault.what
    assert fault.mend
    assert in_force.refresh(NOW).wrong is None            # told once
    edit(settled, rules("rule: s, when: {text: a}, to: [dana]"))
    in_force.refresh(NOW)
    assert [rule.rule for rule in in_force().book.rules] == ["s"]
    assert RULES_FAULT not in keys(store)


def test_a_start_with_bad_files_takes_the_last_good_ones(settled: Config, store: Store) -> None:
    edit(settled, rules("rule: r, when: {text: a}, to: [dana]"))
    InForce(settled, store, NOW)
    edit(settled, "rules: [")
    assert [rule.rule for rule in InForce(settled, store, NOW)().book.rules] == ["r"]
    assert RULES_FAULT in keys(store)


def test_a_first_start_with_bad_files_says_so(settled: Config, store: Store) -> None:
    edit(settled, "rules: [")
    with pytest.raises(RulesError, match=r"routing\.yaml"):
        InForce(settled, store, NOW)


def test_a_file_that_vanished_is_a_bad_edit(settled: Config, store: Store) -> None:
    in_force = InForce(settled, store, NOW)
    (settled.rules / "people.yaml").unlink()
    assert in_force.refresh(NOW).wrong is not None
    assert set(in_force().book.people) == {"robin", "dana", "lee", "sam"}


def test_without_a_model_the_rules_alone_go_on_and_it_is_told(tmp_path: Path, store: Store) -> None:
    bare = config(tmp_path, CONFIG + "model: nowhere\n")
    in_force = InForce(bare, store, NOW)
    assert in_force.wrong
    assert "classifier" not in [tagger.name for tagger in in_force().taggers]
    assert len(in_force().taggers) >= 4
    [fault] = store.health.faults()
    assert (fault.key, "cannot be read" in fault.what, "Restore" in fault.mend) == (MODEL_FAULT, True, True)
    whole = bare.model_copy(update={"model": None})
    assert not InForce(whole, store, NOW).wrong
    assert store.health.faults() == []


# ── when a change is an edit ──


def test_a_change_is_an_edit_when_it_stands_still(settled: Config, store: Store) -> None:
    in_force = InForce(settled, store, NOW, keep=False)
    assert not in_force.has_edit(100)
    edit(settled, rules("rule: r, when: {text: a}, to: [dana]"))
    assert [in_force.has_edit(at) for at in (100, 100.4, 100.6)] == [False, False, True]
    assert in_force.is_settling
    assert in_force.refresh(NOW).changed
    assert not in_force.is_settling
    assert not in_force.has_edit(200)


@pytest.mark.parametrize(("half", "seconds"), [
    (rules("rule: r, when: {text: a}, to: [dana]") + "# and", 1.0),   # ends within a line
    ("", 4.0), ("rules: [", 4.0), ("rules:\n  - rule: r\n    when: {text: a}\n", 4.0),
])
def test_what_may_be_half_a_file_has_to_stand_for_longer(
    settled: Config, store: Store, half: str, seconds: float
) -> None:
    in_force = InForce(settled, store, NOW, keep=False)
    (settled.rules / "routing.yaml").write_text("# before\n")
    in_force.refresh(NOW)
    edit(settled, half)
    assert [in_force.has_edit(at) for at in (50, 50.6, 50 + seconds - 0.1, 50 + seconds)] == [False, False, False, True]


def test_a_file_that_is_written_on_is_no_edit_yet(settled: Config, store: Store) -> None:
    in_force = InForce(settled, store, NOW, keep=False)
    for at in range(10):
        (settled.rules / "routing.yaml").write_text("# one more line\n" * (at + 1))
        assert not in_force.has_edit(at * 0.4)
    assert in_force.has_edit(10)


def test_a_file_that_is_replaced_by_another_of_the_same_size_and_time_is_seen(settled: Config, store: Store) -> None:
    edit(settled, rules("rule: r, when: {text: a}, to: [dana]"))
    in_force = InForce(settled, store, NOW, keep=False)
    path = settled.rules / "routing.yaml"
    stat = path.stat()
    other = path.with_name("other")
    other.write_text(rules("rule: s, when: {text: a}, to: [dana]"))
    os.utime(other, ns=(stat.st_mtime_ns, stat.st_mtime_ns))
    other.replace(path)
    assert in_force.refresh(NOW).changed


# ── versions ──


def test_every_accepted_version_is_kept_and_looking_keeps_none(settled: Config, store: Store) -> None:
    in_force = InForce(settled, store, NOW)
    edit(settled, rules("rule: r, when: {text: a}, to: [dana]"))
    InForce(settled, store, NOW, keep=False)
    assert [one.came for one in store.rules.all()] == ["start"]
    in_force.refresh(NOW)
    edit(settled, "rules: [")
    in_force.refresh(NOW)
    InForce(settled, store, NOW)
    edit(settled, "")
    in_force.refresh(NOW, "signal")
    found = store.rules.all()
    assert [(one.number, one.came) for one in found] == [(3, "signal"), (2, "edit"), (1, "start")]
    assert found[0].version == found[2].version == in_force().book.version != found[1].version
    assert found[1].texts["routing.yaml"] == rules("rule: r, when: {text: a}, to: [dana]")


def test_a_mistake_is_told_under_one_name_as_long_as_it_stands(settled: Config, store: Store) -> None:
    in_force = InForce(settled, store, NOW)
    edit(settled, "rules: [")
    first = in_force.refresh(NOW).key
    later = NOW + timedelta(hours=1)
    assert in_force.refresh(later, "signal").key == first
    assert InForce(settled, store, later).refused.key == first
    edit(settled, "rules: x\n")
    assert in_force.refresh(later).key != first
    edit(settled, "")
    in_force.refresh(later)
    edit(settled, "rules: [")
    assert in_force.refresh(later).key != first


# ── the bell ──


def rings(bell: Bell, seconds: float = 5) -> bool:
    begun = time.monotonic()
    bell.wait(seconds)
    return time.monotonic() - begun < seconds - 0.1


def test_a_bell_rings_for_what_happens_to_the_files_and_for_nothing_else(settled: Config, tmp_path: Path) -> None:
    far = tmp_path / "far"
    far.mkdir()
    (settled.rules / "areas.yaml").rename(far / "areas.yaml")
    (settled.rules / "areas.yaml").symlink_to(far / "areas.yaml")
    bell = Bell(settled.rules)
    assert not rings(bell, 0.3)
    (settled.rules / "routing.yaml").write_text("# anew\n")
    assert rings(bell)
    (settled.rules / "new").write_text("# beside\n")
    (settled.rules / "new").replace(settled.rules / "people.yaml")
    assert rings(bell)
    (far / "areas.yaml").write_text("# through a link\n")
    assert rings(bell)
    bell.ring()
    bell.ring()
    assert rings(bell)
    assert not rings(bell, 0.3)
    bell.close()
    bell.ring()


def test_without_inotify_the_files_are_looked_at_now_and_then(
    settled: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(bells, "INotify", refuse)
    bell = Bell(settled.rules)
    assert rings(bell, 5)
    bell.close()
