import functools

import pytest
import torch
from torch import nn

from yoloexplain.inspection import show_source


class Block(nn.Module):
    """A block.

    Over several lines.
    """

    size = 3

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Double it."""
        text = """not a docstring"""
        return x * len(text)

    def only_words(self) -> None:
        """Nothing but this."""


def outer() -> object:
    def inner(x: int) -> int:
        """Say one more."""

        return x + 1

    return inner


SHORT = '''class Block(nn.Module):
    size = 3

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        text = """not a docstring"""
        return x * len(text)

    def only_words(self) -> None:
        """Nothing but this."""'''


def test_the_lines_that_run_are_shown_as_they_stand():
    code = str(show_source(Block))
    assert code.startswith('class Block(nn.Module):\n    """A block.')
    assert code.endswith('"""Nothing but this."""')


def test_docstrings_can_be_left_out_and_other_strings_stay():
    assert str(show_source(Block, without_docstring=True)) == SHORT


def test_an_inner_function_is_not_indented():
    assert str(show_source(outer(), without_docstring=True)) == (
        "def inner(x: int) -> int:\n    return x + 1"
    )


def test_of_a_network_the_code_of_its_class_is_shown():
    assert show_source(Block()) == show_source(Block)


def test_of_a_wrapped_function_the_code_inside_is_shown():
    @functools.wraps(outer)
    def wrapper() -> None:
        raise AssertionError

    assert str(show_source(wrapper)).startswith("def outer()")


def test_a_notebook_gets_python_and_a_description_that_never_changes():
    source = show_source(Block.forward)
    bundle = source._repr_mimebundle_()
    assert bundle["text/markdown"].startswith("```python\ndef forward(self")
    assert bundle["text/markdown"].endswith("\n```")
    assert bundle["text/plain"] == repr(source)
    assert repr(source).endswith("Block.forward, 4 lines>")
    assert "0x" not in repr(source)
    assert "/" not in repr(source)


@pytest.mark.parametrize(
    "thing", [3, "Block", len, torch.relu, {}], ids=["int", "str", "len", "relu", "dict"]
)
def test_what_has_no_source_in_python_is_refused(thing):
    with pytest.raises(TypeError, match="written in Python") as info:
        show_source(thing)
    assert type(thing).__name__ in str(info.value)
