import {
  onnxRuntimeCapabilities,
  onnxRuntimeDecoder,
  onnxRuntimeVersions,
} from "../engines/onnxruntime.ts";
import type { FloatWidth } from "../formats/onnx-graph.ts";
import type { ArithmeticName } from "../tolerance/arithmetics.ts";
import { defineSubject } from "./define-subject.ts";
import type { LogitsSubject } from "./subject.ts";

function onnxRuntimeSubject(dtype: FloatWidth, arithmetic: ArithmeticName): LogitsSubject {
  return {
    ...defineSubject({
      name: dtype === "float32" ? "onnxruntime" : `onnxruntime-${dtype}`,
      capabilities: onnxRuntimeCapabilities,
      versions: onnxRuntimeVersions,
      build: (model) => onnxRuntimeDecoder(model, { dtype }),
      arithmetic,
    }),
    prepare: async () => {
      await onnxRuntimeVersions();
    },
  };
}

/** ONNX Runtime in float32, with its own fused operators. */
export const onnxRuntime: LogitsSubject = onnxRuntimeSubject("float32", "float32");

/** ONNX Runtime in float64: independent logits that differ from the definition's by rounding. */
export const onnxRuntimeFloat64: LogitsSubject = onnxRuntimeSubject(
  "float64",
  "independent-float64",
);
