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
# # 5 · Training — what a detector is told
#
# > **You will be able to** say which predictions answer for a box and what each of them is told, read every term of YOLOv5's loss and write its box term yourself, tell a freebie from a special, follow SGD and Adam down a valley, read a training command and a precision–recall curve, and recompute a README's GFLOPs.
# >
# > **It takes** about 65 minutes to read and try, and 35 for the exercises.
# >
# > **Know first** what an [anchor](index.ipynb#Anchor), a [cell](index.ipynb#Cell) and a [stride](index.ipynb#Stride) are, and how raw outputs become boxes ([chapter 4](04_yolov5.ipynb)); what a derivative is.

# %%
import numpy as np
import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits as cross_entropy

import yoloexplain as yx
from yoloexplain import activations, boxes, create_model, layers, show_source, widgets
from yoloexplain.data import photos
from yoloexplain.figures import assignment, charts, descent, losses, precision
from yoloexplain.figures.loss_flow import loss_flow
from yoloexplain.yolov5.releases import ANCHORS

# %% [markdown]
# ## The question
#
# A detector's first answer is noise. A few hundred thousand corrections later it finds cups. What exactly is it told, each time? Three things have to be settled before a single weight can move:
#
# 1. **Who should have answered?** At 640×640 pixels YOLOv5 makes 25,200 predictions, three for every cell of its three grids. A picture may hold five objects. Somebody must be asked for each, or nobody learns.
# 2. **How wrong was the answer?** Place, size, class and "is anything there" are different kinds of wrong, and must become *one* number, the [loss](index.ipynb#Loss).
# 3. **Which way to move?** The derivatives of the loss by all weights, its [gradient](index.ipynb#Gradient), say what each weight does to it. How far to step, and where, is the optimiser's business.
#
# Around these stands a collection of tricks, which the authors of YOLOv4 sorted into two bags. The **bag of [freebies](index.ipynb#Freebie)** holds what costs time in training only: cutting and mixing photographs, dropping parts of maps, softening labels, better losses. The **bag of [specials](index.ipynb#Special)** holds what costs a little at every use of the network and pays for itself: activations, pooling, the way levels are joined, a better [NMS](index.ipynb#NMS).

# %% [markdown]
# ## The idea in one figure
#
# Here is a photograph with four things in it, framed for the network. The box around each is given; these boxes are the [targets](index.ipynb#Target), the truth from which a network learns. We count how many predictions are asked to answer for them, by rules that the next section explains, and put the number into the picture of the whole loss.

# %%
framed = photos.letterbox(photos.load("chelsea"), 640)
truths = framed.apply([thing.box_xyxy for thing in photos.objects("chelsea")])
asked = assignment.answering_predictions(truths, ANCHORS, (640, 640))
loss_flow(predictions=25_200, answers=len(asked))

# %% [markdown]
# *Where* and *what* are asked of a handful of predictions. *Is anything there at all*, the [objectness](index.ipynb#Objectness), is asked of every one, and for nearly all the right answer is no. This is the imbalance that every one-stage detector lives with, and half of what follows is about coping with it.

# %% [markdown]
# ## The code
#
# **Who answers?** YOLOv5 decides in two steps, and neither looks at what the network said.
#
# **Shape picks the anchors.** Divide the longer of the two widths, the box's and the anchor's, by the shorter, and the longer of the two heights by the shorter. If both quotients stay below four, the anchor answers: decoding can stretch an anchor to four times its sides, and no further (chapter 4). Several anchors may match, on several levels (P3, P4 and P5, with strides of 8, 16 and 32 pixels). None is *forced* to: an object that suits no anchor is not learnt at all.
#
# **Place picks the cells.** The cell of the centre answers, and with it the nearer neighbour to the left or right and the nearer one above or below, if the grid has such cells. They can, because a decoded centre may lie half a cell outside its own cell (chapter 4). One object so gets up to three cells on a level, times all anchors that match there. YOLOv3 had asked one anchor in one cell, of all levels together.

# %%
print(show_source(assignment.matching_anchors, without_docstring=True), "\n")
print(show_source(assignment.answering_cells, without_docstring=True))

# %% [markdown]
# Take the cat's eye, 52×44 pixels in a frame of 320. The anchors measure 10×13, 16×30 and 33×23 pixels on P3, 30×61, 62×45 and 59×119 on P4, 116×90, 156×198 and 373×326 on P5. Predict: on which level will most of them match? And how many predictions would YOLOv1 ask (chapter 0)? SOLO, which knows no anchors (chapter 6), stands beside the two for comparison.
#
# Then drag the box in any of the three pictures. Watch the two neighbours change sides as the centre crosses the middle of a cell. Make the box long and thin until nobody answers. Move the shape ratio down to 2, and take YOLOv3's rule: who is left?

# %%
small = photos.letterbox(photos.load("chelsea"), (224, 320))
eye = photos.objects("chelsea")[1]
box = small.apply([eye.box_xyxy])[0]
widgets.Assignment(small.image, box, label="the cat's eye")

# %% [markdown]
# In YOLOv5 all three levels answer, with two, three and one of their anchors, each in three cells: 18 predictions. People who know YOLOv3 find that hard to believe: there, each object belonged to the one anchor that overlapped it best. Here it is learnt wherever it *could* be predicted. YOLOv1 asks one cell; SOLO asks eight cells, on two levels: each of its levels takes a range of sizes, and the eye's size lies in two of them.
#
# The rule has a blind side. Some objects suit one anchor of nine only:

# %%
for name in ("coffee", "rocket"):
    photo = photos.letterbox(photos.load(name), 640)
    for thing in photos.objects(name):
        left, top, right, bottom = photo.apply([thing.box_xyxy])[0]
        size = right - left, bottom - top
        suits = [assignment.matching_anchors(size, a).sum().item() for a in ANCHORS.values()]
        print(f"{thing.label:8} {size[0]:4.0f}×{size[1]:<4.0f} anchors on P3, P4, P5: {suits}")

# %% [markdown]
# Before a training begins, YOLOv5 therefore measures what share of the data set's boxes suits some anchor. If it is less than about 98 in 100, new anchors are computed by clustering the boxes; that is what the switch `--noautoanchor` turns off.

# %% [markdown]
# ## How wrong: where?
#
# Once, detectors compared boxes coordinate by coordinate. But ten pixels beside a bus are nothing and ten pixels beside a button are a miss; and what a detector is judged by is the overlap. So measure the overlap: **[IoU](index.ipynb#IoU)**, *intersection over union*, the shared area over the joint area. It has one fatal gap, which three relatives close, each by one more thing to look at: **GIoU** at the empty part of the box around both, **DIoU** at the distance of the centres, **CIoU** also at the proportions.
#
# The arrows show where each side of the prediction would have to go for the measure to grow. Predict: which measures still have arrows when the boxes do not touch? Drag them apart to see. Then move *descent steps*, once with GIoU and once with CIoU: does the prediction walk over as it is, or does its size change on the way?

# %%
widgets.IoUPlayground((110, 55, 155, 150), (120, 20, 270, 120), measure="IoU")

# %% [markdown]
# Without contact IoU has no arrows, and the three others have. By all three the prediction stretches on its way: the side that is nearest to the truth has the most to gain, and the opposite side follows when the truth has been reached. In formulas:
#
# $$\text{GIoU} = \text{IoU} - \frac{|E| - |U|}{|E|}, \qquad \text{DIoU} = \text{IoU} - \frac{\rho^2}{c^2},$$
#
# $$\text{CIoU} = \text{DIoU} - \alpha v, \qquad v = \frac{4}{\pi^2}\Bigl(\arctan\frac{w}{h} - \arctan\frac{w'}{h'}\Bigr)^2$$
#
# with $E$ the box around both and $|E|$ its area, $U$ the union, $\rho$ the distance of the centres, $c$ the diagonal of $E$, $w, h$ and $w', h'$ the sides of the two boxes, and $\alpha = v/(1 - \text{IoU} + v)$. So $v$ compares two angles, those of the boxes' diagonals, and $\alpha$ makes it count the more, the more the boxes overlap. The real code says the same ($\alpha$ is a weight, through which no gradient shall flow):

# %%
print(show_source(boxes.diou, without_docstring=True), "\n")
print(show_source(boxes.ciou, without_docstring=True))

# %% [markdown]
# Now the gap. Let a prediction of the right size slide away from the truth, to the right. Predict: what is left of the IoU once they do not touch, and *what does the gradient say*?

# %%
truth = torch.tensor([100.0, 100.0, 200.0, 160.0])
shift = torch.linspace(0, 250, 251, requires_grad=True)
moved = truth + shift[:, None] * torch.tensor([1.0, 0.0, 1.0, 0.0])
family = {"IoU": boxes.iou, "GIoU": boxes.giou, "DIoU": boxes.diou}
values = {name: compare(moved, truth) for name, compare in family.items()}
title = "A prediction 100 pixels wide slides away from the truth"
lines = {name: value.detach().numpy() for name, value in values.items()}
charts.curves(shift.detach().numpy(), lines, title=title, xlabel="pixels away", ylabel="value")

# %%
for name, value in values.items():
    slope = torch.autograd.grad(value.sum(), shift, retain_graph=True)[0]
    print(f"{name:5} slope at 50 pixels {slope[50]:+.5f}, at 150 pixels {slope[150]:+.5f}")

# %% [markdown]
# From 100 pixels on IoU is 0 and its slope is exactly 0: the prediction is wrong, and is told nothing about which way is right. The others still pull. Releases 1.0 and 2.0 of YOLOv5 train with $1 - \text{GIoU}$, from 3.0 on it is $1 - \text{CIoU}$.

# %% [markdown]
# ## How wrong: what, and is anything there?
#
# Both are yes-or-no questions, and both are asked with **binary [cross-entropy](index.ipynb#Cross-entropy)** on the raw value $t$ (the [logit](index.ipynb#Logit)), which the sigmoid $\sigma$ turns into a probability. The right answer is $y = 1$ for yes, $0$ for no:
#
# $$\text{BCE}(t, y) = -y \log \sigma(t) - (1-y) \log\bigl(1 - \sigma(t)\bigr).$$
#
# Eighty classes are eighty separate questions. A softmax would make them compete; with sigmoids a thing may be a *person* and a *woman*, or none of the eighty. What a network loses that is sure of the right answer, and one that is sure of the wrong one:

# %%
good, bad = torch.tensor([2.2]), torch.tensor([-2.2])
for name, logit in (("says 90 %", good), ("says 10 %", bad)):
    loss = cross_entropy(logit, torch.ones(1)).item()
    print(f"a true object, the network {name}: loss {loss:.2f}")

# %% [markdown]
# **Objectness** has a subtle target. For background it is 0. For a prediction that answers it is not 1, but the overlap that its own box has just reached (by the same measure as the box loss, and at least 0): *be as sure of yourself as you are good*. That is what makes the score of a detection mean something.
#
# And the imbalance? Thousands of background predictions that are already right each add a small loss, and together they drown the few that matter. The **[focal loss](index.ipynb#Focal-loss)** multiplies each by $(1 - p)^\gamma$, where $p$ is the probability given to the right answer: who is nearly right is nearly silent.
#
# Take "not there" as the truth and a raw value of −4, a background prediction that is already right. Predict what γ = 2 leaves of its loss, then slide γ.

# %%
widgets.LossCurves(gamma=2)

# %% [markdown]
# About a three-thousandth is left: $p$ is 0.98, and $(1 - p)^2$ is 0.0003. YOLOv5 has the focal loss as an option (`fl_gamma`), and it is off in every release. Two other things do the work instead: the last layer starts with biases that say "nothing here" (chapter 4, and *The numbers* below), and the losses are weighted, as the next section shows.
#
# Off as well is **[label smoothing](index.ipynb#Label-smoothing)**: instead of 1 and 0, ask for a little less than certain and a little more than impossible, so that no logit is driven ever further. With a softmax, ε is shared by all classes. YOLO asks class by class, so ε is shared by the two answers of each question, and each moves by ε/2 towards one half. (The curves above have a slider for ε too. Choose "there": what does it do to a network that is very sure?)

# %%
smoothing = 0.1
losses.label_smoothing(5, smoothing, truth=1, names=["cat", "cup", "car", "boat", "bird"])

# %% [markdown]
# One consequence surprises people who watch their loss: with smoothing it cannot reach zero. The best answer to a target of 0.95 is 0.95, and even that costs something, for every class of every prediction that answers:

# %%
target = torch.tensor([1 - smoothing / 2])
best = cross_entropy(torch.logit(target), target).item()
print(f"the least possible loss with a target of {target.item():.2f}: {best:.3f}")

# %% [markdown]
# ## Adding it up
#
# $$L = B\,\bigl(0.05\,L_\text{box} + 0.5\,L_\text{class} + 1.0\,L_\text{obj}\bigr),$$
#
# $$L_\text{obj} = 4.0\,L_\text{obj}^{P3} + 1.0\,L_\text{obj}^{P4} + 0.4\,L_\text{obj}^{P5},$$
#
# with $B$ images in a batch, each $L$ a mean over the predictions that it is asked of, and the first two summed over the levels. Why is P3 counted ten times as much as P5? Because a mean over many is moved little by a few. Our photograph, level by level:

# %%
for level, stride in (("p3", 8), ("p4", 16), ("p5", 32)):
    total = len(ANCHORS[level]) * (640 // stride) ** 2
    here = sum(name == level for name, *_ in asked)
    print(f"{level}: {here:2} of {total:6,} predictions answer, {100 * here / total:.2f} %")

# %% [markdown]
# The weights were found by trial, and they moved from release to release. (They are for 80 classes, three levels and 640 pixels; newer scripts scale them for others.)
#
# | release | box loss | gain of class | objectness P3 / P4 / P5 | label smoothing |
# |---|---|---|---|---|
# | 1.0 | GIoU | 0.58 | 1 / 1 / 1 | fixed at 0 |
# | 2.0 | GIoU | 0.5 | 4 / 1 / 0.4 | fixed at 0 |
# | 3.0, 3.1 | CIoU | 0.5 | 4 / 1 / 0.4 | fixed at 0 |
# | 4.0 | CIoU | 0.5 | 4 / 1 / 0.3 | fixed at 0 |
# | 5.0 to 7.0 | CIoU | 0.5 (from 6.1 on 0.3 for m, l and x) | 4 / 1 / 0.4 | an option, 0 unless set |

# %% [markdown]
# ## A bag of specials: activations
#
# Between two convolutions something must bend, or the two could be multiplied into one. What bends is called the [activation](index.ipynb#Activation). LeakyReLU bends at a corner; SiLU, Mish and Hardswish bend smoothly and dip below zero before they come back. The slope matters more: it is what a gradient is multiplied by on its way back. Predict which of them has a slope above 1 somewhere, and which one never above a quarter; then move along the curves and read it off.

# %%
widgets.ActivationCurves(["LeakyReLU", "SiLU", "Mish", "Hardswish", "sigmoid"])

# %% [markdown]
# The same from the package's own layers, with slopes from autograd:

# %%
bends = [layers.LeakyReLU(), layers.SiLU(), layers.Mish(), layers.Hardswish(), nn.Sigmoid()]
x = torch.linspace(-5, 5, 1001, requires_grad=True)
for bend in bends:
    y = bend(x)
    slope = torch.autograd.grad(y.sum(), x)[0]
    least = f"{type(bend).__name__:10} least value {y.min():+.2f} at x = {x[y.argmin()]:+.1f}"
    print(f"{least}, slopes from {slope.min():+.2f} to {slope.max():+.2f}")
print(f"ten sigmoids in a row: a slope of at most {0.25**10:.0e}")

# %% [markdown]
# Read the last lines: the sigmoid's slope is never above a quarter, and ten of them in a row would leave at most a millionth of a gradient. That is why it is used at the very end only, where a number must become a probability, and never in between. Hardswish is SiLU with its sigmoid replaced by three straight pieces, for chips that find $e^{-x}$ expensive.
#
# YOLOv5 took LeakyReLU in releases 1.0 and 2.0, Hardswish in 3.0 and 3.1, SiLU from 4.0 on. Mish is YOLOv4's; no YOLOv5 network has it, though it is often said.

# %%
print(show_source(layers.SiLU.forward, without_docstring=True))
print(show_source(layers.Mish.forward, without_docstring=True))
print(show_source(layers.Hardswish.forward, without_docstring=True))

# %% [markdown]
# ## SGD against Adam
#
# The loss is one number, its gradient one number per weight. What now?
#
# **SGD** steps against the gradient $g$: $w \leftarrow w - \eta g$, where $w$ stands for the weights and $\eta$, the *learning rate*, for how far to step. **SGD with momentum** steps against a running sum of gradients: $v \leftarrow \mu v + g$, $\;w \leftarrow w - \eta v$, where $\mu$ says how much of the old sum is kept. **Adam** divides by the gradient's own usual size: with running means $m$ of $g$ and $s$ of $g^2$ (corrected for their start at zero), $w \leftarrow w - \eta\, m / (\sqrt{s} + \epsilon)$. So Adam's steps are about equally long in every direction, however steep it is there.
#
# Take the simplest loss on which that makes a difference: a valley, 50 times as steep across as along. Predict the first step of each: which of them points *along* the gradient, and which at 45°?

# %%
curvature = torch.tensor([1.0, 50.0])
points = {
    name: torch.tensor([-4.0, 1.0], requires_grad=True) for name in ("SGD", "momentum", "Adam")
}
optimisers = {
    "SGD": torch.optim.SGD([points["SGD"]], lr=0.035),
    "momentum": torch.optim.SGD([points["momentum"]], lr=0.02, momentum=0.9, nesterov=True),
    "Adam": torch.optim.Adam([points["Adam"]], lr=0.15),
}

# %%
paths = {name: [point.tolist()] for name, point in points.items()}
for _ in range(60):
    for name, optimiser in optimisers.items():
        optimiser.zero_grad()
        (0.5 * (curvature * points[name] ** 2).sum()).backward()
        optimiser.step()
        paths[name].append(points[name].tolist())
descent.descent(curvature.tolist(), paths)

# %% [markdown]
# - **Plain SGD** zigzags. The rate must be small enough for the steep wall, and is then too small for the gentle floor.
# - **Momentum** averages the zigzag away and gathers speed along the floor; it also overshoots, like anything heavy, and has to come back.
# - **Adam** sets out at 45°, because both components of its first step have the same length. (It looks steeper here, for the two axes have different scales.) It needs no tuning for the steepness. But its running mean is a momentum too: it overshoots along and across, and swings about the bottom.
#
# Do not read the right-hand plot as a race that one of them always wins: other rates, another order. What that loop does is all of a training, at any size: *forget the old gradient, compute the loss, go backward, step*. YOLOv5 takes SGD with momentum 0.937 (in Nesterov's form, which looks one step ahead). Its rate rises to 0.01 during the first three [epochs](index.ipynb#Epoch), that is, while every image is seen three times, and then falls. Adam is a switch away (`--adam` in most releases up to 6.0, `--optimizer` from 6.1 on). What is saved in the end is not the last set of weights but a moving average of them.

# %% [markdown]
# ## A training from the command line
#
# A data set is described by a small YAML file: where the images are, and what the classes are called. For each image there is a text file with one line a box: the number of its class, from 0, then centre x, centre y, width and height as fractions of the image. An image without such a file counts as one without objects.
#
# ```yaml
# train: shapes/images/train
# val:   shapes/images/val
# test:  shapes/images/test
# nc: 5
# names: [circle, square, star, moon, heart]
# ```
#
# A training, its evaluation and its use are then three commands:
#
# ```sh
# python -m yoloexplain train --data shapes.yaml --model yolov5s --release 7.0 --epochs 300 --batch 16 --image-size 640 --cache --name shapes
# python -m yoloexplain evaluate --data shapes.yaml --weights runs/shapes/best.safetensors --task test
# python -m yoloexplain detect photos/ --weights runs/shapes/best.safetensors
# ```
#
# Without a data set of your own, `--data scenes` draws one: little things on painted and photographed grounds, from a seed. YOLOv5's own scripts are called `train.py`, `val.py` and `detect.py`, and most of their flags have the same names. Where they differ, theirs stands in brackets.
#
# | flag | what it means | what people get wrong |
# |---|---|---|
# | `--data` | the YAML above | paths are relative to the YAML's own folder here; to where you *start* the script in older releases of YOLOv5 |
# | `--model`, `--release` (`--cfg`) | the network | layers that do not fit the weights keep their noise; only a count in the log says so |
# | `--weights` | what to start from; without it, noise | from a trained network a few hundred images can be enough, from noise they are not |
# | `--epochs` | how often each image is seen | the learning rate's whole course is stretched over this number: stopping early is not the same as asking for fewer |
# | `--batch` (`--batch-size`) | images per step | YOLOv5's scripts collect the losses of small batches up to 64 images before a step is made; here a batch is a step |
# | `--image-size` (`--img`) | side of the square that every picture is framed to | train at the size at which you will use it |
# | `--optimizer` | `sgd`, `adam` or `adamw` (the default here) | each has a rate of its own; take it along when you change |
# | `--cache` | keep the prepared images | speed only; it needs the memory |
# | `--no-autoanchor` (`--noautoanchor`) | keep the anchors as they are | good if yours are deliberate, bad if your objects are unusual |
# | `--name` | the run's folder, `runs/NAME` | a folder that holds a run is never overwritten |
# | `--resume` | go on where it stopped | with the very same settings; the result is then the same as without the break |
# | `--task` of `evaluate` | which part of the data: `val`, `test`, or `train` | `val` is the default |
#
# Evaluate on **train** and on **val**: if the first is much better, the network has learnt the pictures by heart. Keep **test** for the end, and look at it once; a set on which you choose is a set on which you train.

# %% [markdown]
# ## How good is it? Mean average precision
#
# A detection is *right* if it has the right class and an IoU of at least one half with an object that nobody found before. Everything else is wrong, a second hit on the same object included. Sort all detections of a class by their score and walk down the list:
#
# $$\text{precision} = \frac{\text{right so far}}{\text{listed so far}}, \qquad \text{recall} = \frac{\text{right so far}}{\text{objects there are}}.$$
#
# [Precision](index.ipynb#Precision) says how much of the list is true, [recall](index.ipynb#Recall) how much of the truth is listed. Recall can only grow; precision saws up and down. So one takes its upper envelope: at each recall the best precision from there on, to the end of the list. The area under it is the **[average precision](index.ipynb#Average-precision)**, and the *mean* of that over the classes is the mAP.

# %%
scores = [0.95, 0.91, 0.86, 0.80, 0.74, 0.66, 0.58, 0.43, 0.35, 0.21]
right = [True, True, False, True, False, True, False, False, True, False]
precision.precision_recall_curve(scores, right, num_truths=6)

# %% [markdown]
# Predict: the same ten detections, five right and five wrong, but the right ones on top. And: the same list, cut off below a score of 0.5, "to get rid of false alarms". Which of the two changes the average precision, and in which direction?

# %%
cases = {"as above": right, "right first": sorted(right, reverse=True), "cut at 0.5": right[:7]}
for name, correct in cases.items():
    curve = precision.precision_recall(correct, num_truths=6)
    print(f"{name:12} area {curve.area:.3f}, read at 101 recalls {curve.average:.3f}")

# %% [markdown]
# Average precision rewards *order*, and a cut can only lower it: a false alarm at the very end of the list costs nothing, but a late hit is worth something. That is why evaluation keeps detections down to a score of 0.001, where a person would use 0.25, and why a network with a splendid mAP can still be full of false alarms at the threshold that you chose.
#
# **mAP50** asks for an IoU of 0.5. **mAP50-95** is the mean over ten demands, 0.5, 0.55, … 0.95, and so the one that notices whether boxes are tight. COCO reads the curve at 101 recalls, as the second column does.

# %% [markdown]
# ## A training to watch
#
# Now a real one, from noise, in this very notebook: a YOLOv5n on 896 drawn scenes with doughnuts, stars and cars. Nothing is prepared but the pictures. Predict what will be learned first: *that* something is there, *what* it is, or *where* its edges are?

# %%
from yoloexplain.data.scenes import Scenes, prepare
from yoloexplain.training import Live, Settings, fit

look = {"size": 96, "max_objects": 3, "object_size": (0.25, 0.7)}
look["classes"] = ("doughnut", "star", "car")
seen = prepare(Scenes(896, **look), workers=1)
unseen = prepare(Scenes(64, seed=1, split="val", **look), workers=1)

# %%
torch.manual_seed(0)
novice = create_model("yolov5n", num_classes=3)
settings = Settings(
    epochs=8, image_size=96, augment="none", learning_rate=2e-3, ema_decay=0.985, ema_ramp=100
)
live = Live(unseen[1:5], seen.names, settings)
watch = {"on_step": live.on_step, "on_epoch": live.on_epoch}
watched = fit(novice, seen, settings, names=seen.names, validation=unseen, **watch)

# %%
last = watched.history[-1]
print(last["step"], "steps of", settings.batch, "scenes each")
print("mAP50 on scenes that it never saw, above 0.8:", last["map50"] > 0.8)

# %% [markdown]
# The picture above is drawn again after every epoch, that is, whenever all 896 scenes have been seen once more, and always of the same four unseen scenes. What changes from one to the next is worth more than a curve. Compare it with your prediction: did boxes appear before they had the right names, and did their edges still move at the end? What you saw drawn is not the network that took the steps but the moving average of its weights, which is steadier.
#
# Nothing of it is lost. Play it again: dashed boxes are wrong, by the rule of the section before, by which a second hit on the same object is wrong too. Predict before you look: at which moment are there most wrong boxes, at the first, in the middle, or at the end? Then ask only for boxes surer than 0.6.

# %%
widgets.TrainingCurve(live.recording())

# %% [markdown]
# At first the network is sure of nothing and says nothing. Then it claims too much, everywhere, and only then learns which of its claims to drop. A loss that goes down smoothly shows nothing of this.
#
# Train longer and on more, and you get the network that comes with this package. It never saw one of the scenes on which it was measured, nor the photographs they lie on.

# %%
from yoloexplain.weights import demo_card

card = demo_card("yolov5n-demo")
print(f"{card['steps']:,} steps, {card['settings']['image_size']} pixels, all eight classes")
for name in ("map50", "map50_95", "photographs_map50"):
    print(f"{name:18} {card['scores'][name]:.2f}")

# %% [markdown]
# What has become of its maps? The loss speaks of the head's outputs only. But to make those right, every layer before was moved too. Here is p3, the finest map that the head reads, in a network with random weights (`calibrate` gives fitting statistics to its [BatchNorms](index.ipynb#BatchNorm)) and in the trained one: first on a scene that neither has seen, then on the photograph of the cat. Of each network we look at the channels that agree best with the scene's things; the first row of the first figure shows these, as the share of each cell that they cover. Predict: will the trained channels, chosen on the scene, find the cat as well?

# %%
from yoloexplain.figures import map_comparisons
from yoloexplain.inspection.answers import answering
from yoloexplain.inspection.calibrate import calibrate

scene = Scenes(20, seed=2, size=192, split="val")[3]
cat = photos.letterbox(photos.load("chelsea"), 192)
both = torch.cat([photos.to_tensor(picture.image) for picture in (scene, cat)])
torch.manual_seed(0)
untrained, trained = calibrate(create_model("yolov5n"), both), create_model("yolov5n-demo")
print("in the scene:", ", ".join(card["names"][label] for label in scene.labels))

# %%
things = torch.from_numpy(scene.masks.any(0)).float()
rows = {"the things": nn.functional.adaptive_avg_pool2d(things[None], 24).numpy()}
on_cat, best = {}, {"the things": [0]}
for name, network in {"untrained": untrained, "trained": trained}.items():
    p3 = activations(network, both, ["neck.p3"])["neck.p3"]
    best[name] = answering(p3[0], things, 6)
    rows[name], on_cat[name] = p3.numpy()
words = {"title": "p3 of the scene", "chosen": "The channels that agree best with the things"}
map_comparisons.compare_maps(rows, channels=best, photo=scene.image, **words)

# %%
words = {"title": "p3 of the photograph", "chosen": "The same channels"}
map_comparisons.compare_maps(on_cat, channels=best, photo=cat.image, **words)

# %% [markdown]
# With random weights a channel answers to rough places: to edges in the scene, to the cat's eyes and nose. The trained ones have a spot for nearly every thing of the scene, whatever it is, and keep apart what runs into one in the first row; one of them is dark at just these spots. Nobody asked for such channels. They came about because a single 1×1 convolution has to read "something is here" from them. On the photograph the same channels show no spot for the cat, and they stir much less, as the numbers below the maps tell (the least and the greatest value of each). Nobody ever asked this network about a cat.

# %% [markdown]
# ## What it sees
#
# The training above was shown its scenes as they are. In earnest a network hardly ever sees a picture as it was taken. Three freebies, computed on drawn scenes, whose boxes and masks are known to the pixel:
#
# - **Mosaic** lays four pictures around a random point. Objects appear at other places, cut by other borders, beside things they never stand beside; and a batch of 16 shows parts of up to 64 pictures.
# - **MixUp** lays two pictures over one another, $\lambda A + (1-\lambda) B$, and keeps the boxes of both.
# - **CutMix** pastes a rectangle of one picture into another. In classification the labels are mixed by area; in detection the boxes say it all.

# %%
from yoloexplain.data import augment

tiles = [Scenes(40, seed=2, size=192, split="val")[i] for i in (3, 8, 11, 6)]
chance = np.random.default_rng(5)
mosaic = augment.mosaic(tiles, chance)
mixup = augment.mixup(tiles[0], tiles[2], chance)
cutmix = augment.cutmix(tiles[1], tiles[0], chance)
made = [tiles[0], mosaic.scene, mixup.scene, cutmix.scene]
print([len(scene) for scene in made], "objects in a scene, a Mosaic, a MixUp and a CutMix")

# %% [markdown]
# Step by step, with scenes of a few things each. Predict for the Mosaic: does a box that is cut at the border keep its size? Then throw the dice again (the slider *throw of the dice*) and look at the last step: how many of the objects are still there? In *random affine* put the point on something and follow it; in *CutMix* watch the box of what is half covered.

# %%
widgets.AugmentationSteps()

# %% [markdown]
# Mind the boxes. Each is moved with its picture, cut where the picture is cut, made smaller where something is pasted over it, and dropped if hardly anything is left. Bugs live here, and a loss that goes down does not find them. The first thing to do with an augmentation is to draw its boxes.
#
# What does YOLOv5 use? Mosaic, for every image; MixUp (with λ near one half) from release 3.0 on, and in the default settings never; CutMix in no release, though it stands in many descriptions. The rest of its freebies is plain: colours changed a little, pictures moved and scaled by up to a half, mirrored half of the time.

# %% [markdown]
# ### DropBlock on a real feature map
#
# Dropout takes out single values. On a feature map that hides nothing, for the neighbours say nearly the same. **DropBlock** takes out squares, so that the network must know a sign by its rim if its picture is gone. Where the squares lie is drawn by this code:

# %%
block = layers.DropBlock2d(drop_probability=0.25, block_size=7)
show_source(block.keep_mask, without_docstring=True)

# %%
from yoloexplain.figures.named_maps import named_maps

scene = Scenes(20, seed=2, size=320, split="val")[7]
image, net = photos.to_tensor(scene.image), create_model("yolov5n-demo")
features = activations(net, image, ["backbone.stage3"])["backbone.stage3"]
torch.manual_seed(0)
keep = block.keep_mask(features)
print(f"asked for 25 %, dropped {100 * (1 - keep.mean().item()):.0f} % of all values")

# %%
channel = features.std(dim=(2, 3)).argmax().item()
one = features[0, channel]
singles = (torch.rand_like(one) > 0.25).float()
masks = {"the map": torch.ones_like(one), "dropout": singles, "DropBlock": keep[0, channel]}
maps = {name: one.where(mask > 0, torch.nan).numpy() for name, mask in masks.items()}
note = f"Channel {channel} of a YOLOv5n that has learned, at stride 8. Pink: taken out."
named_maps(maps, title="About a quarter taken out, in two ways", note=note)

# %% [markdown]
# Look at the middle picture with your eyes half closed: it is the first one. Then at the right one. Dropping a quarter of the values can mean almost nothing or a great deal; it depends on *which* quarter. (On average a little less than a quarter is dropped: squares overlap, and the formula for their number does not know it.) What is left is scaled up, so that the next layer meets the same mean, and in use nothing is dropped at all.
#
# And once more: YOLOv4 trains with DropBlock. No release of YOLOv5 has it.

# %% [markdown]
# ## The numbers
#
# The prior in the head's biases (chapter 4), now seen as a loss. At the first step, what does the background cost, with the prior and without?

# %%
torch.manual_seed(0)
head = create_model("yolov5s", release="7.0").head
for level, conv in head.outputs.items():
    start = conv.bias.detach().view(3, 85)[:, 4].mean()
    cells = (640 // head.strides[level]) ** 2
    cost = 3 * cells * cross_entropy(start, torch.tensor(0.0))
    naive = 3 * cells * np.log(2)
    print(f"{level}: {3 * cells:6,} predictions cost {cost:2.0f}, without prior {naive:6,.0f}")

# %% [markdown]
# Without it, the first gradients would hold little else than "less objectness, everywhere".

# %% [markdown]
# ## Settle it: one cell, or several?
#
# **The claim.** "In YOLO, the cell in which an object's centre falls is responsible for it." That is true of YOLOv1 and of YOLOv3, and has been repeated ever since. The code above says something else of YOLOv5; but code can be misread. A gradient cannot: whoever answers for a box gets one on its box numbers, and nobody else does. **Predict** for the four boxes of our photograph: how many of the 25,200 predictions have such a gradient?

# %%
from yoloexplain.yolov5.hyperparameters import Hyperparameters
from yoloexplain.yolov5.loss import loss

torch.manual_seed(0)
pupil, gains = create_model("yolov5n"), Hyperparameters.of("7.0", "n")
raw = pupil(photos.to_tensor(framed.image))
where = boxes.xyxy_to_cxcywh(torch.tensor(truths, dtype=torch.float32)) / 640
targets = torch.cat([torch.zeros(len(where), 2), where], dim=1)  # image 0, class 0, box
terms = loss(raw, targets, pupil, gains)

# %%
slopes = torch.autograd.grad(terms.total, list(raw.values()))
for level, slope in zip(raw, slopes, strict=True):
    told = {"box": slope[..., :4], "class": slope[..., 5:], "objectness": slope[..., 4:5]}
    print(level, {what: (part != 0).any(dim=-1).sum().item() for what, part in told.items()})

# %% [markdown]
# **The verdict.** Several. 9 + 27 + 27 predictions are told something about a box and a class: the 63 that the figure at the head of the chapter counted by the rules. One cell an object would be four. And all 25,200 are told something about objectness.

# %% [markdown]
# ## Settle it: is an image without objects wasted?
#
# **The claim.** People who collect images ask it again and again: "A picture with nothing in it has no labels, so there is nothing to learn from it." Some fear worse: a mean over no boxes divides by zero. **Predict** for each of the three terms of the loss: is it 0, not a number, or neither? And which weights are moved: none, those that make the objectness, or nearly all?

# %%
empty = loss(raw, torch.zeros(0, 6), pupil, gains)
for name in ("box", "classes", "objectness"):
    four, none = (getattr(found, name).item() for found in (terms, empty))
    print(f"{name:10} {four:.3f} with four objects, {none:.3f} without any")

# %%
empty.total.backward()
for level, conv in pupil.head.outputs.items():
    rows = (conv.weight.grad.flatten(1) != 0).any(dim=1)
    print(f"head, {level}: {rows.sum()} of {len(rows)} rows of weights are moved")
before = [p for name, p in pupil.named_parameters() if not name.startswith("head")]
moved = sum((p.grad != 0).sum().item() for p in before)
total = sum(p.numel() for p in before)
print(f"before the head: {100 * moved / total:.0f} % of {total:,} weights are moved")

# %% [markdown]
# **The verdict.** Not wasted. Box and class cost exactly nothing, and nothing is divided by zero, for a mean over none is taken as 0. In the head only those rows move that make the objectness, three on each level, one for each anchor. But the objectness has been computed from the maps of all layers, so the weights before the head all move. What is learnt is one thing: *here is nothing*, 25,200 times. Such images help against false alarms on a background that the others do not show. They cannot teach a box or a class; and since every other image is mostly background as well, a few are enough.

# %% [markdown]
# ## Settle it: does the network start by claiming objects everywhere?
#
# **The claim.** "An untrained detector fires everywhere; a sigmoid of noise is about one half." **Predict** how many objects a fresh YOLOv5s expects in a 640×640 image: add up all 25,200 objectness probabilities. The formula in the biases speaks of *eight*. Is it eight?

# %%
torch.manual_seed(0)
fresh = create_model("yolov5s").eval()
image = photos.to_tensor(framed.image)
with torch.no_grad():
    raw = fresh(image)
expected = {level: values[..., 4].sigmoid().sum().item() for level, values in raw.items()}
print({level: round(number) for level, number in expected.items()})
print("together", round(sum(expected.values())))

# %%
for conv in fresh.head.outputs.values():
    conv.bias.data.zero_()
with torch.no_grad():
    raw = fresh(image)
total = sum(values[..., 4].sigmoid().sum().item() for values in raw.values())
print(f"biases set to zero: {total:,.0f}")

# %% [markdown]
# **The verdict.** It expects about seventy, not 12,600, and not eight either. Eight is the number *per anchor and level*: each of the three anchors of each of the three grids starts from $8/\text{cells}$, and 3 · 3 · 8 = 72. (A little less, because the formula writes $\log p$ where the sigmoid wants $\log\frac{p}{1-p}$; for small $p$ it hardly matters.) So: no, it starts out silent almost everywhere, because it is told to. A network with a *single* class starts with another oddity:

# %%
for release in ("6.0", "6.1", "7.0"):
    torch.manual_seed(0)
    single = create_model("yolov5n", release=release, num_classes=1).head.outputs["p5"].bias
    start = single.detach().view(3, 6)[:, 5].mean()
    print(f"release {release}: the class starts at {start:4.1f}, {100 * start.sigmoid():.3f} %")

# %% [markdown]
# The formula of chapter 4, $\log\frac{0.6}{K - m}$, was made for many classes. Here $m$ is a number just below 1, 0.99 up to release 6.0 and still closer to 1 since, so that for $K = 1$ the denominator is nearly nothing. It does no harm, for with one class there is nothing to choose, and YOLOv5 then leaves the class loss out.

# %% [markdown]
# ## Settle it: why do the README's GFLOPs differ from yours?
#
# **The claim.** "I counted the FLOPs of YOLOv5s and the README is wrong." It is a question that never goes away. Release 3.1 prints 13.2, and you count 8.7 or 17.4; release 7.0 prints 16.5, and you count 8.2 or 16.4. **Predict** which of these differ in *what* was counted, and which in *how much image* went in.

# %%
from yoloexplain.ledger import counting
from yoloexplain.ledger.counting import Network

old, new = (("release", "3.1"),), (("release", "7.0"),)
for release, size in ((old, (640, 640)), (old, (480, 640)), (new, (640, 640))):
    network = Network("yolov5s", release, size)
    once, twice = counting.count_mult_adds(network), counting.count_operations(network)
    name = f"{release[0][1]} at {size[0]}×{size[1]}"
    print(f"{name}: {once / 1e9:.2f} G multiply-adds, doubled {twice / 1e9:.2f}")

# %% [markdown]
# Doubling explains most of it. A [multiply-add](index.ipynb#Multiply-add) is one multiplication and one addition: half of the world counts it as one, the other half as two. And the early README took 480×640, three quarters of the area: a fully convolutional network does three quarters of the work. What is still missing?

# %%
early, late = Network("yolov5s", old, (480, 640)), Network("yolov5s", new, (640, 640))
whole, fused = counting.count_all_operations(early), counting.count_fused_operations(late)
print(f"3.1, with biases, BatchNorms and activations: {whole / 1e9:.2f}")
print(f"7.0, fused, with one bias for each output:    {fused / 1e9:.2f}")
share = counting.count_parameters(late) - counting.count_fused(late)
print(f"fusing takes away {share:,} parameters and all the work of the BatchNorms")

# %% [markdown]
# **The verdict.** 13.16 and 16.49: the README's 13.2 and 16.5. Up to release 3.1 the whole network is counted; from 4.0 on the *fused* one, in which each BatchNorm has been folded into the convolution before it. That can be done because in use a BatchNorm is one multiplication and one addition per channel with fixed numbers, $\gamma (x - \mu)/\sqrt{\sigma^2 + \epsilon} + \beta$, and a convolution can take both into its weights and a new bias.
#
# None of the numbers is wrong. Each is a count *by some rule, of some network, at some size*, and a number without these three is not a fact yet. More sizes, by the same rules; each row names the release whose README was the first to print its number, and later ones repeat it:

# %%
from yoloexplain.ledger import ledger

readme = [*ledger("3.1 GFLOPs"), *ledger("7.0 GFLOPs yolov5m")]
for row in readme:
    print(f"{row.model:22} {row.quantity} {row.published:>8}, ours {row.ours:>10}, {row.status}")

# %% [markdown]
# ## Exercises
#
# Replace every `...` and run the cell. `check` compares your answer with the code of this chapter on several cases, awkward ones among them, and says what differs first and why that may be. `yx.exercises.hint("ch05.ciou")` helps in three steps, `yx.exercises.solution("ch05.ciou")` shows one way, and `yx.exercises.progress()` what you have solved. Your code runs in a process of its own: whatever happens there, this notebook goes on.
#
# **1 · Write CIoU.** Given are `a` and `b`, tensors (N, 4) with the corners x0, y0, x1, y1 of N boxes each, in pixels. Give back N numbers: the CIoU of the first box of `a` with the first of `b`, of the second with the second, and so on. The formulas stand in the section *How wrong: where?* Some boxes lie apart. Some are equal; so that α is not 0/0 there, add 1e-7 below its line.


# %% tags=["exercise"]
def ciou(a, b):
    iou = ...
    distance = ...
    v = ...
    alpha = ...
    return iou - distance - alpha * v


yx.exercises.check("ch05.ciou", ciou)

# %% [markdown]
# **2 · Write label smoothing**, as YOLO asks for it: class by class. `labels` holds the classes of N boxes, a tensor (N,) of whole numbers from 0; `epsilon` is ε, for example 0.1. Give back a tensor (N, `num_classes`): what is asked of every class of every box.


# %% tags=["exercise"]
def smoothed(labels, num_classes, epsilon):
    targets = ...
    return targets


yx.exercises.check("ch05.label_smoothing", smoothed)

# %% [markdown]
# **3 · Predict who answers.** A street sign, 92 pixels wide and 29 high, hangs at the upper edge of a picture of 640×640. Its centre is at x = 295, y = 15. An anchor matches below a shape ratio of 4. Write 1 for an anchor that matches and 0 for one that does not, in the order of the comments; cells as (row, column), counted from 0; and at the end how many predictions answer on all three levels together. Pencil and paper; no code.

# %% tags=["exercise"]
matches = {
    "P5": [..., ..., ...],  # 116×90, 156×198, 373×326; stride 32
    "P4": [..., ..., ...],  # 30×61, 62×45, 59×119; stride 16
    "P3": [..., ..., ...],  # 10×13, 16×30, 33×23; stride 8
    "own cell on P4": ...,  # of the centre
    "across on P4": ...,  # the neighbour to the left or right that answers too
    "up or down on P4": ...,  # the neighbour above or below that answers too
    "predictions in all": ...,
}
yx.exercises.check("ch05.matches", matches)

# %% [markdown]
# **4 · Write average precision**, as the area under the upper envelope. `scores` and `correct` are lists, one number and one true or false for each detection, in no particular order; `num_truths` says how many objects there are to find. No two scores are equal. Give back one number; where nothing was detected, 0.


# %% tags=["exercise"]
def average_precision(scores, correct, num_truths):
    return ...


yx.exercises.check("ch05.average_precision", average_precision)

# %% [markdown]
# ## Take along
#
# - **Who answers** is decided by shape (anchors within a factor of four) and place (three cells), before the network has said anything. What suits no anchor is not learnt.
# - **The loss** is CIoU for where, cross-entropy for what and whether; objectness aims at the IoU reached. Almost all predictions learn only that nothing is there.
# - **Freebies** cost training time only, **specials** a little at every use. Check which of them a network really has: YOLOv5 has Mosaic and SiLU, and neither DropBlock, nor CutMix, nor Mish.
# - **AP** measures the order of a list. mAP50-95 also asks for tight boxes.
# - **A FLOP count** is a rule, a network and an image size; without the three it is no fact.
#
# ## Sources
#
# - YOLOv4, for the two bags: Bochkovskiy et al. 2020, arXiv 2004.10934. YOLOv5 (Jocher et al. 2020–2022), github.com/ultralytics/yolov5, for rules, gains and switches.
# - GIoU: Rezatofighi et al. 2019, arXiv 1902.09630. DIoU and CIoU: Zheng et al. 2019, arXiv 1911.08287. Focal loss: Lin et al. 2017, arXiv 1708.02002. Label smoothing: Szegedy et al. 2015, arXiv 1512.00567.
# - Mish: Misra 2019, arXiv 1908.08681. Swish: Ramachandran et al. 2017, arXiv 1710.05941. Hardswish: Howard et al. 2019, arXiv 1905.02244.
# - DropBlock: Ghiasi et al. 2018, arXiv 1810.12890. MixUp: Zhang et al. 2017, arXiv 1710.09412. CutMix: Yun et al. 2019, arXiv 1905.04899. Mosaic: arXiv 2004.10934, section 3.3.
# - Adam: Kingma and Ba 2014, arXiv 1412.6980. COCO and its average precision: Lin et al. 2014, arXiv 1405.0312. BatchNorm: Ioffe and Szegedy 2015, arXiv 1502.03167.
# - Photographs: from scikit-image; coffee by Rachel Michetti and the cat by Stéfan van der Walt (CC0), astronaut by NASA and rocket by SpaceX (public domain).
