/**
 * `causalgate`: everything that an engine's author needs to check it. `causalgate/cost` has the
 * cost model and `causalgate/engines` the engines of other people; neither is loaded from here.
 */

export { default as fc } from "fast-check";
export { configs } from "./arbitraries/configs.ts";
export type {
  Dimension,
  SizeLimits,
  SizeRange,
  Thresholds,
} from "./arbitraries/dimensions.ts";
export { logitRows, sizedLogits } from "./arbitraries/logits.ts";
export { models, randomModel } from "./arbitraries/models.ts";
export { optionsOf, samplingOptions } from "./arbitraries/sampling-options.ts";
export { scriptedDecoder } from "./arbitraries/scripted-decoder.ts";
export { type LargeSize, Sizes } from "./arbitraries/sizes.ts";
export { rawTokens, tokensOf } from "./arbitraries/tokens.ts";
export {
  type Batch,
  type Capability,
  checkAppend,
  checkRewind,
  checkStart,
  type Decoder,
  NotOffered,
  type Sequence,
} from "./decoder.ts";
export { forward, forwardStages } from "./definition.ts";
export { type HostOptions, ModelHost } from "./engines/model-host.ts";
export { type ProgramOptions, processDecoder } from "./engines/process.ts";
export { writeGguf } from "./formats/gguf.ts";
export { writeHuggingFace } from "./formats/hugging-face.ts";
export { type LoadedModel, loadModel } from "./formats/load.ts";
export { type Completed, type CompleteOptions, complete } from "./generation/complete.ts";
export {
  type Generated,
  type GenerateOptions,
  generate,
  generateBatch,
  generateStream,
} from "./generation/generate.ts";
export { logProbs } from "./generation/log-probs.ts";
export { speculate } from "./generation/speculate.ts";
export { lawById, laws } from "./laws/index.ts";
export {
  type Chapter,
  choiceLaw,
  completionsLaw,
  type Law,
  type LawCase,
  law,
  type Need,
} from "./laws/law.ts";
export { expectAccurate } from "./laws/support/accuracy.ts";
export {
  buildCanary,
  type Canary,
  completionsCanary,
  decoderCanary,
  generationCanary,
  samplerCanary,
  speculationCanary,
} from "./laws/support/canary.ts";
export { changedModel } from "./laws/support/changed-model.ts";
export { expectLogits, expectNextLogits, expectThat, LawBroken } from "./laws/support/expect.ts";
export { freshLogits } from "./laws/support/fresh-logits.ts";
export { checkHistory, type HistoryCase, histories } from "./laws/support/history.ts";
export { withBatches, withSequences } from "./laws/support/wrapped.ts";
export { type Arithmetic, countingArithmetic, float32 } from "./math/arithmetic.ts";
export type { Logits } from "./math/logits.ts";
export { type Random, seededRandom } from "./math/random.ts";
export { type ConfigInput, checkConfig, type ModelConfig, modelConfig } from "./model/config.ts";
export { mergeLora, withLora } from "./model/lora.ts";
export type { Model } from "./model/model.ts";
export { namedModel, namedModels } from "./model/named/registry.ts";
export {
  buildWeights,
  initWeights,
  type LayerWeights,
  type Linear,
  type LowRank,
  type Norm,
  randomWeights,
  type Tensor,
  type TensorSource,
  type Weights,
} from "./model/weights.ts";
export { referenceDecoder } from "./reference/reference-decoder.ts";
export { type SamplingOptions, sampleToken } from "./sampling/sample-token.ts";
export { type Sampler, sampler } from "./sampling/sampler.ts";
export { defineSampler, type SamplerDefinition } from "./subjects/define-sampler.ts";
export {
  defineSubject,
  type Engine,
  type EngineSequence,
  type SubjectDefinition,
} from "./subjects/define-subject.ts";
export type {
  Candidate,
  ChoiceSubject,
  Completer,
  CompletionsSubject,
  LogitsSubject,
  Subject,
  SubjectKind,
} from "./subjects/subject.ts";
export { logitMatchers } from "./testing/matchers.ts";
export type { Tokenizer } from "./tokenizers/tokenizer.ts";
export {
  type ArithmeticName,
  arithmeticTolerances,
} from "./tolerance/arithmetics.ts";
export {
  type ErrorBound,
  firstDifference,
  type LogitDifference,
  largestError,
  type Tolerance,
} from "./tolerance/compare.ts";
export type { SubjectTolerance } from "./tolerance/subject-tolerance.ts";
export { type CaseValues, checkCase } from "./verify/check-case.ts";
export {
  type LawStatus,
  type LawVerdict,
  type RunOptions,
  replayCase,
  runLaw,
} from "./verify/run-law.ts";
export { describeVerdict, reportText } from "./verify/verdicts.ts";
export { exitCodeOf, type Report, verify } from "./verify/verify.ts";
