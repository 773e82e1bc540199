"""Loops in a TensorFlow graph."""

_LOOPS = {"StatelessWhile", "While"}


def has_loop(graph):
    """Whether the graph, or a function that it calls, has a loop.

    Its gradient needs the states of every turn, and TensorFlow cannot hand a list
    of states from one XLA cluster to another: forward and gradient are two.
    """
    written = graph.as_graph_def()
    functions = (function.node_def for function in written.library.function)
    return any(
        node.op in _LOOPS for nodes in (written.node, *functions) for node in nodes
    )
