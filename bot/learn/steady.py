"""Where training runs: a process of its own, whose arithmetic is the same on every x86-64 machine of these ten years.

OpenBLAS and numpy choose their kernels by the processor they find, and each kind rounds differently; so does a sum that
several threads share. One kind, which all such processors have, and one thread are asked for before either is loaded.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

#: What is read when the libraries are loaded: kernels for AVX2 at most, and no threads.
STEADY = {
    "OPENBLAS_CORETYPE": "Haswell",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL AVX512_SPR",
}


def steadily(work: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
    """What `work` returns, done in such a process; what it raises is raised here. Both are carried by pickle."""
    spawn = multiprocessing.get_context("spawn")
    with _environment(STEADY), ProcessPoolExecutor(max_workers=1, mp_context=spawn) as process:
        return process.submit(work, *arguments, **named).result()


@contextmanager
def _environment(settings: Mapping[str, str]) -> Iterator[None]:
    kept = {name: os.environ.get(name) for name in settings}
    os.environ.update(settings)
    try:
        yield
    finally:
        for name, value in kept.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
