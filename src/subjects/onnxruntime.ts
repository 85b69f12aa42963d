import {
  onnxRuntimeCapabilities,
  onnxRuntimeDecoder,
  onnxRuntimeVersions,
} from "../engines/onnxruntime.ts";
import { defineSubject } from "./define-subject.ts";
import type { LogitsSubject } from "./subject.ts";

const shared = { capabilities: onnxRuntimeCapabilities, versions: onnxRuntimeVersions };

/** ONNX Runtime in float32, with its own fused operators. */
export const onnxRuntime: LogitsSubject = defineSubject({
  ...shared,
  name: "onnxruntime",
  build: (model) => onnxRuntimeDecoder(model, { dtype: "float32" }),
  arithmetic: "float32",
});

/** ONNX Runtime in float64: independent logits that differ from the definition's by rounding. */
export const onnxRuntimeFloat64: LogitsSubject = defineSubject({
  ...shared,
  name: "onnxruntime-float64",
  build: (model) => onnxRuntimeDecoder(model, { dtype: "float64" }),
  arithmetic: "independent-float64",
});
