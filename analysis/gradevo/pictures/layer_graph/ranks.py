"""Ranks: which layers stand one after the other, and where their line is cut into rows of a page."""

from collections.abc import Callable, Iterable, Sequence


def ranks_of(layers: int, edges: Iterable[tuple[int, int]]) -> list[int]:
    """The rank of every layer: one more than the highest rank before it, 0 without any.

    Edges are pairs (earlier, later) of layers in the order of computation. A branch that leads from inputs
    to one layer stands directly before that layer, however long the other ways to it are. Without any
    edge every layer has its own rank: only their order is known.
    """
    before: list[set[int]] = [set() for _ in range(layers)]
    after: list[set[int]] = [set() for _ in range(layers)]
    for source, target in edges:
        before[target].add(source)
        after[source].add(target)
    if not any(before):
        return list(range(layers))
    ranks = [0] * layers
    for layer in range(layers):
        ranks[layer] = max((1 + ranks[source] for source in before[layer]), default=0)
    free = [False] * layers
    for layer in range(layers):
        free[layer] = len(after[layer]) > 0 and all(
            free[source] and len(after[source]) == 1 for source in before[layer]
        )
    for layer in reversed(range(layers)):
        if free[layer]:
            ranks[layer] = min(ranks[target] for target in after[layer]) - 1
    return ranks


def rows_of(
    ranks: Sequence[int], edges: Iterable[tuple[int, int]], branches: Sequence[tuple[int, int]], most: int
) -> list[range]:
    """Cut the ranks into rows of at most `most`: few rows, of like lengths, cut where little is cut.

    edges: pairs of layers. branches: first and last ranks of chains of layers beside the longest one.
    """
    length = max(ranks, default=-1) + 1
    crossing = [0] * (length + 1)
    for source, target in edges:
        neighbours = ranks[target] == ranks[source] + 1
        for rank in range(ranks[source] + 1, ranks[target] + 1):
            crossing[rank] += 1 if neighbours else 2  # between rank - 1 and rank
    usual = -(-length // -(-length // most)) if length else 0

    def cost(first: int, stop: int) -> float:
        off = 0 if stop == length else abs(usual - (stop - first))
        beside = sum(start < stop and first <= last for start, last in branches)
        return 1.0 + 0.3 * max(crossing[stop] - 1, 0) + 0.25 * beside + 0.2 * off

    return _cheapest(length, most, cost)


def _cheapest(length: int, most: int, cost: Callable[[int, int], float]) -> list[range]:
    """Cut 0 … length into ranges of at most `most`, the sum of whose costs is least."""
    best: list[tuple[float, list[range]]] = [(0.0, [])]
    for stop in range(1, length + 1):
        tries = (
            (best[first][0] + cost(first, stop), [*best[first][1], range(first, stop)])
            for first in range(max(0, stop - most), stop)
        )
        best.append(min(tries, key=lambda found: found[0]))
    return best[length][1]
