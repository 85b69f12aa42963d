/**
 * A stand-in for a server of completions: the reference decoder with llama.cpp's protocol and
 * OpenAI's, or one that misbehaves in one way. Run alone, it prints its address.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type Completed, complete } from "../src/generation/complete.ts";
import { referenceDecoder } from "../src/reference/reference-decoder.ts";
import { config, weights } from "./process-child.ts";

const decoder = referenceDecoder(config, weights);

interface Asked {
  readonly prompt: readonly number[];
  readonly maxNewTokens: number;
  readonly topLogProbs: number;
}

type Change = (completed: Completed, asked: Asked) => Completed;

const withLogProbs = (change: (logProb: number) => number): Change => {
  return ({ top, ...rest }) => ({
    ...rest,
    top: top.map((row) => row.map((one) => ({ ...one, logProb: change(one.logProb) }))),
  });
};

let before: Completed | null = null;

/** Wrong answers of the correct shape. */
const lies: Readonly<Record<string, Change>> = {
  none: (completed) => completed,
  "say probabilities": withLogProbs(Math.exp),
  "say too much": withLogProbs((logProb) => logProb / 2),
  "answer the prompt before": (completed) => {
    const answer = before ?? completed;
    before = completed;
    return answer;
  },
};

/** Responses in place of an answer. */
const misdeeds: Readonly<Record<string, (response: ServerResponse) => void>> = {
  "answer 500": (response) => response.writeHead(500).end('{"error":"out of memory, of course"}'),
  "answer in prose": (response) => response.end("the next token is 7"),
  "answer a list": (response) => response.end("[1, 2, 3]"),
  hang: () => {},
  "hang in the middle": (response) => response.write('{"completion_probabilities":['),
  "cut its answer short": (response) => {
    response.writeHead(200, { "content-length": 1000 });
    response.write('{"completion_probabilities":[', () => response.destroy());
  },
  flood: (response) => {
    const pour = () => response.destroyed || response.write("x".repeat(2 ** 20), pour);
    pour();
  },
  redirect: (response) => response.writeHead(302, { location: "/completion" }).end(),
  "end its list with null": (response) => {
    const top_logprobs = [0, null, null].map((logprob, id) => ({ id, logprob }));
    const step = { id: 0, logprob: 0, top_logprobs };
    response.end(JSON.stringify({ completion_probabilities: [step] }));
  },
  "leave out the list": (response) => response.end('{"content":"hello"}'),
  "name a token that is not there": (response) => {
    const token = { id: config.vocabSize, logprob: -1 };
    const step = { ...token, top_logprobs: [token] };
    response.end(JSON.stringify({ completion_probabilities: [step] }));
  },
  "say null": (response) => {
    const step = { id: 1, top_logprobs: [{ id: 1, logprob: null }] };
    response.end(JSON.stringify({ completion_probabilities: [step] }));
  },
};

const models = {
  object: "list",
  data: [{ id: "stand-in", meta: { n_vocab: config.vocabSize, n_ctx: 9 } }],
};

/** llama.cpp's list of steps. */
const steps = ({ newTokens, top }: Completed) =>
  top.map((row, i) => ({
    id: newTokens[i],
    top_logprobs: row.map(({ token, logProb }) => ({ id: token, logprob: logProb })),
  }));

/** OpenAI's older form, with the token names of vLLM. */
const lists = ({ newTokens, top }: Completed) => ({
  tokens: newTokens.map((token) => `token_id:${token}`),
  top_logprobs: top.map((row) =>
    Object.fromEntries(row.map(({ token, logProb }) => [`token_id:${token}`, logProb])),
  ),
});

async function answer(url: string, body: string, change: Change): Promise<unknown> {
  if (url === "/v1/models") return models;
  if (url === "/props") return { build_info: "stand-in 1" };
  const { prompt, n_predict, n_probs, max_tokens, logprobs } = JSON.parse(body);
  const asked = {
    prompt,
    maxNewTokens: n_predict ?? max_tokens,
    topLogProbs: n_probs ?? logprobs,
  };
  const completed = change(await complete(decoder, prompt, asked), asked);
  if (url === "/completion") return { completion_probabilities: steps(completed) };
  return { choices: [{ index: 0, logprobs: lists(completed) }] };
}

async function respond(kind: string, request: IncomingMessage, response: ServerResponse) {
  let body = "";
  for await (const chunk of request) body += chunk;
  const misdeed = request.method === "POST" ? misdeeds[kind] : undefined;
  if (misdeed !== undefined) return misdeed(response);
  try {
    response.end(JSON.stringify(await answer(request.url!, body, lies[kind] ?? lies.none)));
  } catch (error) {
    response.writeHead(400).end(JSON.stringify({ error: (error as Error).message }));
  }
}

/** A running server. */
export interface Running extends AsyncDisposable {
  readonly url: string;
}

/** Starts a server on this machine, correct or with one defect. */
export async function startServer(kind = "none"): Promise<Running> {
  const server = createServer((request, response) => {
    respond(kind, request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

if (process.argv[1] === import.meta.filename) console.log((await startServer()).url);
