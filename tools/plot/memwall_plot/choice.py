"""One place for each name, of those that it could have: each name in turn moves to where it costs least, given where the
others are, until none moves any more. Then dear names are kicked to a place that they would like and the others make
room, which stays where it costs less in all. Equal input gives equal places.
"""

import numpy

from .geometry import crossings, grown, hits, overlaps, spans

COLLISION = 1000  # two texts, or a text and a leader
CROSSING = 60  # two leaders

SWEEPS = 12  # most turns of all names
KICKS = 500
DESPERATE_KICKS = 750  # more, as long as any name collides
WISHES = (4.0, 25.0)  # the rank of the place that a kick puts a name to, on average: in turn, near and far
WORTH_A_KICK = 2.0  # of cost that a name might save
NOWHERE = -1


class Field:
    """The places of all names, a row a place, and what a name at one of them costs at those of the others."""

    def __init__(self, places, gap):
        counts = [len(one.boxes) for one in places]
        ends = numpy.cumsum(counts)
        self.of = [slice(end - count, end) for count, end in zip(counts, ends)]
        self.owner = numpy.repeat(numpy.arange(len(places)), counts)
        self.boxes = numpy.concatenate([one.boxes for one in places])
        self.leaders = numpy.concatenate([one.leaders for one in places])
        self.has_leader = numpy.concatenate([one.has_leader for one in places])
        self.own = numpy.concatenate([one.costs for one in places])
        self.grown = grown(self.boxes, gap)
        reach = spans(self.leaders)
        self.reach = numpy.hstack([numpy.minimum(self.grown[:, :2], reach[:, :2]),
                                   numpy.maximum(self.grown[:, 2:], reach[:, 2:])])
        self.known = {}

    def effect(self, place):
        """What each place of the other names costs because one stands at this one."""
        if place not in self.known:
            self.known[place] = self.effect_of(place)
        return self.known[place]

    def effect_of(self, place):
        effect = numpy.zeros(len(self.boxes), numpy.int16)
        one = slice(place, place + 1)
        near = numpy.flatnonzero(overlaps(self.reach, self.reach[one])[:, 0] & (self.owner != self.owner[place]))
        behind = near[self.has_leader[near]]
        effect[near] += COLLISION * overlaps(self.grown[near], self.boxes[one])[:, 0]
        effect[behind] += COLLISION * hits(self.leaders[behind], self.grown[one])[:, 0]
        if self.has_leader[place]:
            effect[near] += COLLISION * hits(self.leaders[one], self.grown[near])[0]
            effect[behind] += CROSSING * crossings(self.leaders[behind], self.leaders[one])[:, 0]
        return effect


class Choice:
    """Where every name stands at present, and what every place costs because of that."""

    def __init__(self, field):
        self.field = field
        self.place = [NOWHERE] * len(field.of)
        self.clash = numpy.zeros(len(field.boxes), numpy.int32)

    def copy(self):
        other = Choice(self.field)
        other.place, other.clash = list(self.place), self.clash.copy()
        return other

    def put(self, name, place):
        if self.place[name] != NOWHERE:
            self.clash -= self.field.effect(self.place[name])
        if place != NOWHERE:
            self.clash += self.field.effect(place)
        self.place[name] = place

    def collides(self, name):
        return self.place[name] == NOWHERE or self.clash[self.place[name]] >= COLLISION

    def best(self, name):
        of = self.field.of[name]
        return of.start + int(numpy.argmin(self.field.own[of] + self.clash[of]))

    def costs(self, names):
        places = [self.place[name] for name in names]
        return self.field.own[places] + self.clash[places]


def best_choice(field, crowding):
    """A choice that no name can better alone, nor the dearest by pushing the others aside."""
    order = [i for i in numpy.argsort(-crowding, kind="stable") if field.of[i].start < field.of[i].stop]
    choice = Choice(field)
    settle(order, choice)
    numbers = numpy.random.default_rng(0)
    for kick in range(KICKS + DESPERATE_KICKS if order else 0):
        costs = choice.costs(order)
        gains = costs - [field.own[field.of[i].start] for i in order]  # a name's places are in order of their cost
        desperate = kick >= KICKS
        if gains.max() < (COLLISION if desperate else WORTH_A_KICK):
            break
        # Mostly the dearest, to one of the first places that it would like.
        dear = order[numbers.choice(len(order), p=(gains + 0.1) / (gains + 0.1).sum())]
        of = field.of[dear]
        wish = int(numbers.exponential(WISHES[kick % 2]))
        trial = kicked(dear, min(of.start + wish, of.stop - 1), order, choice)
        if trial.costs(order).sum() < costs.sum() - 1e-9:
            choice = trial
    return choice


def kicked(dear, place, order, choice):
    """The choice with a name at that place and the others settled anew, then it too."""
    trial = choice.copy()
    trial.put(dear, place)
    settle([i for i in order if i != dear], trial)
    settle(order, trial)
    return trial


def settle(order, choice):
    """Moves names in turn to their cheapest place until none moves."""
    for _ in range(SWEEPS):
        moved = False
        for index in order:
            best = choice.best(index)
            if best != choice.place[index]:
                choice.put(index, best)
                moved = True
        if not moved:
            return
