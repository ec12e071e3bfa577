"""How every figure looks: sizes for print, colours that colour-blind readers can tell apart, equal output for
equal input."""

import os

import matplotlib
import numpy

matplotlib.use("Agg")

from matplotlib import pyplot  # noqa: E402  the backend comes first
from matplotlib.transforms import ScaledTranslation  # noqa: E402

from .errors import BadFile  # noqa: E402
from .text import wrap  # noqa: E402

FORMATS = (".png", ".svg", ".pdf")

CENTIMETRE = 1 / 2.54  # inches
COLUMN = 8.5  # cm, a column of a two-column page
PAGE = 17.8  # cm, both columns
WIDTHS = {"column": COLUMN, "page": PAGE}
EDGE = 0.06  # cm, what stays free along the edge of a figure

TEXT_SIZE = 7.0  # pt at final size
SMALL_SIZE = 6.5  # pt, the smallest that is used

# Okabe and Ito, "Color Universal Design", 2008.
BLACK = "#000000"
ORANGE = "#E69F00"
SKY = "#56B4E9"
GREEN = "#009E73"
YELLOW = "#F0E442"
BLUE = "#0072B2"
VERMILION = "#D55E00"
PURPLE = "#CC79A7"
GREY = "#6b6b6b"
LIGHT_GREY = "#c8c8c8"


def apply():
    matplotlib.rcParams.update({
        "font.family": "DejaVu Sans",
        "font.size": TEXT_SIZE,
        "axes.titlesize": TEXT_SIZE,
        "axes.labelsize": TEXT_SIZE,
        "xtick.labelsize": SMALL_SIZE,
        "ytick.labelsize": SMALL_SIZE,
        "legend.fontsize": SMALL_SIZE,
        "mathtext.fontset": "dejavusans",
        "axes.linewidth": 0.6,
        "axes.titlelocation": "left",
        "axes.titlepad": 4,
        "axes.labelpad": 2.5,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "xtick.major.width": 0.6,
        "ytick.major.width": 0.6,
        "xtick.minor.width": 0.4,
        "ytick.minor.width": 0.4,
        "xtick.major.size": 2.5,
        "ytick.major.size": 2.5,
        "xtick.minor.size": 1.5,
        "ytick.minor.size": 1.5,
        "xtick.major.pad": 2,
        "ytick.major.pad": 2,
        "hatch.linewidth": 0.5,
        "legend.frameon": False,
        "legend.handlelength": 1.4,
        "legend.handletextpad": 0.5,
        "legend.columnspacing": 1.0,
        "legend.labelspacing": 0.3,
        "legend.borderaxespad": 0.2,
        "text.hinting": "none",  # text is as wide in every format, so that labels stay where they were put
        "figure.dpi": 100,
        "savefig.dpi": 600,
        "pdf.fonttype": 42,  # TrueType outlines are embedded, and text can be searched
        "svg.fonttype": "path",
        "svg.hashsalt": "memwall",
    })


def new_figure(width, height):
    """A figure with one pair of axes; lengths in cm. `fit` gives the axes their room once they are labelled."""
    figure = pyplot.figure(figsize=(width * CENTIMETRE, height * CENTIMETRE))
    return figure, figure.add_axes([0.15, 0.15, 0.8, 0.8])


def set_height(figure, height):
    """In cm."""
    figure.set_figheight(height * CENTIMETRE)


def fit(figure, axes, top=EDGE, bottom=EDGE, left=EDGE, right=EDGE):
    """Moves the axes' edges so that ticks, names, title and legend are so many cm from the figure's edges, and no room
    is left unused."""
    inner = (left, bottom, figure.get_figwidth() / CENTIMETRE - right, figure.get_figheight() / CENTIMETRE - top)
    x0, y0, x1, y1 = (edge * CENTIMETRE * figure.dpi for edge in inner)
    for _ in range(3):  # ticks may change with the axes' size
        whole = figure.bbox
        used = axes.get_tightbbox(figure.canvas.get_renderer())
        place = axes.get_position()
        low = place.x0 + (x0 - used.x0) / whole.width, place.y0 + (y0 - used.y0) / whole.height
        high = place.x1 + (x1 - used.x1) / whole.width, place.y1 + (y1 - used.y1) / whole.height
        axes.set_position([*low, max(high[0] - low[0], 0.01), max(high[1] - low[1], 0.01)])


def stack(figure, rows, heights, top):
    """Fits axes below each other, so many cm high with their names, and the figure to them."""
    set_height(figure, top + sum(heights) + EDGE)
    below = sum(heights)
    for axes, height in zip(rows, heights):
        below -= height
        fit(figure, axes, figure.get_figheight() / CENTIMETRE - below - height, below + EDGE)
    places = [axes.get_position() for axes in rows]
    left, right = max(place.x0 for place in places), min(place.x1 for place in places)
    for axes, place in zip(rows, places):
        axes.set_position([left, place.y0, right - left, place.height])


def line_up(figure, panels, shares, height, top):
    """Fits axes of one height (cm, with their names) beside each other, in these shares of the width."""
    set_height(figure, top + height + EDGE)
    width, left = figure.get_figwidth() / CENTIMETRE, EDGE
    for axes, share in zip(panels, shares):
        own = share / sum(shares) * (width - EDGE)
        fit(figure, axes, top, left=left, right=width - left - own + EDGE)
        left += own


def head(figure, title, handles=(), columns=None, used=EDGE, letters=2.2):
    """Writes the title and below it the legend (in one column, on a page two) at the top of a figure, below what is
    used already, where they stay whatever its height becomes; the room that is used then, in cm. Lines in the legend
    are so many letters long."""
    width = figure.get_figwidth() / CENTIMETRE
    columns = columns or (2 if width > COLUMN + EDGE else 1)
    renderer = figure.canvas.get_renderer()
    if title:
        text = figure.text(0, 1, fitting_title(figure, title, width - 2 * EDGE), fontsize=TEXT_SIZE, va="top",
                           transform=from_top_left(figure, EDGE, used))
        used += text.get_window_extent(renderer).height / figure.dpi / CENTIMETRE + 0.12
    if handles:
        room = (width - 2 * EDGE) / columns - 0.5 - 0.23 * letters  # what is left of the line or marker
        for handle in handles:
            handle.set_label(fitting_title(figure, handle.get_label(), room, SMALL_SIZE))
        legend = figure.legend(handles=handles, loc="upper left", bbox_to_anchor=(0, 1), ncols=columns,
                               bbox_transform=from_top_left(figure, EDGE, used), borderaxespad=0, borderpad=0,
                               handlelength=letters)
        used += legend.get_window_extent(renderer).height / figure.dpi / CENTIMETRE + 0.12
    return used


def from_top_left(figure, x, y):
    """The transform that puts (0, 1) so many cm from the top left corner of a figure."""
    return figure.transFigure + ScaledTranslation(x * CENTIMETRE, -y * CENTIMETRE, figure.dpi_scale_trans)


def text_width(figure, text, size=SMALL_SIZE):
    """In pt, of the longest line."""
    probe = figure.text(0, 0, text, fontsize=size)
    width = probe.get_window_extent(figure.canvas.get_renderer()).width
    probe.remove()
    return width * 72 / figure.dpi


def fitting_title(figure, text, room, size=TEXT_SIZE):
    """The text in lines of at most so many cm, as few as can be and then as equal: no word is left alone."""
    most = room * CENTIMETRE * 72
    found = wrap(text, lambda line: text_width(figure, line, size) <= most)
    lines = found.count("\n")
    for share in (numpy.linspace(0.95, 0.5, 10) if lines else ()):
        narrower = wrap(text, lambda line: text_width(figure, line, size) <= share * most)
        if narrower.count("\n") > lines:
            break
        found = narrower
    return found


def save(figure, path):
    """Writes the figure, whole or not at all, without a date or the library's version: equal figures are equal
    files."""
    metadata = {".png": {"Software": None}, ".svg": {"Date": None, "Creator": None},
                ".pdf": {"CreationDate": None, "Creator": "memwall", "Producer": None}}[path.suffix]
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        figure.savefig(temporary, format=path.suffix[1:], metadata=metadata)
        os.replace(temporary, path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise BadFile(f"{path}: {os.strerror(error.errno) if error.errno else error}") from error
    finally:
        pyplot.close(figure)


def darker(colour):
    """The colour dark enough for small text on white."""
    return tuple(0.72 * part for part in matplotlib.colors.to_rgb(colour))


def tint(colour, strength):
    """The colour mixed with white: 1 is the colour, 0 is white."""
    red, green, blue = matplotlib.colors.to_rgb(colour)
    return tuple(1 - strength * (1 - part) for part in (red, green, blue))
