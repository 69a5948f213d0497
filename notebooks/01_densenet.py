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
# # 1 · DenseNet — reuse every feature
#
# > **You will be able to** predict the channels, parameters and work of any dense block, write its layers yourself, read the names DenseNet-B, -C and -BC, and say why the network with the fewer parameters may need the larger memory.
# >
# > **It takes** about 55 minutes to read and try, and 35 for the exercises.
# >
# > **Know first** convolution and [BatchNorm](index.ipynb#BatchNorm). Having met a residual network (ResNet) helps. No other chapter is needed.

# %%
import torch
from torch import nn

import yoloexplain as yx
from yoloexplain import figures, widgets
from yoloexplain.backbones.densenet import DENSENETS
from yoloexplain.data import photos
from yoloexplain.figures.crossing import crossing
from yoloexplain.inspection.calibrate import calibrate
from yoloexplain.layers import DenseBlock, DenseLayer, Transition
from yoloexplain.ledger import ledger

# %% [markdown]
# ## The question
#
# A layer of a convolutional network puts out a stack of maps, its [feature map](index.ipynb#Feature-map). Each map in the stack is a [channel](index.ipynb#Channel), and answers to one kind of pattern: an edge, a colour, a texture.
#
# In a plain network every layer reads one thing: the output of the layer before. What layer 3 found out about an edge reaches layer 40 only if 36 layers in between pass it on, each spending channels on remembering instead of finding out. A residual network (ResNet) helps by *adding* what went into a few layers to what came out of them; the way past them is its [shortcut](index.ipynb#Shortcut). Then the old is still there, but stirred into the new: a sum cannot be taken apart again.
#
# **Why compute a feature again, or stir it, when an earlier layer already has it?** DenseNet (Huang et al., 2016) keeps every map where every later layer can read it, untouched.
#
# DenseNet itself detects nothing. It says *what* is in a picture, not *where*. But a network of its kind is what a detector begins with, its [backbone](index.ipynb#Backbone), and the backbone of YOLOv5 goes back to this idea ([chapter 2](02_csp.ipynb)).

# %% [markdown]
# ## The idea in one figure
#
# A chain of $L$ layers has $L$ links. If each layer reads all earlier outputs *and* the input, how many are there? Predict for five layers, then look.

# %%
layers = 5
figures.dense_connectivity(layers)

# %% [markdown]
# Layer $\ell$ has $\ell$ sources: the input and $\ell - 1$ layers. The sum $1 + 2 + \dots + L$ is $L(L+1)/2$.
#
# So much reading sounds expensive. It is affordable because each layer *writes* very little. The number of maps that a layer adds is the [growth rate](index.ipynb#Growth-rate) $k$, and 12 or 32 are enough, where a ResNet's layer writes hundreds: a layer need not repeat what is already on the table. Layers that read one another in this way form a [dense block](index.ipynb#Dense-block).
#
# Here is the first block of DenseNet-121, to build and to change. Each step shows the stack of channels that a layer finds, one colour a source; beside it stand the parameters and the work, counted in [multiply-adds](index.ipynb#Multiply-add) (a multiplication and the addition that follows it). Two controls run ahead of the text: the *bottleneck* is a 1×1 convolution inside each layer, in front of its 3×3, and the *compression* $\theta$ is the share of channels that is kept behind the block.
#
# Predict before you slide: double $L$; do the parameters double as well? Then set $L$ to 24 and take the bottleneck away. Does it save in a short block, and in a long one? (Arrow keys, or a click on a stack, choose a layer; the curve runs over $L$.)

# %%
in_channels, growth_rate, num_layers = 64, 32, 6
widgets.DenseBlockBuilder(in_channels, growth_rate, num_layers, compression=0.5, size=56)

# %% [markdown]
# With $k_0$ channels going in, layer $\ell$ reads $k_0 + (\ell - 1)\,k$, and $k_0 + L\,k$ come out. That is the arithmetic of the whole family. Two things in the figure deserve a second look: every stripe runs on to the end *unchanged*, and what a layer reads grows all the time while what it writes does not. So twice the layers cost more than twice the parameters: later layers read more.

# %% [markdown]
# ## The code
#
# The block is a loop of one line: compute the new maps, and lay them behind the old ones. To lay maps behind one another along the axis of the channels is to [concatenate](index.ipynb#Concatenate) them, `torch.cat`.

# %%
block = DenseBlock(in_channels, growth_rate, num_layers)
yx.show_source(block, without_docstring=True)

# %% [markdown]
# A layer computes only what is new. Read its `forward` from the inside outwards: narrow, norm, bend, mix. (To *bend* is the ReLU's part: what is negative becomes 0. A convolution *mixes* channels.)

# %%
layer = block.layers[5]
yx.show_source(layer, without_docstring=True)

# %% [markdown]
# * **The order is unusual.** Norm and ReLU come *before* the convolution ([pre-activation](index.ipynb#Pre-activation), He et al., 2016), so that every reader of a shared map brings its own scale and its own threshold. With the usual order the writer would decide for all its readers.
# * **`narrow` holds the [bottleneck](index.ipynb#Bottleneck)**, a 1×1 convolution to $4k$ channels before the 3×3 looks around, with a norm and a ReLU of its own in front. A DenseNet that has it is called DenseNet-B.
# * **`inplace=True` is safe** only because BatchNorm has made a fresh tensor. A ReLU in place on the shared maps themselves would spoil them for everyone else.
#
# Maps of different sizes cannot be laid behind one another, so the reading ends where the resolution changes: a dense block is one [stage](index.ipynb#Stage) of the network. Between two blocks stands a [transition](index.ipynb#Transition): it mixes, keeps fewer channels, and halves the sides.

# %%
transition = Transition(block.out_channels, block.out_channels // 2)
yx.show_source(transition, without_docstring=True)

# %% [markdown]
# The share of channels that it keeps is the [compression](index.ipynb#Compression) $\theta$. With $\theta = 0.5$ a DenseNet is called DenseNet-C; with the bottleneck as well, DenseNet-BC. The large models, those for the thousand classes of ImageNet, are all of that kind.

# %% [markdown]
# ## Settle it: does one concatenation a layer make all the links?
#
# **Claim**, from the issue threads of many an implementation: "The loop joins each layer only with the one before it. The $L(L+1)/2$ links of the paper are not there."
#
# The figure shows many arrows, the loop has one `torch.cat`. Write out three layers with every link by name: `x` is read three times, `first` twice, `second` once. Predict: are these the same numbers that the loop computes, nearly the same, or others?

# %%
torch.manual_seed(0)
x = torch.randn(2, in_channels, 9, 12)
one, two, three = block.layers[:3]
first = one(x)
second = two(torch.cat([x, first], dim=1))
third = three(torch.cat([x, first, second], dim=1))
written_out = torch.cat([x, first, second, third], dim=1)
looped = block(x)[:, : written_out.shape[1]]
print("every link by name = the loop, to the bit:", torch.equal(written_out, looped))

# %% [markdown]
# And how many links has the whole block of six? Its first layer reads one source, the input; each further source brings $k$ channels more. So count the channels that each layer's first norm expects:

# %%
read = [layer.narrow[0].num_features for layer in block.layers]
sources = [1 + (channels - in_channels) // growth_rate for channels in read]
print(f"channels read {read}, sources {sources}")
print(f"{sum(sources)} links, {len(read)} concatenations")

# %% [markdown]
# **Verdict.** All links are there. What the loop hands on is not one layer's output but the pile of all outputs so far, so joining the new maps to the pile joins them to everything. A drawing with 21 arrows and a loop with six concatenations are one network. (The mistake to look out for is the opposite one: to give the next layer, or the next block, the new maps alone.)

# %% [markdown]
# ## Does the bottleneck always save?
#
# A 3×3 from $n$ channels to $k$ costs $9nk$ weights. With the bottleneck it is $4nk$ for the 1×1 and $9 \cdot 4k \cdot k$ for the 3×3. The second pair has a fixed price, so it cannot always be the cheaper one. Where is the turn? Set them equal: $9nk = 4nk + 36k^2$, hence $n = 7.2\,k$, 230 channels for $k = 32$. Count the real layers; their BatchNorms move the turn by a hair. (On the device `meta` a tensor has a shape and no values, which is enough to count and costs no memory.)

# %%
read = range(64, 1024, 32)
with torch.device("meta"):
    pairs = [(DenseLayer(n, 32), DenseLayer(n, 32, bottleneck=False)) for n in read]
counts = [[sum(p.numel() for p in layer.parameters()) for layer in pair] for pair in pairs]
with_it, without = zip(*counts, strict=True)
curves = {"1×1, then 3×3": with_it, "3×3 alone": without}
labels = ("channels that a layer reads to add 32", "parameters of the layer")
title = "A bottleneck pays for itself only where much is read"
crossing(list(read), curves, title, labels=labels)

# %% [markdown]
# In the first block of DenseNet-121, where 64 to 224 channels are read, the bottleneck costs more than it saves, in every one of the six layers. In the third block, where up to 992 are read, it saves two fifths in the last layer. Blocks that grow long need it; short ones have it for the sake of uniformity.
#
# ## From image to score
#
# Now the whole network. In front of its four blocks stands the **stem**: a 7×7 convolution and a pool that each halve the sides, so that the first block works on maps of a quarter of the image's height and width. Predict, before you run: which of the four blocks holds most parameters, and which does most of the work?

# %%
with torch.device("meta"):
    densenet, resnet = yx.create_model("densenet121"), yx.create_model("resnet50")
table = yx.summarize(densenet, 224)
print(f"{'':24s}{'output':>16s}{'parameters':>12s}{'multiply-adds':>16s}")
for row in table.rows:
    if row.type in ("Stem", "DenseBlock", "Transition", "Normed", "ClassificationHead"):
        shape = " × ".join(map(str, row.output_shape[1:]))
        print(f"{row.path:24s}{shape:>16s}{row.params:12,d}{row.mult_adds:16,d}")

# %% [markdown]
# The third block has most parameters, and the *first* does most of the work, with an eighth as many parameters: its maps have sixteen times as many positions, and each weight works at all of them. The three transitions, by the way, do exactly the same work each: from one to the next there are four times the weights, and a quarter of the positions.
#
# Behind the last block comes one more norm and ReLU (the row `transitions.3`, which mixes nothing), for what a block writes is unbent. Then the head, the part that answers, averages each channel over all positions, and one linear layer turns the averages into a score for each class.
#
# Where does the number 121 come from? Only what has weights and mixes is counted: convolutions and the linear layer, no norms, no pools. And how far is it from the first convolution to the score? In a dense network that has two very different answers.

# %%
from yoloexplain.inspection import trace

weighted = sum(row.type in ("Conv2d", "Linear") for row in table.rows)
print("weighted layers in DenseNet-121:", weighted)
for model, start in ((densenet, "backbone.stem"), (resnet, "backbone.conv1")):
    graph = trace(model, 224)
    longest, shortest = graph.longest_path(start, "head"), graph.shortest_path(start, "head")
    name = type(model.backbone).__name__
    print(f"{name:8s} to the score: {longest.length} at most, {shortest.length} at least")

# %% [markdown]
# By the longest way the first convolution is 120 weighted layers away from the score, and by the shortest 4: three transitions and the classifier. On that short way the loss speaks to early layers almost directly, which is why so deep a network can be trained at all. ResNet-50 has its shortcuts for the same purpose, and arrives at 5.

# %% [markdown]
# ## The numbers
#
# The family differs in three things only: the growth rate, the layers in its four blocks, and hence the depth. If every layer is two convolutions, and the stem, three transitions and the classifier make five more, then the names can be checked. Predict: do all five agree?

# %%
for name, (growth_rate, depths) in DENSENETS.items():
    counted = 2 * sum(depths) + 5
    print(f"{name}: k = {growth_rate}, blocks {depths!s:17s} → {counted} weighted layers")

# %% [markdown]
# The deepest is misnamed: by the rule that fits the four others it has 265 layers. DenseNet-161 breaks another pattern. It is wider ($k = 48$), shallower than DenseNet-169, and twice as large, as the counts show; each published figure stands beside ours:

# %%
print(f"{'published':>50s}{'ours':>12s}")
for row in ledger("densenet"):
    if "cifar" not in row.model:
        print(f"{row.model:12s}{row.quantity:27s}{row.published:>11s}{row.ours:>12s}  {row.status}")

# %% [markdown]
# Two figures differ, both of DenseNet-264, both from a table that many have copied. The architecture stands in the paper's table 1; its count can be had by building it, and is 33.3 million. Neither 27.21 million weights nor 11.03 BFLOPs (billions of operations, two for each multiply-add) follow from it by any way of counting known to us. We say so, and do not make it fit.
#
# For CIFAR's images of 32×32 pixels there is another form: three blocks of equal length. In the first, neighbouring positions of a map lie one pixel apart, in the second two and in the third four. $L$ is here, as in the paper, the depth of the *whole* network: $L = 3n + 4$ for $n$ layers a block, or $6n + 4$ with bottlenecks, for then a layer is two convolutions. With the bottleneck comes the compression. The paper's table 2 prints millions:

# %%
print(f"{'depth L, growth rate k, bottleneck':48s}{'published':>11s}{'ours':>10s}")
for row in ledger("densenet-cifar table"):
    options = row.model.removeprefix("densenet-cifar, ")
    print(f"{options:48s}{row.published:>11s}{row.ours:>10s}  {row.status}")

# %% [markdown]
# Look at the rows of depth 100 and growth rate 12. Bottleneck and compression take 7.0 million parameters down to 0.8 million. And the last row, DenseNet-BC with $L = 190$ and $k = 40$, has as many parameters as a ResNet-50.
#
# Now the two against each other at the same task, 1,000 classes at 224×224. "Values written" counts the numbers that all convolutions together put out:

# %%
measures = {}
for name, model in {"DenseNet-121": densenet, "ResNet-50": resnet}.items():
    table = yx.summarize(model, 224)
    written = sum(torch.Size(r.output_shape).numel() for r in table.rows if r.type == "Conv2d")
    measures[name] = {"parameters, M": table.total_params / 1e6}
    measures[name]["multiply-adds, G"] = table.mult_adds / 1e9
    measures[name]["values written, M"] = written / 1e6
figures.compare_bars(measures, title="Less of everything?", note="1,000 classes, 224×224 pixels.")

# %% [markdown]
# A third of the parameters, two thirds of the work, and even fewer values written. It seems as if DenseNet were smaller in every respect. Keep that picture in mind.

# %% [markdown]
# ## What it sees
#
# An untrained network, with random weights, on a real photograph. Its maps show how resolution falls and how far surroundings are mixed; they do not show *meaning*, for nothing has been learnt. `calibrate` first sets the BatchNorms to the statistics of this photograph, or the signal would fade on the way. (The blocks' outputs are called c2 to c5, by how often the sides of the image have been halved.)

# %%
torch.manual_seed(0)
photo = photos.letterbox(photos.load("chelsea"), (224, 320)).image
image, model = photos.to_tensor(photo), yx.create_model("densenet121")
maps = yx.activations(calibrate(model, image), image)
levels = {f"c{i + 2}": maps[f"backbone.blocks.{i}"][0].numpy() for i in range(4)}
figures.pyramid_maps(levels, photo, title="The four dense blocks of an untrained DenseNet-121")

# %% [markdown]
# The eyes can be followed down to c4. At c5, where neighbours lie 32 pixels apart, only a brighter region is left.
#
# Now inside the first block. Its input comes from the stem; every layer adds 32 maps to it. The layers' maps look at wider and wider surroundings, yet all of them stay at hand:

# %%
first = {"input": maps["backbone.stem"][0].numpy()}
first |= {f"layer {i + 1}": maps[f"backbone.blocks.0.layers.{i}"][0].numpy() for i in (0, 2, 5)}
figures.compare_maps(first, photo=photo, title="The first block's input, and what layers add")

# %% [markdown]
# "Unchanged" is a strong word. Check it: take the block's output apart into its seven stripes, and compare each with what its author wrote, bit by bit.

# %%
output = maps["backbone.blocks.0"]
stripes = output.split([64] + 6 * [32], dim=1)
authors = ["backbone.stem", *(f"backbone.blocks.0.layers.{i}" for i in range(6))]
print([torch.equal(s, maps[a]) for s, a in zip(stripes, authors, strict=True)])

# %% [markdown]
# ### A small one that has learnt
#
# Now meaning. The package brings a small DenseNet that has been trained: three blocks of eight layers, growth rate 12, for pictures of 64×64 pixels. Each picture shows one of eight kinds of drawn things, on a drawn background or a photograph, and the network says which. Its card tells how it came about:

# %%
from yoloexplain.weights import demo_card

learned, card = yx.create_model("densenet-demo"), demo_card("densenet-demo")
names, batch = card["names"], card["settings"]["batch"]
print(f"{sum(p.numel() for p in learned.parameters()):,} parameters, {len(names)} classes")
print(f"{card['steps']:,} steps of {batch} pictures of {card['image_size']} pixels each")
print(f"right about {card['scores']['accuracy']:.1%} of 500 unseen pictures")

# %% [markdown]
# It has learnt from single things, but nothing in it asks for 64 pixels or for *one* thing. So let it look at a larger scene with several things of about the size that it knows, and compare it with an untrained twin. Of the many channels those are drawn that agree best with the [masks](index.ipynb#Mask), which tell what pixels the things cover. Agreement is the correlation, over all cells (positions) of a map, with the share of a cell that is covered. The twin may choose its best channels too. The background is made of pebbles, rough and full of edges. Predict: what will that do to the channels with random weights?

# %%
from yoloexplain.data.scenes import Scenes

options = {"min_objects": 3, "max_objects": 4, "object_size": (0.2, 0.5)}
scene = Scenes(24, seed=2, size=160, split="val", **options)[19]
things = scene.masks.any(0)
torch.manual_seed(1)
pair = {"trained": learned, "untrained": yx.create_model("densenet-small")}

# %%
parts = "stem c2 transitions.0 c3 transitions.1 c4".split()
layers = [f"backbone.{part}" for part in parts]
twin = {"untrained": pair["untrained"], "wanted": things, "layer": "backbone.c3"}
widgets.FeatureMaps(learned, scene.image, layers, **twin)

# %% [markdown]
# Look at the ground as well as at the things. The twin's best channels do find the things, by their light or their colour; but around them the ground stays restless, cell beside cell. In the trained network it has become calmer after two blocks, and the things stand out from it, bright in one channel and dark in others. It has learnt what to overlook.
#
# To compare them yourself, tick *untrained* on and off (each map has its own scale). Then go back to the first block, c2, where the two are still much alike, and on to the third: where does a thing stop being an outline and become a blob?
#
# And the cat? Neither of the two has ever met one. Take from each network the channels that found the things in the scene, and let them look at the photograph. Predict: in which of the two will you still recognise a face after three blocks, in the one that has learnt to see or in the one that has not?

# %%
from yoloexplain.inspection import answering

drawn, mask = photos.to_tensor(scene.image), torch.from_numpy(things).float()
networks = {"untrained": calibrate(pair["untrained"], drawn), "trained": learned}
best, seen = {}, {}
for level in ("c3", "c4"):
    for name, network in networks.items():
        on = [yx.activations(network, x)[f"backbone.{level}"][0] for x in (drawn, image)]
        best[f"{name}, {level}"] = answering(on[0], mask, 4)
        seen[f"{name}, {level}"] = on[1].numpy()

# %%
title, rule = "A face that neither has met", "Channels that agree best with the masks of the scene"
figures.compare_maps(seen, channels=best, photo=photo, title=title, chosen=rule)

# %% [markdown]
# In the one that has not. Its c3 still shows an eye and the edge of the head, and even in c4 two of the four maps have roughly the shape of a face. Random weights hand the picture on, coarser and coarser, and we, who know faces, read it. In the trained network the face has dissolved by c3; in c4 some scattered cells are left, and one channel has nothing to say at all. That maps look like the picture is no sign of learning. That they leave things out may be one.
#
# ### Who reads whom?
#
# Every layer *may* read all earlier ones. Does it? In a trained network the weights can be asked. The 1×1 convolution of a layer has a weight for each channel that it reads, and BatchNorm has brought all these channels to one scale before. So the mean of |weight| over the channels of one source says how much the layer draws on it.
#
# The last layer of the second block is asked by hand; then the widget asks all of them. A row is a layer, a column is a source, and 1 means *as much as on the average of what it reads*. In an untrained network every entry is about 1, for all weights come from the same dice. Predict: after training, will a layer draw most on its direct predecessor, on the block's input, or on all alike? Choose a square by a click or with the arrow keys, to see the channels behind its number; then change the weights to the untrained ones, and the block.

# %%
layer = learned.backbone.blocks[1].layers[7]
weights = layer.narrow[2].weight.detach().abs().mean(dim=(0, 2, 3))
parts = weights.split([96] + 7 * [12])  # the input, and what seven layers added
print("layer 8:", [round(float(part.mean() / weights.mean()), 2) for part in parts])
widgets.ConcatProvenance(pair, block=1)

# %% [markdown]
# On all, nearly alike: no entry is far from 1. (The colours exaggerate: full orange stands for 0.80 and full blue for 1.20, while the numbers here run from 0.93 to 1.15.) No source is given up and none takes over; the maps are not only kept for everyone, they are read by everyone. One pattern there is: from the second layer on, the first number of a row is its lowest. (In the two other blocks this holds for most rows, not for all.) What the transition handed over is read a little less than what the block has made itself. The paper saw the same in its second and third blocks (figure 5), and concluded that a transition hands on more than is needed, which speaks for compression. (A caution: weights begin as noise of equal size, and a training of minutes moves them only so far. Part of the evenness is still the beginning.)

# %% [markdown]
# ## Settle it: do fewer parameters mean less memory?
#
# **Claim.** "DenseNet-121 has a third of ResNet-50's parameters, so it trains on a smaller machine."
#
# Training needs memory for two things. For each *parameter*: the weight, its gradient and the optimiser's momentum (a running mean of gradients), three numbers. And for each *image* of a batch: the maps that the backward pass will ask for.
#
# Which maps are those? A convolution asks for its input, and a BatchNorm asks for its input. In front of a convolution stands what ReLU made of a BatchNorm's output, and that has the size of the BatchNorm's input. So, nearly: **twice the values of all BatchNorms**, four bytes each. Those can be counted from the summary's rows. Predict which network has more of them, then count:

# %%
counted = {}
for name, model in {"DenseNet-121": densenet, "ResNet-50": resnet}.items():
    rows = [row for row in yx.summarize(model, 224).rows if row.type == "BatchNorm2d"]
    counted[name] = 2 * 4 * sum(torch.Size(row.output_shape).numel() for row in rows) / 1e6
    print(f"{name:12s} {len(rows)} BatchNorms, {counted[name]:5.1f} MB an image")

# %% [markdown]
# DenseNet-121 needs *more*. Is the count right? PyTorch can be asked: it calls a hook, a function of ours, with every tensor that it saves for the backward pass. Build both networks, run one image, and add up the memory behind all these tensors, except the networks' own weights:

# %%
from torch.autograd.graph import saved_tensors_hooks

kept = {}
for title, name in {"DenseNet-121": "densenet121", "ResNet-50": "resnet50"}.items():
    model, saved = yx.create_model(name).train(), []
    with saved_tensors_hooks(saved.append, saved.append):
        model(torch.rand(1, 3, 224, 224))
    own = {t.untyped_storage().data_ptr() for t in [*model.parameters(), *model.buffers()]}
    stores = {t.untyped_storage().data_ptr(): t.untyped_storage().nbytes() for t in saved}
    kept[title] = sum(size for place, size in stores.items() if place not in own) / 1e6

# %%
print({name: f"{size:.1f} MB an image" for name, size in kept.items()})
batch, labels = torch.arange(1, 25), ("images in a batch", "memory for training, MB")
once = {name: 3 * 4 * measures[name]["parameters, M"] for name in kept}
lines = {name: (once[name] + kept[name] * batch).tolist() for name in kept}
title = "Which of the two needs more memory depends on the batch"
note = "Weights, gradients and momentum once; saved maps for each image of 224×224."
crossing(batch.tolist(), lines, title, note, labels=labels)

# %% [markdown]
# **Verdict.** No. (The rule of thumb was good to five per cent, by the way.) Parameters are paid once, maps for each image. Up to four images the network with the fewer parameters needs less memory; beyond that it needs more, for each of its images costs half as much again as one of ResNet-50's.
#
# How can it, if it writes fewer values? Because it *copies*. `torch.cat` makes a fresh tensor, and the last layer of the third block copies 992 channels to add 32. Every map is stored again for each of its readers: the values written grow with $L$, the values stored with $L^2$.
#
# None of these copies is needed, for the maps are unchanged. Whoever recomputes concatenation, norm and ReLU in the backward pass instead of keeping them (Pleiss et al., 2017) keeps little more than the values written, of which DenseNet has fewer. So the claim is wrong of the code that people run, and could be right of other code. Chapter 2 shows another way out: let half of the channels not take part.

# %% [markdown]
# ## Settle it: is adding something other than concatenating?
#
# **Claim.** "ResNet adds and DenseNet concatenates; these are different operations."
#
# Let a 1×1 convolution with weights $W$ read a sum: $W(x + y) = Wx + Wy$. Now lay $x$ and $y$ behind one another and read both with the *wider* weights $[\,W\;\,W\,]$. Predict: what is the difference? And what, if a ReLU stands in between, as it does in a dense layer?

# %%
torch.manual_seed(0)
x, y = torch.randn(2, 2, 16, 9, 12, dtype=torch.float64)
narrow = nn.Conv2d(16, 24, 1, bias=False, dtype=torch.float64)
wide = nn.Conv2d(32, 24, 1, bias=False, dtype=torch.float64)
wide.weight.data = torch.cat([narrow.weight, narrow.weight], dim=1)
both = torch.cat([x, y], dim=1)
print("tied weights, sum = concatenation:", torch.allclose(narrow(x + y), wide(both)))
bent_sum, bent_both = narrow((x + y).relu()), wide(both.relu())
print("the same with a ReLU in between:  ", torch.allclose(bent_sum, bent_both))

# %%
wide.weight.data = torch.cat([narrow.weight, -narrow.weight], dim=1)
print("weights [W, −W], the difference:  ", torch.allclose(narrow(x - y), wide(both)))
print(f"{narrow.weight.numel()} weights read the sum, {wide.weight.numel()} the concatenation")

# %% [markdown]
# **Verdict.** A convolution directly behind them cannot tell them apart: *a sum is a concatenation whose readers were forced to use every weight twice.* It is the special case, cheaper by half, and it gives something away. With free weights a reader may take $x$ alone, or the difference $x - y$, which nobody can get back from a sum.
#
# But mind what stands in between. Once norm and ReLU come first, as in a dense layer, tying the weights no longer gives the sum: bending each part and bending the whole are different things. Then the claim is right after all. Whether two drawings mean the same network depends on the order of operations in them, and drawings like to leave that out.

# %% [markdown]
# ## Exercises
#
# Replace every `...` and run the cell. `check` compares your answer with the code of this chapter. A class goes through four stages (interface, shapes, parameters, and numbers once both have the same weights); you are told what differs first, and the likely reason. `yx.exercises.hint("ch01.dense_layer")` helps in three steps, `yx.exercises.solution("ch01.dense_layer")` shows one way, and `yx.exercises.progress()` what you have solved. Your code runs in a process of its own: whatever happens there, this notebook goes on.
#
# **1 · Write a dense layer** with its bottleneck. `x` has the shape (B, in_channels, H, W): images, channels, height, width. Give back the new maps alone, (B, growth_rate, H, W). `narrow` holds the first norm, its ReLU and the 1×1 to four times the growth rate; behind it come `norm`, a ReLU, and `conv`, the 3×3. Neither convolution has a bias.

# %% tags=["exercise"]
from torch.nn import functional as F


class MyDenseLayer(nn.Module):
    def __init__(self, in_channels, growth_rate):
        super().__init__()
        self.narrow = nn.Sequential(...)
        self.norm = nn.BatchNorm2d(...)
        self.conv = nn.Conv2d(...)

    def forward(self, x):
        return self.conv(F.relu(...))


yx.exercises.check("ch01.dense_layer", MyDenseLayer)

# %% [markdown]
# **2 · Predict the channels of DenseNet-161.** Its growth rate is 48, its stem gives twice as many channels, its blocks have 6, 12, 36 and 24 layers, and its transitions have a compression of one half. How many channels come out of each part? Pencil and paper; no code.

# %% tags=["exercise"]
channels = {
    "block 1": ...,
    "transition 1": ...,
    "block 2": ...,
    "transition 2": ...,
    "block 3": ...,
    "transition 3": ...,
    "block 4": ...,
}
yx.exercises.check("ch01.channels", channels)

# %% [markdown]
# **3 · Write a transition** for any compression, for example 0.5. From `x`, (B, in_channels, H, W), make (B, compression · in_channels, H/2, W/2); what is not whole is rounded down. `norm` and `conv` are its two layers with weights, again without a bias. When it is right, look once more: two of the four steps may change places, and the numbers stay the same. Which two, and how much work would that save? (`check` accepts both orders.)


# %% tags=["exercise"]
class MyTransition(nn.Module):
    def __init__(self, in_channels, compression):
        super().__init__()
        self.norm = nn.BatchNorm2d(...)
        self.conv = nn.Conv2d(...)

    def forward(self, x):
        return ...


yx.exercises.check("ch01.transition", MyTransition)

# %% [markdown]
# **4 · From the last map to probabilities.** `x` is what the last block writes, (B, in_channels, H, W). Norm and bend it, average each channel over all positions, let `linear` give each class a score, and turn the scores of each image into probabilities that add up to 1: (B, num_classes). (The networks of this chapter stop at the scores, the [logits](index.ipynb#Logit), for the loss makes the probabilities itself.)


# %% tags=["exercise"]
class MyClassifier(nn.Module):
    def __init__(self, in_channels, num_classes):
        super().__init__()
        self.norm = nn.BatchNorm2d(...)
        self.linear = nn.Linear(...)

    def forward(self, x):
        return ...


yx.exercises.check("ch01.classify", MyClassifier)

# %% [markdown]
# ## Take along
#
# * A dense block keeps every map and lets every later layer read it: $k_0 + L\,k$ channels come out, and the layers write only $k$ each. One concatenation a layer makes all the links.
# * B is a 1×1 to $4k$ channels, and it saves only where more than $7.2\,k$ are read. C is a transition that keeps half. BC is both.
# * Short ways to the loss (4 layers in DenseNet-121, against 120) make great depth trainable.
# * Parameters, work, values written and memory are four different sizes. DenseNet-121 has less of the first three than ResNet-50 and more of the fourth, for it copies.
# * Adding is concatenating with tied weights, as long as nothing bends in between.

# %% [markdown]
# ## Sources
#
# * G. Huang, Z. Liu, L. van der Maaten, K. Q. Weinberger, *Densely Connected Convolutional Networks*, 2016, arXiv 1608.06993.
# * K. He, X. Zhang, S. Ren, J. Sun, *Deep Residual Learning for Image Recognition*, 2015, arXiv 1512.03385.
# * K. He, X. Zhang, S. Ren, J. Sun, *Identity Mappings in Deep Residual Networks*, 2016, arXiv 1603.05027 (pre-activation).
# * S. Ioffe, C. Szegedy, *Batch Normalization: Accelerating Deep Network Training by Reducing Internal Covariate Shift*, 2015, arXiv 1502.03167.
# * G. Pleiss, D. Chen, G. Huang, T. Li, L. van der Maaten, K. Q. Weinberger, *Memory-Efficient Implementation of DenseNets*, 2017, arXiv 1707.06990.
# * C.-Y. Wang et al., *CSPNet: A New Backbone that can Enhance Learning Capability of CNN*, 2019, arXiv 1911.11929.
# * Photograph: Stéfan van der Walt, CC0, from scikit-image.
