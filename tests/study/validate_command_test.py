"""`memwall validate` as a user calls it."""

import csv
import io
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

SOURCE = pathlib.Path(os.environ["MEMWALL_SOURCE_DIR"])
PROGRAM = os.environ["MEMWALL_PROGRAM"]
NANOTRON = SOURCE / "tests/reference/h100_nanotron_training.csv"
MEGATRON = SOURCE / "tests/reference/training_measured.csv"

YES, USAGE, FILE = 0, 2, 3


def run(*arguments):
    return subprocess.run([PROGRAM, "validate", *map(str, arguments)], capture_output=True, text=True, check=False,
                          env={**os.environ, "MEMWALL_DATA": str(SOURCE)})


class Validate(unittest.TestCase):
    def test_csv_has_a_row_a_figure(self):
        done = run(MEGATRON, "--system", "dgx-a100-640", "--format", "csv")
        self.assertEqual((done.returncode, done.stderr), (YES, ""))
        header = done.stdout.splitlines()[0]
        self.assertEqual(header, "set,case,metric,unit,measured,ideal,expected,error")
        for row in csv.DictReader(io.StringIO(done.stdout)):
            with self.subTest(row=row):
                judged = float(row["expected"] or row["ideal"])
                measured = float(row["measured"])
                self.assertAlmostEqual(float(row["error"]), (judged - measured) / measured)

    def test_json_sums_up(self):
        done = run(NANOTRON, "--system", "dgx-h100", "--format", "json")
        self.assertEqual((done.returncode, done.stderr), (YES, ""))
        answer = json.loads(done.stdout)
        self.assertEqual(answer["cases"], 1399)
        self.assertEqual(answer["invalid_plans"], 2)
        self.assertGreaterEqual(answer["fit_accuracy"], 0.97)
        wrong = answer["false_fits"] + answer["missed_fits"]
        self.assertAlmostEqual(answer["fit_accuracy"], 1 - wrong / answer["fit_cases"])
        for name in ("allocated_gib", "reserved_gib", "tokens_per_second_per_device"):
            self.assertLessEqual({"mean_error", "median_error", "worst_error", "bias"},
                                 set(answer["metrics"][name]))

    def test_the_table_names_what_was_judged_wrong(self):
        done = run(NANOTRON, "--system", "dgx-h100")
        self.assertEqual(done.returncode, YES)
        answer = json.loads(run(NANOTRON, "--system", "dgx-h100", "--format", "json").stdout)
        self.assertEqual(done.stdout.count("  false fit\n"), answer["false_fits"])
        self.assertEqual(done.stdout.count("  missed fit\n"), answer["missed_fits"])
        self.assertIn("after_pipeline_fix", done.stdout)

    def test_a_file_from_anywhere_is_read(self):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "mine.csv"
            file.write_text("case,workload,data,micro_batch,global_batch,attention,step_time_ms\r\n"
                            "\"a, b\",llama-3-8b,8,1,64,flash,5000\r\n", encoding="utf-8")
            done = run(file, "--system", "dgx-h100", "--format", "csv")
            self.assertEqual(done.returncode, YES, done.stderr)
            rows = list(csv.DictReader(io.StringIO(done.stdout)))
            self.assertEqual((rows[0]["set"], rows[0]["case"], rows[0]["unit"]), ("mine", "a, b", "ms"))

    def test_mistakes_have_exit_codes(self):
        self.assertEqual(run(NANOTRON).returncode, USAGE)
        self.assertEqual(run(NANOTRON, "--system", "dgx-h1000").returncode, USAGE)
        self.assertEqual(run(SOURCE / "no-such.csv", "--system", "dgx-h100").returncode, FILE)
        self.assertIn("README.md:", run(SOURCE / "README.md", "--system", "dgx-h100").stderr)


if __name__ == "__main__":
    unittest.main()
