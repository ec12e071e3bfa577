"""The figures: what they show, that nothing collides, and what their program says to mistakes."""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(os.environ.get("MEMWALL_SOURCE_DIR", pathlib.Path(__file__).parents[2]))
sys.path[:0] = [str(SOURCE / "tools/plot"), str(pathlib.Path(__file__).parent)]

import h5py  # noqa: E402
import numpy  # noqa: E402
import synthetic  # noqa: E402
from matplotlib.text import Text  # noqa: E402
from matplotlib.transforms import Bbox  # noqa: E402
from memwall_plot import data, errors, figures, fit_matrix, geometry, memory_wall, roofline, style  # noqa: E402

PLOT = SOURCE / "tools/plot/plot.py"
GPT_3 = ("workload", "gpt-3-175b")
GPT_2 = ("workload", "gpt-2-xl")
H100 = ("device", "nvidia-h100-sxm")
A100 = ("device", "nvidia-a100-sxm-80gb")
V100 = ("device", "nvidia-v100-sxm2-32gb")
GIB = 2.0**30
TALLEST = 22  # cm: a column of a page


class Study(unittest.TestCase):
    """One synthetic study for all tests of a class."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="memwall_plot_")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        cls.file = synthetic.study(cls.folder / "study.h5")
        style.apply()

    def results(self, *selection):
        return data.Results(self.file, selection)

    def check_looks(self, figure, width=style.COLUMN):
        """No text on another or on a marker, none outside, none below 6.5 pt; as wide as asked and on a page."""
        figure.canvas.draw()  # puts legends in their places
        renderer = figure.canvas.get_renderer()
        # Of an annotation the text alone, without its leader.
        boxes = [(text, Text.get_window_extent(text, renderer)) for text in figure.findobj(Text)
                 if text.get_visible() and text.get_text().strip() and is_drawn(figure, text)]
        level = [(text.get_text(), box) for text, box in boxes if text.get_rotation() == 0]
        overlapping = [(a, b) for i, (a, box) in enumerate(level) for b, other in level[i + 1:] if box.overlaps(other)]
        self.assertEqual(overlapping, [])
        markers = [box for axes in figure.axes for box in marker_boxes(axes)]
        self.assertEqual([text for text, box in level if any(box.overlaps(marker) for marker in markers)], [])
        for text, box in boxes:
            self.assertGreaterEqual(text.get_fontsize(), 6.5)
            inside = box.x0 >= -1 and box.y0 >= -1 and box.x1 <= figure.bbox.x1 + 1 and box.y1 <= figure.bbox.y1 + 1
            self.assertTrue(inside, text.get_text())
        self.assertAlmostEqual(figure.get_figwidth(), width * style.CENTIMETRE, delta=0.01)
        self.assertLessEqual(figure.get_figheight(), TALLEST * style.CENTIMETRE)
        style.pyplot.close(figure)


def marker_boxes(axes):
    """Of the points that one can tell from dots."""
    for line in axes.lines:
        half = 0.5 * line.get_markersize() * axes.figure.dpi / 72
        if line.get_marker() not in ("None", "", None) and line.get_markersize() >= 3:
            for x, y in axes.transData.transform(line.get_xydata()):
                yield Bbox.from_extents(x - half, y - half, x + half, y + half)


def is_drawn(figure, text):
    """Labels of ticks beyond the limits exist but are not drawn."""
    for axis in (axis for axes in figure.axes for axis in (axes.xaxis, axes.yaxis)):
        low, high = sorted(axis.get_view_interval())
        for tick in axis.get_major_ticks() + axis.get_minor_ticks():
            if text in (tick.label1, tick.label2):
                return low <= tick.get_loc() <= high
    return True


def texts(axes):
    return [text.get_text() for text in axes.texts]


class Roofline(Study):
    def test_operators_stand_at_intensity_and_flops_over_time(self):
        machine = roofline.Machine(self.results(GPT_3, H100), self.results(GPT_3, H100).estimates.row(0), 0,
                                   {"H100 SXM5 80GB": "H100"})
        up = [i for i, name in enumerate(machine.operators["name"]) if name == "decoder.ffn.up"][0]
        # 2048 tokens, hidden 12288: 2 m n k FLOPs over 2 (mk + kn + mn) bytes, m = 2048, n = 4 k, k = 12288.
        intensity = 2 * 2048 * 49152 * 12288 / (2 * (2048 * 12288 + 12288 * 49152 + 2048 * 49152))
        self.assertAlmostEqual(machine.intensity[up], intensity, delta=1e-9 * intensity)
        self.assertAlmostEqual(machine.attained[up], 989.4e12, delta=1e3)  # far right of the ridge: the peak

    def test_the_roof_turns_at_the_ridge(self):
        figure = roofline.draw(self.results(GPT_3, H100), None, style.COLUMN)
        roof = figure.axes[0].lines[0]
        self.assertAlmostEqual(roof.get_xdata()[1], 989.4e12 / 3.35e12)
        self.assertAlmostEqual(roof.get_ydata()[1], 989.4e12)
        self.assertAlmostEqual(roof.get_ydata()[0] / roof.get_xdata()[0], 3.35e12)
        self.assertIn("ridge 295", texts(figure.axes[0]))
        self.assertIn("989 TFLOP/s bf16", texts(figure.axes[0]))
        self.assertIn("3.35 TB/s", texts(figure.axes[0]))
        self.check_looks(figure)

    def test_names_stand_with_their_share_of_the_time(self):
        results = self.results(GPT_3, H100)
        operators = results.operators_of(results.estimates["point"][0])
        softmax = operators["share"][operators["name"] == "decoder.attention.softmax"].sum()
        figure = roofline.draw(results, None, style.COLUMN)
        self.assertIn(f"attention.softmax\n{100 * softmax:.1f} %", texts(figure.axes[0]))
        style.pyplot.close(figure)

    def test_every_bound_has_a_colour_and_a_shape_of_its_own(self):
        names = ["matrix", "vector", "launch", "HBM", "L2", "NVLink", "host", "shared"]
        styles = list({**roofline.UNITS, **dict(zip(names[3:], roofline.OTHERS))}.values())
        self.assertEqual(len({marker for marker, _ in styles}), len(names))
        self.assertEqual(len({colour for _, colour in styles}), len(names))

    def test_several_devices_are_told_by_lines_and_legend(self):
        figure = roofline.draw(self.results(GPT_2, H100, A100, V100), None, style.COLUMN)
        named = [text.get_text() for text in figure.legends[0].get_texts()]
        self.assertEqual(named, ["H100 SXM5 80GB: 989 TFLOP/s, 3.35 TB/s, ridge 295",
                                 "A100 SXM4 80GB: 312 TFLOP/s, 2.04 TB/s, ridge 153",
                                 "V100 SXM2 32GB: 125 TFLOP/s, 900 GB/s, ridge 139"])
        self.check_roofs(figure)
        self.check_looks(figure)

    def check_roofs(self, figure):
        """No level text lies across a roof."""
        figure.canvas.draw()
        axes = figure.axes[0]
        roofs = [axes.transData.transform(line.get_xydata()) for line in axes.lines if len(line.get_xdata()) == 3]
        segments = numpy.array([(*start, *end) for roof in roofs for start, end in zip(roof, roof[1:])])
        level = [text for text in axes.texts if text.get_rotation() == 0]
        boxes = numpy.array([Text.get_window_extent(text, figure.canvas.get_renderer()).extents for text in level])
        with numpy.errstate(divide="ignore", invalid="ignore"):
            across = geometry.hits(segments, boxes).any(axis=0)
        self.assertEqual([text.get_text() for text, hit in zip(level, across) if hit], [])

    def gathering(self, devices):
        """A file of a gather and a product on devices."""
        path = self.folder / "gather.h5"
        estimates, operators = [], []
        for point, device in enumerate(devices):
            rows = [synthetic.operator("gather", "gather", "forward", 1, 0, 0, 3e9, device),
                    synthetic.matmul("product", 4096, 4096, 4096, 40, device)]
            total = sum(row["time_s"] for row in rows)
            estimates.append(synthetic.estimate(point, synthetic.MODELS[0], device, 1, "training", rows))
            operators += [{"point": point, **row, "share": row["time_s"] / total} for row in rows]
        synthetic.write(path, {"estimates": estimates, "operators": operators,
                               "devices": [synthetic.device_row(device) for device in devices]})
        return data.Results(path), operators[0]["share"]

    def test_of_several_devices_nothing_lies_on_a_legend(self):
        for count in (2, 3, 4):
            results, _ = self.gathering(synthetic.DEVICES[:count])
            for width in style.WIDTHS.values():
                figure = roofline.draw(results, None, width)
                self.assertIn("not shown: without FLOPs", texts(figure.axes[0])[0])
                self.check_roofs(figure)
                self.check_looks(figure, width)

    def test_a_vector_peak_far_below_the_other_has_its_name_off_the_roof(self):
        for width in style.WIDTHS.values():
            figure = roofline.draw(self.results(GPT_2, H100), None, width)
            axes = figure.axes[0]
            self.assertIn("66.9 TFLOP/s fp32 vector", texts(axes))
            self.check_roofs(figure)
            style.pyplot.close(figure)

    def test_operators_without_flops_are_told_when_they_take_time(self):
        results, share = self.gathering(synthetic.DEVICES[3:4])
        figure = roofline.draw(results, None, style.COLUMN)
        self.assertIn(f"not shown: without FLOPs, {100 * share:.0f} %", texts(figure.axes[0]))
        self.check_looks(figure)

    def test_a_crowd_of_long_names_does_not_collide(self):
        device = synthetic.DEVICES[3]
        numbers = numpy.random.default_rng(3)
        rows = []
        for i in range(60):
            intensity = 10 ** numbers.uniform(-1, 3.5)
            attained = min(intensity * device[4], device[5]) * numbers.uniform(0.3, 0.9)
            time = 10 ** numbers.uniform(-6, -3)
            rows.append({"point": 0, "name": f"encoder.block{i % 7}.layer_{i}.projection_with_a_long_name",
                         "kind": "matmul", "pass": "forward", "count": 1, "flops": attained * time,
                         "bytes": attained * time / intensity, "intensity": intensity, "time_s": time,
                         "bound": ["matrix", "vector", "launch", "HBM", "L2"][i % 5]})
        total = sum(row["time_s"] for row in rows)
        model = ("long", "A Model With a Name of Many Words (and a remark)", "2021-01-01", "vision", 1e9, 1e9)
        path = self.folder / "crowd.h5"
        synthetic.write(path, {"estimates": [synthetic.estimate(0, model, device, 1, "training", rows)],
                               "operators": [{**row, "share": row["time_s"] / total} for row in rows],
                               "devices": [synthetic.device_row(device)]})
        self.check_looks(roofline.draw(data.Results(path), None, style.COLUMN))

    def test_a_device_without_a_matrix_unit_has_its_vector_peak_for_a_roof(self):
        study = synthetic.study(self.folder / "vector.h5", synthetic.MODELS[4:5], synthetic.DEVICES[3:4])
        with h5py.File(study, "r+") as file:
            file["devices/peak_matrix_flops"][0] = numpy.nan
            file["devices/ridge"][0] = numpy.nan
        figure = roofline.draw(data.Results(study), None, style.COLUMN)
        self.assertIn("ridge 20", texts(figure.axes[0]))  # 66.9 TFLOP/s over 3.35 TB/s
        self.check_looks(figure)
        with h5py.File(study, "r+") as file:
            file["devices/memory_bandwidth"][0] = numpy.nan
        with self.assertRaisesRegex(errors.WrongUsage, "nvidia-h100-sxm has no roof"):
            roofline.draw(data.Results(study), None, style.COLUMN)

    def test_one_workload_and_one_point_a_device_is_asked_for(self):
        with self.assertRaisesRegex(errors.WrongUsage, "shows one workload; choose with --select workload=alexnet or"):
            roofline.draw(self.results(H100), None, style.COLUMN)
        with self.assertRaisesRegex(errors.WrongUsage, "at most 4 devices"):
            roofline.draw(self.results(GPT_3), None, style.COLUMN)
        batches = synthetic.study(self.folder / "batches.h5", synthetic.MODELS[-1:], synthetic.DEVICES[:1], (1, 8))
        with self.assertRaisesRegex(errors.WrongUsage, r"2 points for GPT-3 175B .* \(batch: 1, 8\)"):
            roofline.draw(data.Results(batches), None, style.COLUMN)


class MemoryWall(Study):
    def test_bars_are_the_parts_side_by_side_on_a_logarithmic_axis(self):
        figure = memory_wall.draw(self.results(), None, style.COLUMN)
        axes = figure.axes[0]
        self.assertEqual(axes.get_yscale(), "log")
        heights = [bar.get_height() for bar in axes.patches]
        self.assertEqual(len(heights), 3 * len(synthetic.MODELS))
        # GPT-3 comes last: 2 bytes a weight; 4 + 12 of gradients and Adam; 275 GB of activations.
        parameters = 175_181_291_520
        for height, expected in zip(heights[-3:], (2 * parameters, 16 * parameters, 275e9)):
            self.assertAlmostEqual(height, expected / GIB, delta=1e-6)
        self.check_looks(figure)

    def test_similar_models_are_stacked_on_a_linear_axis_with_their_total(self):
        similar = synthetic.study(self.folder / "similar.h5", synthetic.MODELS[3:5])
        figure = memory_wall.draw(data.Results(similar), "Two models", style.COLUMN)
        axes = figure.axes[0]
        self.assertEqual(axes.get_yscale(), "linear")
        # BERT-Large: 18 bytes of 335,141,888 parameters and 2.9 GB are 8.92 GB, 8.32 GiB.
        self.assertIn("8.32 GiB", texts(axes))
        self.assertAlmostEqual(axes.patches[2].get_y() + axes.patches[2].get_height(),
                               (18 * 335_141_888 + 2.9e9) / GIB, delta=1e-6)
        self.check_looks(figure)

    def test_a_model_stands_against_the_largest_memory_of_its_year(self):
        models = memory_wall.models_of(self.results())
        limits = memory_wall.memory_of_years(self.results(), models)
        told = {model.name: limit and limit[0] for model, limit in zip(models, limits)}
        self.assertIsNone(told["AlexNet"])  # 2012: no device of the study was there
        self.assertIsNone(told["ResNet-50"])  # 2015, and the P100 came in 2016
        self.assertEqual(told["Transformer (big)"], "P100 SXM2 16GB")  # 2017
        self.assertEqual(told["BERT-Large"], "V100 SXM2 32GB")  # 2018, as the V100: the year counts
        self.assertEqual(told["GPT-3 175B"], "A100 SXM4 80GB")  # 2020
        self.assertEqual([limit[1] for limit in limits[2:]], [16 * GIB] + 3 * [32 * GIB] + [80 * GIB])

    def test_every_device_line_is_named(self):
        figure = memory_wall.draw(self.results(), None, style.COLUMN)
        self.assertEqual(sorted(texts(figure.axes[0])), ["A100 SXM4 80GB", "P100 SXM2 16GB", "V100 SXM2 32GB"])
        style.pyplot.close(figure)

    def test_many_models_stand_in_rows_of_a_column_or_in_one_of_a_page(self):
        models = [(f"model-{i}", f"Model {i} of a Long Name", f"{2012 + i // 2}-06", "language", 10 ** (7.5 + i / 4),
                   10 ** (8 + i / 5)) for i in range(18)]
        many = synthetic.study(self.folder / "many.h5", models)
        for width, bars in ((style.COLUMN, [9, 9]), (style.PAGE, [18])):
            figure = memory_wall.draw(data.Results(many), "Many", width)
            self.assertEqual([len(axes.get_xticklabels()) for axes in figure.axes], bars)
            self.assertEqual(len({axes.get_ylim() for axes in figure.axes}), 1)
            self.check_looks(figure, width)

    def test_batches_of_one_model_are_bars_of_their_own(self):
        batches = synthetic.study(self.folder / "batches.h5", synthetic.MODELS[3:4], batches=(1, 8))
        figure = memory_wall.draw(data.Results(batches), None, style.COLUMN)
        names = [label.get_text() for label in figure.axes[0].get_xticklabels()]
        self.assertEqual(names, ["BERT-Large 2018, b 1", "BERT-Large 2018, b 8"])
        self.check_looks(figure)


class FitMatrix(Study):
    def test_cells_say_what_is_left_or_missing(self):
        figure = fit_matrix.draw(self.results(), None, style.PAGE)
        cells = texts(figure.axes[0])
        self.assertEqual(len(cells), len(synthetic.MODELS) * len(synthetic.DEVICES))
        # BERT-Large takes 18 x 335,141,888 + 2.9e9 B = 8.32 GiB of the P100's 15.5: 7.2 left, 46 %.
        self.assertIn("7.2 GiB\n46 %", cells)
        # GPT-3: 18 x 175,181,291,520 + 275e9 B = 3192.8 GiB, 3113 more than the H100's 79.5: 3.0 TiB.
        self.assertIn("\u22123.0 TiB", cells)
        # GPT-2 XL: 18 x 1,557,611,200 + 13.6e9 B = 38.8 GiB, 7.3 more than the V100's 31.5.
        self.assertIn("\u22127.3 GiB", cells)
        self.check_looks(figure, style.PAGE)

    def test_cells_have_room_beside_what_they_say(self):
        for width in style.WIDTHS.values():
            figure = fit_matrix.draw(self.results(), None, width)
            for axes in figure.axes[:-1]:
                room = axes.bbox.width / len(axes.get_xticks()) - 4 * figure.dpi / 72  # 2 pt on each side
                for text in axes.texts:
                    box = text.get_window_extent(figure.canvas.get_renderer())
                    self.assertLess(box.width, room, text.get_text())
            style.pyplot.close(figure)

    def test_cells_that_do_not_fit_are_hatched(self):
        figure = fit_matrix.draw(self.results(GPT_2, A100, V100), None, style.COLUMN)
        boxes = [patch for patch in figure.axes[0].patches if patch.get_facecolor()[3] > 0]
        self.assertEqual([bool(box.get_hatch()) for box in boxes], [True, False])  # the V100 first: less memory
        self.check_looks(figure)

    def offloading(self, held, capacity, name, devices=synthetic.DEVICES[2:4], models=synthetic.MODELS[:2]):
        """A study whose plans keep so much in a node's memory of that capacity; models and devices have room."""
        estimates = []
        for model in models:
            for device in devices:
                row = synthetic.estimate(len(estimates), model, device, 1, "training")
                estimates.append({**row, "node_bytes": held, "node_capacity_bytes": capacity,
                                  "fits": row["fits"] and not held > capacity})
        path = self.folder / name
        synthetic.write(path, {"estimates": estimates})
        return data.Results(path)

    def test_a_cell_tells_what_the_node_lacks_where_the_device_has_room(self):
        figure = fit_matrix.draw(self.offloading(524.0 * GIB, 512.0 * GIB, "short.h5"), None, style.COLUMN)
        cells = [text.get_text() for text in figure.axes[0].texts]
        self.assertEqual(cells, ["\u221212 GiB\nin node"] * 4)
        self.assertTrue(all(box.get_hatch() for box in figure.axes[0].patches if box.get_facecolor()[3] > 0))
        self.check_looks(figure)

    def test_a_cell_tells_what_the_device_lacks_first(self):
        gpt_3 = self.offloading(524.0 * GIB, 512.0 * GIB, "both.h5", models=synthetic.MODELS[-1:])
        cells = [text.get_text() for text in fit_matrix.draw(gpt_3, None, style.COLUMN).axes[0].texts]
        self.assertEqual(cells, ["\u22123.0 TiB"] * 2)

    def test_a_node_with_room_changes_no_cell(self):
        for name, held, capacity in (("room.h5", 10.0 * GIB, 512.0 * GIB), ("none.h5", 0.0, float("nan"))):
            cells = fit_matrix.draw(self.offloading(held, capacity, name), None, style.COLUMN).axes[0].texts
            self.assertTrue(all(cell.get_text().endswith(" %") for cell in cells))

    def test_what_a_node_lacks_has_room_in_blocks_below_each_other(self):
        devices = [(f"d{i}", f"Device {i}", str(2012 + i), (4 + 3 * i) * 2**30, 1e12, 1e14, "fp16", 1e13)
                   for i in range(11)]
        figure = fit_matrix.draw(self.offloading(524.0 * GIB, 512.0 * GIB, "blocks.h5", devices), None, style.COLUMN)
        self.assertGreater(len(figure.axes), 2)
        self.check_looks(figure)

    def test_many_devices_are_continued_below(self):
        devices = [(f"d{i}", f"NVIDIA GeForce RTX {i}090 Ti (board)", str(2012 + i), (4 + 3 * i) * 2**30, 1e12, 1e14,
                    "fp16", 1e13) for i in range(11)]
        many = synthetic.study(self.folder / "many.h5", devices=devices)
        for width, blocks in ((style.COLUMN, [4, 4, 3]), (style.PAGE, [11])):
            figure = fit_matrix.draw(data.Results(many), "All on all", width)
            self.assertEqual([len(axes.get_xticklabels()) for axes in figure.axes[:-1]], blocks)
            self.check_looks(figure, width)


class Program(Study):
    def run_plot(self, *arguments):
        done = subprocess.run([sys.executable, PLOT, *map(str, arguments)], capture_output=True, text=True, check=False)
        return done.returncode, done.stderr.strip()

    def draw(self, name, *arguments):
        output = self.folder / name
        self.assertEqual(self.run_plot(*arguments, "--output", output), (0, ""))
        return output.read_bytes()

    def test_the_command_knows_every_kind(self):
        told = subprocess.run([os.environ["MEMWALL_PROGRAM"], "plot", "--help"], capture_output=True, text=True, check=True)
        self.assertIn(" ".join(", ".join(figures.KINDS).split()), " ".join(told.stdout.split()))

    def test_equal_input_makes_equal_files_without_dates(self):
        for suffix in style.FORMATS:
            once, twice = (self.draw(f"{name}{suffix}", "memory-wall", self.file) for name in ("once", "twice"))
            self.assertEqual(once, twice)
            self.assertNotIn(b"CreationDate", once)
            self.assertNotIn(b"dc:date", once)

    def test_pdf_embeds_its_fonts_as_truetype(self):
        self.assertIn(b"/FontFile2", self.draw("fonts.pdf", "fit-matrix", self.file))

    def test_nothing_is_left_beside_the_figure(self):
        self.draw("alone.png", "fit-matrix", self.file)
        self.assertEqual(list(self.folder.glob("alone*")), [self.folder / "alone.png"])

    def test_wrong_usage_exits_with_2_and_a_hint(self):
        output = ("--output", self.folder / "x.png")
        for arguments, told in (
            (("roof", self.file, *output), "invalid choice: 'roof' (choose from 'roofline', 'memory-wall', "),
            (("roofline", self.file), "the following arguments are required: --output"),
            (("roofline", self.file, "--output", "x.bmp"), "'x.bmp' does not end in .png, .svg, .pdf"),
            (("roofline", self.file, *output, "--width", "wide"), "invalid choice: 'wide' (choose from 'column', 'page')"),
            (("roofline", self.file, *output, "--select", "gpt"), "'gpt' is not COLUMN=VALUE"),
            (("roofline", self.file, *output, "--select", "workloa=x"), "did you mean 'workload'?"),
            (("roofline", self.file, *output, "--select", "workload=gpt-3-175"), "did you mean 'gpt-3-175b'?"),
            (("roofline", self.file, *output, "--select", "batch=2"), "--select batch=2: nothing has it; there is: 1"),
        ):
            code, error = self.run_plot(*arguments)
            self.assertEqual(code, 2, arguments)
            self.assertIn(told, error)
        self.assertFalse((self.folder / "x.png").exists())

    def test_files_that_cannot_be_read_exit_with_3_and_the_reason(self):
        text = self.folder / "text.h5"
        text.write_text("hello")
        cut = self.folder / "cut.h5"
        cut.write_bytes(self.file.read_bytes()[:5000])
        for path, told in ((self.folder / "none.h5", "no such file"), (self.folder, "is a folder"),
                           (text, "is no HDF5 file"), (cut, "was cut short")):
            code, error = self.run_plot("fit-matrix", path, "--output", self.folder / "x.png")
            self.assertEqual((code, error), (3, f"memwall plot: {path}: {told}"))

    def test_a_title_is_text_and_no_mathematics(self):
        self.draw("dollars.png", "memory-wall", self.file, "--title", r"$\frac{$ costs 5$")
        code, error = self.run_plot("memory-wall", self.file, "--output", self.folder / "x.png", "--title", 1000 * "a")
        self.assertEqual(code, 2)
        self.assertIn("a title of 1000 characters; at most 200 have room", error)

    def test_what_is_no_timeline_is_told_without_a_traceback(self):
        for number, text in enumerate(('{"traceEvents": 5}', 100000 * "[")):
            path = self.folder / f"wrong{number}.json"
            path.write_text(text)
            code, error = self.run_plot("timeline", path, "--output", self.folder / "x.png")
            self.assertEqual(code, 3)
            self.assertTrue(error.startswith(f"memwall plot: {path}"), error)
            self.assertEqual(len(error.splitlines()), 1)

    def test_a_missing_column_is_named_with_what_is_there(self):
        for table, column, kind in (("estimates", "headroom_bytes", "fit-matrix"), ("operators", "share", "roofline"),
                                    ("devices", "ridge", "roofline")):
            path = self.folder / f"without-{column}.h5"
            path.write_bytes(self.file.read_bytes())
            with h5py.File(path, "r+") as file:
                del file[f"{table}/{column}"]
                first = list(file[table])[0]
            code, error = self.run_plot(kind, path, "--output", self.folder / "x.png", "--select", "=".join(GPT_3),
                                        "--select", "=".join(H100))
            self.assertEqual(code, 3)
            self.assertIn(f"memwall plot: {path}: table '{table}' has no column '{column}'; it has: {first}, ", error)

    def test_a_missing_table_is_named(self):
        path = self.folder / "without-devices.h5"
        path.write_bytes(self.file.read_bytes())
        with h5py.File(path, "r+") as file:
            del file["devices"]
        self.assertEqual(self.run_plot("memory-wall", path, "--output", self.folder / "x.png"),
                         (3, f"memwall plot: {path}: has no table 'devices'; it has: estimates, operators"))

    def test_a_figure_that_cannot_be_written_exits_with_3(self):
        output = self.folder / "missing" / "x.png"
        self.assertEqual(self.run_plot("fit-matrix", self.file, "--output", output),
                         (3, f"memwall plot: {output}: No such file or directory"))


if __name__ == "__main__":
    unittest.main()
