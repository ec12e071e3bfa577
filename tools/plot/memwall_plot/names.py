"""Names for a crowd of points: every place that a name could have is weighed at once, and names give way to each other.

Where labels.py places a handful of labels one after the other, this places a hundred: places that cover a marker or
leave the axes are ruled out, and choice.py chooses among the others.
"""

import warnings

import numpy

from . import style
from .choice import NOWHERE, Field, best_choice
from .errors import LostName
from .geometry import grown, hits, overlaps
from .labels import GROUND, LEADER, LOOKS, side

GAP = 1.2  # pt, kept free around every text
NEAR = (1.0, 2.5)  # pt between a marker and its name
FAR = (7, 11, 16, 22, 29, 37, 46, 56, 68)  # with a line that joins the two
NEAR_ANGLES = numpy.arange(0, 360, 15)
FAR_ANGLES = numpy.arange(0, 360, 5)

# What a place costs.
LINE_COST = 40.0  # a line that the text covers, one piece of a fit
DOT_COST = 0.4  # a point without a name that the text covers
LEADER_COST = 5.0  # to need a leader
DISTANCE_COST = 0.1  # a pt, and more the farther
STRANGER_COST = 6.0  # to stand close to the marker of another point
STRANGER = 3.0  # pt, what is close
PASSING_COST = 25.0  # of a leader to pass the marker of another point
PASSING = 1.5  # pt, as close as that
EDGE = 2.0  # pt, kept free along the edge of the axes

MOST_PLACES = 250  # that are weighed for a name


class Name:
    """A text for a data point whose marker has the radius (pt)."""

    def __init__(self, text, x, y, radius, colour):
        self.text = text
        self.point = (x, y)
        self.radius = radius
        self.colour = colour


class Crowd:
    """Knows what is on the axes, in pixels: boxes that nothing may cover, lines that texts had better not."""

    def __init__(self, axes):
        self.axes = axes
        self.renderer = axes.figure.canvas.get_renderer()
        self.pixel = axes.figure.dpi / 72  # of a point
        self.boxes = []
        self.segments = []
        self.dots = []
        self.names = []

    def to_pixels(self, x, y):
        return self.axes.transData.transform((x, y))

    def take(self, artist):
        """Nothing may cover this text or legend."""
        box = artist.get_window_extent(self.renderer)
        self.boxes.append((box.x0, box.y0, box.x1, box.y1))

    def take_marker(self, x, y, diameter):
        cx, cy = self.to_pixels(x, y)
        half = 0.5 * diameter * self.pixel
        self.boxes.append((cx - half, cy - half, cx + half, cy + half))

    def take_bar(self, left, bottom, right, top):
        self.boxes.append((*self.to_pixels(left, bottom), *self.to_pixels(right, top)))

    def take_line(self, xs, ys):
        points = [self.to_pixels(x, y) for x, y in zip(xs, ys)]
        self.segments += [(*start, *end) for start, end in zip(points, points[1:])]

    def take_dots(self, points):
        """Points without a name, which texts had better not cover."""
        self.dots += [tuple(self.to_pixels(x, y)) for x, y in points]

    def name(self, text, x, y, diameter, colour):
        """A point to name when all is known."""
        self.names.append(Name(text, x, y, 0.5 * diameter, colour))

    def write(self):
        """Places and writes the names; warns of those for which there is no room, and tells them."""
        if not self.names:
            return []
        with numpy.errstate(divide="ignore", invalid="ignore"):
            field = Field([self.places_of(name) for name in self.names], GAP * self.pixel)
            choice = best_choice(field, self.crowding())
        lost = []
        for index, name in enumerate(self.names):
            if choice.collides(index):
                choice.put(index, NOWHERE)  # others need not mind it any more
                lost.append(name.text)
            else:
                self.draw(name, field, choice.place[index])
        if lost:
            warnings.warn(f"no room for the name of {', '.join(lost)}", LostName, stacklevel=2)
        return lost

    def crowding(self):
        """How many other points are near, by point."""
        centres = numpy.array([self.to_pixels(*name.point) for name in self.names]).reshape(-1, 2)
        reach = 22 * self.pixel
        return numpy.array([numpy.exp(-numpy.hypot(*(centres - centre).T) / reach).sum() for centre in centres])

    def places_of(self, name):
        """Every allowed place of a name."""
        centre = numpy.array(self.to_pixels(*name.point))
        probe = self.axes.annotate(name.text, name.point, xytext=(0, 0), **LOOKS)
        size = probe.get_window_extent(self.renderer)
        probe.remove()
        places = Places(centre, size, name.radius, self.pixel)
        frame = self.axes.bbox
        boxes = places.boxes
        edge = EDGE * self.pixel
        allowed = ((boxes[:, 0] >= frame.x0 + edge) & (boxes[:, 2] <= frame.x1 - edge) &
                   (boxes[:, 1] >= frame.y0 + edge) & (boxes[:, 3] <= frame.y1))
        obstacles = numpy.array(self.boxes).reshape(-1, 4)
        obstacles = obstacles[overlaps(places.span()[None], obstacles)[0]]
        inside = ((obstacles[:, 0] <= centre[0]) & (centre[0] <= obstacles[:, 2]) & (obstacles[:, 1] <= centre[1]) &
                  (centre[1] <= obstacles[:, 3]))
        allowed &= ~overlaps(grown(boxes, GAP * self.pixel), obstacles).any(axis=1)
        allowed &= ~(hits(places.leaders, obstacles[~inside]).any(axis=1) & places.has_leader)
        places.keep(allowed)
        near = hits(places.leaders, grown(obstacles[~inside], PASSING * self.pixel)).any(axis=1)
        places.costs += PASSING_COST * (near & places.has_leader)
        places.costs += STRANGER_COST * overlaps(grown(places.boxes, STRANGER * self.pixel), obstacles[~inside]).any(axis=1)
        if self.segments and len(places.boxes):
            lines = numpy.array(self.segments)
            places.costs += LINE_COST * hits(lines, grown(places.boxes, 1.2 * self.pixel)).sum(axis=0)
        if self.dots and len(places.boxes):
            dots = numpy.array(self.dots)
            places.costs += DOT_COST * overlaps(places.boxes, numpy.hstack([dots, dots])).sum(axis=1)
        places.keep(numpy.argsort(places.costs, kind="stable")[:MOST_PLACES])
        return places

    def draw(self, name, field, place):
        x0, y0, x1, y1 = field.boxes[place]
        centre = self.to_pixels(*name.point)
        offset = ((0.5 * (x0 + x1) - centre[0]) / self.pixel, (0.5 * (y0 + y1) - centre[1]) / self.pixel)
        leader = None
        if field.has_leader[place]:
            end = field.leaders[place, 2:]
            share = ((end[0] - x0) / (x1 - x0), (end[1] - y0) / (y1 - y0))
            leader = dict(LEADER, relpos=share, shrinkB=name.radius)
        self.axes.annotate(name.text, name.point, xytext=offset, color=style.darker(name.colour), zorder=7,
                           arrowprops=leader, bbox=GROUND, **LOOKS)


class Places:
    """Boxes where a name could stand around its marker, the cheapest first, with their leaders and what they cost."""

    def __init__(self, centre, size, radius, pixel):
        angles = numpy.concatenate([numpy.tile(NEAR_ANGLES, len(NEAR)), numpy.tile(FAR_ANGLES, len(FAR))])
        reach = numpy.concatenate([numpy.repeat(NEAR, len(NEAR_ANGLES)), numpy.repeat(FAR, len(FAR_ANGLES))])
        cosine, sine = numpy.cos(numpy.radians(angles)), numpy.sin(numpy.radians(angles))
        sides = numpy.array([(side(c), side(s)) for c, s in zip(cosine, sine)])
        x = centre[0] + cosine * (radius + reach) * pixel + 0.5 * size.width * sides[:, 0]
        y = centre[1] + sine * (radius + reach) * pixel + 0.5 * size.height * sides[:, 1]
        half = 0.5 * numpy.array([size.width, size.height])
        self.boxes = numpy.column_stack([x - half[0], y - half[1], x + half[0], y + half[1]])
        self.has_leader = reach > max(NEAR)
        ends = numpy.clip(numpy.tile(centre, (len(x), 1)), self.boxes[:, :2], self.boxes[:, 2:])
        self.leaders = numpy.column_stack([numpy.tile(centre, (len(x), 1)), ends])
        self.costs = DISTANCE_COST * reach + (reach / 12) ** 2 + LEADER_COST * self.has_leader
        # To the right or left reads best, then above.
        self.costs += numpy.where(self.has_leader, 0, 0.8 * numpy.abs(sine) + 0.3 * (sine < -0.5))
        self.gap = GAP * pixel

    def keep(self, allowed):
        self.boxes, self.leaders = self.boxes[allowed], self.leaders[allowed]
        self.has_leader, self.costs = self.has_leader[allowed], self.costs[allowed]

    def span(self):
        """The rectangle that holds all places with the room around them."""
        if len(self.boxes) == 0:
            return numpy.zeros(4)
        low, high = self.boxes[:, :2].min(axis=0), self.boxes[:, 2:].max(axis=0)
        return numpy.concatenate([low - self.gap, high + self.gap])
