"""The computational graph as a picture: trace the tape, write DOT, lay it out."""

from tinygrad_cnn.graph.drawing import Drawing, draw
from tinygrad_cnn.graph.model import Box, Cluster, Connector, Edge, Graph, Operation, Value
from tinygrad_cnn.graph.trace import trace

__all__ = ["Box", "Cluster", "Connector", "Drawing", "Edge", "Graph", "Operation", "Value", "draw", "trace"]
