"""Where the layers of a graph stand: ranks along the flow, straight lanes beside each other, rows of a page.

A network is mostly a chain. So its longest chain is a straight line, the lane 0; whatever branches off runs
in lanes above and below it, each of them straight as well. A connection over several ranks, such as a skip,
keeps a lane free from end to end: no line ever runs through a layer. What is too long for the page is folded
like a ribbon, to and fro, with the lanes turned over in every second row, so that bends do not cross.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count, pairwise

from gradevo.layers import LayerGraph

MOST = 6  # ranks in a row

Stop = tuple[int, int]
"""(rank, lane) of a layer, or of a point that a long connection passes."""


@dataclass(frozen=True)
class Lanes:
    """Stops of the layers, in the order of the graph, and the stops that each edge passes, ends included.

    rows: the ranks of every row of the page.
    """

    layers: tuple[Stop, ...]
    edges: tuple[tuple[Stop, ...], ...]
    rows: tuple[range, ...]


@dataclass
class _Chain:
    """Layers (0, 1, …) or points of edges (~0, ~1, …) one rank after the other, which share a lane."""

    first: int
    members: list[int]
    lane: int = 0

    @property
    def last(self) -> int:
        return self.first + len(self.members) - 1

    @property
    def has_layers(self) -> bool:
        return any(member >= 0 for member in self.members)


def lanes_of(graph: LayerGraph, most: int = MOST) -> Lanes:
    """Give every layer and every connection its lane, in rows of at most `most` ranks.

    A connection to the same or an earlier layer, as a layer that is used twice may have, is placed as if it
    were turned round. Takes time proportional to layers times edges.
    """
    number = {layer.id: place for place, layer in enumerate(graph.layers)}
    ends = [(number[edge.source], number[edge.target]) for edge in graph.edges]
    forward = [(min(pair), max(pair)) for pair in ends]
    ranks = ranks_of(len(number), [pair for pair in forward if pair[0] != pair[1]])
    chains = _chains(ranks, forward or list(pairwise(range(len(number)))))
    branches = [(chain.first, chain.last) for chain in chains[1:] if chain.has_layers]
    rows = rows_of(ranks, forward, branches, most)
    _choose_lanes(chains, {rank: row for row, ranks in enumerate(rows) for rank in ranks})
    lane = {member: chain.lane for chain in chains for member in chain.members}
    stops: list[tuple[Stop, ...]] = []
    for edge, (first, last) in enumerate(forward):
        between = [(rank, lane[~edge]) for rank in range(ranks[first] + 1, ranks[last])]
        passed = [(ranks[first], lane[first]), *between, (ranks[last], lane[last])]
        stops.append(tuple(passed if ends[edge] == forward[edge] else reversed(passed)))
    return Lanes(tuple((rank, lane[layer]) for layer, rank in enumerate(ranks)), tuple(stops), tuple(rows))


def ranks_of(layers: int, edges: Iterable[tuple[int, int]]) -> list[int]:
    """The rank of every layer: one more than the highest rank before it, 0 without any.

    Edges are pairs (earlier, later) of layers in the order of computation. A branch that leads from inputs
    to one layer stands directly before that layer, however long the other branches to it are. Without any
    edge every layer has its own rank: only their order is known.
    """
    before: list[set[int]] = [set() for _ in range(layers)]
    after: list[set[int]] = [set() for _ in range(layers)]
    for source, target in edges:
        before[target].add(source)
        after[source].add(target)
    if not any(before):
        return list(range(layers))
    ranks: list[int] = []
    movable: list[bool] = []
    for layer, sources in enumerate(before):
        ranks.append(max((1 + ranks[source] for source in sources), default=0))
        alone = all(movable[source] and len(after[source]) == 1 for source in sources)
        movable.append(alone and bool(after[layer]))
    for layer in reversed(range(layers)):
        if movable[layer]:
            ranks[layer] = min(ranks[target] for target in after[layer]) - 1
    return ranks


def rows_of(
    ranks: Sequence[int], edges: Iterable[tuple[int, int]], branches: Sequence[tuple[int, int]], most: int
) -> list[range]:
    """Cut the ranks into rows of at most `most`: few rows, of like lengths, cut where little is cut.

    edges: pairs of layers. branches: first and last ranks of chains of layers beside the longest one.
    """
    length = max(ranks, default=-1) + 1
    crossing = [0] * (length + 1)  # between rank - 1 and rank
    for source, target in edges:
        for rank in range(ranks[source] + 1, ranks[target] + 1):
            crossing[rank] += 1 if ranks[target] == ranks[source] + 1 else 2
    usual = -(-length // -(-length // most)) if length else 0

    def cost(row: range) -> float:
        uneven = 0 if row.stop == length else abs(usual - len(row))
        beside = sum(start < row.stop and row.start <= last for start, last in branches)
        return 1.0 + 0.3 * max(crossing[row.stop] - 1, 0) + 0.25 * beside + 0.2 * uneven

    best: list[tuple[float, list[range]]] = [(0.0, [])]  # of the first 0, 1, … ranks
    for stop in range(1, length + 1):
        last_rows = [range(first, stop) for first in range(max(0, stop - most), stop)]
        tries = [(best[row.start][0] + cost(row), [*best[row.start][1], row]) for row in last_rows]
        best.append(min(tries, key=lambda found: found[0]))
    return best[length][1]


def _chains(ranks: Sequence[int], edges: Sequence[tuple[int, int]]) -> list[_Chain]:
    """Cut the graph into chains: the longest one first, then the longest of what is left, and so on.

    The points of a long edge continue the chain of the branch that it ends or begins, else they are a chain.
    """
    left, chains = set(range(len(ranks))), []
    while left:
        path = _longest(left, ranks, edges)
        chains.append(_Chain(ranks[path[0]], path))
        left -= set(path)
    owner = {member: chain for chain in chains for member in chain.members}
    for edge, (source, target) in enumerate(edges):
        points = [~edge] * (ranks[target] - ranks[source] - 1)
        if not points:
            continue
        before, after = owner[source], owner[target]
        if before is not chains[0] and before.members[-1] == source:
            before.members += points
        elif after is not chains[0] and after.members[0] == target:
            after.members[:0] = points
            after.first -= len(points)
        else:
            chains.append(_Chain(ranks[source] + 1, points))
    return chains


def _longest(left: set[int], ranks: Sequence[int], edges: Sequence[tuple[int, int]]) -> list[int]:
    """The longest path of layers that are left, each one rank after the other; the first such one."""
    best: dict[int, list[int]] = {}
    for layer in sorted(left, key=lambda one: (ranks[one], one)):
        before = [
            best[source]
            for source, target in edges
            if target == layer and source in best and ranks[source] == ranks[layer] - 1
        ]
        best[layer] = [*max(before, key=len, default=[]), layer]
    return max(best.values(), key=len)


def _choose_lanes(chains: Sequence[_Chain], row_of: Mapping[int, int]) -> None:
    """Give every chain its lane: the first one 0; short ones nearest to it.

    What stays in one row is above the first chain if it is a connection, and rather below if it has layers,
    whose labels are below them, too. Chains that meet or touch have different lanes: the lines at their ends
    would cross.
    """
    further = sorted(chains[1:], key=lambda chain: (chain.has_layers, len(chain.members), chain.first))
    for place, chain in enumerate(further):
        taken = {
            other.lane
            for other in (chains[0], *further[:place])
            if other.first <= chain.last + 1 and chain.first <= other.last + 1
        }
        row = row_of[chain.first]
        above = 1 if row == row_of[chain.last] and row % 2 == 1 else -1
        sides = (-above, above) if chain.has_layers else (above,)
        lanes = (side * distance for distance in count(1) for side in sides)
        chain.lane = next(lane for lane in lanes if lane not in taken)
