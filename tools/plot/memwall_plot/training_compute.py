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

HEIGHT = 10.5  # cm


def draw(results, title):
    series = [growth.Series(results, name) for name, *_ in KINDS]
    growth.require(series, "training_compute or other_training_compute")
    figure, axes = style.new_figure(style.PAGE, HEIGHT)
    years = [point.year for one in series for point in one.points]
    values = [point.value for one in series for point in one.points]
    axes.set_yscale("log")
    growth.set_year_axis(axes, min(years) - 0.4, max(years) + 0.3, 1, room=0.9)
    growth.set_log_axis(axes.yaxis, growth.petaflop_text)
    axes.set_ylim(max(min(values) / 3, max(values) / 1e13), max(values) * 8)
    axes.set_ylabel("Training compute (PFLOP)")
    if title:
        axes.set_title(style.fitting_title(figure, title, style.PAGE - 1.5))
    style.fit(figure, axes)
    crowd = Crowd(axes)
    crowd.take(axes.legend(handles=handles(results, series), loc="upper left", handlelength=2.2))
    for (_, _, marker, colour), one in zip(KINDS, series):
        growth.draw_series(axes, crowd, results, one, 1.0, marker, colour)
    crowd.write()
    return figure


def handles(results, series):
    shown = [Line2D([], [], color=colour, marker=marker, markersize=growth.MARKER, markeredgewidth=0, linewidth=0.9,
                    label=f"{text}: {growth.rates_text(results, one)}")
             for (_, text, marker, colour), one in zip(KINDS, series) if one.points]
    if any(one.catalog for one in series):
        shown += growth.catalog_handles()
    return shown
