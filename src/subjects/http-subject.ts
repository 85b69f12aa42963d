import fc from "fast-check";
import type { Decoder } from "../decoder.ts";
import { CompletionServer, type ServerModel, type ServerOptions } from "../engines/http.ts";
import { type ModelConfig, modelConfig } from "../model/config.ts";
import type { Model } from "../model/model.ts";
import { type ServerArithmetic, serverTolerances, toleranceOf } from "../tolerance/arithmetics.ts";
import { candidate } from "./define-subject.ts";
import type { Subject } from "./subject.ts";

export interface HttpSubjectOptions extends ServerOptions {
  /** The model that it serves, where that is known: the definition is then asked too. */
  readonly model?: Model;
  /** V, where neither the model nor the server says it. */
  readonly vocabSize?: number;
  /** By default float16, as servers keep keys and values in it. */
  readonly arithmetic?: ServerArithmetic;
}

/** So many tokens fit, where a server does not say how many do: more than any law asks of it. */
const ASSUMED_CONTEXT = 64;

/**
 * A server of completions as a subject: the laws of completions apply to it, and all others need
 * logits, which it does not offer.
 *
 * @throws {Error} when the server cannot be reached, or nobody says V
 */
export async function httpSubject(options: HttpSubjectOptions): Promise<Subject> {
  const { api, url, model = null, arithmetic = "float16" } = options;
  const server = new CompletionServer(options);
  const said = await server.model();
  const config = model?.config ?? configOf(options.vocabSize, said, url);
  checkSame(config, said);
  const name = `${api} over HTTP`;
  const decoder = silentDecoder(name, config);
  return {
    name,
    candidates: fc.constant(candidate(decoder, model, name)),
    capabilities: new Set(),
    logits: false,
    knowsModel: model !== null,
    build: null,
    sampler: {},
    generation: {
      complete: (_, prompt, asked) => server.complete(prompt, asked, config.vocabSize),
    },
    ...toleranceOf(serverTolerances[arithmetic]),
    knownFailures: {},
    versions: async () => (said.version === null ? {} : { [api]: said.version }),
  };
}

/** Its sizes, which are all that the laws of completions read of it. */
function configOf(vocabSize: number | undefined, said: ServerModel, url: string): ModelConfig {
  const V = vocabSize ?? said.vocabSize;
  if (V === null) {
    const must = "the size of the vocabulary must be said by the server or by --vocab-size";
    throw new RangeError(`http: ${must}, got none from ${url}`);
  }
  const unknown = { hiddenSize: 1, intermediateSize: 1, numHiddenLayers: 1, numAttentionHeads: 1 };
  const maxPositionEmbeddings = said.contextLength ?? ASSUMED_CONTEXT;
  return modelConfig({ ...unknown, vocabSize: V, maxPositionEmbeddings, positions: "none" });
}

function checkSame({ vocabSize }: ModelConfig, said: ServerModel): void {
  if (said.vocabSize === null || said.vocabSize === vocabSize) return;
  const must = `the server must have the vocabulary of ${vocabSize} tokens`;
  throw new RangeError(`http: ${must}, got ${said.vocabSize}`);
}

function silentDecoder(name: string, config: ModelConfig): Decoder {
  return {
    name,
    config,
    capabilities: new Set(),
    start: async () => {
      throw new Error(`${name}: a law must not ask for logits, which are not offered`);
    },
    [Symbol.asyncDispose]: async () => {},
  };
}
