"""The model in its inference form, run by ONNX Runtime."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from phodang.backend import Reading, Stretch, sums_over
from phodang.errors import CheckpointError
from phodang.onnx_runtime import onnxruntime

INPUT_NAME = "input_ids"
"""Name of the encoder graph's input, shape ``[1, length]``."""
SCORES_NAME = "scores"
"""Name of its output for entities, shape ``[1, length, tags]``."""
STATES_NAME = "states"
"""Name of its output for sections, shape ``[1, length, dimensions]``."""
VECTORS_NAME = "vectors"
"""Name of the section graph's input, shape ``[units, dimensions]``."""
LOGITS_NAME = "logits"
"""Name of its output, shape ``[units, sections]``."""


_NO_MEMORY = "bad_alloc"
"""What ONNX Runtime says if the system gives it no memory."""


class OnnxBackend:
    """Runs a model by ONNX Runtime on the processor.

    Each sequence is run alone, on one thread, several at once. Nothing is padded, and no sequence
    can touch another's scores: dynamic quantisation takes its scale from the whole batch, so in a
    common batch the neighbours would change them.

    Args:
        path: The ``.onnx`` file of the encoder and the token classifier.
        sections: That of the section head; none if the model has none.
        section_encoder: That of the encoder whose states sections are told by; by default
            ``path``, whose encoder then runs once for both tasks.
        threads: How many sequences are run at once.

    Raises:
        CheckpointError: ONNX Runtime cannot read a file.
    """

    def __init__(
        self,
        path: Path,
        *,
        sections: Path | None = None,
        section_encoder: Path | None = None,
        threads: int,
    ) -> None:
        self._session = _session(path)
        self._sections = _session(sections) if sections else None
        self._section_encoder = self._session
        if section_encoder is not None and section_encoder != path:
            self._section_encoder = _session(section_encoder)
        self._threads = threads
        self._pool = _pool(threads)
        self._process = os.getpid()

    def read(
        self,
        sequences: Sequence[NDArray[np.int64]],
        *,
        stretches: Sequence[Sequence[Stretch]] | None = None,
        scores: bool = True,
    ) -> list[Reading]:
        """See `phodang.backend.Backend.read`."""
        wanted = [SCORES_NAME] * scores + [STATES_NAME] * (stretches is not None)
        shared = self._section_encoder is self._session

        def run(ids: NDArray[np.int64], own: Sequence[Stretch]) -> Reading:
            inputs = {INPUT_NAME: ids[None]}
            if shared:
                values = dict(zip(wanted, self._session.run(wanted, inputs), strict=True))
            else:
                values = {
                    name: (self._session if name == SCORES_NAME else self._section_encoder).run(
                        [name], inputs
                    )[0]
                    for name in wanted
                }
            return Reading(
                values[SCORES_NAME][0] if scores else None,
                sums_over(values[STATES_NAME][0], own) if stretches is not None else None,
            )

        return list(self._executor().map(run, sequences, stretches or [()] * len(sequences)))

    def section_logits(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """See `phodang.backend.Backend.section_logits`."""
        if self._sections is None:
            raise ValueError("Expected a model that tells sections, found one without.")
        logits: NDArray[np.float32] = self._sections.run([LOGITS_NAME], {VECTORS_NAME: vectors})[0]
        return logits

    def _executor(self) -> ThreadPoolExecutor:
        if self._process != os.getpid():
            # A process that was forked has none of its parent's threads.
            self._pool = _pool(self._threads)
            self._process = os.getpid()
        return self._pool


def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, thread_name_prefix="phodang")


def _session(path: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3  # errors only
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime's own errors share no narrower base class
        if _NO_MEMORY in str(error):
            raise CheckpointError(
                f"{path} cannot be loaded for want of memory. Close other programs, or allow more."
            ) from error
        raise CheckpointError(
            f"ONNX Runtime {onnxruntime.__version__} cannot read {path}: {error}. Export the "
            "model again, or update onnxruntime."
        ) from error
