"""What training each model takes in memory, against what devices of its time have.

A bar a model at its batch, in order of release: weights, gradients with optimizer states, and activations. Black
steps are the largest memory of an accelerator released up to the model's year, among those of the study.
"""

import math

import numpy
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from . import style
from .data import expect_one
from .errors import WrongUsage
from .labels import Placer
from .text import bytes_text, device_label, distinct_names, plain, year_of

SUMMARY = "memory to train each model against the memory of its year's devices"

# Name, columns of /estimates, colour, hatch.
PARTS = (
    ("weights", ("weights_bytes",), style.BLUE, ""),
    ("gradients, optimizer", ("gradients_bytes", "optimizer_bytes"), style.ORANGE, "/////"),
    ("activations", ("activations_bytes",), style.GREEN, "...."),
    ("inputs, cache, workspace", ("inputs_bytes", "cache_bytes", "workspace_bytes"), style.LIGHT_GREY, "xxxxx"),
)
REST_SHOWN = 0.02  # of a model's bytes: the last part is left out where it is less for all
CHOICES = ("phase", "sequence", "recipe", "optimizer", "devices", "system")

GIB = 2.0**30
LINEAR_UP_TO = 12  # ratio of the largest to the smallest bar that a linear axis can show
BARS = {style.COLUMN: 12, style.PAGE: 28}  # most in a row
PANEL = 5.2  # cm, a row's height without the models' names
TURN = 38  # degrees, of the models' names
BAR = 0.78  # of the room of a model


def draw(results, title, width):
    models = models_of(results)
    limits = memory_of_years(results, models)
    totals = [model.total for model in models]
    scale = Scale(models, limits, max(totals) > LINEAR_UP_TO * min(totals))
    names = tick_labels(models)

    figure, first = style.new_figure(width, 10)
    first.remove()
    rows = [slice(part[0], part[-1] + 1)
            for part in numpy.array_split(range(len(models)), math.ceil(len(models) / BARS[width]))]
    all_axes = [figure.add_axes([0.2, 0.2, 0.6, 0.6], label=str(row.start)) for row in rows]
    for axes, row in zip(all_axes, rows):
        set_axes(axes, names[row], scale)
    longest = [max(style.text_width(figure, name) for name in names[row]) for row in rows]
    heights = [PANEL + text / 72 / style.CENTIMETRE * math.sin(math.radians(TURN)) for text in longest]
    style.stack(figure, all_axes, heights, style.head(figure, title, handles(scale), 3 if width > style.COLUMN else 2))
    for axes, row in zip(all_axes, rows):
        draw_row(axes, models[row], limits[row], scale)
    return figure


def draw_row(axes, models, limits, scale):
    placer = Placer(axes)
    (draw_side_by_side if scale.logarithmic else draw_stacked)(axes, placer, models, scale.parts)
    draw_memory(axes, placer, limits)
    if not scale.logarithmic:
        label_totals(placer, models)


class Model:
    """A bar: one workload at one batch."""

    def __init__(self, row):
        self.name = str(row["workload_name"])
        self.batch = row["batch"]
        self.phase = str(row["phase"])
        self.released = str(row["workload_released"])
        self.year = year_of(self.released)
        self.parts = [sum(float(row[column]) for column in columns) for _, columns, _, _ in PARTS]
        self.total = float(row["total_bytes"])


def models_of(results):
    """A model a workload and batch, in order of release."""
    estimates = results.estimates
    models = []
    for workload, batch in dict.fromkeys(zip(estimates["workload"], estimates["batch"])):
        mine = estimates.where((estimates["workload"] == workload) & (estimates["batch"] == batch))
        # Several devices are several points of the same needs.
        needs = mine.where(mine["device"] == mine["device"][0])
        expect_one(needs, f"{workload} at batch {batch}", CHOICES)
        models.append(Model(needs.row(0)))
    undated = [model.name for model in models if model.year is None]
    if undated:
        raise WrongUsage(f"no year in 'workload_released' of {', '.join(undated)}")
    if not max(model.total for model in models) > 0:
        raise WrongUsage("none of the points takes memory")
    return sorted(models, key=lambda model: (model.released, model.batch))


class Scale:
    """What all rows of the figure share: the parts that are shown, and the ordinate."""

    def __init__(self, models, limits, logarithmic):
        rest = any(model.parts[-1] > REST_SHOWN * model.total for model in models)
        self.parts = range(len(PARTS) if rest else len(PARTS) - 1)
        self.logarithmic = logarithmic
        self.training = all(model.phase == "training" for model in models)
        self.highest = max([*(model.total for model in models), *(limit[1] for limit in limits if limit)]) / GIB
        self.smallest = min(part for model in models for part in model.parts[:3] if part > 0) / GIB


def memory_of_years(results, models):
    """For every model the device with most memory up to its year: (name, bytes), or nothing where none is."""
    devices = [(year_of(str(row["released"])), float(row["memory_capacity_bytes"]), str(row["device_name"]))
               for row in results.devices() if row["kind"] != "cpu"]
    names = distinct_names([name for _, _, name in devices], 18, device_label)
    limits = []
    for model in models:
        known = [(capacity, -year, name) for year, capacity, name in devices
                 if year is not None and year <= model.year and capacity > 0]
        largest = max(known, default=None)
        limits.append(largest and (names[largest[2]], largest[0]))
    return limits


def set_axes(axes, names, scale):
    axes.set_xlim(-0.6, len(names) - 0.4)
    axes.set_xticks(range(len(names)), names, rotation=TURN, ha="right", rotation_mode="anchor")
    axes.tick_params(axis="x", length=0)
    axes.set_ylabel("Memory to train (GiB)" if scale.training else "Memory (GiB)")
    if not scale.logarithmic:
        axes.set_ylim(0, 1.15 * scale.highest)
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
        return
    axes.set_yscale("log")
    axes.set_ylim(max(10 ** math.floor(math.log10(scale.smallest) - 0.15), scale.highest / 1e8), 3 * scale.highest)
    axes.yaxis.set_major_locator(LogLocator(10, numticks=20))
    axes.yaxis.set_minor_locator(LogLocator(10, subs=range(2, 10), numticks=20))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: plain(value)))
    axes.yaxis.set_minor_formatter(NullFormatter())


def tick_labels(models):
    """`GPT-2 XL 2019`, with the batch where it is not the same for all."""
    names = distinct_names([model.name for model in models], 18)
    batch = len({model.batch for model in models}) > 1
    return [f"{names[model.name]} {model.year}" + (f", b {model.batch}" if batch else "") for model in models]


def handles(scale):
    shown = [Patch(label=PARTS[part][0], **look(part)) for part in scale.parts]
    if scale.logarithmic:
        shown.append(Line2D([], [], color=style.VERMILION, linewidth=1.4, label="total"))
    return [*shown, Line2D([], [], color=style.BLACK, linewidth=1.2, label="device memory")]


def look(part):
    """A hatch is drawn in the edge's colour."""
    _, _, colour, hatch = PARTS[part]
    return {"facecolor": style.tint(colour, 0.8), "edgecolor": style.darker(colour), "hatch": hatch, "linewidth": 0.3}


def draw_stacked(axes, placer, models, parts):
    for place, model in enumerate(models):
        base = 0.0
        for part in parts:
            height = model.parts[part] / GIB
            axes.bar(place, height, 0.8 * BAR, bottom=base, zorder=2, **look(part))
            base += height
        placer.take_bar(place - 0.4 * BAR, 0, place + 0.4 * BAR, base)


def draw_side_by_side(axes, placer, models, parts):
    """On a logarithmic axis stacked lengths mean nothing: the parts stand side by side, their sum is a cap."""
    width = BAR / len(parts)
    floor = axes.get_ylim()[0]
    for place, model in enumerate(models):
        for order, part in enumerate(parts):
            left = place - 0.5 * BAR + order * width
            height = model.parts[part] / GIB
            if height > floor:
                axes.bar(left + 0.5 * width, height, width, zorder=2, **look(part))
                placer.take_bar(left, floor, left + width, height)
        xs, total = [place - 0.5 * BAR, place + 0.5 * BAR], model.total / GIB
        axes.plot(xs, [total, total], color=style.VERMILION, linewidth=1.4, solid_capstyle="butt", zorder=4)
        placer.take_line(xs, [total, total])


def draw_memory(axes, placer, limits):
    """A step a run of models with the same largest device, named once."""
    steps = []
    for place, limit in enumerate(limits):
        if limit is not None and steps and steps[-1][0] == limit and steps[-1][2] == place - 1:
            steps[-1][2] = place
        elif limit is not None:
            steps.append([limit, place, place])
    for (_, capacity), first, last in steps:
        xs, y = [first - 0.48, last + 0.48], capacity / GIB
        axes.plot(xs, [y, y], color=style.BLACK, linewidth=1.2, zorder=5, solid_capstyle="butt")
        placer.take_line(xs, [y, y])
    for (name, capacity), first, last in steps:
        label_step(placer, name, first, last, capacity / GIB)


def label_step(placer, name, first, last, height):
    middle = 0.5 * (first + last)
    for x in sorted(numpy.linspace(first - 0.4, last + 0.4, 9), key=lambda x: abs(x - middle)):
        if placer.label(name, x, height, radius=0.8, leader=False, angles=(90, 75, 105, 60, 120, 270), zorder=6):
            return
    for x, angles in ((first - 0.48, range(90, 271, 10)), (last + 0.48, range(-90, 91, 10))):
        if placer.label(name, x, height, radius=0.8, angles=angles, zorder=6):
            return
    placer.label_over(name, middle, height)


def label_totals(placer, models):
    for place, model in enumerate(models):
        placer.label(bytes_text(model.total), place, model.total / GIB, radius=0.5, leader=False, angles=(90,))
