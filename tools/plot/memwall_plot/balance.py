"""The wall in one picture: how many operations a device needs for each byte that it moves, and how many models offer.

A device stands at its ridge point, peak over bandwidth of its main memory, a thin line up to that of fp8 or fp4 where
it has them; a model at its intensity, of a forward pass and of decoding one token. What is below a device's ridge
point waits for its memory. Named are the devices that were among the fastest when they came and those whose main memory
is on chip, and the models that were far larger, or took far more training, than any before.
"""

from matplotlib.lines import Line2D

from . import growth, style
from .names import Crowd

SUMMARY = "FLOP for each byte: the ridge points of devices and the intensities of models over the years"
TABLE = growth.TABLE

# Series, what the legend says, marker, colour, whether markers are filled.
DEVICES = (
    ("balance", "device: ridge point at 16 to 32 bits", "o", style.VERMILION, True),
    ("balance_on_chip", "device whose main memory is on chip", "D", style.ORANGE, True),
)
MODELS = (
    ("forward_intensity", "model: forward pass", "^", style.BLUE, False),
    ("decode_intensity", "model: decoding, one sequence", "v", style.GREEN, False),
)
NARROW = "balance_any_format"

# Fits over the ridge points: selection, words, line.
FITS = (("all", "all years", "-"), ("all since 2017", "since 2017", growth.DASHED),
        ("all since 2022", "since 2022", (0, (1.2, 1.2))))

# Who has a name: a device whose peak FLOP/s came near the highest until then, and was more than its family's before;
# a model that was a multiple of the largest of its kind until then.
NEAR_THE_HIGHEST = 0.9
MORE_THAN_ITS_FAMILY = 1.15
SIZES = ("training_compute", "other_training_compute", "transformer_parameters")
FAR_LARGER = 2.0

NOTE = "A model below a device's ridge point waits for its memory."


def draw(results, title, width):
    series = {name: growth.Series(results, name) for name, *_ in DEVICES + MODELS}
    growth.require(series.values(), "balance or intensity")
    narrow = growth.Series(results, NARROW).points
    notable = notable_devices(results, series) | notable_models(results)
    named = {name: [point for point in one.points if point.source in notable] for name, one in series.items()}
    figure, axes = growth.new_chart(width, sum(map(len, named.values())))
    set_axes(axes, [point for one in series.values() for point in one.points] + narrow)
    style.fit(figure, axes, style.head(figure, title, handles(results, series, narrow)))

    crowd = Crowd(axes)
    crowd.take(axes.text(0.012, 0.01, NOTE, color=style.GREY, transform=axes.transAxes, fontsize=style.SMALL_SIZE,
                         va="bottom"))
    draw_narrow(axes, crowd, named["balance"], narrow)
    for selection, _, look in FITS:
        fit = growth.fit_of(results, "balance", selection)
        if fit and series["balance"].points:
            growth.draw_fit(axes, crowd, fit, 1.0, style.VERMILION, look)
    for name, _, marker, colour, filled in DEVICES + MODELS:
        rest = [point for point in series[name].points if point not in named[name]]
        growth.draw_dots(axes, crowd, rest, 1.0, colour)
        growth.draw_points(axes, crowd, named[name], 1.0, marker, colour, filled)
        if name != "decode_intensity":  # a model's name stands at its forward pass
            growth.name_points(crowd, named[name], 1.0, colour)
    crowd.write()
    return figure


def set_axes(axes, points):
    growth.set_limits(axes, [point.value for point in points])
    growth.set_year_axis(axes, [point.year for point in points], 0.8, 0.1)
    growth.set_log_axis(axes.yaxis)
    axes.set_ylabel("Operations for each byte (FLOP/B)")


def handles(results, series, narrow):
    shown = [Line2D([], [], linestyle="none", marker=marker, markersize=growth.MARKER,
                    markerfacecolor=colour if filled else "white", markeredgecolor="white" if filled else colour,
                    markeredgewidth=0.3 if filled else 0.8, label=text)
             for name, text, marker, colour, filled in DEVICES + MODELS if series[name].points]
    if narrow:
        shown.append(Line2D([], [], color=style.tint(style.VERMILION, 0.5), linestyle="none", marker="|", markersize=7,
                            markeredgewidth=0.7, label="up to the ridge point at fp8 or fp4"))
    for selection, words, look in FITS:
        fit = growth.fit_of(results, "balance", selection)
        if fit and series["balance"].points:
            shown.append(Line2D([], [], color=style.VERMILION, linewidth=0.9, linestyle=look,
                                label=f"ridge points, {words}: {growth.rate_text(fit.rate)}"))
    return shown


def notable_devices(results, series):
    """Ids of the devices that are worth a name."""
    on_chip = {point.source for point in series["balance_on_chip"].points}
    others = [point for point in growth.Series(results, "peak_flops").catalog if point.source not in on_chip]
    return on_chip | {point.source for point in near_the_highest(others)}


def near_the_highest(peaks):
    """Devices that came near the highest peak of all until their day, that day's included, and were more than those of
    their family that had come so near before."""
    highest, families, found = 0.0, {}, []
    for point in sorted(peaks, key=lambda point: (point.year, -point.value)):
        highest = max(highest, point.value)
        if (point.value >= NEAR_THE_HIGHEST * highest
                and point.value >= MORE_THAN_ITS_FAMILY * families.get(point.group, 0.0)):
            families[point.group] = point.value
            found.append(point)
    return found


def notable_models(results):
    """Ids of the models that were far larger than any of their kind before, of one day the largest."""
    found = set()
    for name in SIZES:
        largest = 0.0
        for point in sorted(growth.Series(results, name).catalog, key=lambda point: (point.year, -point.value)):
            if point.value >= FAR_LARGER * largest:
                found.add(point.source)
            largest = max(largest, point.value)
    return found


def draw_narrow(axes, crowd, points, narrow):
    """A thin line from a device's ridge point to that of its narrowest format."""
    highest = {point.source: point.value for point in narrow}
    for point in points:
        top = highest.get(point.source, 0)
        if top > 1.01 * point.value:
            axes.plot([point.year] * 2, [point.value, top], color=style.tint(style.VERMILION, 0.5), linewidth=0.7,
                      zorder=1, solid_capstyle="butt")
            crowd.take_line([point.year] * 2, [point.value, top])
