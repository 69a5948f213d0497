"""The printed table: torchinfo's lines, filled with what was recorded on a twin.

torchinfo lays out the table; here its lines get their numbers from the recorded calls, by one rule
of counting, and the containers that are never called get the lines that torchinfo gives them.
"""

from collections.abc import Iterator, Sequence
from itertools import takewhile

from torch import nn
from torchinfo import ModelStatistics
from torchinfo.enums import ColumnSettings, RowSettings
from torchinfo.formatting import FormattingOptions
from torchinfo.layer_info import LayerInfo

from .calls import Call
from .graph import Graph, count_mult_adds

COLUMNS = (ColumnSettings.OUTPUT_SIZE, ColumnSettings.NUM_PARAMS, ColumnSettings.MULT_ADDS)
COLUMN_WIDTH = 25


class Line(LayerInfo):
    """One line of torchinfo's table: a call, or a container around calls (not ``executed``).

    ``macs`` are all multiply-adds inside, ``own_macs`` those in no module further inside, and
    ``owned`` the parameters that this line and no other counts.
    """

    def __init__(
        self, call: Call, mult_adds: int, own_mult_adds: int, owned: Sequence[nn.Parameter]
    ) -> None:
        super().__init__(call.path.rpartition(".")[2] or call.type, call.module, call.depth)
        parameters = list(call.module.parameters())
        first = next(iter(call.outputs.values()), None)
        self.path = call.path
        self.parameters = parameters
        self.owned = owned
        self.macs = mult_adds
        self.own_macs = own_mult_adds
        self.num_params = sum(p.numel() for p in parameters)
        self.trainable_params = sum(p.numel() for p in parameters if p.requires_grad)
        self.param_bytes = sum(p.numel() * p.element_size() for p in parameters)
        self.output_size = list(call.output_shape)
        self.output_bytes = first.numel() * first.element_size() if first is not None else 0
        self.executed = True

    @staticmethod
    def get_kernel_size(module: nn.Module) -> None:
        """No column shows it, and an attribute of that name may be anything."""

    def leftover_params(self) -> int:
        """Parameters that no line further inside counts."""
        return sum(p.numel() for p in self.owned)

    def leftover_trainable_params(self) -> int:
        """Of these, the ones that are trained."""
        return sum(p.numel() for p in self.owned if p.requires_grad)

    def macs_to_str(self, reached_max_depth: bool) -> str:
        """Multiply-adds, in a line with lines below it only those that none of them shows."""
        shown = self.macs if self.is_leaf_layer or reached_max_depth else self.own_macs
        return f"{shown:,}" if shown else "--"


def lines_of(graph: Graph) -> list[Line]:
    """One line a call, in order."""
    owned = _owned_parameters(graph)
    inside = count_mult_adds(graph)
    own = dict.fromkeys(inside, 0)
    for node in graph.nodes:
        if node.call is not None:
            own[node.call] += node.mult_adds
    lines = [Line(c, inside[c.index], own[c.index], owned[c.index]) for c in graph.calls]
    _mark_recursive(lines)
    return lines


def _owned_parameters(graph: Graph) -> dict[int, list[nn.Parameter]]:
    """Each parameter under the one call whose line counts it.

    That is the first call of a module that holds it directly; if none was called (attention uses
    the weights of its projection without calling it), the nearest called module around it.
    """
    owned: dict[int, list[nn.Parameter]] = {call.index: [] for call in graph.calls}
    counted: set[int] = set()
    first_call: dict[int, int] = {}
    for call in graph.calls:
        first_call.setdefault(id(call.module), call.index)
        for parameter in call.module.parameters(recurse=False):
            if id(parameter) not in counted:
                counted.add(id(parameter))
                owned[call.index].append(parameter)
    root = graph.calls[0].module
    modules = dict(root.named_modules())
    for name, parameter in root.named_parameters():
        path = name
        while id(parameter) not in counted:
            path = path.rpartition(".")[0]
            if id(modules[path]) in first_call:
                counted.add(id(parameter))
                owned[first_call[id(modules[path])]].append(parameter)
    return owned


def _mark_recursive(infos: Sequence[Line]) -> None:
    """Mark each line whose module, or whose every parameter, was on an earlier line."""
    modules: set[int] = set()
    counted: set[int] = set()
    for info in infos:
        shared = bool(info.parameters) and all(id(p) in counted for p in info.parameters)
        info.is_recursive = info.layer_id in modules or shared
        modules.add(info.layer_id)
        counted.update(id(p) for p in info.owned)


def statistics_of(graph: Graph, calls: Sequence[Line], depth: int) -> ModelStatistics:
    """Lay out the table, with totals that count shared parameters once."""
    lines = list(_with_containers(calls, graph.calls[0].module))
    numbers: dict[int, int] = {}
    for place, line in enumerate(lines):
        if not line.executed:  # a container: what happens in the lines below it, up to its end
            line.macs = sum(other.own_macs for other in _below(lines, place))
        numbers[line.depth] = numbers.get(line.depth, 0) + 1
        line.depth_index = numbers[line.depth]
    shape = graph.image.shape
    layout = FormattingOptions(depth, 0, COLUMNS, COLUMN_WIDTH, {RowSettings.DEPTH})
    image = graph.calls[0].inputs["0"]
    statistics = ModelStatistics(list(lines), [shape], image.numel() * image.element_size(), layout)
    root = calls[0]
    statistics.total_params = root.num_params
    statistics.trainable_params = root.trainable_params
    statistics.total_param_bytes = root.param_bytes
    statistics.total_mult_adds = root.macs
    return statistics


def _below(lines: Sequence[Line], place: int) -> Iterator[Line]:
    depth = lines[place].depth
    return takewhile(lambda line: line.depth > depth, lines[place + 1 :])


def _with_containers(infos: Sequence[Line], root: nn.Module) -> Iterator[Line]:
    """Lines with those of the containers that are never called themselves put in between."""
    opened: dict[int, str] = {}
    seen: set[str] = set()
    for info in infos:
        parts = info.path.split(".")
        for depth in range(1, info.depth):
            path = ".".join(parts[:depth])
            if opened.get(depth) != path:
                call = Call(-1, path, root.get_submodule(path), None)
                container = Line(call, 0, 0, ())
                container.is_recursive = path in seen
                container.executed = False
                seen.add(path)
                opened = {d: p for d, p in opened.items() if d < depth} | {depth: path}
                yield container
        opened = {d: p for d, p in opened.items() if d < info.depth} | {info.depth: info.path}
        seen.add(info.path)
        yield info
