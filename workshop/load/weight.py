"""What a learner weighs: the memory of the server and the kernels, shared pages counted fairly."""

from dataclasses import dataclass

import psutil

from .hub import Hub

MIB = 2**20


@dataclass(frozen=True)
class Weight:
    """MiB of some processes, and their work.

    Attributes
    ----------
    own
        What would come free if they ended (USS).
    fair
        With each shared page divided among those that share it (PSS); where the system does not
        tell, the same as ``own``.
    busy
        Seconds of a processor that they took so far.
    """

    own: float = 0.0
    fair: float = 0.0
    busy: float = 0.0

    def __add__(self, other: "Weight") -> "Weight":
        return Weight(self.own + other.own, self.fair + other.fair, self.busy + other.busy)


def weigh(hub: Hub, name: str | None = None, kernels: bool | None = None) -> Weight:
    """Weigh a hub, or one of its learners: kernels only, all but kernels, or both."""
    total = Weight()
    for process in hub.processes(name):
        try:
            is_kernel = "ipykernel_launcher" in process.cmdline()
            if kernels is not None and is_kernel != kernels:
                continue
            told, times = process.memory_full_info(), process.cpu_times()
        except psutil.Error:
            continue
        fair = getattr(told, "pss", told.uss)
        total += Weight(told.uss / MIB, fair / MIB, times.user + times.system)
    return total


def free() -> float:
    """MiB that the machine could still give."""
    return psutil.virtual_memory().available / MIB
