"""Folding: equal neighbours become one box with ×N, and long rows of unlike ones a few boxes.

It stands between the tree of a forward's calls and the map that is drawn of it, so that a thousand
layers are a handful of boxes until somebody opens them.
"""

from math import ceil, sqrt

from .block_items import Item

MOST = 36  # boxes that one box may hold; more are laid together by numbers
PERIOD = 8  # at most so many neighbours make the pattern that is repeated


def lay_together(item: Item, reads: list[set[int]]) -> None:
    """Fold equal neighbours, and rows of more than ``MOST``, from the inside out.

    Parameters
    ----------
    item
        Whose kids are laid together, and theirs.
    reads
        By leaf, the leaves that it reads: only what is chained can be one box.
    """
    for kid in item.kids:
        lay_together(kid, reads)
    item.kids = _by_numbers(_runs(item.kids, reads))


def _runs(items: list[Item], reads: list[set[int]]) -> list[Item]:
    """Fold what repeats: one block twice or more, or a pattern of several three times or more."""
    found: list[Item] = []
    at = 0
    while at < len(items):
        periods = range(1, min(PERIOD, (len(items) - at) // 2) + 1)
        times = {period: _times(items, at, period, reads) for period in periods}
        good = {p: p * n for p, n in times.items() if n >= (2 if p == 1 else 3)}
        if not good:
            found.append(items[at])
            at += 1
            continue
        period = max(good, key=lambda p: (good[p], -p))
        stop = at + good[period]
        members = [items[i : i + period] for i in range(at, stop, period)]
        equal = [m[0] if period == 1 else _group("part", m, period) for m in members]
        found.append(_group("run", equal, len(equal)))
        at = stop
    return found


def _times(items: list[Item], at: int, period: int, reads: list[set[int]]) -> int:
    """How often a pattern repeats, each time reading what the time before has made."""
    times = 1
    first = [item.form for item in items[at : at + period]]
    while True:
        start = at + times * period
        here, before = items[start : start + period], items[start - period : start]
        if [item.form for item in here] != first or not _reads(here, before, reads):
            return times
        times += 1


def _reads(here: list[Item], before: list[Item], reads: list[set[int]]) -> bool:
    """Whether any leaf here reads one before."""
    earlier = range(before[0].span[0], before[-1].span[1])
    inside = range(here[0].span[0], here[-1].span[1])
    return any(source in earlier for leaf in inside for source in reads[leaf])


def _group(kind: str, members: list[Item], count: int, first: int = 0) -> Item:
    span = (members[0].span[0], members[-1].span[1])
    return Item(kind, kids=_by_numbers(members), span=span, count=count, first=first)


def _by_numbers(items: list[Item], first: int = 1) -> list[Item]:
    """Lay a row of more than ``MOST`` together in parts of equal length, themselves no longer."""
    if len(items) <= MOST:
        return items
    length = max(ceil(sqrt(len(items))), ceil(len(items) / MOST))
    starts = range(0, len(items), length)
    return [
        _group("part", items[i : i + length], len(items[i : i + length]), first + i) for i in starts
    ]
