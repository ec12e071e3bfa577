"""Numbers and names in figures."""

import os
import pathlib
import sys
import unittest

SOURCE = pathlib.Path(os.environ.get("MEMWALL_SOURCE_DIR", pathlib.Path(__file__).parents[2]))
sys.path.insert(0, str(SOURCE / "tools/plot"))

from memwall_plot import style, text  # noqa: E402


class Numbers(unittest.TestCase):
    def test_three_digits_and_no_exponent(self):
        for value, shown in ((989.4, "989"), (66.9, "66.9"), (3.35, "3.35"), (3.0, "3"), (0.0012345, "0.00123"),
                             (9.996, "10"), (0, "0"), (1234, "1234")):
            self.assertEqual(text.significant(value), shown)

    def test_prefixes(self):
        self.assertEqual(text.with_prefix(989.4e12, "FLOP/s"), "989 TFLOP/s")
        self.assertEqual(text.with_prefix(999.9e9, "B/s"), "1 TB/s")
        self.assertEqual(text.bytes_text(80 * 2**30), "80 GiB")
        self.assertEqual(text.bytes_text(512), "512 B")

    def test_shares(self):
        for share, shown in ((0.414, "41 %"), (0.0231, "2.3 %"), (0.02, "2 %"), (0.0003, "<0.1 %"), (1, "100 %")):
            self.assertEqual(text.share_text(share), shown)


class Names(unittest.TestCase):
    def test_brackets_go_first_then_the_middle(self):
        self.assertEqual(text.shorten("B200 SXM (HGX/DGX)", 12), "B200 SXM")
        short = text.shorten("Switch Transformer Base 128 experts", 20)
        self.assertLessEqual(len(short), 20)
        self.assertTrue(short.startswith("Switch Tran"))
        self.assertTrue(short.endswith("experts"))

    def test_brands_go(self):
        self.assertEqual(text.device_label("NVIDIA Tesla V100 SXM2 32GB"), "V100 SXM2 32GB")
        self.assertEqual(text.device_label("Tesla"), "Tesla")

    def test_different_names_stay_different(self):
        names = [f"A model with a name that is long, number {i}, and an end that is the same" for i in range(3)]
        self.assertEqual(len(set(text.distinct_names(names, 12).values())), 3)
        self.assertEqual(text.distinct_names(["GPT-3 175B"], 18), {"GPT-3 175B": "GPT-3 175B"})

    def test_an_operator_is_named_by_the_end_of_its_path(self):
        self.assertEqual(text.operator_name("decoder.ffn.up"), "ffn.up")
        self.assertEqual(text.operator_name("head"), "head")

    def test_years_of_dates_of_any_precision(self):
        self.assertEqual([text.year_of(date) for date in ("2020-11-16", "2020-11", "2020", "", "soon")],
                         [2020, 2020, 2020, None, None])

    def test_a_title_that_needs_lines_has_no_word_left_alone(self):
        style.apply()
        figure, _ = style.new_figure(style.COLUMN, 5)
        self.addCleanup(style.pyplot.close, figure)
        words = "catalog: fit, and since the paper each family's best of a year above it"
        for room in (5, 6, 7, 8):  # cm
            for line in style.fitting_title(figure, words, room).split("\n"):
                self.assertGreater(line.count(" "), 0, line)

    def test_lines_break_at_blanks_where_they_do_not_fit(self):
        self.assertEqual(text.wrap("A100 SXM4 80GB", lambda line: len(line) <= 9), "A100 SXM4\n80GB")


if __name__ == "__main__":
    unittest.main()
