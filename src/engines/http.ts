/**
 * Client of a completions server over HTTP: llama.cpp's `POST /completion`, or OpenAI's
 * `POST /v1/completions`, which many servers offer. Prompts are token ids. For each token the
 * server returns a few of the most probable candidates with their log-probabilities; it returns no
 * logits.
 *
 * Tokens must be given by their ids, as two tokens may have the same text: llama.cpp returns ids,
 * also on `/v1/completions`; vLLM returns `token_id:7` if requested, as is done here.
 *
 * @see github.com/ggml-org/llama.cpp, tools/server/README.md
 * @see docs.vllm.ai, the completions API and its `return_tokens_as_token_ids`
 */
import type { Completed, CompleteOptions, TokenLogProb } from "../generation/complete.ts";
import { isObject, type JsonObject } from "../io/json.ts";
import { type Limits, requestJson } from "./http-json.ts";

export const serverApis = ["llama.cpp", "openai"] as const;

/** Protocol of a server of completions. */
export type ServerApi = (typeof serverApis)[number];

/** The address and the protocol of a server. */
export interface ServerOptions {
  /** Its address, for example http://127.0.0.1:8080. */
  readonly url: string;
  readonly api: ServerApi;
  /** Time limit of each answer; default 30 s. */
  readonly timeLimitMs?: number;
}

/** The properties that a server reports; null for those that it does not. */
export interface ServerModel {
  readonly name: string | null;
  readonly vocabSize: number | null;
  readonly contextLength: number | null;
  readonly version: string | null;
}

/** Largest answer; one of 20 tokens with 20 log-probabilities each has 100 kB. */
const MAX_BYTES = 4 * 1024 * 1024;

/** A completions server. Calls may overlap; each is one request. */
export class CompletionServer {
  readonly #options: ServerOptions;
  readonly #limits: Limits;
  #model: Promise<ServerModel> | null = null;

  constructor(options: ServerOptions) {
    const { timeLimitMs = 30_000 } = options;
    this.#options = { ...options, url: options.url.replace(/\/$/, "") };
    this.#limits = { timeLimitMs, maxBytes: MAX_BYTES };
  }

  /** Reads the first model of `GET /v1/models`, and the build of llama.cpp's `/props`. */
  model(): Promise<ServerModel> {
    this.#model ??= this.#describe();
    return this.#model;
  }

  /**
   * As `complete` of complete.ts, on the server.
   *
   * @param vocabSize V: all returned ids must be below it
   * @throws {Error} `http: …`, as {@link requestJson}, or on an answer of another shape
   */
  async complete(
    prompt: readonly number[],
    options: CompleteOptions,
    vocabSize: number,
  ): Promise<Completed> {
    const { api, url } = this.#options;
    if (api === "llama.cpp") {
      const answer = await this.#request("/completion", llamaCppRequest(prompt, options));
      const steps = answer.completion_probabilities;
      return completedOf(list(steps, "completion_probabilities"), vocabSize);
    }
    const { name } = await this.model();
    const request = openAiRequest(prompt, options, name);
    const answer = await this.#request("/v1/completions", request);
    const [choice] = list(answer.choices, "choices");
    if (!isObject(choice) || !isObject(choice.logprobs)) {
      throw wrong("choices[0].logprobs", `an object (does ${url} give log-probabilities?)`, choice);
    }
    const { content } = choice.logprobs;
    const steps = content === undefined ? stepsOf(choice.logprobs) : list(content, "content");
    return completedOf(steps, vocabSize);
  }

  async #describe(): Promise<ServerModel> {
    const models = await this.#request("/v1/models", null);
    const [first] = list(models.data, "data");
    const { id, meta } = isObject(first) ? first : {};
    const { n_vocab: vocab, n_ctx: context } = isObject(meta) ? meta : {};
    const size = (value: unknown) => (Number.isSafeInteger(value) ? (value as number) : null);
    const text = (value: unknown) => (typeof value === "string" ? value : null);
    const isLlamaCpp = this.#options.api === "llama.cpp";
    const props = isLlamaCpp ? await this.#request("/props", null) : {};
    return {
      name: text(id),
      vocabSize: size(vocab),
      contextLength: size(context),
      version: text(props.build_info),
    };
  }

  #request(path: string, body: JsonObject | null): Promise<JsonObject> {
    return requestJson(`${this.#options.url}${path}`, body, this.#limits);
  }
}

function llamaCppRequest(prompt: readonly number[], options: CompleteOptions): JsonObject {
  const { maxNewTokens, topLogProbs, cache = true } = options;
  const what = { prompt, n_predict: maxNewTokens, n_probs: topLogProbs, cache_prompt: cache };
  return { ...what, temperature: 0, stream: false };
}

function openAiRequest(
  prompt: readonly number[],
  { maxNewTokens, topLogProbs }: CompleteOptions,
  model: string | null,
): JsonObject {
  const what = { prompt, max_tokens: maxNewTokens, logprobs: topLogProbs, temperature: 0 };
  return { ...(model === null ? {} : { model }), ...what, return_tokens_as_token_ids: true };
}

/** Converts OpenAI's older form, parallel lists, to the newer one: an object per step. */
function stepsOf({ tokens, top_logprobs: top }: JsonObject): JsonObject[] {
  const names = list(tokens, "logprobs.tokens");
  const maps = list(top, "logprobs.top_logprobs");
  if (names.length !== maps.length) {
    throw wrong("logprobs.top_logprobs", `one for each of ${names.length} tokens`, maps);
  }
  return names.map((token, i) => {
    const map = maps[i];
    if (!isObject(map)) throw wrong(`logprobs.top_logprobs[${i}]`, "an object", map);
    const entries = Object.entries(map).map(([token, logprob]) => ({ token, logprob }));
    // The members of an object have no order.
    const sorted = entries.toSorted((a, b) => rankOf(b) - rankOf(a) || 0);
    return { token, top_logprobs: sorted };
  });
}

/** The log-probability as a number that can be sorted; null stands for that of 0. */
const rankOf = ({ logprob }: { readonly logprob: unknown }) =>
  logprob === null ? Number.NEGATIVE_INFINITY : Number(logprob);

function completedOf(steps: readonly unknown[], vocabSize: number): Completed {
  const newTokens: number[] = [];
  const top: TokenLogProb[][] = [];
  for (const [i, step] of steps.entries()) {
    if (!isObject(step)) throw wrong(`token ${i}`, "an object", step);
    newTokens.push(tokenOf(step, `token ${i}`, vocabSize));
    const few = list(step.top_logprobs, `top_logprobs of token ${i}`);
    top.push(
      few.map((one, rank) =>
        tokenLogProbOf(one, `token ${i}, rank ${rank}`, vocabSize, rank === 0),
      ),
    );
  }
  return { newTokens, top };
}

function tokenLogProbOf(
  value: unknown,
  what: string,
  vocabSize: number,
  isFirst: boolean,
): TokenLogProb {
  if (!isObject(value)) throw wrong(what, "an object", value);
  // JSON has no infinity: servers send null for the logarithm of 0, which the first never has.
  const isZero = value.logprob === null && !isFirst;
  const logProb = isZero ? Number.NEGATIVE_INFINITY : value.logprob;
  if (typeof logProb !== "number") throw wrong(`${what}: logprob`, "a number", logProb);
  return { token: tokenOf(value, what, vocabSize), logProb };
}

/** Returns `id`, or the number in a `token` such as `token_id:7`. */
function tokenOf({ id, token }: JsonObject, what: string, vocabSize: number): number {
  const [, named] = /^token_id:(\d+)$/.exec(String(token)) ?? [];
  const value = id ?? (named === undefined ? token : Number(named));
  if (Number.isInteger(value) && 0 <= Number(value) && Number(value) < vocabSize) {
    return value as number;
  }
  throw wrong(what, `named by its id in [0, ${vocabSize})`, value);
}

function list(value: unknown, what: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw wrong(what, "a list", value);
}

function wrong(what: string, must: string, got: unknown): Error {
  const text = String(JSON.stringify(got));
  return new Error(`http: ${what} must be ${must}, got ${text.slice(0, 80)}`);
}
