"""Result files as a study writes them, from hand formulas: matmuls of a decoder block on datasheet peaks."""

import h5py
import numpy

# id, name, released, capacity (B), bandwidth (B/s), bf16/fp16 matrix and fp32 vector peaks (FLOP/s): datasheets.
DEVICES = [
    ("nvidia-p100-sxm2", "Tesla P100 SXM2 16GB", "2016-04-05", 16 * 2**30, 732e9, 21.2e12, "fp16", 10.6e12),
    ("nvidia-v100-sxm2-32gb", "Tesla V100 SXM2 32GB", "2018-03-27", 32 * 2**30, 900e9, 125e12, "fp16", 15.7e12),
    ("nvidia-a100-sxm-80gb", "A100 SXM4 80GB", "2020-11-16", 80 * 2**30, 2.039e12, 312e12, "bf16", 19.5e12),
    ("nvidia-h100-sxm", "H100 SXM5 80GB", "2022", 80 * 2**30, 3.35e12, 989.4e12, "bf16", 66.9e12),
    ("nvidia-b200-sxm", "B200 SXM (HGX/DGX)", "2024-11", 180 * 2**30, 8.0e12, 2250e12, "bf16", 80e12),
]

# id, name, released, domain, parameters, activation bytes of one sample.
MODELS = [
    ("alexnet", "AlexNet", "2012-09-30", "vision", 60_965_224, 3.5e6),
    ("resnet-50", "ResNet-50", "2015-12-10", "vision", 25_557_032, 84e6),
    ("transformer-big", "Transformer (big)", "2017-06-12", "language", 213e6, 0.4e9),
    ("bert-large", "BERT-Large", "2018-10-11", "language", 335_141_888, 2.9e9),
    ("gpt-2-xl", "GPT-2 XL", "2019-02-14", "language", 1_557_611_200, 13.6e9),
    ("megatron-8.3b", "Megatron-LM 8.3B", "2019-09-17", "language", 8.3e9, 39e9),
    ("gpt-3-175b", "GPT-3 175B", "2020-05-28", "language", 175_181_291_520, 275e9),
]

UNITS = {"s": "time_s", "B/s": "memory_bandwidth", "FLOP/B": "intensity ridge",
         "FLOP": "flops forward_flops", "FLOP/s": "peak_matrix_flops peak_vector_flops"}


def unit_of(column):
    if column.endswith("_bytes") or column == "bytes":
        return "B"
    return next((unit for unit, columns in UNITS.items() if column in columns.split()), "")


def write(path, tables):
    """Tables as lists of dictionaries, in the layout of docs/formats.md."""
    with h5py.File(path, "w", track_order=True) as file:
        file.attrs["format_version"] = 1
        file.create_group("inputs")
        for name, rows in tables.items():
            group = file.create_group(name, track_order=True)
            for column in rows[0]:
                values = numpy.array([row[column] for row in rows])
                if values.dtype.kind == "U":
                    encoded = [value.encode() for value in values]
                    text = h5py.string_dtype("utf-8", max(1, max(map(len, encoded))))
                    dataset = group.create_dataset(column, data=numpy.array(encoded, text), chunks=True)
                else:
                    dataset = group.create_dataset(column, data=values, chunks=True, compression="gzip")
                dataset.attrs["units"] = unit_of(column)
                dataset.attrs["description"] = column.replace("_", " ")


def device_row(device):
    name, title, released, capacity, bandwidth, matrix, matrix_format, vector = device
    return {"device": name, "device_name": title, "kind": "gpu", "recipe": "mixed", "released": released, "memory_capacity_bytes": float(capacity),
            "memory_bandwidth": bandwidth, "peak_matrix_flops": matrix, "peak_matrix_format": matrix_format,
            "peak_vector_flops": vector, "peak_vector_format": "fp32", "ridge": matrix / bandwidth}


def operator(name, kind, pass_, count, matrix, vector, bytes_, device):
    _, _, _, _, bandwidth, matrix_peak, _, vector_peak = device
    times = {"matrix": matrix / matrix_peak, "vector": vector / vector_peak, "HBM": bytes_ / bandwidth}
    bound = max(times, key=times.get)
    flops = matrix + vector
    return {"name": name, "kind": kind, "pass": pass_, "count": count, "flops": count * flops,
            "bytes": count * float(bytes_), "intensity": flops / bytes_, "time_s": count * times[bound], "bound": bound}


def matmul(name, m, n, k, count, device, pass_="forward", operands=1):
    """A product of 16-bit operands: 2 m n k FLOPs, each operand touched once."""
    return operator(name, "matmul", pass_, count, operands * 2.0 * m * n * k, 0,
                    operands * 2 * (m * k + k * n + m * n), device)


def elementwise(name, elements, flops, bytes_, count, device, pass_="forward"):
    return operator(name, "vector", pass_, count, 0, float(flops * elements), bytes_ * elements, device)


def decoder(device, hidden, layers, heads, sequence, batch, vocabulary, training=True):
    """Operators of a GPT: forward, and backward (twice the products) where it trains."""
    tokens = sequence * batch
    scores = batch * heads * sequence * sequence
    head = hidden // heads
    rows = []
    for pass_, twice in (("forward", 1), ("backward", 2))[:2 if training else 1]:
        def product(name, m, n, k, count):
            rows.append(matmul(name, m, n, k, count, device, pass_, twice))

        def vector(name, elements, flops, bytes_, count):
            rows.append(elementwise(name, elements, flops * twice, bytes_ * twice, count, device, pass_))

        if pass_ == "forward":
            rows.append(operator("embedding", "gather", pass_, 1, 0, 0, 4 * tokens * hidden, device))
        vector("decoder.norm", tokens * hidden, 8, 4, 2 * layers)
        for name in ("query", "key", "value"):
            product(f"decoder.attention.{name}", tokens, hidden, hidden, layers)
        product("decoder.attention.scores", batch * heads * sequence, sequence, head, layers)
        vector("decoder.attention.softmax", scores, 5, 4, layers)
        product("decoder.attention.context", batch * heads * sequence, head, sequence, layers)
        product("decoder.attention.output", tokens, hidden, hidden, layers)
        product("decoder.ffn.up", tokens, 4 * hidden, hidden, layers)
        vector("decoder.ffn.gelu", 4 * tokens * hidden, 8, 4, layers)
        product("decoder.ffn.down", tokens, hidden, 4 * hidden, layers)
        vector("decoder.residual", tokens * hidden, 1, 6, 2 * layers)
        product("head", tokens, vocabulary, hidden, 1)
    return rows


def estimate(point, model, device, batch, phase, operators=()):
    name, title, released, domain, parameters, sample = model
    training = phase == "training"
    weights, gradients, optimizer = 2.0 * parameters, 4.0 * parameters * training, 12.0 * parameters * training
    activations = batch * sample * (1 if training else 0.05)
    total = weights + gradients + optimizer + activations
    capacity = device[3] - 0.5 * 2**30
    flops = sum(row["flops"] for row in operators)
    return {
        "point": point, "workload": name, "workload_name": title, "domain": domain, "workload_released": released,
        "device": device[0], "device_name": device[1], "device_released": device[2], "system": "", "devices": 1,
        "phase": phase, "batch": batch, "sequence": 2048, "recipe": "mixed", "optimizer": "adam",
        "parameters": float(parameters), "forward_flops": flops / 3, "flops": flops,
        "bytes": sum(row["bytes"] for row in operators), "intensity": 0.0,
        "time_s": sum(row["time_s"] for row in operators), "bound": "matrix", "fits": total <= capacity,
        "weights_bytes": weights, "gradients_bytes": gradients, "optimizer_bytes": optimizer,
        "activations_bytes": activations, "inputs_bytes": 0.0, "cache_bytes": 0.0, "workspace_bytes": 0.0,
        "total_bytes": total, "capacity_bytes": float(capacity), "headroom_bytes": capacity - total,
        "headroom_fraction": (capacity - total) / capacity,
    }


def study(path, models=MODELS, devices=DEVICES, batches=(1,), phase="training"):
    """Every model on every device; operators of a decoder of the model's size."""
    estimates, operators = [], []
    for model in models:
        hidden = {"gpt-3-175b": 12288, "gpt-2-xl": 1600, "bert-large": 1024}.get(model[0], 2048)
        heads = {"gpt-3-175b": 96, "gpt-2-xl": 25}.get(model[0], 16)
        layers = {"gpt-3-175b": 96, "gpt-2-xl": 48}.get(model[0], 24)
        for device in devices:
            for batch in batches:
                rows = decoder(device, hidden, layers, heads, 2048, batch, 50257, phase == "training")
                total = sum(row["time_s"] for row in rows)
                point = len(estimates)
                operators += [{"point": point, **row, "share": row["time_s"] / total} for row in rows]
                estimates.append(estimate(point, model, device, batch, phase, rows))
    write(path, {"estimates": estimates, "operators": operators, "devices": [device_row(d) for d in devices]})
    return path
