import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradevo.layers import Edge, Layer, LayerGraph
from gradevo.pictures.layer_graph.layout import lanes_of, ranks_of, rows_of


def graph_of(size, edges):
    layers = tuple(Layer(str(number), "Dense") for number in range(size))
    return LayerGraph(layers, tuple(Edge(str(one), str(other)) for one, other in edges))


def test_a_chain_is_straight():
    lanes = lanes_of(graph_of(8, itertools.pairwise(range(8))))
    assert lanes.layers == tuple((rank, 0) for rank in range(8))
    assert lanes.edges == tuple(((rank, 0), (rank + 1, 0)) for rank in range(7))
    assert lanes.rows == (range(4), range(4, 8))


def test_a_skip_has_a_lane_above_from_end_to_end():
    lanes = lanes_of(graph_of(4, [(0, 1), (1, 2), (2, 3), (0, 3)]))
    assert {lane for _, lane in lanes.layers} == {0}
    assert lanes.edges[3] == ((0, 0), (1, -1), (2, -1), (3, 0))


def test_a_skip_is_above_in_a_row_that_runs_backwards_too():
    """Lanes are turned over there: 1 is above."""
    lanes = lanes_of(graph_of(12, [*itertools.pairwise(range(12)), (7, 10)]))
    assert lanes.rows == (range(6), range(6, 12))
    assert lanes.edges[-1] == ((7, 0), (8, 1), (9, 1), (10, 0))


def test_branches_of_layers_are_below_and_skips_above(branched):
    graph = branched
    lanes = lanes_of(graph)
    at = dict(zip((layer.id for layer in graph.layers), lanes.layers, strict=True))
    assert [at[name] for name in ("image", "conv", "conv_1", "conv_2", "add")] == [(n, 0) for n in range(5)]
    assert at["table"] == (3, 1)
    assert at["dense"] == (4, 1)
    assert at["class"][1] == 0
    assert at["price"][1] != 0
    skip = graph.edges.index(Edge("conv", "add"))
    assert [lane for _, lane in lanes.edges[skip]] == [0, -1, -1, 0]


def test_nested_skips_have_lanes_of_their_own_the_short_one_inside():
    lanes = lanes_of(graph_of(6, [*itertools.pairwise(range(6)), (0, 5), (1, 4)]))
    assert {lane for _, lane in lanes.edges[-2][1:-1]} == {-2}
    assert {lane for _, lane in lanes.edges[-1][1:-1]} == {-1}


@pytest.mark.parametrize("edge", [(2, 1), (2, 2), (3, 0)])
def test_a_layer_used_twice_may_lead_back(edge):
    lanes = lanes_of(graph_of(4, [*itertools.pairwise(range(4)), edge]))
    assert lanes.layers == tuple((rank, 0) for rank in range(4))
    assert lanes.edges[-1][0] == (edge[0], 0)
    assert lanes.edges[-1][-1] == (edge[1], 0)


def test_layers_without_connections_stand_in_their_order():
    lanes = lanes_of(graph_of(4, []))
    assert lanes.layers == ((0, 0), (1, 0), (2, 0), (3, 0))
    assert lanes_of(LayerGraph()).layers == ()


graphs = st.integers(1, 14).flatmap(
    lambda size: st.tuples(
        st.just(size), st.lists(st.tuples(st.integers(0, size - 1), st.integers(0, size - 1)), max_size=24)
    )
)


@given(graphs)
def test_no_line_runs_through_a_layer_or_along_another_line(graph):
    lanes = lanes_of(graph_of(*graph))
    assert len(set(lanes.layers)) == len(lanes.layers)
    passed = [stop for stops in lanes.edges for stop in stops[1:-1]]
    assert not set(passed) & set(lanes.layers)
    assert len(set(passed)) == len(passed)


@given(graphs)
def test_lines_go_from_rank_to_rank(graph):
    size, edges = graph
    lanes = lanes_of(graph_of(size, edges))
    for (source, target), stops in zip(edges, lanes.edges, strict=True):
        assert (stops[0], stops[-1]) == (lanes.layers[source], lanes.layers[target])
        steps = {other[0] - one[0] for one, other in itertools.pairwise(stops)}
        assert steps == ({0} if source == target else {1} if source < target else {-1})


def test_a_chain_has_a_rank_a_layer():
    assert ranks_of(4, [(0, 1), (1, 2), (2, 3)]) == [0, 1, 2, 3]


def test_a_merge_stands_behind_its_longest_branch():
    # 0 -> 1 -> 2 -> 3 and the skip 0 -> 3
    assert ranks_of(4, [(0, 1), (1, 2), (2, 3), (0, 3)]) == [0, 1, 2, 3]


def test_a_branch_of_inputs_stands_directly_before_what_it_enters():
    # 0 -> 1 -> 2 -> 5 is the long branch, 3 (an input) -> 4 -> 5 the short one
    assert ranks_of(6, [(0, 1), (1, 2), (2, 5), (3, 4), (4, 5)]) == [0, 1, 2, 1, 2, 3]


def test_without_edges_layers_keep_their_order():
    assert ranks_of(3, []) == [0, 1, 2]
    assert ranks_of(0, []) == []


forward_graphs = st.integers(1, 12).flatmap(
    lambda size: st.tuples(
        st.just(size),
        st.sets(
            st.tuples(st.integers(0, size - 1), st.integers(0, size - 1)).filter(
                lambda pair: pair[0] < pair[1]
            )
        ),
    )
)


@given(forward_graphs)
def test_every_edge_leads_to_a_higher_rank_and_none_is_negative(graph):
    size, edges = graph
    ranks = ranks_of(size, sorted(edges))
    assert min(ranks) >= 0
    assert all(ranks[source] < ranks[target] for source, target in edges)


def test_rows_are_few_and_alike():
    def lengths(layers):
        edges = list(itertools.pairwise(range(layers)))
        return [len(row) for row in rows_of(range(layers), edges, [], 6)]

    assert lengths(3) == [3]
    assert lengths(6) == [6]
    assert lengths(12) == [6, 6]
    assert lengths(13) == [5, 5, 3]
    assert lengths(22) == [6, 6, 6, 4]
    assert lengths(0) == []


def test_rows_are_cut_beside_a_skip_not_through_it():
    chain = list(itertools.pairwise(range(10)))
    assert [len(row) for row in rows_of(range(10), chain, [], 6)] == [5, 5]
    assert [len(row) for row in rows_of(range(10), [*chain, (2, 5)], [], 6)] == [6, 4]
    assert [len(row) for row in rows_of(range(10), chain, [(2, 4), (5, 6)], 6)] == [5, 5]


@given(forward_graphs, st.integers(1, 6))
def test_rows_hold_every_rank_once(graph, most):
    size, edges = graph
    ranks = ranks_of(size, sorted(edges))
    rows = rows_of(ranks, edges, [], most)
    assert list(itertools.chain(*rows)) == list(range(max(ranks) + 1))
    assert all(len(row) <= most for row in rows)
