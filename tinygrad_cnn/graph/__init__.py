"""The computational graph as a picture: trace the tape, write DOT, lay it out."""

from tinygrad_cnn.graph.drawing import Drawing, draw
from tinygrad_cnn.graph.json_format import from_json
from tinygrad_cnn.graph.model import Box, Cluster, Connector, Edge, Graph, Operation, Value
from tinygrad_cnn.graph.replay import Replay, replay
from tinygrad_cnn.graph.trace import trace, trace_call

__all__ = [
    "Box", "Cluster", "Connector", "Drawing", "Edge", "Graph", "Operation", "Replay", "Value", "draw", "from_json",
    "replay", "trace", "trace_call",
]  # fmt: skip
