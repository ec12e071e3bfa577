"""A training step as a chart of what every pipeline stage runs when, from `memwall train --timeline`.

One row a stage, stage 0 on top: forward passes, backward passes and weight gradients in colours (and lightness) of
their own; white is idle, the bubble. Below, the memory of the first and the last stage over the same time.
"""

import json

import numpy
from matplotlib.collections import PolyCollection

from . import style
from .errors import BadFile, WrongUsage

SUMMARY = "what every pipeline stage runs when, from memwall train --timeline"

KINDS = {"forward": ("forward", style.SKY), "backward": ("backward", style.BLUE), "weight": ("weight gradients", style.GREEN)}
GIB = 2**30
ROWS_HEIGHT = 5.0  # cm, all stages together
MEMORY_HEIGHT = 2.2  # cm
LEFT, RIGHT, BOTTOM, GAP, TOP = 1.25, 0.15, 0.95, 0.5, 0.45  # cm


class Trace:
    """The events of a trace file that are drawn, times in seconds."""

    def __init__(self, path):
        try:
            events = json.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise BadFile(f"{path}: {error.strerror}") from error
        except ValueError as error:
            raise BadFile(f"{path}: this is no JSON; memwall train --timeline writes it") from error
        events = events.get("traceEvents", []) if isinstance(events, dict) else events
        self.spans = [event for event in events if event.get("ph") == "X" and event.get("cat") in KINDS]
        self.memory = [event for event in events if event.get("ph") == "C"]
        if not self.spans:
            raise WrongUsage(f"{path}: no forward or backward pass is in it")
        self.stages = 1 + max(span["pid"] for span in self.spans)
        self.end = max(span["ts"] + span["dur"] for span in self.spans) / 1e6


def read(path, selection):
    if selection:
        raise WrongUsage("a timeline has no rows to select")
    return Trace(path)


def draw(trace, title, width):
    figure, first = style.new_figure(width, 10)
    first.remove()
    top = style.head(figure, title) + TOP
    height = BOTTOM + MEMORY_HEIGHT + GAP + ROWS_HEIGHT + top
    style.set_height(figure, height)
    left, share = LEFT / width, (width - LEFT - RIGHT) / width
    rows = figure.add_axes([left, (BOTTOM + MEMORY_HEIGHT + GAP) / height, share, ROWS_HEIGHT / height])
    memory = figure.add_axes([left, BOTTOM / height, share, MEMORY_HEIGHT / height], sharex=rows)
    draw_rows(rows, trace)
    draw_memory(memory, trace)
    memory.set_xlim(0, trace.end)
    memory.set_xlabel("Time (s)")
    return figure


def draw_rows(axes, trace):
    for kind, (label, colour) in KINDS.items():
        boxes = [box(span) for span in trace.spans if span["cat"] == kind]
        if boxes:
            axes.add_collection(PolyCollection(boxes, facecolors=colour, edgecolors=style.tint(style.BLACK, 0.5),
                                               linewidths=0.05, label=label))
    axes.set_ylim(trace.stages, 0)
    step = max(1, trace.stages // 8)
    axes.set_yticks(numpy.arange(0, trace.stages, step) + 0.5, [str(stage) for stage in range(0, trace.stages, step)])
    axes.set_ylabel("Stage")
    axes.tick_params(axis="x", labelbottom=False)
    axes.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncol=3)


def box(span):
    start, end, top = span["ts"] / 1e6, (span["ts"] + span["dur"]) / 1e6, span["pid"]
    return [(start, top + 0.08), (end, top + 0.08), (end, top + 0.92), (start, top + 0.92)]


def draw_memory(axes, trace):
    lines = [(0, style.VERMILION, "-"), (trace.stages - 1, style.BLACK, "--")]
    for stage, colour, line in lines[:1] if trace.stages == 1 else lines:
        own = [event for event in trace.memory if event["pid"] == stage]
        if not own:
            continue
        times = [event["ts"] / 1e6 for event in own] + [trace.end]
        totals = [sum(event["args"].values()) / GIB for event in own]
        axes.step(times, totals + totals[-1:], where="post", color=colour, linestyle=line, linewidth=0.8,
                  label=f"stage {stage}")
    axes.set_ylim(bottom=0)
    axes.set_ylabel("Memory (GiB)")
    if axes.get_legend_handles_labels()[0]:
        axes.set_ylim(top=1.35 * axes.get_ylim()[1])
        axes.legend(loc="upper right", ncol=2, handlelength=2.2)
