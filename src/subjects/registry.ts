/** Subjects by name. The module of an engine is loaded when its subject is used. */
import { reference, referenceTiled } from "./reference.ts";
import type { LogitsSubject } from "./subject.ts";

const loaders: Readonly<Record<string, () => Promise<LogitsSubject>>> = {
  reference: async () => reference,
  "reference-tiled": async () => referenceTiled,
  onnxruntime: async () => (await import("./onnxruntime.ts")).onnxRuntime,
  "onnxruntime-float64": async () => (await import("./onnxruntime.ts")).onnxRuntimeFloat64,
  "llama.cpp": async () => (await import("./llama-cpp.ts")).llamaCpp,
  "llama.cpp-f16": async () => (await import("./llama-cpp.ts")).llamaCppFloat16,
  transformers: async () => (await import("./transformers.ts")).transformers,
  "transformers-float64": async () => (await import("./transformers.ts")).transformersFloat64,
};

/** Names of the subjects that {@link subjectByName} returns. */
export const subjectNames: readonly string[] = Object.keys(loaders);

/** Names of this project's own decoders. */
export const ownSubjects: readonly string[] = [reference.name, referenceTiled.name];

/**
 * Returns the subject with this name.
 *
 * @throws {RangeError} naming the subjects that there are
 */
export async function subjectByName(name: string): Promise<LogitsSubject> {
  if (Object.hasOwn(loaders, name)) return loaders[name]();
  throw new RangeError(`subject: must be one of ${subjectNames.join(", ")}, got ${name}`);
}
