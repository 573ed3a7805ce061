"""A small disk of a test's own: full, read-only, or failing, on command."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest


@contextlib.contextmanager
def small_disk(folder: Path, size: int) -> Iterator[Path]:
    """A new folder on a disk of its own, of so many bytes. Skips the test where none can be mounted."""
    folder.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=700", "none", str(folder)],
                          capture_output=True, text=True, check=False)
    if made.returncode:
        pytest.skip(f"no disk can be mounted here: {made.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(disk: Path) -> Path:
    """A file that takes all the room that is left."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (65_536, 4096, 1):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError:
                continue
    return filler


def remount(disk: Path, how: str) -> None:
    """Read-only (`ro`), or writable again (`rw`)."""
    subprocess.run(["mount", "-o", f"remount,{how}", str(disk)], check=True)


class FailingDisk:
    """An ext4 in a file."""

    def __init__(self, folder: Path, image: Path) -> None:
        self._folder, self._image = folder, image

    def mount(self) -> None:
        """Skips the test where none can be mounted."""
        made = _run("mount", "-o", "loop,errors=remount-ro", self._image, self._folder)
        if made.returncode:
            pytest.skip(f"no disk can be mounted here: {made.stderr.strip()}")

    def unmount(self) -> None:
        """Whoever still has it open keeps what they see."""
        assert _run("umount", "-l", self._folder).returncode == 0

    def fail(self) -> None:
        """The kernel finds an error: from now on nothing can be written, by whoever has it open, either."""
        device = _run("findmnt", "-no", "SOURCE", self._folder).stdout.strip()
        trigger = Path(f"/sys/fs/ext4/{Path(device).name}/trigger_fs_error")
        if not trigger.exists():
            self.unmount()
            pytest.skip("this kernel lets no disk fail on command")
        trigger.write_text("1")

    def repair(self) -> None:
        """What an operator does: unmount, check, mount. Nobody may have it open."""
        assert _run("umount", self._folder).returncode == 0
        assert _run("e2fsck", "-fp", self._image).returncode in (0, 1)
        self.mount()

    def seal(self, *, is_sealed: bool) -> None:
        """Forbid to write all that lies there, or allow it again."""
        files = [path for path in self._folder.rglob("store.db*") if path.is_file()]
        assert _run("chattr", "+i" if is_sealed else "-i", *files).returncode == 0


@contextlib.contextmanager
def failing_disk(folder: Path, size: int) -> Iterator[FailingDisk]:
    """A new folder on a disk of its own that can fail. Skips the test where there is none."""
    if not all(map(shutil.which, ("mkfs.ext4", "e2fsck", "chattr", "findmnt"))):
        pytest.skip("the tools of ext4 are not here (e2fsprogs)")
    folder.mkdir()
    image = folder.with_name(f"{folder.name}.ext4")
    with image.open("wb") as file:
        file.truncate(size)
    assert _run("mkfs.ext4", "-q", "-F", image).returncode == 0
    disk = FailingDisk(folder, image)
    disk.mount()
    try:
        yield disk
    finally:
        _run("umount", "-l", folder)


def _run(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False)
