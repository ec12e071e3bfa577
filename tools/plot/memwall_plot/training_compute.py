"""Operations that training took, over the years: Transformers apart from all other models.

The paper's points are filled, its fits are solid. Open markers are what came after them: of each family the best of a
year that is above the dashed fit over all of the catalog; small dots are its other entries.
"""

from matplotlib.lines import Line2D

from . import growth, style
from .names import Crowd

SUMMARY = "operations of training over the years"
TABLE = growth.TABLE

# Series, name in the legend, marker, colour.
KINDS = (
    ("training_compute", "Transformers", "o", style.BLUE),
    ("other_training_compute", "Vision, speech and others", "^", style.ORANGE),
)



def draw(results, title, width):
    series = [growth.Series(results, name) for name, *_ in KINDS]
    growth.require(series, "training_compute or other_training_compute")
    named = [growth.Named(results, one, width) for one in series]
    figure, axes = growth.new_chart(width, sum(len(one.points) for one in named))
    set_axes(axes, series, named)
    style.fit(figure, axes, style.head(figure, title, handles(axes, results, series, width)))
    crowd = Crowd(axes)
    for (_, _, marker, colour), one in zip(KINDS, named):
        one.draw(axes, crowd, results, 1.0, marker, colour)
    crowd.write()
    return figure


def set_axes(axes, series, named):
    growth.set_limits(axes, [point.value for one in named for point in one.points])
    growth.set_year_axis(axes, [point.year for one in series for point in one.points], 0.4, 0.3)
    growth.set_log_axis(axes.yaxis, growth.petaflop_text)
    axes.set_ylabel("Training compute (PFLOP)")


def handles(axes, results, series, width):
    shown = [Line2D([], [], color=colour, marker=marker, markersize=growth.MARKER, markeredgewidth=0, linewidth=0.9,
                    label=f"{text}: {growth.rates_text(results, one)}")
             for (_, text, marker, colour), one in zip(KINDS, series) if one.points]
    below = sum(point.value < axes.get_ylim()[0] for one in series for point in one.catalog)
    return shown + (growth.catalog_handles(width, below) if any(one.catalog for one in series) else [])
