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
# # 2 · CSP — half goes around
#
# > **You will be able to** turn any stage of a network into its cross stage partial form, say what that saves and what it costs, and read and write YOLOv5's two CSP blocks line by line.
# >
# > **It takes** about 45 minutes to read and try, and 35 for the exercises.
# >
# > **Know first** convolution, [BatchNorm](index.ipynb#BatchNorm) and the dense block ([chapter 1](01_densenet.ipynb)).

# %%
import torch
from torch import nn

import yoloexplain as yx
from yoloexplain import figures
from yoloexplain.data import photos
from yoloexplain.inspection.calibrate import calibrate
from yoloexplain.layers import C3, BottleneckCSP, Conv, CSPDenseBlock, DenseBlock, LeakyReLU, SiLU
from yoloexplain.ledger import ledger
from yoloexplain.widgets import CSPHalves, CSPSplit

# %% [markdown]
# ## The question
#
# A dense block throws nothing away. Every layer reads all maps before it, laid behind one another ([concatenated](index.ipynb#Concatenate)), and adds a few new ones; how many is the [growth rate](index.ipynb#Growth-rate). That is thrifty with *new* maps, and lavish with *reading*. Take the last layer of the third block of DenseNet-121, which reads with a 1×1 convolution called `narrow`. How many [channels](index.ipynb#Channel) does it read in order to add 32? And what share of all [multiply-adds](index.ipynb#Multiply-add) of the network goes into such reading?
#
# (`torch.device("meta")` builds a network whose tensors have shapes but no values. It is enough for counting, and takes no time.)

# %%
with torch.device("meta"):
    densenet = yx.create_model("densenet121")
reading = densenet.backbone.blocks[2].layers[-1].narrow[2]
rows = yx.summarize(densenet, 224).rows
narrow = sum(row.mult_adds for row in rows if ".narrow." in row.path and row.type == "Conv2d")
print(f"The last layer reads {reading.in_channels} channels to add 32.")
share = narrow / rows[0].mult_adds
print(f"The 1×1 convolutions that only read do {share:.0%} of all multiply-adds.")

# %% [markdown]
# Two fifths of the network's work is reading what is already there. And when the network learns, all those readers answer at once: the [gradient](index.ipynb#Gradient) of an early map is the sum of what every later layer sends back, so the same messages arrive again and again.
#
# A network is a chain of [stages](index.ipynb#Stage): within one the maps keep their size, and from one to the next their sides are halved. In a DenseNet a stage is a dense block. **Must every channel go through every stage?** Cross Stage Partial Networks ([CSP](index.ipynb#CSP), Wang et al., 2019) say no: let a part of the channels go *around* the stage, untouched, and meet the others at its end.

# %% [markdown]
# ## The idea in one figure
#
# A stage receives C channels. The share γ of them takes the upper lane, the **bypass**. The rest enters the dense block, which grows as ever. At the end both lanes meet, and 1×1 convolutions, [transitions](index.ipynb#Transition), mix them. Where exactly they mix is the second choice, after γ: the *fusion*.
#
# Predict first: with half of the channels going around, will the parameters fall by half? Then move both, how many channels go around and the fusion. The squares at the lower left show who reads whom, and so who sends whom a gradient when the network learns; dashed are the readings that are spared.

# %%
channels, growth_rate, layers = 64, 32, 6
CSPSplit(channels, growth_rate, layers)

# %% [markdown]
# * **fusion both**: the dense part passes a transition of its own, the lanes join, and a second transition mixes everything. This is the complete form.
# * **fusion first**: the lanes join first, and one transition mixes both.
# * **fusion last**: only the dense part passes a transition, and the lanes join at the very end.

# %% [markdown]
# ## The code
#
# One class holds all three. Read `forward` first: split, work, join. (`PreActivation` is a transition that does not shrink the map: BatchNorm, ReLU, 1×1.)

# %%
block = CSPDenseBlock(channels, growth_rate, layers, fusion="last").eval()
yx.show_source(block, without_docstring=True)

# %% [markdown]
# "Around" is meant literally. With *fusion last* nothing at all happens to the bypass, so the first channels of the output must be the first channels of the input, the very same numbers:

# %%
torch.manual_seed(0)
maps = torch.randn(2, channels, 48, 64)
with torch.no_grad():
    out = block(maps)
print(f"{tuple(maps.shape)} in, {tuple(out.shape)} out")
print("The bypass is untouched:", torch.equal(out[:, :32], maps[:, :32]))

# %% [markdown]
# ## Where to mix, and how much to let pass
#
# Put this block in the place of DenseNet-121's dense blocks and keep all else: the same growth rate, the same 6, 12, 24 and 16 layers, the same widths at the end of each stage. Predict: which fusion is the cheapest?

# %%
fusions = ("both", "first", "last")
with torch.device("meta"):
    csp = {name: yx.create_model("csp-densenet121", fusion=name) for name in fusions}
for name, network in {"DenseNet-121": densenet, **csp}.items():
    table = yx.summarize(network, 224)
    work = f"{table.mult_adds / 1e9:.2f} G multiply-adds"
    print(f"{name:12}  {table.total_params:>9,} parameters  {work}")

# %% [markdown]
# *Last* is the cheapest, because its bypass never meets a convolution. It is also the one that the paper found to lose next to nothing in accuracy, while *first* lost clearly more. (The paper does not fix how wide the transitions are, and publishes no CSPDenseNet-121: these counts are of the network that is here, whose stages end as wide as DenseNet's.)
#
# Now γ. The more channels go around, the cheaper the stage, that much is plain. Is *any* way around a saving? One stage with the numbers of our figure, beside a dense block with an ordinary 1×1 transition:

# %%
shares, size = [i / 16 for i in range(1, 16)], (channels, growth_rate, layers)
with torch.device("meta"):
    plain = nn.Sequential(DenseBlock(*size), densenet.backbone.transitions[0])
    stages = {"dense block and transition": [plain] * len(shares)}
    for name in fusions:
        stages[name] = [CSPDenseBlock(*size, split_ratio=share, fusion=name) for share in shares]
counts = {
    name: [sum(p.numel() for p in stage.parameters()) for stage in row]
    for name, row in stages.items()
}

# %%
words = {"xlabel": "share γ that goes around", "ylabel": "parameters"}
title = "One stage: what goes around is spared, mixing is paid for"
figures.curves(shares, counts, title=title, **words)

# %% [markdown]
# (Mind the axis: it begins near 300,000.) All fall with γ, but not all begin below the dense block: with its two transitions, *both* must let about a quarter of the channels go around before it saves a single parameter. In the whole network, *both* gives this:

# %%
with torch.device("meta"):
    csp = {f"γ = {s}": yx.create_model("csp-densenet121", split_ratio=s) for s in shares[3::4]}
for name, network in {"DenseNet-121": densenet, **csp}.items():
    table = yx.summarize(network, 224)
    work = f"{table.mult_adds / 1e9:.2f} G multiply-adds"
    print(f"{name:12}  {table.total_params:>9,} parameters  {work}")

# %% [markdown]
# At a quarter nothing is left of the saving in multiply-adds: the second transition costs what the shorter reading spares. A way around is not free; it pays when enough goes that way.
#
# And even at one half this network saves only a little. Why not half? Because a dense block *grows*. Only the channels that arrive are halved; those that the layers add are read by all later layers as before. Let there be L layers with growth rate k. Each reads through a 1×1 that leads to 4k channels, and need not read the γC channels that go around. That spares
#
# $$ \underbrace{L \cdot \gamma C \cdot 4k}_{\text{weights of the 1×1}} \;+\; \underbrace{L \cdot 2\,\gamma C}_{\text{their BatchNorms}} $$
#
# parameters (BatchNorm learns two numbers a channel, a scale and a shift). Counted on the real blocks, with C = 64, γ = ½, L = 6 and k = 32:

# %%
whole, part = DenseBlock(channels, growth_rate, layers), block.block
counts = [sum(p.numel() for p in b.parameters()) for b in (whole, part)]
print(f"{counts[0]:,} - {counts[1]:,} = {counts[0] - counts[1]:,}")
print(f"formula: {layers * 32 * 4 * growth_rate + layers * 2 * 32:,}")

# %% [markdown]
# ## Why it should learn better: whose gradient is it?
#
# The second argument is about learning. In a dense block, layer *i* reads the input x₀ and all maps x₁ … xᵢ₋₁ before it. Turn the arrows around, and x₀ receives a gradient from every layer, on top of the one that comes straight from the output. The same holds for x₁, x₂ and so on, so the weights of neighbouring layers are updated by largely the same gradients. The authors call this *duplicate gradient information*: many weights are told the same thing.
#
# CSP cuts the flow. What goes around gets its gradient from the end of the stage alone; what goes through gets it from the block alone. We can watch this. Send an arbitrary gradient into the output and see what arrives at the input.

# %%
maps.requires_grad_()
for name, stage in {"dense block": whole.eval(), "CSP, fusion last": block}.items():
    out = stage(maps)
    sent = torch.randn_like(out)
    (arrived,) = torch.autograd.grad(out, maps, sent)
    unchanged = torch.equal(arrived[:, :32], sent[:, :32])
    print(f"{name:17} the first 32 channels receive what was sent: {unchanged}")

# %% [markdown]
# To the bit for CSP: no layer of the block has added a word. In the dense block the first 32 channels also get a direct copy, and the contributions of six layers on top of it.
#
# Be careful with what this shows. That the gradients are separate is a fact, which you have just seen. That separate gradients are *why* CSP networks keep their accuracy is the authors' explanation; what they measured is accuracy and cost.

# %% [markdown]
# ## CSPDarknet-53 beside Darknet-53
#
# The idea is not tied to dense blocks. Darknet-53 is the [backbone](index.ipynb#Backbone) of YOLOv3: the part of this detector that turns the image into [feature maps](index.ipynb#Feature-map). Each of its stages is a chain of [bottlenecks](index.ipynb#Bottleneck), in which a 1×1 narrows before a 3×3 looks around, each with a [shortcut](index.ipynb#Shortcut): what came in is *added* to what comes out. In CSPDarknet-53, YOLOv4's backbone, half of each stage goes around its bottlenecks, and Mish, $x \cdot \tanh(\ln(1 + e^x))$, replaces LeakyReLU as the [activation](index.ipynb#Activation). This is one stage of it (`Conv` is a convolution with its BatchNorm and its activation, here and in all that follows):

# %%
from yoloexplain.backbones import csp_darknet

yx.show_source(csp_darknet.CSPStage, without_docstring=True)

# %% [markdown]
# Here CSP saves far more than in a DenseNet, and one can see why with a pencil. Nothing grows in this stage: if half of C channels enter, *all* its bottlenecks work at half the width. Darknet's bottleneck goes C → C/2 → C, a 1×1 and a 3×3, with C²/2 + 9C²/2 = 5C² weights. Inside CSP it goes C/2 → C/2 → C/2 and has C²/4 + 9C²/4 = 2.5C². Around n of them CSP adds four 1×1 convolutions: `bypass` and `main` with C²/2 each, `main_out` with C²/4, and `fuse` with C², 2.25C² in all. So it is
#
# $$ 5\,n\,C^2 \quad\text{against}\quad (2.5\,n + 2.25)\,C^2 $$
#
# weights. In front of both stands `down`, the 3×3 convolution with stride 2, from C/2 channels to C: 4.5C², which CSP leaves alone. With one bottleneck the way around hardly pays; with eight, two fifths are saved. Does the pencil agree with the count of all multiply-adds at 256×256 pixels?

# %%
with torch.device("meta"):
    pair = [yx.create_model(name) for name in ("darknet53", "cspdarknet53")]
before, after = ({row.path: row for row in yx.summarize(network, 256).rows} for network in pair)
for i, n in enumerate((1, 2, 8, 8, 4)):
    old, new = (rows[f"backbone.stages.{i}"].mult_adds / 1e9 for rows in (before, after))
    pencil = (2.5 * n + 2.25 + 4.5) / (5 * n + 4.5) - 1
    change = f"{new / old - 1:+.0%}, by pencil {pencil:+.0%}"
    print(f"stage {i + 1}, n = {n}: {old:.2f} G → {new:.2f} G  ({change})")

# %% [markdown]
# It does, except for the first stage, which becomes much *dearer*. Its two "halves" keep all 64 channels each, so there is nothing to save and four convolutions to pay for. (That is no slip of ours: it was published so.) The two stages of eight earn it all back.
#
# Why this backbone, of all? YOLOv4's authors compared it with CSPResNeXt-50, which is better at saying *what* a picture shows (as a classifier, on ImageNet); CSPDarknet-53 is better at finding *where* things are (as a detector, on COCO). The two do not go hand in hand. Mish, they found, lifts its classification as well.

# %% [markdown]
# ## BottleneckCSP and C3: what release 4.0 took away
#
# YOLOv5, the detector of [chapter 4](04_yolov5.ipynb), is made of CSP blocks, and has had two kinds. Releases 1.0 to 3.1 use **BottleneckCSP**, those from 4.0 on **C3**, short for three convolutions around the bottlenecks. Here they are, drawn upon each other:

# %%
width, bottlenecks = 128, 3
figures.bottleneck_csp_and_c3(width, bottlenecks)

# %% [markdown]
# Both start with *two* 1×1 convolutions of the same input, one a lane. (Is that still a split? We settle it below.) The main lane runs through the bottlenecks, the other goes around, a last 1×1 mixes. Inside a lane a bottleneck no longer narrows: the lane itself is already half as wide, and the two convolutions keep that width. The name has stayed.

# %%
old_block = BottleneckCSP(width, width, bottlenecks)
yx.show_source(old_block, without_docstring=True)

# %%
new_block = C3(width, width, bottlenecks)
yx.show_source(new_block, without_docstring=True)

# %% [markdown]
# Line by line, release 4.0
#
# * **removed** the bare 1×1 after the bottlenecks: h² weights, for h channels in each half;
# * **removed** the BatchNorm and the LeakyReLU that both lanes pass after joining: 4h parameters, two for each of the 2h channels;
# * **gave** the bypass a BatchNorm and an activation of its own: 2h parameters.
#
# That makes h² + 2h parameters less a block. Summed over the eight blocks of yolov5s, is it the whole difference between releases 3.1 and 4.0?

# %%
with torch.device("meta"):
    releases = [yx.create_model("yolov5s", release=release) for release in ("3.1", "4.0")]
halves = [m.main.conv.out_channels for m in releases[0].modules() if isinstance(m, BottleneckCSP)]
totals = [sum(p.numel() for p in model.parameters()) for model in releases]
print("channels in each half:", halves)
print(f"{totals[0]:,} - {totals[1]:,} = {totals[0] - totals[1]:,}")
print(f"sum of h² + 2h:        {sum(h * h + 2 * h for h in halves):,}")

# %% [markdown]
# To the last parameter. The activation inside `Conv` changed as well, from Hardswish to SiLU, but activations have no parameters. (The LeakyReLU that the first listing has as its default is that of the first two releases.)

# %% [markdown]
# ## The numbers
#
# CSPNet's own table states parameters in millions and work in BFLOPs at 256×256 pixels: billions of operations, two for each multiply-add. Beside it stands what is counted here; networks that are not built here are quoted for comparison.

# %%
for row in ledger("CSPNet"):
    here = f"here {row.ours:>9}" if row.ours != "–" else ""
    print(f"{row.model:13} {row.quantity:17} published {row.published:>7}  {here:14}  {row.status}")

# %% [markdown]
# Two rows differ: what that table calls DenseNet-264 does not follow from table 1 of DenseNet's own paper, by any rule that was tried. What is built here agrees to the last printed digit otherwise.
#
# Note that the quantity is called *weights*. The table's heading speaks of parameters, and it gives CSPDarknet-53 27.61 million of them, while a count of all that can learn gives more:

# %%
for row in [row for row in ledger("darknet53 parameters") if row.quantity == "parameters"]:
    print(f"{row.model:13}  here {row.ours:>11}: {row.rule}")

# %% [markdown]
# Both are right. 27.61 million are the weights of the convolutions and the classifier alone; 27,642,184 is everything that learns, with the scales and shifts of all BatchNorms and the classifier's bias. Whoever compares two networks should first compare two rules.
#
# In that table both Darknets classify 77.2 % of ImageNet's images correctly at the first guess. Same accuracy, with a third of the weights and 30 % of the work gone: that is the case for CSP in one line.

# %%
works = [yx.summarize(network, 256) for network in pair]
for what in ("total_params", "mult_adds"):
    old, new = (getattr(work, what) for work in works)
    print(f"{what:12}  {old / 1e6:8.1f} M → {new / 1e6:8.1f} M  ({new / old - 1:+.0%})")

# %% [markdown]
# ## What it sees
#
# Half and half of a real network, side by side: YOLOv5n's stage at [stride](index.ipynb#Stride) 8, where neighbours in a map lie 8 pixels of the photograph apart. This network is **untrained**: its weights are random, so no map means "cup" or "spoon". What such maps do show is honest all the same: what survives of edges, how fine the grid is, and how far a position has looked around. (`calibrate` gives its BatchNorms this photograph's statistics; otherwise the maps would fade to grey.)
#
# How many pixels can one value of each half see, what is its [receptive field](index.ipynb#Receptive-field)? Predict: in which of the two halves will lines be broader?

# %%
torch.manual_seed(1)
photo = photos.letterbox(photos.load("coffee"), (448, 640))
image = photos.to_tensor(photo.image)
detector = calibrate(yx.create_model("yolov5n"), image)
lanes = {"bypass": "backbone.stage3.bypass", "main half": "backbone.stage3.bottlenecks"}
maps = yx.activations(detector, image, list(lanes.values()))
fields = yx.receptive_field(detector, layers=list(lanes.values()))
for name, lane in lanes.items():
    print(f"{name:9} {tuple(maps[lane].shape)}, sees {fields[lane].size[0]} pixels a side")

# %%
halves = {name: maps[lane][0].numpy() for name, lane in lanes.items()}
title = "YOLOv5n at stride 8, half and half"
figures.compare_maps(halves, channels=4, photo=photo.image, title=title)

# %% [markdown]
# The bypass has done no more than one 1×1 convolution here: it remixes what was known at this stride, and keeps the fine grain; the rim of the cup is a thin line. The main half has looked around with a 3×3 in each of two bottlenecks, a position has seen more of the photograph, and the rim is broader. The last 1×1 of the stage may draw on both, the fresh and the worked-on: this is what the shortcut of a residual network does by adding, and what CSP leaves to the weights.

# %% [markdown]
# ## Trained under equal conditions
#
# So far it was counted, not measured. The package brings two small networks that were trained alike: the DenseNet of chapter 1 (three blocks of eight layers, growth rate 12, pictures of 64×64 pixels with one of eight kinds of things), and its CSP form, in which three quarters of the channels go around each block and the lanes join at the very end. Same pictures, same steps, same learning rate, same seed. Predict: how much work is saved, how much accuracy is lost, and how much faster does it train on a processor?

# %%
from yoloexplain.weights import demo_card

print(f"{'':12} parameters  multiply-adds  right of 500  minutes")
for title, name in {"DenseNet": "densenet-demo", "CSPDenseNet": "csp-densenet-demo"}.items():
    card, table = demo_card(name), yx.summarize(yx.create_model(name), 64)
    work = f"{table.total_params:10,} {table.mult_adds / 1e6:11.1f} M"
    print(f"{title:12} {work} {card['scores']['accuracy']:12.1%} {card['seconds'] / 60:9.1f}")

# %% [markdown]
# A third of the parameters and more than a quarter of the multiply-adds are gone, and just as many pictures are named rightly. (Each network was trained once, and out of 500 five pictures are one per cent: another throw of the dice could put either of them that much ahead.) The minutes say less than they seem to. Both trained on one thread beside other work, which was not the same for both; and a processor does not reward saved multiply-adds one for one, for many small layers and copies cost time of their own.
#
# ### The two halves of the trained one
#
# What does each lane carry? Take the end of the second stage, where nothing has been mixed yet: the first 72 channels went around, the last 24 went through. The scene is larger than what the network was trained on, and holds several things of about the size that it knows; the channels come in order of how well they agree with the things' [masks](index.ipynb#Mask), which say where each of them is; a channel that is dark there agrees as well as one that is bright. Predict: which lane will know better where a thing is? Then go through the channels and to the two other stages, and read both lanes at one place by pointing at it.

# %%
from yoloexplain.data.scenes import Scenes

options = {"min_objects": 3, "max_objects": 4, "object_size": (0.2, 0.5)}
scene = Scenes(24, seed=2, size=160, split="val", **options)[19]
learned = yx.create_model("csp-densenet-demo")
CSPHalves(learned, scene)

# %% [markdown]
# What went *around* knows light and colour: the things light up, some of them in part, and so do stones here and there. What went *through* leaves the ground calm, and in its third channel all four things stand out dark.
#
# ### Learnt, or built in?
#
# Would any narrow lane show the things so clearly, even with random weights? Take the same lane of an untrained twin, and let both networks choose the channels that agree best with the masks of all things. Then show both a photograph, of which nobody knows the masks: there the strongest channels are drawn. The trained network knows eight kinds of drawn things, and no cup. Predict: which of the four rows will be calm where nothing is?

# %%
from yoloexplain.inspection.answers import answering

torch.manual_seed(1)
cup = photos.letterbox(photos.load("coffee")[:, 80:480], 160).image
both = torch.cat([photos.to_tensor(picture) for picture in (scene.image, cup)])
twin = calibrate(yx.create_model("csp-densenet-small"), both)
pair, part = {"trained": learned, "untrained": twin}, "backbone.blocks.1"
through = {name: yx.activations(net, both, [part])[part][:, 72:] for name, net in pair.items()}

# %%
things = torch.from_numpy(scene.masks.any(0)).float()
rows = {name: maps[0].numpy() for name, maps in through.items()}
best = {name: answering(maps[0], things, 5) for name, maps in through.items()}
words = {"title": "What went through, on the scene", "chosen": "Channels that agree best"}
figures.compare_maps(rows, channels=best, photo=scene.image, **words)

# %%
rows = {name: maps[1].numpy() for name, maps in through.items()}
title = "What went through, on a photograph"
figures.compare_maps(rows, channels=5, photo=cup, title=title)

# %% [markdown]
# On the scene the twin's best channels have found something too: the sign, the ball and the ship are a little darker than the rest. But every cell of its ground says something else, while the trained lane has learnt to pass over the stones. On the photograph the trained lane follows the rims of cup and saucer in arcs, and is brightest at the cup's handle. What it takes the handle for we can only guess, for it knows no cups. In the untrained lane the rim is a faint ring among specks.
#
# ### The lane that nobody works on
#
# Where do the 72 channels that went around come from? The bypass comes first again at the end of each stage, and again the first 72 channels take the next way around. Predict: how many convolutions have they passed by now?

# %%
image = photos.to_tensor(scene.image)
maps = yx.activations(learned, image, ["backbone.stem", "backbone.blocks.1"])
lanes = maps["backbone.blocks.1"][0].split([72, 24])
stem = nn.functional.avg_pool2d(maps["backbone.stem"], 2)
print("the bypass is the stem, pooled:", torch.allclose(lanes[0], stem[0, :72], atol=1e-5))

# %% [markdown]
# One: the stem's. With this fusion and this γ three quarters of the stem's channels walk around *every* stage, up to the classifier, and are only averaged on the way. So they can know colour, brightness and edges, and no more. If that is so, then for the answer the 24 others must count. Settle it: let one lane fall silent before the classifier, by giving each of its channels its mean over all pictures, and count again on 200 unseen pictures.

# %%
size = {"min_objects": 1, "max_objects": 1, "object_size": (0.4, 0.95)}
pictures = Scenes(200, seed=2, size=64, split="val", **size)[:]
truth = torch.tensor([int(one.labels[0]) for one in pictures])
with torch.no_grad():
    whole = learned.backbone(torch.cat([photos.to_tensor(one.image) for one in pictures]))["c4"]

# %%
silent = {"neither": slice(0), "what went around": slice(72), "what went through": slice(72, None)}
for name, lane in silent.items():
    features = whole.clone()
    features[:, lane] = whole[:, lane].mean(dim=(0, 2, 3), keepdim=True)
    right = (learned.head(features).argmax(dim=1) == truth).float().mean()
    print(f"silent: {name:18} right in {right:.0%}")

# %% [markdown]
# What went around can be left out, and next to nothing is lost; without the 24 channels that went through, little more than guessing remains (one in eight would be blind chance). It shows how CSP saves: the work is done in a narrow lane. It also shows what is given up with *fusion last* alone: the wide lane is never worked on. YOLO's blocks therefore end in a 1×1 convolution that mixes both lanes, so that what went around this stage may go through the next one.

# %% [markdown]
# ## Settle it: does CSP split the channels?
#
# **Claim:** *a CSP block cuts its input in two: these channels go around, those go through.* Paper and figure say so, and `CSPDenseBlock` does it. But look at C3 again: no `split` anywhere. Both lanes begin with a 1×1 convolution over **all** channels of the input.
#
# Predict before you run: is YOLO's block something else than the paper's, or the same in disguise?
#
# First, can a 1×1 convolution choose? Give it a one for each channel to be kept, and zeros elsewhere.

# %%
torch.manual_seed(0)
x = torch.randn(2, 64, 40, 56)
choose = nn.Conv2d(64, 32, 1, bias=False)
nn.init.dirac_(choose.weight)
print("choosing is a convolution:", torch.equal(choose(x), x[:, :32]))

# %% [markdown]
# So, leaving aside the norm and the activation that follow them, the two convolutions can learn whatever a split can do. Now the other way round: can a split do what the two convolutions do? Stack their weights into *one* convolution of 64 → 64 channels, cut its output in two, and let all else be the very modules of the C3 block.

# %%
c3 = C3(64, 64, 2).eval()
around = c3.bypass.state_dict()
stacked = Conv(64, 64, 1, activation=SiLU).eval()
weights = {k: torch.cat([w, around[k]]) if w.dim() else w for k, w in c3.main.state_dict().items()}
stacked.load_state_dict(weights)
main, bypass = stacked(x).chunk(2, dim=1)
split = c3.fuse(torch.cat([c3.bottlenecks(main), bypass], dim=1))
print("largest difference below 1e-5:", bool((split - c3(x)).abs().max() < 1e-5))

# %% [markdown]
# **Verdict:** the same in disguise. Two 1×1 convolutions of one input are one 1×1 convolution, *followed* by a split. What YOLO's code splits is not the input but a learned mixture of it. That freedom has a price: C² weights that a bare split does not have, which is why a stage of CSPDarknet-53 with one bottleneck hardly pays.

# %% [markdown]
# ## Settle it: one norm for both lanes, or one for each?
#
# **Claim:** *in BottleneckCSP one norm behind the join brings both lanes to a common scale. C3 norms each lane by itself, so its lanes may drift apart.* What belongs before a join and what behind it is asked again and again.
#
# Predict: if the norm and the activation behind the join are taken away, and each lane gets its own in front of it, how much does the answer change? Let it be in training, where a norm uses the statistics of the batch, and let the norm have learnt some scale for each channel.

# %%
torch.manual_seed(0)
block = BottleneckCSP(64, 64, 2).train()
nn.init.uniform_(block.bn.weight)
lanes = [block.main_out(block.bottlenecks(block.main(x))), block.bypass(x)]
behind = block.act(block.bn(torch.cat(lanes, dim=1)))
norms = nn.BatchNorm2d(32), nn.BatchNorm2d(32)
norms[0].weight.data, norms[1].weight.data = block.bn.weight.chunk(2)
before = [block.act(norm(lane)) for norm, lane in zip(norms, lanes, strict=True)]
same = (torch.cat(before, dim=1) - behind).abs().max() < 1e-5
print("before or behind the join, difference below 1e-5:", bool(same))

# %% [markdown]
# **Verdict:** nothing changes. BatchNorm has a mean, a spread, a scale and a shift for *each channel*, and an activation bends each value by itself; neither knows what lies beside a channel. One norm for 2h channels *is* two norms for h each, written in one line. (A GroupNorm, as in [chapter 6](06_solo.ipynb), takes several channels together; with one of those the claim could be true.)
#
# So the count of release 4.0 can be read in another way: of the 4h parameters behind the join, the bypass's 2h have merely moved in front of it. Really gone are the main lane's 2h, and the 1×1 before them. Is *that* a loss?

# %% [markdown]
# ## Settle it: what did C3 lose?
#
# **Claim:** *C3 dropped a convolution, so there are functions that BottleneckCSP can compute and C3 cannot.*
#
# The dropped 1×1 stands between the bottlenecks and the last 1×1. Two linear maps in a row are one linear map. Predict: can its weights be moved into the last convolution?
#
# Not as long as something bends between them, and in BottleneckCSP something does: the LeakyReLU behind the join. Take that bend out, and build a C3 from the same modules in which the last convolution has swallowed the dropped one. (A fresh BatchNorm only scales, by almost one; a trained one would add a shift, which the next BatchNorm could take over.)

# %%
torch.manual_seed(0)
old, new = BottleneckCSP(64, 64, 2).eval(), C3(64, 64, 2, activation=LeakyReLU).eval()
old.act = nn.Identity()
new.main, new.bottlenecks, new.bypass = old.main, old.bottlenecks, old.bypass
left, right = old.fuse.conv.weight[:, :, 0, 0].chunk(2, dim=1)
swallowed = torch.cat([left @ old.main_out.weight[:, :, 0, 0], right], dim=1)
new.fuse.conv.weight.data = swallowed[:, :, None, None] / (1 + old.bn.eps) ** 0.5
print("without the bend, difference below 1e-5:", bool((old(x) - new(x)).abs().max() < 1e-5))

# %%
old.act = LeakyReLU()
print("with the bend, difference above 0.1:", bool((old(x) - new(x)).abs().max() > 0.1))

# %% [markdown]
# **Verdict:** the claim names the wrong part. The convolution by itself added nothing: without the bend its 32 × 32 weights vanish into the next one, and nobody can tell. What C3 gave up is one *bend* on the main half, and the bottlenecks end in a bend anyway; the bypass has kept its norm and its bend. One layer less to run, no capacity worth speaking of lost.

# %% [markdown]
# ## Exercises
#
# Replace every `...` and run the cell. `check` compares your answer with the code of this chapter in four stages (interface, shapes, parameters, and numbers once both have the same weights), and says what differs first. `yx.exercises.hint("ch02.c3")` helps in three steps, `yx.exercises.solution("ch02.c3")` shows one way, and `yx.exercises.progress()` what you have solved. Your code runs in a process of its own: whatever happens there, this notebook goes on.
#
# **1 · Write BottleneckCSP.** Half of `out_channels` is the width of each lane. `main` leads to `num_blocks` bottlenecks and on to `main_out`; `bypass` goes around them; `main_out` and `bypass` are bare 1×1 convolutions without a bias. Joined, the main lane first, both pass one BatchNorm `bn` and the LeakyReLU `act`, and `fuse` mixes them. `main` and `fuse` are the package's `Conv(in_channels, out_channels, kernel_size)`, which brings its BatchNorm and its LeakyReLU; `Bottleneck(in_channels, out_channels)` adds its shortcut by itself. Try it without looking up.

# %% tags=["exercise"]
from yoloexplain.layers import Bottleneck


class MyBottleneckCSP(nn.Module):
    def __init__(self, in_channels, out_channels, num_blocks):
        super().__init__()
        half = out_channels // 2
        self.main = Conv(in_channels, half, 1)
        self.bottlenecks = nn.Sequential(Bottleneck(...), ...)
        self.main_out = ...
        self.bypass = ...
        self.bn = ...
        self.act = nn.LeakyReLU(0.1)
        self.fuse = ...

    def forward(self, x):
        return ...


yx.exercises.check("ch02.bottleneck_csp", MyBottleneckCSP)

# %% [markdown]
# **2 · Turn it into C3.** Begin with your answer to the first exercise and do what release 4.0 did, under the same names. Which parts go, and which one changes? Every activation stays LeakyReLU here, as `Conv` brings it: that 4.0 went over to SiLU is another matter.


# %% tags=["exercise"]
class MyC3(nn.Module):
    def __init__(self, in_channels, out_channels, num_blocks):
        super().__init__()
        half = out_channels // 2
        self.main = Conv(in_channels, half, 1)
        ...

    def forward(self, x):
        return ...


yx.exercises.check("ch02.c3", MyC3)

# %% [markdown]
# **3 · Count what is saved**, with a pencil and the formulas of this chapter. Five whole numbers, each the difference between the old form and the new:
#
# * *C3*: a BottleneckCSP with 64 channels in and out becomes a C3. Parameters, and multiply-adds on a map of 40×60.
# * *dense*: of the 96 channels that enter a dense block (5 layers, growth rate 16) a quarter goes around. Parameters and multiply-adds of the block alone, without transitions, on a map of 20×30.
# * *Darknet*: a stage with C = 128 channels and 2 bottlenecks gets its CSP form, with halves of 64. Weights of the convolutions only.
#
# A multiply-add is one weight of a convolution, applied once; norms count none.

# %% tags=["exercise"]
saved = {
    "C3, parameters": ...,
    "C3, multiply-adds": ...,
    "dense, parameters": ...,
    "dense, multiply-adds": ...,
    "Darknet, weights": ...,
}
yx.exercises.check("ch02.saved", saved)

# %% [markdown]
# **4 · Halve a map.** One thing CSP leaves alone: the convolution that takes the map from one stage to the next, with stride 2. In Darknet it stands by itself. In a ResNet (and so in CSPResNeXt-50 above) it hides in the first bottleneck of a stage, which has three convolutions without bias, each followed by its BatchNorm: `conv1` and `bn1`, a 1×1 from `in_channels` to `channels`; `conv2` and `bn2`, a 3×3 that keeps `channels`; `conv3` and `bn3`, a 1×1 that widens to `4 * channels`. A ReLU follows `bn1`, `bn2`, and the sum at the end. To that sum the shortcut contributes `downsample(x)`, a 1×1 without bias and its BatchNorm in one `nn.Sequential`. Which of the convolutions takes the stride, so that no position of the map goes unseen? And what does the shortcut need?


# %% tags=["exercise"]
class HalvingBottleneck(nn.Module):
    def __init__(self, in_channels, channels):
        super().__init__()
        self.conv1 = ...
        self.bn1 = ...
        self.conv2 = ...
        self.bn2 = ...
        self.conv3 = ...
        self.bn3 = ...
        self.downsample = nn.Sequential(...)
        self.relu = nn.ReLU()

    def forward(self, x):
        return ...


yx.exercises.check("ch02.downsample", HalvingBottleneck)

# %% [markdown]
# ## Take along
#
# * CSP sends a share γ of the channels around a stage and joins them at its end: less reading, and a gradient of their own.
# * It saves most where nothing grows: Darknet's bottlenecks at half the width cost half. In a dense block, only the channels that arrive are halved.
# * A way around is not free. The transitions cost, and with too few channels around, or one bottleneck, they eat the saving.
# * YOLO's two 1×1 convolutions are a mixing *and then* a split.
# * C3 is BottleneckCSP without a 1×1 and without the main lane's last norm: h² + 2h parameters less a block.
# * A norm behind a join is one norm for each lane: BatchNorm and activations treat every channel by itself.
#
# ## Sources
#
# * CSPNet: A New Backbone that can Enhance Learning Capability of CNN. Wang et al., 2019. arXiv 1911.11929
# * Densely Connected Convolutional Networks. Huang et al., 2016. arXiv 1608.06993
# * Deep Residual Learning for Image Recognition. He et al., 2015. arXiv 1512.03385
# * Batch Normalization. Ioffe and Szegedy, 2015. arXiv 1502.03167
# * YOLOv3: An Incremental Improvement (Darknet-53). Redmon and Farhadi, 2018. arXiv 1804.02767
# * YOLOv4: Optimal Speed and Accuracy of Object Detection (CSPDarknet-53). Bochkovskiy et al., 2020. arXiv 2004.10934
# * Mish. Misra, 2019. arXiv 1908.08681
# * YOLOv5, releases 3.1 and 4.0. Jocher et al., 2020–2021. https://github.com/ultralytics/yolov5
# * Photograph: coffee, Rachel Michetti, CC0
