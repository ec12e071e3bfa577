"""What the program does with a command line, good or bad: exit codes, streams, options."""

import os
import subprocess
import tempfile
import unittest

from program import FILE, NO, PROGRAM, SOURCE, TOYS, USAGE, YES, run


class ExitCodes(unittest.TestCase):
    def code(self, *arguments, **options):
        return run(*arguments, data=TOYS, **options).returncode

    def test_yes_is_0_and_no_is_1(self):
        self.assertEqual(self.code("fit", "toy-lm", "toy", "--devices", "1"), YES)
        self.assertEqual(self.code("fit", "toy-large", "toy", "--devices", "1"), NO)

    def test_a_wrong_input_is_2(self):
        for arguments in ([], ["nonsense"], ["count"], ["count", "nothing"], ["count", ""], ["fit", "toy-lm", "toy", "--tensor", "0"]):
            with self.subTest(arguments=arguments):
                self.assertEqual(self.code(*arguments), USAGE)

    def test_a_file_that_cannot_be_read_is_3(self):
        for arguments in (["count", "./nowhere.yaml"], ["count", "/"], ["run", "nowhere.yaml"]):
            with self.subTest(arguments=arguments):
                self.assertEqual(self.code(*arguments), FILE)

    def test_a_file_that_cannot_be_written_is_3(self):
        for output in ("/nowhere/x.h5", "/dev/full", "/"):
            with self.subTest(output=output):
                self.assertEqual(self.code("run", "toys", "--output", output), FILE)

    def test_a_catalog_that_is_not_there_is_3(self):
        self.assertEqual(run("list", "recipes", data="/nowhere").returncode, FILE)


class Streams(unittest.TestCase):
    def shell(self, line):
        return subprocess.run(
            ["bash", "-c", line],
            env={**os.environ, "MEMWALL_DATA": str(SOURCE), "memwall": PROGRAM},
            capture_output=True,
            text=True,
            check=False,
        )

    def test_an_answer_leaves_standard_error_empty_and_a_mistake_standard_output(self):
        good = run("fit", "toy-lm", "toy", data=TOYS)
        self.assertTrue(good.stdout)
        self.assertEqual(good.stderr, "")
        bad = run("fit", "toy-lm", "toy", "--zero", "9", data=TOYS)
        self.assertEqual(bad.stdout, "")
        self.assertTrue(bad.stderr)

    def test_a_study_prints_its_table_alone(self):
        with tempfile.TemporaryDirectory() as folder:
            done = run("run", "toys", "--format", "json", data=TOYS, cwd=folder)
        self.assertEqual(done.returncode, YES)
        self.assertTrue(done.stdout.startswith("[") and done.stdout.endswith("]\n"))

    def test_a_full_disk_is_told(self):
        # Short and long: within the buffer of the stream, and beyond it.
        for line in ("list recipes", "list workloads", "fit gpt-1 a100 --format json"):
            with self.subTest(line=line):
                done = self.shell(f"$memwall {line} > /dev/full")
                self.assertEqual(done.returncode, FILE)
                self.assertIn("No space left on device", done.stderr)

    def test_a_reader_that_has_seen_enough_is_told_nothing(self):
        done = self.shell("$memwall list workloads | head -1; echo ${PIPESTATUS[0]}")
        self.assertEqual(done.stderr, "")
        self.assertTrue(done.stdout.startswith("id "))
        closed = self.shell("(sleep 0.2; $memwall list workloads; echo $? >&2) | exec true")
        self.assertEqual(closed.stderr, f"{FILE}\n")

    def test_a_closed_standard_output_is_told_and_no_file_gets_what_was_meant_for_it(self):
        with tempfile.TemporaryDirectory() as folder:
            output = os.path.join(folder, "wall.h5")
            done = self.shell(f"$memwall run memory-wall --output {output} >&-")
            self.assertEqual(done.returncode, FILE)
            with open(output, "rb") as file:
                self.assertNotIn(b"The memory wall: twelve", file.read()[:200])

    def test_a_full_standard_error_changes_no_exit_code(self):
        self.assertEqual(self.shell("$memwall nonsense 2> /dev/full").returncode, USAGE)
        self.assertEqual(self.shell("$memwall nonsense 2>&-").returncode, USAGE)


class Options(unittest.TestCase):
    def mistake(self, *arguments):
        done = run(*arguments, data=TOYS)
        self.assertEqual(done.returncode, USAGE, arguments)
        self.assertEqual(done.stdout, "")
        return done.stderr

    def same(self, first, second):
        self.assertEqual(run(*first, data=TOYS).stdout, run(*second, data=TOYS).stdout)

    def test_no_abbreviation_is_guessed(self):
        for option in ("--seq", "--form", "--sequence-lengt", "-batch", "--BATCH"):
            self.assertIn("unknown option", self.mistake("count", "toy-lm", option, "4"))

    def test_degrees_have_second_names(self):
        fit = ["fit", "toy-lm", "toy-node", "--devices", "8"]
        for short, long in (("dp", "data"), ("tp", "tensor"), ("pp", "pipeline"), ("cp", "context")):
            self.same([*fit, f"--{short}", "2"], [*fit, f"--{long}", "2"])
        self.same([*fit, "--ep", "1"], [*fit, "--expert", "1"])
        self.assertIn("given twice", self.mistake(*fit, "--tp", "2", "--tensor", "2"))

    def test_a_value_stands_beside_its_option_or_after_it(self):
        self.same(["count", "toy-lm", "--batch", "4"], ["count", "toy-lm", "--batch=4"])
        self.same(["count", "--batch", "4", "toy-lm"], ["count", "toy-lm", "--batch", "4"])

    def test_a_value_is_never_another_option(self):
        for arguments in (["--batch", "--format", "json"], ["--batch"], ["--batch="], ["--batch", ""], ["--set", "--help"]):
            self.assertIn("needs a value", self.mistake("count", "toy-lm", *arguments))

    def test_a_flag_takes_no_argument_for_its_value(self):
        self.same(
            ["fit", "--sequence-parallel", "toy-lm", "toy-node", "--tensor", "2"],
            ["fit", "toy-lm", "toy-node", "--tensor", "2", "--sequence-parallel=on"],
        )
        self.same(
            ["fit", "toy-lm", "toy-node", "--sequence-parallel", "off"],
            ["fit", "toy-lm", "toy-node", "--sequence-parallel=off"],
        )
        self.assertIn("takes no value", self.mistake("count", "toy-lm", "--help=yes"))

    def test_what_follows_two_dashes_is_no_option(self):
        self.same(["count", "--", "toy-lm"], ["count", "toy-lm"])
        self.assertIn("--batch", self.mistake("count", "--", "--batch"))

    def test_a_number_is_whole_finite_and_in_range(self):
        for text in ("0", "-1", "1.5", "nan", "inf", "1e400", "0x10", "1,000", "٣", "4 "):
            self.assertIn("--batch", self.mistake("count", "toy-lm", "--batch", text))
        self.same(["count", "toy-lm", "--batch", "2e1"], ["count", "toy-lm", "--batch", "20"])

    def test_more_than_can_be_counted_exactly_is_refused(self):
        self.assertIn("2^53", self.mistake("count", "toy-lm", "--batch", "1e15"))
        self.assertIn("2^53", self.mistake("count", "toy-lm", "--set", "layers=1e12"))
        degrees = [word for name in ("data", "tensor", "pipeline") for word in (f"--{name}", "9007199254740992")]
        self.assertIn("devices", self.mistake("fit", "toy-lm", "toy-node", *degrees))

    def test_names_are_told_as_they_were_given_whatever_they_hold(self):
        for name in ("résumé", "模型", "a b", "'", '"', "%s%n", "@file"):
            self.assertIn(name, self.mistake("count", name))

    def test_what_would_be_ignored_is_refused(self):
        for arguments in (
            ["count", "toy-lm", "--context-length", "9"],
            ["count", "toy-lm", "--set", "memory.HBM.bandwidth=2x"],
            ["count", "toy-cnn", "--sequence", "9"],
            ["count", "toy-lm", "--set", "layers=3", "--set", "layers=4"],
            ["count", "toy-lm", "--sequence", "8", "--set", "sequence=9"],
            ["show", "toy", "--set", "layers=3"],
            ["show", "toy-lm", "--set", "memory.HBM.bandwidth=2x"],
            ["show", "mixed", "--set", "layers=3"],
            ["roofline", "toy-lm", "toy", "--depth", "2"],
            ["roofline", "toy-lm", "toy", "--explain", "linear", "--by", "kind"],
            ["roofline", "toy-lm", "toy", "--compare"],
            ["roofline", "toy-lm", "toy", "--compare", "--set", "layers=2"],
            ["roofline", "toy-lm", "toy", "--compare", "--set", "power=2x", "--by", "kind"],
            ["fit", "toy-lm", "toy", "--phase", "decode", "--zero", "1"],
            ["fit", "toy-lm", "toy", "--phase", "decode", "--recompute", "full"],
        ):
            with self.subTest(arguments=arguments):
                self.mistake(*arguments)

    def test_a_mistake_names_what_is_near(self):
        for arguments, near in (
            (["rofline"], "roofline"),
            (["count", "toy-ln"], "toy-lm"),
            (["roofline", "toy-lm", "toi"], "toy"),
            (["count", "toy-lm", "--bacth", "1"], "--batch"),
            (["fit", "toy-lm", "toy", "--recompute", "fulll"], "full"),
            (["count", "toy-lm", "--set", "hiden=8"], "hidden"),
            (["roofline", "toy-lm", "toy", "--explain", "decoder.linaer"], "decoder.linear"),
        ):
            self.assertIn(f"did you mean '{near}'?", self.mistake(*arguments))


if __name__ == "__main__":
    unittest.main()
