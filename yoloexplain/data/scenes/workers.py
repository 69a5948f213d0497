"""Workers: scenes drawn ahead of a training, in several processes, and kept for the next time.

They stand between the data set and the training. Each scene depends on its number alone, so it does
not matter who draws it, nor in which order.
"""

import multiprocessing
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from ..record import Scene
from .prepared import Prepared
from .sequence import Scenes

CHUNK = 32  # scenes that a worker draws at a time


def prepare(
    scenes: Sequence[Scene],
    *,
    workers: int = 2,
    file: str | Path | None = None,
    progress: Callable[[int], object] | None = None,
) -> Prepared:
    """Draw scenes ahead of a training, in several processes, and keep them packed in memory.

    Parameters
    ----------
    scenes
        A ``Scenes``, or any sequence of scenes of one size.
    workers
        Processes that draw; with 1, this one. Their number changes nothing about the scenes.
    file
        Of ``Scenes`` only: where they are kept for the next time. The file is read if it holds
        these very scenes, and otherwise drawn anew.
    progress
        Called with the number of scenes done so far.

    Raises
    ------
    ValueError
        If there is no scene, sizes differ, or the file holds something else than scenes.
    RuntimeError
        If the processes cannot start.
    """
    if isinstance(workers, bool) or not isinstance(workers, int) or workers < 1:
        raise ValueError(f"workers must be an integer of at least 1, got {workers!r}")
    if not len(scenes):
        raise ValueError("there must be at least one scene to prepare, got none")
    place = None if file is None else Path(file)
    if place is None:
        return _drawn(scenes, workers, progress)
    if not isinstance(scenes, Scenes):
        raise ValueError("only Scenes can be kept in a file, for only they are known by a recipe")
    fingerprint = scenes.fingerprint()
    if place.exists():
        kept, found = Prepared.load(place)
        if found == fingerprint:
            return kept
    drawn = _drawn(scenes, workers, progress)
    drawn.save(place, fingerprint)
    return drawn


def _drawn(
    scenes: Sequence[Scene], workers: int, progress: Callable[[int], object] | None
) -> Prepared:
    ranges = [range(i, min(i + CHUNK, len(scenes))) for i in range(0, len(scenes), CHUNK)]
    alone = workers == 1 or len(ranges) < 2 * workers
    done, parts = 0, {}
    for number, part in _alone(scenes, ranges) if alone else _together(scenes, ranges, workers):
        parts[number] = part
        done += len(part)
        if progress is not None:
            progress(done)
    return Prepared.join([parts[number] for number in range(len(ranges))])


def _alone(scenes: Sequence[Scene], ranges: Sequence[range]) -> Iterator[tuple[int, Prepared]]:
    for number, part in enumerate(ranges):
        yield number, _pack(scenes, part)


def _together(
    scenes: Sequence[Scene], ranges: Sequence[range], workers: int
) -> Iterator[tuple[int, Prepared]]:
    """Let fresh processes draw: a copy of this one might hold a lock of torch's threads."""
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, context, initializer=_begin, initargs=(scenes,))
    left = list(enumerate(ranges))[::-1]
    running: dict[Future[Prepared], int] = {}
    try:
        while left or running:
            while left and len(running) < 2 * workers:
                number, part = left.pop()
                running[pool.submit(_work, part)] = number
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                yield running.pop(future), future.result()
    except BrokenProcessPool as error:
        raise RuntimeError(
            "the processes that draw scenes could not start or were ended; in a script, call "
            'prepare below `if __name__ == "__main__":`, or pass workers=1'
        ) from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


_SCENES: list[Sequence[Scene]] = []  # of a worker: what it draws from


def _begin(scenes: Sequence[Scene]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is answered by who started the work
    _SCENES[:] = [scenes]


def _work(part: range) -> Prepared:
    return _pack(_SCENES[0], part)


def _pack(scenes: Sequence[Scene], part: range) -> Prepared:
    return Prepared.pack((scenes[i] for i in part), getattr(scenes, "names", ()))
