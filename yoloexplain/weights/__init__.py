"""The names under which others published the parameters of these networks.

``official.published_names(model)`` is the one door; behind it stands one table a family.
"""

from .official import published_names

__all__ = ["published_names"]
