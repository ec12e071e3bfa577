"""Operations, bytes of main memory and their ratio over sequence lengths: of several models, or of one by operators.

Three panels share the sequence length, below each other in a column and side by side on a page. With several models a
line is a model's total; with one, a class of its operators, and the total.
"""

import math

from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, NullFormatter, ScalarFormatter

from . import style
from .errors import WrongUsage
from .text import distinct_names, with_prefix

SUMMARY = "operations, bytes and intensity over sequence lengths"
TABLE = "case_study"

# Column, axis label, tick text.
PANELS = (
    ("flops", "Operations", lambda value: with_prefix(value, "FLOP")),
    ("bytes", "Main-memory traffic", lambda value: with_prefix(value, "B")),
    ("intensity", "Intensity (FLOP/B)", lambda value: f"{value:,g}"),
)
LINES = ((style.BLUE, "o", "-"), (style.ORANGE, "s", "--"), (style.GREEN, "^", "-."), (style.VERMILION, "D", ":"),
         (style.PURPLE, "v", "-"), (style.SKY, "P", "--"), (style.GREY, "X", "-."))
TOTAL = "total"

PANEL = 3.6  # cm, a panel's height
LEFT, RIGHT, BOTTOM, GAP = 2.0, 0.15, 0.95, 0.35  # cm around and between the panels
BESIDE = 1.75  # cm between panels that stand side by side, for the ticks' texts


def draw(results, title, width):
    series = series_of(results.estimates)
    if len(series) > len(LINES):
        raise WrongUsage(f"{len(series)} lines; choose fewer with --select workload=NAME")
    figure, first = style.new_figure(width, 10)
    first.remove()
    handles = [Line2D([], [], color=colour, marker=marker, linestyle=line, markersize=3, linewidth=1, label=name)
               for name, (colour, marker, line) in looks(series).items()]
    top = style.head(figure, title, handles, 3 if width > style.COLUMN else 2 if len(handles) > 3 else 1) + 0.1
    for place, panel in zip(places(figure, width, top), PANELS):
        axes = figure.add_axes(place)
        draw_panel(axes, panel, series)
        if panel is PANELS[-1] or width > style.COLUMN:
            axes.set_xlabel("Sequence length (tokens)")
        else:
            axes.tick_params(axis="x", labelbottom=False)
    return figure


def places(figure, width, top):
    """Where the panels stand, for which the figure gets its height."""
    count = len(PANELS)
    if width > style.COLUMN:
        height = BOTTOM + 1.1 * PANEL + top
        share = (width - LEFT - RIGHT - BESIDE * (count - 1)) / count
        found = [(LEFT + i * (share + BESIDE), BOTTOM, share, 1.1 * PANEL) for i in range(count)]
    else:
        height = BOTTOM + count * PANEL + (count - 1) * GAP + top
        found = [(LEFT, BOTTOM + (count - 1 - i) * (PANEL + GAP), width - LEFT - RIGHT, PANEL) for i in range(count)]
    style.set_height(figure, height)
    return [(x / width, y / height, w / width, h / height) for x, y, w, h in found]


def looks(series):
    """Colour, marker and line of each."""
    return {name: (style.BLACK if name == TOTAL else colour, marker, line)
            for name, (colour, marker, line) in zip(series, LINES)}


def series_of(rows):
    """Rows by the name of their line, in the order of the file."""
    models = list(dict.fromkeys(zip(rows["workload"], rows["phase"])))
    if len(models) == 1:
        return {str(name): rows.where(rows["operators"] == name) for name in dict.fromkeys(rows["operators"])}
    totals = rows.where(rows["operators"] == TOTAL)
    if len(totals) == 0:
        raise WrongUsage("of several models only totals are drawn, and none has been selected")
    names = distinct_names(totals["workload_name"], 18)
    return {f"{names[str(row['workload_name'])]}, {row['phase']}":
            totals.where((totals["workload"] == row["workload"]) & (totals["phase"] == row["phase"]))
            for row in totals.rows()}


def decades(columns):
    """Limits of the axis: whole decades where the values lie within one, so that it has ticks."""
    values = [float(value) for column in columns for value in column if value > 0]
    low, high = min(values), max(values)
    if high < 10 * low:
        return 10 ** math.floor(math.log10(low)), 10 ** (math.floor(math.log10(high)) + 1)
    return low / 1.5, high * 1.5


def draw_panel(axes, panel, series):
    column, label, tick = panel
    for name, (colour, marker, line) in looks(series).items():
        rows = series[name]
        axes.plot(rows["sequence"], rows[column], line, color=colour, marker=marker, markersize=3, linewidth=1, label=name)
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    lengths = sorted({int(length) for rows in series.values() for length in rows["sequence"]})
    axes.set_xticks(lengths)
    axes.xaxis.set_major_formatter(ScalarFormatter())
    axes.xaxis.set_minor_formatter(NullFormatter())
    if len(lengths) > 4:  # every other one, so that they do not touch
        axes.set_xticks(lengths[::2])
    axes.minorticks_off()
    axes.set_ylim(*decades(rows[column] for rows in series.values()))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: tick(value)))
    axes.set_ylabel(label)
    axes.grid(axis="y", color=style.LIGHT_GREY, linewidth=0.3)
    axes.set_axisbelow(True)
