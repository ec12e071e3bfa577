"""A training step as a chart of what every pipeline stage runs when, from `memwall train --timeline`.

One row a stage, stage 0 on top: passes, what replicas exchange after them and the optimizer in colours and lightness
of their own; white is idle, the bubble. Copies to outer memory and back are thin bars below. What a pass consists of is
for a viewer like Perfetto. Below all, the memory of the first and the last stage over the same time.
"""

import json

import numpy
from matplotlib.collections import PolyCollection
from matplotlib.patches import Patch

from . import style
from .errors import BadFile, WrongUsage

SUMMARY = "what every pipeline stage runs when, from memwall train --timeline"

COMPUTE, LINK, COPY_OUT, COPY_IN = range(4)  # the threads of a stage


class Kind:
    """Events that are drawn alike."""

    def __init__(self, label, colour, hatch=None):
        self.label, self.colour, self.hatch = label, colour, hatch

    def looks(self):
        return {"facecolor": self.colour, "hatch": self.hatch, "edgecolor": style.tint(style.BLACK, 0.5)}


# By category and thread: what lies inside a pass has others.
KINDS = {
    ("forward", COMPUTE): Kind("forward", style.tint(style.SKY, 0.6)),
    ("backward", COMPUTE): Kind("backward", style.darker(style.BLUE)),
    ("weight gradient", COMPUTE): Kind("weight gradients", style.GREEN),
    ("data communication", LINK): Kind("data communication", style.ORANGE, "/////"),
    ("optimizer", COMPUTE): Kind("optimizer", style.PURPLE),
    ("copy", COPY_OUT): Kind("copy out", style.GREY),
    ("copy", COPY_IN): Kind("copy in", style.LIGHT_GREY, "....."),
}
PASSES = ("forward", "backward", "weight gradient")
GIB = 2**30
ROWS_HEIGHT = 5.5  # cm, all stages together
MEMORY_HEIGHT = 3.2  # cm, with the axis


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
        self.spans = {kind: [] for kind in KINDS}
        for event in events:
            kind = event.get("cat"), event.get("tid")
            if event.get("ph") == "X" and kind in KINDS:
                self.spans[kind].append(event)
        self.spans = {kind: spans for kind, spans in self.spans.items() if spans}
        self.memory = [event for event in events if event.get("ph") == "C"]
        if not any(category in PASSES for category, _ in self.spans):
            raise WrongUsage(f"{path}: no forward or backward pass is in it")
        drawn = [span for spans in self.spans.values() for span in spans]
        self.stages = 1 + max(span["pid"] for span in drawn)
        self.end = max(span["ts"] + span["dur"] for span in drawn) / 1e6

    def copies(self):
        return any(category == "copy" for category, _ in self.spans)


def read(path, selection):
    if selection:
        raise WrongUsage("a timeline has no rows to select")
    return Trace(path)


def draw(trace, title, width):
    figure, rows = style.new_figure(width, 10)
    memory = figure.add_axes([0.15, 0.05, 0.8, 0.1], sharex=rows)
    handles = [Patch(label=KINDS[kind].label, linewidth=0.3, **KINDS[kind].looks()) for kind in trace.spans]
    top = style.head(figure, title, handles, columns=legend_columns(len(handles), width))
    draw_rows(rows, trace)
    draw_memory(memory, trace)
    memory.set_xlim(0, trace.end)
    memory.set_xlabel("Time (s)")
    style.stack(figure, [rows, memory], [ROWS_HEIGHT, MEMORY_HEIGHT], top)
    figure.align_ylabels([rows, memory])
    return figure


def legend_columns(entries, width):
    """In which the longest name fits on a line."""
    if width < style.PAGE:
        return min(entries, 2)
    return entries if entries <= 5 else 4


def draw_rows(axes, trace):
    for kind, spans in trace.spans.items():
        low, high = band(kind, trace.copies())
        boxes = [box(span, low, high) for span in spans]
        axes.add_collection(PolyCollection(boxes, linewidths=0.05, label=KINDS[kind].label, **KINDS[kind].looks()))
    axes.set_ylim(trace.stages, 0)
    step = max(1, trace.stages // 8)
    axes.set_yticks(numpy.arange(0, trace.stages, step) + 0.5, [str(stage) for stage in range(0, trace.stages, step)])
    axes.set_ylabel("Stage")
    axes.tick_params(axis="x", labelbottom=False)


def band(kind, copies):
    """From where to where in a stage's row of height 1, from its top, a kind is drawn."""
    _, thread = kind
    if not copies:
        return 0.08, 0.92
    return {COPY_OUT: (0.64, 0.77), COPY_IN: (0.79, 0.92)}.get(thread, (0.08, 0.6))


def box(span, low, high):
    start, end, top = span["ts"] / 1e6, (span["ts"] + span["dur"]) / 1e6, span["pid"]
    return [(start, top + low), (end, top + low), (end, top + high), (start, top + high)]


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
