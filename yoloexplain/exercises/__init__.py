"""Exercises: write a part of a network yourself, and be told what differs first, and why.

It stands beside the path from image to picture: every chapter ends with exercises, and ``check``
compares an answer with the code that the chapter showed, in four stages: interface, shapes,
parameters, and numbers after the weights were copied.

>>> from yoloexplain.exercises import check, hint, solution, progress
>>> check("ch03.spp", MySPP)  # doctest: +SKIP
>>> hint("ch03.spp")  # the next of three  # doctest: +SKIP
"""

from .room import check, hint, list_exercises, progress, solution
from .verdict import Verdict

__all__ = ["Verdict", "check", "hint", "list_exercises", "progress", "solution"]
