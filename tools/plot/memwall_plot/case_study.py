"""Operations, bytes of main memory and their ratio over sequence lengths: of several models, or of one by operators.

Three panels share the sequence length. With several models a line is a model's total; with one, a class of its
operators, and the total.
"""

import math

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

HEIGHT = 5.6  # cm
LEFT, RIGHT, BOTTOM, TOP, GAP = 2.0, 0.15, 0.95, 0.75, 1.75  # cm around and between the panels
TITLE = 0.4  # cm, more above where there is a title


def draw(results, title):
    series = series_of(results.estimates)
    if len(series) > len(LINES):
        raise WrongUsage(f"{len(series)} lines; choose fewer with --select workload=NAME")
    figure, first = style.new_figure(style.PAGE, HEIGHT)
    first.remove()
    more = TITLE if title else 0
    width = (style.PAGE - LEFT - RIGHT - GAP * (len(PANELS) - 1)) / len(PANELS)
    for index, panel in enumerate(PANELS):
        axes = figure.add_axes([(LEFT + index * (width + GAP)) / style.PAGE, BOTTOM / HEIGHT, width / style.PAGE,
                                (HEIGHT - BOTTOM - TOP - more) / HEIGHT])
        draw_panel(axes, panel, series)
    handles, names = figure.axes[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="upper center", ncols=len(names), handlelength=2.6,
                  bbox_to_anchor=(0.5, 1 - (0.1 + more) / HEIGHT))
    if title:
        figure.text(0.06 / style.PAGE, 1 - 0.1 / HEIGHT, title, fontsize=style.TEXT_SIZE, va="top")
    return figure


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
    for (name, rows), (colour, marker, line) in zip(series.items(), LINES):
        axes.plot(rows["sequence"], rows[column], line, color=style.BLACK if name == TOTAL else colour, marker=marker,
                  markersize=3, linewidth=1, label=name)
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
    axes.set_xlabel("Sequence length (tokens)")
    axes.set_ylabel(label)
    axes.grid(axis="y", color=style.LIGHT_GREY, linewidth=0.3)
    axes.set_axisbelow(True)
