import itertools

from hypothesis import given
from hypothesis import strategies as st

from gradevo.pictures.layer_graph.ranks import ranks_of, rows_of


def test_a_chain_has_a_rank_a_layer():
    assert ranks_of(4, [(0, 1), (1, 2), (2, 3)]) == [0, 1, 2, 3]


def test_a_merge_stands_behind_its_longest_branch():
    # 0 -> 1 -> 2 -> 3 and the skip 0 -> 3
    assert ranks_of(4, [(0, 1), (1, 2), (2, 3), (0, 3)]) == [0, 1, 2, 3]


def test_a_branch_of_inputs_stands_directly_before_what_it_enters():
    # 0 -> 1 -> 2 -> 5 is the long way, 3 (an input) -> 4 -> 5 the short one
    assert ranks_of(6, [(0, 1), (1, 2), (2, 5), (3, 4), (4, 5)]) == [0, 1, 2, 1, 2, 3]


def test_without_edges_layers_keep_their_order():
    assert ranks_of(3, []) == [0, 1, 2]
    assert ranks_of(0, []) == []


graphs = st.integers(1, 12).flatmap(
    lambda size: st.tuples(
        st.just(size),
        st.sets(
            st.tuples(st.integers(0, size - 1), st.integers(0, size - 1)).filter(
                lambda pair: pair[0] < pair[1]
            )
        ),
    )
)


@given(graphs)
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


@given(graphs, st.integers(1, 6))
def test_rows_hold_every_rank_once(graph, most):
    size, edges = graph
    ranks = ranks_of(size, sorted(edges))
    rows = rows_of(ranks, edges, [], most)
    assert list(itertools.chain(*rows)) == list(range(max(ranks) + 1))
    assert all(len(row) <= most for row in rows)
