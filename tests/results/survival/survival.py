"""A result file survives whatever happens to its writer: no row is lost, none comes twice.

MEMWALL_SURVIVAL names the program that writes (main.cpp beside this file).
"""

import os
import pathlib
import random
import resource
import signal
import subprocess
import tempfile
import time
import unittest

import h5py
import numpy
import pandas

PROGRAM = os.environ["MEMWALL_SURVIVAL"]


def frame(file, table):
    """A table as docs/formats.md says to read it."""
    columns = {}
    for name, dataset in file[table].items():
        columns[name] = dataset.asstr()[:] if dataset.dtype.kind == "S" else dataset[:]
    return pandas.DataFrame(columns)


class Survival(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="memwall_survival_")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.file = self.folder / "study.h5"
        self.partial = self.folder / "study.h5.partial"

    def start(self, points, chunk, **options):
        return subprocess.Popen(
            [PROGRAM, self.file, str(points), str(chunk)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            **options)

    def run_to_end(self, points, chunk):
        """Points that the run found done."""
        process = self.start(points, chunk)
        output, errors = process.communicate(timeout=60)
        self.assertEqual((process.returncode, errors), (0, ""))
        return int(output)

    def check_whole(self, points):
        with h5py.File(self.file) as file:
            estimates = frame(file, "estimates")
            operators = frame(file, "operators")
        index = numpy.arange(points)
        self.assertEqual(estimates["point"].tolist(), index.tolist())
        self.assertEqual(estimates["model"].tolist(), [f"modèle {i}" for i in index])
        self.assertEqual(estimates["time_s"].tolist(), (0.5 * index).tolist())
        self.assertEqual(estimates["fits"].tolist(), (index % 2 == 0).tolist())
        expected = [(point, i) for point in index for i in range(point % 5)]
        self.assertEqual(list(operators.itertuples(index=False, name=None)), expected)

    def finished_points(self):
        """Points in the shards of an interrupted run, each of which must be readable."""
        count = 0
        for shard in self.partial.glob("points-*.h5"):
            with h5py.File(shard) as file:
                points = frame(file, "estimates")["point"].tolist()
                first = file.attrs["first_point"]
                self.assertEqual(points, list(range(first, first + file.attrs["points"])))
                count += len(points)
        return count

    def check_after_kill(self, points, chunk):
        """Whatever the moment: the file is whole or not there, and another run completes it."""
        if not self.file.exists():
            finished = self.finished_points()
            self.assertEqual(self.run_to_end(points, chunk), finished)
            self.assertFalse(self.partial.exists())
        self.check_whole(points)

    def test_killed_before_any_call_that_changes_the_disk(self):
        points, chunk = 10, 4
        for call in range(1, 1000):
            with self.subTest(call=call):
                process = self.start(points, chunk, env={**os.environ, "MEMWALL_DIE_AT": str(call)})
                process.communicate(timeout=60)
                if process.returncode == 0:
                    break
                self.assertEqual(process.returncode, -signal.SIGKILL)
                self.check_after_kill(points, chunk)
                subprocess.run(["rm", "-r", self.file], check=True)
                subprocess.run(["rm", "-rf", self.partial], check=True)
        self.assertGreater(call, 30)  # three shards and the whole: more calls than that

    def test_killed_thirty_times_at_random_moments(self):
        points, chunk = 600, 3
        moments = random.Random(1)
        started = time.monotonic()
        self.run_to_end(points, chunk)
        duration = time.monotonic() - started
        self.file.unlink()

        kills = 0
        while kills < 30:
            finished = self.finished_points() if self.partial.exists() else 0
            process = self.start(points, chunk)
            time.sleep(moments.uniform(0, duration / 5))
            process.kill()
            output, _ = process.communicate(timeout=60)
            if output:
                self.assertEqual(int(output), finished)
            kills += process.returncode == -signal.SIGKILL
            if self.file.exists():
                self.check_whole(points)
                self.file.unlink()
                # What a run killed while it removes its shards leaves behind is the same study's.
        self.check_after_kill(points, chunk)

    def test_a_run_after_a_finished_one_is_refused(self):
        self.run_to_end(5, 5)
        process = self.start(5, 5)
        _, errors = process.communicate(timeout=60)
        self.assertEqual((process.returncode, errors), (3, f"{self.file}: exists already\n"))
        self.check_whole(5)

    def run_with_little_room(self, points, chunk, most):
        """As on a full disk: no file may grow beyond `most` bytes."""
        process = self.start(points, chunk, restore_signals=False,
                             preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most, most)))
        _, errors = process.communicate(timeout=60)
        self.assertEqual((process.returncode, errors), (3, f"{self.file}: File too large\n"))
        self.assertFalse(self.file.exists())

    def test_no_room_for_a_shard(self):
        for most in (0, 100, 2000, 5000):
            with self.subTest(most=most):
                self.run_with_little_room(10, 5, most)
                self.assertFalse(self.partial.exists())

    def test_no_room_for_the_whole_leaves_the_shards(self):
        points, chunk = 40_000, 1000
        self.run_to_end(points, chunk)
        whole_size = self.file.stat().st_size
        self.file.unlink()
        for share in (0.3, 0.6, 0.9, 0.99):
            with self.subTest(share=share):
                self.run_with_little_room(points, chunk, int(share * whole_size))
                self.assertEqual(list(self.partial.glob("*.tmp")), [])
        self.assertEqual(self.run_to_end(points, chunk), points)
        self.check_whole(points)

    def test_h5py_reads_types_and_attributes_without_memwall(self):
        self.run_to_end(3, 3)
        with h5py.File(self.file) as file:
            self.assertEqual(set(file), {"estimates", "operators", "inputs"})
            self.assertEqual(list(file["estimates"]), ["point", "model", "time_s", "fits"])
            self.assertEqual(file.attrs["format_version"], 1)
            self.assertEqual(file.attrs["program"], "survival")
            self.assertRegex(file.attrs["created"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
            time_s = file["estimates/time_s"]
            self.assertEqual((time_s.attrs["units"], time_s.attrs["description"]), ("s", "of a step"))
            self.assertEqual(time_s.dtype, numpy.float64)
            self.assertEqual(file["estimates/point"].dtype, numpy.int64)
            self.assertEqual(file["estimates/fits"].dtype, numpy.bool_)
            self.assertEqual(time_s.compression, "gzip")
            self.assertEqual(file["inputs/study.yaml"].asstr()[()], "id: survival\n")


if __name__ == "__main__":
    unittest.main()
