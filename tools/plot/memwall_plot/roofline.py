"""Operators under the roof of one or several devices.

Each operator of a point is drawn at its arithmetic intensity and at what it attains (FLOPs over time); the area of
its marker is its share of the point's time, colour and shape tell what bounds it. Operators that would hide each
other are drawn as one. The roof is the lower of memory bandwidth times intensity and of the matrix unit's peak; the
two meet at the ridge. No text lies across a roof. Of several devices the legends stand above the axes, where roofs and
operators of any device leave them alone, and names and shares are the first one's.
"""

import math

import numpy
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from . import style
from .data import expect_one
from .errors import WrongUsage
from .labels import GROUND, Label, Placer
from .text import device_label, distinct_names, operator_name, plain, shorten, share_text, significant, with_prefix

SUMMARY = "operators under the roofs of one workload's devices"

# Shape and colour of a bound; other names (memory levels, networks) take the rest in order of their names.
UNITS = {"matrix": ("o", style.BLUE), "vector": ("^", style.GREEN), "launch": ("X", style.BLACK)}
OTHERS = (("s", style.VERMILION), ("D", style.ORANGE), ("v", style.PURPLE), ("P", style.SKY), ("h", style.YELLOW))

# What tells devices apart, where there are several: the roof's line and how strongly markers are filled.
LINES = ("-", (0, (4, 1.5)), (0, (1.2, 1.2)), (0, (5, 1.2, 1.2, 1.2)))
FILLS = (1.0, 0.0, 0.45, 0.2)

AXES_HEIGHT = 6.9  # cm, with a title

LABELS = 7  # most markers that get a name
LABELLED_SHARE = 0.01  # those of less time get none
LARGEST_DIAMETER = 15  # pt, of an operator that takes all the time
SMALLEST_DIAMETER = 2.2
HIDDEN_WITHIN = 3.0  # pt between the centres of markers that are drawn as one

GUIDE_COST = 0.3  # that a label pays for covering a piece of a grey line

PASSES = {"forward": "fwd", "backward": "bwd", "optimizer": "opt", "recompute": "rec"}


def draw(results, title, width):
    points = chosen_points(results)
    names = distinct_names([row["device_name"] for row in points], 22, device_label)
    machines = [Machine(results, row, i, names) for i, row in enumerate(points)]
    bounds = bound_styles(machines)
    limits = Limits(machines)

    several = len(machines) > 1
    figure, axes = style.new_figure(width, AXES_HEIGHT)
    set_axes(axes, limits)
    title = default_title(points, machines) if title is None else title
    top = style.EDGE
    if several:
        top = draw_heads(figure, title, machines, bounds)
        style.set_height(figure, AXES_HEIGHT + top)
    else:
        axes.set_title(style.fitting_title(figure, title, width - 1.5))
    style.fit(figure, axes, top)

    placer = Placer(axes)
    for machine in machines:
        draw_roof(axes, placer, machine, limits, several)
    if not several:
        placer.take(axes.legend(handles=bound_handles(bounds), loc="upper left", handlelength=1.0))
    groups = [grouped(machine, placer) for machine in machines]
    for machine, group in zip(machines, groups):
        draw_markers(axes, placer, machine, group, bounds)
    note_unseen(axes, placer, machines)
    if not several:
        label_roof(placer, machines[0], limits)
    label_markers(placer, groups[0], bounds)
    return figure


def chosen_points(results):
    """A point a device, all of one workload; the device with the highest roof first."""
    estimates = results.estimates
    names = numpy.unique(estimates["workload_name"])
    if len(names) > 1:
        raise WrongUsage("a roofline shows one workload; choose with --select workload=" +
                         " or ".join(numpy.unique(estimates["workload"])[:12]))
    rows = []
    for device in dict.fromkeys(estimates["device"]):
        of_device = estimates.where(estimates["device"] == device)
        expect_one(of_device, f"{names[0]} on {device}")
        rows.append(of_device.row(0))
    if len(rows) > len(LINES):
        raise WrongUsage(f"a roofline shows at most {len(LINES)} devices; choose with --select device=" +
                         " or ".join(row["device"] for row in rows))
    return sorted(rows, key=lambda row: -results.device(row["device"], row["recipe"])["peak_matrix_flops"])


class Machine:
    """A device with the operators that ran on it."""

    def __init__(self, results, point, order, names):
        device = results.device(point["device"], point["recipe"])
        self.name = names[str(point["device_name"])]
        self.line = LINES[order]
        self.fill = FILLS[order]
        self.bandwidth = device["memory_bandwidth"]
        self.vector_peak = device["peak_vector_flops"]
        self.vector_format = device["peak_vector_format"]
        has_matrix = device["peak_matrix_flops"] > 0
        self.peak = device["peak_matrix_flops"] if has_matrix else self.vector_peak
        self.format = device["peak_matrix_format"] if has_matrix else self.vector_format
        self.ridge = device["ridge"] if has_matrix else self.peak / self.bandwidth
        if not (self.peak > 0 and self.bandwidth > 0):
            raise WrongUsage(f"{point['device']} has no roof: its bandwidth or peak is not known")
        operators = results.operators_of(point["point"])
        if len(operators) == 0:
            raise WrongUsage(f"{results.path}: /operators has nothing of point {point['point']}")
        seen = (operators["flops"] > 0) & (operators["time_s"] > 0) & (operators["bytes"] > 0)
        self.operators = operators.where(seen)
        self.unseen = operators.where(~seen)
        self.intensity = self.operators["intensity"]
        self.attained = self.operators["flops"] / self.operators["time_s"]
        self.share = self.operators["share"]
        self.bound = self.operators["bound"]
        self.has_vector_roof = 0 < self.vector_peak < self.peak

    def figures(self):
        """Name, peak, bandwidth and ridge for a legend."""
        return (f"{self.name}: {with_prefix(self.peak, 'FLOP/s')}, {with_prefix(self.bandwidth, 'B/s')}, "
                f"ridge {significant(self.ridge)}")


class Limits:
    """The frame: all operators and every ridge, with room for names."""

    def __init__(self, machines):
        intensity = numpy.concatenate([machine.intensity for machine in machines])
        attained = numpy.concatenate([machine.attained for machine in machines])
        ridges = [machine.ridge for machine in machines]
        highest = max(machine.peak for machine in machines)
        self.right = max([*(15 * ridge for ridge in ridges), *(4 * intensity)])
        self.left = min([*(0.1 * ridge for ridge in ridges), *intensity]) / 2.5
        self.top = 4 * highest
        slopes = [3 * machine.bandwidth * self.left for machine in machines]
        self.bottom = max(min([*attained, *slopes]) / 3, self.top / 1e8)
        self.scale, self.unit = next((pair for pair in ((1e15, "PFLOP/s"), (1e12, "TFLOP/s"), (1e9, "GFLOP/s"))
                                      if highest >= 2 * pair[0]), (1e6, "MFLOP/s"))


def set_axes(axes, limits):
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(limits.left, limits.right)
    axes.set_ylim(limits.bottom, limits.top)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(LogLocator(10, numticks=20))
        axis.set_minor_locator(LogLocator(10, subs=range(2, 10), numticks=20))
        axis.set_minor_formatter(NullFormatter())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: plain(value)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: plain(value / limits.scale)))
    axes.set_xlabel("Arithmetic intensity (FLOP/B)")
    axes.set_ylabel(f"Performance ({limits.unit})")


def default_title(points, machines):
    first = points[0]
    text = f"{shorten(str(first['workload_name']), 26)}, {first['phase']}, batch {first['batch']}"
    return f"{text}, {machines[0].name}" if len(machines) == 1 else text


def bound_styles(machines):
    """Marker and colour of every bound that occurs."""
    found = {str(bound) for machine in machines for bound in machine.bound}
    others = iter(OTHERS)
    return {bound: UNITS.get(bound) or next(others, ("*", style.GREY)) for bound in sorted(found, key=units_first)}


def units_first(bound):
    return (list(UNITS).index(bound) if bound in UNITS else len(UNITS), bound)


def bound_handles(bounds):
    """What bounds, and how long."""
    handles = [Line2D([], [], linestyle="none", marker=marker, color=colour, markersize=4, markeredgewidth=0,
                      label=f"{bound}-bound") for bound, (marker, colour) in bounds.items()]
    return handles + [Line2D([], [], linestyle="none", marker="o", color=style.LIGHT_GREY, markeredgewidth=0,
                             markersize=LARGEST_DIAMETER * math.sqrt(share), label=f"{share_text(share)} of the time")
                      for share in (0.02, 0.2)]


def draw_heads(figure, title, machines, bounds):
    """Title, devices with their figures, and bounds, above the axes; the room that they take, in cm."""
    devices = [Line2D([], [], color=style.BLACK, linestyle=machine.line, linewidth=1.0, marker="o", markersize=4,
                      markerfacecolor=style.tint(style.GREY, machine.fill), markeredgecolor=style.GREY,
                      markeredgewidth=0.6, label=machine.figures()) for machine in machines]
    top = style.head(figure, title, devices, letters=3.6)
    return style.head(figure, "", bound_handles(bounds), 6 if figure.get_figwidth() > 1.1 * style.COLUMN * style.CENTIMETRE
                      else 2, top)


def draw_roof(axes, placer, machine, limits, several):
    xs = [limits.left / 2, machine.ridge, limits.right * 2]
    ys = [machine.bandwidth * xs[0], machine.peak, machine.peak]
    axes.plot(xs, ys, color=style.BLACK, linewidth=1.0, linestyle=machine.line, zorder=2)
    placer.take_line(xs, ys)
    if machine.has_vector_roof and (not several or "vector" in machine.bound):
        xs = [machine.vector_peak / machine.bandwidth, limits.right * 2]
        ys = [machine.vector_peak] * 2
        axes.plot(xs, ys, color=style.GREY, linewidth=0.7, linestyle=(0, (2.5, 1.5)), zorder=1.5)
        placer.take_guide(xs, ys, GUIDE_COST)
    if not several:
        axes.plot([machine.ridge] * 2, [limits.bottom, machine.peak], color=style.LIGHT_GREY, linewidth=0.6, zorder=1)
        placer.take_guide([machine.ridge] * 2, [limits.bottom, machine.peak], GUIDE_COST)
    axes.plot([machine.ridge], [machine.peak], marker="o", markersize=3, color=style.BLACK, zorder=6)
    placer.take_marker(machine.ridge, machine.peak, 3)


class Group:
    """Operators that are drawn as one marker, at their mean weighted by time."""

    def __init__(self, machine, members):
        share = numpy.maximum(machine.share[members], 1e-12)
        self.machine = machine
        self.members = members
        self.share = float(machine.share[members].sum())
        self.bound = str(machine.bound[members[0]])
        self.x = float(numpy.exp(numpy.average(numpy.log(machine.intensity[members]), weights=share)))
        self.y = float(numpy.exp(numpy.average(numpy.log(machine.attained[members]), weights=share)))
        self.diameter = max(SMALLEST_DIAMETER, LARGEST_DIAMETER * math.sqrt(self.share))

    def text(self):
        """`ffn.up`, `+3 more, 41 %`: the operator with most time, how many others, their share together. The pass
        is told where others are elsewhere."""
        operators = self.machine.operators
        names = list(dict.fromkeys(operator_name(str(operators["name"][i])) for i in self.members))
        more = f"+{len(names) - 1} more, " if len(names) > 1 else ""
        passes = numpy.unique(operators["pass"][self.members])
        if len(passes) == 1 and len(numpy.unique(operators["pass"])) > 1:
            names[0] += f" {PASSES.get(str(passes[0]), str(passes[0]))}"
        return f"{names[0]}\n{more}{share_text(self.share)}"


def grouped(machine, placer):
    """The machine's operators in groups, most time first: each joins the first group whose leading operator is as
    good as under it and bound by the same."""
    centres = [placer.to_pixels(x, y) for x, y in zip(machine.intensity, machine.attained)]
    members = []
    for i in numpy.argsort(-machine.share, kind="stable"):
        for group in members:
            if (machine.bound[i] == machine.bound[group[0]] and
                    math.dist(centres[i], centres[group[0]]) <= HIDDEN_WITHIN * placer.pixel):
                group.append(i)
                break
        else:
            members.append([i])
    return sorted((Group(machine, group) for group in members), key=lambda group: -group.share)


def draw_markers(axes, placer, machine, groups, bounds):
    filled = machine.fill == 1
    for group in groups:
        marker, colour = bounds[group.bound]
        axes.plot([group.x], [group.y], marker=marker, markersize=group.diameter, zorder=4, linestyle="none",
                  markerfacecolor=style.tint(colour, machine.fill), markeredgewidth=0.4 if filled else 0.8,
                  markeredgecolor="white" if filled else colour)
        placer.take_marker(group.x, group.y, group.diameter)


def label_roof(placer, machine, limits):
    """Ridge, peaks and bandwidth of a single device; of several the legend tells them."""
    ridge = (machine.ridge, machine.peak)
    placer.label(f"ridge {significant(machine.ridge)}", *ridge, radius=1.5, color=style.BLACK,
                 angles=(135, 150, 120, 105, 90, 165, 75))
    placer.along(f"{with_prefix(machine.peak, 'FLOP/s')} {machine.format}", ridge, (limits.right, machine.peak),
                 steps(0.6), color=style.BLACK)
    low = max(limits.left, limits.bottom / machine.bandwidth)
    placer.along(with_prefix(machine.bandwidth, "B/s"), (low, machine.bandwidth * low), ridge, steps(0.4),
                 lifts=(1.2, -1.2), color=style.BLACK)
    if machine.has_vector_roof:
        start = (machine.vector_peak / machine.bandwidth, machine.vector_peak)
        placer.along(f"{with_prefix(machine.vector_peak, 'FLOP/s')} {machine.vector_format} vector", start,
                     (limits.right, machine.vector_peak), steps(0.75), lifts=(1.2, -1.2, 5, -5, 9), color=style.GREY)


def steps(first):
    """Shares of a line to try: the first, then ever farther from it."""
    count = 32
    return sorted((i / count for i in range(1, count)), key=lambda share: abs(share - first))


def label_markers(placer, groups, bounds):
    """Names and shares of those with most time."""
    placer.label_all([Label(group.text(), group.x, group.y, radius=0.5 * group.diameter, weight=group.share,
                            color=style.darker(bounds[group.bound][1]), zorder=7)
                      for group in groups[:LABELS] if group.share >= LABELLED_SHARE])


def note_unseen(axes, placer, machines):
    """Operators without FLOPs have no place on logarithmic axes: their share is told instead. Of several devices, whose
    shares are told."""
    share = float(machines[0].unseen["share"].sum())
    lines = [f"shares on {machines[0].name}"] if len(machines) > 1 else []
    if share >= 0.0005:
        lines.append(f"not shown: without FLOPs, {share_text(share)}")
    if lines:
        placer.take(axes.text(0.99, 0.015, "\n".join(lines), transform=axes.transAxes, ha="right", va="bottom",
                              fontsize=style.SMALL_SIZE, color=style.GREY, linespacing=1.1, zorder=7,
                              bbox=dict(GROUND)))
