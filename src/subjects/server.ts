import fc from "fast-check";
import { CompletionServer, type ServerModel, type ServerOptions } from "../engines/http.ts";
import type { Model } from "../model/model.ts";
import { type ServerArithmetic, serverTolerances } from "../tolerance/arithmetics.ts";
import { toleranceOf } from "../tolerance/subject-tolerance.ts";
import type { Completer, CompletionsSubject } from "./subject.ts";

/** Options of {@link serverSubject}. */
export interface ServerSubjectOptions extends ServerOptions {
  /** Model that it serves, if known: its log-probabilities are then compared to the definition. */
  readonly model?: Model;
  /** V, if neither the model nor the server reports it. */
  readonly vocabSize?: number;
  /** Default float16, as servers keep keys and values in it. */
  readonly arithmetic?: ServerArithmetic;
}

/** P if the server does not report it: more tokens than any law sends. */
const ASSUMED_CONTEXT = 64;

/**
 * Returns a server of completions as a subject.
 *
 * @throws {Error} if the server cannot be reached, its model has another vocabulary than `model`,
 *   or V is unknown
 */
export async function serverSubject(options: ServerSubjectOptions): Promise<CompletionsSubject> {
  const { api, model = null, arithmetic = "float16" } = options;
  const server = new CompletionServer(options);
  const reported = await server.model();
  const vocabSize = vocabularyOf(options, reported);
  const contextLength = model?.config.maxPositionEmbeddings ?? reported.contextLength;
  const name = `${api} over HTTP`;
  const completer: Completer = {
    vocabSize,
    maxPositionEmbeddings: contextLength ?? ASSUMED_CONTEXT,
    model,
    complete: (prompt, request) => server.complete(prompt, request, vocabSize),
  };
  return {
    kind: "completions",
    name,
    candidates: fc.constant(Object.assign(completer, { [fc.toStringMethod]: () => name })),
    knowsModel: model !== null,
    ...toleranceOf(serverTolerances[arithmetic]),
    knownFailures: {},
    versions: async () => (reported.version === null ? {} : { [api]: reported.version }),
  };
}

function vocabularyOf(options: ServerSubjectOptions, reported: ServerModel): number {
  const vocabSize = options.model?.config.vocabSize ?? options.vocabSize ?? reported.vocabSize;
  if (vocabSize === null) {
    const must =
      "the size of the vocabulary must be reported by the server or given by --vocab-size";
    throw new RangeError(`http: ${must}, got none from ${options.url}`);
  }
  if (reported.vocabSize !== null && reported.vocabSize !== vocabSize) {
    const must = `the server must have the vocabulary of ${vocabSize} tokens`;
    throw new RangeError(`http: ${must}, got ${reported.vocabSize}`);
  }
  return vocabSize;
}
