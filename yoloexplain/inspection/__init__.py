"""Looking inside: tables, feature maps, graphs and receptive fields of any ``torch.nn.Module``.

Nothing here knows a network of this package, and nothing here changes the network that it is
given. Tables, graphs and theoretical fields are drawn from a twin without weight (``meta``).
"""

from .activations import Activations, activations
from .answers import answering
from .calibrate import calibrate
from .graph import Graph, Path, trace
from .measured_field import MeasuredField, measured_field
from .nodes import Node
from .parameters import ParameterRow, ParameterTable, parameter_table
from .receptive_field import ReceptiveField, receptive_field
from .source import Source, show_source
from .summary import Row, Summary, summarize

__all__ = [
    "Activations",
    "Graph",
    "MeasuredField",
    "Node",
    "ParameterRow",
    "ParameterTable",
    "Path",
    "ReceptiveField",
    "Row",
    "Source",
    "Summary",
    "activations",
    "answering",
    "calibrate",
    "measured_field",
    "parameter_table",
    "receptive_field",
    "show_source",
    "summarize",
    "trace",
]
