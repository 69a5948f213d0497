"""What Sphinx has to know about the site; ``build_site.py`` calls it.

https://www.sphinx-doc.org/en/master/usage/configuration.html
"""

import inspect
import os
from typing import Any

from numpy.typing import ArrayLike
from sphinx.application import Sphinx
from sphinx.util.inspect import stringify_signature
from sphinx.util.typing import stringify_annotation

import yoloexplain

# Where the repository is: the launch buttons lead there. GitHub Actions says so by itself;
# elsewhere OWNER stands for whoever publishes the site.
repository = os.environ.get("GITHUB_REPOSITORY", "OWNER/yoloexplain")
branch = "main"

project = "yoloexplain"
author = "The yoloexplain authors"
copyright = "The yoloexplain authors, MIT licence"
version = release = yoloexplain.__version__

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "sphinx.ext.mathjax",
    "sphinx.ext.githubpages",
    "sphinx_copybutton",
    "sphinx_design",
]

# --- chapters -----------------------------------------------------------------------------------

nb_execution_mode = "off"  # they have run
nb_render_markdown_format = "myst"
myst_enable_extensions = ["colon_fence", "dollarmath"]
myst_heading_anchors = 4
myst_heading_slug_func = "anchors.jupyter_slug"
myst_url_schemes = {
    "http": None,
    "https": None,
    "mailto": None,
    "repository": f"https://github.com/{repository}/{{{{path}}}}",
    "binder": f"https://mybinder.org/v2/gh/{repository}/{branch}?urlpath=lab/tree/{{{{path}}}}",
}
suppress_warnings = ["myst.header"]  # words of the glossary skip a level, so that they are small

# --- reference ----------------------------------------------------------------------------------

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True  # as they are written: SiLU, not <class 'yoloexplain…'>
toc_object_entries_show_parents = "hide"
OF_TRAITLETS = "(*args: t.Any, **kwargs: t.Any)"  # which Sphinx finds before a widget's own
ARRAY_LIKE = stringify_annotation(ArrayLike, "smart")  # half a dozen types of NumPy's own
napoleon_google_docstring = False
napoleon_use_rtype = False
napoleon_use_ivar = True
napoleon_custom_sections = ["Shape", "Source", "Sources"]
add_module_names = False

# --- pages --------------------------------------------------------------------------------------

html_theme = "pydata_sphinx_theme"
html_title = "yoloexplain"
html_favicon = "static/mark.svg"
html_context = {"default_mode": "auto"}  # light or dark, as the reader's machine is
html_static_path = ["static", os.environ["YOLOEXPLAIN_STATIC"]]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sourcelink = False
html_use_index = False
html_domain_indices = False
templates_path = ["templates"]
mathjax_path = "mathematics.js"  # which loads MathJax
copybutton_selector = (
    "div.highlight-ipython3 pre, div.highlight-python pre, div.highlight-console pre"
)
copybutton_exclude = ".linenos, .gp, .go"
html_theme_options = {
    "logo": {
        "text": "yoloexplain",
        "image_light": "_static/mark.svg",
        "image_dark": "_static/mark.svg",
        "alt_text": "yoloexplain, to the first page",
    },
    "github_url": f"https://github.com/{repository}",
    "navbar_align": "left",
    "header_links_before_dropdown": 6,
    "article_header_end": ["notebook-actions"],
    "navbar_persistent": ["search-button"],
    "secondary_sidebar_items": {"**": ["page-toc"], "index": []},
    "footer_start": ["copyright"],
    "footer_end": [],
    "back_to_top_button": False,
    "show_toc_level": 2,
}
html_sidebars = {"index": [], "install": [], "ledger": []}


def enliven(app: Sphinx, page: str, template: str, context: dict[str, Any], tree: Any) -> None:
    """Give a page with widgets what brings them to life, before all else that it loads."""
    if "yx-live" in context.get("body", ""):
        app.add_js_file("live.js", priority=100, **{"async": "async"})


def lead(app: Sphinx, page: str, template: str, context: dict[str, Any], tree: Any) -> None:
    """Let the first page lead on by its own buttons and cards, not by a next page."""
    if page == "index":
        context["theme_show_prev_next"] = False


def launch(app: Sphinx, page: str, template: str, context: dict[str, Any], tree: Any) -> None:
    """Tell the page of a chapter where its notebook opens, and where it is to be had."""
    folder, _, stem = page.rpartition("/")
    if folder != "chapters":
        return
    path = f"{branch}/notebooks/{stem}.ipynb"
    binder = f"https://mybinder.org/v2/gh/{repository}/{branch}"
    context["notebook"] = {
        "download": context["pathto"](f"_static/notebooks/{stem}.ipynb", resource=True),
        "Binder": f"{binder}?urlpath=lab/tree/notebooks/{stem}.ipynb",
        "Colab": f"https://colab.research.google.com/github/{repository}/blob/{path}",
        "GitHub": f"https://github.com/{repository}/blob/{path}",
    }


def skip(app: Sphinx, what: str, name: str, obj: Any, skipped: bool, options: Any) -> bool | None:
    """Leave out what others wrote, and what Python says of a named tuple's fields by itself."""
    home = getattr(obj, "__module__", None) or "yoloexplain"
    automatic = (getattr(obj, "__doc__", None) or "").startswith("Alias for field number")
    return True if automatic or not home.startswith("yoloexplain") else None


def sign(
    app: Sphinx, what: str, name: str, obj: Any, options: Any, signature: str, result: str
) -> tuple[str, str] | None:
    """Show a widget's own constructor instead of traitlets', and ``ArrayLike`` by its name."""
    if what == "class" and signature == OF_TRAITLETS:
        own = inspect.signature(obj).replace(return_annotation=inspect.Signature.empty)
        signature = stringify_signature(own, unqualified_typehints=True)
    return (signature.replace(ARRAY_LIKE, "ArrayLike"), result) if signature else None


def setup(app: Sphinx) -> None:
    """Hang what is our own into Sphinx."""
    app.connect("html-page-context", enliven)
    app.connect("html-page-context", launch)
    app.connect("html-page-context", lead)
    app.connect("autodoc-skip-member", skip)
    app.connect("autodoc-process-signature", sign)
