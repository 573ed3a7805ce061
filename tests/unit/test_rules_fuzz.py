"""Damaged files of the liaison's: never a traceback, always file and line, always the old rules in force, never slow.

Each damage is made from the shipped files by a seed that its number names. `make soak` makes five thousand.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable
from pathlib import Path

from bot.errors import RulesError
from bot.pipeline.judges import RULES_FAULT, InForce
from bot.rulebook import FILES, load_rulebook
from bot.store.store import Store
from tests.unit.builders import NOW, SHIPPED_RULES, config, write_rules

SOAK = bool(os.environ.get("LIAISON_SOAK"))
COUNT = 5_000 if SOAK else 400
SHIPPED = {name: (SHIPPED_RULES / name).read_bytes() for name in FILES}
_ODD = (b"~", b"yes", b"0o17", b"1e999", b".inf", b".nan", b"-", b"!!binary x", b"!!set {a}", b"&a *a", b"*a", b"| \n",
        b"''", b"!!python/object/apply:os.system [ls]", b"9" * 5000, b"0x" + b"f" * 4000, b"1_000", b"2026-99-99", b"{",
        b"[", b"? x",
        b"%TAG ! x", b"---", b"...", b"<<: *a", b"@x", b"`x`", b"'", b'"\\xZZ"', b"\xe2\x80\xa8", b"\xef\xbb\xbf", b"#")


def _lines(raw: bytes, change: Callable[[list[bytes], random.Random], None], chance: random.Random) -> bytes:
    lines = raw.split(b"\n")
    change(lines, chance)
    return b"\n".join(lines)


def cut(raw: bytes, chance: random.Random) -> bytes:
    return raw[:chance.randrange(len(raw))]


def hole(raw: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(raw))
    return raw[:start] + raw[start + chance.randrange(1, 200):]


def doubled(raw: bytes, chance: random.Random) -> bytes:
    def change(lines: list[bytes], chance: random.Random) -> None:
        at = chance.randrange(len(lines))
        lines[at:at] = lines[at:at + chance.randrange(1, 8)]

    return _lines(raw, change, chance)


def tabbed(raw: bytes, chance: random.Random) -> bytes:
    return raw.replace(b"  ", b"\t", chance.randrange(1, 30))


def encoded(raw: bytes, chance: random.Random) -> bytes:
    text = raw.decode("utf-8", "replace") + "# café ☕ \N{GRINNING FACE}\n"
    return text.encode(chance.choice(["utf-16", "utf-32", "utf-7", "cp037", "utf-8-sig", "utf-16-le"]), "replace")


def latin(raw: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(raw))
    return raw[:at] + bytes([chance.randrange(128, 256)]) + raw[at:]


def nested(raw: bytes, chance: random.Random) -> bytes:
    depth = chance.choice([20, 100, 3_000, 50_000])
    opened, closed = chance.choice([(b"[", b"]"), (b"{a: ", b"}"), (b"- ", b""), (b"{all: [", b"]}"), (b"? ", b"")])
    return raw + b"\nx: " + opened * depth + (closed * depth if chance.random() < 0.5 else b"") + b"\n"


def bomb(raw: bytes, chance: random.Random) -> bytes:
    width = chance.randrange(2, 12)
    lines = [b"a0: &a0 [x, x]"]
    for n in range(1, chance.randrange(2, 30)):
        lines.append(b"a%d: &a%d [" % (n, n) + b", ".join([b"*a%d" % (n - 1)] * width) + b"]")
    return b"\n".join([*lines, chance.choice([b"", b"z: &z {z: *z}", b"z: &z [*z, *q]"]), raw])


def odd(raw: bytes, chance: random.Random) -> bytes:
    def change(lines: list[bytes], chance: random.Random) -> None:
        at = chance.randrange(len(lines))
        lines[at] = lines[at].partition(b":")[0] + b": " + chance.choice(_ODD)

    return _lines(raw, change, chance)


def strewn(raw: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(raw))
    return raw[:at] + chance.choice(_ODD) + raw[at:]


def huge(raw: bytes, chance: random.Random) -> bytes:
    return raw + b"\n" + chance.choice([b"k: " + b"x" * 900_000, b"x" * 900_000, b"k: [" + b"1, " * 150_000 + b"1]",
                                        b"".join(b"k%d: {label: x}\n" % n for n in range(20_000))])


def twice(raw: bytes, chance: random.Random) -> bytes:
    return raw + b"\n" + raw


def control(raw: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(raw))
    return raw[:at] + bytes([chance.choice([0, 0, 1, 7, 8, 11, 12, 27, 127])]) * chance.randrange(1, 9) + raw[at:]


def swapped(raw: bytes, chance: random.Random) -> bytes:
    def change(lines: list[bytes], chance: random.Random) -> None:
        one, other = chance.randrange(len(lines)), chance.randrange(len(lines))
        lines[one], lines[other] = lines[other], lines[one]

    return _lines(raw, change, chance)


def shifted(raw: bytes, chance: random.Random) -> bytes:
    def change(lines: list[bytes], chance: random.Random) -> None:
        at = chance.randrange(len(lines))
        lines[at] = b" " * chance.randrange(1, 5) + lines[at]

    return _lines(raw, change, chance)


def noise(raw: bytes, chance: random.Random) -> bytes:
    return chance.randbytes(chance.randrange(3_000))


DAMAGES = (cut, hole, doubled, tabbed, encoded, latin, nested, bomb, odd, odd, strewn, strewn, huge, twice, control,
           swapped, shifted, noise)


def damaged(number: int) -> tuple[str, bytes]:
    """The name of a file, and what became of it."""
    chance = random.Random(number)
    name = chance.choice(FILES)
    raw = SHIPPED[name]
    for damage in [DAMAGES[number % len(DAMAGES)], *chance.sample(DAMAGES, k=chance.choice([0, 0, 1, 2]))]:
        raw = damage(raw, chance) if raw else raw
    return name, raw


def refusal(folder: Path) -> RulesError | None:
    try:
        load_rulebook(folder, "robin")
    except RulesError as wrong:
        return wrong
    return None


def test_no_damaged_file_is_more_than_refused(tmp_path: Path) -> None:
    write_rules(tmp_path, {name: raw.decode() for name, raw in SHIPPED.items()})
    refused = 0
    for number in range(COUNT):
        name, raw = damaged(number)
        (tmp_path / name).write_bytes(raw)
        begun = time.process_time()
        wrong = refusal(tmp_path)
        if wrong is not None:
            refused += 1
            assert wrong.problems, number
            assert all(one.line and one.file.name in FILES and one.what for one in wrong.problems), (number, str(wrong))
            assert name in {one.file.name for one in wrong.problems} or name != "routing.yaml", number
            assert all(len(str(one)) < 2_000 for one in wrong.problems), number
        assert time.process_time() - begun < 3, (number, name, len(raw))
        (tmp_path / name).write_bytes(SHIPPED[name])
    assert refused > COUNT * 0.6


def test_the_old_rules_stay_in_force_through_all_damages(tmp_path: Path) -> None:
    one = config(tmp_path)
    write_rules(one.rules, {name: raw.decode() for name, raw in SHIPPED.items()})
    store = Store.in_memory()
    in_force = InForce(one, store, NOW)
    for number in range(COUNT // 10):
        name, raw = damaged(number)
        before = in_force()
        (one.rules / name).write_bytes(raw)
        found = in_force.refresh(NOW, "signal")
        assert found.changed != (in_force() is before), number
        if found.wrong is not None:
            assert in_force() is before, number
            [fault] = [fault for fault in store.health.faults() if fault.key == RULES_FAULT]
            assert ".yaml:" in fault.what, number
        (one.rules / name).write_bytes(SHIPPED[name])
        in_force.refresh(NOW, "signal")
    assert in_force().book.version == load_rulebook(SHIPPED_RULES, "robin").version
    store.close()
