/**
 * `causalgate/engines`: decoders on engines that other people wrote, and the subjects that the
 * command line knows by name. Each engine's own package is loaded when its first sequence starts.
 */
export type { ServerApi, ServerOptions } from "./engines/http.ts";
export { type LlamaCppCache, llamaCppDecoder } from "./engines/llama-cpp.ts";
export { installLlamaCpp } from "./engines/llama-cpp-package.ts";
export { onnxRuntimeDecoder } from "./engines/onnxruntime.ts";
export { transformersDecoder } from "./engines/transformers.ts";
export { onnxBytes } from "./formats/onnx.ts";
export { subjectByName, subjectNames } from "./subjects/registry.ts";
export { type ServerSubjectOptions, serverSubject } from "./subjects/server.ts";
