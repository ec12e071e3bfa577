"""`memwall trends` as a user calls it."""

import csv
import io
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

import h5py

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
