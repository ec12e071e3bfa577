"""`memwall tables` against the reference that was handed down (tests/reference/seed_tables.csv), as a user calls it."""

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
PUBLISHED = SOURCE / "studies/ai-and-memory-wall/published.yaml"

YES, NO, USAGE, FILE = 0, 1, 2, 3
COLUMNS = "table,model,metric,unit,published,ours,relative_difference,verdict,explanation".split(",")
DERIVED = ("reproduced", "within rounding")


def run(*arguments):
    return subprocess.run([PROGRAM, "tables", *arguments], capture_output=True, text=True, check=False,
                          env={**os.environ, "MEMWALL_DATA": str(SOURCE)})


def rows(*arguments):
    done = run(*arguments, "--format", "csv")
    if done.returncode != YES:
        raise AssertionError(f"exit code {done.returncode}: {done.stderr}")
    return list(csv.DictReader(io.StringIO(done.stdout)))


def key(row):
    return row["table"], row["model"], row["metric"]


class Cells(unittest.TestCase):
    def test_every_cell_of_the_reference_has_its_verdict(self):
        ours = {key(row): row for row in rows()}
        with open(SOURCE / "tests/reference/seed_tables.csv", encoding="utf-8") as file:
            reference = list(csv.DictReader(file))
        self.assertEqual(set(ours), {key(row) for row in reference})
        for row in reference:
            with self.subTest(cell=key(row)):
                mine = ours[key(row)]
                self.assertEqual(float(mine["published"]), float(row["published"]))
                if row["verdict"] in DERIVED:
                    self.assertIn(mine["verdict"], DERIVED)
                else:
                    self.assertEqual(mine["verdict"], row["verdict"])
                    self.assertTrue(mine["explanation"])

    def test_the_difference_is_of_the_published_value_and_decides(self):
        for row in rows():
            if not row["ours"]:
                self.assertEqual(row["relative_difference"], "")
                continue
            difference = (float(row["ours"]) - float(row["published"])) / float(row["published"])
            self.assertAlmostEqual(float(row["relative_difference"]), difference, places=12)
            if row["verdict"] == "within rounding":
                self.assertLessEqual(abs(difference), 0.04)

    def test_csv_and_json_hold_the_same_cells(self):
        cells = json.loads(run("--format", "json").stdout)
        text = rows()
        self.assertEqual(list(text[0]), COLUMNS)
        self.assertEqual(list(cells[0]), COLUMNS)
        self.assertEqual(len(cells), len(text))
        for cell, row in zip(cells, text):
            self.assertEqual([cell[column] for column in COLUMNS[:4] + COLUMNS[7:]],
                             [row[column] for column in COLUMNS[:4] + COLUMNS[7:]])
            for column in COLUMNS[4:7]:
                self.assertEqual(cell[column], float(row[column]) if row[column] else None)

    def test_the_terminal_shows_published_digits_and_explanations(self):
        text = run().stdout
        self.assertRegex(text, r"DenseNet201 +parameter_memory +GiB +0\.07 ")
        self.assertIn("VGG-16: 138.4 million", text)
        self.assertRegex(text, r"\n +12 erratum\n +9 not derivable\n")


class Choices(unittest.TestCase):
    def test_one_table_or_one_model(self):
        self.assertEqual({row["table"] for row in rows("--table", "memory")}, {"memory"})
        self.assertEqual({row["model"] for row in rows("--model", "bert large")}, {"BERT Large"})
        self.assertEqual({row["model"] for row in rows("--model", "vgg-19")}, {"VGG-19", "VGG19"})

    def test_a_model_that_the_paper_never_had(self):
        found = rows("--model", "llama-3-8b")
        self.assertEqual([row["metric"] for row in found],
                         ["parameters", "features", "inference_flops", "training_flops", "parameter_memory",
                          "optimizer_memory", "activation_memory", "total_memory"])
        self.assertEqual(float(found[0]["ours"]) * 1e6, 8030261248)  # the released weights
        self.assertEqual({row["verdict"] for row in found}, {"unpublished"})
        self.assertEqual({row["published"] for row in found}, {""})

    def test_all_has_every_model_of_the_catalog(self):
        found = rows("--all")
        workloads = list(SOURCE.glob("workloads/*/*.yaml"))
        published = {row["model"] for row in found if row["published"]}
        self.assertEqual(len([row for row in found if row["published"]]), 100)
        others = {row["model"] for row in found} - published
        used = {line.split()[-1] for line in PUBLISHED.read_text().splitlines() if "  workload: " in line}
        self.assertEqual(len(others), len(workloads) - len(used))

    def test_a_wrong_choice_is_told_with_the_nearest(self):
        for arguments, said in ((["--model", "llama-3-8"], "did you mean 'llama-3-8b'?"),
                                (["--table", "visions"], "did you mean 'vision'?"),
                                (["--element", "2 B"], "is of --case-study"),
                                (["--case-study", "--all"], "leave out --case-study")):
            with self.subTest(arguments=arguments):
                done = run(*arguments)
                self.assertEqual(done.returncode, USAGE)
                self.assertIn(said, done.stderr)
        self.assertEqual(run("--published", "./nowhere.yaml").returncode, FILE)


class Faults(unittest.TestCase):
    def test_a_cell_that_nothing_explains_makes_the_answer_no(self):
        with tempfile.TemporaryDirectory() as folder:
            changed = pathlib.Path(folder) / "published.yaml"
            text = PUBLISHED.read_text(encoding="utf-8")
            self.assertIn("parameters: 61\n", text)
            changed.write_text(text.replace("parameters: 61\n", "parameters: 71\n"), encoding="utf-8")
            done = run("--published", str(changed), "--format", "csv")
            self.assertEqual(done.returncode, NO)
            wrong = [row for row in csv.DictReader(io.StringIO(done.stdout)) if row["verdict"] == "unexplained"]
            self.assertEqual([key(row) for row in wrong], [("vision", "AlexNet", "parameters")])

    def test_an_erratum_of_another_value_is_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            changed = pathlib.Path(folder) / "published.yaml"
            text = PUBLISHED.read_text(encoding="utf-8").replace("parameters: 138\n", "parameters: 140\n")
            changed.write_text(text, encoding="utf-8")
            done = run("--published", str(changed))
            self.assertEqual(done.returncode, USAGE)
            self.assertIn("explains vision VGG-19 parameters = 138, and the publication has 140", done.stderr)


class CaseStudy(unittest.TestCase):
    def test_classes_add_up_to_the_total(self):
        found = rows("--case-study")
        self.assertEqual({int(row["sequence"]) for row in found}, {128, 256, 512, 1024, 2048, 4096})
        for name in ("bert-base", "bert-large", "gpt-2-small"):
            for sequence in ("128", "4096"):
                mine = [row for row in found if (row["workload"], row["sequence"]) == (name, sequence)]
                total = next(row for row in mine if row["operators"] == "total")
                for column in ("flops", "bytes"):
                    parts = sum(float(row[column]) for row in mine if row["operators"] not in ("total", "head"))
                    self.assertAlmostEqual(parts / float(total[column]), 1, places=12)
                self.assertAlmostEqual(float(total["flops"]) / float(total["bytes"]), float(total["intensity"]))

    def test_an_element_of_two_bytes_halves_the_intensity(self):
        one = {(r["workload"], r["sequence"], r["operators"]): float(r["intensity"]) for r in rows("--case-study")}
        for row in rows("--case-study", "--element", "2 B"):
            if row["operators"] == "attention products":
                self.assertAlmostEqual(float(row["intensity"]),
                                       one[row["workload"], row["sequence"], row["operators"]] / 2)

    def test_any_model_may_be_asked_for(self):
        self.assertEqual({row["workload"] for row in rows("--case-study", "--model", "llama-3-8b")}, {"llama-3-8b"})

    def test_the_byte_rule_is_stated(self):
        self.assertIn("each operand once", run("--case-study").stdout)


if __name__ == "__main__":
    unittest.main()
