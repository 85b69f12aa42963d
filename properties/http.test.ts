/**
 * A server of completions is tested by its log-probabilities; one that is absent, hangs, floods or
 * lies is reported in bounded time. The server in a separate process is a stand-in: the reference
 * decoder behind the two protocols. reports/published/engines.csv has the results of real servers.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CompletionServer, serverApis } from "../src/engines/http.ts";
import { laws } from "../src/laws/index.ts";
import { type LawCase, missingNeeds } from "../src/laws/law.ts";
import { LawBroken } from "../src/laws/support/expect.ts";
import { serverSubject } from "../src/subjects/server.ts";
import { runLaw } from "../src/verify/run-law.ts";
import { startServer } from "./http-server.ts";
import { config, weights } from "./process-child.ts";
import { expectKept, seed } from "./support.ts";

const model = { name: "stand-in", config, weights };
const lawsOfServers = laws.filter(({ kind }) => kind === "completions");

/** A server in a separate process, for all tests of the file. */
const child = spawn(process.execPath, [join(import.meta.dirname, "http-server.ts")], {
  stdio: ["ignore", "pipe", "inherit"],
});
let url = "";
beforeAll(async () => {
  const [line] = await once(child.stdout, "data");
  url = String(line).trim();
}, 60_000);
afterAll(async () => {
  child.kill("SIGKILL");
  if (child.exitCode === null && child.signalCode === null) await once(child, "close");
});

describe.for(serverApis)("a server with the %s protocol", (api) => {
  test.for(lawsOfServers)("keeps $id", async (law, { task }) => {
    const subject = await serverSubject({ url, api, model, arithmetic: "float32" });
    const verdict = await runLaw(law, subject, { seed, runs: 15 });
    task.meta.cases = verdict.cases;
    expectKept(verdict);
  });

  test("reports the sizes of its model, and offers no logits", async () => {
    const subject = await serverSubject({ url, api });
    expect(subject.knowsModel).toBe(false);
    const cached = laws.find(({ id }) => id === "cache-equality")!;
    expect(missingNeeds(cached, subject)).toEqual(["logits"]);
    const { status } = await runLaw(cached, subject, { seed, runs: 1 });
    expect(status).toBe("not offered");
  });
});

const limits = { api: "llama.cpp", timeLimitMs: 30_000 } as const;
const asked = { maxNewTokens: 1, topLogProbs: 3 };
const post = "http: POST URL/completion must";

test.for([
  ["answer 500", `${post} succeed, got 500: {"error":"out of memory, of course"}`],
  ["answer in prose", `${post} answer with a JSON object, got the next token is 7`],
  ["answer a list", `${post} answer with a JSON object, got [1, 2, 3]`],
  ["hang", `${post} end within 700 ms, got no end`],
  ["hang in the middle", `${post} end within 700 ms, got no end`],
  ["cut its answer short", `${post} be answered in full, got UND_ERR_SOCKET`],
  ["flood", `${post} answer in 4194304 bytes, got more`],
  ["redirect", `${post} be answered in full, got unexpected redirect`],
  ["leave out the list", "http: completion_probabilities must be a list, got undefined"],
  ["name a token that is not there", "http: token 0 must be named by its id in [0, 11), got 11"],
  ["say null", "http: token 0, rank 0: logprob must be a number, got null"],
])("a server that would %s is reported", async ([kind, message]) => {
  await using running = await startServer(kind);
  const timeLimitMs = kind.startsWith("hang") ? 700 : limits.timeLimitMs;
  const server = new CompletionServer({ ...limits, timeLimitMs, url: running.url });
  const answered = server.complete([3, 1], asked, config.vocabSize);
  await expect(answered).rejects.toThrow(message.replace("URL", running.url));
});

test("an absent server is reported to refuse", async () => {
  const running = await startServer();
  await running[Symbol.asyncDispose]();
  const refused = /^http: GET .*\/v1\/models must be answered in full, got ECONNREFUSED$/;
  await expect(serverSubject({ ...limits, url: running.url })).rejects.toThrow(refused);
});

test("a server of another model is refused before any law", async () => {
  const other = { ...model, config: { ...config, vocabSize: 12 } };
  const message = "http: the server must have the vocabulary of 12 tokens, got 11";
  await expect(serverSubject({ ...limits, url, model: other })).rejects.toThrow(message);
});

test.for([
  ["say probabilities", "top-log-probs", "broken", seed],
  ["say too much", "top-log-probs", "broken", seed],
  // Its answers depend on the case before, and so does whether the case fails again: not if it asks
  // for one prompt only, which is then the prompt before. With this seed it asks for two.
  ["answer the prompt before", "completion-determinism", "broken", 1],
  // The law asks for one prompt in each case.
  ["answer the prompt before", "top-log-probs-definition", "not deterministic", seed],
] as const)("a server that would %s breaks %s", async ([kind, id, status, seed], { task }) => {
  await using running = await startServer(kind);
  const subject = await serverSubject({
    ...limits,
    url: running.url,
    model,
    arithmetic: "float32",
  });
  const law = lawsOfServers.find((one) => one.id === id)!;
  const verdict = await runLaw(law, subject, { seed, runs: 40 });
  task.meta.cases = verdict.cases;
  expect(verdict.status).toBe(status);
});

test("null after the first log-probability is that of 0", async () => {
  await using running = await startServer("end its list with null");
  const server = new CompletionServer({ ...limits, url: running.url });
  const { top } = await server.complete([3, 1], asked, config.vocabSize);
  expect(top[0].map(({ logProb }) => logProb)).toEqual([0, -Infinity, -Infinity]);
});

test.for([
  [0, true],
  [5.9e-8, true],
  [1e-4, false],
] as const)("a sure token's log-probability of %d: %s", async ([sure, keeps]) => {
  const row = [sure, -Infinity, -Infinity].map((logProb, token) => ({ token, logProb }));
  const complete = async (_: unknown, { topLogProbs }: { topLogProbs: number }) => {
    return { newTokens: [0], top: [row.slice(0, topLogProbs)] };
  };
  const candidate = { vocabSize: 3, maxPositionEmbeddings: 8, model: null, complete };
  const law = lawsOfServers.find(({ id }) => id === "top-log-probs")!;
  const subject = await serverSubject({ url, api: "llama.cpp", arithmetic: "float32" });
  const checked = async () => law.check({ candidate, prompt: [0], count: 3 } as LawCase, subject);
  if (keeps) expect(await checked()).toBe(false);
  else await expect(checked()).rejects.toThrow(LawBroken);
});
