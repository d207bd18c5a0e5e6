"""Work on many files in several processes: in order, and one file's crash is its own."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from types import FrameType
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import Future, ProcessPoolExecutor

Task = TypeVar("Task")
Done = TypeVar("Done")

# A new interpreter costs about 0.3 s: below this many tasks one process is faster.
_FEWEST = 6
_PATIENCE = 10.0  # seconds for a worker to clean up in


@dataclass(frozen=True)
class Crash(Generic[Task]):
    """A task whose process died (out of memory, a fault in native code), with what is known about it."""

    task: Task
    reason: str


def run(
    tasks: Sequence[Task], work: Callable[[Task], Done], workers: int, fewest: int = _FEWEST
) -> Iterator[Done | Crash[Task]]:
    """``work(task)`` for each task, in the order of the tasks; in this process if they are fewer than ``fewest``.

    ``work`` must not raise: what it raises ends everything. When a worker process dies, the tasks that were under way
    are repeated one by one, each in a process of its own, to find the one at fault.
    """
    if workers <= 1 or len(tasks) < fewest:
        for task in tasks:
            yield work(task)
        return
    next_task = 0
    while next_task < len(tasks):
        for outcome in _until_broken(tasks[next_task:], work, workers):
            next_task += 1
            yield outcome
        # Broken: the oldest unfinished tasks were under way, one per worker at most, and one more in the queue.
        for task in tasks[next_task : next_task + workers + 1]:
            next_task += 1
            yield _alone(task, work)


def _until_broken(tasks: Sequence[Task], work: Callable[[Task], Done], workers: int) -> Iterator[Done]:
    """Results in order, until all are done or a worker died."""
    from concurrent.futures.process import BrokenProcessPool

    executor = _executor(min(workers, len(tasks)))
    pending: list[Future[Done]] = []
    submitted = 0
    try:
        while pending or submitted < len(tasks):
            # No more in flight than there are workers, so that few tasks are under suspicion after a crash.
            while submitted < len(tasks) and sum(not future.done() for future in pending) <= workers:
                pending.append(_submit(executor, work, tasks[submitted]))
                submitted += 1
            yield pending[0].result()
            del pending[0]
    except BrokenProcessPool:
        return
    finally:
        _stop(executor)


def _alone(task: Task, work: Callable[[Task], Done]) -> Done | Crash[Task]:
    from concurrent.futures.process import BrokenProcessPool

    executor = _executor(1)
    try:
        return _submit(executor, work, task).result()
    except BrokenProcessPool:
        return Crash(task, "the process that worked on it died")
    finally:
        _stop(executor)


def _executor(workers: int) -> ProcessPoolExecutor:
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    # "spawn" works alike everywhere and is safe beside the thread that draws the progress bar.
    return ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"), initializer=_prepare_worker)


def _submit(executor: ProcessPoolExecutor, work: Callable[[Task], Done], task: Task) -> Future[Done]:
    """Submit a task; a worker that this starts is deaf to Ctrl-C from its first instruction on."""
    if not hasattr(signal, "pthread_sigmask"):
        return executor.submit(work, task)
    old = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # inherited by the new process
    try:
        return executor.submit(work, task)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, old)


def _prepare_worker() -> None:
    """Ctrl-C reaches the whole process group, but the parent alone decides; told to end, a worker cleans up."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _end)


def _end(signum: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + signum)  # runs the `finally` blocks: children are killed, passing files removed


def _stop(executor: ProcessPoolExecutor) -> None:
    """End the workers now; after an interrupt nobody waits for their results."""
    processes = list((getattr(executor, "_processes", None) or {}).values())
    executor.shutdown(wait=False, cancel_futures=True)
    for process in processes:
        process.terminate()
    for process in processes:
        process.join(_PATIENCE)
        process.kill()
