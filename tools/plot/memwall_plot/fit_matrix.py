"""Which model fits on which device, and by how much.

A row a model, a column a device; a cell says what is left of the device's memory, in bytes and as a share of it, or
what is missing: there, or in the memory of a node that a plan offloads to. Blue cells fit, hatched orange ones do not;
the darker, the farther from the edge. What has more devices than fit beside each other is continued below, in cells
that leave the share out and are lower where none needs a second line.
"""

import math

import numpy
from matplotlib.patches import Rectangle

from . import style
from .data import expect_one
from .text import MINUS, device_label, distinct_names, wrap

SUMMARY = "models against devices: what is left of memory, or missing"

GIB = 2.0**30
ROW, LOW_ROW = 0.72, 0.38  # cm, of a cell of two lines and of one
CELL_EDGE = 2.0  # pt, that stay free beside what a cell says
WIDEST = 1.8
KEY, KEY_HEIGHT = 6.0, 0.55  # cm, what the line below the grid takes
CHOICES = ("phase", "sequence", "recipe", "optimizer", "system")


def draw(results, title, width):
    estimates = results.estimates
    models = ordered(estimates, ("workload", "batch"), "workload_released")
    devices = ordered(estimates, ("device", "devices"), "capacity_bytes")
    names = model_names(estimates, models)
    heads = device_names(estimates, devices)

    node_short = any(node_missing(row)[0] > 0 for row in estimates.rows())
    said = {verdict(row, shares=True)[0] for row in estimates.rows()}
    figure, blocks = grid(names, heads, said, title, width, node_short)
    for axes, block in blocks:
        for column, (device, count) in enumerate(devices[block]):
            for row, (workload, batch) in enumerate(models):
                point = estimates.where((estimates["workload"] == workload) & (estimates["batch"] == batch) &
                                        (estimates["device"] == device) & (estimates["devices"] == count))
                if len(point) > 0:
                    expect_one(point, f"{workload} at batch {batch} on {device}", CHOICES)
                    draw_cell(axes, row, column, point.row(0), shares=len(blocks) == 1)
    return figure


def ordered(estimates, columns, by):
    """Distinct pairs of two columns, in the order of a third."""
    first = {}
    for row in estimates.rows():
        first.setdefault(tuple(row[column] for column in columns), row[by])
    return sorted(first, key=lambda key: (first[key], key))


def model_names(estimates, models):
    """A row's name, with its batch where that is not the same for all."""
    full = dict(zip(estimates["workload"], estimates["workload_name"]))
    short = distinct_names(full.values(), 16)
    several_batches = len({batch for _, batch in models}) > 1
    return [short[str(full[workload])] + (f", b {batch}" if several_batches else "") for workload, batch in models]


def device_names(estimates, devices):
    full = dict(zip(estimates["device"], estimates["device_name"]))
    short = distinct_names(full.values(), 22, device_label)
    return [("" if count == 1 else f"{count}\u00d7 ") + short[str(full[device])] for device, count in devices]


def node_missing(point):
    """What the node's memory lacks for what a plan keeps there, in bytes and as a share of it; 0 where it has room."""
    columns = point.table.columns
    if "node_capacity_bytes" not in columns:  # a file of before there were these columns
        return 0.0, 0.0
    held, capacity = float(point["node_bytes"]), float(point["node_capacity_bytes"])
    return (held - capacity, (held - capacity) / capacity) if held > capacity else (0.0, 0.0)


def grid(names, heads, said, title, width, two_lines=False):
    """Axes with a unit square a cell, wide enough for all that cells say, each with its slice of the devices; cells have
    two lines in any case if asked."""
    figure, first = style.new_figure(width, style.COLUMN)
    first.remove()
    left = max(style.text_width(figure, name) for name in names) / 72 / style.CENTIMETRE + 0.25
    narrowest = (max(style.text_width(figure, text) for text in said) + 2 * CELL_EDGE) / 72 / style.CENTIMETRE
    most = max(1, math.floor((width - left - 0.1) / narrowest))
    parts = numpy.array_split(range(len(heads)), math.ceil(len(heads) / most))
    blocks = [slice(part[0], part[-1] + 1) for part in parts]
    cell = min(WIDEST, (width - left - 0.1) / len(parts[0]))
    room = cell / 2.54 * 72 - 2  # pt
    heads = [wrap(head, lambda line: style.text_width(figure, line) <= room) for head in heads]
    rows_height = (ROW if len(blocks) == 1 or two_lines else LOW_ROW) * len(names)
    heights = [rows_height + 0.3 * max(head.count("\n") + 1 for head in heads[block]) + 0.15 for block in blocks]
    top = style.head(figure, title)
    height = top + sum(heights) + KEY_HEIGHT
    style.set_height(figure, height)
    found, below = [], height - top
    for block, needed in zip(blocks, heights):
        below -= needed
        place = [left / width, (below + 0.08) / height, cell * (block.stop - block.start) / width, rows_height / height]
        found.append((block_axes(figure, place, names, heads[block]), block))
    draw_key(figure.add_axes([0, 0, 1, KEY_HEIGHT / height]), left, width)
    return figure, found


def block_axes(figure, place, names, heads):
    axes = figure.add_axes(place, label=heads[0])
    axes.set_xlim(0, len(heads))
    axes.set_ylim(len(names), 0)
    axes.xaxis.tick_top()
    axes.set_xticks([i + 0.5 for i in range(len(heads))], heads, linespacing=0.95, va="bottom")
    axes.set_yticks([i + 0.5 for i in range(len(names))], names, va="center")
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    return axes


def draw_key(axes, left, width):
    """What the colours mean, below the grid; lengths in cm."""
    axes.set_xlim(0, width)
    axes.set_ylim(0, KEY_HEIGHT)
    axes.axis("off")
    start = max(0.1, min(left, width - KEY))
    for x, fraction, text in ((start, 0.5, "fits: memory left"), (start + 3.1, -0.7, "memory missing")):
        draw_box(axes, x, 0.14, 0.42, 0.3, fraction)
        axes.text(x + 0.52, 0.28, text, fontsize=style.SMALL_SIZE, va="center")


def draw_box(axes, x, y, width, height, fraction):
    """A cell in the colour of the share of memory that is left: negative, what is missing."""
    if fraction >= 0:
        face, hatch, line = style.tint(style.SKY, 0.15 + 0.65 * min(1.0, fraction)), "", "white"
    else:
        strength = 0.2 + 0.5 * min(1.0, -fraction / 4)
        face, hatch, line = style.tint(style.ORANGE, strength), "////", style.tint(style.ORANGE, strength + 0.2)
    axes.add_patch(Rectangle((x, y), width, height, facecolor=face, hatch=hatch, edgecolor=line, linewidth=0))
    axes.add_patch(Rectangle((x, y), width, height, facecolor="none", edgecolor="white", linewidth=1.2))


def draw_cell(axes, row, column, point, shares):
    text, fraction = verdict(point, shares)
    known = not math.isnan(fraction)
    if known:
        draw_box(axes, column, row, 1, 1, fraction)
    axes.text(column + 0.5, row + 0.5, text, ha="center", va="center", fontsize=style.SMALL_SIZE, linespacing=1.05,
              color=style.BLACK if known else style.GREY)


def verdict(point, shares):
    """What a cell says, and the share that its colour is of: negative where the device lacks memory, or else the node."""
    headroom, fraction = float(point["headroom_bytes"]), float(point["headroom_fraction"])
    if math.isnan(fraction):
        return "unknown", fraction
    if bool(point["fits"]):
        return memory_text(headroom) + (f"\n{100 * fraction:.0f} %" if shares else ""), max(fraction, 0.0)
    missing, share = node_missing(point)
    if headroom >= 0:  # then it is the node that lacks memory
        return (f"{MINUS}{memory_text(missing)}" if missing > 0 else "not") + "\nin node", min(-share, -1e-9)
    return f"{MINUS}{memory_text(-headroom)}", min(fraction, -1e-9)


def memory_text(value):
    """Two digits: a cell has room for no more."""
    amount, unit = (value / GIB, "GiB") if value < 1000 * GIB else (value / GIB / 1024, "TiB")
    if amount >= 9.95:
        return f"{amount:,.0f} {unit}"
    return f"{amount:.1f} {unit}" if amount >= 0.095 else f"{amount:.2f} {unit}"
