/** A case as JavaScript, which `checkCase` runs again. */
import fc from "fast-check";
import { isRaw, tokensOf } from "../arbitraries/tokens.ts";
import type { LawCase } from "../laws/law.ts";

/** Returns the text of a case, with the token ids that its model was given. */
export function caseText({ candidate, ...others }: LawCase): string {
  const model = candidate?.model ?? null;
  const isGenerated = model !== null && fc.toStringMethod in model;
  const config = candidate && ("decoder" in candidate ? candidate.decoder.config : candidate);
  const used = config === undefined ? others : withIds(others, config.vocabSize);
  return fc.stringify(isGenerated ? { candidate: model, ...used } : used);
}

/** Returns a copy with all raw token ids modulo V. */
function withIds<Value>(value: Value, vocabSize: number): Value {
  const within = (part: unknown): unknown => {
    if (isRaw(part)) return tokensOf({ vocabSize, maxPositionEmbeddings: part.length }, part);
    if (Array.isArray(part)) return part.map(within);
    if (!isPlain(part)) return part;
    return Object.fromEntries(Object.entries(part).map(([key, one]) => [key, within(one)]));
  };
  return within(value) as Value;
}

/** True for an object that prints as a literal. */
function isPlain(value: unknown): value is object {
  if (typeof value !== "object" || value === null || fc.toStringMethod in value) return false;
  return Object.getPrototypeOf(value) === Object.prototype;
}
