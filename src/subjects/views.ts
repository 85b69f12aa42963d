/** Views of a subject as another kind: the laws of samplers also apply to a decoder with one. */
import fc from "fast-check";
import type { Sizes } from "../arbitraries/sizes.ts";
import type { Generation } from "../generation/generation.ts";
import type { Model } from "../model/model.ts";
import { checkedDecoder } from "./checked-decoder.ts";
import { checkOnly } from "./only.ts";
import type {
  Candidate,
  Completer,
  LogitsSubject,
  Subject,
  SubjectKind,
  SubjectKinds,
} from "./subject.ts";

/**
 * Returns the subject as one of this kind; null if it cannot be one. Every row of logits of a
 * logits subject is checked: V finite numbers, or the case fails. A logits subject with a
 * `complete` function also is a completions subject; with its sampler and its `speculate` function,
 * as far as it has them, it also is a choice subject.
 */
export function viewOf<Kind extends SubjectKind>(
  subject: Subject,
  kind: Kind,
): SubjectKinds[Kind] | null {
  return views[kind](subject);
}

const views: { readonly [Kind in SubjectKind]: (subject: Subject) => SubjectKinds[Kind] | null } = {
  logits: (subject) => (subject.kind === "logits" ? checkedSubject(subject) : null),

  completions: (subject) => {
    if (subject.kind !== "logits") return subject.kind === "completions" ? subject : null;
    const { complete } = subject.generation;
    if (complete === undefined) return null;
    const { name, knowsModel, knownFailures } = subject;
    const { repeatable, accurate, noise, headroom, overridden } = subject;
    const { candidates, candidatesOf, sizes, thresholds } = checkedSubject(subject);
    const completer = (candidate: Candidate) => completerOf(candidate, complete);
    return {
      kind: "completions",
      ...{ name, knowsModel, knownFailures },
      ...{ repeatable, accurate, noise, headroom, overridden },
      ...(sizes && { sizes }),
      ...(thresholds && { thresholds }),
      candidates: candidates.map(completer),
      ...(candidatesOf && { candidatesOf: (at: Sizes) => candidatesOf(at).map(completer) }),
    };
  },

  choice: (subject) => {
    if (subject.kind !== "logits") return subject.kind === "choice" ? subject : null;
    const { name, sampler, generation, knownFailures, sizes, thresholds } = subject;
    const { speculate } = generation;
    const rule = speculate === undefined ? {} : { speculate };
    const limits = { ...(sizes && { sizes }), ...(thresholds && { thresholds }) };
    return { kind: "choice", name, sampler, ...rule, knownFailures, ...limits };
  },
};

/**
 * Returns the subject with decoders whose logits are checked. It builds no model with an option
 * that it cannot choose: a law that needs one skips the case.
 */
function checkedSubject(subject: LogitsSubject): LogitsSubject {
  const { build, candidatesOf } = subject;
  const buildOffered = (model: Model) => {
    checkOnly(subject, model.config);
    return checkedDecoder(build!(model));
  };
  const checked = (candidate: Candidate) => {
    return { ...candidate, decoder: checkedDecoder(candidate.decoder) };
  };
  return {
    ...subject,
    candidates: subject.candidates.map(checked),
    ...(candidatesOf && { candidatesOf: (sizes: Sizes) => candidatesOf(sizes).map(checked) }),
    build: build === null ? null : buildOffered,
  };
}

/** Returns a decoder with a function that completes prompts, printed as the decoder is. */
function completerOf(candidate: Candidate, complete: Generation["complete"]): Completer {
  const { decoder, model } = candidate;
  const { vocabSize, maxPositionEmbeddings } = decoder.config;
  const completer: Completer = {
    vocabSize,
    maxPositionEmbeddings,
    model,
    complete: (prompt, options) => complete(decoder, prompt, options),
  };
  return Object.assign(completer, { [fc.toStringMethod]: () => fc.stringify(candidate) });
}
