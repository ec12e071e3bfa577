"""The figure of a training step, from a file that `memwall train --timeline` wrote."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(os.environ.get("MEMWALL_SOURCE_DIR", pathlib.Path(__file__).parents[2]))
sys.path[:0] = [str(SOURCE / "tools/plot"), str(pathlib.Path(__file__).parent)]

import plot_test  # noqa: E402
from memwall_plot import style, timeline  # noqa: E402

STAGES, MICRO_BATCHES = 4, 8


class Timeline(unittest.TestCase):
    check_looks = plot_test.Study.check_looks

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="memwall_plot_")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        style.apply()

    def trained(self, *plan):
        """The estimate of a step, and its timeline."""
        path = self.folder / "timeline.json"
        command = [os.environ["MEMWALL_PROGRAM"], "train", "gpt-2-xl", "dgx-a100", "--devices", "8", "--tp", "1",
                   "--pp", str(STAGES), "--micro-batch", "1", "--global-batch", str(2 * MICRO_BATCHES),
                   "--timeline", str(path), "--format", "json", *plan]
        done = subprocess.run(command, stdout=subprocess.PIPE, env={**os.environ, "MEMWALL_DATA": str(SOURCE)})
        return json.loads(done.stdout), timeline.read(path, ())

    def boxes(self, figure):
        """How many there are of each kind."""
        return {drawn.get_label(): len(drawn.get_paths()) for drawn in figure.axes[0].collections}

    def test_every_pass_is_drawn_under_every_schedule(self):
        passes = STAGES * MICRO_BATCHES
        plans = ((("1f1b",), 1, False), (("zb-h1",), 1, True), (("1f1b", "--interleave", "2"), 2, False))
        for schedule, chunks, split in plans:
            _, trace = self.trained("--schedule", *schedule)
            boxes = self.boxes(timeline.draw(trace, None, style.COLUMN))
            self.assertEqual(boxes["forward"], chunks * passes)
            self.assertEqual(boxes["backward"], chunks * passes)
            self.assertEqual(boxes.get("weight gradients"), passes if split else None)

    def test_the_axis_ends_with_the_step(self):
        estimate, trace = self.trained("--zero", "1")
        figure = timeline.draw(trace, None, style.COLUMN)
        step = estimate["step_time_s"]
        self.assertAlmostEqual(figure.axes[0].get_xlim()[1], step, delta=1e-6 * step)
        boxes = self.boxes(figure)
        self.assertEqual(boxes["optimizer"], STAGES)
        self.assertGreaterEqual(boxes["data communication"], 2 * STAGES)  # gradients before, weights after

    def test_copies_are_bars_apart_from_passes(self):
        _, trace = self.trained("--offload", "all")
        figure = timeline.draw(trace, None, style.COLUMN)
        self.assertGreater(self.boxes(figure)["copy out"], 0)
        rows = {drawn.get_label(): drawn.get_paths()[0].vertices[:, 1] % 1 for drawn in figure.axes[0].collections}
        self.assertLess(rows["forward"].max(), rows["copy out"].min())
        self.assertLess(rows["copy out"].max(), rows["copy in"].min())

    def test_memory_begins_at_once_with_what_stands(self):
        _, trace = self.trained()
        for line in timeline.draw(trace, None, style.COLUMN).axes[1].lines:
            self.assertEqual(line.get_xdata()[0], 0)
            self.assertGreater(line.get_ydata()[0], 0)

    def test_nothing_collides_or_is_cut_at_either_width(self):
        for plan in ((), ("--schedule", "zb-h1"), ("--interleave", "2"), ("--schedule", "zb-h1", "--offload", "all")):
            for title, width in ((None, style.COLUMN), ("A step of GPT-2 XL on eight devices", style.PAGE)):
                self.check_looks(timeline.draw(self.trained(*plan)[1], title, width), width)


if __name__ == "__main__":
    unittest.main()
