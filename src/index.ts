/**
 * The public names: what an engine's author needs to have it judged, and what the judge is made
 * of.
 */
export { type Arithmetic, countingArithmetic, float32 } from "./arithmetic.ts";
export { type Difference, firstDifference, largestError, type Tolerance } from "./compare.ts";
export { type Completed, type CompleteOptions, complete } from "./complete.ts";
export { type ConfigInput, checkConfig, type ModelConfig, modelConfig } from "./config.ts";
export {
  type Batch,
  type Capability,
  checkAppend,
  type Decoder,
  NotOffered,
  type Sequence,
} from "./decoder.ts";
export {
  defineSubject,
  type Engine,
  type EngineSequence,
  type SubjectDefinition,
} from "./define-subject.ts";
export { forward, forwardStages } from "./definition.ts";
export { llamaCppDecoder } from "./engines/llama-cpp.ts";
export { type HostOptions, ModelHost } from "./engines/model-host.ts";
export { onnxRuntimeDecoder } from "./engines/onnxruntime.ts";
export { type ProgramOptions, processDecoder } from "./engines/process.ts";
export { transformersDecoder } from "./engines/transformers.ts";
export { loadModel } from "./formats/load.ts";
export {
  type Generated,
  type GenerateOptions,
  generate,
  generateBatch,
  generateStream,
} from "./generate.ts";
export { laws } from "./laws/index.ts";
export { type Law, LawBroken } from "./laws/law.ts";
export { logProbs } from "./log-probs.ts";
export type { Logits } from "./logits.ts";
export { mergeLora, withLora } from "./lora.ts";
export { logitMatchers } from "./matchers.ts";
export type { Model } from "./model.ts";
export { namedModel, namedModels } from "./models/registry.ts";
export { type Random, seededRandom } from "./random.ts";
export { referenceDecoder } from "./reference/reference-decoder.ts";
export { describeVerdict, reportText } from "./report/verdicts.ts";
export { type SamplingOptions, sampleToken } from "./sampling/sample-token.ts";
export { type Sampler, sampler } from "./sampling/sampler.ts";
export { speculate } from "./speculate.ts";
export type { Subject } from "./subject.ts";
export { runLaw, type Verdict } from "./verify/run-law.ts";
export { type Report, verify } from "./verify/verify.ts";
export { initWeights, randomWeights, type Weights } from "./weights.ts";
