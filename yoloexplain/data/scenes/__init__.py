"""Scenes: little things that nobody had to photograph, with exact boxes and masks.

They stand where a data set stands, before the first network: a seed is enough, nothing is loaded.

Idea: a scene is a background and one to eight things of eight classes, painted one over another
from random numbers. As it is painted, it is known to the pixel what can be seen of each thing: the
mask, the box around it and the class come with the picture and are never wrong.

=================  ===============================================================================
``shapes``         how far a pixel lies from an outline
``patch``          the sheet on which one thing is painted: colour, light, a smooth edge
``round_things``   four of the eight things
``lively_things``  the other four
``backgrounds``    painted ones, and cuts from photographs, others for validation
``compose``        laying one upon the other, with shadow and true occlusion
``sequence``       many scenes in a row, each drawn when it is asked for
``workers``        scenes drawn ahead of a training, in several processes
``prepared``       and packed, to be kept in a file
=================  ===============================================================================
"""

from ..record import Scene
from .compose import CLASSES, OBJECT_SIZE, Recipe
from .prepared import Prepared
from .sequence import Scenes, contact_sheet, scene
from .workers import prepare

__all__ = [
    "CLASSES",
    "OBJECT_SIZE",
    "Prepared",
    "Recipe",
    "Scene",
    "Scenes",
    "contact_sheet",
    "prepare",
    "scene",
]
