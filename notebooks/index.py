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
# Seven chapters, from the first one-stage detector to masks without boxes. Each shows one idea, the code that makes it true, and the published numbers beside ours. Each stands alone: open any of them and choose *Run → Run All Cells*. None needs a network connection, a GPU, or more than a minute.

# %%
from yoloexplain.gallery import course_map
from yoloexplain.ledger import ledger

course_map()

# %% [markdown]
# | | Chapter | The question it answers | Minutes |
# |---|---|---|---|
# | 0 | [YOLOv1](00_yolov1.ipynb) | How can one network say in one look *what* is *where*? | 40 |
# | 1 | [DenseNet](01_densenet.ipynb) | Why compute a feature again that an earlier layer already has? | 35 |
# | 2 | [CSP](02_csp.ipynb) | Must every channel go through every layer? | 40 |
# | 3 | [Necks](03_necks.ipynb) | How do a coarse map that knows *what* and a fine map that knows *where* come together? | 50 |
# | 4 | [YOLOv5](04_yolov5.ipynb) | What is a whole detector made of, and what changed in ten releases? | 55 |
# | 5 | [Training](05_training.ipynb) | What does a detector learn from, and what is it told? | 45 |
# | 6 | [SOLO](06_solo.ipynb) | Can a network outline every object without drawing a box first? | 45 |
#
# Chapters 1, 2 and 3 build what chapter 4 puts together. Chapters 0 and 6 can be read at any time. If you know convolution, stride and padding, you know enough to start anywhere.

# %% [markdown]
# ## Which network lives where
#
# | Chapter | Networks, by the name that `create_model` takes |
# |---|---|
# | 0 | `yolov1-darknet`, `yolov1-resnet50`, `yolov1-notebook`; trained `yolov1-demo` |
# | 1 | `densenet121`, `densenet161`, `densenet169`, `densenet201`, `densenet264`, `densenet-cifar`, `resnet18`, `resnet50`; trained `densenet-demo` |
# | 2 | `csp-densenet121`, `darknet53`, `cspdarknet53`; trained `csp-densenet-demo` |
# | 3, 4, 5 | `yolov5n` … `yolov5x` and `yolov5n6` … `yolov5x6`, each with `release="1.0"` … `"7.0"`; trained `yolov5n-demo` |
# | 6 | `solo-r50-fpn`, `solo-r50-fpn-decoupled`, `solo-r50-fpn-table`; trained `solo-demo` |
#
# The trained ones are small. They come with the package and know eight kinds of drawn things, well enough to show what feature maps look like in a network that has learnt.

# %% [markdown]
# ## The ledger: every published number beside ours
#
# A network that explains a paper must be the paper's network. So every number that was published about these networks (in a paper, a README, a printed table) stands in a ledger, with the rule by which it was counted, and our own value is computed now, while you watch, never stored. Where the two differ, the last column says why. In a terminal the same ledger is `python -m yoloexplain ledger`.

# %%
ledger()

# %% [markdown]
# ## In a workshop
#
# | Half a day (3 h 30) | Minutes | A full day (7 h) | Minutes |
# |---|---|---|---|
# | Chapter 0, the grid and the target tensor | 30 | Chapter 0, whole | 40 |
# | Chapter 2, the CSP split only | 25 | Chapters 1 and 2 | 75 |
# | Chapter 3, FPN and PAN | 40 | *break* | 20 |
# | *break* | 20 | Chapter 3, whole | 50 |
# | Chapter 4, whole | 50 | *lunch* | 60 |
# | Chapter 6, location grid and CoordConv | 30 | Chapters 4 and 5 | 95 |
# | Questions | 15 | *break* | 20 |
# | | | Chapter 6 and questions | 60 |
#
# Let people predict before they run a *Settle it* cell: a wrong prediction, said aloud, is what they will remember.

# %% [markdown]
# ## Glossary
#
# **Activation** — the bend after a convolution (LeakyReLU, Mish, SiLU …); also a value it lets through. *Chapter 5*
#
# **Anchor** — a box of fixed width and height, in pixels of the input image, that a prediction stretches. *Chapter 4*
#
# **Backbone** — the part of a detector that turns the image into feature maps; often trained as a classifier first. *Chapters 1, 2*
#
# **BatchNorm** — brings each channel to a learned mean and spread, with statistics of the batch while training and stored ones afterwards. *Chapter 0*
#
# **Bottleneck** — a 1×1 convolution that narrows before a 3×3 looks around. *Chapters 1, 2*
#
# **Cell** — one position of the last feature map, and the square of the image it stands for. *Chapter 0*
#
# **Channel** — one of the maps that lie behind one another in a feature map. *Chapter 1*
#
# **Concatenate** — lay maps behind one another, so that the next layer may choose among all of them. *Chapters 1, 3*
#
# **CoordConv** — a convolution that is told where it stands, by two more input channels. *Chapter 6*
#
# **CSP** — cross stage partial: part of the channels goes around the heavy block. *Chapter 2*
#
# **Feature map** — what a layer puts out: channels × height × width. *Chapter 1*
#
# **FPN** — feature pyramid network: a path that carries meaning from coarse maps down to fine ones. *Chapter 3*
#
# **Grid** — the cells, S of them along each side. *Chapters 0, 6*
#
# **Growth rate** — how many new maps each dense layer adds, *k*. *Chapter 1*
#
# **Head** — the last layers, which turn features into predictions. *Chapters 0, 4, 6*
#
# **IoU** — intersection over union: how much two boxes, or two masks, have in common. *Chapter 5*
#
# **Logit** — a score before the sigmoid or softmax squashes it. *Chapter 4*
#
# **Mask** — which pixels belong to an object. *Chapter 6*
#
# **Multiply-add** — one multiplication and one addition, the unit in which the cost of a convolution is counted. FLOPs are usually twice as many. *Chapters 1, 5*
#
# **Neck** — the part between backbone and head, which brings levels together. *Chapter 3*
#
# **NMS** — non-maximum suppression: of several predictions of one object, keep the best. *Chapters 4, 6*
#
# **Objectness** — the probability that a cell and anchor hold an object at all. *Chapter 4*
#
# **PAN** — path aggregation network: a second path, from fine maps up to coarse ones. *Chapter 3*
#
# **Receptive field** — the part of the image that one value can see. *Chapter 3*
#
# **SPP** — spatial pyramid pooling: the same map seen through windows of several sizes. *Chapter 3*
#
# **Stride** — how many pixels of the image lie between two neighbours of a map. *Chapters 3, 4*
#
# **Target** — what the network should have answered; a target tensor has the shape of the output. *Chapters 0, 5*
