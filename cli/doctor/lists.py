"""The commands that put audit values into QAUDLVL and QAUDLVL2, or take them out: each sets a list as a whole."""

from collections.abc import Collection, Sequence

FIRST_HOLDS = 16
SECOND = "*AUDLVL2"
NOTHING = "*NONE"

Words = Sequence[str]


def in_force(first: Words, second: Words) -> frozenset[str]:
    """The values that count: those of the second list only where the first names it."""
    words = {*first, *(second if SECOND in first else ())}
    return frozenset(words) - {NOTHING, SECOND}


def adding(first: Words, second: Words, wanted: Collection[str]) -> tuple[str, ...]:
    """QAUDLVL holds sixteen values at most, so that the rest goes into QAUDLVL2."""
    new = [word for word in wanted if word not in in_force(first, second)]
    kept = [word for word in first if word != NOTHING]
    others = [word for word in second if word != NOTHING]
    if len(kept) + len(new) <= FIRST_HOLDS:
        return (_set("QAUDLVL", [*kept, *new]),)
    moved = [] if SECOND in kept or len(kept) < FIRST_HOLDS else kept[-1:]
    opened = [] if SECOND in kept else [_set("QAUDLVL", [*(word for word in kept if word not in moved), SECOND])]
    return _set("QAUDLVL2", [*others, *moved, *new]), *opened


def removing(first: Words, second: Words, unwanted: Collection[str]) -> tuple[str, ...]:
    """Only the lists that change are set."""
    lists = {"QAUDLVL": first, "QAUDLVL2": second}
    return tuple(
        _set(name, [word for word in words if word not in unwanted] or [NOTHING])
        for name, words in lists.items()
        if set(unwanted) & set(words)
    )


def _set(name: str, words: Words) -> str:
    return f"CHGSYSVAL SYSVAL({name}) VALUE('{' '.join(dict.fromkeys(words))}')"
