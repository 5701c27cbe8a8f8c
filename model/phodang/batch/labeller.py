"""Items → labelled items: segmenting, the model and decoding at the same time.

Three stages work side by side, each on another block of articles. Processes find the words and
subwords, since Python's lock lets only one thread at a time do that; the model runs on threads,
where ONNX Runtime releases the lock; the calling thread decodes. Blocks come out in the order they
went in, and no article's labels depend on its block.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from phodang.arranging import ArticleArranger
from phodang.backend import Reading
from phodang.batch.items import Item, LabelledItem
from phodang.batch.labelled import LabelledArticle
from phodang.batch.records import Record, Rejection
from phodang.errors import PhodangError, SegmenterError
from phodang.labelling import ArticleLabeller
from phodang.waiting import WaitingArticle

_CHARACTERS_AT_ONCE = 20_000
"""Articles are put into a block until it has so many characters: a second or so of work, which has
to be waited for when a run is stopped."""
_BLOCKS_AHEAD = 2
"""So many blocks wait for the next stage, so that it never waits; more would only take memory."""
_THREADS_PER_PROCESS = 8
"""Finding words takes about a tenth of the model's time; one process keeps so many threads busy.
With fewer threads a process gains nothing, as `training/SPEED.md` shows."""
_IDLE_SECONDS = 60
"""A process that has had nothing to do for so long ends; the next block starts another."""
_SECONDS_BETWEEN_LOOKS = 0.5
"""How often a process looks whether the one that it works for is still there."""

_Value = TypeVar("_Value")
_Result = TypeVar("_Result")


class LocalLabeller:
    """Labels items on this machine.

    Args:
        arranger: Finds words and subwords.
        labeller: Runs the model, on threads of its own.
        tasks: What to read articles for.
        processes: How many processes find words; with 0 this one does, between the other stages.
    """

    def __init__(
        self,
        arranger: ArticleArranger,
        labeller: ArticleLabeller,
        *,
        tasks: Sequence[str],
        processes: int,
    ) -> None:
        self._arranger = arranger
        self._labeller = labeller
        self._tasks = tuple(tasks)
        self._processes = processes

    def label(self, items: Iterable[Item]) -> Iterator[LabelledItem]:
        """Label items.

        Returns:
            One labelled item for each, in order; a rejection stays what it is.

        Raises:
            PhodangError: A process that finds words was ended from outside.
        """
        if self._processes:
            return self._with_processes(items)
        return self._in_stages(items, self._arrange_now)

    def _with_processes(self, items: Iterable[Item]) -> Iterator[LabelledItem]:
        # Not the standard library's pool: it would run the user's script again in each process.
        from loky.process_executor import BrokenProcessPool, ProcessPoolExecutor

        pool = ProcessPoolExecutor(
            self._processes,
            timeout=_IDLE_SECONDS,
            initializer=_initialize,
            initargs=(self._arranger, self._tasks, os.getpid()),
        )

        def submit(texts: Sequence[str]) -> Future[list[WaitingArticle | str]]:
            # Processes start here. What they inherit keeps Ctrl-C from them, which is this one's.
            with _interrupts_held_back():
                future: Future[list[WaitingArticle | str]] = pool.submit(_arrange_there, texts)
            return future

        try:
            yield from self._in_stages(items, submit)
        except BrokenProcessPool as error:
            raise PhodangError(
                "A process that finds words ended before its work was done, perhaps for want of "
                f"memory ({error}). Run the command again to go on, with fewer processes or more "
                "memory."
            ) from error
        except BaseException:
            pool.shutdown(kill_workers=True)
            raise
        pool.shutdown()

    def _arrange_now(self, texts: Sequence[str]) -> Future[list[WaitingArticle | str]]:
        done: Future[list[WaitingArticle | str]] = Future()
        done.set_result(arrange(self._arranger, texts, self._tasks))
        return done

    def _in_stages(
        self,
        items: Iterable[Item],
        submit: Callable[[Sequence[str]], Future[list[WaitingArticle | str]]],
    ) -> Iterator[LabelledItem]:
        model = ThreadPoolExecutor(1, thread_name_prefix="phodang-model")
        arranged = _ahead(
            blocks_of(items),
            lambda block: submit(texts_of(block)),
            count=self._processes + _BLOCKS_AHEAD,
        )
        read = _ahead(arranged, lambda pair: model.submit(self._read, pair[1]), count=_BLOCKS_AHEAD)
        try:
            for (block, articles), readings in read:
                outcomes = iter(zip(articles, readings, strict=True))
                for item in block:
                    yield self._labelled(item, outcomes)
        finally:
            # Nobody wants what is waiting when the run is stopped.
            model.shutdown(cancel_futures=True)

    def _read(self, articles: Sequence[WaitingArticle | str]) -> list[list[Reading]]:
        """The readings of each article; none where there is only a reason."""
        waiting = [article for article in articles if not isinstance(article, str)]
        readings = iter(self._labeller.read(waiting, self._tasks))
        return [[] if isinstance(article, str) else next(readings) for article in articles]

    def _labelled(
        self, item: Item, outcomes: Iterator[tuple[WaitingArticle | str, list[Reading]]]
    ) -> LabelledItem:
        record = item.value
        if isinstance(record, Rejection):
            return LabelledItem(record, item.behind)
        article, readings = next(outcomes)
        if isinstance(article, str):
            return LabelledItem(Rejection(record.place, article, record.id), item.behind)
        labelled = self._labeller.label(article, readings, self._tasks)
        return LabelledItem(LabelledArticle(record.id, labelled, record.fields), item.behind)


def default_processes(threads: int) -> int:
    """How many processes find words for a model that runs on so many threads."""
    return threads // _THREADS_PER_PROCESS


def blocks_of(items: Iterable[Item]) -> Iterator[list[Item]]:
    """Put items together until their texts have `_CHARACTERS_AT_ONCE` characters or more."""
    block: list[Item] = []
    weight = 0
    for item in items:
        block.append(item)
        weight += 1 if isinstance(item.value, Rejection) else len(item.value.text)
        if weight >= _CHARACTERS_AT_ONCE:
            yield block
            block, weight = [], 0
    if block:
        yield block


def texts_of(block: Iterable[Item]) -> list[str]:
    """The texts of a block's records, in order."""
    return [item.value.text for item in block if isinstance(item.value, Record)]


def arrange(
    arranger: ArticleArranger, texts: Sequence[str], tasks: Sequence[str]
) -> list[WaitingArticle | str]:
    """Arrange texts; of one that the segmenter fails on, say why."""
    arranged: list[WaitingArticle | str] = []
    for text in texts:
        try:
            arranged.append(arranger.arrange(text, tasks))
        except SegmenterError as error:
            arranged.append(str(error))
    return arranged


def _ahead(
    values: Iterable[_Value], submit: Callable[[_Value], Future[_Result]], *, count: int
) -> Iterator[tuple[_Value, _Result]]:
    """Yield values with their results, in order, with ``count`` more of them under way."""
    waiting: deque[tuple[_Value, Future[_Result]]] = deque()
    for value in values:
        waiting.append((value, submit(value)))
        if len(waiting) > count:
            first, result = waiting.popleft()
            yield first, result.result()
    for first, result in waiting:
        yield first, result.result()


@contextmanager
def _interrupts_held_back() -> Iterator[None]:
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


_here: tuple[ArticleArranger, tuple[str, ...]] | None = None
"""What a process that finds words does it with."""


def _initialize(arranger: ArticleArranger, tasks: tuple[str, ...], parent: int) -> None:
    global _here
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    _here = arranger, tasks


def _end_with(parent: int) -> None:
    """End this process when its parent has been killed, which nothing else would tell it.

    On Windows a process keeps the number of its dead parent; there it ends when it has been idle.
    """
    while os.getppid() == parent:
        time.sleep(_SECONDS_BETWEEN_LOOKS)
    os._exit(1)


def _arrange_there(texts: Sequence[str]) -> list[WaitingArticle | str]:
    assert _here is not None
    arranger, tasks = _here
    return arrange(arranger, texts, tasks)
