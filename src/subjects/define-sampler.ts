import type { Generation } from "../generation/generation.ts";
import type { Sampler } from "../sampling/sampler.ts";
import { checkWords, samplerNames } from "./known-words.ts";
import type { ChoiceSubject } from "./subject.ts";

/** A sampler under test: any of the functions of a sampler, and no decoder. */
export interface SamplerDefinition
  extends Partial<Sampler>,
    Pick<ChoiceSubject, "name" | "prepare" | "versions"> {
  /** Speculative generation with any target and draft decoders. */
  readonly speculate?: Generation["speculate"];
  /** Reasons for the laws that it is known to break, by law. */
  readonly knownFailures?: Readonly<Record<string, string>>;
}

const functions = [...samplerNames, "speculate"];
const fields = [...functions, "name", "knownFailures", "prepare", "versions"];

/**
 * Returns a sampler as a subject: the laws of filters, draws and speculation apply to it, each if
 * the functions that it needs are there. All others need logits.
 *
 * @throws {TypeError} if a field is not one of a sampler, or there is no function to test
 */
export function defineSampler(definition: SamplerDefinition): ChoiceSubject {
  const { name, prepare, versions, speculate, knownFailures = {}, ...given } = definition;
  checkWords(`sampler ${name}: its fields`, Object.keys(definition), fields);
  if (Object.keys(given).length === 0 && speculate === undefined) {
    const must = `must be any of ${functions.join(", ")}`;
    throw new TypeError(`sampler ${name}: its functions ${must}, got none`);
  }
  return {
    kind: "choice",
    name,
    sampler: given,
    knownFailures,
    ...(prepare === undefined ? {} : { prepare }),
    ...(versions === undefined ? {} : { versions }),
    ...(speculate === undefined ? {} : { speculate }),
  };
}
