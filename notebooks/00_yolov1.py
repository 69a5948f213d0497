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
# # 0 · YOLOv1 — one grid, one look
#
# > **You will be able to** name every number that YOLOv1 puts out, find the cell that answers for an object, write a target and read a prediction back, add up the loss term by term, and check a printed table of layers against the text around it.
# >
# > **It takes** about 55 minutes to read and try, and 30 for the exercises.
# >
# > **Know first** convolution, pooling and linear layers, and that a network learns by making a loss small. Nothing about detection: words that you may not know are explained where they are first needed, and linked to the [glossary](index.ipynb#Glossary).

# %%
import numpy as np
import torch

import yoloexplain as yx
from yoloexplain import figures, widgets
from yoloexplain.data import photos
from yoloexplain.figures.cell_change import cell_change
from yoloexplain.inspection.calibrate import calibrate
from yoloexplain.ledger import ledger

# %% [markdown]
# ## The question
#
# A classifier says *what*: one image in, one score a class out. A detector must also say *where*, and must say it for an unknown number of things. It answers with a [bounding box](index.ipynb#Bounding-box) for each, the upright rectangle that just holds it. How many there are is the difficulty. A network puts out a fixed number of values, as many for an empty table as for a laid one. So it must be settled before the first photograph is seen: **which of these numbers speaks for which object?**
#
# The detectors of the time went around the question. R-CNN proposed some two thousand regions of an image and then asked a classifier about each of them. YOLO (Redmon et al., 2015: *You Only Look Once*) asks once, about everything. Detection becomes what a network does best: numbers predicted from an image (a regression), in one tensor of fixed size.

# %% [markdown]
# ## The idea in one figure
#
# Place decides. Lay a [grid](index.ipynb#Grid) of S×S [cells](index.ipynb#Cell) over the image. **The cell in which an object's centre falls answers for that object.** All other cells keep silent about it, however much of it they show.
#
# On the photograph below lie a saucer, a cup and a spoon. Before you look at the coloured cells: where are the centres of the three boxes?
#
# Then touch it. Drag a box, and watch the colour jump from cell to cell while x and y run from 0 to 1 and begin again. Slide S: how many cells does it take until nobody is lost? On the right stand the thirty numbers that the chosen cell should put out. The place of a number among the thirty is called its *slot*. Point at a slot (or move its slider) to read its name, its value, and the same slot of all other cells; what they mean is told further down.

# %%
frame = photos.letterbox(photos.load("coffee"), 448, stride=64)
things = photos.objects("coffee")
labels = [thing.label for thing in things]
boxes = frame.apply([thing.box_xyxy for thing in things])
classes = [*labels, *(f"class {number}" for number in range(4, 21))]
widgets.GridAssignment(frame.image, boxes, labels, classes=classes, chosen=2)

# %% [markdown]
# Two things surprise most people.
#
# * **Covering is not answering.** The saucer's box touches thirty cells, and one of them answers.
# * **Two centres can share a cell.** The saucer's and the cup's do. A cell has one list of classes, so one of the two is lost: not because the network is bad at it, but because the output has no place for it. The paper names flocks of birds as the case where this hurts.
#
# How much of this is bad luck? The paper stretches every photograph to 448×448. Here it was *framed*: scaled until it fits, and filled up with grey bands, so that nothing changes its shape. Count the cells that the saucer touches, and try the other way too (rows and columns count from 0):

# %%
first, last = (boxes[0, :2] // 64).astype(int), (boxes[0, 2:] // 64).astype(int)
print("cells that the saucer's box touches:", np.prod(last - first + 1))
stretched = np.array([thing.box_xyxy for thing in things]) / (600, 400, 600, 400)
for way, sides in {"framed": boxes / 448, "stretched": stretched}.items():
    columns, rows = (7 * (sides[:, :2] + sides[:, 2:]) / 2).astype(int).T.tolist()
    cells = dict(zip(labels, zip(rows, columns, strict=True), strict=True))
    print(f"{way:9s} (row, column):", cells)

# %% [markdown]
# Stretched, the cup's centre rises by a few pixels into the row above, and all three survive. The rule is simple, and it is sharp: a cell border decides.
#
# (The paper's twenty classes are those of Pascal VOC, which knows neither saucers nor spoons. We keep the number twenty and let the first three be ours.)

# %% [markdown]
# ## The code
#
# The forward pass is four short lines: the size of the image is checked (we shall see why), then come features, one long vector, and cells. `depth` is the number of slots of a cell.

# %%
from yoloexplain.yolov1.network import NOTEBOOK, PAPER, YOLOv1, trunk

yx.show_source(YOLOv1, without_docstring=True)

# %% [markdown]
# `unflatten` at the end is the grid: 1,470 values in a row are *read* as 7×7 cells of 30. Nothing in the layers knows about cells. They become cells because the [loss](index.ipynb#Loss) compares the thirty numbers of cell (3, 4) with what lies in *that* part of the photograph, and with nothing else.
#
# The [backbone](index.ipynb#Backbone), all that comes before the linear layers, is built from a plan, a list of pools and of convolutions (kernel size, channels, stride). A `ConvBlock` is a convolution, then [BatchNorm](index.ipynb#BatchNorm), then a LeakyReLU. BatchNorm brings each channel to a mean and a spread that are learned. A LeakyReLU lets a tenth of every negative value through, so that no channel can die for good. Here is the plan, kernel × kernel × channels, `/2` for a stride of 2 and `P` for a pool:

# %%
steps = ["P" if s == "pool" else f"{s[0]}×{s[0]}×{s[1]}{'/2' * (s[2] == 2)}" for s in PAPER]
print(len(steps) - steps.count("P"), "convolutions,", steps.count("P"), "pools\n")
print(*[" ".join(steps[i : i + 10]) for i in range(0, len(steps), 10)], sep="\n")

# %% [markdown]
# Nine of the fourteen 3×3 convolutions have a 1×1 before them, and six of the nine 1×1 halve the channels for it (a [bottleneck](index.ipynb#Bottleneck)). It is a way round, and yet shorter than the direct one:

# %%
direct, around = 9 * 512 * 512, 512 * 256 + 9 * 256 * 512
print(f"{'3×3 from 512 to 512 channels':42s}{direct:10,d} weights")
print(f"{'1×1 from 512 to 256, 3×3 from 256 to 512':42s}{around:10,d} weights")

# %% [markdown]
# ## The target, slot by slot
#
# What a network should have answered is called its [target](index.ipynb#Target). YOLOv1's target has the shape of its output: a cell has $5B + K$ slots, five for each of its $B$ boxes, and one for each of $K$ classes, shared by its boxes. In the paper $B = 2$ and $K = 20$. For a box with centre $(c_x, c_y)$ and sides $b_w, b_h$ in an image of $W \times H$ pixels:
#
# | slot | value | range | meaning |
# |---|---|---|---|
# | x | $S\,c_x/W - \text{column}$ | 0–1 | where in the *cell* the centre lies |
# | y | $S\,c_y/H - \text{row}$ | 0–1 | the same, downwards |
# | w | $b_w/W$ | 0–1 | width, as a share of the *image* |
# | h | $b_h/H$ | 0–1 | height, as a share of the *image* |
# | confidence | $\Pr(\text{object}) \cdot \text{IoU}$ | 0–1 | is there anything of mine, and how well does my box fit it? |
# | K classes | $\Pr(\text{class} \mid \text{object})$ | 0–1 | *if* there is something, what is it? |
#
# Position is told within the cell, size within the image. People mix the two up more often than anything else here. There is a reason for it: the cell says roughly where, so x and y only refine; but a cell says nothing about size.
#
# [Confidence](index.ipynb#Confidence) needs a word of its own. How well does one box fit another? [IoU](index.ipynb#IoU), intersection over union, says it in one number: the area that the two share, over the area that they cover together. It is 1 for equal boxes and 0 for boxes that do not touch. The confidence of an empty cell should be 0. In the answering cell it should be the IoU of the *predicted* box with the true one, so it can only be known while the network runs. 1 is the best case, and what the figure shows.
#
# Let us fill the target of our photograph by hand.

# %%
S, B, K = 7, 2, 20
corner, opposite = boxes[:, :2] / 448, boxes[:, 2:] / 448
centre, size = S * (corner + opposite) / 2, opposite - corner
column, row = centre.astype(int).T
target = np.zeros((S, S, 5 * B + K))
target[row, column, 0:5] = np.c_[centre % 1, size, np.ones(3)]
target[row, column, 5 * B + np.arange(3)] = 1
print(f"shape {target.shape}, {target.size:,} numbers")
print("objects in:", len(things), "· cells with an object:", int((target[..., 4] > 0).sum()))

# %% [markdown]
# Three went in, two came out. Decode the cells again, and see who is missing:

# %%
x, y, w, h = target[row, column, :4].T
middle, half = np.c_[column + x, row + y] / S, np.c_[w, h] / 2
decoded = 448 * np.c_[middle - half, middle + half]
for label, before, after in zip(labels, boxes, decoded, strict=True):
    print(f"{label:6s} comes back: {np.allclose(before, after)}")
print("classes in the shared cell:", [classes[k] for k in target[3, 3, 10:].nonzero()[0]])

# %% [markdown]
# The cup overwrote the saucer's box, for it was written later. (The figure above kept the first of its list instead. Which one is lost is a choice; that one is lost is not.) Look at the last line, too: a careless encoder, as ours just now, leaves *both* classes lit, so the cell is told to draw a cup and to call it a saucer as well. Such targets raise no error. They only make a detector a little worse, and nobody knows why.
#
# What are the other five box slots for, if one truth is written down? (The figure wrote it twice, so that either box can be compared with it.) A cell *predicts* two boxes. In training, the one that fits the truth better (the higher IoU) is called [**responsible**](index.ipynb#Responsible) and learns from it; the other is told that it saw nothing. So the two can specialise: one may come to draw tall boxes, the other wide ones. (Whether they do will be measured further down.) It does not mean two objects a cell, for the classes are shared.
#
# When the trained network is used, the two kinds of scores are multiplied: class × confidence says how sure a box is of being a *cup* and of *fitting* it. That makes 98 scored boxes for every photograph (two for each of 49 cells), of which most score next to nothing. Some of the others may mean the same object. So of boxes that overlap much only the best is kept: non-maximum suppression, [NMS](index.ipynb#NMS), which [chapter 4](04_yolov5.ipynb) takes apart.

# %% [markdown]
# ## Three networks of one name
#
# Whoever looks for YOLOv1 finds very different networks. Three are rebuilt here, to the last parameter: a printed table of 104 rows, a printed table of 184 rows, and a notebook found on the net. Here they are built on PyTorch's `meta` device, where a tensor has a shape and no content, so the 276 million parameters below cost no memory.

# %%
names = ["yolov1-darknet", "yolov1-resnet50", "yolov1-notebook"]
with torch.device("meta"):
    models = {name: yx.create_model(name) for name in names}
tables = {name: yx.summarize(model, 448) for name, model in models.items()}

# %%
print(f"{'':16s}{'rows':>5s}{'convs':>6s}{'outputs':>9s}{'parameters':>13s}{'trainable':>13s}")
for name, table in tables.items():
    printed = [r for r in table.rows if r.is_leaf or r.type in ("ConvBlock", "Bottleneck")]
    convolutions = sum(row.type == "Conv2d" for row in printed)
    counts = f"{len(printed):5d}{convolutions:6d}{printed[-1].output_shape[1]:9,d}"
    print(f"{name:16s}{counts}{table.total_params:13,d}{table.trainable_params:13,d}")

# %%
from yoloexplain.plans import stages

figures.tensor_sizes({name: stages(model, 448) for name, model in models.items()})

# %% [markdown]
# * **`yolov1-darknet`** has the paper's 24 convolutions and two linear layers. Two things are not the paper's: the BatchNorm after every convolution (the technique was a few months old), and the 2,450 outputs where the paper has 1,470. We settle that one below.
# * **`yolov1-resnet50`** is something else: a ResNet-50 trained beforehand and *frozen* (its weights stay as they are), and a small [head](index.ipynb#Head) of 1×1 convolutions. A head turns features into predictions; in the two other networks it is the pair of linear layers. Less than a tenth of the parameters learn. The grid is 9×9, made by an adaptive average pool that brings 14×14 down to 9×9 with overlapping windows. The table has two oddities. Dropout, which sets values to zero at random while a network is trained, stands between BatchNorm and activation, and once more behind the very last convolution, where it strikes finished predictions. And the 2,430 outputs lie channel by channel, so the thirty numbers of one cell are 81 places apart.
# * **`yolov1-notebook`** is a Darknet cut short: 14 convolutions, each with a bias that we shall come back to, and the paper's 1,470 outputs. Like the paper, and unlike the table of 104 rows, it has a dropout between its two linear layers.
#
# The notebook's text and its code do not agree, and it is worth seeing how one finds out. The text describes six blocks, with a pool at the end of the first, the second and the sixth, under a drawing of the paper's 24 convolutions. Print what the code builds, this time channels only, with a new line after each pool:

# %%
for name, plan in {"paper": PAPER, "notebook": NOTEBOOK}.items():
    steps = ["P\n   " if step == "pool" else f"{step[1]}{'/2' * (step[2] == 2)}" for step in plan]
    print(f"{name}, {sum(step != 'pool' for step in plan)} convolutions:\n   ", *steps)

# %% [markdown]
# The code has four pools, after groups 1, 2, 3 and 4, and its last halving is a convolution with stride 2, not a pool. The pattern is the paper's with repetitions left out: one pair of 256 and 512 instead of four, one pair of 512 and 1,024 instead of two, and the last two convolutions missing. When text and code disagree, the code is what ran.

# %% [markdown]
# ## Where the parameters live
#
# The 104-row table counts 275,731,794 parameters. Which layers hold them? And are these the layers that do the work? Predict both before you run the cell (the bold figures above have given part of it away): what share of the parameters sits in the two linear layers, and what share of the work do they do? (Work is counted in [multiply-adds](index.ipynb#Multiply-add): one multiplication and one addition each.)
#
# Change what is shown from parameters to multiply-adds, then to activation values, the numbers that a layer puts out: who is tall now? Point at a layer to read its numbers, and take another network for comparison.

# %%
widgets.ParameterShares(models, 448)

# %% [markdown]
# The two linear layers hold 215,562,642 parameters. Nearly four fifths of the parameters do one hundredth of the work. A convolution's weight is used at every position of a map, thousands of times an image; a linear layer's weight is used once. The first linear layer alone connects 7·7·1,024 = 50,176 values with 4,096.
#
# This has a second price. Those 50,176 values are a fixed number, and so the size of the image is fixed as well:

# %%
try:
    models["yolov1-darknet"](torch.empty(1, 3, 512, 512, device="meta"))
except ValueError as error:
    print(error)

# %% [markdown]
# The head of `yolov1-resnet50` has no linear layer. It takes any size, and needs about a hundredth of the parameters, though it does twice the work. What does it give up?

# %%
for name, table in tables.items():
    head = next(row for row in table.rows if row.path == "head")
    print(f"{name:16s} head {head.params:12,d} parameters {head.mult_adds:12,d} multiply-adds")

# %% [markdown]
# ## One look at the whole image
#
# It gives up the view of the whole. A cell of a convolutional head sees a window of pixels, its [receptive field](index.ipynb#Receptive-field), and nothing beyond it. Behind a linear layer every cell sees every pixel. The paper counts this among its strengths: a network that sees the scene as a whole mistakes fewer patches of background for objects.
#
# First the theory: windows of windows, computed from kernels and strides (how it is done, [chapter 3](03_necks.ipynb) shows).

# %%
before = yx.receptive_field(models["yolov1-notebook"], 448, ["backbone"])["backbone"]
cells = yx.receptive_field(models["yolov1-resnet50"], 448, ["head.8"])["head.8"]
print("notebook, before the linear layers:", *before.size, "pixels, if the image allows")
print("ResNet-50, a cell of the 9×9 grid: ", *cells.size, "pixels, if the image allows")
print("first pixel column that a cell sees, by column of the grid:")
print([cells.box(4, column, clip=True)[0] for column in range(9)])

# %% [markdown]
# A field of 491 pixels is larger than the image of 448, so it may seem that every cell sees everything. But the field is centred on its cell, and half of it falls off the edge. A cell of the last column begins to see at pixel 171.
#
# Now the experiment. Cover a patch at the left edge, 64 pixels wide, and measure how far the thirty numbers of each cell move. The weights are random (nobody has trained these three networks); that does not matter, for *whether* something can arrive is a matter of wiring. `calibrate` gives the BatchNorms the statistics of this photograph, without which signals fade in a fresh network.

# %%
image, changes = photos.to_tensor(frame.image), {}
covered = image.clone()
covered[..., 192:256, 0:64] = 0
for name, title in {"yolov1-notebook": "linear head", "yolov1-resnet50": "no linear layer"}.items():
    torch.manual_seed(0)
    model = calibrate(yx.create_model(name), image)
    with torch.no_grad():
        seen, missed = model(image)[0], model(covered)[0]
    changes[title] = ((missed - seen).norm(dim=-1) / seen.norm(dim=-1).mean()).numpy().round(6)
cell_change(frame.image, (0, 192, 64, 256), changes)

# %% [markdown]
# With linear layers the patch arrives everywhere, about as strongly in the far corner as next door: place means nothing to a linear layer, and must be learnt. Without them it arrives where the theory says, and the three right-hand columns, which begin to see beyond pixel 64, get exactly nothing.
#
# Neither is simply better. The detectors of the following chapters chose convolutions, fewer parameters and any image size, and got their wide view in other ways (chapter 3).

# %% [markdown]
# ## The loss, term by term
#
# One sum of squares teaches everything at once. Hats are predictions. $i$ runs over the cells, $j$ over the boxes of a cell. $\mathbb{1}^{\text{obj}}_{i}$ is 1 if an object's centre lies in cell $i$; $\mathbb{1}^{\text{obj}}_{ij}$ is 1 if, besides, box $j$ is the responsible one; $\mathbb{1}^{\text{noobj}}_{ij}$ is 1 for every other box. $C$ is a confidence, and $p(c)$ the score of class $c$.
#
# $$
# \begin{aligned}
# \mathcal{L} ={}& \lambda_{\text{coord}} \sum_{i=1}^{S^2} \sum_{j=1}^{B} \mathbb{1}^{\text{obj}}_{ij} \left[ (x_i - \hat{x}_{ij})^2 + (y_i - \hat{y}_{ij})^2 \right] && \text{(1) where} \\
# {}+{}& \lambda_{\text{coord}} \sum_{i=1}^{S^2} \sum_{j=1}^{B} \mathbb{1}^{\text{obj}}_{ij} \left[ \left(\sqrt{w_i} - \sqrt{\hat{w}_{ij}}\right)^2 + \left(\sqrt{h_i} - \sqrt{\hat{h}_{ij}}\right)^2 \right] && \text{(2) how large} \\
# {}+{}& \sum_{i=1}^{S^2} \sum_{j=1}^{B} \mathbb{1}^{\text{obj}}_{ij} \left( C_{ij} - \hat{C}_{ij} \right)^2 && \text{(3) something} \\
# {}+{}& \lambda_{\text{noobj}} \sum_{i=1}^{S^2} \sum_{j=1}^{B} \mathbb{1}^{\text{noobj}}_{ij} \, \hat{C}_{ij}^{\,2} && \text{(4) nothing} \\
# {}+{}& \sum_{i=1}^{S^2} \mathbb{1}^{\text{obj}}_{i} \sum_{c=1}^{K} \left( p_i(c) - \hat{p}_i(c) \right)^2 && \text{(5) what}
# \end{aligned}
# $$
#
# with $\lambda_{\text{coord}} = 5$ and $\lambda_{\text{noobj}} = 0.5$.
#
# * **(1) and (2) concern responsible boxes only.** An empty cell may draw whatever it likes; its confidence is what it must keep low.
# * **(2)** A root wants a number that is not negative, and a linear layer promises no such thing. The way out is to let the network put out the root itself and to square it when a box is drawn.
# * **(3)** Of a cell that has something: the true confidence $C_{ij}$ is the IoU of the predicted and the true box, computed anew at every step.
# * **(4)** Of boxes that have nothing: every one that is not responsible should say 0, the second box of an answering cell among them.
# * **(5)** Once a cell, not once a box: the index $j$ is missing. And only where there is something: an empty cell's classes are never corrected.
#
# Two details look arbitrary. Numbers explain them better than words.

# %%
every, responsible = S * S * B, int((target[..., 4] > 0).sum())
print(f"{every} boxes: {responsible} responsible, {every - responsible} with nothing to say")
true, drawn = np.array([40, 400]) / 448, np.array([52, 412]) / 448  # 12 pixels too wide, twice
plain, rooted = (true - drawn) ** 2, (true**0.5 - drawn**0.5) ** 2
print("squared error of w: ", plain.round(5), f"first : second = {plain[0] / plain[1]:.1f}")
print("squared error of √w:", rooted.round(5), f"first : second = {rooted[0] / rooted[1]:.1f}")

# %% [markdown]
# **Why the weights?** For our photograph 96 boxes are pulled towards 0 and two towards something. Unweighted, the many would win, and a network that always says "nothing" has a small loss. So $\lambda_{\text{noobj}}$ turns the many down, and $\lambda_{\text{coord}}$ turns the boxes up.
#
# **Why the roots?** Twelve pixels too wide is a disaster for a box of 40 pixels and a trifle for one of 400. Squared error finds them equal. The root makes the mistake on the small box cost nearly nine times as much. It is only a remedy: a fair measure would compare the boxes themselves, and later detectors do.
#
# ### What the notebook's loss leaves out
#
# The notebook's loss has the same four names and the same λ, and yet it is another function:
#
# | | paper | notebook |
# |---|---|---|
# | boxes that learn | the responsible one of two | always the first; the second is never a box |
# | size | roots of w and h | w and h themselves |
# | target confidence | IoU with the truth | whatever the target holds |
# | "nothing here" | every box that is not responsible | the first box of empty cells |
# | class term | 20 classes | 25 numbers: everything behind slot 5, so the second box's five count as classes |
# | layout | boxes, then classes | its comment says classes first, its slices read a box first |
# | a batch | written for one image | summed over its images, so a larger batch means a larger step |
#
# Let the two disagree. One object, and the two boxes that its cell predicts, are yours to drag; each term of both losses stands beside the other. Predict first: if box 2 fits the truth better than box 1, what does each loss teach box 1? And which of the terms grows largest when all the other cells become a little too sure of themselves?

# %%
widgets.YOLOv1Loss()

# %% [markdown]
# Drag box 1 off the truth until box 2 answers. From then on the paper's loss leaves box 1 where it is and only lowers its confidence, while the notebook's pulls it back as if nothing had happened, and goes on teaching box 2 to be five classes. Then raise the confidence of the other cells: 96 boxes together outweigh everything that is said about the object, even with $\lambda_{\text{noobj}}$. Lastly make truth and prediction small, a cell or less, and take the roots away: the second term shrinks. Make them large, and it grows.
#
# The notebook prints one number, 759.7955, for one random image and a target of random numbers. The run cannot be repeated, for no seed was set. Can the number be checked nevertheless? With targets drawn evenly from 0 to 1, every cell counts as occupied and the fourth term is 0. Suppose that the untrained network answers close to 0 everywhere:

# %%
square, spread = 1 / 3, 1 / 5 - 1 / 9  # of t², t even on 0–1: its mean and its variance
expected = S * S * (5 * 4 + 1 + 25) * square
deviation = (S * S * (5**2 * 4 + 1 + 25) * spread) ** 0.5
print(f"expected {expected:.1f} ± {deviation:.0f}, printed 759.8")

# %% [markdown]
# The printed number is what a network that says nothing gets by chance. It shows that the code runs, and nothing else. A number in a notebook is worth the question: *what would a useless network have got?*

# %% [markdown]
# ## The numbers
#
# Each published number beside ours, counted when this cell ran:

# %%
print(f"{'published':>62s}{'ours':>12s}")
for row in ledger("yolov1"):
    name = row.model.removeprefix("yolov1-")
    print(f"{name:24s}{row.quantity:26s}{row.published:>12s}{row.ours:>12s}  {row.status}")

# %% [markdown]
# The last four rows are the paper's own network, built with 30 numbers a cell. (Why it takes `num_classes=10` to get them is settled further down.) The paper prints no number of parameters: 271,716,734 is counted from its architecture with BatchNorm, and 271,703,550 once each BatchNorm is *fused*, merged into the convolution before it. And the table of 184 rows repeats its ReLU lines, since one module is called three times in a block and each call is printed. That does no harm, for a ReLU has no parameters; a module that has some and is called twice would be counted twice.

# %% [markdown]
# ## What it sees
#
# What do 24 convolutions make of the photograph, before any training? An untrained map can show what is built in: which edges survive, how the resolution falls, how far a position mixes its surroundings. It cannot show meaning: no channel here stands for a cup. From left to right, neighbours in a map lie 4, 8, 16 and 64 pixels of the photograph apart. This distance is the map's *stride*, the product of all strides before it.

# %%
torch.manual_seed(0)
backbone = calibrate(trunk(PAPER, 3), image)
rows = [row for row in tables["yolov1-darknet"].rows if row.type == "ConvBlock"]
last = {448 // row.output_shape[3]: row.path.removeprefix("backbone.") for row in rows}
maps = yx.activations(backbone, image, [last[stride] for stride in (4, 8, 16, 64)])
pyramid = {f"÷{stride}": maps[last[stride]][0].numpy() for stride in (4, 8, 16, 64)}
figures.pyramid_maps(pyramid, frame.image, title="An untrained Darknet, from fine to coarse")

# %% [markdown]
# At strides 4 and 8 the rim of the cup and the spoon can be recognised; at stride 16 it takes goodwill. At stride 64 there are 49 positions left, one for each cell of the grid, with 1,024 numbers each. The grid was in the strides all along: 448 / 64 = 7.

# %% [markdown]
# ### A small one that has learnt
#
# Now one that has been trained. It comes with the package and knows eight kinds of drawn things, on drawn backgrounds or photographs. Targets, loss and decoding are those of this chapter. It differs from the paper's network in two ways: it is small, with a cell for every 16 pixels, and its head is *one 1×1 convolution* instead of the two linear layers.
#
# The second was not a matter of taste. A linear layer has weights of its own for each place: what it learns about a star at the upper left says nothing about stars elsewhere, so it must see stars everywhere, and needs very many pictures. The paper's authors first trained their convolutions on a million photographs for a week. In a trial of ours the linear head had learnt next to nothing in a time in which the convolution was already useful, for a convolution learns for all cells at once. The price is known from above: a cell no longer sees the whole image.

# %%
from yoloexplain.weights import demo_card

learned, card = yx.create_model("yolov1-demo"), demo_card("yolov1-demo")
names, chosen, scores = card["names"], card["settings"], card["scores"]
print(f"{sum(p.numel() for p in learned.parameters()):,} parameters, {len(names)} classes")
print(f"{card['steps']:,} steps of {chosen['batch']} scenes of {card['image_size']} pixels each")
print(f"{card['seconds'] / 60:.0f} minutes on {card['threads']} thread of a busy processor, no GPU")
print(f"on 500 unseen scenes: mAP50 {scores['map50']:.2f}, mAP50-95 {scores['map50_95']:.2f}")

# %% [markdown]
# (mAP, the score of detectors, is explained in [chapter 5](05_training.ipynb); 1 would be perfect.) Here is a scene that it has never seen, laid out in 12×12 cells. The first grid is what the target would ask for: a 1 in each cell that holds a centre, computed from the true boxes. The two others are what the network says: the confidences of the two boxes of each cell. Predict: will the neighbours keep silent?

# %%
from yoloexplain import yolov1
from yoloexplain.data.scenes import Scenes
from yoloexplain.figures.grids_on_photo import grids_on_photo

scene = Scenes(60, seed=2, size=192, split="val")[18]
with torch.no_grad():
    raw = learned(photos.to_tensor(scene.image))
said = raw[0, ..., :10].unflatten(-1, (2, 5))[..., 4].clamp(0, 1).numpy()
column, row = ((scene.boxes_xyxy[:, :2] + scene.boxes_xyxy[:, 2:]) / 2 // 16).astype(int).T

# %%
asked = np.zeros((12, 12))
asked[row, column] = 1
grids = {"asked for": asked, "box 1": said[..., 0], "box 2": said[..., 1]}
grids_on_photo(scene.image, grids, title="Who answers? Confidence of each cell")

# %% [markdown]
# They do, but for a neighbour or two that stir. Out of 144 cells the ones that speak up are those that were asked, even where a thing covers many: the doughnut lies in twelve cells, and one answers. Only the cell of the red star, half hidden behind the doughnut, stays below 0.2. Those of box 2 lie between 0.59 and 0.73 and not at 1, as they should: the target is the overlap with the truth, and no box fits perfectly.

# %%
table = photos.letterbox(photos.load("coffee"), 192, stride=16).image
pictures = torch.cat([photos.to_tensor(scene.image), photos.to_tensor(table)])
with torch.no_grad():
    decoded = yolov1.decode(learned(pictures), (192, 192), num_boxes=2, num_classes=8)
found = yolov1.non_max_suppression(decoded, 0.3, names=names)
print(f"in the scene {len(scene)} things, {len(found[0])} boxes that score above 0.3")
print(f"on the photograph {len(found[1])}")

# %%
from yoloexplain.figures.contact_scenes import scene_sheet

images, shown = [scene.image, scene.image, table], [scene, *found]
marks = [one.boxes_xyxy for one in shown], [one.labels for one in shown]
words = [f"there: {len(scene)}", *(f"found: {len(one)}" for one in found)]
title = "What is there, what was found, and what was found on the photograph"
scene_sheet(images, *marks, names=names, captions=words, columns=3, title=title)

# %% [markdown]
# Five of six. The half hidden star is lost; the YOLOv5 of chapter 4, which learnt from such scenes too, finds it. Between the two lie five years: three grids for one, anchors, a deeper trunk, more cells that learn from each thing. On the photograph it finds nothing, and should not: it was never told of cups.
#
# Do the two boxes of a cell specialise, as was hoped above? Measure it on sixty unseen scenes: whenever a cell is surer than 0.5 that it has something, note which of its two boxes is the surer one. Predict: about half and half?

# %%
scenes = Scenes(60, seed=2, size=192, split="val")
with torch.no_grad():
    cells = learned(torch.cat([photos.to_tensor(one.image) for one in scenes]))
confidence = cells[..., :10].unflatten(-1, (2, 5))[..., 4]  # scene, row, column, box
sure = confidence.amax(dim=-1) > 0.5
which = confidence.argmax(dim=-1)[sure]
for box in (0, 1):
    print(f"box {box + 1} speaks for {int((which == box).sum())} of {int(sure.sum())} sure cells")

# %% [markdown]
# Not at all. One box speaks for every cell, and the other only echoes it, less surely. The reason lies in the rule: the box that fits better is responsible, and learns; the other is told that it saw nothing. Whoever is ahead in the beginning stays ahead, unless something holds the two apart. The paper reports specialists for its large network; nothing in the loss guarantees them. [Anchors](index.ipynb#Anchor) (chapter 4) do what the rule had hoped for: each box gets a shape of its own *beforehand*.

# %% [markdown]
# ### Trained beside untrained
#
# *Covering is not answering*: has the network learnt that, or only its last layer? Build a twin with random weights, and compare two pictures of each of the sixty scenes with the maps of both networks. One picture shows what the things **cover**. The other shows which cells are **asked**, and is the target's own confidence slot. Agreement is the correlation over all cells of all scenes; a channel that is dark where the picture is light counts as well. Of each layer the best channel is taken.
#
# Predict: as the layers go by, which of the two pictures will the trained channels come closer to? And the twin's?

# %%
from yoloexplain.inspection.answers import agreement, answering
from yoloexplain.training.batches import collate

batch = collate(list(enumerate(scenes)))
covered = torch.cat([masks.any(0) for masks in batch.masks]).float()  # one below the other
asked = yolov1.encode(batch.targets, 60, grid=12, num_classes=8).values[..., 4].flatten(0, 1)
torch.manual_seed(0)
twin = calibrate(yx.create_model("yolov1-small"), batch.images)
pair = {"untrained": twin, "trained": learned}

# %%
layers, channels = ["backbone.12", "backbone.14", "backbone.16", "head"], {}
for name, network in pair.items():
    for layer, maps in yx.activations(network, batch.images, layers).items():
        tall = maps.transpose(0, 1).flatten(1, 2)  # channels; the scenes one below the other
        best = [agreement(tall, picture).abs().max() for picture in (covered, asked)]
        channels[name, layer] = answering(tall, asked, 5)
        print(f"{name:10s}{layer:12s} covered {best[0]:.2f}   asked {best[1]:.2f}")

# %% [markdown]
# Both begin with channels that find what is covered; the twin, which has learnt nothing, can go by roughness and colour alone. But only the trained network turns from *covered* to *asked*. In `backbone.14` the asked cells are ahead, and in the head the best channel, a confidence, has all but become the target. Between the two, in `backbone.16`, no single channel says much. Yet the head reads nothing else, so what it knows must be there: spread over many channels, and collected by the head's 1×1.
#
# Here are the best five channels of `backbone.14`, on the scene from above and on the photograph:

# %%
from yoloexplain.figures.map_comparisons import compare_maps

rows, shown, layer = {}, {}, "backbone.14"
for name, network in pair.items():
    two = yx.activations(network, pictures, [layer])[layer].numpy()
    rows |= {f"{name}, scene": two[0], f"{name}, photo": two[1]}
    shown |= dict.fromkeys([f"{name}, scene", f"{name}, photo"], channels[name, layer])
rule = "Channels that agree best with the asked cells of sixty scenes"
compare_maps(rows, channels=shown, title="One layer, untrained and trained", chosen=rule)

# %% [markdown]
# Trained, a thing is one bright cell, or two, near its centre, however much it covers, and the ground is quiet. Untrained, whatever is rough stirs a little. On the photograph the trained channels reach less than half as high as on the scene: read the ranges below the maps. The cup is no thing to a network that was never told of cups.

# %% [markdown]
# ## Settle it: does a cell look at its own pixels only?
#
# **Claim.** "YOLO cuts the image into cells and looks at each by itself. How could a cell of 16 pixels draw a box of 50?"
#
# The doughnut's centre lies in row 10, column 6, and most of that cell is the hole. Take two pictures more: one in which just these 16×16 pixels are hidden under grey, and one in which everything *but* them is hidden. Predict what cell (10, 6) says to each: its confidence, its class, the size of its box.

# %%
own = torch.zeros(192, 192, dtype=torch.bool)
own[160:176, 96:112] = True  # the pixels of row 10, column 6
picture, grey = photos.to_tensor(scene.image), torch.tensor(0.45)
seen = {"nothing": picture, "its own pixels": picture.where(~own, grey)}
seen["all the others"] = picture.where(own, grey)

# %%
for hidden, view in seen.items():
    with torch.no_grad():
        values = learned(view)[0, 10, 6]
    width, height = 192 * values[7:9] ** 2  # box 2, the surer one; its slots hold roots
    said = f"{names[values[10:].argmax()]}, {values[9]:.2f}, {width:.0f} × {height:.0f} pixels"
    print(f"hidden: {hidden:16s}{said}")

# %%
field = yx.receptive_field(learned, 192, ["head"])["head"]
print("a cell is 16 pixels wide and sees", field.size[1], "pixels, if the image allows")

# %% [markdown]
# **Verdict.** No. Without its own pixels the cell still says doughnut, no less surely, and its box is as large as before: it had never needed them. With nothing but them it takes what it is shown for the whole thing, and draws a box half as wide. Nothing in the network cuts the image. The last layer has a position for each cell; what such a position *sees* is decided by the layers before it, and how large a box it may *draw* by nobody, for w and h are shares of the image. A cell is an address, and not a window.

# %% [markdown]
# ## Settle it: B·5 + C, or (5 + C)·B?
#
# **Claim.** "YOLOv1 puts out S×S×(B·5+C) numbers; the table with 2,450 outputs proves it."
#
# (C is the number of classes, as the paper writes it. Above it was K, because in the loss C is the confidence.)
#
# Predict before you run: with two boxes and twenty classes, how many outputs does a grid of 7×7 have by each formula? And which of the three networks follows which?

# %%
for name, grid in {"yolov1-darknet": 7, "yolov1-resnet50": 9, "yolov1-notebook": 7}.items():
    outputs = tables[name].rows[-1].output_shape[1]
    print(f"{name:16s}{outputs:6,d} outputs = {grid}·{grid}·{outputs // grid**2}")
print("B·5 + C with B = 2, C = 20:", 2 * 5 + 20, "· (5 + C)·B:", (5 + 20) * 2)
print("B·5 + C = 50 for (B, C) in", [(b, 50 - 5 * b) for b in range(1, 10)])
print("(5 + C)·B = 50 for (B, C) in", [(b, 50 // b - 5) for b in (1, 2, 5)])

# %%
grid, boxes_per_cell, num_classes = 7, 2, 20
figures.target_slots(grid, boxes_per_cell, num_classes)

# %% [markdown]
# **Verdict.** The paper's formula is B·5 + C, 30 numbers a cell, 1,470 in all. The notebook has them, the ResNet has them (on 9×9 cells), and the table with 2,450 has not: with two boxes and twenty classes its 50 numbers a cell are (5 + C)·B, as if each box had classes of its own. A table shows only counts, so it does not exclude the paper's formula with six boxes, or with forty classes. (Nor is the paper alone: the configuration file that its authors published has three boxes, 7·7·(3·5 + 20) = 1,715.) But 2,450 and B·5 + C with B = 2, C = 20 cannot both be right.
#
# It costs little in parameters, and much in meaning. With shared classes two boxes of a cell are two tries at *one* object; with classes of their own they could be two objects. Later YOLOs took that second way.
#
# And beware: a shape does not tell a layout. Give the (5 + C)·B network ten classes, and its output looks exactly like the paper's:

# %%
with torch.device("meta"):
    same_shape = yx.create_model("yolov1-darknet", num_classes=10)
outputs = same_shape(torch.empty(1, 3, 448, 448, device="meta"))
print(tuple(outputs.shape), f"{outputs.numel():,} outputs, (5 + 10)·2 = {(5 + 10) * 2} a cell")
print(f"{yx.summarize(same_shape, 448).total_params:,} parameters")

# %% [markdown]
# ## Settle it: do biases before BatchNorm matter?
#
# **Claim.** "The notebook's convolutions have biases and the 104-row table's have none, so the notebook's can learn more."
#
# BatchNorm subtracts from each channel its mean. A bias raises the whole channel by a constant, and its mean by the same constant. Predict: what happens to the output if we add large random biases to all 14 convolutions? Does it matter whether BatchNorm measures its statistics before or after?

# %%
torch.manual_seed(0)
net, crop = trunk(NOTEBOOK, 3, bias=True).double(), image[..., 96:352, 96:352].double()
plain = calibrate(net, crop)(crop).detach()
biases = [p for name, p in net.named_parameters() if name.endswith("conv.bias")]
for bias in biases:
    torch.nn.init.normal_(bias)
frozen = net(crop).detach()  # the statistics of before, the biases of after
measured = calibrate(net, crop)(crop).detach()

# %%
off, rest = (frozen - plain).abs().max(), (measured - plain).abs().max()
print(f"{sum(bias.numel() for bias in biases):,} biases; largest output {plain.abs().max():.0f}")
print(f"frozen statistics: outputs move by up to {off:.0f}")
print(f"statistics measured anew: outputs move by less than 1e-9: {bool(rest < 1e-9)}")

# %% [markdown]
# **Verdict.** Whenever BatchNorm measures, as it does in every step of training, the biases vanish: 7,296 parameters that no loss can feel. What they would have done, BatchNorm's own shift does. Only a *frozen* BatchNorm, which keeps its old statistics, lets a bias through. That is no contradiction but a trap: whoever copies biases into a network must copy the statistics that were measured with them.
#
# No convolution before a BatchNorm has a bias in the later chapters. Where you find one in a table, nobody lost anything by it but memory, and you know that the counts will differ.

# %% [markdown]
# ## Exercises
#
# Replace every `...` and run the cell. `check` compares your answer with the code of this chapter, first its form and then its numbers, and says what differs first and why. `yx.exercises.hint("ch00.encode")` helps in three steps, `yx.exercises.solution("ch00.encode")` shows one way, and `yx.exercises.progress()` what you have solved. Your code runs in a process of its own: whatever happens there, this notebook goes on.
#
# **1 · Write boxes into the target.** Given are `boxes_xyxy`, a NumPy array (N, 4) of left, top, right and bottom edges in pixels of an image of 448×448, and `labels`, N whole numbers that count the classes from 0. Give back the target, (7, 7, 30), with the row as its first index and the column as its second. Slots 0 to 4 hold x, y, w, h and confidence 1 of box 1, slots 5 to 9 the same five for box 2, and slot 10 + label holds a 1; everything else is 0. Of several centres in one cell the first of the list stays, and the others leave no trace. A centre on a border belongs to the cell on its right, or below.
#
# It is tried on one box (case 1), on three in three cells (2), on three in two cells (3), on a centre that lies on a border (4), and on no box at all (5).


# %% tags=["exercise"]
def encode(boxes_xyxy, labels):
    target = np.zeros((7, 7, 30))
    for box, label in zip(boxes_xyxy, labels, strict=True):
        left, top, right, bottom = box
        row, column = ..., ...
        target[row, column, :10] = ...
        target[row, column, 10 + label] = 1
    return target


yx.exercises.check("ch00.encode", encode)

# %% [markdown]
# **2 · Read a cell back.** Given are `raw`, a tensor (7, 7, 30) as the paper's network puts it out for an image of 448×448, and the `row` and `column` of a cell. The slots are those of exercise 1, but where the target has w and h the network says their *roots*. Of the cell's two boxes take the surer one. Give back `box_xyxy`, its left, top, right and bottom edges in pixels; `label`, the most likely class; and `score`, the value of that class times the confidence. It is tried on a cell whose second box is the surer one (case 1), and on one whose first is (2).


# %% tags=["exercise"]
def decode(raw, row, column):
    boxes, classes = raw[row, column].split([10, 20])
    return {"box_xyxy": ..., "label": ..., "score": ...}


yx.exercises.check("ch00.decode", decode)

# %% [markdown]
# **3 · Find the birds that are lost.** Seven birds fly on a photograph 896 pixels wide and 448 high. The network takes 448×448, and there are two ways to get there. *Framed*, the photograph becomes 448 wide and 224 high, with 112 grey pixels above and as many below. *Stretched*, its width is halved and its height stays. The birds are listed in this order, and the first of the list keeps a cell:

# %%
from yoloexplain.exercises.ch00 import BIRDS

for bird, (left, top, right, bottom) in BIRDS.items():
    print(f"{bird:6s} left {left:3d}  top {top:3d}  right {right:3d}  bottom {bottom:3d}")

# %% [markdown]
# In which cell (row, column) does the gull's centre lie, framed, with S = 7? Which bird answers in the crow's cell there? And how many of the seven survive, with S = 7 and with S = 14, framed and stretched? Pencil and paper, or a few lines of code.

# %% tags=["exercise"]
birds = {
    "gull's cell, 7 framed": (..., ...),
    "answers in the crow's cell, 7 framed": ...,
    "survivors, 7 framed": ...,
    "survivors, 7 stretched": ...,
    "survivors, 14 framed": ...,
    "survivors, 14 stretched": ...,
}
yx.exercises.check("ch00.two_birds", birds)

# %% [markdown]
# **4 · Add up the loss of a cell.** Given are `predicted` and `target`, the thirty numbers of one cell of a 7×7 grid (tensors, slots as above; `predicted` holds roots, and an empty cell's `target` holds zeros). Give back the paper's five terms, each with its λ: `centre` is term (1), `size` (2), `objectness` (3), `background` (4) and `classes` (5). To find the responsible box you need overlaps. `cxcywh_to_xyxy` turns centres and sizes into edges, one box a row, and `iou` compares each of them with the true box. Any unit will do, if all four numbers of a box have the same one. It is tried on a cell in which the second box answers (case 1), on one in which the first does (2), and on an empty one (3).

# %% tags=["exercise"]
from yoloexplain.boxes import cxcywh_to_xyxy, iou


def cell_loss(predicted, target):
    overlap = iou(cxcywh_to_xyxy(...), cxcywh_to_xyxy(...))  # both boxes with the true one
    mine = torch.arange(2) == overlap.argmax()  # True for the better box, also of an empty cell
    return {
        "centre": 5 * (mine * ...).sum(),
        "size": ...,
        "objectness": ...,
        "background": ...,
        "classes": ...,
    }


yx.exercises.check("ch00.loss", cell_loss)

# %% [markdown]
# ## Take along
#
# * Place decides: the cell with the centre answers. Covering is not answering, and two centres in one cell are one too many.
# * A cell is an address, not a window: it sees what the layers before it let through, and draws boxes of any size.
# * A cell has B·5 + C numbers: x and y within the cell, w and h within the image, a confidence a box, and classes shared by the boxes.
# * Parameters are not work. In YOLOv1 two linear layers hold 78 % of the one and do 1 % of the other; for that they see the whole image, at one fixed size.
# * The loss is a sum of squares with two repairs: weights, since almost all boxes are empty, and roots, since a pixel matters more to a small box.
# * Count before you believe: a number of outputs can refute a formula, and a useless network's loss tells what a printed loss is worth.

# %% [markdown]
# ## Sources
#
# * J. Redmon, S. Divvala, R. Girshick, A. Farhadi, *You Only Look Once: Unified, Real-Time Object Detection*, 2015, arXiv 1506.02640.
# * R. Girshick, J. Donahue, T. Darrell, J. Malik, *Rich feature hierarchies for accurate object detection and semantic segmentation* (R-CNN), 2013, arXiv 1311.2524.
# * S. Ioffe, C. Szegedy, *Batch Normalization: Accelerating Deep Network Training by Reducing Internal Covariate Shift*, 2015, arXiv 1502.03167.
# * K. He, X. Zhang, S. Ren, J. Sun, *Deep Residual Learning for Image Recognition*, 2015, arXiv 1512.03385.
# * Photograph: Rachel Michetti, courtesy of Pikolo Espresso Bar, CC0, from scikit-image.
