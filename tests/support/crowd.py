"""Many who do the same thing at the same moment: real processes with a few threads each, let go by one barrier."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from idp.app import create_app
from idp.kernel.clock import driven_by
from idp.kernel.settings import Settings
from tests.support.clock import Clock

PROCESSES = 10
THREADS = 5
CROWD = PROCESSES * THREADS
PATIENCE = 120


def at_once(act: Callable[..., Any], settings: Settings, now: int, *arguments: Any) -> list[Any]:
    """What ``act(app, *arguments)`` returned to each of fifty, who all began together at the time ``now``.

    ``act`` is a function of a module, since each process finds it by its name.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__, act.__module__])
    barrier, answers = context.Barrier(CROWD), context.Queue()
    job = (act, settings, now, arguments, barrier, answers)
    processes = [context.Process(target=_work, args=job, daemon=True) for _ in range(PROCESSES)]
    for process in processes:
        process.start()
    collected = [answers.get(timeout=PATIENCE) for _ in range(CROWD)]
    for process in processes:
        process.join(PATIENCE)
    for answer in collected:
        if isinstance(answer, BaseException):
            raise answer
    return collected


def _work(
    act: Callable[..., Any], settings: Settings, now: int, arguments: tuple[Any, ...], barrier: Any, answers: Any
) -> None:
    app = create_app(settings)

    def one() -> Any:
        barrier.wait(PATIENCE)
        return act(app, *arguments)

    with driven_by(Clock(now)), ThreadPoolExecutor(THREADS) as pool:
        for future in [pool.submit(one) for _ in range(THREADS)]:
            answers.put(future.exception() or future.result())
