"""What training takes in memory, by part, against the memory of a GPU of the time: as the paper plots it, and worked
out from layers beside it. Models after the paper's stand in a panel of their own, whose axis reaches as far as they need.

Parts are stacked. Where that would press a limit against the foot of its panel, the panel is logarithmic and the parts
stand side by side before their total. The total of what fits never stands above the limit, where it would read as more
than that: it stands between the bar and the limit, or within the bar where that is too narrow, and the panel is as high
as one of the two needs.
"""

import math
import warnings

import numpy
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.textpath import TextPath
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from . import growth, style
from .errors import LostName, WrongUsage
from .labels import GROUND, LOOKS, Placer
from .text import device_label, significant, year_of

SUMMARY = "memory to train the paper's models, by part, against the GPU memory of their years; and later ones"
TABLE = "memory_breakdown"

# Column, name, colour, hatch.
PARTS = (("weights_bytes", "weights", style.BLUE, ""), ("optimizer_bytes", "optimizer states", style.ORANGE, "/////"),
         ("activations_bytes", "activations", style.GREEN, "...."))

GIB = 2.0**30
PANEL, HIGHEST_PANEL = 5.2, 9.0  # cm, a panel's height without the models' names, and what it grows to
PANEL_EDGES = 0.3  # cm of it, what is not the axes'
TURN = 38  # degrees, of the models' names
BARS = 0.76  # of the room of a model, for one bar or for two side by side
NARROWEST = 0.5  # of the room of a model, for one bar
HUGS = 0.05  # of the highest bar: a lower limit cannot be told from the foot of a linear axis
TOTAL = {"facecolor": style.tint(style.GREY, 0.18), "edgecolor": style.GREY, "linewidth": 0.5}
GAP = 1.8  # pt, between a bar or a limit and the bar's value
PAPER_STRENGTH = 0.35  # of the colours of what the paper plots


def draw(results, title, width):
    models = models_of(results.estimates)
    panels = [panel for panel in ([model for model in models if model.plotted],
                                  [model for model in models if not model.plotted]) if panel]
    figure, first = style.new_figure(width, 10)
    first.remove()
    all_axes = [figure.add_axes([0.1 + 0.45 * i, 0.2, 0.3, 0.5], label=str(i)) for i in range(len(panels))]
    for axes, panel in zip(all_axes, panels):
        set_axes(axes, panel)
    top = style.head(figure, title, handles(models, any(map(is_logarithmic, panels))), 3 if width > style.COLUMN else 2)
    heights = [panel_height(panel) + names_height(figure, panel) for panel in panels]
    if width > style.COLUMN:
        style.line_up(figure, all_axes, [len(panel) for panel in panels], max(heights), top)
    else:
        style.stack(figure, all_axes, heights, top)
    for axes, panel in zip(all_axes, panels):
        draw_panel(axes, panel)
    return figure


def is_logarithmic(models):
    return min(model.limit for model in models) < HUGS * max(model.highest for model in models)


def panel_height(models):
    """In cm, so that every value has a place."""
    if is_logarithmic(models):
        return PANEL
    top = highest_of(models)
    for height in numpy.arange(PANEL, HIGHEST_PANEL, 0.1):
        points = (height - PANEL_EDGES) / 2.54 * 72 / top  # a GiB
        if all(over or max(points * total, points * (model.limit - total)) >= ink_height("0") + 2.5 * GAP
               for model in models for total, over in [(sum(model.labelled), sum(model.labelled) > model.limit)]):
            return height
    return HIGHEST_PANEL


def highest_of(models):
    """The upper end of a linear axis: room for what stands above the highest bar."""
    return 1.15 * max(model.highest for model in models)


def ink_height(text):
    """In pt, of digits without the room that letters below the line would take."""
    return TextPath((0, 0), text, size=style.SMALL_SIZE, prop=FontProperties(family="DejaVu Sans")).get_extents().height


def names_height(figure, models):
    """In cm, of the models' turned names."""
    longest = max(style.text_width(figure, tick_label(model)) for model in models)
    return longest / 72 / style.CENTIMETRE * math.sin(math.radians(TURN))


class Model:
    """A model with its bars: as plotted, as worked out, or both."""

    def __init__(self, name, rows):
        self.name = name
        self.year = year_of(str(rows[0]["released"]))
        if self.year is None:
            raise WrongUsage(f"no year in 'released' of {name}")
        self.released = str(rows[0]["released"])
        by_set = {str(row["set"]): [float(row[column]) / GIB for column, *_ in PARTS] for row in rows}
        self.plotted = by_set.get(growth.PAPER)
        self.worked_out = by_set.get(growth.CATALOG)
        self.limit = float(rows[0]["limit_bytes"]) / GIB
        self.limit_name = next((str(row["limit_name"]) for row in rows if str(row["limit_name"])), "")

    @property
    def bars(self):
        """Parts and whether they are the paper's, from left to right."""
        return [(parts, paper) for parts, paper in ((self.plotted, True), (self.worked_out, False)) if parts]

    @property
    def labelled(self):
        """The parts whose sum is told: the paper's where it plots the model."""
        return self.bars[0][0]

    @property
    def highest(self):
        return max([self.limit, *(sum(parts) for parts, _ in self.bars)])


def models_of(table):
    rows = table.rows()
    names = dict.fromkeys(str(row["model"]) for row in rows)
    models = [Model(name, [row for row in rows if str(row["model"]) == name]) for name in names]
    return sorted(models, key=lambda model: model.released)


def tick_label(model):
    """`GPT-2 2019`; below it the device whose memory is the limit, where it is known."""
    name = f"{growth.NOISE.sub('', model.name)} {model.year}"
    if not model.limit_name:
        return name
    return f"{name}\n{growth.NOISE.sub('', device_label(model.limit_name, 30))}: {significant(model.limit)} GiB"


def set_axes(axes, models):
    axes.set_xlim(-0.6, len(models) - 0.4)
    axes.set_ylim(0, highest_of(models))
    if is_logarithmic(models):
        set_log_axis(axes, models)
    axes.set_xticks(range(len(models)), [tick_label(model) for model in models], rotation=TURN, ha="right",
                    rotation_mode="anchor", linespacing=1.0)
    axes.tick_params(axis="x", length=0)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
    axes.set_ylabel("Memory to train (GiB)")


def set_log_axis(axes, models):
    """Decades down to the smallest part that can be told, with room for two lines above the highest bar."""
    least = min(model.limit for model in models)
    parts = [part for model in models for parts, _ in model.bars for part in parts if part > 0.02 * least]
    bottom = 10.0 ** math.floor(math.log10(min([least, *parts]) / 1.1))
    highest = max(model.highest for model in models)
    axes.set_yscale("log")
    axes.set_ylim(bottom, highest * (highest / bottom) ** 0.18)
    axes.yaxis.set_major_locator(LogLocator(10, numticks=20))
    axes.yaxis.set_minor_formatter(NullFormatter())


def draw_panel(axes, models):
    placer = Placer(axes)
    side_by_side = is_logarithmic(models)
    width = min(BARS / max(len(model.bars) for model in models), BARS if side_by_side else NARROWEST)
    draw = draw_side_by_side if side_by_side else draw_bar
    for place, model in enumerate(models):
        for at, parts, paper in placed(place, model):
            draw(axes, placer, at, width, parts, paper)
    for place, model in enumerate(models):
        label_total(axes, placer, place, model, width)
    draw_limits(axes, placer, models)


def label_total(axes, placer, place, model, width):
    """The total of a model's first bar: above it and below the limit, or within it; above the bar where that is above the
    limit."""
    at, total = placed(place, model)[0][0], sum(model.labelled)
    text = total_text(total, model)
    half = 0.5 * style.text_width(axes.figure, text) + GAP
    slot = (placer.to_pixels(place + 0.5, total)[0] - placer.to_pixels(place - 0.5, total)[0]) / placer.pixel
    shift = max(0.0, half - (at - place + 0.5) * slot)  # the limit may step where the room of a model ends
    covered = [sum(parts) for other, parts, _ in placed(place, model)
               if abs((other - at) * slot - shift) < half + 0.45 * width * slot]
    base, above = max([total, *covered]), True
    if total <= model.limit:
        above = points_between(placer, base, model.limit) >= ink_height(text) + 2.5 * GAP
        if not above and points_between(placer, axes.get_ylim()[0], total) < ink_height(text) + 2 * GAP:
            warnings.warn(f"no room for {text}", LostName, stacklevel=2)
            return
    offset = GAP if above else -GAP - ink_height(text)
    placer.take(axes.annotate(text, (at, base if above else total), xytext=(shift, offset), zorder=7,
                              **{**LOOKS, "va": "baseline"}, bbox=None if above else {**GROUND, "alpha": 0.85}))


def points_between(placer, low, high):
    """In pt, on the ordinate."""
    return (placer.to_pixels(0, high)[1] - placer.to_pixels(0, low)[1]) / placer.pixel


def label_above(placer, text, x, y, **properties):
    """Straight above a point, as high as it must be."""
    for lift in range(0, 30, 3):
        if placer.label(text, x, y, radius=0.3 + lift, leader=False, angles=(90,), **properties):
            return
    warnings.warn(f"no room for {text.splitlines()[0]}", LostName, stacklevel=2)


def placed(place, model):
    """Where a model's bars stand."""
    step = BARS / 2
    return [(place + step * (i - 0.5 * (len(model.bars) - 1)), parts, paper)
            for i, (parts, paper) in enumerate(model.bars)]


def total_text(total, model):
    """`26.2`; where it does not fit, how many devices' memory it is."""
    text = f"{total:,.0f}" if total >= 1000 else significant(total)
    return text if total <= model.limit else f"{text}\n{significant(total / model.limit, 2)}\u00d7"


def draw_bar(axes, placer, place, width, parts, paper):
    base = 0.0
    for (_, _, colour, hatch), height in zip(PARTS, parts):
        axes.bar(place, height, 0.9 * width, bottom=base, zorder=2, **look(colour, hatch, paper))
        base += height
    placer.take_bar(place - 0.45 * width, 0, place + 0.45 * width, base)


def draw_side_by_side(axes, placer, place, width, parts, paper):
    """The parts before their total."""
    axes.bar(place, sum(parts), 0.9 * width, zorder=2, **TOTAL)
    step = 0.9 * width / len(parts)
    for i, ((_, _, colour, hatch), height) in enumerate(zip(PARTS, parts)):
        axes.bar(place + step * (i - 0.5 * (len(parts) - 1)), height, step, zorder=2, **look(colour, hatch, paper))
    placer.take_bar(place - 0.45 * width, axes.get_ylim()[0], place + 0.45 * width, sum(parts))


def look(colour, hatch, paper):
    """What the paper plots is pale; a hatch is drawn in the edge's colour."""
    return {"facecolor": style.tint(colour, PAPER_STRENGTH if paper else 0.85), "edgecolor": style.darker(colour),
            "hatch": hatch, "linewidth": 0.3}


def draw_limits(axes, placer, models):
    """A step a model, joined to a line. Where the names of the axis do not tell it, a change of it is told."""
    xs = [edge for place in range(len(models)) for edge in (place - 0.5, place + 0.5)]
    ys = [model.limit for model in models for _ in range(2)]
    axes.plot(xs, ys, color=style.BLACK, linewidth=1.1, zorder=5, solid_capstyle="butt")
    placer.take_line(xs, ys)
    for place, model in enumerate(models):
        if not model.limit_name and (place == 0 or models[place - 1].limit != model.limit):
            text = f"{significant(model.limit)} GiB"
            if not placer.label(text, place, model.limit, radius=0.8, leader=False, angles=(90, 75, 105, 60, 120), zorder=6):
                label_above(placer, text, place, model.limit, zorder=6)


def handles(models, totals):
    papers = [paper for model in models for _, paper in model.bars]
    shown = [Patch(label=name, **look(colour, hatch, all(papers))) for _, name, colour, hatch in PARTS]
    if len(set(papers)) == 2:
        shown.append(Patch(facecolor=style.tint(style.GREY, PAPER_STRENGTH), edgecolor=style.GREY, linewidth=0.3,
                           label="pale: as the paper plots it"))
    if totals:
        shown.append(Patch(label="total, on a logarithmic axis", **TOTAL))
    return [*shown, Line2D([], [], color=style.BLACK, linewidth=1.1, label="GPU memory of the time")]
