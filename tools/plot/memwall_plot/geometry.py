"""Rectangles (x0, y0, x1, y1) and segments (x0, y0, x1, y1) by the row, many against many."""

import numpy


def grown(boxes, by):
    return boxes + by * numpy.array([-1.0, -1.0, 1.0, 1.0])


def spans(segments):
    """The rectangles that hold the segments."""
    return numpy.hstack([numpy.minimum(segments[:, :2], segments[:, 2:]), numpy.maximum(segments[:, :2], segments[:, 2:])])


def overlaps(boxes, others):
    """Which boxes overlap which: a row a box, a column one of the others."""
    a, b = boxes[:, None, :], others[None, :, :]
    return (a[..., 0] < b[..., 2]) & (b[..., 0] < a[..., 2]) & (a[..., 1] < b[..., 3]) & (b[..., 1] < a[..., 3])


def hits(segments, boxes):
    """Whether segments pass through boxes: a row a segment, a column a box. Divides by zero."""
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
