"""What does not fit between a published file and a network, told all at once.

It stands between a state dict and the network that is to take it. A single wrong option, one class
too many or the release before, makes dozens of names or shapes wrong; so everything missing, left
over or misshapen is gathered, grouped, and set beside the nearest name there is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from torch import Tensor

SHOWN = 5  # of each group; the rest is counted


@dataclass(frozen=True)
class Misfit:
    """What a comparison found, in published names.

    Attributes
    ----------
    missing
        The network needs them, the file has not got them.
    surplus
        The file has them, the network does not know them.
    misshapen
        Name → (shape in the file, shape in the network).
    """

    missing: list[str]
    surplus: list[str]
    misshapen: dict[str, tuple[str, str]]

    def __bool__(self) -> bool:
        return bool(self.missing or self.surplus or self.misshapen)

    def describe(self) -> str:
        """List the three groups, each missing name with the nearest surplus one."""
        shapes = [
            f"{name} is {got}, not {wanted}" for name, (got, wanted) in self.misshapen.items()
        ]
        groups = {
            "missing": [self.beside_nearest(name) for name in self.missing[:SHOWN]],
            "surplus": self.surplus[:SHOWN],
            "misshapen": shapes[:SHOWN],
        }
        counts = {"missing": len(self.missing), "surplus": len(self.surplus)}
        counts["misshapen"] = len(shapes)
        lines = []
        for title, shown in groups.items():
            more = counts[title] - len(shown)
            rest = [f"and {more} more"] if more else []
            if shown:
                lines.append(f"  {title} ({counts[title]}): {'; '.join(shown + rest)}")
        return "\n".join(lines)

    def beside_nearest(self, name: str) -> str:
        """Set the likeliest surplus name beside a missing one, if any is like it."""
        close = get_close_matches(name, self.surplus, n=1, cutoff=0.8)
        return f"{name} (nearest: {close[0]})" if close else name


def compare(
    wanted: Mapping[str, Tensor],
    given: Mapping[str, Tensor],
    optional: frozenset[str] = frozenset(),
) -> Misfit:
    """Compare what a network wants with what a file gives, name by name.

    Parameters
    ----------
    wanted
        Published name → a tensor of the right shape and kind.
    given
        Published name → the file's tensor.
    optional
        Names that the file may lack.
    """
    misshapen = {
        name: (looks(given[name]), looks(tensor))
        for name, tensor in wanted.items()
        if name in given and looks(given[name]) != looks(tensor)
    }
    missing = [name for name in wanted if name not in given and name not in optional]
    return Misfit(missing, [name for name in given if name not in wanted], misshapen)


def looks(tensor: Tensor) -> str:
    """Write a shape, and "whole numbers" where the values have no fractions."""
    shape = "×".join(map(str, tensor.shape)) or "one value"
    return shape if tensor.is_floating_point() else f"{shape} in whole numbers"
