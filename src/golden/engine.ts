/** The part of a subject that golden fixtures need: what can be recorded of it, and compared. */
import fc from "fast-check";
import type { Decoder } from "../decoder.ts";
import type { Completed, CompleteOptions } from "../generation/complete.ts";
import type { Model } from "../model/model.ts";
import { checkOnly } from "../subjects/only.ts";
import type {
  ChoiceSubject,
  CompletionsSubject,
  LogitsSubject,
  Subject,
} from "../subjects/subject.ts";

/** An engine that computes any model: fixtures hold the model. */
export interface ModelEngine {
  readonly kind: "model";
  readonly subject: LogitsSubject;
  readonly build: (model: Model) => Decoder;
}

/** An engine that holds one model: fixtures hold its configuration. */
export interface FixedEngine {
  readonly kind: "engine";
  readonly subject: LogitsSubject;
  readonly decoder: Decoder;
  /** Null if its weights are unknown. */
  readonly model: Model | null;
}

/** A server that completes prompts and returns no logits. */
export interface CompletionEngine {
  readonly kind: "completions";
  readonly subject: CompletionsSubject;
  readonly vocabSize: number;
  /** Number of tokens that a prompt and its completion may have. */
  readonly contextLength: number;
  readonly complete: (prompt: readonly number[], options: CompleteOptions) => Promise<Completed>;
}

/** A sampler or a speculative rule. */
export interface ChoiceEngine {
  readonly kind: "choice";
  readonly subject: ChoiceSubject;
}

export type GoldenEngine = ModelEngine | FixedEngine | CompletionEngine | ChoiceEngine;

/** Returns the part of a subject that can be recorded. */
export function goldenEngine(subject: Subject): GoldenEngine {
  if (subject.kind === "choice") return { kind: "choice", subject };
  if (subject.kind === "completions") return completionEngine(subject);
  const { build } = subject;
  if (build !== null) {
    const buildOffered = (model: Model) => {
      checkOnly(subject, model.config);
      return build(model);
    };
    return { kind: "model", subject, build: buildOffered };
  }
  const [{ decoder, model }] = fc.sample(subject.candidates, { numRuns: 1, seed: 0 });
  return { kind: "engine", subject, decoder, model };
}

function completionEngine(subject: CompletionsSubject): CompletionEngine {
  const [completer] = fc.sample(subject.candidates, { numRuns: 1, seed: 0 });
  const { vocabSize, maxPositionEmbeddings: contextLength, complete } = completer;
  return { kind: "completions", subject, vocabSize, contextLength, complete };
}

/** Returns the versions of what computes a subject, with that of Node. */
export async function versionsOf({ versions }: Subject): Promise<Record<string, string>> {
  return { node: process.version, ...(await versions?.()) };
}
