"""Names for a crowd of points: every place that a name could have is weighed at once, and names give way to each other.

Where labels.py places a handful of labels one after the other, this places a hundred: places that cover a marker or
leave the axes are ruled out, then each name in turn moves to where it costs least, given where the others are, until
none moves any more. Then dear names are kicked to a place that they would like and their neighbours make room, which
stays where it costs less in all. Equal input gives equal places.
"""

import math
import warnings

import numpy

from . import style
from .errors import LostName
from .labels import LEADER, LOOKS, side

GAP = 1.2  # pt, kept free around every text
NEAR = (1.0, 2.5)  # pt between a marker and its name
FAR = (7, 11, 16, 22, 29, 37, 46, 56, 68, 82, 98)  # with a line that joins the two
NEAR_ANGLES = numpy.arange(0, 360, 15)
FAR_ANGLES = numpy.arange(0, 360, 10)

# What a place costs.
LINE_COST = 25.0  # a line that the text covers, one piece of a fit
DOT_COST = 1.5  # a point without a name that the text covers
LEADER_COST = 5.0  # to need a leader
DISTANCE_COST = 0.1  # a pt, and more the farther
COLLISION = 1000.0  # two texts, or a text and a leader
CROSSING = 60.0  # two leaders

MOST_PLACES = 200  # that are weighed for a name
SWEEPS = 12  # most turns of all names
KICKS = 250
WISHES = 4.0  # the rank of the place that a kick puts a name to, on average
WORTH_A_KICK = 2.0  # of cost that a name might save


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
        with numpy.errstate(divide="ignore", invalid="ignore"):
            choice = best_choice([self.places_of(name) for name in self.names], self.crowding())
            lost = []
            for index, name in enumerate(self.names):
                place = choice.place[index]
                if place < 0 or choice.costs(index, own=False)[place] >= COLLISION:
                    choice.place[index] = -1  # others need not mind it any more
                    lost.append(name.text)
                else:
                    self.draw(name, choice.places[index], place)
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
        allowed = ((boxes[:, 0] >= frame.x0) & (boxes[:, 2] <= frame.x1) & (boxes[:, 1] >= frame.y0) &
                   (boxes[:, 3] <= frame.y1))
        obstacles = numpy.array(self.boxes).reshape(-1, 4)
        obstacles = obstacles[overlaps(places.span()[None], obstacles)[0]]
        inside = ((obstacles[:, 0] <= centre[0]) & (centre[0] <= obstacles[:, 2]) & (obstacles[:, 1] <= centre[1]) &
                  (centre[1] <= obstacles[:, 3]))
        allowed &= ~overlaps(grown(boxes, GAP * self.pixel), obstacles).any(axis=1)
        allowed &= ~(hits(places.leaders, obstacles[~inside]).any(axis=1) & places.has_leader)
        places.keep(allowed)
        if self.segments and len(places.boxes):
            lines = numpy.array(self.segments)
            places.costs += LINE_COST * hits(lines, grown(places.boxes, 0.6 * self.pixel)).sum(axis=0)
        if self.dots and len(places.boxes):
            dots = numpy.array(self.dots)
            places.costs += DOT_COST * overlaps(places.boxes, numpy.hstack([dots, dots])).sum(axis=1)
        places.keep(numpy.argsort(places.costs, kind="stable")[:MOST_PLACES])
        places.seal()
        return places

    def draw(self, name, places, place):
        x0, y0, x1, y1 = places.boxes[place]
        centre = self.to_pixels(*name.point)
        offset = ((0.5 * (x0 + x1) - centre[0]) / self.pixel, (0.5 * (y0 + y1) - centre[1]) / self.pixel)
        leader = None
        if places.has_leader[place]:
            end = places.leaders[place, 2:]
            share = ((end[0] - x0) / (x1 - x0), (end[1] - y0) / (y1 - y0))
            leader = dict(LEADER, relpos=share, shrinkB=name.radius)
        self.axes.annotate(name.text, name.point, xytext=offset, color=style.darker(name.colour), zorder=7,
                           arrowprops=leader, **LOOKS)


class Places:
    """Boxes where a name could stand around its marker, with their leaders and what they cost."""

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
        self.costs = DISTANCE_COST * reach + (reach / 20) ** 2 + LEADER_COST * self.has_leader
        # To the right or left reads best, then above.
        self.costs += numpy.where(self.has_leader, 0, 0.8 * numpy.abs(sine) + 0.3 * (sine < -0.5))
        self.gap = GAP * pixel

    def keep(self, allowed):
        self.boxes, self.leaders = self.boxes[allowed], self.leaders[allowed]
        self.has_leader, self.costs = self.has_leader[allowed], self.costs[allowed]

    def seal(self):
        """What is asked over and over, once the places are those to choose from."""
        self.grown = grown(self.boxes, self.gap)
        self.reach = self.span()

    def span(self):
        """The rectangle that holds all places with the room around them."""
        if len(self.boxes) == 0:
            return numpy.zeros(4)
        low, high = self.boxes[:, :2].min(axis=0), self.boxes[:, 2:].max(axis=0)
        return numpy.concatenate([low - self.gap, high + self.gap])


class Choice:
    """Where every name stands at present (`place`, -1 for nowhere yet)."""

    def __init__(self, places, known=None):
        self.places = places
        self.place = [-1] * len(places)
        self.own = numpy.zeros(len(places))  # what each costs, when last asked
        self.known = {} if known is None else known  # costs of a name's places against another at one of its own

    def copy(self):
        other = Choice(self.places, self.known)
        other.place, other.own = list(self.place), self.own.copy()
        return other

    def against(self, index, other):
        """What each place of a name costs because of where another stands; nothing where that is out of reach."""
        key = (index, other, self.place[other])
        if key not in self.known:
            self.known[key] = conflicts(self.places[index], self.places[other], self.place[other])
        return self.known[key]

    def near(self, index, other):
        """Whether a name might have to give way to another."""
        return self.place[other] >= 0 and self.against(index, other) is not None

    def costs(self, index, own=True):
        """What each place of a name costs, given where the others are; without its own cost where asked."""
        mine = self.places[index]
        cost = mine.costs.copy() if own else numpy.zeros(len(mine.costs))
        for other, place in enumerate(self.place):
            if place >= 0 and other != index:
                more = self.against(index, other)
                if more is not None:
                    cost += more
        return cost

    def count(self, indices):
        """Works out what each of these names costs where it is."""
        for index in indices:
            self.own[index] = self.costs(index)[self.place[index]]


def conflicts(mine, other, place):
    """What each of a name's places costs where another name has this one; None where they cannot meet."""
    box, leader = other.boxes[place], other.leaders[place]
    span = numpy.concatenate([numpy.minimum(box[:2], leader[:2]), numpy.maximum(box[2:], leader[2:])])
    x0, y0, x1, y1 = mine.reach
    if not (x0 < span[2] and span[0] < x1 and y0 < span[3] and span[1] < y1):
        return None
    boxes, behind = mine.grown, mine.has_leader
    cost = COLLISION * overlaps(boxes, box[None])[:, 0]
    cost[behind] += COLLISION * hits(mine.leaders[behind], other.grown[place][None])[:, 0]
    if other.has_leader[place]:
        cost += COLLISION * hits(leader[None], boxes)[0]
        cost[behind] += CROSSING * crossings(mine.leaders[behind], leader[None])[:, 0]
    return cost if cost.any() else None


def best_choice(places, crowding):
    """A choice that no name can better alone, nor the dearest by pushing their neighbours aside."""
    order = [i for i in numpy.argsort(-crowding, kind="stable") if len(places[i].boxes)]
    choice = Choice(places)
    settle(order, choice)
    choice.count(order)
    numbers = numpy.random.default_rng(0)
    for _ in range(KICKS if order else 0):
        gains = numpy.array([choice.own[i] - places[i].costs[0] for i in order])
        if gains.max() < WORTH_A_KICK:
            break
        # Mostly the dearest, to one of the first places that it would like.
        dear = order[numbers.choice(len(order), p=(gains + 0.1) / (gains + 0.1).sum())]
        choice = kicked(dear, min(int(numbers.exponential(WISHES)), len(places[dear].boxes) - 1), order, choice)
    return choice


def kicked(dear, place, order, choice):
    """The choice with a name at that place and its neighbours settled anew, where that is better; else as it was."""
    trial = choice.copy()
    trial.place[dear] = place
    neighbours = [i for i in order if i != dear and trial.near(i, dear)]
    settle(neighbours, trial)
    settle([dear], trial)
    settle(neighbours, trial)
    moved = [i for i in order if trial.place[i] != choice.place[i]]
    trial.count([i for i in order if i in moved or any(trial.near(i, j) or choice.near(i, j) for j in moved)])
    return trial if trial.own.sum() < choice.own.sum() - 1e-9 else choice


def settle(order, choice):
    """Moves names in turn to their cheapest place until none moves."""
    for _ in range(SWEEPS):
        moved = False
        for index in order:
            cost = choice.costs(index)
            place, now = int(numpy.argmin(cost)), choice.place[index]
            if now < 0 or cost[place] < cost[now] - 1e-9:
                choice.place[index] = place
                moved = True
        if not moved:
            return


def grown(boxes, by):
    return boxes + numpy.array([-by, -by, by, by])


def overlaps(boxes, others):
    """A row a box, a column one of the others."""
    a, b = boxes[:, None, :], others[None, :, :]
    return (a[..., 0] < b[..., 2]) & (b[..., 0] < a[..., 2]) & (a[..., 1] < b[..., 3]) & (b[..., 1] < a[..., 3])


def hits(segments, boxes):
    """Whether segments (x0, y0, x1, y1) pass through boxes: a row a segment, a column a box. Divides by zero."""
    start, step = segments[:, None, :2], (segments[:, 2:] - segments[:, :2])[:, None, :]
    low, high = (boxes[None, :, :2] - start) / step, (boxes[None, :, 2:] - start) / step
    entry, leave = numpy.minimum(low, high), numpy.maximum(low, high)
    # Along an axis: inside for ever, or never.
    if (still := numpy.broadcast_to(step == 0, entry.shape)).any():
        within = (boxes[None, :, :2] < start) & (start < boxes[None, :, 2:])
        entry = numpy.where(still, numpy.where(within, -numpy.inf, numpy.inf), entry)
        leave = numpy.where(still, numpy.where(within, numpy.inf, -numpy.inf), leave)
    return numpy.maximum(entry.max(axis=2), 0) < numpy.minimum(leave.min(axis=2), 1)


def crossings(segments, others):
    """Whether segments cross: a row a segment, a column one of the others."""
    x0, y0, x1, y1 = (segments[:, i, None] for i in range(4))
    u0, v0, u1, v1 = (others[None, :, i] for i in range(4))

    def turn(ax, ay, bx, by, cx, cy):
        return (bx - ax) * (cy - ay) > (by - ay) * (cx - ax)

    return ((turn(x0, y0, x1, y1, u0, v0) != turn(x0, y0, x1, y1, u1, v1)) &
            (turn(u0, v0, u1, v1, x0, y0) != turn(u0, v0, u1, v1, x1, y1)))
