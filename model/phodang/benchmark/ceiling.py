"""How fast the processor multiplies 8-bit matrices: the ceiling of a quantised model."""

from __future__ import annotations

import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

_SIZES = ((256, 1024, 1024), (512, 1024, 4096), (512, 4096, 1024), (1024, 2048, 2048))
"""Rows, inner width and columns of the products that are tried."""
_SECONDS = 1.0
"""Each size is multiplied for so long."""

_OPSET, _IR_VERSION = 20, 10
"""Those of every version of ONNX Runtime that phodang runs on."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Ceiling:
    """The best rate of 8-bit matrix products.

    Attributes:
        multiply_accumulates_per_second: Of all threads together.
        size: Rows, inner width and columns of the products that reached it.
        threads: Products that were computed at once.
    """

    multiply_accumulates_per_second: float
    size: tuple[int, int, int]
    threads: int


def measure_ceiling(
    *,
    threads: int,
    repeats: int,
    sizes: Iterable[tuple[int, int, int]] = _SIZES,
    seconds: float = _SECONDS,
) -> Ceiling:
    """Multiply large 8-bit matrices with ONNX Runtime in the way that its backend works.

    The operator is ``MatMulInteger``, unsigned by signed 8 bits to 32 bits, with constant weights.
    One session serves all threads, each of which computes a product alone; so the backend reads
    sequences.

    Args:
        threads: Products that are computed at once.
        repeats: How many times each size is tried; the best counts.
        sizes: Sizes to try.
        seconds: How long each is multiplied.
    """
    best = Ceiling(multiply_accumulates_per_second=0.0, size=(0, 0, 0), threads=threads)
    for size in sizes:
        for _ in range(repeats):
            rate = _rate(size, threads, seconds)
            if rate > best.multiply_accumulates_per_second:
                best = Ceiling(multiply_accumulates_per_second=rate, size=size, threads=threads)
    return best


def _rate(size: tuple[int, int, int], threads: int, seconds: float) -> float:
    from phodang.onnx_runtime import onnxruntime

    rows, inner, columns = size
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        product_graph(inner, columns), options, providers=["CPUExecutionProvider"]
    )
    left = np.random.default_rng(0).integers(0, 256, (rows, inner), np.uint8)
    session.run(None, {"left": left})

    def multiply(_: int) -> int:
        count = 0
        # One at least, also where a thread is started after the time is up.
        while count == 0 or time.perf_counter() < deadline:
            session.run(None, {"left": left})
            count += 1
        return count

    with ThreadPoolExecutor(threads) as pool:
        start = time.perf_counter()
        deadline = start + seconds
        products = sum(pool.map(multiply, range(threads)))
        return products * rows * inner * columns / (time.perf_counter() - start)


def product_graph(inner: int, columns: int) -> bytes:
    """Make the ONNX model of one product with constant weights.

    Returns:
        The model: input ``left`` of shape ``[rows, inner]``, 8 bits without sign; output
        ``product`` of shape ``[rows, columns]``, 32 bits.
    """
    from onnx import TensorProto, helper, numpy_helper

    # 7 bits, as quantised weights have; see `phodang_training.models.export`.
    weights = np.random.default_rng(1).integers(-64, 64, (inner, columns), np.int8)
    graph = helper.make_graph(
        [helper.make_node("MatMulInteger", ["left", "weights"], ["product"])],
        "product",
        [helper.make_tensor_value_info("left", TensorProto.UINT8, ["rows", inner])],
        [helper.make_tensor_value_info("product", TensorProto.INT32, ["rows", columns])],
        [numpy_helper.from_array(weights, "weights")],
    )
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR_VERSION
    )
    serialized: bytes = model.SerializeToString()
    return serialized
