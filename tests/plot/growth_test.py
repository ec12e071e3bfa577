"""The figures of growth: drawn from the real trends and from small ones, that every point has its name and nothing
collides."""

import math
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest
import warnings

SOURCE = pathlib.Path(os.environ.get("MEMWALL_SOURCE_DIR", pathlib.Path(__file__).parents[2]))
sys.path[:0] = [str(SOURCE / "tools/plot"), str(pathlib.Path(__file__).parent)]

import numpy  # noqa: E402
import plot_test  # noqa: E402
import synthetic  # noqa: E402
from memwall_plot import (balance, data, errors, geometry, growth, hardware_scaling,  # noqa: E402
                          memory_breakdown, model_size, style, training_compute)
from memwall_plot.errors import LostName  # noqa: E402
from memwall_plot.names import Crowd  # noqa: E402

PROGRAM = os.environ.get("MEMWALL_PROGRAM", str(SOURCE / "build/release/memwall"))
GIB = 2.0**30
PAPER = ("set", "paper")


def point(series, name, year, value, where="paper", group="", leader=False):
    return {"series": series, "name": name, "date": str(int(year)), "year": year, "value": value, "unit": "", "set": where,
            "group": group, "leader": leader, "labelled": True, "source": name.lower()}


def line(series, points, start, stop, value_from, value_to):
    rate = (value_to / value_from) ** (2 / (stop - start))
    return {"series": series, "points": points, "from": start, "to": stop, "rate": rate, "low": rate, "high": rate,
            "value_from": value_from, "value_to": value_to}


class Trends(plot_test.Study):
    """Small trends: a series of four points that grows tenfold in two years, and two newer devices."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="memwall_growth_")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        cls.file = cls.folder / "trends.h5"
        points = [point("peak_flops", f"P{i}", 2000 + 2 * i, 1e9 * 10**i) for i in range(4)]
        points += [point("peak_flops", "N1", 2008, 1e14, "catalog", "n", True),
                   point("peak_flops", "N1 variant", 2008.5, 1e14, "catalog", "n"),
                   point("peak_flops", "N2", 2010, 9e13, "catalog", "n", True),  # less than its family had
                   point("peak_flops", "low", 2010, 1e9, "catalog", "low", True)]  # below the fit
        synthetic.write(cls.file, {"points": points, "fits": [line("peak_flops", "paper", 2000, 2006, 1e9, 1e12),
                                                              line("peak_flops", "all", 2008, 2010, 1e13, 2e13)]})
        style.apply()

    def results(self, *selection, table="points"):
        return data.Results(self.file, selection, table)


class Rules(Trends):
    def test_newer_points_are_a_familys_best_that_surpass_it_and_the_fit(self):
        series = growth.Series(self.results(), "peak_flops")
        fit = growth.fit_of(self.results(), "peak_flops", "all")
        self.assertEqual([one.name for one in series.newer(fit)], ["N1"])
        self.assertEqual([one.name for one in series.newer(None)], ["N1", "low"])

    def test_in_a_column_the_highest_of_each_year_has_a_name(self):
        series = growth.Series(self.results(), "peak_flops")
        self.assertEqual([one.name for one in series.highest_of_years()], ["N1", "N2"])  # the paper ends in 2006
        named = growth.Named(self.results(), series, style.COLUMN)
        self.assertEqual([one.name for one in named.points], ["P0", "P1", "P2", "P3", "N1", "N2"])
        self.assertEqual([one.name for one in named.rest], ["N1 variant", "low"])

    def test_years_on_the_axis_do_not_touch(self):
        for width, step in ((style.COLUMN, 5), (style.PAGE, 2)):  # 30 years and a name in 205 and 429 pt
            _, axes = style.new_figure(width, 6)
            growth.set_year_axis(axes, [1996, 2026], 0, 0)
            ticks = axes.xaxis.get_major_locator()()
            self.assertEqual(ticks[1] - ticks[0], step)
            style.pyplot.close()

    def test_records_surpass_every_family(self):
        series = growth.Series(self.results(), "peak_flops")
        self.assertEqual([one.name for one in series.newer(None, records=True)], ["N1"])

    def test_a_fit_is_a_straight_line_of_logarithms(self):
        fit = growth.fit_of(self.results(), "peak_flops", "paper")
        self.assertAlmostEqual(fit.at(2002) / 1e10, 1)
        self.assertAlmostEqual(fit.at(2003) / (1e10 * math.sqrt(10)), 1)
        self.assertAlmostEqual(fit.rate, 10)
        self.assertIsNone(growth.fit_of(self.results(), "peak_flops", "leaders"))

    def test_rates_have_two_digits(self):
        for rate, told in ((3.0259, "3.0"), (1.59, "1.6"), (413.4, "410"), (753.2, "750"), (1.86, "1.9"), (10.48, "10")):
            self.assertEqual(growth.rate_text(rate), f"{told}\u00d7 / 2 yr")

    def test_who_came_near_the_highest_peak_is_named_in_the_balance(self):
        def device(name, year, value, group):
            row = {**point("peak_flops", name, year, value, "catalog", group, True)}
            return growth.Point(row)

        peaks = [device("first", 2000, 1.0, "a"), device("less", 2001, 0.89, "b"), device("near", 2001, 0.9, "c"),
                 device("variant", 2002, 1.14, "a"), device("next", 2003, 1.15, "a"),
                 device("outdone the same day", 2004, 2.2, "b"), device("the best of that day", 2004, 3, "c")]
        self.assertEqual([one.name for one in balance.near_the_highest(peaks)],
                         ["first", "near", "next", "the best of that day"])

    def test_names_lose_what_says_nothing(self):
        for name, short in (("H100 SXM5 80GB", "H100"), ("Instinct MI300X", "MI300X"), ("Gaudi3 HL-325L", "Gaudi3"),
                            ("B200 SXM (HGX/DGX)", "B200"), ("TPU v7 (Ironwood)", "TPU v7"), ("PCIe 7.0 x16", "PCIe 7.0"),
                            ("Llama 4 Maverick, text part", "Llama 4 Maverick"), ("NVLink 5.0 (one link)", "NVLink 5.0"),
                            ("Xeon 5160 (Woodcrest)", "Xeon 5160")):
            catalog = growth.Series(self.results(), "peak_flops").catalog[0]
            catalog.name = name
            self.assertEqual(growth.short_name(catalog), short)

    def test_names_of_the_paper_stay(self):
        paper = growth.Series(self.results(), "peak_flops").paper[0]
        paper.name = "A100-80 (80GB)"
        self.assertEqual(growth.short_name(paper), "A100-80 (80GB)")

    def test_parameters_are_counted_as_the_field_does(self):
        for value, told in ((1e6, "1 M"), (1e8, "100 M"), (1e9, "1 B"), (1e13, "10 T")):
            self.assertEqual(growth.count_text(value), told)

    def test_a_selection_without_points_of_the_figure_is_told(self):
        with self.assertRaisesRegex(errors.WrongUsage, "no point of models or accelerator memory has been selected"):
            model_size.draw(self.results(), None, style.PAGE)


class Names(unittest.TestCase):
    def setUp(self):
        style.apply()
        self.figure, self.axes = style.new_figure(8, 6)
        self.axes.set_xlim(0, 1)
        self.axes.set_ylim(0, 1)
        self.crowd = Crowd(self.axes)
        self.addCleanup(style.pyplot.close, self.figure)

    def add(self, text, x, y):
        self.crowd.take_marker(x, y, 4)
        self.crowd.name(text, x, y, 4, style.BLUE)

    def boxes(self):
        self.figure.canvas.draw()  # until then a text does not know its point
        renderer = self.figure.canvas.get_renderer()
        return [plot_test.Text.get_window_extent(text, renderer) for text in self.axes.texts]

    def test_thirty_points_in_a_heap_all_have_names_that_touch_nothing(self):
        numbers = numpy.random.default_rng(1)
        for i in range(30):
            self.add(f"device {i}", *(0.5 + 0.15 * numbers.standard_normal(2)))
        self.assertEqual(self.crowd.write(), [])
        boxes = self.boxes()
        self.assertEqual(len(boxes), 30)
        self.assertFalse(any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[i + 1:]))
        for x0, y0, x1, y1 in self.crowd.boxes:
            self.assertFalse(any(box.x0 < x1 and x0 < box.x1 and box.y0 < y1 and y0 < box.y1 for box in boxes))

    def test_a_lone_point_has_its_name_beside_it_without_a_leader(self):
        self.add("alone", 0.5, 0.5)
        self.crowd.write()
        self.assertIsNone(self.axes.texts[0].arrow_patch)

    def test_names_stay_inside_the_axes(self):
        self.add("a name at the edge", 0.99, 0.99)
        self.assertEqual(self.crowd.write(), [])
        self.assertLessEqual(self.boxes()[0].x1, self.axes.bbox.x1)
        self.assertLessEqual(self.boxes()[0].y1, self.axes.bbox.y1)

    def test_names_keep_off_lines_where_they_can(self):
        self.crowd.take_line([0, 1], [0.5, 0.5])
        self.add("off the line", 0.5, 0.5)
        self.crowd.write()
        _, height = self.crowd.to_pixels(0, 0.5)
        self.assertTrue(self.boxes()[0].y0 > height or self.boxes()[0].y1 < height)

    def test_where_there_is_no_room_the_lost_name_is_told(self):
        self.crowd.take_bar(0, 0, 1, 1)
        self.add("lost", 0.5, 0.5)
        with self.assertWarnsRegex(LostName, "no room for the name of lost"):
            self.assertEqual(self.crowd.write(), ["lost"])

    def test_leaders_do_not_pass_close_to_another_point_where_they_can(self):
        for i in range(-3, 4):  # no room beside the point: its name is far
            self.crowd.take_bar(0.5 + 0.02 * i - 0.01, 0.4, 0.5 + 0.02 * i + 0.01, 0.499)
        self.crowd.take_bar(0.3, 0.501, 0.48, 0.6)
        self.crowd.take_bar(0.52, 0.501, 0.7, 0.6)
        self.add("far", 0.5, 0.5)
        self.crowd.write()
        arrow = self.axes.texts[0]
        self.assertIsNotNone(arrow.arrow_patch)
        self.assertAlmostEqual(arrow.xyann[0], 0, delta=8)  # straight up, through the middle of the gap

    def test_names_do_not_touch_the_frame(self):
        self.add("at the corner", 0.002, 0.002)
        self.crowd.write()
        self.assertGreater(self.boxes()[0].x0, self.axes.bbox.x0 + 1.5 * self.crowd.pixel)
        self.assertGreater(self.boxes()[0].y0, self.axes.bbox.y0 + 1.5 * self.crowd.pixel)

    def test_names_keep_off_points_without_a_name_where_they_can(self):
        self.crowd.take_dots([(0.5 + 0.01 * i, 0.5) for i in range(1, 20)])
        self.add("off the dots", 0.5, 0.5)
        self.crowd.write()
        self.assertLess(self.boxes()[0].x1, self.crowd.to_pixels(0.5, 0.5)[0])

    def test_equal_crowds_have_equal_places(self):
        places = []
        for _ in range(2):
            self.setUp()
            for i in range(12):
                self.add(f"device {i}", 0.4 + 0.05 * (i % 4), 0.4 + 0.05 * (i // 4))
            self.crowd.write()
            places.append([text.xyann for text in self.axes.texts])
        self.assertEqual(places[0], places[1])

    def test_nothing_to_name_is_no_mistake(self):
        self.assertEqual(self.crowd.write(), [])


class Figures(plot_test.Study):
    """Drawn from what the study of the paper's figures says of the catalog."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="memwall_growth_")
        cls.addClassCleanup(folder.cleanup)
        cls.file = pathlib.Path(folder.name) / "trends.h5"
        subprocess.run([PROGRAM, "run", "ai-and-memory-wall", "--quiet", "--output", cls.file], check=True,
                       stderr=subprocess.DEVNULL, env={**os.environ, "MEMWALL_DATA": str(SOURCE)})
        style.apply()

    def setUp(self):
        known = warnings.catch_warnings()
        known.__enter__()
        self.addCleanup(known.__exit__)
        warnings.simplefilter("error", LostName)  # a figure that loses a name fails

    def results(self, *selection, table="points"):
        return data.Results(self.file, selection, table)

    def names_in(self, figure):
        return [text for axes in figure.axes for text in plot_test.texts(axes)]

    def drawn(self, kind):
        """The figure in every width and selection, with its width."""
        for width in style.WIDTHS.values():
            for selection in ((), (PAPER,)):
                with self.subTest(width=width, selection=selection):
                    yield kind.draw(self.results(*selection), None, width), width

    def check_paper(self, kind, series, most_on_lines=2):
        for figure, width in self.drawn(kind):
            names = self.names_in(figure)
            for name in series:
                for known in self.named_of_paper(kind, name, figure, width):
                    self.assertIn(known.name, names)
            self.check_names(figure, most_on_lines)
            self.check_looks(figure, width)

    def named_of_paper(self, kind, name, figure, width):
        """All, but where a column of hardware has the catalog too those that surpass all before."""
        paper = growth.Series(self.results(PAPER), name).paper
        has_catalog = any("catalog" in text.get_text() for text in figure.legends[0].get_texts())
        if kind is not hardware_scaling or width > style.COLUMN or not has_catalog:
            return paper
        return [point for i, point in enumerate(paper) if all(point.value > other.value for other in paper[:i])]

    def check_names(self, figure, most_on_lines):
        """Hardly a name on a fit, no leader across the figure, no name at the frame, no line of a legend with a word alone."""
        figure.canvas.draw()
        axes, pixel = figure.axes[0], figure.dpi / 72
        names = [text for text in axes.texts if hasattr(text, "xyann")]
        boxes = numpy.array([plot_test.Text.get_window_extent(text, figure.canvas.get_renderer()).extents
                             for text in names])
        fits = numpy.array([axes.transData.transform(line.get_xydata()).ravel() for line in axes.lines
                            if len(line.get_xdata()) == 2 and line.get_linewidth() > 0.8])
        with numpy.errstate(divide="ignore", invalid="ignore"):
            covered = geometry.hits(fits, boxes).any(axis=0)
        self.assertLessEqual(covered.sum(), most_on_lines, [text.get_text() for text, on in zip(names, covered) if on])
        points = numpy.array([axes.transData.transform(text.xy) for text in names])
        leaders = numpy.hypot(*(numpy.clip(points, boxes[:, :2], boxes[:, 2:]) - points).T) / pixel
        self.assertLess(leaders.max(), 72)
        self.assertGreater(boxes[:, 0].min(), axes.bbox.x0 + pixel)
        self.assertLess(boxes[:, 2].max(), axes.bbox.x1 - pixel)
        for text in figure.legends[0].get_texts():
            lines = text.get_text().split("\n")
            self.assertTrue(len(lines) == 1 or all(" " in line for line in lines), lines)

    def test_newer_markers_of_a_series_do_not_hide_each_other(self):
        for width in style.WIDTHS.values():
            figure = hardware_scaling.draw(self.results(), None, width)
            axes = figure.axes[0]
            outlines = [line for line in axes.lines if line.get_zorder() == 4.5]
            self.assertGreater(len(outlines), 5)
            for marker in {line.get_marker() for line in outlines}:
                places = [axes.transData.transform(line.get_xydata()[0]) for line in outlines if line.get_marker() == marker]
                near = min(math.dist(a, b) for i, a in enumerate(places) for b in places[i + 1:])
                self.assertGreater(near, growth.MARKER * figure.dpi / 72)
            style.pyplot.close(figure)

    def test_open_markers_hide_no_other_marker(self):
        figure = balance.draw(self.results(), None, style.COLUMN)
        lines = [line for line in figure.axes[0].lines if line.get_marker() != "None"]
        filled = min(line.get_zorder() for line in lines if line.get_markersize() > 2 and line.get_zorder() >= 4)
        for line in lines:
            if line.get_markerfacecolor() in ("white", "#FFFFFF", "w"):
                self.assertLess(line.get_zorder(), filled)
        style.pyplot.close(figure)

    def test_hardware_scaling_names_every_point_of_the_paper(self):
        self.check_paper(hardware_scaling, ["peak_flops", "dram_bandwidth", "interconnect_bandwidth"])

    def test_hardware_scaling_starts_each_series_at_one(self):
        figure = hardware_scaling.draw(self.results(PAPER), None, style.COLUMN)
        drawn = [(round(float(artist.get_xdata()[0]), 2), float(artist.get_ydata()[0]))
                 for artist in figure.axes[0].lines if len(artist.get_xdata()) == 1]
        self.assertEqual([value for year, value in drawn if year == 1997.07], [1])  # the R10000 of 28 January 1997
        # The H100 of 19 September 2022: 989.5 TFLOP/s over 339 MFLOP/s; NVLink 4.0: 100 over 2.5 GT/s.
        compute, link = sorted((value for year, value in drawn if year == 2022.72), reverse=True)
        self.assertAlmostEqual(compute, 2918879, delta=30)
        self.assertAlmostEqual(link, 40)
        self.assertIn("Peak FLOP/s: paper 3.0\u00d7 / 2 yr", [text.get_text() for text in figure.legends[0].get_texts()])
        style.pyplot.close(figure)

    def test_model_size_names_every_point_of_the_paper(self):
        self.check_paper(model_size, ["transformer_parameters", "accelerator_memory", "vision_parameters",
                                      "recommender_parameters"])

    def test_training_compute_names_every_point_of_the_paper(self):
        self.check_paper(training_compute, ["training_compute", "other_training_compute"])

    def test_points_below_the_axis_are_counted(self):
        figure = training_compute.draw(self.results(), None, style.COLUMN)
        below = sum(y < figure.axes[0].get_ylim()[0] for line in figure.axes[0].lines if line.get_linestyle() == "None"
                    for y in line.get_ydata())
        self.assertGreater(below, 0)
        self.assertIn(f"other entries of the catalog ({below} more below the axis)",
                      [text.get_text() for text in figure.legends[0].get_texts()])
        style.pyplot.close(figure)

    def test_balance_names_devices_and_models_that_matter(self):
        for width in style.WIDTHS.values():
            figure = balance.draw(self.results(), None, width)
            names = self.names_in(figure)
            for name in ("MIPS R10000", "H100", "GB300", "TPU v7", "WSE-2", "GPT-3 175B", "AlexNet", "PaLM 540B"):
                self.assertIn(name, names)
            self.check_names(figure, 2)
            self.assertNotIn("A100 PCIe", names)  # the A100 was there before
            self.assertLess(len(names), 60)
            self.check_looks(figure, width)

    def test_balance_has_nothing_of_the_paper(self):
        with self.assertRaisesRegex(errors.WrongUsage, "no point of balance or intensity"):
            balance.draw(self.results(PAPER), None, style.COLUMN)

    def test_memory_breakdown_stacks_what_the_paper_plots(self):
        for width in style.WIDTHS.values():
            figure = memory_breakdown.draw(self.results(PAPER, table="memory_breakdown"), None, width)
            bars = figure.axes[0].patches
            self.assertEqual(len(bars), 3 * 8)
            gpt2 = sum(bar.get_height() for bar in bars[-3:])
            self.assertAlmostEqual(gpt2, 5.86 + 11.72 + 8.63)
            for total in ("1.17", "5.72", "5.58", "6.18", "7.96", "14.8", "17.1", "26.2", "3 GiB", "16 GiB", "32 GiB"):
                self.assertIn(total, plot_test.texts(figure.axes[0]))
            self.check_looks(figure, width)

    def test_memory_breakdown_never_writes_above_the_limit_what_fits(self):
        limits = {"1.17": 3, "5.72": 6, "5.58": 12, "6.18": 12, "7.96": 12, "14.8": 16, "17.1": 32, "26.2": 32}
        for width in style.WIDTHS.values():
            for selection in ((), (PAPER,)):
                figure = memory_breakdown.draw(self.results(*selection, table="memory_breakdown"), None, width)
                axes = figure.axes[0]
                figure.canvas.draw()
                pixel = figure.dpi / 72
                for text in axes.texts:
                    if text.get_text() in limits:
                        _, limit = axes.transData.transform((0, limits[text.get_text()]))
                        _, point = axes.transData.transform(text.xy)
                        top = point + (text.xyann[1] + memory_breakdown.ink_height(text.get_text())) * pixel
                        self.assertLess(top, limit - pixel, text.get_text())
                self.assertLessEqual(set(limits), set(plot_test.texts(axes)))
                style.pyplot.close(figure)

    def test_memory_breakdown_is_logarithmic_where_limits_would_hug_the_foot(self):
        figure = memory_breakdown.draw(self.results(table="memory_breakdown"), None, style.COLUMN)
        self.assertEqual([axes.get_yscale() for axes in figure.axes], ["linear", "log"])
        axes = figure.axes[1]
        total, *parts = axes.patches[:4]
        self.assertAlmostEqual(total.get_height() / sum(part.get_height() for part in parts), 1)
        foot, _ = axes.get_ylim()
        for line in axes.lines:  # the limit stands at a tenth of the panel and more
            self.assertGreater(axes.transAxes.inverted().transform(axes.transData.transform((0, min(line.get_ydata()))))[1], 0.1)
        self.assertGreater(foot, 0)
        style.pyplot.close(figure)

    def test_memory_breakdown_goes_on_in_a_panel_of_its_own(self):
        for width in style.WIDTHS.values():
            figure = memory_breakdown.draw(self.results(table="memory_breakdown"), "A title", width)
            self.assertEqual(len(figure.axes), 2)
            ticks = [label.get_text() for label in figure.axes[1].get_xticklabels()]
            self.assertIn("GPT-3 175B 2020\nA100: 80 GiB", ticks)
            self.check_looks(figure, width)


if __name__ == "__main__":
    unittest.main()
