import fc from "fast-check";
import { modelOf, modelParts, models } from "../arbitraries/models.ts";
import type { Sizes } from "../arbitraries/sizes.ts";
import {
  type LlamaCppCache,
  llamaCppCapabilities,
  llamaCppDecoder,
  llamaCppVersions,
} from "../engines/llama-cpp.ts";
import { installLlamaCpp } from "../engines/llama-cpp-package.ts";
import { architectures } from "../formats/gguf-architectures.ts";
import type { Model } from "../model/model.ts";
import { candidate, defineSubject, type SubjectDefinition } from "./define-subject.ts";
import { generated } from "./generated.ts";
import { withSquareQueries } from "./model-shapes.ts";
import type { LogitsSubject } from "./subject.ts";

/** Models of every architecture of llama.cpp that src/formats can write. */
const llamaCppModels = (sizes: Sizes) =>
  fc.oneof(
    models(architectures.llama, sizes),
    models({ ...architectures.llama, ropeLayout: "half-split" }, sizes),
    models(architectures.qwen3, sizes),
    modelParts(architectures.qwen2, sizes).map(withSquareQueries).map(modelOf),
    modelParts(architectures.gpt2, sizes).map(withSquareQueries).map(modelOf),
  );

function llamaCppSubject(
  cache: LlamaCppCache,
  definition: Pick<SubjectDefinition, "name" | "arithmetic" | "knownFailures">,
): LogitsSubject {
  const build = (model: Model) => llamaCppDecoder(model, { cache });
  return {
    ...defineSubject({
      ...definition,
      build,
      capabilities: llamaCppCapabilities,
      versions: llamaCppVersions,
    }),
    ...generated((sizes) =>
      llamaCppModels(sizes).map((model) => candidate(build(model), model, model.name)),
    ),
    prepare: installLlamaCpp,
  };
}

/** llama.cpp in float32, keys and values too. */
export const llamaCpp: LogitsSubject = llamaCppSubject("float32", {
  name: "llama.cpp",
  arithmetic: "ggml-float32",
});

/** llama.cpp as it is by default: keys and values in float16, attention in tiles. */
export const llamaCppFloat16: LogitsSubject = llamaCppSubject("float16", {
  name: "llama.cpp-f16",
  arithmetic: "ggml-float16",
  knownFailures: {
    "score-shift": "keys of 65,536 are beyond float16, whose largest number is 65,504",
    "finite-logits": "queries and keys beyond 65,504 are infinite in float16",
  },
});
