"""Work in a process of its own: with memory of its own, and settings that touch nothing else."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from phodang.errors import PhodangError

_Result = TypeVar("_Result")


def in_own_process(work: Callable[[], _Result]) -> _Result:
    """Do some work in a fresh process, and wait for it.

    Args:
        work: What to do; it and its result are pickled.

    Raises:
        PhodangError: The process was ended from outside.
    """
    # Not the standard library's pool: it would run the user's script again in the process.
    from loky.process_executor import BrokenProcessPool, ProcessPoolExecutor

    pool = ProcessPoolExecutor(1)
    try:
        result: _Result = pool.submit(work).result()
        return result
    except BrokenProcessPool as error:
        raise PhodangError(
            f"The process that was measured ended, perhaps for want of memory ({error}). Run the "
            "benchmark again with more memory, or without the comparison (--baseline-words 0)."
        ) from error
    finally:
        pool.shutdown(kill_workers=True)


@contextmanager
def torch_threads(count: int) -> Iterator[None]:
    """Let torch use so many threads meanwhile, if it is loaded."""
    torch = sys.modules.get("torch")
    if torch is None:
        yield
        return
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
