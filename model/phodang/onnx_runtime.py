"""ONNX Runtime, which is imported from here alone, so that it tells nobody of what it runs.

From version 1.29 on, its builds send notes of models and machine to their maker, and keep a number
for the machine in the user's home, unless the environment says otherwise before they are imported
(``Privacy.md`` in the package). Who wants that sets ``ORT_DISABLE_TELEMETRY=0``.
"""

from __future__ import annotations

import os

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

import onnxruntime

if os.environ["ORT_DISABLE_TELEMETRY"] != "0":
    # Where the program has imported it before, and on Windows, which does not read that variable.
    onnxruntime.disable_telemetry_events()

__all__ = ["onnxruntime"]
