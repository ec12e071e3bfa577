"""How peak FLOP/s, DRAM bandwidth and interconnect bandwidth have grown, each from 1 at the first of its points.

The paper's points are filled, its fits are solid lines. Open markers are what came after them: of each family the
best of a year that is above the dashed fit over all of the catalog; small dots are the catalog's other devices.

Every point of the paper has a name; in a column that has the catalog too, only those that surpass all before. Of newer
points whose markers would touch, the highest is shown. A name keeps off the lines of fits where it can, and where it
cannot, they stand back behind it.
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



def draw(results, title, width):
    series = [growth.Series(results, name) for name, _, _, _ in KINDS]
    growth.require(series, "peak_flops, dram_bandwidth or interconnect_bandwidth")
    sparse = width <= style.COLUMN and any(one.catalog for one in series)
    named = [growth.Named(results, one, width, sparse=sparse) for one in series]
    bases = [(one.paper or one.points)[0].value if one.points else 1.0 for one in series]
    figure, axes = growth.new_chart(width, sum(len(one.points) for one in named))
    set_axes(axes, series, bases)
    style.fit(figure, axes, style.head(figure, title, handles(results, series, width)))
    crowd = Crowd(axes)
    for (_, _, marker, colour), one, base in zip(KINDS, named, bases):
        one.draw(axes, crowd, results, 1 / base, marker, colour)
    crowd.write()
    return figure


def set_axes(axes, series, bases):
    values = [point.value / base for one, base in zip(series, bases) for point in one.points]
    growth.set_limits(axes, values)
    growth.set_year_axis(axes, [point.year for one in series for point in one.points], 1, 0.5)
    growth.set_log_axis(axes.yaxis)
    axes.set_ylabel("Growth (first point = 1)")


def handles(results, series, width):
    """The rates of both fits, and what open markers and dots are where there are any."""
    shown = [Line2D([], [], color=colour, marker=marker, markersize=growth.MARKER, markeredgewidth=0, linewidth=0.9,
                    label=f"{text}: {growth.rates_text(results, one)}")
             for (_, text, marker, colour), one in zip(KINDS, series) if one.points]
    return shown + (growth.catalog_handles(width) if any(one.catalog for one in series) else [])
