"""Changing the hardware changes what rests on it, and nothing else."""

import unittest

from program import answer


class WhatIf(unittest.TestCase):
    def rows(self, *changes, phase="training"):
        arguments = ["roofline", "gpt-3-175b", "nvidia-h100-sxm", "--phase", phase]
        for change in changes:
            arguments += ["--set", change]
        return answer(*arguments)["operators"]

    def test_twice_the_bandwidth_halves_exactly_the_time_of_what_memory_still_bounds(self):
        for phase in ("training", "prefill", "decode"):
            for before, after in zip(self.rows(phase=phase), self.rows("memory.HBM.bandwidth=2x", phase=phase)):
                self.assertEqual(before["name"], after["name"])
                if after["bound"] == "HBM":
                    self.assertEqual(before["bound"], "HBM")
                    self.assertEqual(2 * after["time_s"], before["time_s"])
                elif before["bound"] == "HBM":  # no longer: what bounds it now takes longer than half
                    self.assertGreaterEqual(2 * after["time_s"], before["time_s"])
                    self.assertLess(after["time_s"], before["time_s"])
                else:
                    self.assertEqual(after, before)

    def test_twice_the_peak_halves_exactly_the_time_of_what_compute_still_bounds(self):
        for before, after in zip(self.rows(), self.rows("compute.matrix.bf16=2x")):
            if after["bound"] == "matrix":
                self.assertEqual(2 * after["time_s"], before["time_s"])
            elif before["bound"] != "matrix":
                self.assertEqual(after, before)

    def test_capacity_of_main_memory_changes_no_time(self):
        self.assertEqual(self.rows("memory.HBM.capacity=0.5x"), self.rows())

    def test_the_main_level_may_be_called_main_on_every_device(self):
        self.assertEqual(self.rows("memory.main.bandwidth=2x"), self.rows("memory.HBM.bandwidth=2x"))

    def test_several_changes_of_one_figure_follow_each_other(self):
        twice = self.rows("memory.HBM.bandwidth=2x", "memory.HBM.bandwidth=2x")
        self.assertEqual(twice, self.rows("memory.HBM.bandwidth=4x"))

    def test_a_comparison_shows_both_devices_beside_each_other(self):
        arguments = ("roofline", "llama-3-70b", "h100", "--phase", "decode", "--batch", "256")
        change = ("--set", "memory.HBM.bandwidth=2x")
        before = answer(*arguments)["operators"]
        after = answer(*arguments, *change)["operators"]
        rows = answer(*arguments, *change, "--compare")["operators"]
        self.assertEqual(len(rows), len(before))
        for row, was, now in zip(rows, before, after):
            self.assertEqual(
                row,
                {
                    "name": was["name"],
                    "time_before_s": was["time_s"],
                    "time_after_s": now["time_s"],
                    "bound_before": was["bound"],
                    "bound_after": now["bound"],
                },
            )


if __name__ == "__main__":
    unittest.main()
