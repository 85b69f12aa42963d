/** One case of a law, for a test of a failure that a run has found. */
import fc from "fast-check";
import { NotOffered } from "../decoder.ts";
import type { Law, LawCase } from "../laws/law.ts";
import type { Model } from "../model/model.ts";
import { candidate } from "../subjects/define-subject.ts";
import type { Subject } from "../subjects/subject.ts";
import { viewOf } from "../subjects/views.ts";
import { casesOf } from "./large-cases.ts";
import { runCases } from "./run-cases.ts";

/** The values of a case, as a report prints them. */
export interface CaseValues {
  /** The model to build; absent if the subject has one decoder, or the law needs none. */
  readonly candidate?: Model;
  readonly [part: string]: unknown;
}

/**
 * Checks one case of a law on a subject, with the tolerance of the subject.
 *
 * @throws {LawBroken} if the case breaks the law
 * @throws {unknown} what the engine threw
 * @throws {NotOffered} if the engine cannot compute the model
 * @throws {TypeError} if the subject is of another kind, or the case has no model to build
 */
export async function checkCase(law: Law, subject: Subject, values: CaseValues): Promise<void> {
  const { candidate: model, ...others } = values;
  const view = viewOf(model === undefined ? subject : withModel(subject, model), law.kind);
  if (view === null) {
    throw new TypeError(
      `checkCase: ${law.id} must have a subject with ${law.kind}, got ${subject.name}`,
    );
  }
  const [example] = fc.sample(casesOf(law, view, null), { numRuns: 1, seed: 0 });
  const drawsCandidate = example.candidate !== undefined;
  if (
    model === undefined &&
    drawsCandidate &&
    view.kind !== "choice" &&
    view.candidatesOf !== undefined
  ) {
    const must = `the case must have a candidate, as ${subject.name} builds its decoders`;
    throw new TypeError(`checkCase: ${must}, got none; randomModel(…) makes one`);
  }
  const cases = (): fc.Arbitrary<LawCase> =>
    view.kind === "choice" || !drawsCandidate
      ? fc.constant(others)
      : fc.tuple(view.candidates).map(([one]) => ({ candidate: one, ...others }));
  const { id, check } = law;
  const run = await runCases({ id, check, cases }, view, { seed: 0, runs: 1, shrink: false });
  if (run.broken) throw run.error;
  if (run.passedOver > 0) throw new NotOffered(run.notOffered ?? `${subject.name}: not offered`);
}

/** Returns the subject with a decoder of this model as its only candidate. */
function withModel(subject: Subject, model: Model): Subject {
  if (subject.kind !== "logits" || subject.build === null) {
    const must = `${subject.name} must build decoders if the case has a candidate`;
    throw new TypeError(`checkCase: ${must}, got a subject without build`);
  }
  const { candidatesOf: _generated, ...others } = subject;
  const one = candidate(subject.build(model), model, model.name);
  return { ...others, candidates: fc.constant(one) };
}
