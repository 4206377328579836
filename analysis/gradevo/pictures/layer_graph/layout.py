"""Where the layers of a graph stand: ranks along the flow, straight lanes beside each other, rows of a page.

A network is mostly a chain. So its longest chain is a straight line, the lane 0; whatever branches off runs
in lanes above and below it, each of them straight as well. A connection over several ranks, such as a skip,
keeps a lane free from end to end: no line ever runs through a layer. What is too long for the page is folded
like a ribbon, to and fro, with the lanes turned over in every second row, so that bends do not cross.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gradevo.layers import LayerGraph
from gradevo.pictures.layer_graph.ranks import ranks_of, rows_of

MOST = 6
"""The largest number of ranks in a row."""

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

    @property
    def last(self) -> int:
        return self.first + len(self.members) - 1

    @property
    def layers(self) -> bool:
        """Whether there are layers in it, not only points of edges."""
        return any(member >= 0 for member in self.members)

    def near(self, other: "_Chain") -> bool:
        """Whether they meet or touch: in one lane, the lines at their ends would cross."""
        return self.first <= other.last + 1 and other.first <= self.last + 1


def lanes_of(graph: LayerGraph, most: int = MOST) -> Lanes:
    """Give every layer and every connection its lane, in rows of at most `most` ranks.

    A connection to the same or an earlier layer, as a layer that is used twice may have, is placed as if it
    went the other way. Takes time proportional to layers times edges.
    """
    number = {layer.id: place for place, layer in enumerate(graph.layers)}
    ends = [(number[edge.source], number[edge.target]) for edge in graph.edges]
    forward = [(min(pair), max(pair)) for pair in ends]
    ranks = ranks_of(len(number), [pair for pair in forward if pair[0] != pair[1]])
    chains = _chains(ranks, forward or [(place, place + 1) for place in range(len(number) - 1)])
    branches = [(chain.first, chain.last) for chain in chains[1:] if chain.layers]
    rows = rows_of(ranks, forward, branches, most)
    lane = _lanes(chains, {rank: place for place, row in enumerate(rows) for rank in row})
    at = {member: lane[place] for place, chain in enumerate(chains) for member in chain.members}
    stops: list[tuple[Stop, ...]] = []
    for edge, (first, last) in enumerate(forward):
        between = [(rank, at[~edge]) for rank in range(ranks[first] + 1, ranks[last])]
        route = [(ranks[first], at[first]), *between, (ranks[last], at[last])]
        stops.append(tuple(route if ends[edge] == forward[edge] else reversed(route)))
    return Lanes(tuple((rank, at[layer]) for layer, rank in enumerate(ranks)), tuple(stops), tuple(rows))


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


def _lanes(chains: Sequence[_Chain], row_of: Mapping[int, int]) -> list[int]:
    """The lane of every chain: the first one 0; short ones nearest to it.

    What stays in one row is above the first chain if it is a connection, and rather below if it has layers,
    whose labels are below them, too.
    """
    lanes: dict[int, int] = {0: 0}

    def order(place: int) -> tuple[bool, int, int]:
        chain = chains[place]
        return chain.layers, len(chain.members), chain.first

    for place in sorted(range(1, len(chains)), key=order):
        chain = chains[place]
        taken = {lane for other, lane in lanes.items() if chains[other].near(chain)}
        count = range(1, len(chains) + 1)
        turned = row_of[chain.first] == row_of[chain.last] and row_of[chain.first] % 2 == 1
        above = 1 if turned else -1
        candidates = [
            lane
            for size in count
            for lane in ((-above * size, above * size) if chain.layers else (above * size,))
        ]
        lanes[place] = next(lane for lane in candidates if lane not in taken)
    return [lanes[place] for place in range(len(chains))]
