"""Rectangles in pixels: what labels must not collide with."""

import math

import numpy
from matplotlib.transforms import Bbox

from .geometry import overlaps


class Boxes:
    """Many rectangles, each with a cost; asked about all at a time."""

    def __init__(self, boxes=()):
        self.edges = numpy.empty((0, 4))
        self.costs = numpy.empty(0)
        self.add(boxes)

    def add(self, boxes, cost=1.0):
        self.edges = numpy.vstack([self.edges, edges_of(boxes)])
        self.costs = numpy.append(self.costs, [cost] * len(boxes))

    def touched(self, box):
        """Which of them a box overlaps."""
        x0, y0, x1, y1 = box.extents
        return ((self.edges[:, 0] < x1) & (x0 < self.edges[:, 2]) & (self.edges[:, 1] < y1) & (y0 < self.edges[:, 3]))

    def touch(self, box):
        return bool(self.touched(box).any())

    def touch_any(self, boxes):
        return bool(overlaps(edges_of(boxes), self.edges).any())

    def cost(self, box):
        return float(self.costs[self.touched(box)].sum())

    def without(self, x, y):
        """Those that do not hold the pixel."""
        holds = ((self.edges[:, 0] <= x) & (x <= self.edges[:, 2]) & (self.edges[:, 1] <= y) & (y <= self.edges[:, 3]))
        others = Boxes()
        others.edges, others.costs = self.edges[~holds], self.costs[~holds]
        return others

    def off(self, start, end, by):
        """Those whose centre is farther than `by` from the line through two pixels."""
        centres = 0.5 * (self.edges[:, :2] + self.edges[:, 2:]) - start
        along = numpy.subtract(end, start) / math.dist(start, end)
        far = abs(centres[:, 0] * along[1] - centres[:, 1] * along[0]) > by
        others = Boxes()
        others.edges, others.costs = self.edges[far], self.costs[far]
        return others


def edges_of(boxes):
    """A row a rectangle; given such rows, those."""
    return boxes if isinstance(boxes, numpy.ndarray) else numpy.array([box.extents for box in boxes]).reshape(-1, 4)


def padded(box, by):
    return Bbox.from_extents(box.x0 - by, box.y0 - by, box.x1 + by, box.y1 + by)


def square(x, y, size):
    return Bbox.from_extents(x - 0.5 * size, y - 0.5 * size, x + 0.5 * size, y + 0.5 * size)


def chain(pixels, thickness, step=1.0):
    """Squares of the thickness along a line through pixels, `step` thicknesses apart: a row a square."""
    centres = []
    for (x0, y0), (x1, y1) in zip(pixels, pixels[1:]):
        count = max(1, math.ceil(math.hypot(x1 - x0, y1 - y0) / (step * thickness)))
        shares = numpy.arange(count + 1) / count
        centres.append(numpy.column_stack([x0 + (x1 - x0) * shares, y0 + (y1 - y0) * shares]))
    centres = numpy.vstack(centres)
    return numpy.hstack([centres - 0.5 * thickness, centres + 0.5 * thickness])
