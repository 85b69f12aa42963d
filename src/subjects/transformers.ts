import fc from "fast-check";
import { modelOf, modelParts, models } from "../arbitraries/models.ts";
import type { Sizes } from "../arbitraries/sizes.ts";
import {
  transformersCapabilities,
  transformersDecoder,
  transformersVersions,
} from "../engines/transformers.ts";
import { architectures } from "../formats/gguf-architectures.ts";
import { gated } from "../formats/hugging-face-family.ts";
import type { Model } from "../model/model.ts";
import { candidate, defineSubject } from "./define-subject.ts";
import { generated } from "./generated.ts";
import { withEveryHead, withWholeHeads } from "./model-shapes.ts";
import type { LogitsSubject } from "./subject.ts";

/** Models of every family that src/formats can write; some bias q, k, v and o, or none. */
const transformersModels = (sizes: Sizes) =>
  fc.oneof(
    ...[false, true].flatMap((attentionBias) => {
      const bias = { ...gated, attentionBias, attentionOutputBias: attentionBias };
      const llama = modelParts({ ...bias, qkNorm: false, slidingWindow: null }, sizes);
      return [
        llama.map(withWholeHeads).map(modelOf),
        models({ ...bias, mlpBias: false, qkNorm: true }, sizes),
      ];
    }),
    ...[false, true].map((attentionBias) =>
      models(
        { ...gated, attentionBias, attentionOutputBias: false, mlpBias: false, qkNorm: false },
        sizes,
      ),
    ),
    ...(["gelu_tanh", "gelu", "relu"] as const).map((feedForward) =>
      modelParts({ ...architectures.gpt2, feedForward }, sizes)
        .map(withEveryHead)
        .map(modelOf),
    ),
  );

function transformersSubject(dtype: "float32" | "float64"): LogitsSubject {
  const build = (model: Model) => transformersDecoder(model, { dtype });
  return {
    ...defineSubject({
      name: dtype === "float32" ? "transformers" : `transformers-${dtype}`,
      build,
      capabilities: transformersCapabilities,
      arithmetic: dtype === "float32" ? dtype : `independent-${dtype}`,
    }),
    ...generated((sizes) =>
      transformersModels(sizes).map((model) => candidate(build(model), model, model.name)),
    ),
    prepare: async () => {
      await transformersVersions(dtype);
    },
    versions: () => transformersVersions(dtype),
  };
}

/** transformers on PyTorch in float32. */
export const transformers: LogitsSubject = transformersSubject("float32");

/** transformers on PyTorch in float64. */
export const transformersFloat64: LogitsSubject = transformersSubject("float64");
