"""Where labels are put."""

import os
import pathlib
import sys
import unittest

SOURCE = pathlib.Path(os.environ.get("MEMWALL_SOURCE_DIR", pathlib.Path(__file__).parents[2]))
sys.path.insert(0, str(SOURCE / "tools/plot"))

from matplotlib.text import Text  # noqa: E402
from memwall_plot import style  # noqa: E402
from memwall_plot.labels import Label, Placer  # noqa: E402


class Labels(unittest.TestCase):
    def setUp(self):
        style.apply()
        self.figure, self.axes = style.new_figure(8, 6)
        self.axes.set_xlim(0, 1)
        self.axes.set_ylim(0, 1)
        self.placer = Placer(self.axes)
        self.addCleanup(style.pyplot.close, self.figure)

    def boxes(self):
        self.figure.canvas.draw()
        renderer = self.figure.canvas.get_renderer()
        return [Text.get_window_extent(text, renderer) for text in self.axes.texts]

    def test_labels_of_near_points_keep_off_each_other(self):
        labels = [Label(f"label {i}", 0.4 + 0.05 * i, 0.5, radius=2) for i in range(5)]
        for label in labels:
            self.placer.take_marker(*label.point, 4)
        self.assertEqual(self.placer.label_all(labels), 5)
        boxes = self.boxes()
        self.assertFalse(any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[i + 1:]))

    def test_labels_do_not_cover_lines_and_stay_inside(self):
        self.placer.take_line([0, 1], [0.5, 0.5])
        self.assertTrue(self.placer.label("above or below", 0.99, 0.5))
        box = self.boxes()[0]
        _, line = self.placer.to_pixels(0, 0.5)
        self.assertTrue(box.y0 > line or box.y1 < line)
        self.assertLessEqual(box.x1, self.axes.bbox.x1)

    def test_where_nothing_is_free_a_label_is_left_out(self):
        self.placer.take_bar(0, 0, 1, 1)
        self.assertFalse(self.placer.label("no room", 0.5, 0.5))
        self.assertEqual(len(self.axes.texts), 0)

    def test_of_two_labels_with_room_for_one_the_weightier_stays(self):
        self.placer.take_bar(0, 0.1, 1, 1)
        light = Label("a label as wide as half of it", 0.4, 0.05, weight=0.1, leader=False)
        heavy = Label("a label as wide as half of it!", 0.6, 0.05, weight=0.5, leader=False)
        self.assertEqual(self.placer.label_all([light, heavy]), 1)
        self.assertEqual(self.axes.texts[0].get_text(), heavy.text)


if __name__ == "__main__":
    unittest.main()
