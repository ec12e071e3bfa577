"""The figure of the case study, from a file that `memwall tables --case-study` wrote."""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(os.environ.get("MEMWALL_SOURCE_DIR", pathlib.Path(__file__).parents[2]))
sys.path[:0] = [str(SOURCE / "tools/plot"), str(pathlib.Path(__file__).parent)]

import plot_test  # noqa: E402
from memwall_plot import case_study, data, style  # noqa: E402


class CaseStudy(unittest.TestCase):
    check_looks = plot_test.Study.check_looks

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="memwall_plot_")
        cls.addClassCleanup(folder.cleanup)
        cls.file = pathlib.Path(folder.name) / "case-study.h5"
        subprocess.run([os.environ["MEMWALL_PROGRAM"], "tables", "--case-study", "--output", str(cls.file)],
                       check=True, stdout=subprocess.DEVNULL, env={**os.environ, "MEMWALL_DATA": str(SOURCE)})
        style.apply()

    def draw(self, *selection, title=None, width=style.COLUMN):
        return case_study.draw(data.Results(self.file, selection, case_study.TABLE), title, width)

    def test_a_line_is_a_models_total(self):
        figure = self.draw()
        operations, traffic, intensity = figure.axes
        self.assertEqual([line.get_label() for line in operations.lines],
                         ["BERT base, prefill", "BERT large, prefill", "GPT-2 small, decode"])
        for flops, moved, ratio in zip(operations.lines, traffic.lines, intensity.lines):
            self.assertEqual(list(flops.get_xdata()), [128, 256, 512, 1024, 2048, 4096])
            for a, b, c in zip(flops.get_ydata(), moved.get_ydata(), ratio.get_ydata()):
                self.assertAlmostEqual(a / b, c)
        self.check_looks(figure)

    def test_of_one_model_the_classes_stand_beside_the_total(self):
        for model, width in (("bert-large", style.COLUMN), ("gpt-2-small", style.PAGE)):
            figure = self.draw(("workload", model), title="One model", width=width)
            names = [line.get_label() for line in figure.axes[0].lines]
            self.assertEqual(names[:5], ["attention projections", "attention products", "feed-forward", "other", "total"])
            self.check_looks(figure, width)


if __name__ == "__main__":
    unittest.main()
