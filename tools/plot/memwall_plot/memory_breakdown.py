"""What training takes in memory, by part, against the memory of a GPU of the time: as the paper plots it, and worked
out from layers beside it. Models after the paper's stand in a panel of their own, whose axis reaches as far as they need.
"""

import math
import warnings

from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter

from . import growth, style
from .errors import LostName, WrongUsage
from .labels import Placer
from .text import device_label, significant, year_of

SUMMARY = "memory to train the paper's models, by part, against the GPU memory of their years; and later ones"
TABLE = "memory_breakdown"

# Column, name, colour, hatch.
PARTS = (("weights_bytes", "weights", style.BLUE, ""), ("optimizer_bytes", "optimizer states", style.ORANGE, "/////"),
         ("activations_bytes", "activations", style.GREEN, "...."))

GIB = 2.0**30
PANEL = 5.2  # cm, a panel's height without the models' names
TURN = 38  # degrees, of the models' names
BARS = 0.76  # of the room of a model, for one bar or for two side by side
NARROWEST = 0.5  # of the room of a model, for one bar
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
    top = style.head(figure, title, handles(models), 3 if width > style.COLUMN else 2)
    heights = [PANEL + names_height(figure, panel) for panel in panels]
    if width > style.COLUMN:
        style.line_up(figure, all_axes, [len(panel) for panel in panels], max(heights), top)
    else:
        style.stack(figure, all_axes, heights, top)
    for axes, panel in zip(all_axes, panels):
        draw_panel(axes, panel)
    return figure


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
    highest = max(model.highest for model in models)
    axes.set_xlim(-0.6, len(models) - 0.4)
    axes.set_ylim(0, 1.2 * highest)
    axes.set_xticks(range(len(models)), [tick_label(model) for model in models], rotation=TURN, ha="right",
                    rotation_mode="anchor", linespacing=1.0)
    axes.tick_params(axis="x", length=0)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
    axes.set_ylabel("Memory to train (GiB)")


def draw_panel(axes, models):
    placer = Placer(axes)
    bars = [(place, parts, paper, model) for place, model in enumerate(models)
            for place, parts, paper in placed(place, model)]
    width = min(BARS / max(len(model.bars) for model in models), NARROWEST)
    for place, parts, paper, _ in bars:
        draw_bar(axes, placer, place, width, parts, paper)
    draw_limits(axes, placer, models)
    for place, parts, paper, model in bars:
        if paper or len(model.bars) == 1:
            label_total(placer, total_text(sum(parts), model), place, width, sum(parts))


def label_total(placer, text, place, width, total):
    """Above its bar; where a limit is in the way, beside the bar's end or within the bar; where there is no room either,
    above the limit."""
    above = placer.label(text, place, total, radius=0.3, leader=False, angles=(90, 75, 60, 105, 120))
    beside = above or placer.label(text, place + 0.5 * width, total, radius=0.3, leader=False, angles=(0, -30, -60))
    if not beside and not placer.label_within(text, place, total):
        label_above(placer, text, place, total)


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


def handles(models):
    papers = [paper for model in models for _, paper in model.bars]
    shown = [Patch(label=name, **look(colour, hatch, all(papers))) for _, name, colour, hatch in PARTS]
    if len(set(papers)) == 2:
        shown.append(Patch(facecolor=style.tint(style.GREY, PAPER_STRENGTH), edgecolor=style.GREY, linewidth=0.3,
                           label="pale: as the paper plots it"))
    return [*shown, Line2D([], [], color=style.BLACK, linewidth=1.1, label="GPU memory of the time")]
