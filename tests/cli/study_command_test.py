"""`memwall run` on studies of the toys: what the result file holds of each point, and what is printed of it."""

import csv
import io
import json
import pathlib
import tempfile
import unittest

import h5py
import numpy

from program import SOURCE, TOYS, YES, answer, run

STATES = ("weights_bytes", "gradients_bytes", "optimizer_bytes")


class Study(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="memwall_study_")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def run_study(self, text, *arguments):
        study = self.folder / "study.yaml"
        study.write_text(text, encoding="utf-8")
        return run("run", str(study), *arguments, data=TOYS, cwd=self.folder)

    def estimates(self, text):
        done = self.run_study(text, "--output", "study.h5", "--quiet")
        self.assertEqual((done.returncode, done.stdout), (YES, ""), done.stderr)
        with h5py.File(self.folder / "study.h5") as file:
            return {name: column[:] for name, column in file["estimates"].items()}

    def test_a_point_tells_what_its_plan_keeps_in_the_node(self):
        study = ("id: s\nplan: {devices: 4, data: 1, tensor: 4, pipeline: 1, zero: 0, sequence_parallel: false, "
                 "recompute: none, micro_batch: 1%s}\ngrid: {models: [toy-large], systems: [toy-node]}\n")
        whole = self.estimates(study % "")
        self.assertEqual(whole["node_bytes"][0], 0)
        self.assertTrue(numpy.isnan(whole["node_capacity_bytes"][0]))
        outside = self.estimates(study % ', offload: "weights,optimizer", offload_to: storage')
        # The node's four devices hold a quarter of the states each.
        self.assertEqual(outside["node_bytes"][0], 4 * sum(whole[name][0] for name in STATES))
        self.assertEqual(outside["node_capacity_bytes"][0], 1e12)  # 1 TB, in toy-node.yaml
        self.assertTrue(outside["fits"][0])

    def test_a_point_without_a_plan_neither_fits_nor_does_not(self):
        done = self.run_study("id: s\nplan: {devices: 1}\n"
                              "grid: {models: [toy-cnn], systems: [toy], phases: [training, decode]}\n")
        header, _, training, decode = done.stdout.splitlines()[1:]
        at = slice(header.index("fits"), header.index("fits") + 4)
        self.assertEqual((training[at].strip(), decode[at].strip()), ("yes", "-"))

    def test_what_the_node_lacks_stands_beside_a_no_where_the_device_has_room(self):
        study = ("id: s\nplan: {devices: 4, tensor: 4, recompute: none, micro_batch: 1, "
                 "offload: \"weights,optimizer\", offload_to: storage}\n"
                 "grid: {models: [toy-large], systems: [{system: toy-node, set: {node.storage.capacity: 1 GB}}]}\n")
        row = next(csv.DictReader(io.StringIO(self.run_study(study, "--format", "csv").stdout)))
        self.assertEqual((row["fits"], float(row["node_capacity_bytes"])), ("false", 1e9))
        self.assertGreater(float(row["headroom_bytes"]), 0)
        self.assertGreater(float(row["node_bytes"]), 1e9)
        header = self.run_study(study).stdout.splitlines()[1]
        self.assertIn("in node", header)

    def test_an_input_of_the_catalog_bears_its_path_there(self):
        done = run("run", "toys", "--output", str(self.folder / "toys.h5"), "--quiet", data=TOYS)
        self.assertEqual(done.returncode, YES)
        with h5py.File(self.folder / "toys.h5") as file:
            for name in ("studies/toys.yaml", "recipes/mixed.yaml", "hardware/accelerators/toy.yaml"):
                self.assertEqual(file["inputs"][name].asstr()[()], (TOYS / name).read_text(encoding="utf-8"))


class Lists(unittest.TestCase):
    def test_a_study_of_trends_is_told_from_a_grid_without_points(self):
        listed = {study["id"]: study for study in answer("list", "studies", data=SOURCE)}
        trends = listed["ai-and-memory-wall"]
        self.assertEqual((trends["subject"], trends["points"]), ("trends", 0))
        self.assertEqual(listed["memory-wall"]["subject"], "grid")
        self.assertGreater(listed["memory-wall"]["points"], 0)
        line = next(line for line in run("list", "studies").stdout.splitlines() if line.startswith("ai-and-"))
        self.assertEqual(line.split()[-2:], ["trends", "-"])


class Fit(unittest.TestCase):
    plan = ("toy-large", "toy-node", "--devices", "4", "--offload", "weights,optimizer", "--offload-to", "storage",
            "--recompute", "none")

    def test_the_nodes_memory_is_among_the_rows_where_a_plan_offloads(self):
        done = run("fit", *self.plan, "--format", "csv", data=TOYS)
        rows = {row["category"]: row for row in csv.DictReader(io.StringIO(done.stdout))}
        found = json.loads(run("fit", *self.plan, "--format", "json", data=TOYS).stdout)
        total, capacity = (float(rows[name]["bytes"]) for name in ("node total", "node capacity"))
        self.assertEqual((total, capacity), (found["host_bytes"], found["host_capacity_bytes"]))
        self.assertEqual(float(rows["node headroom"]["bytes"]), capacity - total)
        self.assertAlmostEqual(float(rows["node total"]["share"]), total / capacity)

    def test_no_row_tells_of_a_node_that_keeps_nothing(self):
        done = run("fit", "toy-lm", "toy", "--format", "csv", data=TOYS)
        self.assertNotIn("node", done.stdout)


if __name__ == "__main__":
    unittest.main()
