"""Parameters of models over the years against the memory of accelerators, in parameters that fit at 6 bytes each.

The paper's points are filled, its fits are solid. Open markers are what came after them: of each family of models the
best of a year, of devices what had more memory than any before, that is above the dashed fit over all of the catalog;
small dots are its other entries.
"""

import math

import numpy
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator

from . import growth, style
from .names import Crowd

SUMMARY = "model parameters against accelerator memory over the years"
TABLE = growth.TABLE

BYTES_A_PARAMETER = 6.0  # 16-bit weights and fp32 copies of them, as the paper draws memory

# Series, name in the legend, marker, colour, what a value is in parameters, whether its fit is drawn.
KINDS = (
    ("transformer_parameters", "Transformers", "o", style.BLUE, 1.0, True),
    ("accelerator_memory", "Accelerator memory at 6 B a parameter", "s", style.GREEN, 1 / BYTES_A_PARAMETER, True),
    ("vision_parameters", "Vision", "^", style.PURPLE, 1.0, False),
    ("recommender_parameters", "Recommenders", "D", style.VERMILION, 1.0, False),
)

FIRST_YEAR = 2015.5  # the plots of models and their memory begin with deep networks


def draw(results, title, width):
    series = [growth.Series(results, name, FIRST_YEAR) for name, *_ in KINDS]
    growth.require(series, "models or accelerator memory")
    # Of devices only what had more memory than any before.
    named = [growth.Named(results, one, width, records=one.name == "accelerator_memory") for one in series]
    figure, axes = growth.new_chart(width, sum(len(one.points) for one in named))
    set_axes(axes, series)
    style.fit(figure, axes, style.head(figure, title, handles(results, series, width)))
    crowd = Crowd(axes)
    for (_, _, marker, colour, scale, fitted), one in zip(KINDS, named):
        one.draw(axes, crowd, results, scale, marker, colour, fitted)
    crowd.write()
    return figure


def set_axes(axes, series):
    values = [scale * point.value for (_, _, _, _, scale, _), one in zip(KINDS, series) for point in one.points]
    growth.set_limits(axes, values)
    growth.set_year_axis(axes, [point.year for one in series for point in one.points], 1.2, 0.3)
    growth.set_log_axis(axes.yaxis, growth.count_text)
    axes.set_ylabel("Parameters")
    memory = axes.secondary_yaxis("right", functions=(lambda y: y * BYTES_A_PARAMETER, lambda y: y / BYTES_A_PARAMETER))
    low, high = (math.log10(BYTES_A_PARAMETER * end) for end in axes.get_ylim())
    growth.set_log_axis(memory.yaxis, growth.bytes_text)
    memory.yaxis.set_major_locator(FixedLocator(10.0 ** numpy.arange(math.ceil(low), math.floor(high) + 1)))
    memory.set_ylabel("Memory at 6 bytes a parameter")
    axes.spines["right"].set_visible(False)


def handles(results, series, width):
    shown = []
    for (_, text, marker, colour, _, fitted), one in zip(KINDS, series):
        if one.points:
            rates = growth.rates_text(results, one) if fitted else ""
            shown.append(Line2D([], [], color=colour, marker=marker, markersize=growth.MARKER, markeredgewidth=0,
                                linewidth=0.9, linestyle="-" if rates else "none",
                                label=f"{text}: {rates}" if rates else text))
    return shown + (growth.catalog_handles(width) if any(one.catalog for one in series) else [])
