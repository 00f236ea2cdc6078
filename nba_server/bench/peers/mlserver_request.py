"""Writes the settings and the request for MLServer's LightGBM runtime. Run in the peers' environment: FOLDER MODEL."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
from mlserver.grpc import dataplane_pb2 as pb

ROWS, COLUMNS = 50, 30


def main(folder: Path, model: str) -> None:
    """A model repository of one model, and 50 rows to be scored by it."""
    (folder / "model-settings.json").write_text(
        json.dumps({"name": "bench", "implementation": "mlserver_lightgbm.LightGBMModel", "parameters": {"uri": model}})
    )
    settings = {
        "http_port": 0,
        "grpc_port": int(sys.argv[3]),
        "metrics_port": 0,
        "parallel_workers": 0,
        "host": "127.0.0.1",
    }
    (folder / "settings.json").write_text(
        json.dumps(settings | {"http_port": int(sys.argv[4]), "metrics_port": int(sys.argv[5])})
    )
    rows = np.random.default_rng(1).random((ROWS, COLUMNS)) * 100
    tensor = pb.ModelInferRequest.InferInputTensor(name="rows", datatype="FP64", shape=[ROWS, COLUMNS])
    tensor.contents.fp64_contents.extend(rows.ravel().tolist())
    (folder / "request.bin").write_bytes(pb.ModelInferRequest(model_name="bench", inputs=[tensor]).SerializeToString())


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
