"""Give memory back to the machine after each cell.

The hub names this file in PYTHONSTARTUP, so every learner's kernel runs it first. What a cell has
freed, the C library keeps for later by itself; for one person that is quicker, but in a room full
of people it is a neighbour's memory: a kernel that has run a chapter of feature maps keeps twice of
what it uses. Trimming takes a few milliseconds.
"""


def _give_back_after_each_cell() -> None:
    import ctypes
    import sys

    if sys.platform != "linux" or "ipykernel" not in sys.modules:
        return
    from IPython import get_ipython

    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc has it, musl has not
    shell = get_ipython()
    if trim is not None and shell is not None:
        shell.events.register("post_run_cell", lambda result: trim(0))


_give_back_after_each_cell()
del _give_back_after_each_cell
