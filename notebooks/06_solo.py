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
# # 6 · SOLO — segment by location
#
# > **You will be able to** say which output channel of SOLO must draw a given object, on which of its five levels, and why a network needs coordinates for that; and to account for every one of its 36 million parameters.
# >
# > **It takes** about 45 minutes.
# >
# > **Know first** convolution, and what a feature pyramid is (chapter 3). Chapter 0 helps: SOLO takes its grid from there.

# %%
import numpy as np
import torch

import yoloexplain as yx
from yoloexplain import figures, widgets
from yoloexplain.data import photos
from yoloexplain.solo import GRIDS, STRIDES

# %% [markdown]
# ## The question
#
# A box says roughly where an object is. A *mask* says which pixels belong to it. To give every pixel a class is easy for a convolutional network: cat here, sofa there. But two cats side by side have the same class, and then the two masks run into one. What must a network be told so that it keeps them apart?
#
# For years the answer was: first find a box for each object, then cut out one mask a box. SOLO (Wang et al., 2019) gives another answer, and needs no boxes and no anchors at all. Two objects of an image differ in *where they are* and in *how large they are*. So let the place of an object choose which output channel has to draw it.

# %% [markdown]
# ## The idea in one figure
#
# Divide the image into S×S cells, as YOLOv1 did. The cell in which the middle of an object falls must answer twice: in the *category branch*, with a class; and in the *mask branch*, with a whole mask. The mask branch has one channel for each cell, S² in all, and channel *k* = *i*·S + *j* belongs to the cell in row *i* and column *j*, for good. Two coins at two places are drawn by two channels, although they look the same.
#
# One cell would be a narrow target. So all cells in a small region around an object's middle answer for it: 0.2 times its width and height, which the paper calls σ.
#
# Before you move σ: if the region grows to the whole coin, how many cells will speak for it? Then click coins, and read off their channels. (The five rows beside the photograph come next.)

# %%
coins, masks = photos.load("coins"), photos.coin_masks()
widgets.LocationGrid(coins, masks, level=2)

# %% [markdown]
# What if two objects share a middle, a cup on its saucer? Then they usually differ in size, and size is dealt with separately. Five levels of a feature pyramid share the work. Each takes objects in a range of sizes (the square root of width times height, in pixels), and the ranges overlap, so an object of 150 pixels is learned twice. Small objects are many, so their level has the finest grid.

# %%
figures.solo_levels()

# %% [markdown]
# Go back to the coins: the upright line through the five rows is the chosen coin's size. On how many levels is it learned? Predict what happens when the picture gets smaller, then move its short side from 800 pixels down to 400; or drag the ends of a range until a coin is nobody's. (Nine cells at most, by the way, however large σ.)

# %% [markdown]
# ## The code
#
# The network is three steps, and reads like one sentence. The backbone is a ResNet-50, the neck an FPN (chapter 3), and the head is what is new.

# %%
yx.show_source(yx.solo.SOLO.forward)

# %%
yx.show_source(yx.solo.SOLOHead.forward)

# %% [markdown]
# Four lines a level, and three things to notice.
#
# * **Both branches are towers of seven convolutions, and all five levels share them.** Only the last convolution of the mask branch differs from level to level, because S² does.
# * **The category branch is resized to S×S first.** What goes in has the shape of the level; what comes out has one position a cell.
# * **The mask branch reads coordinates.** Before its first convolution two more channels are laid behind the 256: one grows from left to right, one from top to bottom.
#
# The last point is the crux of SOLO, and the smallest change imaginable:

# %%
from yoloexplain.layers import coord

yx.show_source(coord.append_coordinates, without_docstring=True)

# %%
figures.coordinate_channels()

# %% [markdown]
# What comes out, for an image of 800×1344 pixels? Nothing needs to be computed to know: on the meta device a network has shapes and no numbers.

# %%
with torch.device("meta"):
    solo = yx.create_model("solo-r50-fpn").eval()
    out = solo(torch.empty(1, 3, 800, 1344))
for categories, drawn, grid, stride in zip(*out, GRIDS, STRIDES, strict=True):
    print(f"S = {grid}, stride {stride:2}: {tuple(categories.shape)} and {tuple(drawn.shape)}")

# %% [markdown]
# ### Decoupled: a mask as a product
#
# S² channels are many, and nearly all of them have nothing to draw. The decoupled head has one map for each *column* and one for each *row*; the mask of cell (*i*, *j*) is the product of row map *i* and column map *j*, after the sigmoid. How many mask channels does that save, over all levels?

# %%
print("vanilla:  ", sum(grid**2 for grid in GRIDS))
print("decoupled:", sum(2 * grid for grid in GRIDS))

# %% [markdown]
# Fewer channels, but the two kinds of maps need a tower each, so the decoupled network is the larger one:

# %%
with torch.device("meta"):
    for name in ["solo-r50-fpn", "solo-r50-fpn-decoupled"]:
        model = yx.create_model(name)
        print(f"{name:22} {sum(p.numel() for p in model.parameters()):>10,}")

# %% [markdown]
# ### What it learns from
#
# Two losses, for two branches. A category is learned with the **focal loss**, which keeps the thousands of empty cells from drowning the few that matter:
#
# $$\text{FL}(p_t) = -\alpha_t\,(1 - p_t)^{\gamma}\,\log p_t, \qquad \gamma = 2,\ \alpha = 0.25$$
#
# A mask is learned with the **Dice loss**, only in channels whose cell has an object, and weighs three times as much:
#
# $$L_\text{mask} = 1 - \frac{2\sum_{x,y} p_{x,y}\,q_{x,y}}{\sum_{x,y} p_{x,y}^2 + \sum_{x,y} q_{x,y}^2}$$
#
# Here *p* is the predicted mask and *q* the true one. A small object counts as much as a large one, because the overlap is divided by the size.
#
# Let us see it move: the true mask of a coin, 28 pixels wide, and the same mask predicted a little off. Predict the loss when it is off by half its width, and when the two no longer touch. Does it help to predict a larger mask, or one with a soft edge, when one is not sure of the place? On the right, for comparison, what each pixel would cost were it judged by itself, with the focal loss: set γ to 0, and the cross-entropy is left, weighted by α.

# %%
widgets.DiceLoss()

# %% [markdown]
# ### Matrix NMS: doubting instead of deleting
#
# Neighbouring cells answer for the same object, so one object is drawn several times. The usual remedy walks from the best mask down and *deletes* whatever overlaps too much with a better one: one step after the other, all or nothing. Matrix NMS, from the second SOLO paper, computes all overlaps at once and lets every score *decay* by the overlap with better masks, linearly or along a bell curve. A mask whose rival is itself in doubt suffers less.
#
# Here are the surest candidates, ten at most, that a small trained SOLO (more of it below) has for a drawn scene, before anything is suppressed. Choose one that greedy NMS removes. How much of its score will the bell curve leave? Read off the overlap first; then try the straight line, and another threshold.

# %%
from yoloexplain.data.scenes import Scenes
from yoloexplain.weights import demo_card

scenes, names = Scenes(60, seed=2, size=160, split="val"), tuple(demo_card("solo-demo")["names"])
widgets.MatrixNMSSteps.from_model(yx.create_model("solo-demo"), scenes[20].image, names=names)

# %% [markdown]
# ## The numbers
#
# A printed table of SOLO on a ResNet-50 and FPN, for an image of 1333×800 pixels, gives 36,892,591 parameters. The published network has 36,301,232. Both are here, and the difference can be told to the last weight:

# %%
with torch.device("meta"):
    printed = yx.summarize(yx.create_model("solo-r50-fpn-table"), (1333, 800), depth=2)
    published = yx.summarize(yx.create_model("solo-r50-fpn"), (1333, 800))
extra_convolution, biases, one_class = 256 * 256 * 9 + 256, 14 * 256, 256 * 9 + 1
print(f"{published.total_params:,} + {extra_convolution:,} + {biases:,} - {one_class:,}")
print(f"= {published.total_params + extra_convolution + biases - one_class:,}")
print(f"  {printed.total_params:,} counted")

# %% [markdown]
# A convolution that makes the fifth level, where the published network takes every second position of the fourth; a bias in each of the fourteen tower convolutions, which GroupNorm makes superfluous; and one class less, of which more below. The table at depth 2 (the towers appear once a level; *recursive* means that the parameters have been counted before):

# %%
printed

# %% [markdown]
# The same printed table states 296.58 billion multiply-adds, and here there are more. That tool looked four levels deep and no further, and the convolutions of the ResNet's stages lie on the fifth: their multiply-adds are missing, all but a few. Counted all the way down, each weight once for every position it is applied at, the convolutions need

# %%
print(f"{printed.mult_adds / 1e9:.2f} billion multiply-adds at 1333×800")

# %%
from yoloexplain.ledger import ledger

ledger("solo")

# %% [markdown]
# ## What it sees
#
# First a network that has never been trained. Its weights are random, so its maps know nothing about coins; but they show what each level *can* see: how fine it is, and that edges and brightness survive a random convolution. (The BatchNorms were given this photograph's statistics first; without that, a fresh network's maps fade to grey.)

# %%
torch.manual_seed(0)
framed = photos.letterbox(coins, (320, 448))
image = photos.to_tensor(framed.image)
solo = yx.inspection.calibrate(yx.create_model("solo-r50-fpn"), image)
with torch.no_grad():
    pyramid = solo.neck(solo.backbone(image))
figures.pyramid_maps({level: maps[0].numpy() for level, maps in pyramid.items()}, framed.image)

# %% [markdown]
# From p2 to p6 the squares double in size and the coins melt into a few values. A mask must be drawn at the size of a map, so the fine levels draw and the coarse ones are enlarged: SOLO brings p2 down to the size of p3, and p6 up to the size of p5, before the head reads them.
#
# And the masks of an untrained head? Each is a blur that has nothing to do with any object, and that is the honest starting point: every score begins at one in a hundred.

# %%
with torch.no_grad():
    out = solo.head(pyramid)
for grid, scores, drawn in zip(GRIDS, *out, strict=True):
    score, value = scores.sigmoid().mean(), drawn.sigmoid().mean()
    print(f"S = {grid}: mean score {score:.3f}, mean mask value {value:.3f}")

# %% [markdown]
# ### A small one that has learnt
#
# The package brings a small SOLO that has been trained on drawn scenes with eight kinds of things. Its trunk is a narrow residual network. The head reads three levels of an FPN, all at stride 8, with grids of 20, 14 and 8 cells, and draws every mask at stride 4, so that large things keep their outlines. Its card:

# %%
card, learned = demo_card("solo-demo"), yx.create_model("solo-demo")
scores, batch = card["scores"], card["settings"]["batch"]
print(f"{sum(p.numel() for p in learned.parameters()):,} parameters, {len(names)} classes")
print(f"{card['steps']:,} steps of {batch} scenes of {card['image_size']} pixels each")
print(f"{card['seconds'] / 60:.0f} minutes on a busy processor, no GPU")
print(f"on 500 unseen scenes: AP50 {scores['mask_map50']:.2f}, AP {scores['mask_map50_95']:.2f}")

# %% [markdown]
# (AP, the score of masks, is explained in chapter 5; 1 would be perfect.) A scene that it has never seen, and what it makes of it. There is no box in the network: the boxes drawn here are laid around the masks afterwards.

# %%
strides = learned.head.strides
with torch.no_grad():
    out = learned(photos.to_tensor(scenes[17].image))
(found,) = yx.solo.decode(out, (160, 160), strides=strides, update_threshold=0.3, names=names)
found.figure(scenes[17].image)

# %% [markdown]
# All three. The masks follow the outlines but round them off: a channel holds 40×40 values for the whole picture, enlarged here.
#
# **Which cells speak, and on which level?** Here is another scene, with two boats, two signs (one of them half hidden) and a doughnut. The category branch gives every cell a score for each class; drawn is the best class of each cell. Predict: on which level will the large boat be spoken for, and on which the small things?

# %%
from yoloexplain.figures.grids_on_photo import grids_on_photo

scene = scenes[20]
with torch.no_grad():
    out = learned(photos.to_tensor(scene.image))
grids = {f"S = {c.shape[-1]}": c[0].sigmoid().amax(0).numpy() for c in out.categories}
grids_on_photo(scene.image, grids, title="Category branch: the best score of each cell")

# %% [markdown]
# The large boat is spoken for by four cells around its middle on the coarsest grid, and hardly elsewhere. The small things speak on the two finer grids, the doughnut on the finest only. Several things are spoken for twice, for the ranges of the levels overlap; and always it is the cells around the middle that speak, however far a thing reaches.
#
# **What does a cell draw?** For each thing take the cell in which its middle falls, on the level where that cell is surest, and look at the channel of that number. Nothing else is done: no box, no cutting out.

# %%
from yoloexplain.figures.named_maps import named_maps

drawn, sides = {}, learned.head.grids
for label, mask in zip(scene.labels.tolist(), scene.masks, strict=True):
    cells = [(np.argwhere(mask).mean(axis=0) / 160 * side).astype(int) for side in sides]
    sure = [c[0, :, i, j].max().item() for c, (i, j) in zip(out.categories, cells, strict=True)]
    level = int(np.argmax(sure))
    channel = cells[level] @ (sides[level], 1)  # i·S + j
    drawn[f"{names[label]} {channel}"] = out.masks[level][0, channel].sigmoid().numpy()
    print(f"{names[label]:9} S = {sides[level]:2}, cell {cells[level].tolist()}: channel {channel}")
named_maps(drawn, title="What the cell at the middle of each thing draws")

# %% [markdown]
# Two boats have the same class and look alike; still each is drawn by a channel of its own, and is dark in the other's. The same with the signs. That is the whole idea of SOLO, and it works: the number of the channel says *which* thing is meant. Where one thing hides most of another, as the small boat hides the blue sign, the channel of the hidden one is less sure of itself and takes in some of its neighbour.

# %% [markdown]
# On their way to these channels the things pass through backbone, neck and tower. Scrub through all of it, strongest channels first. In the last layer but one every channel belongs to a cell of the finest grid: does each of them draw one thing?

# %%
parts = "backbone.c2 backbone.c3 backbone.c4 neck.p2 neck.p3 head.mask_tower.2 head.masks.0"
layers = [*parts.split(), "head.categories.0"]
widgets.FeatureMaps(learned, scene.image, layers, layer="backbone.c4")

# %% [markdown]
# **And decoupled?** Here no channel belongs to a cell. Column *j* has a map and row *i* has a map, and the mask of cell (*i*, *j*) is their product. Predict what the two maps show by themselves, for the cell in the middle of the yellow sign. Then click other cells, on things and beside them: which channels draw something, and where do both heads agree?

# %%
decoupled = yx.create_model("solo-decoupled-demo")
down, across = np.argwhere(scene.masks[4]).mean(axis=0) / 160
widgets.MaskChannels(scene.image, learned, decoupled, names=names, level=1, at=(across, down))

# %% [markdown]
# Neither map is a mask. The X map lights up on whatever lies in its column, the doughnut above and even a piece of meadow; the Y map on whatever lies in its row, the large boat as well. Only where both agree something is left, and that is the sign. Two maps that each know half make one that knows all.

# %% [markdown]
# ## Settle it: can a network without coordinates tell two identical objects apart?
#
# **Claim:** *a deep enough convolutional network can learn to draw the left coin in one channel and the right coin in another, even if both look exactly the same.*
#
# Predict before you run. Take one coin, paste it twice onto an empty background, far from each other and from the border. Two convolutions with random weights look at it. Will the values around the two coins be the same, nearly the same, or different?

# %%
scene = torch.full((1, 3, 160, 320), 0.4)
scene[..., 48:112, 48:112] = scene[..., 48:112, 208:272] = image[..., 24:88, 36:100]
torch.manual_seed(0)
plain = torch.nn.Sequential(torch.nn.Conv2d(3, 16, 3), torch.nn.ReLU(), torch.nn.Conv2d(16, 16, 3))
with torch.no_grad():
    features = plain(scene)
left, right = features[..., 40:112, 40:112], features[..., 40:112, 200:272]
print(
    f"{left.numel():,} values around each coin; all the same: {torch.allclose(left, right, atol=1e-6)}"
)

# %% [markdown]
# Not nearly the same: *the* same. A convolution does the same thing everywhere, so identical surroundings give identical values, however many layers follow and whatever they have learned. A channel that draws the left coin draws the right one too. (Only the border could tell them apart, for networks whose padding reaches that far; it is a poor ruler.)
#
# Now the same network, with the two coordinate channels laid behind the image:

# %%
torch.manual_seed(0)
placed = torch.nn.Sequential(torch.nn.Conv2d(5, 16, 3), torch.nn.ReLU(), torch.nn.Conv2d(16, 16, 3))
with torch.no_grad():
    features = placed(coord.append_coordinates(scene))
left, right = features[..., 40:112, 40:112], features[..., 40:112, 200:272]
print(
    f"{left.numel():,} values around each coin; all the same: {torch.allclose(left, right, atol=1e-6)}"
)

# %% [markdown]
# **Verdict:** without coordinates, no. With two more input channels, at once, and before any training. The classes need no coordinates (a coin is a coin everywhere), so the category branch gets none.
#
# See it happen: four channels, one for each quarter of the picture, and two coins to drag. The weights were set by hand, so that each channel draws the coin in its own quarter. Predict what is left of that if you untick *x*, then *y*. And with random weights: does the difference without coordinates become small, or nothing?

# %%
widgets.CoordinateChannels()

# %% [markdown]
# ## Settle it: why 79 categories, and why masks of twice the size?
#
# COCO has 80 classes. The printed table's last convolution has 79 outputs. **Predict:** is one class taken for background, is it a printing error, or a misunderstanding between two pieces of code? Its parameters decide what it is not: a 3×3 convolution from 256 channels with a bias has

# %%
print({outputs: outputs * (256 * 9 + 1) for outputs in (79, 80, 81)})

# %% [markdown]
# parameters, and the table prints 182,095, so it really has 79. SOLO needs no class for background: a cell without an object simply scores low everywhere. The first published code nevertheless took the number of classes *including* a background, and subtracted one. Whoever passed 80 there lost a class; 81 had to be passed. **Verdict:** a misunderstanding, and the network of the table can never say its eightieth class.
#
# The second: the mask branch reads a map of H×W and answers with 2H×2W. Count what the finest level would otherwise offer a coin.

# %%
width = int(masks[0].any(0).sum())
for side, text in [(8, "H×W, stride 8"), (4, "2H×2W, stride 4")]:
    print(f"{text}: a coin {width} pixels wide is drawn with {width / side:.0f} positions")

# %% [markdown]
# **Verdict:** for the outline. The map is enlarged bilinearly *before* the last 1×1 convolution, which costs that one convolution four times its multiply-adds and no parameters at all.

# %% [markdown]
# ## Take along
#
# * An object's *place* chooses the output channel, and its *size* chooses the level: that is enough to tell instances apart.
# * A convolution cannot know where it is. Two channels of coordinates can tell it.
# * The decoupled head writes S² masks as products of 2S maps: 256 channels instead of 3,872.
# * No boxes, no anchors; duplicates are settled by how much masks overlap.
# * When a table and a text disagree by one class, count the parameters.
#
# ## Sources
#
# * SOLO: Segmenting Objects by Locations. Wang et al., 2019. arXiv 1912.04488
# * SOLOv2: Dynamic and Fast Instance Segmentation (Matrix NMS). Wang et al., 2020. arXiv 2003.10152
# * An Intriguing Failing of Convolutional Neural Networks and the CoordConv Solution. Liu et al., 2018. arXiv 1807.03247
# * Focal Loss for Dense Object Detection. Lin et al., 2017. arXiv 1708.02002
# * V-Net (the Dice loss). Milletari et al., 2016. arXiv 1606.04797
# * Feature Pyramid Networks for Object Detection. Lin et al., 2016. arXiv 1612.03144
# * Photograph: coins, Brooklyn Museum, no known copyright restrictions
