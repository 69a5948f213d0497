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
# Seven chapters, from the first one-stage detector to masks without boxes. Each shows one idea, the code that makes it true, and the published numbers beside ours. Each stands alone: open any of them and choose *Run → Run All Cells*. None needs a network connection, a GPU, or more than a minute to run.

# %%
from yoloexplain.gallery import course_map
from yoloexplain.ledger import ledger

course_map()

# %% [markdown]
# | | Chapter | The question it answers | Minutes | Exercises |
# |---|---|---|---|---|
# | 0 | [YOLOv1](00_yolov1.ipynb) | How can one network say in one look *what* is *where*? | 55 | 30 |
# | 1 | [DenseNet](01_densenet.ipynb) | Why compute a feature again that an earlier layer already has? | 55 | 35 |
# | 2 | [CSP](02_csp.ipynb) | Must every channel go through every layer? | 45 | 35 |
# | 3 | [Necks](03_necks.ipynb) | How do a coarse map that knows *what* and a fine map that knows *where* come together? | 60 | 30 |
# | 4 | [YOLOv5](04_yolov5.ipynb) | What is a whole detector made of, and what changed in ten releases? | 75 | 35 |
# | 5 | [Training](05_training.ipynb) | What does a detector learn from, and what is it told? | 65 | 35 |
# | 6 | [SOLO](06_solo.ipynb) | Can a network outline every object without drawing a box first? | 60 | 40 |
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
# A network that explains a paper must be the paper's network. So every number that was published about these networks (in a paper, a README, a printed table) stands in a ledger, with the rule by which it was counted, and our own value is computed now, while you watch, never stored. Where the two differ, the last column says why. Not every number was printed: where the source says *counted*, it was counted in the authors' own model, table or configuration; where it says *worked out*, as for receptive fields, it follows by hand from the published kernels and strides. In a terminal the same ledger is `python -m yoloexplain ledger`.

# %%
ledger()

# %% [markdown]
# ## In a workshop
#
# Minutes of talk and trying, and minutes of exercises. The plans with the clock, and what to say in every section, lie in the repository's folder `workshop`; the notes to each chapter in `notebooks/teaching`.
#
# | | Half a day (3 h 30) | A whole day (8 h) |
# |---|---|---|
# | 0 · YOLOv1 | 15 + 15 | 31 + 20 |
# | 1 · DenseNet | – | 16 + 15 |
# | 2 · CSP | 10 | 18 + 20 |
# | 3 · Necks | 43 + 20 | 43 + 20 |
# | 4 · YOLOv5 | 31 + 20 | 31 + 20 |
# | 5 · Training | – | 34 + 20 |
# | 6 · SOLO | 17 | 29 + 20 |
# | Arriving, pauses, questions | 39 | 143 |
#
# Let people predict before they run a *Settle it* cell: a wrong prediction, said aloud, is what they will remember.

# %% [markdown]
# ## Glossary
#
# Every chapter links a word here where it first needs it.
#
# #### Activation
#
# The bend after a convolution (LeakyReLU, Mish, SiLU …); also a value it lets through. *Chapter 5*
#
# #### Anchor
#
# A box of fixed width and height, in pixels of the input image, that a prediction stretches. *Chapter 4*
#
# #### Average precision
#
# The area under the upper envelope of precision over recall, for one class; its mean over the classes is the mAP, at an IoU of 0.5 (mAP50) or averaged over 0.5 to 0.95 (mAP50-95). *Chapter 5*
#
# #### Backbone
#
# The part of a detector that turns the image into feature maps; often trained as a classifier first. *Chapters 1, 2*
#
# #### BatchNorm
#
# Brings each channel to a learned mean and spread, with statistics of the batch while training and stored ones afterwards. *Chapter 0*
#
# #### Bottleneck
#
# A 1×1 convolution that narrows before a 3×3 looks around. *Chapters 1, 2*
#
# #### Bounding box
#
# The upright rectangle that just holds an object, told by two corners or by centre and size. *Chapter 0*
#
# #### Cell
#
# One position of the map that answers, and the part of the image it stands for. *Chapter 0*
#
# #### Channel
#
# One of the maps that lie behind one another in a feature map. *Chapter 1*
#
# #### Compression
#
# The share θ of its channels that a transition keeps. *Chapter 1*
#
# #### Concatenate
#
# Lay maps behind one another, so that the next layer may choose among all of them. *Chapters 1, 3*
#
# #### Confidence
#
# YOLOv1's number for how sure a box is that it holds an object and fits it: 0 where there is none, else the IoU with the true box. *Chapter 0*
#
# #### CoordConv
#
# A convolution that is told where it stands, by two more input channels. *Chapter 6*
#
# #### Cross-entropy
#
# The loss −log *p*, where *p* is the probability that the network gave to the right answer; *binary* where each question has only the answers yes and no. *Chapter 5*
#
# #### CSP
#
# Cross stage partial: part of the channels goes around the heavy block. *Chapter 2*
#
# #### Decode
#
# Turn raw outputs into boxes, in pixels, and scores. *Chapter 4*
#
# #### Decoupled head
#
# SOLO's second head: one map for each column of the grid and one for each row, whose product is a cell's mask. *Chapter 6*
#
# #### Dense block
#
# Layers of which each reads the block's input and the maps of all layers before it. *Chapter 1*
#
# #### Dice loss
#
# One minus a quotient: twice the overlap of two masks over the sum of their sizes. It is 0 if they agree, 1 if they share nothing. *Chapter 6*
#
# #### Epoch
#
# The part of a training in which every image is seen once. *Chapter 5*
#
# #### Fan-in
#
# How many numbers one output of a layer sums up: input channels × kernel area. *Chapter 4*
#
# #### Feature map
#
# What a layer puts out: channels × height × width. *Chapter 1*
#
# #### Focal loss
#
# Cross-entropy times (1 − *p*)^γ, where *p* is the probability that the network gave to the right answer, so that what is nearly right hardly counts. *Chapters 5, 6*
#
# #### Focus
#
# YOLOv5's first layer up to release 5.0: each 2×2 patch of pixels becomes one position with four times the channels, and a 3×3 convolution follows. *Chapter 4*
#
# #### FPN
#
# Feature pyramid network: a path that carries meaning from coarse maps down to fine ones. *Chapter 3*
#
# #### Freebie
#
# A trick that costs time in training only, such as Mosaic or a better loss. *Chapter 5*
#
# #### Gradient
#
# The derivatives of the loss by all weights: how much, and which way, each of them changes it. *Chapter 5*
#
# #### Grid
#
# The cells, S of them along each side. *Chapters 0, 6*
#
# #### GroupNorm
#
# Brings each group of channels, image by image, to mean 0 and spread 1, then gives each channel a learned scale and shift; it needs no batch. *Chapter 6*
#
# #### Growth rate
#
# How many new maps each dense layer adds, *k*. *Chapter 1*
#
# #### Head
#
# The last layers, which turn features into predictions. *Chapters 0, 4, 6*
#
# #### Instance segmentation
#
# A mask and a class for each object, where two objects of one class stay two. *Chapter 6*
#
# #### IoU
#
# Intersection over union: how much two boxes, or two masks, have in common. *Chapters 0, 5*
#
# #### Label smoothing
#
# Asking for a little less than certain and a little more than impossible, instead of 1 and 0. *Chapter 5*
#
# #### Logit
#
# A score before the sigmoid or softmax squashes it. *Chapter 4*
#
# #### Loss
#
# One number that says how wrong an answer was; training makes it smaller. *Chapters 0, 5*
#
# #### Mask
#
# Which pixels belong to an object. *Chapter 6*
#
# #### Matrix NMS
#
# NMS without deleting: all overlaps are computed at once, and each score shrinks by its overlap with better masks. *Chapter 6*
#
# #### Multiply-add
#
# One multiplication and one addition, the unit in which the cost of a convolution is counted. FLOPs are usually twice as many. *Chapters 1, 5*
#
# #### Neck
#
# The part between backbone and head, which brings levels together. *Chapter 3*
#
# #### NMS
#
# Non-maximum suppression: of several predictions of one object, keep the best. *Chapters 4, 6*
#
# #### Objectness
#
# The probability that a cell and anchor hold an object at all. *Chapter 4*
#
# #### PAN
#
# Path aggregation network: a second path, from fine maps up to coarse ones. *Chapter 3*
#
# #### Pre-activation
#
# Norm and activation before the convolution instead of behind it, so that each reader of a map has its own. *Chapter 1*
#
# #### Precision
#
# The share of the detections that are right. *Chapter 5*
#
# #### Recall
#
# The share of the objects that were found. *Chapter 5*
#
# #### Receptive field
#
# The part of the image that one value can see. *Chapter 3*
#
# #### Responsible
#
# Of the boxes that a cell predicts, the one that overlaps the object best; it learns from it, and the others learn that they saw nothing. *Chapter 0*
#
# #### Shortcut
#
# The way on which a block's input goes past its convolutions and is added to what comes out; a network built so is called residual. *Chapters 1, 2*
#
# #### Sigmoid
#
# σ(t) = 1/(1 + e^−t), which squashes any number to between 0 and 1; t = 0 becomes one half. *Chapter 4*
#
# #### Special
#
# A part that costs a little at every use of a network and pays for itself, such as a better activation. *Chapter 5*
#
# #### SPP
#
# Spatial pyramid pooling: the same map seen through windows of several sizes. *Chapter 3*
#
# #### Stage
#
# The part of a network in which the maps keep their size; from one stage to the next their sides are halved. *Chapters 1, 2*
#
# #### Stride
#
# How many pixels of the image lie between two neighbours of a map. *Chapters 3, 4*
#
# #### Target
#
# What the network should have answered; a target tensor has the shape of the output. *Chapters 0, 5*
#
# #### Transition
#
# A 1×1 convolution, with its BatchNorm and ReLU, that mixes the maps of a dense block and brings down their number; between two blocks a pooling follows. *Chapters 1, 2*
