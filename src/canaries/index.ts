import { batchCanaries } from "./batch.ts";
import type { Canary } from "./canary.ts";
import { completionCanaries } from "./completion.ts";
import { decoderCanaries } from "./decoder.ts";
import { generationCanaries } from "./generation.ts";
import { memoryCanaries } from "./memory.ts";
import { metamorphicCanaries } from "./metamorphic.ts";
import { samplerCanaries } from "./sampler.ts";
import { windowCanaries } from "./window.ts";

/** At least one for every law. */
export const canaries: readonly Canary[] = [
  ...decoderCanaries,
  ...windowCanaries,
  ...batchCanaries,
  ...memoryCanaries,
  ...metamorphicCanaries,
  ...samplerCanaries,
  ...generationCanaries,
  ...completionCanaries,
];
