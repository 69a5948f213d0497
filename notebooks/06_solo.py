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
# > **You will be able to** say which output channel of SOLO must draw a given object, on which of its five levels, and why a network needs coordinates for that; to account for every one of its 36 million parameters; and to write its targets, its coordinates and its Matrix NMS yourself.
# >
# > **It takes** about 60 minutes to read and try, and 40 for the exercises.
# >
# > **Know first** convolution, and what a [feature pyramid](index.ipynb#FPN) is ([chapter 3](03_necks.ipynb)). [Chapter 0](00_yolov1.ipynb) helps: SOLO takes its grid from there.

# %%
import numpy as np
import torch
from torch import nn

import yoloexplain as yx
from yoloexplain import figures, widgets
from yoloexplain.data import photos
from yoloexplain.solo import GRIDS, STRIDES

# %% [markdown]
# ## The question
#
# A box says roughly where an object is. A [mask](index.ipynb#Mask) says which pixels belong to it. To give every pixel a class is easy for a convolutional network: cat here, sofa there. But two cats side by side have the same class, and then the two masks run into one. To draw one mask for each *object* is called [instance segmentation](index.ipynb#Instance-segmentation). What must a network be told so that it keeps the two cats apart?
#
# For years the answer was: first find a box for each object, then draw a mask inside each box. SOLO (Wang et al., 2019) gives another answer, and needs no boxes at all. Two objects of an image differ in *where they are* and in *how large they are*. So let the place of an object choose which output channel has to draw it.

# %% [markdown]
# ## The idea in one figure
#
# Lay a [grid](index.ipynb#Grid) of S×S [cells](index.ipynb#Cell) over the image, as YOLOv1 did. The cell in which the middle of an object falls must answer twice: in the *category branch* of the network, with a class; and in the *mask branch*, with a whole mask. (The middle is the mean place of the object's pixels.) The mask branch has one output channel for each cell, S² in all, and channel *k* = *i*·S + *j* belongs to the cell in row *i* and column *j*, for good. Rows and columns are counted from 0. Two coins at two places are drawn by two channels, although they look the same.
#
# One cell would be a narrow target. So a small region around the middle counts, 0.2 times as wide and as high as the object, and every cell that it touches answers: the middle's own cell, and at most the eight around it. The share of 0.2 is called σ in the published code.
#
# Before you move σ: if the region grows to the whole coin, how many cells will speak for it? Then click coins, and read off their channels. (The five rows beside the photograph come next.)

# %%
coins, masks = photos.load("coins"), photos.coin_masks()
widgets.LocationGrid(coins, masks, level=2)

# %% [markdown]
# At most nine cells speak for a coin, however large the region: the middle's own, and its neighbours.
#
# What if two objects share a middle, a cup on its saucer? Then they usually differ in size, and size is dealt with separately. The five levels of a feature pyramid share the work, from p2, the finest, to p6, the coarsest. Each has a grid of its own, and takes objects in a range of sizes. An object's size is the square root of its width times its height, in pixels. The ranges overlap, so an object of 150 pixels is learned on two levels. Small objects are many, so their level has the finest grid. (The strides in the figure are those at which the head reads the levels; p2 and p6 are resized first, as *The code* will show.)

# %%
figures.solo_levels()

# %% [markdown]
# Go back to the coins: the upright line through the five rows is the chosen coin's size. On how many levels is it learned? Predict what happens when the picture gets smaller, then move its short side from 800 pixels down to 400; or drag the ends of a range until a coin is nobody's.

# %% [markdown]
# ## The code
#
# The network is three steps, and reads like one sentence. The [backbone](index.ipynb#Backbone) that turns the image into [feature maps](index.ipynb#Feature-map) is a ResNet-50, the [neck](index.ipynb#Neck) that lets its levels learn from one another is an FPN, and the [head](index.ipynb#Head) that answers is what is new.

# %%
yx.show_source(yx.solo.SOLO.forward)

# %%
yx.show_source(yx.solo.SOLOHead.forward)

# %% [markdown]
# Four lines a level, and four things to notice.
#
# * **Two levels change their size.** `at_strides` shrinks p2 to the size of p3, for 1,600 masks at p2's own size would take four times the memory; and it enlarges p6 to the size of p5, for at p6's own size a mask would be a few squares.
# * **Both branches are towers of seven convolutions, and all five levels share them.** `climb` goes through a tower. Only the last convolution of the mask branch differs from level to level, because S² does.
# * **The category branch is resized to S×S first.** What goes in has the shape of the level; what comes out has one position a cell.
# * **The mask branch reads coordinates.** Before its first convolution two more channels are laid behind the 256: one grows from left to right, one from top to bottom. A convolution that reads them is called [CoordConv](index.ipynb#CoordConv).
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
# Read the first line: one image; 80 scores, one a class, for each of 40×40 cells; and 1,600 masks, each of 200×336 values. The map that is read has a [stride](index.ipynb#Stride) of 8 pixels, and `double` enlarges it twofold, so a mask has a value for every 4 pixels. All of these are [logits](index.ipynb#Logit), raw numbers. The sigmoid turns each into a probability: that the cell has this class, or that this pixel belongs to the cell's object.
#
# ### Decoupled: a mask as a product
#
# S² channels are many, and nearly all of them have nothing to draw. The [decoupled head](index.ipynb#Decoupled-head) has one map for each *column* and one for each *row*; the mask of cell (*i*, *j*) is the product of row map *i* and column map *j*, after the sigmoid. How many mask channels does that save, over all levels?

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
# Two [losses](index.ipynb#Loss), for two branches. A category is learned with the [focal loss](index.ipynb#Focal-loss), which keeps the thousands of empty cells from drowning the few that matter:
#
# $$\text{FL}(p_t) = -\alpha_t\,(1 - p_t)^{\gamma}\,\log p_t, \qquad \gamma = 2,\ \alpha = 0.25$$
#
# Here $p_t$ is the probability that was given to the truth: the predicted *p* if the cell has the class, and 1 − *p* if it has not; $\alpha_t$ is α or 1 − α in the same way. An empty cell with low scores has $p_t$ near 1, so the factor $(1 - p_t)^\gamma$ leaves almost nothing of its loss.
#
# A mask is learned with the [Dice loss](index.ipynb#Dice-loss), only in channels whose cell has an object, and it weighs three times as much:
#
# $$L_\text{mask} = 1 - \frac{2\sum_{x,y} p_{x,y}\,q_{x,y}}{\sum_{x,y} p_{x,y}^2 + \sum_{x,y} q_{x,y}^2}$$
#
# Here *p* is the predicted mask and *q* the true one, and the sums go over all positions of the map. If they agree, the loss is 0; if they share nothing, it is 1. A small object counts as much as a large one, because the overlap is divided by the size.
#
# Let us see it move: the true mask of a coin, 28 pixels wide, and the same mask predicted a little off. Three predictions first. What is the loss when the mask is off by half its width? What is it when the two no longer touch? And does it help to predict a larger mask, or one with a soft edge, when one is not sure of the place?
#
# On the right, for comparison, is what each pixel would cost were it judged by itself, with the focal loss. Set γ to 0, and the [cross-entropy](index.ipynb#Cross-entropy) is left, weighted by α.

# %%
widgets.DiceLoss()

# %% [markdown]
# Off by half its width, the mask costs 0.6; once the two no longer touch, it costs 1, however far apart they are. And a larger or softer mask does help when one is unsure of the place: half a width off, a mask grown by five pixels costs 0.54, one blurred over six 0.48. The price is paid where the place is right: 0.29 and 0.20 instead of 0.

# %% [markdown]
# ### Matrix NMS: doubting instead of deleting
#
# Neighbouring cells answer for the same object, so one object is drawn several times. The usual remedy is greedy [NMS](index.ipynb#NMS): it walks from the best mask down and *deletes* whatever overlaps too much with a better one, one step after the other, all or nothing. [Matrix NMS](index.ipynb#Matrix-NMS), from the second SOLO paper, computes all overlaps at once and lets every score *decay* by the overlap with better masks. The overlap is the [IoU](index.ipynb#IoU), the pixels that two masks share as a part of all that they cover. The score $s_j$ of mask *j* becomes
#
# $$s_j \cdot \min_i \frac{f(\text{IoU}_{ij})}{f(\text{IoU}_i)}, \qquad f(x) = 1 - x \quad \text{or} \quad f(x) = e^{-\sigma x^2},\ \sigma = 2$$
#
# where *i* goes through all masks of the same class with a higher score; the best mask of a class keeps its own. The first *f* is a straight line, the second a bell curve (its σ has nothing to do with the 0.2 above). The divisor is for fairness: $\text{IoU}_i$ is the largest overlap that *i* itself has with a better mask. A rival that is in doubt itself does less harm.
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
# There is a table of SOLO on a ResNet-50 and FPN, printed by a tool that lists a network's layers, for an image of 1333×800 pixels. It counts 36,892,591 parameters; the published network has 36,301,232. Both are here, and the difference can be told to the last weight:

# %%
with torch.device("meta"):
    printed = yx.summarize(yx.create_model("solo-r50-fpn-table"), (1333, 800), depth=2)
    published = yx.summarize(yx.create_model("solo-r50-fpn"), (1333, 800))
extra_convolution, biases, one_class = 256 * 256 * 9 + 256, 14 * 256, 256 * 9 + 1
print(f"{published.total_params:,} + {extra_convolution:,} + {biases:,} - {one_class:,}")
print(f"= {published.total_params + extra_convolution + biases - one_class:,}")
print(f"  {printed.total_params:,} counted")

# %% [markdown]
# Three differences: a convolution that makes p6, where the published network takes every second position of p5; a bias in each of the fourteen tower convolutions, which the published network leaves out, for the [GroupNorm](index.ipynb#GroupNorm) behind each of them has a shift of its own; and one class less, of which more below. The table at depth 2 (modules within modules, two deep; the towers appear once for each level of the pyramid, and *recursive* means that the parameters have been counted before):

# %%
printed

# %% [markdown]
# The same printed table states 296.58 billion [multiply-adds](index.ipynb#Multiply-add), and here there are more. That tool looked at modules within modules four deep and no further, and the convolutions of the ResNet's stages lie one deeper: their multiply-adds are missing, all but a few. Counted all the way down, each weight once for every position it is applied at, the convolutions need

# %%
print(f"{printed.mult_adds / 1e9:.2f} billion multiply-adds at 1333×800")

# %% [markdown]
# And every number about SOLO that was published, or follows from what was, beside ours, with the rule by which it is counted:

# %%
from yoloexplain.ledger import ledger

ledger("solo")

# %% [markdown]
# ## What it sees
#
# First a network that has never been trained. Its weights are random, so its maps know nothing about coins; but they show what each level *can* see: how fine it is, and that edges and brightness survive a random convolution. (The [BatchNorms](index.ipynb#BatchNorm) were given this photograph's statistics first; without that, a fresh network's maps fade to grey.)

# %%
torch.manual_seed(0)
framed = photos.letterbox(coins, (320, 448))
image = photos.to_tensor(framed.image)
solo = yx.inspection.calibrate(yx.create_model("solo-r50-fpn"), image)
with torch.no_grad():
    pyramid = solo.neck(solo.backbone(image))
figures.pyramid_maps({level: maps[0].numpy() for level, maps in pyramid.items()}, framed.image)

# %% [markdown]
# From p2 to p6 the squares double in size and the coins melt into a few values. A mask must be drawn at the size of a map, and that is why p6 is enlarged before the head reads it.
#
# And an untrained head? It claims nothing and draws nothing: every score, and every value of every mask, begins near one in a hundred.

# %%
with torch.no_grad():
    out = solo.head(pyramid)
for grid, scores, drawn in zip(GRIDS, *out, strict=True):
    score, value = scores.sigmoid().mean(), drawn.sigmoid().mean()
    print(f"S = {grid}: mean score {score:.3f}, mean mask value {value:.3f}")

# %% [markdown]
# ### A small one that has learnt
#
# The package brings a small SOLO that has been trained on drawn scenes with eight kinds of things. Its backbone is a narrow residual network. The head reads three levels of an FPN, at strides of 4, 8 and 8, with grids of 20, 14 and 8 cells, and draws every mask twice as finely: small things need an outline, and large ones keep their holes. Its card:

# %%
card, learned = demo_card("solo-demo"), yx.create_model("solo-demo")
scores, batch = card["scores"], card["settings"]["batch"]
print(f"{sum(p.numel() for p in learned.parameters()):,} parameters, {len(names)} classes")
print(f"{card['steps']:,} steps of {batch} scenes of {card['image_size']} pixels each")
print(f"{card['seconds'] / 60:.0f} minutes on a busy processor, no GPU")
print(f"on 500 unseen scenes: AP50 {scores['mask_map50']:.2f}, AP {scores['mask_map50_95']:.2f}")

# %% [markdown]
# ([AP](index.ipynb#Average-precision), the score of masks, is explained in [chapter 5](05_training.ipynb); 1 would be perfect.) A scene that it has never seen, and what it makes of it. There is no box in the network: the boxes drawn here are laid around the masks afterwards.

# %%
strides = learned.head.strides
with torch.no_grad():
    out = learned(photos.to_tensor(scenes[17].image))
(found,) = yx.solo.decode(out, (160, 160), strides=strides, update_threshold=0.3, names=names)
found.figure(scenes[17].image)

# %% [markdown]
# All three. The masks follow the outlines and round off what is finer than their maps: a channel of the finest level holds 80×80 values for the whole picture, one of the two others 40×40, enlarged here.
#
# **Which cells speak, and on which level?** Here is another scene, with two boats, two signs (one of them half hidden) and a doughnut. The category branch gives every cell a score for each class; drawn is the best class of each cell. Predict: on which level will the large boat be spoken for, and on which the small things?

# %%
from yoloexplain.figures.grids_on_photo import grids_on_photo
from yoloexplain.figures.named_maps import named_maps
from yoloexplain.solo.decode import enlarged

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
drawn, sides = {}, learned.head.grids
for label, mask in zip(scene.labels.tolist(), scene.masks, strict=True):
    cells = [(np.argwhere(mask).mean(axis=0) / 160 * side).astype(int) for side in sides]
    sure = [c[0, :, i, j].max().item() for c, (i, j) in zip(out.categories, cells, strict=True)]
    level = int(np.argmax(sure))
    channel = cells[level] @ (sides[level], 1)  # i·S + j
    one = out.masks[level][0, channel][None].sigmoid()
    drawn[f"{names[label]} {channel}"] = enlarged(one, (80, 80))[0].numpy()  # one size for all
    print(f"{names[label]:9} S = {sides[level]:2}, cell {cells[level].tolist()}: channel {channel}")
named_maps(drawn, title="What the cell at the middle of each thing draws")

# %% [markdown]
# Two boats have the same class and look alike; still each is drawn by a channel of its own, and is dark in the other's. The same with the signs. That is the whole idea of SOLO, and it works: the number of the channel says *which* thing is meant. Where one thing hides most of another, as the small boat hides the blue sign, the channel of the hidden one draws what is left of it, and stops where its neighbour begins.

# %% [markdown]
# On their way to these channels the things pass through backbone, neck and tower. Scrub through all of it, strongest channels first. In the last layer but one, `head.masks.0`, every channel belongs to a cell of the finest grid: does each of them draw one thing?

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
# Neither map is a mask. The X map lights up all along its column, on the doughnut above and on sky and meadow as well; the Y map on whatever lies in its row, the large boat as well. Only where both agree something is left, and that is the sign. Two maps that each know half make one that knows all.

# %% [markdown]
# ### Trained and untrained, scene and photograph
#
# Last, two networks of the same build, one of them never trained, and two pictures: the scene, and the coins, of which the trained one has learned nothing. For each position the picture shows the strongest of all channels of the finest grid. Predict what the trained network draws of the coins, and how sure it is of a class.

# %%
torch.manual_seed(0)
networks = {"untrained": yx.solo.solo_small().eval(), "trained": learned}
small_coins = photos.letterbox(coins, (160, 160)).image
views = {"scene": photos.to_tensor(scene.image), "coins": photos.to_tensor(small_coins)}
with torch.no_grad():
    pairs = [(word, name) for word in networks for name in views]
    outs = {f"{word}, {name}": networks[word](views[name]) for word, name in pairs}
strongest = {name: out.masks[0][0].sigmoid().amax(0).numpy() for name, out in outs.items()}
named_maps(strongest, title="The strongest channel of the finest grid, at every position")

# %%
for name, out in outs.items():
    print(f"{name:17} best score {max(c.sigmoid().max().item() for c in out.categories):.2f}")

# %% [markdown]
# Untrained, both branches say nothing anywhere. Trained, the mask branch fills the small things of the scene (the large boat belongs to a coarser grid) and answers faintly to some edges of the coins, for it is asked *where* and not *what*. Whether a mask counts is for the category branch to say.

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
# ## Settle it: must one of two objects in one cell be lost?
#
# **Claim:** *a cell draws one mask. So when two objects have their middle in the same cell, SOLO loses one of them.*
#
# Predict for two pairs. A cup stands in the middle of its saucer. Two pens of the same length lie across one another, like an ×. Each pair shares its middle to the pixel. Which of the four objects get a cell, and on which levels?

# %%
y, x = np.mgrid[-200:200, -320:320]
cup = np.hypot(x, y) < 40
saucer = (np.hypot(x, y) < 120) & ~cup
pens = [(abs(x - y) < 8) & (abs(x + y) < 200), (abs(x + y) < 8) & (abs(x - y) < 200)]
for name, pair in {"saucer and cup": [saucer, cup], "pen and pen": pens}.items():
    levels = yx.solo.targets(torch.tensor(np.array(pair)), torch.tensor([0, 0]), [(100, 160)] * 5)
    cells = [[int((level.objects == i).sum()) for level in levels] for i in (0, 1)]
    print(f"{name:14} cells on p2 to p6: {cells[0]} and {cells[1]}")

# %% [markdown]
# **Verdict:** not because they share a cell. Saucer and cup differ in size, so they are learned on different levels and never meet. The pens are alike in both, place and size, and there the claim holds: the later one of the list takes every cell, and the first is taught to nobody. How often does that happen? Of the coins of our photograph, this many get a cell at all:

# %%
levels = yx.solo.targets(torch.tensor(masks), torch.zeros(len(masks)).long(), [(100, 160)] * 5)
print(len({i for level in levels for i in level.objects.tolist()}), "of", len(masks))

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
# ## Exercises
#
# Replace every `...` and run the cell. `check` compares your answer with the code of this chapter step by step, and says what differs first, and why. `yx.exercises.hint("ch06.coordconv")` helps in three steps, `yx.exercises.solution("ch06.coordconv")` shows one way, and `yx.exercises.progress()` what you have solved. Your code runs in a process of its own: whatever happens there, this notebook goes on.
#
# **1 · Write CoordConv.** `x` holds feature maps, (B, in_channels, H, W). Lay two more channels behind each of them: first the one that grows from −1 at the left edge to 1 at the right edge, then the one that grows from −1 at the top to 1 at the bottom. The outermost positions have −1 and 1 exactly. `conv` reads all of them: a plain 3×3 `nn.Conv2d` with a bias, which keeps height and width and puts out `out_channels`.


# %% tags=["exercise"]
class MyCoordConv(nn.Module):
    def __init__(self, in_channels, out_channels):
        super().__init__()
        self.conv = nn.Conv2d(...)

    def forward(self, x):
        return self.conv(...)


yx.exercises.check("ch06.coordconv", MyCoordConv)

# %% [markdown]
# **2 · Say which channels must draw an object.** `mask` is the object, a tensor (H, W) of true and false, in pixels of the image. `grids` has the S of each level and `ranges` its range of sizes, (low, high) in pixels, both ends included. Give back one list a level with the numbers of the channels, in ascending order; an empty list, where the object's size is not in the range. The rules are those of this chapter:
#
# * the size is √(width · height) of the smallest box around the mask;
# * the middle is the mean row and the mean column of the mask's pixels;
# * the centre region reaches 0.1 of the box's height up and down from the middle, and 0.1 of its width to the left and right;
# * all cells that it touches answer, if they are no farther than one row and one column from the middle's;
# * row *y* of the image lies in row `int(y / H * S)` of the grid, and columns likewise.


# %% tags=["exercise"]
def answering_channels(mask, grids, ranges):
    rows, columns = mask.nonzero(as_tuple=True)  # of every pixel of the object
    levels = []
    for grid, (low, high) in zip(grids, ranges, strict=True):
        fits = low <= ... <= high
        levels.append([... * grid + ... for i in ... for j in ...] if fits else [])
    return levels


yx.exercises.check("ch06.targets", answering_channels)

# %% [markdown]
# **3 · Write Matrix NMS.** `masks` (N, H, W) are true and false and come best first, `scores` (N) and `labels` (N) belong to them. `kernel` is "linear" or "gaussian", the latter with σ = 2. Give back the N scores after the decay, in the same order. Masks of different classes do not touch one another. Masks may be exactly equal, so let no divisor be smaller than 1e-6. It can be done without a loop.


# %% tags=["exercise"]
def decayed_scores(masks, scores, labels, kernel):
    # the overlap of each mask with each, what each suffers at the worst, the decay
    return scores * ...


yx.exercises.check("ch06.matrix_nms", decayed_scores)

# %% [markdown]
# ## Take along
#
# * An object's *place* chooses the output channel, and its *size* chooses the level: that is enough to tell instances apart.
# * A shared cell is no harm. One of two objects is lost only if they are alike in both, place and size.
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
# * Deep Residual Learning for Image Recognition. He et al., 2015. arXiv 1512.03385
# * Group Normalization. Wu and He, 2018. arXiv 1803.08494
# * Feature Pyramid Networks for Object Detection. Lin et al., 2016. arXiv 1612.03144
# * Photograph: coins, Brooklyn Museum, no known copyright restrictions
