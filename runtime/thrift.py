"""How the interpreter and the C library deal with memory, set to what a worker does with it."""

import ctypes
import gc

M_ARENA_MAX = -8


def save_memory() -> None:
    """For the whole process, at its start.

    A batch makes tens of thousands of objects that all live until its checkpoint: looking at them again and again for
    cycles took a sixth of the time. And bytes that one thread makes and another frees leave holes in the heap of each:
    with one heap for all threads a worker takes 15 to 20 MiB less. (mallopt(3); other C libraries than glibc have one.)
    """
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_ARENA_MAX, 1)
