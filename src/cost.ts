/**
 * `causalgate/cost`: exact parameters, FLOPs, memory, intensity and rooflines of a model from its
 * configuration alone. No weight is made and nothing but a configuration is read.
 */
export {
  type BatchPlan,
  type BatchResult,
  type LimitingTerm,
  maxBatch,
  type Serving,
} from "./cost/batch.ts";
export {
  bytesOfFormat,
  type Device,
  datasheetRoofs,
  devices,
  type NumberFormat,
  namedDevice,
} from "./cost/devices.ts";
export {
  type CountOptions,
  decodeFlops,
  generationFlops,
  generationOperations,
  type Operation,
  type OperationRow,
  operations,
  passFlops,
  prefillFlops,
  sumFlops,
  workOperations,
} from "./cost/flops.ts";
export {
  type CacheMode,
  type ForwardPass,
  type GenerationShape,
  tokenSteps,
} from "./cost/generation.ts";
export {
  type Fusion,
  intensity,
  sumTraffic,
  type Traffic,
  type TrafficPass,
  type TrafficRow,
  trafficBytes,
  trafficRows,
} from "./cost/intensity.ts";
export {
  type ActivationRow,
  activationRows,
  type BatchPass,
  cachedTokens,
  kvBytes,
  kvBytesPerToken,
  peakActivationBytes,
  scoreMatrixBytes,
  weightBytes,
} from "./cost/memory.ts";
export { type MinorFlops, minorFlops } from "./cost/minor.ts";
export {
  matrixParameters,
  type ParameterGroup,
  type ParameterRow,
  type ParameterSummary,
  parameterCount,
  parameterRows,
  parameterSummary,
} from "./cost/parameters.ts";
export {
  chinchillaFlops,
  fvcoreFlops,
  kaplanFlops,
  nanoGptFlops,
  palmFlops,
} from "./cost/published.ts";
export {
  attainableFlops,
  type Bound,
  boundOf,
  type RooflinePoint,
  type Roofs,
  ridgePoint,
  rooflinePoint,
  roofSeconds,
  weightStreaming,
} from "./cost/roofline.ts";
export { GB, GiB } from "./cost/units.ts";
export { generationWork, type PairCounting, passWork, type WorkCounts } from "./cost/work.ts";
export { configFromHuggingFace } from "./formats/hugging-face-config.ts";
export { type ConfigInput, checkConfig, type ModelConfig, modelConfig } from "./model/config.ts";
export type { NamedModel } from "./model/named/named-model.ts";
export { namedModel, namedModels } from "./model/named/registry.ts";
