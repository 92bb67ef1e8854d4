"""The computational graph as a picture: trace the tape, write DOT, lay it out."""

from tinygrad_cnn.graph.drawing import Drawing, draw
from tinygrad_cnn.graph.model import Cluster, Edge, Graph, Module, Operation, Value
from tinygrad_cnn.graph.trace import trace

__all__ = ["Cluster", "Drawing", "Edge", "Graph", "Module", "Operation", "Value", "draw", "trace"]
