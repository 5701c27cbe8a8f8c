"""The model in its inference form, run by ONNX Runtime."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from phodang.errors import CheckpointError

INPUT_NAME, OUTPUT_NAME = "input_ids", "scores"
"""Names of the graph's input, shape ``[1, length]``, and output, shape ``[1, length, tags]``."""


class OnnxBackend:
    """Scores of tags by ONNX Runtime on the processor.

    Each sequence is run alone, on one thread, several at once. Nothing is padded, and no sequence
    can touch another's scores: dynamic quantisation takes its scale from the whole batch, so in a
    common batch the neighbours would change them.

    Args:
        path: The ``.onnx`` file.
        threads: How many sequences are run at once.

    Raises:
        CheckpointError: ONNX Runtime cannot read the file.
    """

    def __init__(self, path: Path, *, threads: int) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3  # errors only
        try:
            self._session = onnxruntime.InferenceSession(
                str(path), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # ONNX Runtime's own errors share no narrower base class
            raise CheckpointError(
                f"ONNX Runtime {onnxruntime.__version__} cannot read {path}: {error}. Export the "
                "model again, or update onnxruntime."
            ) from error
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="phodang")

    def scores(self, sequences: Sequence[NDArray[np.int64]]) -> list[NDArray[np.float32]]:
        """Score the tags of sequences of ids, special tokens included.

        Args:
            sequences: Arrays of shape ``[length]``.

        Returns:
            For each sequence, an array of shape ``[length, tags]``.
        """
        return list(self._pool.map(self._run, sequences))

    def _run(self, ids: NDArray[np.int64]) -> NDArray[np.float32]:
        batch: NDArray[np.float32] = self._session.run([OUTPUT_NAME], {INPUT_NAME: ids[None]})[0]
        scores: NDArray[np.float32] = batch[0]
        return scores
