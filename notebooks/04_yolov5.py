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
# # 4 · YOLOv5 — the whole detector
#
# > **You will be able to** follow an image through all of YOLOv5 to its raw numbers, count its boxes and its weights, tell its ten releases apart, decode a prediction by hand, and write the step that leaves one box for each thing.
# >
# > **It takes** about 75 minutes to read and try, and 35 for the exercises.
# >
# > **Know first** convolution, padding and [BatchNorm](index.ipynb#BatchNorm). [Chapter 2](02_csp.ipynb) (CSP) and [chapter 3](03_necks.ipynb) (FPN, PAN, SPP) take apart blocks that are shown here once more, so they help and are not needed.

# %%
import torch
from torch import nn

import yoloexplain as yx
from yoloexplain import activations, create_model, receptive_field, show_source, summarize, widgets
from yoloexplain.boxes import iou, nms
from yoloexplain.data import photos
from yoloexplain.figures import charts, map_comparisons, weights, yolov5_head
from yoloexplain.ledger import ledger
from yoloexplain.yolov5.releases import ANCHORS, RELEASES, SIZES

# %% [markdown]
# ## The question
#
# The last three chapters built parts: blocks that make features cheaply, and a neck that brings *what* and *where* together. A [feature map](index.ipynb#Feature-map) is not yet a detection, though. Somebody must decide **who speaks for which object**: which place, which size, which shape?
#
# YOLOv5's answer is as plain as that of YOLOv1 ([chapter 0](00_yolov1.ipynb)), only finer. Lay three [grids](index.ipynb#Grid) over the image. Let every [cell](index.ipynb#Cell) of every grid speak for three shapes. Each of these speakers says 85 numbers: four for a box, one for *is anything there at all*, and eighty for *what*, one for each class of the data set COCO. There is no second stage, no cropping, no loop over objects. Everything hangs on how the numbers are read, which is why half of this chapter is about the last layer.

# %% [markdown]
# ## The idea in one figure
#
# Read it from left to right. How far down a block stands is its [stride](index.ipynb#Stride): how many pixels of the image lie between two neighbours of its map. The [backbone](index.ipynb#Backbone) walks down: at each step the map has half the side, and the stride doubles. The [neck](index.ipynb#Neck) walks up again and down again, and at each step it reads what an earlier block left behind at the same stride (the long arrows). The [head](index.ipynb#Head) is three single convolutions, one at each of the strides 8, 16 and 32.
#
# Before you touch it: which block holds most of the weights, and which does most of the work? Choose blocks by a click or with the arrow keys, open one with Enter, and colour the map by *parameters*, then by [multiply-adds](index.ipynb#Multiply-add) (one multiplication and one addition each, the work of a convolution). Where the map does not live, as on GitHub, the bars at its bottom are the parameters.

# %%
torch.manual_seed(0)
detector = create_model("yolov5s")
widgets.explore(detector, photos.letterbox(photos.load("coffee"), 640).image)

# %% [markdown]
# Most of the weights sit where the maps are small: the backbone's last C3 (a block that the next section opens) alone has a sixth of them. The work is spread more evenly, for a small map is cheap to walk over.

# %% [markdown]
# ## The code
#
# The network's own `forward` is the figure in four lines. The first line refuses an image that does not fit, the other three are backbone, neck and head.

# %%
show_source(detector.forward)

# %% [markdown]
# The backbone is a chain. It keeps what each stage returns from stride 8 on; the coarsest entry is whatever the chain ends in, so that the pyramid pooling behind the last stage ([SPP](index.ipynb#SPP) or SPPF: each position also learns the maxima around it) counts as part of the last level.

# %%
print(*detector.backbone)
show_source(detector.backbone.forward)

# %% [markdown]
# The neck is the one place where paths cross. Two loops, and each does the same three things: bring the map to the next level's size, [concatenate](index.ipynb#Concatenate) it with what that level has (the maps of both, laid behind one another), let a C3 block make sense of the pile. The first loop goes from coarse to fine, as an [FPN](index.ipynb#FPN) does, the second back from fine to coarse, as a [PAN](index.ipynb#PAN).

# %%
print(*detector.neck)
show_source(detector.neck.forward)

# %% [markdown]
# One block does most of the work in both: C3. It occurs eight times, and chapter 2 takes it apart. In the middle of it stand [bottlenecks](index.ipynb#Bottleneck), each a 1×1 convolution and a 3×3, often with a *shortcut*, which adds their input to their output. People often describe C3 as "three convolutions followed by a bottleneck", which is the order in which its parts are *listed*. The data flow is another: two of the convolutions stand side by side, the bottlenecks follow the first only, and the third comes last.

# %%
block = detector.backbone["stage3"]
show_source(block.forward)

# %% [markdown]
# And all of them are made of this one: convolution, **then** BatchNorm, **then** the [activation](index.ipynb#Activation), a bend such as SiLU. As a formula that reads from the inside out, $\mathrm{SiLU}(\mathrm{BN}(\mathrm{conv}(x)))$; a widespread comment writes it as SiLU(Conv2d(BatchNorm2d(x))), which is another network.

# %%
conv = block.main
show_source(conv.forward)

# %% [markdown]
# ## Focus: fold the pixels, keep them all
#
# Up to release 5.0 the first layer, [Focus](index.ipynb#Focus), did something odd. It sorted the pixels of each 2×2 patch into four images of half the sides, the *quarters*, and laid them behind one another: *space to depth*. Nothing is computed and nothing is lost. What was next to each other in space is now next to each other in channels, so that the 3×3 convolution that follows sees 6×6 pixels at a quarter of the positions.
#
# Before you move the slider: of a patch of 2×2 pixels, which one goes to the second quarter, the one to the right or the one below? Step through it, and point at a pixel to follow it. At step 6 compare the windows: are the 36 places on the picture the same as the four times nine on the quarters, at the border too?

# %%
widgets.FocusSteps()

# %% [markdown]
# The second quarter holds the pixels *below*: rows change first. (Tensors are batch, channels, **height, width**. A well-known comment beside this line names the axes the other way round; it makes no difference to the result, but it does when you compare weights.)

# %%
from yoloexplain.layers.focus import focus_as_convolution, space_to_depth

show_source(space_to_depth, without_docstring=True)

# %% [markdown]
# Predict: what does the third quarter of the pixels 0 … 15 look like?

# %%
pixels = torch.arange(16.0).view(1, 1, 4, 4)
folded = space_to_depth(pixels)
print(pixels[0, 0].int())
print("third quarter:", folded[0, 2].int().tolist())

# %% [markdown]
# ## Upsampling and joining
#
# Two parts of the neck have no parameters at all. `Upsample` doubles the side by writing each value into a 2×2 square: the *nearest* value, no interpolation. `Concat` lays maps behind one another.

# %%
coarse = torch.tensor([[1.0, 2.0], [3.0, 4.0]]).view(1, 1, 2, 2)
print(detector.neck["upsample"](coarse)[0, 0].int())
print(detector.neck["concat"]([torch.zeros(1, 256, 40, 40), torch.zeros(1, 256, 40, 40)]).shape)

# %% [markdown]
# Why nearest, when bilinear looks so much smoother? Because the next layer is a convolution that can smooth if it wants to, and a copy costs nothing. The neck is not drawing a picture; it brings a coarse *opinion* ("something cat-like around here") to the positions of a finer map. PyTorch's layer can do more: it takes a factor or a target size (never both), and knows linear, bilinear and bicubic modes. A neck whose maps have odd sides must give the size, as chapter 3's FPN does; YOLOv5 avoids the question by demanding images whose sides are multiples of 32.

# %% [markdown]
# ## Twenty-five modules
#
# A list of YOLOv5s that circulates as a teaching aid names 25 modules for a network that takes **one** channel, for grey images. Here is that network, counted call by call. Predict before you run: by how many parameters does it differ from the usual three-channel network?

# %%
with torch.device("meta"):
    grey = create_model("yolov5s", release="5.0", in_channels=1)
calls = [row for row in summarize(grey, 640).rows if row.depth == 2 or row.path == "head"]
modules = [row for row in calls if not row.path.startswith("head.")]
for place, row in enumerate(modules):
    shape = "×".join(map(str, row.output_shape[1:]))
    print(f"{place:2} {row.path:22} {row.type:9} {shape:>12} {row.params:>10,}")

# %% [markdown]
# Three things to notice. `Upsample` and `Concat` occur several times and are one module each: what has no weights can be shared. The head's output is told for one level only, 3 anchors × 80 × 80 cells × 85 numbers. And place 8 is SPP, place 9 a C3 whose bottlenecks lack the shortcut; from release 6.0 the two change places, and that C3 has shortcuts too. Now the answer to the question:

# %%
with torch.device("meta"):
    colour = create_model("yolov5s", release="5.0")
parameters = [sum(p.numel() for p in model.parameters()) for model in (grey, colour)]
print(f"one channel {parameters[0]:,}, three channels {parameters[1]:,}")
print(f"difference  {parameters[1] - parameters[0]:,} = 32 kernels × (12 − 4) channels × 9")

# %% [markdown]
# ## Ten releases, three networks
#
# The version numbers suggest ten detectors. Built side by side, they are three, and what separates the rest is one activation or one constant. All of them are built here from one table, on PyTorch's *meta* device: shapes only, no memory. The GFLOPs (billions of operations for one image) are counted by one rule for all: two for each multiply-add, at 640×640.

# %%
print(f"{'':4} {'block':14}{'stem':7}{'pool':6}{'activation':12}{'ε':8}parameters  GFLOPs")
for release, plan in RELEASES.items():
    with torch.device("meta"):
        model = create_model("yolov5s", release=release)
    parts = (model.backbone["stem"], model.backbone["pool"], model.backbone["down2"].act)
    stem, pool, act = [type(part).__name__ for part in parts]
    table = summarize(model, 640)
    text = f"{release:4} {plan.block.__name__:14}{stem:7}{pool:6}{act:12}{plan.bn_eps:<8g}"
    print(f"{text}{table.total_params:10,}  {2 * table.mult_adds / 1e9:6.2f}")

# %% [markdown]
# - **1.0 → 4.0.** BottleneckCSP becomes C3: the 1×1 convolution after the bottlenecks goes, and one BatchNorm over both halves becomes one over the bypass alone (chapter 2 draws the two on each other). One activation, LeakyReLU, gives way to another, Hardswish, in 3.0 and to SiLU in 4.0, which costs no parameters and no multiply-adds. (The git *tag* 3.0 is one commit older than the release and still has LeakyReLU.)
# - **5.0 → 6.0.** Focus becomes a 6×6 convolution, SPP becomes SPPF and moves behind the last C3, and the plan for stride 8 names six bottlenecks instead of nine (*s* builds a third of such numbers; the sizes come below): a little smaller, a little faster. Release 6.0 also adds the size *n*; 5.0 had added sizes with a fourth level (*s6* … *x6*).
# - **6.0 → 7.0.** The same network, layer for layer. What changed lies in the training and in the tools around it.
#
# The column ε is BatchNorm's, a small number that keeps it from dividing by zero; its momentum, how fast it follows the statistics of new batches, is 0.03 in all ten. (Printed module trees often show 1e-05 and 0.1, PyTorch's own values: they were printed before the model had set its own.)
#
# Now move the slider from 1.0 to 7.0. What is orange is built otherwise than in the release before; what is blue has another activation or ε only. Predict: in how many of the nine steps will there be orange, and in how many only blue? Watch the stem, the place of the pooling, the ×3 at stride 8.

# %%
widgets.VersionLens()

# %% [markdown]
# Orange in two, 4.0 and 6.0; only blue in two, 2.0 and 3.0; the other five change nothing. (The still shows 1.0. One thing the map says more exactly than the table above: in 3.0 and 3.1 the convolutions have Hardswish, but the joint activation of BottleneckCSP stayed LeakyReLU.)

# %% [markdown]
# The five **sizes** are one recipe with two multipliers: one for the number of blocks, one for the channels. Predict: from *s* to *l* the width doubles and the depth triples. How many times the parameters?

# %%
sizes = {}
for size, (depth, width) in SIZES.items():
    with torch.device("meta"):
        table = summarize(create_model(f"yolov5{size}"), 640)
    millions, gflops = table.total_params / 1e6, 2 * table.mult_adds / 1e9
    name = f"{size}   depth × {depth:.2f}, width × {width:.2f}"
    sizes[name] = {"million parameters": millions, "GFLOPs": gflops}
charts.compare_bars(sizes, title="Five sizes of release 7.0, at 640×640")

# %% [markdown]
# A convolution's weights grow with the *square* of the width, for it has twice the inputs and twice the outputs; depth only adds blocks, and only inside the C3s. So doubling the width alone makes four times the weights, and the depth adds the rest of the factor of six and a half.

# %% [markdown]
# ## The weight table, and what a network knows before it has learnt
#
# Another printed table lists all 191 parameter tensors of YOLOv5s, release 1.0, each with its mean μ and its spread σ (the standard deviation). Here is ours, under the published names. The first rows:

# %%
from yoloexplain.inspection import parameter_table
from yoloexplain.weights import published_names

torch.manual_seed(0)
first = create_model("yolov5s", release="1.0")
values = parameter_table(first, published_names(first))
print(f"{len(values)} rows, {values.total:,} parameters")
print(*str(values).splitlines()[:13], sep="\n")

# %% [markdown]
# BatchNorm rows are simple: every scale starts at 1, every shift at 0. The convolutions look like noise, and they are, but noise of a chosen size. PyTorch draws them evenly from $\pm 1/\sqrt{n}$, where $n$ is the [fan-in](index.ipynb#Fan-in): how many numbers one output sums up, input channels × kernel area. A uniform distribution on $\pm b$ has the spread $b/\sqrt 3$, so
#
# $$\sigma = \frac{1}{\sqrt{3 \cdot \text{fan-in}}}.$$
#
# The more numbers are added up, the smaller each weight, so that the sum does not grow with their count. (It even shrinks, by $\sqrt 3$ from layer to layer; BatchNorm brings it back to size.) Predict σ for the first row (12 channels, 3×3), then check all seventy rows at once.

# %%
kernels = [row for row in values if len(row.shape) == 4]
ratios = [row.std * (3 * row.parameters / row.shape[0]) ** 0.5 for row in kernels]
print(f"first row: predicted {1 / (3 * 12 * 9) ** 0.5:.4f}, found {values[0].std:.4f}")
print(f"{len(kernels)} convolutions: found / predicted {min(ratios):.2f} to {max(ratios):.2f}")

# %% [markdown]
# Now look at the three biases of the head, the only rows of the table whose mean is not close to 0 or 1. (Release 1.0 kept its three output convolutions among the neck's blocks, at places 18, 22 and 26, and so they are called. From 2.0 on they live in the last module: other names, same weights.)

# %%
head_rows = [
    row for row in values if row.name in ("model.18.bias", "model.22.bias", "model.26.bias")
]
for row in head_rows:
    print(f"{row.name}: {row.parameters} values, μ = {row.mean:.2f}, σ = {row.std:.2f}")

# %% [markdown]
# Why about −4.7, and why so wide? Because each row is a mixture of three kinds of values, and the network starts with an **opinion** about two of them. The head puts out [logits](index.ipynb#Logit): the [sigmoid](index.ipynb#Sigmoid) $1/(1+e^{-t})$, which squashes every number $t$ to between 0 and 1, makes probabilities of them later, and the logit of a small probability $p$ is nearly $\log p$. Of a 640×640 image the network believes at first that each of the three shapes of a cell (its *anchors*, which the next section shows) will meet eight objects somewhere on its grid, and that an object belongs to any one class with less than one chance in a hundred:
#
# $$b_\text{objectness} = \log\frac{8}{(640/\text{stride})^2}, \qquad b_\text{class} = \log\frac{0.6}{K - 0.99}, \qquad b_\text{box} = 0 .$$
#
# ($K$ is the number of classes. To these are added the convolution's own small random biases.) Of the 85 values of an anchor, 4 belong to the box, 1 is the [objectness](index.ipynb#Objectness) (*is anything there at all*), 80 are classes. So the mean of a row can be worked out on paper:

# %%
from math import exp, log

class_start = log(0.6 / (80 - 0.99))
for stride in (8, 16, 32):
    start = log(8 / (640 / stride) ** 2)
    mean = (4 * 0 + start + 80 * class_start) / 85
    sure = 100 / (1 + exp(-start))
    print(f"stride {stride:2}: objectness {start:.2f} ({sure:.2f} %), mean of a row {mean:.3f}")
print(f"each class: {class_start:.2f} ({100 / (1 + exp(-class_start)):.2f} %)")

# %% [markdown]
# −4.67, −4.66 and −4.64: what the three rows show, but for the small random biases. The table's three oddest numbers say what the network expects to see before it has seen anything: hardly anything. It is the cheapest trick in the whole detector. Without it every one of the 25,200 boxes (three for each cell of the three grids) would begin by claiming an object with a probability of one half, and the first lessons would be about nothing else. [Chapter 5](05_training.ipynb) works out what that costs.

# %% [markdown]
# ## Anchors are sizes in input pixels
#
# Each cell speaks for three shapes, its [anchors](index.ipynb#Anchor): nothing but widths and heights, nine of them in all, three a level. They were found by clustering the boxes of a data set. They are numbers of pixels of the image *as it enters the network*, and that is how they are drawn here, each centred on one cell that is lit. (Grey bars frame the photograph, to make it square.) None of the nine has the shape of the rocket. How far an anchor can be stretched to fit, the next section tells.

# %%
framed = photos.letterbox(photos.load("rocket"), 640)
yolov5_head.anchors_on_photo(framed.image, ANCHORS)

# %% [markdown]
# A common mistake sits here. Checkpoints store the anchors divided by the stride of their level, in *cells*. Read those as pixels, and every box comes out 8, 16 or 32 times too small:

# %%
for level, sizes in ANCHORS.items():
    stride = 2 ** int(level[1:])
    cells = ", ".join(f"{w / stride:.2f}×{h / stride:.2f}" for w, h in sizes)
    print(f"{level}, stride {stride:2}: {sizes} pixels = {cells} cells")

# %% [markdown]
# ## From raw numbers to a box
#
# The head's code is short, because it hardly does anything: one 1×1 convolution a level, and then its 255 channels are read as 3 anchors × 85 values. Making boxes of these *raw* values is called to [decode](index.ipynb#Decode) them.

# %%
print({level: tuple(conv.weight.shape) for level, conv in detector.head.outputs.items()})
show_source(detector.head.forward)

# %% [markdown]
# What do the 85 numbers mean? Call the raw ones $t_x, t_y, t_w, t_h$ (box), $t_o$ (objectness) and $t_k$ (class $k$). From here on $\sigma$ is the sigmoid; the spread of the weights had the same letter and nothing to do with it. With the cell at column $c_x$ and row $c_y$, both counted from 0, the stride $s$ and the anchor $a_w \times a_h$:
#
# $$x = \bigl(2\sigma(t_x) - 0.5 + c_x\bigr)\,s, \qquad y = \bigl(2\sigma(t_y) - 0.5 + c_y\bigr)\,s,$$
#
# $$w = \bigl(2\sigma(t_w)\bigr)^2 a_w, \qquad h = \bigl(2\sigma(t_h)\bigr)^2 a_h,$$
#
# and $\sigma(t_o)\,\sigma(t_k)$ is the score of class $k$: *something is here*, times *if so, it is a k*. YOLOv3 had $\sigma(t_x) + c_x$ for the centre and $e^{t_w} a_w$ for the size. Why change that?
#
# Here is a small YOLOv5 that has been trained (a later section introduces it), with all that it says of one scene. Light falls on the cells that see something. Click one, and read off the raw numbers of its three anchors and the boxes that they mean. Two predictions before you touch the sliders: how far can tx move the centre out of its cell? And at tw = 6, how wide is the box, read by either formula? Tick *YOLOv3's formulas* and watch both boxes.

# %%
widgets.HeadCell()

# %% [markdown]
# - **Centre.** σ reaches 0 and 1 only at minus and plus infinity, so YOLOv3 could not put a centre on the border between two cells, and needed huge raw values to come near it. $2\sigma - 0.5$ runs from −0.5 to 1.5: borders are easy, and a cell may speak for an object whose centre lies half a cell outside. Training makes use of that, by asking the neighbours too.
# - **Size.** The exponential has no ceiling; one wild $t$ early in training gives a box as large as a planet, and a gradient to match. $(2\sigma)^2$ stays below 4. An object more than four times as long as an anchor can therefore not be reached from it, and training does not ask it to.
# - **Where both begin.** At $t = 0$ both formulas give the middle of the cell and exactly the anchor.
#
# Decode one by hand. Level p4, stride 16, row 7, column 12, anchor 62×45, raw values 0.4, −1.0, 0.8, 0.0:

# %%
t = torch.tensor([0.4, -1.0, 0.8, 0.0]).sigmoid()
centre = (2 * t[:2] - 0.5 + torch.tensor([12, 7])) * 16
size = (2 * t[2:]) ** 2 * torch.tensor([62, 45])
print("centre:", [round(value, 1) for value in centre.tolist()])
print("size:  ", [round(value, 1) for value in size.tolist()])

# %% [markdown]
# From 25,200 decoded boxes to a handful takes two more steps that have no weights. Boxes whose score is low are dropped. Then *non-maximum suppression*, [NMS](index.ipynb#NMS), keeps the best box, removes every box of the same class that overlaps it too much, and goes on with what is left. How much two boxes overlap is told by their [IoU](index.ipynb#IoU), intersection over union: the area that they share, divided by the area that they cover together. Without NMS, one cup for which a dozen neighbouring cells spoke would be a dozen cups. Three boxes, of which two mean the same cup; which stay?

# %%
boxes = torch.tensor([[180.0, 90, 420, 400], [190, 100, 430, 410], [330, 150, 450, 420]])
scores = torch.tensor([0.71, 0.93, 0.64])
print(f"IoU of the first two: {iou(boxes[0], boxes[1]):.2f}")
print("kept, best first:", nms(boxes, scores, threshold=0.45).tolist())
show_source(nms, without_docstring=True)

# %% [markdown]
# ## What is said of YOLOv5, and what is in it
#
# An explanatory article that many people have read describes YOLOv5 by way of YOLOv4, and then prints the network of release 1.0. The two do not agree, and the print is right. Each of these claims can be put to the network itself: which modules does it have, and which operations does it run?

# %%
from yoloexplain.inspection import trace
from yoloexplain.layers import DropBlock2d, LeakyReLU, Mish

for kind in (DropBlock2d, Mish, LeakyReLU):
    count = sum(isinstance(module, kind) for module in first.modules())
    print(f"{kind.__name__:12} {count} modules")
joints = [node.op for node in trace(first, 640).nodes if node.path == "neck.concat"]
print("the neck joins its levels by", joints)

# %% [markdown]
# | It is said that … | In the printed network |
# |---|---|
# | DropBlock (which blanks squares of a map while training) regularises the backbone | there is none, in this or any other release |
# | Mish is the activation | LeakyReLU in 1.0 and 2.0, Hardswish in 3.0 and 3.1, SiLU from 4.0; Mish belongs to YOLOv4's backbone |
# | hidden layers use LeakyReLU, the detection layer the sigmoid | true of releases 1.0 and 2.0; the sigmoid is applied when boxes are decoded, it is no layer |
# | PAN fuses levels by an element-wise maximum (elsewhere: by addition) | all four joints concatenate |
# | SPP turns the map into a vector of fixed length | that is the original SPP; YOLO's keeps the map ([chapter 3](03_necks.ipynb)) |
# | the head is the same as in YOLOv3 and YOLOv4 | the same convolution and 255 channels, but another decoding |
#
# Read the network before the text about it. It is shorter, and it runs.

# %% [markdown]
# ## The numbers
#
# What the READMEs print for *s* and its four-level form *s6*, beside what our networks count at this moment. The last column is the counting rule, without which a number means little: up to release 3.1 the README counted another image size, and from 4.0 on it counts a *fused* network, whose BatchNorms are folded into its convolutions. The last *Settle it* below tries that out, and chapter 5 takes the counting apart.

# %%
readme = ledger("yolov5s README")
readme

# %% [markdown]
# Two rows differ, and it is the README that slipped: releases 6.0 and 6.1 print the parameters of *s6* in the column of the GFLOPs, and the other way round.
#
# Where in the network is the work? A block's share of the weights and its share of the arithmetic are two different things, because a weight is used once at *every position* of the map. Predict: which costs more arithmetic, the backbone's C3 at stride 4 or its C3 at stride 32, which has sixty times as many weights?

# %%
table = summarize(detector, 640)
title = "YOLOv5s: weights sit where maps are small, work is spread evenly"
weights.params_against_mult_adds(table.rows, title=title, depth=2)

# %%
stages = [row for row in table.rows if row.path in ("backbone.stage2", "backbone.stage5")]
for row in stages:
    print(f"{row.path}: {row.params:9,} weights, {row.mult_adds / 1e6:.0f} million multiply-adds")

# %% [markdown]
# The same, to the last multiplication. At every step down the map has half the side, which makes a quarter of the positions, and twice the channels, which makes four times the weights: the two cancel. That is why detectors are built in this rhythm.

# %% [markdown]
# ## What it sees
#
# First, a network that has never been trained; its weights are the noise of the table above. So its maps have no *meaning*: no channel knows what a cup is. They do show what the architecture alone does to an image. BatchNorm's statistics are set from the photograph first, or deep maps would fade to grey for no interesting reason.

# %%
from yoloexplain.inspection.calibrate import calibrate

torch.manual_seed(0)
small = photos.letterbox(photos.load("coffee"), 320)
image = photos.to_tensor(small.image)
net = calibrate(create_model("yolov5s"), image)
paths = {"stride 2": "backbone.stem", "stride 8": "backbone.stage3", "stride 32": "backbone.pool"}
maps = activations(net, image, list(paths.values()))

# %%
layers = {name: maps[path][0].numpy() for name, path in paths.items()}
fields = receptive_field(net, 320, list(paths.values()))
for name, path in paths.items():
    print(f"{name}: a position sees {fields[path].size[0]}² pixels")
title = "Down the backbone: 160, 40, 10 positions a side"
map_comparisons.compare_maps(layers, channels=8, title=title)

# %% [markdown]
# At stride 2 every channel is still the photograph, filtered by its own random 6×6 kernel: here an edge, there a colour. At stride 8 the cup is a shape made of squares. At stride 32 a position sees more than the whole picture, and nothing of the cup can be recognised by eye. That is not a fault. What such a position has to say is not *where an edge is* but *what this is about*, in 512 numbers, and it takes training to make them mean something. (The bright frames at stride 32 are an artefact worth knowing: near the border part of what a position sees is zero padding.)
#
# ### A small one that has learnt
#
# So let us take one that has been trained. It is a YOLOv5n, the smallest size, and it comes with the package. Its world is small: eight kinds of things, drawn by a program upon drawn backgrounds or photographs, so that boxes and masks are known to the pixel and no data set is needed. Its card says how it came about, and how well it does on scenes that it has never seen:

# %%
from yoloexplain.weights import demo_card

card = demo_card("yolov5n-demo")
names, chosen, scores = card["names"], card["settings"], card["scores"]
print(f"{card['model']}, {len(names)} classes: {', '.join(names)}")
print(f"{card['steps']:,} steps of {chosen['batch']} scenes of {card['image_size']} pixels each")
print(f"{card['seconds'] / 60:.0f} minutes on {card['threads']} processor threads, no GPU")
print(f"on 500 unseen scenes: mAP50 {scores['map50']:.2f}, mAP50-95 {scores['map50_95']:.2f}")

# %% [markdown]
# (The two threads had other work to do at the same time. mAP is explained in chapter 5; 1 would be a network that finds every thing and invents none.) Ask it about a scene of its own kind, which took no part in the training. Before you run the cell: three grids and three anchors a cell make 4,032 boxes at 256×256. The scene holds six things. How many boxes will be surer than 0.3 before NMS: about six, or many more?

# %%
from yoloexplain import yolov5
from yoloexplain.data.scenes import Scenes

scene = Scenes(24, seed=2, size=256, split="val")[18]
learned, drawn = create_model("yolov5n-demo"), photos.to_tensor(scene.image)
with torch.no_grad():
    decoded = yolov5.decode(learned(drawn), learned)
boxes_before, boxes_after = (
    yolov5.non_max_suppression(decoded, 0.3, iou, names=names)[0] for iou in (1.0, 0.45)
)
print(f"{decoded.shape[1]:,} boxes, {len(boxes_before)} above 0.3, {len(boxes_after)} after NMS")

# %% [markdown]
# Which box drops which? In the widget every dot is a *cell that speaks*, for a box that nearly coincides with those of its neighbours. Point at a dot, or at a bar, and an arrow leads to the one that dropped it. Then predict: the star lies behind the doughnut, and their boxes overlap. What happens to it when you lower the IoU threshold, first class by class, then across classes?

# %%
widgets.NonMaxSuppression(learned, scene.image, names=names, confidence=0.3)

# %% [markdown]
# Not six, but more than a hundred. Around every thing many cells answer, with several anchors each, and on more than one level: the training asks the neighbours on purpose, and the three levels share the work only loosely. NMS leaves one box a thing, each with the right class, the red star behind the doughnut included. Class by class that star stays at any IoU threshold, for the only other star is far away. Across classes the doughnut, which is surer, drops it once the threshold is low enough (0.1 will do). YOLOv5 lets only boxes of one class compete, unless asked otherwise (`agnostic=True`).
#
# ### Trained beside untrained
#
# What do the maps look like from which the head reads this? A layer has 64 channels or more, and the largest is seldom the one worth seeing. But we know where the things are, so we can ask: *which channels agree best with the masks?* Agreement is the correlation, over all positions of a map, with the share of each one's square of the picture that is covered by things (a channel that is dark exactly there counts as well). To be fair the untrained twin may choose its best channels too. Predict: with random weights, out of so many channels, will some find the things by chance?

# %%
from yoloexplain.inspection.answers import agreement, answering

torch.manual_seed(0)
twin = calibrate(create_model("yolov5n", num_classes=8), drawn)
things, rows = torch.from_numpy(scene.masks.any(0)).float(), {}
pair = [("untrained", twin), ("trained", learned)]
necks = [(name, activations(network, drawn, ["neck"])) for name, network in pair]
for level in ("p3", "p4"):
    rows |= {f"{level}, {name}": maps[f"neck.{level}"][0] for name, maps in necks}
for name, maps in rows.items():
    print(f"{name:14} best agreement {agreement(maps, things).abs().max():.2f}")

# %%
channels = {name: answering(maps, things, 3) for name, maps in rows.items()}
layers = {name: maps.numpy() for name, maps in rows.items()}
title, rule = "Where is anything?", "Channels that agree best with the masks of all things"
map_comparisons.compare_maps(layers, channels=channels, photo=scene.image, title=title, chosen=rule)

# %% [markdown]
# Some do, to a degree. But look at *how*. The untrained channels are speckled: they answer to roughness and contrast, wherever these are, and the things happen to be rougher than the stripes. The trained ones of p3 have a spot for a thing, round and in its middle, whether it is a star, a fish or a mushroom, and the stripes stir them little. Even the three things that touch at the lower edge can be told apart in one of them. On p4 the first channel lights up on the large star and on the group below, and the two others are dark just where things are: they say *nothing here*, which is the same knowledge. (An untrained channel can do that too, as its second row shows; it says *nothing rough here*.)
#
# So far these channels say *something is here*. Do others say *what*? Ask again, now with the mask of one class at a time:

# %%
from yoloexplain.figures.named_maps import named_maps

kinds = {}
for label in sorted(set(scene.labels.tolist())):
    wanted = torch.from_numpy(scene.masks[scene.labels == label].any(0)).float()
    (channel,) = answering(rows["p4, trained"], wanted, 1)
    kinds[f"{names[label]} {channel}"] = rows["p4, trained"][channel].numpy()
    best = [agreement(rows[f"p4, {name}"], wanted).abs().max() for name in ("trained", "untrained")]
    print(f"{names[label]:9} best agreement {best[0]:.2f}, of the untrained twin {best[1]:.2f}")
named_maps(kinds, title="Who answers to what? The channel of p4 that agrees best with each class")

# %% [markdown]
# They do. The star channel finds both stars, although one is large and green and the other small, red and half hidden; the fish channel finds both fish. The twin's best channels agree far less, except where a class has one small thing, which is easily hit by chance. Nobody told the network to have a channel for stars. But the class scores are made from this map by one 1×1 convolution, and that can only weigh and add what is already there.
#
# Look for yourself, from the stem to the head's own outputs: scrub through layers and channels (those that agree best with the things come first), tick *untrained* to see the twin, and point at a position for its value and for what it sees of the picture. In which layer do edges turn into things?

# %%
widgets.FeatureMaps(learned, scene.image, untrained=twin, wanted=things, layer="backbone.c5")

# %% [markdown]
# ### And on the photograph?
#
# The small network has never seen a cup, nor a saucer. Does it see that *something* is there? We know where the saucer stands on the photograph, so the same question can be asked again, of the trained network and of a twin with statistics from this photograph. Predict: on which of the three levels will training show, if on any?

# %%
saucer, *_ = small.apply([thing.box_xyxy for thing in photos.objects("coffee")])
left, top, right, bottom = saucer.round().astype(int)
place = torch.zeros(320, 320)
place[top:bottom, left:right] = 1

# %%
torch.manual_seed(0)
twin_here = calibrate(create_model("yolov5n", num_classes=8), image)
pair = [("untrained", twin_here), ("trained", learned)]
seen = {name: activations(network, image, ["neck"]) for name, network in pair}
for level in ("p3", "p4", "p5"):
    best = [agreement(maps[f"neck.{level}"][0], place).abs().max() for maps in seen.values()]
    print(f"{level}: best agreement {best[0]:.2f} untrained, {best[1]:.2f} trained")

# %%
layers = {f"p5, {name}": maps["neck.p5"][0] for name, maps in seen.items()}
channels = {name: answering(maps, place, 6) for name, maps in layers.items()}
layers = {name: maps.numpy() for name, maps in layers.items()}
title, rule = "Where is the saucer?", "Channels of p5 that agree best with its place"
with torch.no_grad():
    found = yolov5.non_max_suppression(yolov5.decode(learned(image), learned), names=names)[0]
print("found on the photograph:", found)
map_comparisons.compare_maps(layers, channels=channels, title=title, chosen=rule)

# %% [markdown]
# It shows on p3 and p5; on p4 chance does as well, for one of 128 random channels may fit. The saucer takes up the middle of the 10×10 positions. The trained channels of p5 mark nearly all of it, bright or dark, as one region; most of the untrained ones have a few spots there. So *here is a thing, and here is ground* carries over, on this photograph at least, to a thing never seen. *What it is* does not: the one box is called a doughnut, and lies on the bowl of the spoon. A network names what it finds with the words that it has.
#
# ### The authors' weights, if you have them
#
# What YOLOv5's authors published is not part of this package, and nothing here downloads anything. But if their file lies in PyTorch's cache on your machine, `official_if_present` finds it and compares its checksum, and `load_official` moves it into our network: every tensor or none, and without running anything that the file contains. Otherwise we go on with the small one.

# %%
from yoloexplain.weights import load_official, official_if_present

published = create_model("yolov5n")
file = official_if_present(published)
either = load_official(published, file).eval() if file else create_model("yolov5n-demo")
with torch.no_grad():
    raw = either(image)
print({level: tuple(values.shape[2:4]) for level, values in raw.items()}, "cells, by either")

# %% [markdown]
# To see what it makes of the photograph, add the line `yolov5.non_max_suppression(yolov5.decode(raw, either))[0].figure(small.image)`. The published network has learnt the eighty classes of COCO from photographs, and shows their numbers. The small one knows eight drawn things, and a doughnut is the best that it can say about a cup of coffee.

# %% [markdown]
# ## Settle it: is a 6×6 convolution the same as Focus?
#
# **The claim.** Release 6.0 threw Focus out and put a 6×6 convolution with stride 2 in its place "because it is equivalent". People doubt it, for good reasons: Focus is a *rearrangement and a 3×3*; its padding adds one ring of zeros around a *folded* image; and the weights have other shapes, 12×3×3 against 3×6×6.
#
# **Predict before you run.** Transplant the weights of one into the other and feed both the same photograph. Is the difference zero inside and not at the border? Zero only up to the order of the channels? How many weights does either have?

# %%
torch.manual_seed(0)
old = create_model("yolov5s", release="5.0").backbone["stem"].conv.conv
new = nn.Conv2d(3, 32, kernel_size=6, stride=2, padding=2, bias=False)
new.weight.data = focus_as_convolution(old.weight.data)
with torch.no_grad():
    difference = (old(space_to_depth(image)) - new(image)).abs().max().item()
print("weights:", old.weight.numel(), "and", new.weight.numel())
print("largest difference anywhere, border included, below 1e-5:", difference < 1e-5)
show_source(focus_as_convolution, without_docstring=True)

# %% [markdown]
# **The verdict.** The same, everywhere, up to the rounding of sums taken in another order. Each 3×3 tap on four folded quarters *is* a 6×6 tap on the image, and one ring of folded zeros *is* two rings of pixel zeros. So weights trained with one can be moved into the other. The exchange was made for speed (one well-optimised operation in place of four strided copies and a concatenation), not for accuracy.

# %% [markdown]
# ## Settle it: does YOLOv5 make 25,200 predictions?
#
# **The claim.** "YOLOv5 outputs 25,200 boxes." **Predict**: what about a photograph of 480×640? About the four-level *s6* at 1280? Do fewer classes make fewer boxes?

# %%
print("3·(80² + 40² + 20²) =", f"{3 * (80**2 + 40**2 + 20**2):,}")
plain, wide, few = ("yolov5s", 80, 640, 640), ("yolov5s", 80, 480, 640), ("yolov5s", 5, 640, 640)
for name, classes, height, width in (plain, wide, few, ("yolov5s6", 80, 1280, 1280)):
    with torch.device("meta"):
        raw = create_model(name, num_classes=classes)(torch.empty(1, 3, height, width))
    count = sum(level[..., 0].numel() for level in raw.values())
    print(
        f"{name:8} at {height}×{width}, {classes:2} classes: {count:7,} boxes of "
        f"{raw['p3'].shape[-1]} values"
    )

# %% [markdown]
# **The verdict.** 25,200 belongs to the *image size*; the network says only how many grids there are, and three boxes a cell. There is no fully connected layer anywhere, so the same weights run on any multiple of 32, and the grids grow with the picture. Compare YOLOv1 (chapter 0), whose 7×7 cells are built into its largest matrix.

# %% [markdown]
# ## Settle it: do anchors grow with the image?
#
# **The claims.** "Anchors are made for 640 pixels; give the network 1280, and they are scaled along." "No, they are in units of the feature map." Both are said in answer to people who ask, and they cannot both be true.
#
# **Predict before you run.** Raw zeros mean the anchor itself. How large are the boxes that all zeros decode to, at 320, 640 and 1280 pixels?

# %%
for side in (320, 640, 1280):
    zeros = {f"p{n}": torch.zeros(1, 3, side >> n, side >> n, 85) for n in (3, 4, 5)}
    sizes = yolov5.decode(zeros, detector)[0, :, 2:4].unique(dim=0)
    print(f"{side:4}:", ", ".join(f"{w:.0f}×{h:.0f}" for w, h in sizes.tolist()))

# %% [markdown]
# Nine sizes in pixels of the input, the same at every image size. And what follows when the same scene is handed in smaller or larger? It holds two stars, two fish, a doughnut and a mushroom. Predict at which size it finds just these six.

# %%
left, right = scene.boxes_xyxy[scene.labels == names.index("doughnut")][0][[0, 2]]
for side in (128, 256, 512, 1024):
    scaled = nn.functional.interpolate(drawn, size=(side, side), mode="bilinear")
    with torch.no_grad():
        found = yolov5.non_max_suppression(yolov5.decode(learned(scaled), learned), 0.3)[0]
    print(f"{side:4} pixels, the doughnut {(right - left) * side / 256:3.0f} wide;", end=" ")
    print(f"{len(found):2} found:", *sorted(names[i] for i in found.labels))

# %% [markdown]
# **The verdict.** Neither claim is true: anchors are pixels of the input, and only a checkpoint *stores* them in cells. Nor is more resolution always better. At 1024 pixels the doughnut alone is wider than a whole scene of the training (192 pixels, as the card above says); the network finds parts of things and gives them names. The image size belongs to the training as much as the anchors do.

# %% [markdown]
# ## Settle it: do the class probabilities of a box add up to one?
#
# **The claim.** "A box comes with a probability for each class, so they add up to one, and the largest says how sure the network is." Many who read the raw output for the first time expect a softmax, and are startled by sums far from one.
#
# **Predict before you run.** The small network has eight classes. What are the smallest and the largest sum, over boxes with something in them, and over all others?

# %%
objectness, sums = decoded[0, :, 4], decoded[0, :, 5:].sum(dim=1)
groups = {"objectness above 0.3": objectness > 0.3, "all others": objectness <= 0.3}
for name, chosen in groups.items():
    low, high = sums[chosen].min(), sums[chosen].max()
    print(f"{name:20} {int(chosen.sum()):5,} boxes, sums {low:.2f} to {high:.2f}")
rare = objectness[sums.argmax()] < 1e-9
print("objectness at the largest sum, below one in a billion:", rare.item())

# %% [markdown]
# **The verdict.** No. Each class is a question of its own, with a sigmoid of its own, and nothing makes the answers share one probability: a thing may be two at once, or none. Where the network sees a thing the sum comes close to one all the same, because in training each thing had one class. Elsewhere anything goes, even a yes to all eight. Training never asks *what is it?* where nothing is, so those answers are free to be nonsense, and only the product with the objectness silences them. It is the product that is compared with the threshold.

# %% [markdown]
# ## Settle it: is a fused network still the same?
#
# **The claim.** "Fusing BatchNorm into the convolutions is a trick for speed; it costs a little accuracy." In use BatchNorm has fixed statistics. It multiplies each channel by one number and adds another, and the convolution before it can do both: its kernels are multiplied, and a bias is added.
#
# **Predict before you run.** Will the fused network find the same six things with the same scores? Does it have more parameters, for all the biases, or fewer?

# %%
from yoloexplain.backbones.fuse import fuse

for name, network in {"as trained": learned, "fused": fuse(learned)}.items():
    norms = sum(isinstance(module, nn.BatchNorm2d) for module in network.modules())
    total = sum(parameter.numel() for parameter in network.parameters())
    with torch.no_grad():
        read = yolov5.decode(network(drawn), network)
    print(f"{name:10} {norms:2} BatchNorms, {total:,} parameters")
    print(yolov5.non_max_suppression(read, 0.3, names=names)[0])

# %%
with torch.no_grad():
    before, after = learned(drawn)["p3"], fuse(learned)(drawn)["p3"]
    share = (before - after).abs().max() / before.abs().max()
left_over = [name for name, part in fuse(first).named_modules() if isinstance(part, nn.BatchNorm2d)]
print("largest difference, as a share of the largest value, below 1e-5:", (share < 1e-5).item())
print("release 1.0, fused:", len(left_over), "BatchNorms are left, such as", left_over[0])

# %% [markdown]
# **The verdict.** The same network, up to rounding. A scale and a shift a channel become one bias, so there are fewer parameters. What is lost is the way back: BatchNorm's statistics are gone, and such a network is not for further training. And not every BatchNorm can go: the one behind BottleneckCSP's concatenation, in releases up to 3.1, follows two convolutions and belongs to neither.

# %% [markdown]
# ## Exercises
#
# Replace every `...` and run the cell. `check` compares your answer with the code of this chapter, first its form and then its numbers, and says what differs first and why. `yx.exercises.hint("ch04.decode")` helps in three steps, `yx.exercises.solution("ch04.decode")` shows one way, and `yx.exercises.progress()` what you have solved. Your code runs in a process of its own: whatever happens there, this notebook goes on.
#
# **1 · Count boxes and channels.** A YOLOv5s or YOLOv5s6 is trained for 8 classes instead of 80. How many boxes does it give, before NMS, for an image of height × width? How many numbers has each box, and how many channels each of the head's convolutions? Pencil and paper; no code.

# %% tags=["exercise"]
counts = {
    "s at 320×320": ...,
    "s at 416×608": ...,
    "s6 at 640×640": ...,  # four levels
    "numbers a box": ...,
    "channels a level": ...,
}
yx.exercises.check("ch04.predictions", counts)

# %% [markdown]
# **2 · Decode a prediction.** `raw` holds the 5 + K raw numbers that one anchor of one cell puts out, in the order tx, ty, tw, th, to, t1 … tK, as a tensor. `column` and `row` count the cell from 0, `anchor` is a tensor of width and height in pixels of the input, `stride` a whole number. Give back the box as centre x, centre y, width and height in pixels of the input, and the K scores, as tensors.


# %% tags=["exercise"]
def decode(raw, column, row, anchor, stride):
    return {"box_cxcywh": ..., "scores": ...}


yx.exercises.check("ch04.decode", decode)

# %% [markdown]
# **3 · Write greedy NMS**, for boxes of one class. `boxes` is N × 4, each box (x0, y0, x1, y1) in pixels, and `scores` has N values, no two of them equal. Drop a box if its IoU with a better one *that is kept* is larger than `threshold`. Give back the indices of the boxes that stay, best first, as a list or a tensor. There may be no box at all. `iou(boxes[i], boxes[others])`, imported at the top of this chapter, gives the IoU of one box with each of the others.


# %% tags=["exercise"]
def greedy(boxes, scores, threshold):
    return ...


yx.exercises.check("ch04.nms", greedy)

# %% [markdown]
# **4 · Write Focus**: fold the pixels into four times the channels, in YOLOv5's order, then one 3×3 convolution. `conv` is the package's `Conv(in_channels, out_channels, kernel_size)`, which keeps height and width and brings its BatchNorm and its activation. Images are B × C × H × W, H and W even.

# %% tags=["exercise"]
from yoloexplain.layers import Conv


class MyFocus(nn.Module):
    def __init__(self, in_channels, out_channels):
        super().__init__()
        self.conv = Conv(...)

    def forward(self, x):
        return ...


yx.exercises.check("ch04.focus", MyFocus)

# %% [markdown]
# ## Take along
#
# - YOLOv5 is a chain with three exits (backbone), two crossing paths that **concatenate** (neck), and one 1×1 convolution a level (head). Nothing else has weights.
# - Ten releases are three networks: up to 3.1, 4.0 to 5.0, from 6.0 on.
# - A fresh network is noise of a chosen size, $\sigma = 1/\sqrt{3\cdot\text{fan-in}}$, with one opinion: *hardly anything is here*, written into the head's biases.
# - Anchors are sizes in input pixels, at every image size. Raw values are decoded by $2\sigma - 0.5$ and $(2\sigma)^2$, which reach half a cell outside and at most four times the anchor.
# - A score is objectness times class, two sigmoids. The class probabilities of a box need not add up to one.
# - NMS keeps the best box, drops what overlaps it too much, and goes on with the rest; it has no weights.
# - Focus is a 6×6 convolution in disguise, a fused network is the same network, and 25,200 is what 640×640 gives.
# - Random weights answer to contrast. Training turns that into *a thing is here*, and in other channels into *a star is here*.
#
# ## Sources
#
# - YOLOv5 (Jocher et al. 2020–2022), releases 1.0 to 7.0, github.com/ultralytics/yolov5; there is no paper.
# - CSPNet: Wang et al. 2019, arXiv 1911.11929. FPN: Lin et al. 2016, arXiv 1612.03144. PAN: Liu et al. 2018, arXiv 1803.01534. SPP: He et al. 2014, arXiv 1406.4729.
# - YOLOv3, for the decoding it replaced: Redmon and Farhadi 2018, arXiv 1804.02767. YOLOv2, for space to depth: Redmon and Farhadi 2016, arXiv 1612.08242.
# - BatchNorm, which can be fused: Ioffe and Szegedy 2015, arXiv 1502.03167. COCO, whose eighty classes the published networks know: Lin et al. 2014, arXiv 1405.0312.
# - Focal loss, section 3.3, for the prior in the biases: Lin et al. 2017, arXiv 1708.02002. YOLOv4: Bochkovskiy et al. 2020, arXiv 2004.10934.
# - Photographs, from scikit-image: coffee, Rachel Michetti, CC0; rocket, SpaceX, public domain.
