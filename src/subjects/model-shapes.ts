/** Restrictions that engines put on the shape of a model. */
import type { ModelParts } from "../arbitraries/models.ts";
import { modelConfig } from "../model/config.ts";

/** N * H = D, as llama.cpp requires in some architectures. */
export function withSquareQueries({ config, ...parts }: ModelParts): ModelParts {
  const hiddenSize = config.numAttentionHeads * config.headDim;
  return { ...parts, config: modelConfig({ ...config, hiddenSize }) };
}

/** D a multiple of N, as transformers requires in Llama. */
export function withWholeHeads({ config, ...parts }: ModelParts): ModelParts {
  const { hiddenSize: D, numAttentionHeads: N } = config;
  return { ...parts, config: modelConfig({ ...config, hiddenSize: Math.ceil(D / N) * N }) };
}

/** K = N and N * H = D, as transformers requires in GPT-2. */
export function withEveryHead({ config, ...parts }: ModelParts): ModelParts {
  const numKeyValueHeads = config.numAttentionHeads;
  return withSquareQueries({ ...parts, config: modelConfig({ ...config, numKeyValueHeads }) });
}
