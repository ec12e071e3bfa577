"""Labels that do not collide: each is tried at places around its point, and left out where none is free."""

import math

import numpy
from matplotlib.transforms import Bbox

from . import style
from .boxes import Boxes, chain, padded, square

GAP = 1.5  # pt, kept free around every text

# How far from its marker a label is tried, in pt; beyond NEAR a line joins the two.
DISTANCES = (1.5, 4, 8, 11, 14, 18, 22, 27, 32, 38, 44, 51, 58, 66, 75)
NEAR = 4
STEP_COST = 3  # of one distance to the next
STRANGER = 3  # pt, how close to the marker of another point a label should not stand
STRANGER_COST = 2.5 * STEP_COST
ANGLES = range(0, 360, 5)
PLACES = 600  # most that are kept for a label

LOOKS = dict(textcoords="offset points", ha="center", va="center", linespacing=1.0, annotation_clip=False,
             fontsize=style.SMALL_SIZE)
# Lines behind a text stand back.
GROUND = dict(boxstyle="square,pad=0", facecolor="white", edgecolor="none", alpha=0.7)
LEADER = dict(arrowstyle="-", linewidth=0.4, color=style.GREY, shrinkA=0)


class Label:
    """A text for a data point whose marker has the radius (pt); `weight` says how much it would be missed."""

    def __init__(self, text, x, y, radius=0.0, weight=0.0, leader=True, angles=ANGLES, **properties):
        self.text = text
        self.point = (x, y)
        self.radius = radius
        self.weight = weight
        self.distances = DISTANCES if leader else DISTANCES[:2]
        self.angles = angles
        self.properties = properties


class Place:
    """Where a text of some size would stand: its edge at a distance (pt) from its point in the direction of an
    angle."""

    def __init__(self, centre, size, angle, distance, pixel):
        cosine, sine = math.cos(math.radians(angle)), math.sin(math.radians(angle))
        x = cosine * distance * pixel + 0.5 * size.width * side(cosine)
        y = sine * distance * pixel + 0.5 * size.height * side(sine)
        self.offset = (x / pixel, y / pixel)
        self.box = Bbox.from_bounds(centre[0] + x - 0.5 * size.width, centre[1] + y - 0.5 * size.height, size.width,
                                    size.height)
        self.padded = padded(self.box, GAP * pixel)
        self.alignment = "left" if cosine > 0.5 else "right" if cosine < -0.5 else "center"
        # A leader ends where the box is nearest; `corner` tells it in shares of the box.
        self.end = (min(max(centre[0], self.box.x0), self.box.x1), min(max(centre[1], self.box.y0), self.box.y1))
        self.corner = ((self.end[0] - self.box.x0) / size.width, (self.end[1] - self.box.y0) / size.height)
        self.leader = numpy.empty((0, 4))
        self.leader_boxes = Boxes()
        self.cost = 0.0

    def add_leader(self, pieces):
        self.leader = pieces
        self.leader_boxes = Boxes(pieces)

    def collides(self, other):
        """Whether two labels cover each other or each other's leaders."""
        return (self.padded.overlaps(other.box) or self.leader_boxes.touch(other.padded) or
                other.leader_boxes.touch(self.padded) or other.leader_boxes.touch_any(self.leader))


class Placer:
    """Knows what is on the axes, in pixels. Texts and leaders keep off `things`, texts also off `lines`; they avoid
    `guides`, which say what covering a piece of them costs."""

    def __init__(self, axes):
        self.axes = axes
        self.figure = axes.figure
        self.renderer = self.figure.canvas.get_renderer()
        self.pixel = self.figure.dpi / 72  # of a point
        self.things = Boxes()
        self.lines = Boxes()
        self.guides = Boxes()
        self.texts = Boxes()

    def extent(self, artist):
        return artist.get_window_extent(self.renderer)

    def to_pixels(self, x, y):
        return self.axes.transData.transform((x, y))

    def take(self, artist):
        """Nothing may cover this text or legend."""
        self.take_text(self.extent(artist))

    def take_text(self, box):
        box = padded(box, GAP * self.pixel)
        self.texts.add([box])
        self.things.add([box])

    def take_marker(self, x, y, diameter):
        """A marker at a data point; the diameter in pt."""
        self.things.add([square(*self.to_pixels(x, y), diameter * self.pixel)])

    def take_bar(self, left, bottom, right, top):
        """A rectangle between data points."""
        (x0, y0), (x1, y1) = self.to_pixels(left, bottom), self.to_pixels(right, top)
        self.things.add([Bbox.from_extents(x0, y0, x1, y1)])

    def take_line(self, xs, ys):
        """A line through data points that leaders may cross and texts may not."""
        self.lines.add(self.pieces(xs, ys))

    def take_guide(self, xs, ys, cost):
        """A line that texts may cover at a cost for each of its pieces, where a step away costs STEP_COST."""
        self.guides.add(self.pieces(xs, ys), cost)

    def pieces(self, xs, ys):
        return chain([self.to_pixels(x, y) for x, y in zip(xs, ys)], 1.2 * self.pixel)

    def is_inside(self, box):
        frame = self.axes.bbox
        return frame.x0 <= box.x0 and box.x1 <= frame.x1 and frame.y0 <= box.y0 and box.y1 <= frame.y1

    def is_free(self, box):
        return self.is_inside(box) and not self.things.touch(box) and not self.lines.touch(box)

    def label(self, *arguments, **options):
        """One label; whether there was room for it."""
        return self.label_all([Label(*arguments, **options)]) == 1

    def label_all(self, labels):
        """Places as many labels as it can, the first before others; how many there was room for."""
        places = [self.places(label) for label in labels]
        chosen = chosen_in(range(len(labels)), places)
        if len(chosen) < len(labels):
            chosen = min((chosen_in(order, places) for order in orders(len(labels))),
                         key=lambda choice: total_cost(choice, labels))
        for index, place in chosen.items():
            self.write(labels[index], place)
        return len(chosen)

    def places(self, label):
        """Where a label could stand if it were alone, the best first."""
        centre = self.to_pixels(*label.point)
        size = self.size_of(label)
        others = self.things.without(*centre)
        found = []
        for order, distance in enumerate(label.distances):
            for angle in label.angles:
                place = Place(centre, size, angle, label.radius + distance, self.pixel)
                if not self.is_free(place.box):
                    continue
                if distance > NEAR:
                    place.add_leader(self.leader(centre, place.end, label.radius))
                    if others.touch_any(place.leader):
                        continue
                place.cost = STEP_COST * order + self.guides.cost(place.box)
                place.cost += STRANGER_COST * others.touch(padded(place.box, STRANGER * self.pixel))
                found.append(place)
        return sorted(found, key=lambda place: place.cost)[:PLACES]

    def size_of(self, label):
        probe = self.axes.annotate(label.text, label.point, xytext=(0, 0), **LOOKS)
        size = self.extent(probe)
        probe.remove()
        return size

    def leader(self, centre, end, radius):
        """The line from a marker's edge to its text, as small boxes: a row a box."""
        boxes = chain([centre, end], 0.6 * self.pixel)
        return boxes[numpy.hypot(*(boxes[:, :2] - centre).T) > (radius + 1) * self.pixel]

    def write(self, label, place):
        looks = {**LOOKS, **label.properties, "multialignment": place.alignment, "xytext": place.offset}
        if len(place.leader):
            looks["bbox"] = dict(boxstyle="square,pad=0.1", facecolor="none", edgecolor="none")
            looks["arrowprops"] = dict(LEADER, shrinkB=label.radius, relpos=place.corner)
        self.axes.annotate(label.text, label.point, **looks)
        self.take_text(place.box)
        self.things.add(place.leader)

    def label_over(self, text, x, y):
        """Puts a text on a light ground above a data point, whatever it covers but other texts."""
        for offset in range(6, 60, 2):
            artist = self.axes.annotate(text, (x, y), xytext=(0, offset), **LOOKS, zorder=7, bbox=dict(
                boxstyle="square,pad=0.15", facecolor="white", edgecolor="none", alpha=0.85))
            box = self.extent(artist)
            if box.y1 <= self.axes.bbox.y1 and not self.texts.touch(box):
                self.take_text(box)
                return
            artist.remove()

    def along(self, text, start, end, shares, lifts=(1.2, 5, 9, -1.2, 13, -5), **properties):
        """Writes a text along the straight line between two data points, so many pt above it (below, where
        negative), at the first share of its length where it is free, of other lines too; nowhere, where none is."""
        begin, finish = self.to_pixels(*start), self.to_pixels(*end)
        angle = math.degrees(math.atan2(finish[1] - begin[1], finish[0] - begin[0]))
        size = self.size_of(Label(text, *start))
        lines = self.lines.off(begin, finish, self.pixel)
        for lift in lifts:
            for share in shares:
                boxes, centre = self.boxes_along(begin, finish, share, lift, size)
                if (all(self.is_inside(box) for box in boxes) and not self.things.touch_any(boxes)
                        and not lines.touch_any(boxes)):
                    for box in boxes:
                        self.take_text(box)
                    self.axes.text(*self.axes.transData.inverted().transform(centre), text, rotation=angle,
                                   rotation_mode="anchor", ha="center", va="center", fontsize=style.SMALL_SIZE,
                                   bbox=GROUND, **properties)
                    return

    def boxes_along(self, begin, finish, share, lift, size):
        """Small boxes that cover a turned text, and its centre."""
        length = math.hypot(finish[0] - begin[0], finish[1] - begin[1])
        along = [(finish[i] - begin[i]) / length for i in (0, 1)]
        normal = [-along[1], along[0]]
        rise = math.copysign(0.5 * size.height, lift) + lift * self.pixel
        centre = [begin[i] + share * (finish[i] - begin[i]) + rise * normal[i] for i in (0, 1)]
        half = [0.5 * (size.width - size.height) * along[i] for i in (0, 1)]
        ends = [[centre[i] - half[i] for i in (0, 1)], [centre[i] + half[i] for i in (0, 1)]]
        return [Bbox.from_extents(*edges) for edges in chain(ends, size.height, step=0.5)], centre


def side(part):
    """-1, 1 or, near the axis, in between: a box straight above its point is centred on it."""
    return max(-1.0, min(1.0, 2.0 * part))


def orders(count):
    """Orders in which labels choose their places: as given, and each time another one first."""
    given = list(range(count))
    return [[first] + [other for other in given if other != first] for first in given]


def chosen_in(order, places):
    """Each label's best place that those before it leave free."""
    chosen = {}
    for index in order:
        free = (place for place in places[index] if not any(place.collides(other) for other in chosen.values()))
        place = next(free, None)
        if place is not None:
            chosen[index] = place
    return chosen


def total_cost(chosen, labels):
    """What the places cost; a label without one costs by its weight."""
    missing = [label.weight for index, label in enumerate(labels) if index not in chosen]
    return sum(place.cost for place in chosen.values()) + sum(1 + 2000 * weight for weight in missing)
