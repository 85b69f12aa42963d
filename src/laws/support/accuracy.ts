import type { Logits } from "../../math/logits.ts";
import type { Model } from "../../model/model.ts";
import type { LogitsSubject } from "../../subjects/subject.ts";
import { accuracyOf } from "../../tolerance/measured.ts";
import { expectNextLogits } from "./expect.ts";

/** As `expectNextLogits`, with the subject's allowed error against the definition of this model. */
export function expectAccurate(
  what: string,
  tokens: readonly number[],
  actual: Logits,
  expected: ArrayLike<number>,
  subject: LogitsSubject,
  model: Model | null,
): void {
  const tolerance = accuracyOf(subject, model, tokens, [actual], [expected]);
  expectNextLogits(what, tokens, actual, expected, tolerance);
}
