"""Anchors: the addresses of headings, the same on the site as in a notebook."""


def jupyter_slug(heading: str) -> str:
    """Anchor that JupyterLab gives to a heading, so that links hold here and there."""
    return heading.replace(" ", "-")
