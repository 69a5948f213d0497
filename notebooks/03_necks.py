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
# # 3 · Necks — meaning down, detail up
#
# > **You will be able to** draw an FPN, a PAN and YOLOv5's neck from memory, compute what a position of any level sees, and say where a network adds, where it concatenates, and where it takes a maximum.
# >
# > **It takes** about 60 minutes to read and try, and 30 for the exercises.
# >
# > **Know first** convolution and pooling. [Chapter 2](02_csp.ipynb) helps: YOLOv5's neck is made of its C3 blocks.

# %%
import torch
from torch import nn
from torch.nn import functional as F

import yoloexplain as yx
from yoloexplain import figures
from yoloexplain.backbones.resnet import Bottleneck, ResNet
from yoloexplain.data import photos
from yoloexplain.layers import FPN, PAN, SPP, SPPF, SiLU, SpatialPyramidPooling
from yoloexplain.widgets import FeatureMaps, Pooling, Pyramid, ReceptiveFieldOnPhoto

# %% [markdown]
# ## The question
#
# A detector begins with a [backbone](index.ipynb#Backbone), a stack of convolutions that turns the image into feature maps and halves it five times on the way. The maps of one size are called a *level*, and counted by their halvings: c3 has an eighth of the image's sides, c4 a sixteenth, c5 a thirty-second. What does one position of each level know? Two numbers say it: how many pixels lie between neighbours (the [stride](index.ipynb#Stride)), and how many pixels each of them can see at all (its [receptive field](index.ipynb#Receptive-field)). Here are three levels of YOLOv5n's backbone for an image of 640×640 pixels, before any pooling trick. (On the device `meta` a network has shapes but no values, which is enough for counting.)

# %%
with torch.device("meta"):
    yolov5n = yx.create_model("yolov5n")
levels = [f"backbone.stage{i}" for i in (3, 4, 5)]
for name, field in yx.receptive_field(yolov5n, 640, levels).items():
    grid = f"{field.cells[0]}×{field.cells[1]} positions, one every {field.stride[0]} pixels"
    print(f"c{name[-1]}: {grid}, each sees {field.size[0]}×{field.size[1]}")

# %% [markdown]
# The fine level knows exactly *where*, and sees 58 pixels: enough for an edge or an eye, not for a face. The coarse level sees enough to say *what*, and points at it with a raster of 32 pixels. A detector needs both at once, for small objects as well as for large ones. **How do the levels of a backbone share what they know?** The part of a network that answers is called its [neck](index.ipynb#Neck): it stands between the backbone and the head, the last layers, which turn features into boxes.

# %% [markdown]
# ## The idea in one figure
#
# Feature Pyramid Networks ([FPN](index.ipynb#FPN), Lin et al., 2016) hand the meaning down. Start at the coarsest level; at each step, enlarge the map twofold and add it to the next finer level of the backbone.

# %%
resnet50 = {"c2": 256, "c3": 512, "c4": 1024, "c5": 2048}
figures.fpn(resnet50, out_channels=256, image_size=(640, 640))

# %% [markdown]
# Four words to keep:
#
# * **lateral**: a 1×1 convolution from the backbone across to the pyramid. Levels of 256 to 2,048 channels cannot be added; afterwards all have 256.
# * **top-down**: the pathway from coarse to fine. (Papers draw the coarse level at the top.)
# * **nearest-neighbour upsampling**: each value is written into a square of 2×2 positions. No weights, nothing invented.
# * **smoothing**: a 3×3 convolution on each sum. We shall see what for.

# %% [markdown]
# ## The code
#
# The whole pathway is the loop in the middle of `forward`. Mind what is handed down: the sum as it stands, *before* its 3×3. Smoothed is only what leaves the pyramid, p5 included. (`extra` can add a level p6 above; here there is none.)

# %%
fpn = FPN(resnet50, extra=None)
yx.show_source(fpn, without_docstring=True)

# %% [markdown]
# Note that a map is enlarged to the *size of its partner*, not by a factor of two. With 800×1333 pixels a level has 167 columns and the one above it 84, and twice 84 is 168. Odd sides are where home-made pyramids break:

# %%
sides = {"c2": (200, 334), "c3": (100, 167), "c4": (50, 84), "c5": (25, 42)}
with torch.device("meta"):
    features = {level: torch.empty(1, resnet50[level], *side) for level, side in sides.items()}
    pyramid = FPN(resnet50, extra=None)(features)
print({level: tuple(maps.shape[1:]) for level, maps in pyramid.items()})

# %% [markdown]
# ### What the 3×3 is for
#
# Enlarge a map by writing each value four times, and you get steps: within each square nothing changes, from square to square everything does. Such edges were never in the image. They are *aliasing*, the false pattern that a coarse raster leaves. A 3×3 convolution looks across the seams and can even them out. Here its nine weights are all 1/9, the plainest of smoothers; a trained one finds better ones.

# %%
photo = photos.letterbox(photos.load("astronaut"), 512)
coarse = F.avg_pool2d(photos.to_tensor(photos.grayscale(photo.image)), 32)
enlarged = F.interpolate(coarse, scale_factor=2, mode="nearest")
framed = F.pad(enlarged, (1, 1, 1, 1), mode="replicate")
smoothed = F.conv2d(framed, torch.full((1, 1, 3, 3), 1 / 9))
for name, maps in {"enlarged": enlarged, "smoothed": smoothed}.items():
    step = maps.diff(dim=3).abs()
    equal = f"{(step < 1e-6).float().mean():.0%} of neighbours are equal"
    print(f"{name}: {equal}, the largest step is {step.max():.2f}")

# %%
from yoloexplain.figures.named_maps import named_maps

before, after = enlarged[0, 0].numpy(), smoothed[0, 0].numpy()
both = {"enlarged twofold": before, "after a 3×3": after}
named_maps(both, title="Steps, and what a 3×3 makes of them")

# %% [markdown]
# ## Spatial pyramid pooling: a vector of one length
#
# An older idea than the FPN, and a different one, though both are called pyramids. In 2014 a classifier ended in fully connected layers, which take a vector of one length and nothing else; so every image had to be cut or squeezed to one size. He et al. replaced the last pooling layer: divide the map into 1×1, 2×2 and 4×4 **bins**, whatever its size, and keep each bin's maximum. The bins stretch with the map; their number stays.

# %%
names = ("rocket", "coins")
pictures = [photos.load(name) for name in names]
grey = [photos.to_tensor(photos.grayscale(picture)) for picture in pictures]
maps = [F.avg_pool2d(one, 16)[0, 0].numpy() for one in grey]
figures.pyramid_pooling(maps, bins=(1, 2, 4), channels=256, photos=pictures)

# %%
pool = SpatialPyramidPooling(bins=(1, 2, 4))
for height, width in [(13, 13), (10, 17), (40, 26)]:
    vectors = pool(torch.rand(2, 256, height, width))
    print(f"256 maps of {height}×{width} → a vector of {vectors.shape[1]:,}")

# %% [markdown]
# Twenty-one bins, 256 channels: always 5,376 numbers.
#
# ### YOLO keeps the map
#
# Would a detector want that? It has no fully connected layer that needs a fixed length; it is convolutional to the end and takes any size as it is. And it must say *where*, which a vector of 21 bins has forgotten. So YOLOv3-SPP and YOLOv4 kept the name, [SPP](index.ipynb#SPP), and changed the thing: windows instead of bins. Around *every* position take the maximum over 5×5, 9×9 and 13×13 positions, with stride 1, and lay the three results and the map itself behind one another. Place is kept, and each position has had a look around. It happens once, at the end of the backbone, where the map is small.

# %%
kernel_sizes = (5, 9, 13)
figures.pooling_windows(kernel_sizes, in_channels=512, grid=20)

# %%
spp = SPP(512, 512, kernel_sizes)
yx.show_source(spp, without_docstring=True)

# %% [markdown]
# From release 6.0 on, YOLOv5 has **SPPF** in its place, F for fast: one window of 5, applied three times in a row. The maximum of maxima is a maximum, so five after five sees nine, and another five thirteen.
#
# Here are all three poolings on maps of the trained YOLOv5n, taken where its windows read. Move the position with the mouse or the arrow keys. Predict: where will the three fives differ from the windows of 5, 9 and 13, in the middle or at the border? Then go through the list *pooling*: the windows side by side, and the bins of He et al. (whose network is called SPP-net), with the map changing its size and the vector keeping its length.

# %%
Pooling(show="sppf")

# %%
kernel_size = 5
sppf = SPPF(512, 512, kernel_size)
yx.show_source(sppf, without_docstring=True)

# %% [markdown]
# ## PAN: a short way up
#
# The FPN carries meaning down. How does fine detail get *up*, to the coarse levels that detect the large objects? Through the whole backbone, layer by layer; on the way, an exact edge is convolved away. The Path Aggregation Network ([PAN](index.ipynb#PAN), Liu et al., 2018) adds a second pathway behind the first, now bottom-up: two convolutions a level and a sum.

# %%
pan = PAN(channels=256, num_levels=4)
yx.show_source(pan, without_docstring=True)

# %% [markdown]
# ### A hundred layers against ten: count them
#
# It is often said that the long way runs through more than a hundred layers and the short one through fewer than ten. Let us not believe it but count, on the graph of a forward that really ran: every convolution on the way, and nothing else. ResNet-50 first, then ResNet-101. (What leaves the new path is called n2 to n5 in the paper and the figure; the code keeps the names p2 to p5.)

# %%
paths = {}
for name, depths in {"ResNet-50": (3, 4, 6, 3), "ResNet-101": (3, 4, 23, 3)}.items():
    with torch.device("meta"):
        network = nn.Sequential(ResNet(Bottleneck, depths), FPN(resnet50, extra=None), PAN())
    graph = paths[name] = yx.inspection.trace(network, (480, 640))
    up = [graph.longest_path(start, "1.p5").length for start in ("image", "0.c2")]
    print(f"{name}: up the backbone and across to p5 {up[0]} layers, {up[1]} of them from c2 on")

# %%
graph = paths["ResNet-101"]
across = graph.shortest_path("0.c2", "1.p2").length
upwards = graph.shortest_path("1.p2", "2.p5").length
print(f"from c2 across to p2 {across}, up the new path to n5 {upwards}: {across + upwards} layers")
figures.pan(resnet50, long_path=up[1], short_path=across + upwards)

# %% [markdown]
# So "more than a hundred" is true of a ResNet-101, from the pixels on, and "fewer than ten" of PAN's new path, whatever the backbone: eight.
#
# One thing is left out of the story. "The long way" means the way through *every* block. But a ResNet has shortcuts of its own; what if a signal takes all of them?

# %%
for name, graph in paths.items():
    fewest = graph.shortest_path("0.c2", "1.p5")
    print(f"{name}: from c2 to p5 without the new path, at the least {fewest.length} layers")

# %% [markdown]
# Five: one 1×1 convolution in the shortcut of each of three stages, a lateral and a smoothing. In terms of layers the residual shortcut is even shorter. But each of those 1×1 convolutions has stride 2 and takes every second position, without looking at the three others: what gets up that way is a sample of the detail. The new path has a 3×3 with stride 2 at every step and looks at all of it.

# %% [markdown]
# ## YOLOv5's neck
#
# An FPN and a PAN, with three changes: the lanes meet by **concatenation** (maps are laid behind one another instead of added: [concatenate](index.ipynb#Concatenate)), a C3 block (chapter 2; convolutions, with a bypass around most of them) does the mixing after each meeting, and each level keeps its own width. (C3 the block and c3 the level share a name by accident only.) This is all of it:

# %%
from yoloexplain.yolov5.network import Neck

yx.show_source(Neck.forward)

# %%
from dataclasses import replace

from yoloexplain.plans import blocks as blocks_of

with torch.device("meta"):
    blocks = blocks_of(yx.create_model("yolov5s"), 640)
sources, bare = {"4": "c3", "6": "c4", "9": "c5"}, {"inputs": (), "repeats": 1, "params": 0}
given = [replace(b, type=sources[b.name], **bare) for b in blocks if b.name in sources]
neck = [b for b in blocks if b.part == "neck"]
figures.architecture_map(given + neck, title="YOLOv5s: its neck")

# %% [markdown]
# Follow the arrows: up two levels on the left half (coarse to fine, for here the fine level is drawn above), down again on the right. Each 1×1 that narrows a map before it is enlarged is read twice, a second time by the way back.
#
# Does the short way survive these changes? Count again, for all five sizes.

# %%
with torch.device("meta"):
    models = {size: yx.create_model(f"yolov5{size}") for size in "nsmlx"}
for size, model in models.items():
    graph = yx.inspection.trace(model, 640)
    long = graph.longest_path("backbone.c3", "neck.lateral5").length
    short = graph.shortest_path("backbone.c3", "neck.p5").length
    print(f"yolov5{size}: from c3 up the backbone {long} layers, across and up the neck {short}")

# %% [markdown]
# The larger the network, the longer its backbone; the way through the neck stays at eight layers, because every C3 has a bypass.

# %% [markdown]
# ## The numbers
#
# How far does a position see? Begin with the image itself, where a position sees one pixel. Each layer that reads a map of stride s with a kernel of k positions widens the field by (k − 1)·s pixels. Three windows of 5 at stride 32 therefore add 3 · 4 · 32 = 384. Here are the fields of YOLOv5's backbone from release 6.0 on, read off the graph, and in brackets the same worked out by this rule, layer by layer:

# %%
from yoloexplain.ledger import ledger

rows = ledger("yolov5 receptive field")
for size in "nsmlx":
    fields = [row for row in rows if row.model.startswith(f"yolov5{size},")]
    cells = [f"{row.quantity[19:]}: {row.ours} ({row.published})" for row in fields]
    print(f"{size}  " + "  ".join(cells))
print(rows.tally())

# %% [markdown]
# Subtract in the last two columns: 384 in every row. With the windows a position of even the smallest network can see as much as a whole image of 640 pixels, and windows have no weights (the two 1×1 convolutions around them do). And n equals s, while m is deeper: the field depends on depth, never on width. Two other backbones, for comparison:

# %%
for row in ledger("receptive field at c5"):
    print(f"{row.model:13} {row.ours} ({row.published}, {row.source})")

# %% [markdown]
# Behind the neck, everything has met everything:

# %%
levels = ["neck.p3", "neck.p4", "neck.p5"]
for size in "nx":
    fields = yx.receptive_field(models[size], 640, levels)
    print(f"yolov5{size}:", {name[-2:]: field.size[0] for name, field in fields.items()})

# %% [markdown]
# The level that saw 58 pixels as c3, when it left the backbone, sees more than the image has as p3. That is the top-down pathway at work. What does the neck cost, beside backbone and head?

# %%
summary = yx.summarize(models["s"], 640)
for row in summary.rows:
    if row.path in ("backbone", "neck", "head"):
        shares = row.params / summary.total_params, row.mult_adds / summary.mult_adds
        work = f"{shares[1]:.0%} of the multiply-adds"
        print(f"{row.path:9} {row.params:>9,} parameters ({shares[0]:.0%}), {work}")

# %% [markdown]
# ## What it sees
#
# To see meaning go down and detail go up, a network must have some meaning to hand on. The package brings a small YOLOv5n that has learnt eight kinds of drawn things (chapter 4 tells how well, and chapter 5 how). Here it looks at a scene that took no part in its training: a large boat, and four things from a fifth to two fifths of its size.
#
# A level has many channels. Those drawn here agree best with the [masks](index.ipynb#Mask) of all five things, which say which pixels each of them covers. Agreement is the correlation, over all positions of a map, with the share of each one's square of the picture that is covered; a channel that is dark there counts as much as one that is bright. First the levels as they leave the backbone, then as they leave the neck. Predict: which of the things will c3 show, and which c5? What will have changed behind the neck?

# %%
from yoloexplain.data.scenes import Scenes
from yoloexplain.inspection import answering

scene = Scenes(24, seed=2, size=256, split="val")[20]
image, things = photos.to_tensor(scene.image), torch.from_numpy(scene.masks.any(0)).float()
detector = yx.create_model("yolov5n-demo")
with torch.no_grad():
    features = detector.backbone(image)
    pyramid = detector.neck(features)
best = {name: answering(m[0], things, 3) for name, m in (features | pyramid).items()}

# %%
named = {level: maps[0].numpy() for level, maps in features.items()}
shown = {"photo": scene.image, "chosen": "Channels that agree best with the masks"}
figures.compare_maps(named, channels=best, title="As the levels leave the backbone", **shown)

# %%
named = {level: maps[0].numpy() for level, maps in pyramid.items()}
figures.compare_maps(named, channels=best, title="As the levels leave the neck", **shown)

# %% [markdown]
# c3 knows *where* to within eight pixels, and little else: it draws outlines and stripes, of the small things as of the sails and the hull. These channels of c5 have one thing to say, and say it with eight positions or so: a boat. Of the four others only the yellow sign stirs them, in one position at the left edge. Behind the neck both have learnt from each other. In p3 the outlines have become spots (the small boat and the sign behind it share one), and the large boat is filled in, though nothing at its middle has an edge: that it is one thing came down from above. p4 shows small and large alike. And p5, on the same raster as c5, now also knows of the small boat at the upper left: that came up through the neck.
#
# All the other channels are yours to scrub through, strongest first, with c5 beside p5 to begin with. Point at a position: the photograph shows how far it sees. Does any channel of c5 know of the doughnut?

# %%
layers = "backbone.c3 backbone.c4 backbone.c5 neck.p3 neck.p4 neck.p5".split()
FeatureMaps(detector, scene.image, layers, layer="neck.p5", compare="backbone.c5")

# %% [markdown]
# How much of this was learnt? Beside it a YOLOv5n with random weights (`calibrate` gives its BatchNorms fitting statistics, without which signals fade), and both once more on a photograph of a cup on a table, a thing for which neither has a name.

# %%
from yoloexplain.inspection.calibrate import calibrate

cup, maps = photos.to_tensor(photos.letterbox(photos.load("coffee"), 256).image), {}
torch.manual_seed(0)
fresh = calibrate(yx.create_model("yolov5n"), torch.cat([image, cup]))
for name, network in {"trained": detector, "untrained": fresh}.items():
    p4 = yx.activations(network, torch.cat([image, cup]), ["neck.p4"])["neck.p4"].numpy()
    channel = answering(torch.from_numpy(p4[0]), things, 1)[0]
    maps |= {f"{name}, scene": p4[0, channel], f"{name}, photo": p4[1, channel]}
named_maps(maps, title="p4: of each network, the channel that agrees best with the scene's masks")

# %% [markdown]
# With random weights even the best of 128 channels is dark in one broad patch, on the scene as on the photograph, roughly where there is much to see; it tells no thing from the next. Training has made spots of the things. On the photograph the trained channel stirs only faintly: it has learnt eight drawn kinds, and no cup.

# %% [markdown]
# ### Who speaks for which size?
#
# The head reads p3, p4 and p5, each by itself, and says for every cell how sure it is that there is a thing: the *objectness*. A cell has three anchors, three shapes that it speaks for; here is the surest of the three. Predict: on which level will the doughnut, 22 pixels wide, be seen, and on which the boat of 104?

# %%
from yoloexplain.figures.grids_on_photo import grids_on_photo

with torch.no_grad():
    raw = detector.head(pyramid)
sure = {f"{k}, stride {2 ** int(k[1])}": r[0, ..., 4].sigmoid().amax(0) for k, r in raw.items()}
grids = {name: values.numpy() for name, values in sure.items()}
grids_on_photo(scene.image, grids, title="Objectness of each cell, the surest of its anchors")

# %% [markdown]
# p3 lights up on the four small things and keeps silent about the large boat, p5 speaks for the boat. But the shares overlap: p4 speaks for all five, and p5 for more than the boat. In training an anchor has to answer for every box from a quarter to four times its sides, so most things have more than one level to speak for them. What comes twice is settled later (chapter 4).
#
# ### Cut the way down
#
# What is the top-down pathway good for in this network? Cut it and see. All that goes down passes `upsample`; behind it we put a layer that turns every value into zero, so that p3 is made of the backbone's own maps alone. Sixty unseen scenes with 274 things: predict what goes wrong. Will the network miss small things, or large ones? Will it call things by wrong names? Or see what is not there?

# %%
from yoloexplain import yolov5

scenes, found = Scenes(60, seed=2, size=192, split="val")[:], {}
batch = torch.cat([photos.to_tensor(scene.image) for scene in scenes])
whole = detector.neck["upsample"]
for name, layer in {"whole": whole, "cut": nn.Sequential(whole, nn.Threshold(1e9, 0.0))}.items():
    detector.neck["upsample"] = layer
    with torch.no_grad():
        decoded = yolov5.decode(detector(batch), detector)
    found[name] = yolov5.non_max_suppression(decoded, confidence=0.4)
detector.neck["upsample"] = whole

# %%
from yoloexplain.boxes import iou

for name, results in found.items():
    right = wrong = 0
    for one, result in zip(scenes, results, strict=True):
        hits = iou(torch.from_numpy(one.boxes_xyxy)[:, None], result.boxes_xyxy) > 0.5
        hits &= torch.from_numpy(one.labels)[:, None] == result.labels
        right, wrong = right + int(hits.any(1).sum()), wrong + int((~hits.any(0)).sum())
    print(f"{name:5} {right} things found, {wrong} boxes that fit nothing")

# %% [markdown]
# Now look at one scene, and cut for yourself. The whole neck is drawn below, with its own maps in the places of the levels; every **C** is a concatenation, and two links enter each. All 256 ways of switching the eight links were computed beforehand, each time with zeros in place of the cut maps. Predict, before you clear a box: without *top-down*, which things will come apart? Without *bottom-up*, on which level are the boxes of the large things missing? Without *lateral*?

# %%
Pyramid(detector, scenes[11])

# %% [markdown]
# Without the way down it still finds nearly all of them, small and large. What it has lost is the overview: it takes *parts* for wholes. The face of the yellow star is boxed as a star of its own, and the side of the fish as a fish, twice. It also mistakes kinds: the boat becomes a ball. Seen from near, each of these parts looks like a thing; only who sees the whole can say that it is not. So a good deal of what the coarse levels hand down is a *no*.
#
# Without the way up, p5 falls silent: its boxes are gone, the boat with them, and p4 sees doughnuts where none are. Without the links across nothing at all is found, for then c3 and c4 do not enter the neck at all. (All this shows what a network relies on that was trained with its eight links and never met such zeros. One trained without a link would have had to find other ways.)
#
# ### Sees, or could see?
#
# A theoretical field says which pixels *can* count. Which do? Take the gradient of one position with respect to the image: where it is zero, a pixel has no say. Here for a position of the backbone's stride-16 level, in the middle of the boat: the frame is the theoretical field, and light falls where the gradient says that a pixel counts. Then choose a position of your own: click it, or move with the arrow keys. The gradient was measured for the positions with a dot, so the light comes from the nearest of these. Predict: p5 could see three times the width of the scene. How large is the square that holds half of its gradient, and is it larger than that of c5?

# %%
ReceptiveFieldOnPhoto(detector, scene.image, start=("c4", 7, 8))

# %%
field = yx.measured_field(detector, image, "backbone.stage4", (7, 8))
x0, y0, x1, y1 = field.theoretical
rim = (x1 - x0) // 4
middle = (x0 + rim, y0 + rim, x1 - rim, y1 - rim)
print("theory:  ", field.theoretical, "measured:", field.box)
print(f"inside the theoretical field: {field.fraction:.0%} of the gradient")
print(f"inside its middle, a quarter of the area: {field.share(middle):.0%}")

# %% [markdown]
# Not one pixel outside the box has a say, so the theory is right. But inside, the say is distributed most unevenly. One reason is built in: few ways lead from a corner to the position, many from the middle. Another was learnt: far from it the light still follows the boat, out to both ends of the hull, and fades on the sky and the grass beside it. And p5, which could see 842 pixels? Half of its gradient lies in a square of about 90, hardly larger than that of c5. When somebody tells you a receptive field of 650 pixels, remember that the *effective* one is far smaller.

# %% [markdown]
# ## Settle it: is SPPF really the same as SPP?
#
# **Claim:** *SPPF is an approximation of SPP, a bit faster and a bit worse.*
#
# Predict before you run. Both have the same parameters, so the weights of one fit into the other. On the same input, will the outputs be different, nearly the same, or the same to the last bit?

# %%
torch.manual_seed(0)
spp, sppf = SPP(64, 64, activation=SiLU).eval(), SPPF(64, 64).eval()
sppf.load_state_dict(spp.state_dict())
x = torch.randn(2, 64, 15, 22)
print("the same to the bit:", torch.equal(spp(x), sppf(x)))

# %% [markdown]
# To the bit, and at the borders too, where padding counts as minus infinity and never wins. A maximum does not mind seeing the same value twice, so a window of windows is a window. It also rounds nothing. How much less is there to look at? The windows, read off the graph:

# %%
for module in (SPP(64, 64), SPPF(64, 64)):
    nodes = yx.inspection.trace(module, torch.empty(1, 64, 20, 20)).nodes
    sides = [node.window["kernel_size"][0] for node in nodes if node.op.startswith("max_pool2d")]
    looked_at = sum(side * side for side in sides)
    print(f"{type(module).__name__:4} windows {sides}: {looked_at} values a position")

# %% [markdown]
# **Verdict:** the claim is wrong: not an approximation, the same function with 75 instead of 275 values to compare at every position. And it is a property of the *maximum*. With averages the trick fails, for an average of averages counts the middle more often than the rim:

# %%
for name, pool in {"maximum": F.max_pool2d, "average": F.avg_pool2d}.items():
    once, twice = pool(x, 9, 1), pool(pool(x, 5, 1), 5, 1)
    print(f"{name}: 5 after 5 equals 9: {torch.allclose(once, twice)}")

# %% [markdown]
# ## Settle it: add, concatenate, or take the maximum?
#
# **Claim**, from an explanatory article on YOLOv5: *the neck adds neighbouring levels element-wise, or concatenates them; YOLOv3 adds, like an FPN; and PAN fuses all levels with an element-wise maximum.* The network printed in that same article says `Concat`. Which is it, and in which release?
#
# Predict, then ask the graphs of ten releases: how often do two or more maps meet in the neck, and by which operation?

# %%
from collections import Counter

from yoloexplain.yolov5 import RELEASES

MEETINGS = ("add", "cat", "maximum")
necks = {}
for release in RELEASES:
    with torch.device("meta"):
        graph = yx.inspection.trace(yx.create_model("yolov5s", release=release), 640)
    necks[release] = [node for node in graph.nodes if node.path.startswith("neck")]
    met = Counter(node.op for node in necks[release] if len(node.inputs) > 1)
    print(release, {op: times for op, times in met.items() if op in MEETINGS})

# %% [markdown]
# Not one addition and not one maximum in any release. Eight concatenations: four where levels meet, and one in each of the four CSP blocks behind them. (Additions there are, but in the backbone: the shortcuts of its bottlenecks. In the neck, these are switched off.) And the two papers?

# %%
fpn_and_pan = paths["ResNet-50"]
for name, place in {"FPN": "1", "PAN": "2"}.items():
    nodes = [node for node in fpn_and_pan.nodes if node.path == place and len(node.inputs) > 1]
    print(name, dict(Counter(node.op for node in nodes if node.op in MEETINGS)))

# %% [markdown]
# Three meetings, three additions each. So:
#
# | network | levels meet by |
# |---|---|
# | FPN, 2016 | addition |
# | YOLOv3, 2018 | concatenation (`route`, in its configuration file) |
# | PAN, 2018 | addition |
# | YOLOv4, 2020 | concatenation, as its paper says: a *modified* PAN |
# | YOLOv5, releases 1.0 to 7.0 | concatenation |
#
# And the maximum? It is in PAN's paper, but further on: for each proposed box the features of *all* levels are cut out and fused, and there the authors take an element-wise maximum or a sum. That step needs proposals; YOLO has none, and took over the pathway only.
#
# Does the choice matter? Concatenating is the more general: a 1×1 convolution behind it can add, if adding is best.

# %%
a, b = torch.randn(2, 64, 15, 22), torch.randn(2, 64, 15, 22)
mix = nn.Conv2d(128, 64, 1, bias=False)
mix.weight.data = torch.cat([torch.eye(64), torch.eye(64)], dim=1)[:, :, None, None]
mixed = mix(torch.cat([a, b], dim=1))
print("a concatenation and the right 1×1 add:", torch.allclose(mixed, a + b, atol=1e-6))
print(f"weights for the freedom: {mix.weight.numel():,}")

# %% [markdown]
# **Verdict:** YOLOv5 concatenates, always did, and pays for it with the weights that read twice as many channels. What an article says about a network is a claim; what its graph does is a fact.

# %% [markdown]
# ## Settle it: did early YOLOv5 go without the way up?
#
# **Claim**, often repeated and once by a maintainer: *earlier versions of YOLOv5 had an FPN, newer ones have a PAN.*
#
# A PAN has something that an FPN has not: behind the enlargements, convolutions with stride 2 that lead back to the coarse levels. Predict, for releases 1.0 and 7.0: how many of each does the neck have? The graphs are still there.

# %%
ways = {"down": "upsample", "up": "convolution"}
for release, nodes in necks.items():
    steps = [
        n for n in nodes if n.op.startswith("upsample") or (n.window or {}).get("stride") == (2, 2)
    ]
    counts = {way: sum(n.op.startswith(op) for n in steps) for way, op in ways.items()}
    print(f"{release}: {counts['down']} steps down, {counts['up']} up")

# %% [markdown]
# **Verdict:** every release has both ways. (The repository also keeps a configuration with an FPN alone, `yolov5-fpn`, for those who want to try; no release has weights for it.) What changed between the first neck and the last stands inside its blocks, not in its paths.

# %% [markdown]
# ## Exercises
#
# Replace every `...` and run the cell. `check` compares your answer with the code of this chapter in four stages (interface, shapes, parameters, and numbers once both have the same weights), and says what differs first. `yx.exercises.hint("ch03.spp")` helps in three steps, `yx.exercises.solution("ch03.spp")` shows one way, and `yx.exercises.progress()` what you have solved. Your code runs in a process of its own: whatever happens there, this notebook goes on.
#
# **1 · Write SPP**, for windows of 5, 9 and 13. `reduce` halves the channels with a 1×1, `fuse` mixes all lanes, in the chapter's order, with another; both are the package's `Conv`, which brings its BatchNorm and its activation. `torch.nn.functional` is `F`.

# %% tags=["exercise"]
from yoloexplain.layers import Conv


class MySPP(nn.Module):
    def __init__(self, in_channels, out_channels):
        super().__init__()
        self.reduce = Conv(...)
        self.fuse = Conv(...)

    def forward(self, x):
        return ...


yx.exercises.check("ch03.spp", MySPP)

# %% [markdown]
# **2 · Write the top-down path** of an FPN. Given are three maps with equal channels, as the laterals leave them: `maps["c3"]`, the finest, to `maps["c5"]`. Give back p3, p4 and p5, without the smoothing 3×3. The sides may be odd.


# %% tags=["exercise"]
def top_down(maps):
    return {"p3": ..., "p4": ..., "p5": ...}


yx.exercises.check("ch03.top_down", top_down)

# %% [markdown]
# **3 · Predict what a position sees.** Four layers follow one another: a 6×6 with stride 2, a 3×3 with stride 2, a 3×3, and SPPF (its windows; the 1×1 around them see nothing more). How many pixels high is the field of a position behind each of them? Pencil and paper; no code.

# %% tags=["exercise"]
fields = {"6×6, stride 2": ..., "3×3, stride 2": ..., "3×3": ..., "SPPF": ...}
yx.exercises.check("ch03.receptive_field", fields)

# %% [markdown]
# ## Take along
#
# * Fine levels know where, coarse ones know what. FPN hands meaning down, PAN hands detail up.
# * Nearest-neighbour upsampling leaves steps; the 3×3 behind each sum smooths them.
# * The original SPP makes vectors of one length. YOLO's keeps the map and looks through windows of 5, 9 and 13; SPPF is the same function as three fives.
# * SPPF's windows widen the receptive field by 384 pixels, and have no weights. But the field that counts is much smaller than the field that can.
# * FPN and PAN add, YOLOv3 to YOLOv5 concatenate, nobody's levels meet by a maximum. Every release of YOLOv5 has both ways, down and up.
#
# ## Sources
#
# * Feature Pyramid Networks for Object Detection. Lin et al., 2016. arXiv 1612.03144
# * Spatial Pyramid Pooling in Deep Convolutional Networks for Visual Recognition. He et al., 2014. arXiv 1406.4729
# * Path Aggregation Network for Instance Segmentation. Liu et al., 2018. arXiv 1803.01534
# * YOLOv3: An Incremental Improvement. Redmon and Farhadi, 2018. arXiv 1804.02767
# * YOLOv4: Optimal Speed and Accuracy of Object Detection. Bochkovskiy et al., 2020. arXiv 2004.10934
# * Understanding the Effective Receptive Field in Deep Convolutional Neural Networks. Luo et al., 2016. arXiv 1701.04128
# * YOLOv5, releases 1.0 to 7.0. Jocher et al., 2020–2022. https://github.com/ultralytics/yolov5
# * Photographs: astronaut, NASA, public domain; rocket, SpaceX, public domain; coins, Brooklyn Museum, no known copyright restrictions
