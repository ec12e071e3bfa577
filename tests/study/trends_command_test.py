"""`memwall trends` as a user calls it."""

import csv
import io
import json
import os
import pathlib
import re
import shlex
import subprocess
import tempfile
import unittest

import h5py
import numpy

SOURCE = pathlib.Path(os.environ["MEMWALL_SOURCE_DIR"])
PROGRAM = os.environ["MEMWALL_PROGRAM"]

YES, USAGE, FILE = 0, 2, 3
CLAIMS = {"peak_flops": "3.0", "dram_bandwidth": "1.6", "interconnect_bandwidth": "1.4",
          "transformer_parameters": "410", "accelerator_memory": "2", "training_compute": "750"}


def run(*arguments):
    return subprocess.run([PROGRAM, "trends", *arguments], capture_output=True, text=True, check=False,
                          env={**os.environ, "MEMWALL_DATA": str(SOURCE)})


def answer(*arguments):
    done = run(*arguments)
    if done.returncode != YES:
        raise AssertionError(f"exit code {done.returncode}: {done.stderr}")
    return done.stdout


def rows(*arguments):
    return list(csv.DictReader(io.StringIO(answer(*arguments, "--format", "csv"))))


class Rates(unittest.TestCase):
    def test_the_six_claims_stand_beside_the_rates_of_the_papers_points_and_of_all(self):
        told = {(row["series"], row["points"]): row for row in rows()}
        for series, claim in CLAIMS.items():
            paper = told[series, "paper"]
            self.assertEqual((paper["published"], paper["verdict"]), (claim, "reproduced"))
            for points in ("paper", "all", "leaders"):
                row = told[series, points]
                self.assertLess(float(row["low"]), float(row["rate"]))
                self.assertLess(float(row["rate"]), float(row["high"]))

    def test_the_wall_is_the_ratio_of_two_rates(self):
        told = {(row["series"], row["points"]): row for row in rows()}
        for points in ("paper", "all", "leaders"):
            ratio = float(told["peak_flops / dram_bandwidth", points]["rate"])
            compute, memory = (float(told[series, points]["rate"]) for series in ("peak_flops", "dram_bandwidth"))
            self.assertAlmostEqual(ratio, compute / memory, places=9)

    def test_every_format_has_the_same_rows(self):
        lines = rows()
        objects = json.loads(answer("--format", "json"))
        self.assertEqual(len(lines), len(objects))
        for line, item in zip(lines, objects):
            self.assertEqual(line["series"], item["series"])
            self.assertEqual(float(line["rate"]), item["rate"])
        table = answer().split("\n\n")[0].splitlines()
        self.assertEqual(len(table), len(lines) + 3)

    def test_the_text_answers_whether_the_wall_still_grows(self):
        text = answer()
        self.assertIn("Does the wall still grow?", text)
        self.assertIn("Since 2022, at 16 bits: ", text)
        self.assertIn("published 3.0x; the paper's 37 points give 3.03x", text)

    def test_points_choose_sets_and_both_are_the_papers_and_all(self):
        self.assertEqual({row["points"] for row in rows("--points", "paper")}, {"paper"})
        self.assertEqual({row["points"] for row in rows("--points", "both", "--series", "peak_flops")},
                         {"paper", "all"})

    def test_series_that_nobody_claims_print_when_they_are_asked_for(self):
        self.assertNotIn("memory_pin_rate", {row["series"] for row in rows()})
        self.assertEqual({row["series"] for row in rows("--series", "memory_pin_rate")}, {"memory_pin_rate"})

    def test_since_and_until_are_moments(self):
        for row in rows("--series", "dram_bandwidth", "--points", "all", "--since", "2017", "--until", "2022-09"):
            self.assertGreaterEqual(float(row["from"]), 2017)
            self.assertLess(float(row["to"]), 2022 + 243 / 365)


class Output(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="memwall_trends_")
        self.addCleanup(folder.cleanup)
        self.file = pathlib.Path(folder.name) / "trends.h5"

    def test_the_file_holds_all_that_the_figures_are_drawn_from(self):
        answer("--series", "peak_flops", "--output", str(self.file))
        with h5py.File(self.file) as file:
            self.assertEqual(set(file), {"points", "fits", "series", "memory_breakdown", "inputs"})
            series = set(file["points/series"].asstr()[:])
            self.assertLessEqual(set(CLAIMS), series)
            self.assertEqual(set(file["points/set"].asstr()[:]), {"paper", "catalog"})
            self.assertLessEqual(set(CLAIMS), set(file["fits/series"].asstr()[:]))
            self.assertEqual(list(file["memory_breakdown/set"].asstr()[:2]), ["paper", "catalog"])

    def test_a_file_that_cannot_be_written_is_told(self):
        done = run("--output", str(self.file.parent / "none" / "x.h5"))
        self.assertEqual(done.returncode, FILE)


class Study(unittest.TestCase):
    """A study of trends, run by `memwall run`."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="memwall_trends_")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.study = self.folder / "growth.yaml"
        self.results = self.folder / "growth.h5"

    def run_study(self, text, *arguments):
        self.study.write_text(text, encoding="utf-8")
        return subprocess.run([PROGRAM, "run", self.study, "--output", self.results, *arguments], capture_output=True,
                              text=True, check=False, env={**os.environ, "MEMWALL_DATA": str(SOURCE)}, cwd=self.folder)

    def test_it_prints_and_writes_what_the_command_does(self):
        done = self.run_study("id: growth\ntrends: {points: [both], since: 2010}\n")
        self.assertEqual((done.returncode, done.stdout), (YES, answer("--points", "both", "--since", "2010")))
        other = self.folder / "trends.h5"
        answer("--points", "both", "--since", "2010", "--output", str(other))
        with h5py.File(self.results) as ours, h5py.File(other) as theirs:
            self.assertEqual(set(ours), set(theirs))
            for table in set(ours) - {"inputs"}:
                for column in ours[table]:
                    self.assertTrue(numpy.array_equal(ours[table][column][:], theirs[table][column][:]) or
                                    numpy.allclose(ours[table][column][:], theirs[table][column][:], equal_nan=True))
            text = self.study.read_text(encoding="utf-8")
            self.assertEqual(ours["inputs/" + "/".join(self.study.parts[-3:])].asstr()[()], text)
            self.assertIn("studies/ai-and-memory-wall/points.yaml", ours["inputs"])
        self.assertIn(f" points in {self.results}\n", done.stderr)

    def test_its_figures_are_drawn_where_a_folder_is_given(self):
        figures = ("figures:\n  - {kind: training-compute, output: a.png, select: {set: paper}}\n"
                   "  - {kind: memory-breakdown, output: b.svg, width: page, title: What training takes}\n")
        done = self.run_study("id: growth\ntrends: {}\n" + figures, "--quiet", "--figures", self.folder / "new" / "figures")
        self.assertEqual((done.returncode, done.stdout), (YES, ""))
        self.assertEqual(sorted(file.name for file in (self.folder / "new" / "figures").iterdir()), ["a.png", "b.svg"])
        svg = (self.folder / "new" / "figures" / "b.svg").read_text(encoding="utf-8")
        width = float(re.search(r'<svg [^>]*?width="([\d.]+)pt"', svg)[1])
        self.assertAlmostEqual(width, 17.8 / 2.54 * 72, places=3)

    def test_a_figure_that_its_file_cannot_show_is_told_and_the_others_are_drawn(self):
        figures = ("figures:\n  - {kind: roofline, output: a.png}\n"
                   "  - {kind: memory-breakdown, output: b.png, select: {set: paper}}\n")
        done = self.run_study("id: growth\ntrends: {}\n" + figures, "--quiet", "--figures", self.folder)
        self.assertEqual(done.returncode, FILE)
        self.assertIn("has no table 'estimates'", done.stderr)
        self.assertFalse((self.folder / "a.png").exists())
        self.assertTrue((self.folder / "b.png").exists())

    def test_a_folder_that_cannot_be_made_is_told(self):
        figures = "figures: [{kind: balance, output: a.png}]\n"
        done = self.run_study("id: growth\ntrends: {}\n" + figures, "--quiet", "--figures", self.study)
        self.assertEqual(done.returncode, FILE)
        self.assertIn("growth.yaml: ", done.stderr)
        self.assertFalse(self.results.exists())  # told before anything ran

    def test_figures_of_a_study_that_has_none_are_refused_before_it_runs(self):
        done = self.run_study("id: growth\ntrends: {}\n", "--figures", self.folder / "new")
        self.assertEqual((done.returncode, done.stdout), (USAGE, ""))
        self.assertIn("--figures: the study 'growth' has no figures", done.stderr)
        self.assertEqual(list(self.folder.iterdir()), [self.study])

    def test_a_command_line_is_noted_as_a_shell_reads_it(self):
        other = self.folder / "two words.h5"
        answer("--since", "2020", "--output", str(other))
        with h5py.File(other) as file:
            self.assertEqual(shlex.split(file.attrs["command_line"]),
                             ["memwall", "trends", "--since", "2020", "--output", str(other)])


class Mistakes(unittest.TestCase):
    def test_wrong_names_are_told_with_the_nearest(self):
        for arguments, told in ((("--series", "peak_flop"), "no series 'peak_flop'; did you mean 'peak_flops'?"),
                                (("--points", "papers"), "no points 'papers'; did you mean 'paper'?"),
                                (("--since", "last year"), "'last year' is no date; expected one such as 2017"),
                                (("--since", "2017-13"), "'2017-13' is no date")):
            done = run(*arguments)
            self.assertEqual(done.returncode, USAGE)
            self.assertIn(told, done.stderr)


if __name__ == "__main__":
    unittest.main()
