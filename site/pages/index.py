# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # How object detectors are built
#
# Drag a box, or make the grid finer. The cell in which a box's centre falls must answer for it, and fills these slots; all other cells keep silent. That is the idea of the first YOLO, and the first of seven chapters that lead from one look at an image to masks without boxes.

# %% tags=["remove-input"]
from yoloexplain.widgets import GridAssignment

GridAssignment()

# %% [markdown]
# ::::{div} yx-buttons
# ```{button-ref} chapters/00_yolov1
# :ref-type: doc
# :color: primary
#
# Begin with chapter 0
# ```
# ```{button-ref} install
# :ref-type: doc
# :color: primary
# :outline:
#
# Run it yourself
# ```
# ::::
#
# ## Seven chapters
#
# Each shows one idea, the code that makes it true, and the published numbers beside ours. Each stands alone, so begin where you like.
#
# ::::{grid} 1 2 2 3
# :gutter: 3
#
# :::{grid-item-card} 0 · YOLOv1
# :link: chapters/00_yolov1
# :link-type: doc
# :img-top: images/yolov1-grid.svg
# :img-alt: A photograph under a grid of seven by seven cells, with the answering cells in colour
#
# How can one network say in one look *what* is *where*?
# :::
#
# :::{grid-item-card} 1 · DenseNet
# :link: chapters/01_densenet
# :link-type: doc
# :img-top: images/dense-block.svg
# :img-alt: Layers in a row, each of which reads the maps of all layers before it
#
# Why compute a feature again that an earlier layer already has?
# :::
#
# :::{grid-item-card} 2 · CSP
# :link: chapters/02_csp
# :link-type: doc
# :img-top: images/csp-split.svg
# :img-alt: Channels that part in two: one half goes through a block, the other around it
#
# Must every channel go through every layer?
# :::
#
# :::{grid-item-card} 3 · Necks
# :link: chapters/03_necks
# :link-type: doc
# :img-top: images/pan.svg
# :img-alt: Two paths between the levels of a pyramid, one down and one up
#
# How do a coarse map that knows *what* and a fine map that knows *where* come together?
# :::
#
# :::{grid-item-card} 4 · YOLOv5
# :link: chapters/04_yolov5
# :link-type: doc
# :img-top: images/yolov5-map.svg
# :img-alt: A map of YOLOv5 from image to head, with its backbone, its neck and its three outputs
#
# What is a whole detector made of, and what changed in ten releases?
# :::
#
# :::{grid-item-card} 5 · Training
# :link: chapters/05_training
# :link-type: doc
# :img-top: images/iou-family.svg
# :img-alt: Pairs of boxes with the values that IoU and its relatives give them
#
# What does a detector learn from, and what is it told?
# :::
#
# :::{grid-item-card} 6 · SOLO
# :link: chapters/06_solo
# :link-type: doc
# :img-top: images/solo-grid.svg
# :img-alt: A photograph under a grid, with the mask that belongs to each cell's channel
#
# Can a network outline every object without drawing a box first?
# :::
#
# ::::
#
# ## Nothing on trust
#
# Every network here is the published one, layer for layer and parameter for parameter. The [ledger](ledger.ipynb) sets every published number beside ours, counted while this site was built, and says why wherever the two differ. What a chapter shows you is the code that runs, and the [reference](api/index.md) leads to its source.
#
# Everything on these pages lies beside them: they ask nobody else for anything, and work offline.
#
# ```{toctree}
# :hidden:
#
# Chapters <chapters/index>
# ledger
# api/index
# install
# ```
