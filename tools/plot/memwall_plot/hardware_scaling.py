"""How peak FLOP/s, DRAM bandwidth and interconnect bandwidth have grown, each from 1 at the first of its points.

The paper's points are filled, its fits are solid lines. Open markers are what came after them: of each family the
best of a year; small dots are the catalog's other devices; dashed lines are the fits over all of the catalog.
"""

from matplotlib.lines import Line2D

from . import growth, style
from .names import Crowd

SUMMARY = "growth of peak FLOP/s, DRAM bandwidth and interconnect bandwidth"
TABLE = growth.TABLE

# Series, name in the legend, marker, colour.
KINDS = (
    ("peak_flops", "Peak FLOP/s", "o", style.VERMILION),
    ("dram_bandwidth", "DRAM bandwidth", "s", style.GREEN),
    ("interconnect_bandwidth", "Interconnect bandwidth", "D", style.BLUE),
)

HEIGHT = 13.5  # cm


def draw(results, title):
    series = [growth.Series(results, name) for name, _, _, _ in KINDS]
    growth.require(series, "peak_flops, dram_bandwidth or interconnect_bandwidth")
    figure, axes = style.new_figure(style.PAGE, HEIGHT)
    bases = [(one.paper or one.points)[0].value if one.points else 1.0 for one in series]
    set_axes(axes, series, bases)
    if title:
        axes.set_title(style.fitting_title(figure, title, style.PAGE - 1.5))
    style.fit(figure, axes)
    crowd = Crowd(axes)
    draw_legend(axes, crowd, results, series)
    for (_, _, marker, colour), one, base in zip(KINDS, series, bases):
        growth.draw_series(axes, crowd, results, one, 1 / base, marker, colour)
    crowd.write()
    return figure


def set_axes(axes, series, bases):
    years = [point.year for one in series for point in one.points]
    values = [point.value / base for one, base in zip(series, bases) for point in one.points]
    axes.set_yscale("log")
    growth.set_year_axis(axes, min(years) - 1, max(years) + 0.6, 2, 2.2 if any(one.catalog for one in series) else 1.5)
    growth.set_log_axis(axes.yaxis)
    axes.set_ylim(min(values) / 4, max(values) * 4)
    axes.set_ylabel("Growth (first point = 1)")


def draw_legend(axes, crowd, results, series):
    """The rates of both fits, and what open markers and dots are where there are any."""
    handles = []
    for (name, text, marker, colour), one in zip(KINDS, series):
        if one.points:
            handles.append(Line2D([], [], color=colour, marker=marker, markersize=growth.MARKER, markeredgewidth=0,
                                  linewidth=0.9, label=f"{text}: {growth.rates_text(results, one)}"))
    if any(one.catalog for one in series):
        handles += growth.catalog_handles()
    crowd.take(axes.legend(handles=handles, loc="upper left", handlelength=2.2))
