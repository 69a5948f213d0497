"""What scenes cost: how many are drawn in a second, prepared, taken out again and augmented.

Run with ``python -m benchmarks.scenes`` from the project's folder. ``wall`` counts seconds that
passed, which other work on the machine prolongs; ``busy`` counts those that the process itself was
computing. Preparing starts its processes anew, and that is part of its time.
"""

import os
import time
from collections.abc import Callable

import numpy as np
from rich.console import Console
from rich.table import Table

from yoloexplain.data import augment
from yoloexplain.data.record import Scene
from yoloexplain.data.scenes import Prepared, Scenes, prepare

COUNT = 300


def measure(work: Callable[[], object], count: int) -> tuple[float, float]:
    """Count what a work does in a second, on the wall and while the process was busy."""
    wall, busy = time.perf_counter(), time.process_time()
    work()
    return count / (time.perf_counter() - wall), count / (time.process_time() - busy)


def drawing(table: Table) -> None:
    """One process, one scene after the other."""
    for size in (96, 128, 160, 256):
        scenes = Scenes(COUNT, size=size)
        scenes[0]  # reads the first photographs
        wall, busy = measure(lambda scenes=scenes: [len(scene) for scene in scenes], COUNT)
        table.add_row(f"drawn at {size} px, one process", f"{wall:,.0f}", f"{busy:,.0f}")


def preparing(table: Table) -> Prepared:
    """Several processes; their own work is not the parent's, so only the wall counts."""
    scenes, found = Scenes(4 * COUNT), {}
    for workers in (1, 2):
        done: list[Prepared] = []
        wall, _ = measure(
            lambda workers=workers, done=done: done.append(prepare(scenes, workers=workers)),
            len(scenes),
        )
        found[workers] = done[0]
        table.add_row(f"prepared at 160 px, {workers} process(es)", f"{wall:,.0f}", "")
    return found[2]


def augmenting(table: Table, prepared: Prepared) -> None:
    """Each augmentation on prepared scenes of 160 px."""
    several = list(prepared[:COUNT])
    four = several[:4]
    works: dict[str, Callable[[Scene, np.random.Generator], object]] = {
        "flipped": lambda scene, _: augment.flip_horizontal(scene),
        "affine": lambda scene, random: augment.random_affine(scene, random, degrees=10),
        "colours": lambda scene, random: augment.hsv_jitter(scene, random),
        "mosaic of four": lambda _, random: augment.mosaic(four, random),
        "mosaic, then affine to 160 px": lambda _, random: augment.random_affine(
            augment.mosaic(four, random).scene, random, size=(160, 160)
        ),
        "mixup": lambda scene, random: augment.mixup(scene, several[0], random),
        "cutmix": lambda scene, random: augment.cutmix(scene, several[0], random),
    }
    wall, busy = measure(lambda: [len(scene) for scene in prepared], len(prepared))
    table.add_row("taken out of a prepared set", f"{wall:,.0f}", f"{busy:,.0f}")
    for name, work in works.items():
        random = np.random.default_rng(0)
        wall, busy = measure(
            lambda work=work, random=random: [work(scene, random) for scene in several], COUNT
        )
        table.add_row(name, f"{wall:,.0f}", f"{busy:,.0f}")


def main() -> None:
    table = Table(title=f"Scenes a second ({os.cpu_count()} cores)")
    for heading in ("work", "wall", "busy"):
        table.add_column(heading, justify="left" if heading == "work" else "right")
    drawing(table)
    table.add_section()
    prepared = preparing(table)
    table.add_section()
    augmenting(table, prepared)
    console = Console()
    console.print(table)
    parts = [prepared.images, prepared.boxes_xyxy, prepared.labels, prepared.starts]
    size = sum(part.nbytes for part in [*parts, prepared.bits] if part is not None)
    console.print(f"A prepared scene of 160 px takes {size / len(prepared) / 1000:.0f} kB.")


if __name__ == "__main__":
    main()
