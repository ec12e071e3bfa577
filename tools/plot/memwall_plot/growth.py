"""What the figures of growth share: points over the years by series, logarithmic axes, fits with their rates, names.

Of newer points of a series whose markers would touch, the highest alone has a marker and a name. A name keeps off the lines
of fits and other markers; where it cannot, a longer leader is weighed against a line behind it, which stands back.

The tables are those of `memwall trends --output`: /points (a row a point: series, name, year, value, set, leader) and
/fits (a row a fit: series, points, from, to, rate, low, high, value_from, value_to).
"""

import math
import re

import numpy
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullFormatter

from . import style
from .errors import WrongUsage
from .text import MINUS, device_label, significant, with_prefix

TABLE = "points"

PAPER, CATALOG = "paper", "catalog"

MARKER = 4.2  # pt, of a point that has a name
APART = 5.5  # pt between the centres of markers that one can tell apart
DOT = 1.6  # pt, of one that has none
DASHED = (0, (3.5, 1.8))
YEAR_ROOM = 24  # pt, that the name of a year needs
NAME_ROOM = 50  # pt, at the right for names

SAME_MOMENT = 0.12  # years between two dates of one product
SURPASSES = 1.02  # times the best of its family before: anything less is a variant

class Point:
    def __init__(self, row):
        self.series = str(row["series"])
        self.name = str(row["name"])
        self.year = float(row["year"])
        self.value = float(row["value"])
        self.set = str(row["set"])
        self.group = str(row["group"])
        self.leader = bool(row["leader"])
        self.source = str(row["source"])


class Series:
    """Points of one series: the paper's, and the catalog's."""

    def __init__(self, results, name, since=-math.inf):
        rows = results.estimates.where((results.estimates["series"] == name) & (results.estimates["year"] >= since))
        points = sorted((Point(row) for row in rows.rows()), key=lambda point: (point.year, point.value))
        self.name = name
        self.paper = [point for point in points if point.set == PAPER]
        self.catalog = [point for point in points if point.set == CATALOG]
        self.points = self.paper + self.catalog

    @property
    def end(self):
        """When the paper's points end; before everything where there are none."""
        return max((point.year for point in self.paper), default=-math.inf)

    def newer(self, fit, records=False):
        """What came after the paper's points and is worth a name on a page: of each family the best of a year, where it
        surpasses the family's years before (all families', where `records`) and the fit."""
        chosen, best = [], {}
        for point in self.catalog:
            before = best.get(None if records else point.group, 0.0)
            best[None if records else point.group] = max(before, point.value)
            if (point.leader and point.year > self.end + SAME_MOMENT and point.value > SURPASSES * before
                    and (fit is None or point.value >= fit.at(point.year))):
                chosen.append(point)
        return chosen

    def records(self):
        """Of the paper's points those that surpass all before."""
        chosen, best = [], 0.0
        for point in self.paper:
            if point.value > best:
                chosen.append(point)
                best = point.value
        return chosen

    def highest_of_years(self):
        """What is worth a name in a column: the highest of each calendar year after the paper's points."""
        best = {}
        for point in self.catalog:
            year = math.floor(point.year)
            if year > self.end and (year not in best or point.value > best[year].value):
                best[year] = point
        return list(best.values())


class Fit:
    """A line of /fits, or nothing that can be drawn."""

    def __init__(self, row):
        self.start, self.stop = float(row["from"]), float(row["to"])
        self.rate = float(row["rate"])
        self.values = float(row["value_from"]), float(row["value_to"])

    def after(self, year):
        """The years of the line that are shown where the axis begins with that one."""
        return max(self.start, year), self.stop

    def at(self, year):
        share = (year - self.start) / (self.stop - self.start)
        return math.exp((1 - share) * math.log(self.values[0]) + share * math.log(self.values[1]))


def fit_of(results, series, points):
    """The fit of a series over its points (`paper`, `all`, ...); None where the file has none."""
    fits = results.table("fits")
    found = numpy.flatnonzero((fits["series"] == series) & (fits["points"] == points))
    return Fit(fits.row(found[0])) if len(found) else None


def require(series, what):
    """Refuses a figure without its points."""
    if not any(one.points for one in series):
        raise WrongUsage(f"no point of {what} has been selected")


def rate_text(rate):
    """`3.0x / 2 yr`, `410x / 2 yr`: two digits."""
    return f"{significant(float(f'{rate:.2g}'), 3) if rate >= 10 else f'{rate:.1f}'}\u00d7 / 2 yr"


def new_chart(width, names):
    """A figure and axes with room for so many names: the more, the taller."""
    least, more = (5.5, 0.09) if width > style.COLUMN else (6.5, 0.18)
    return style.new_figure(width, least + more * names)


def set_year_axis(axes, years, before, after):
    """From the first to the last year and so many years more, and room for a name; ticks that do not touch."""
    first, last = min(years), max(years)
    after += NAME_ROOM / (72 * axes.figure.get_figwidth()) * (last - first)
    axes.set_xlim(first - before, last + after)
    room = 0.85 * axes.figure.get_figwidth() * 72 / (last - first + before + after)  # pt a year
    step = next(step for step in (1, 2, 4, 5, 10, 20, 50) if step * room >= YEAR_ROOM)
    begin = step * math.ceil((first - before) / step)
    axes.xaxis.set_major_locator(FixedLocator(range(begin, math.floor(last + 0.4) + 1, step)))
    axes.xaxis.set_minor_locator(FixedLocator(range(math.ceil(first - before), math.floor(last + 0.4) + 1)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0f}"))


def set_limits(axes, values):
    """A logarithmic ordinate with room for names below the lowest and above the highest value."""
    axes.set_yscale("log")
    low, high = math.log10(min(values)), math.log10(max(values))
    room = 0.06 * max(high - low, 1.0)
    axes.set_ylim(10 ** (low - room), 10 ** (high + 1.4 * room))


def set_log_axis(axis, text=None):
    """Decades as powers of ten, or as `text` has them."""
    axis.set_major_locator(LogLocator(10, numticks=30))
    axis.set_minor_locator(LogLocator(10, subs=range(2, 10), numticks=30))
    axis.set_minor_formatter(NullFormatter())
    axis.set_major_formatter(FuncFormatter(lambda value, _: (text or power_text)(value)))


def petaflop_text(value):
    return power_text(value / 1e15)


def count_text(value):
    """`1 M`, `100 B`, `10 T`: as the field counts parameters."""
    for unit, size in (("T", 1e12), ("B", 1e9), ("M", 1e6), ("k", 1e3)):
        if value >= 0.999 * size:
            return f"{value / size:,.0f} {unit}"
    return f"{value:,g}"


def bytes_text(value):
    return with_prefix(value, "B")


def power_text(value):
    """`100`, `10⁶` as mathematics."""
    exponent = round(math.log10(value))
    return f"{value:,g}" if -2 <= exponent <= 3 else f"$10^{{{str(exponent).replace('-', MINUS)}}}$"


def draw_fit(axes, crowd, fit, scale, colour, look="-"):
    """The line of a fit over its years, its values times `scale`. Names keep off it."""
    xs = fit.after(axes.get_xlim()[0])
    ys = [scale * fit.at(x) for x in xs]
    axes.plot(xs, ys, color=colour, linewidth=0.9, linestyle=look, zorder=2,
              solid_capstyle="butt", alpha=0.85)
    crowd.take_line(xs, ys)


def draw_fits(axes, crowd, results, series, scale, colour):
    """The fit over the paper's points solid, that over the catalog's dashed, as far as their points are shown."""
    for points, shown, dashed in (("paper", series.paper, False), ("all", series.catalog, True)):
        fit = fit_of(results, series.name, points)
        if fit and shown:
            draw_fit(axes, crowd, fit, scale, colour, DASHED if dashed else "-")


def rates_text(results, series):
    """`paper 3.0x / 2 yr, catalog 2.7x / 2 yr`: the rates of the fits that are shown."""
    paper, catalog = (fit_of(results, series.name, points) if shown else None
                      for points, shown in (("paper", series.paper), ("all", series.catalog)))
    texts = ([f"paper {rate_text(paper.rate)}"] if paper else []) + ([f"catalog {rate_text(catalog.rate)}"] if catalog else [])
    return ", ".join(texts)


def catalog_handles(width, below=0):
    """What the legend says of the catalog's points, so many of which are below the ordinate."""
    newer = "each family's yearly best above it" if width > style.COLUMN else "the highest of each year"
    return [Line2D([], [], color=style.GREY, linestyle=DASHED, linewidth=0.9, marker="o", markersize=MARKER,
                   markerfacecolor="white", markeredgewidth=0.8,
                   label=f"catalog: fit; since the paper {newer}"),
            Line2D([], [], color=style.LIGHT_GREY, linestyle="none", marker="o", markersize=DOT, markeredgewidth=0,
                   label="other entries of the catalog" + (f" ({below} more below the axis)" if below else ""))]


def draw_points(axes, crowd, points, scale, marker, colour, filled=True, size=MARKER):
    """An open marker hides lines and dots, but no other marker."""
    for point in points:
        y = scale * point.value
        if not filled:
            axes.plot([point.year], [y], marker=marker, markersize=size, linestyle="none", zorder=3.5, color="white",
                      markeredgewidth=0)
        axes.plot([point.year], [y], marker=marker, markersize=size, linestyle="none", zorder=4 if filled else 4.5,
                  markerfacecolor=colour if filled else "none", markeredgecolor="white" if filled else colour,
                  markeredgewidth=0.3 if filled else 0.8)
        crowd.take_marker(point.year, y, size)


class Named:
    """A series with those of its points that have a name: of the paper's all (the records alone, where `sparse`); of the
    newer ones those that `newer` or, in a column, `highest_of_years` chooses and that are not hidden by others."""

    def __init__(self, results, series, width, records=False, sparse=False):
        fit = fit_of(results, series.name, "all")
        self.series = series
        self.paper = series.paper
        self.newer = series.newer(fit, records) if width > style.COLUMN else series.highest_of_years()
        self.named_paper = series.records() if sparse else series.paper

    @property
    def points(self):
        return self.named_paper + self.newer

    @property
    def rest(self):
        return [point for point in self.series.catalog if point not in self.newer]

    def leave_hidden(self, crowd, scale):
        """Leaves to the dots what would touch the marker of a newer point of more, or of the paper's."""
        taken = [crowd.to_pixels(point.year, scale * point.value) for point in self.paper]
        kept = []
        for point in sorted(self.newer, key=lambda point: -point.value):
            place = crowd.to_pixels(point.year, scale * point.value)
            if all(math.dist(place, other) >= APART * crowd.pixel for other in taken):
                taken.append(place)
                kept.append(point)
        self.newer = [point for point in self.newer if point in kept]

    def draw(self, axes, crowd, results, scale, marker, colour, fitted=True):
        """Points, fits and names."""
        self.leave_hidden(crowd, scale)
        draw_dots(axes, crowd, self.rest, scale, colour)
        if fitted:
            draw_fits(axes, crowd, results, self.series, scale, colour)
        draw_points(axes, crowd, self.paper, scale, marker, colour)
        draw_points(axes, crowd, self.newer, scale, marker, colour, filled=False)
        name_points(crowd, self.points, scale, colour)


def name_points(crowd, points, scale, colour):
    for point in points:
        crowd.name(short_name(point), point.year, scale * point.value, MARKER, colour)


def draw_dots(axes, crowd, points, scale, colour):
    """Points without a name: where the rest of the catalog is."""
    crowd.take_dots([(point.year, scale * point.value) for point in points])
    axes.plot([point.year for point in points], [scale * point.value for point in points], marker="o", markersize=DOT,
              linestyle="none", color=style.tint(colour, 0.45), markeredgewidth=0, zorder=1.5)


# What says nothing in a crowd of accelerators: form factors, boards, capacities told apart by nothing else.
NOISE = re.compile(r"\s+(SXM\d?|OAM|HL-\d+\w*|RDU|x16|4x|\d+GB)\b|\s*\([^)]*\)|,.*$|^Data Center GPU |^Infinity Fabric ")


def short_name(point):
    """`H100 SXM5 80GB` is `H100`, `Llama 4 Maverick, text part` is `Llama 4 Maverick`; names of the paper stay."""
    if point.set == PAPER:
        return point.name
    return device_label(NOISE.sub("", device_label(point.name, 60)), 28)
