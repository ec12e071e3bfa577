"""The keys of the JSON answers, their types, and how they add up: what scripts may rely on."""

import math
import unittest

from program import NO, TOYS, YES, answer

PHASES = ("training", "prefill", "decode")


class Contract(unittest.TestCase):
    def has(self, table, **types):
        for key, kind in types.items():
            self.assertIn(key, table)
            self.assertIsInstance(table[key], kind, key)
            if kind is int:
                self.assertNotIsInstance(table[key], bool, key)

    def bytes_and_counts_are_integers(self, table, *keys):
        for key in keys:
            self.assertIs(type(table[key]), int, f"{key} = {table[key]}")


class Count(Contract):
    def test_the_counts_of_a_model_and_its_operators_have_these_keys_and_types(self):
        for model in ("toy-lm", "toy-cnn", "toy-large"):
            found = answer("count", model, data=TOYS)
            self.has(found, forward_flops=(int, float), head_flops=(int, float))
            self.has(found, training_flops_per_sample=(int, float), operators=list)
            self.bytes_and_counts_are_integers(found, "parameters", "features")
            for operator in found["operators"]:
                self.has(operator, name=str, kind=str, flops=(int, float))
                self.bytes_and_counts_are_integers(operator, "count", "parameters", "bytes_read", "bytes_written")

    def test_operators_add_up_to_the_model_each_as_often_as_it_runs(self):
        for model in ("toy-lm", "toy-cnn"):
            for phase in ("training", "prefill"):
                found = answer("count", model, "--phase", phase, "--batch", "3", data=TOYS)
                parameters = sum(o["count"] * o["parameters"] for o in found["operators"])
                flops = sum(o["count"] * o["flops"] for o in found["operators"])
                self.assertEqual(parameters, found["parameters"])
                self.assertTrue(math.isclose(flops, found["forward_flops"] + found["head_flops"], rel_tol=1e-12))

    def test_training_is_three_forward_passes_of_one_sample(self):
        found = answer("count", "toy-lm", "--batch", "4", data=TOYS)
        self.assertEqual(found["training_flops_per_sample"], 3 * found["forward_flops"] / 4)

    def test_the_counts_of_a_small_network_are_those_of_hand_arithmetic(self):
        # toy-cnn: 3x3 convolution 3 -> 16 on 32x32, pooled to 16x16, 3x3 convolution 16 -> 32 with stride 2 on
        # 8x8, mean, linear 32 -> 10.
        found = answer("count", "toy-cnn", data=TOYS)
        self.assertEqual(found["parameters"], (27 * 16 + 16) + (144 * 32 + 32) + (32 * 10 + 10))
        self.assertEqual(found["features"], 32 * 32 * 16 + 8 * 8 * 32 + 10)
        self.assertEqual(
            found["forward_flops"], 2 * (32 * 32 * 27 * 16 + 8 * 8 * 144 * 32 + 32 * 10)
        )
        self.assertEqual(found["head_flops"], 0)
        first = found["operators"][0]
        self.assertEqual((first["name"], first["kind"], first["count"]), ("conv", "convolution", 1))
        # Mixed precision: two bytes an element of image, weights and bias, and of the output.
        self.assertEqual(first["bytes_read"], 2 * (32 * 32 * 3 + 27 * 16 + 16))
        self.assertEqual(first["bytes_written"], 2 * 32 * 32 * 16)

    def test_published_models_have_whole_bytes_and_counts_too(self):
        # Those whose weights are shared by all iterations, looked up by rows, or split over experts.
        for model in ("albert-xxlarge", "bloom-176b", "mixtral-8x7b", "seq2seq-lstm"):
            for operator in answer("count", model)["operators"]:
                self.bytes_and_counts_are_integers(operator, "count", "parameters", "bytes_read", "bytes_written")


class Roofline(Contract):
    def test_a_roofline_has_these_keys_and_types(self):
        for phase in PHASES:
            found = answer("roofline", "toy-lm", "toy", "--phase", phase, data=TOYS)
            self.has(found, time_s=float, flops=(int, float), intensity=float, bound=str, operators=list)
            self.bytes_and_counts_are_integers(found, "bytes")
            for operator in found["operators"]:
                self.has(operator, name=str, time_s=float, bound=str, intensity=(int, float), flops=(int, float))
                self.bytes_and_counts_are_integers(operator, "bytes")

    def test_operators_add_up_to_the_model(self):
        for phase in PHASES:
            found = answer("roofline", "gpt-1", "a100", "--phase", phase, "--batch", "2")
            for key in ("time_s", "flops", "bytes"):
                total = sum(operator[key] for operator in found["operators"])
                self.assertTrue(math.isclose(total, found[key], rel_tol=1e-12), key)
            self.assertTrue(math.isclose(found["intensity"], found["flops"] / found["bytes"], rel_tol=1e-12))

    def test_rows_by_operator_are_what_is_printed_without_asking(self):
        arguments = ("roofline", "toy-cnn", "toy")
        self.assertEqual(
            answer(*arguments, "--by", "operator", data=TOYS), answer(*arguments, data=TOYS)
        )


class Fit(Contract):
    FLAGS = {
        "devices": int,
        "data": int,
        "tensor": int,
        "pipeline": int,
        "context": int,
        "expert": int,
        "sequence_parallel": bool,
        "zero": int,
        "micro_batch": int,
        "global_batch": int,
        "recompute": str,
        "interleave": int,
        "schedule": str,
        "cut": str,
        "offload": str,
        "offload_to": str,
        "recipe": str,
        "optimizer": str,
    }
    BYTES = ("weights", "gradients", "optimizer", "activations", "inputs", "workspace", "total")

    def fit(self, *arguments):
        return answer("fit", *arguments, data=TOYS, codes=(YES, NO))

    def check(self, found):
        self.has(found, fits=bool, plan=dict, footprint_bytes=dict)
        self.bytes_and_counts_are_integers(found, "devices", "capacity_bytes", "headroom_bytes", "host_bytes")
        self.assertTrue(found["host_capacity_bytes"] is None or type(found["host_capacity_bytes"]) is int)
        self.assertTrue(found["smallest_devices"] is None or type(found["smallest_devices"]) is int)
        self.has(found["plan"], **self.FLAGS)
        self.bytes_and_counts_are_integers(found["footprint_bytes"], *self.BYTES)

    def test_a_fit_has_these_keys_and_types_whatever_the_answer(self):
        for arguments in (
            ("toy-lm", "toy-node"),
            ("toy-large", "toy-node", "--devices", "4"),
            ("toy-large", "toy", "--devices", "1"),
            ("toy-lm", "toy-node", "--phase", "decode", "--global-batch", "8"),
        ):
            self.check(self.fit(*arguments))

    def test_bytes_add_up_and_headroom_is_what_capacity_leaves(self):
        for arguments in (("toy-lm", "toy-node"), ("toy-large", "toy", "--devices", "1")):
            found = self.fit(*arguments)
            parts = found["footprint_bytes"]
            self.assertEqual(parts["total"], sum(parts.values()) - parts["total"])
            self.assertEqual(found["headroom_bytes"], found["capacity_bytes"] - parts["total"])
            self.assertEqual(found["fits"], found["headroom_bytes"] >= 0)

    def test_what_is_offloaded_is_counted_by_the_node_and_held_against_its_memory(self):
        plan = ("--devices", "4", "--data", "1", "--tensor", "4", "--pipeline", "1", "--recompute", "full")
        whole = self.fit("toy-large", "toy-node", *plan)
        self.assertEqual((whole["host_bytes"], whole["host_capacity_bytes"]), (0, None))
        outside = ("--offload", "weights,optimizer", "--offload-to", "storage")
        found = self.fit("toy-large", "toy-node", *plan, *outside)
        self.check(found)
        states = ("weights", "gradients", "optimizer")
        self.assertEqual(found["host_bytes"], 4 * sum(whole["footprint_bytes"][part] for part in states))
        self.assertEqual(found["host_capacity_bytes"], 10**12)
        self.assertEqual(found["footprint_bytes"]["optimizer"], 0)
        self.assertTrue(found["fits"])
        small = self.fit("toy-large", "toy-node", *plan, *outside, "--set", "node.storage.capacity=1 GB")
        self.assertFalse(small["fits"])
        self.assertGreaterEqual(small["headroom_bytes"], 0)

    def test_bytes_are_whole_where_an_optimizer_keeps_fractions_of_a_byte(self):
        found = answer("fit", "gpt-1", "a100", "--devices", "1", "--optimizer", "adam-8bit")
        self.check(found)

    def test_states_are_the_bytes_a_parameter_of_recipe_and_optimizer(self):
        # Mixed precision with Adam on one device: 2 + 4 + (4 + 8) bytes a parameter.
        found = self.fit("toy-lm", "toy", "--devices", "1")
        parameters = answer("count", "toy-lm", data=TOYS)["parameters"]
        self.assertEqual(found["footprint_bytes"]["weights"], 2 * parameters)
        self.assertEqual(found["footprint_bytes"]["gradients"], 4 * parameters)
        self.assertEqual(found["footprint_bytes"]["optimizer"], 12 * parameters)

    def test_the_flags_of_a_plan_are_options_that_give_the_same_plan_again(self):
        for arguments in (
            ("toy-large", "toy-node", "--devices", "16"),
            ("toy-lm", "toy-node", "--devices", "8", "--zero", "2"),
            ("toy-lm", "toy-node", "--devices", "4", "--pipeline", "4", "--schedule", "gpipe"),
            ("toy-lm", "toy-node", "--devices", "4", "--offload", "activations,weights"),
        ):
            found = self.fit(*arguments)
            options = []
            for flag, value in found["plan"].items():
                text = {True: "on", False: "off"}[value] if isinstance(value, bool) else str(value)
                options += [f"--{flag.replace('_', '-')}", text]
            again = self.fit(*arguments[:2], *options)
            for key in ("plan", "footprint_bytes", "fits"):
                self.assertEqual(again[key], found[key])


if __name__ == "__main__":
    unittest.main()
