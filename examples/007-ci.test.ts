/**
 * The laws in CI, together with `007-ci.yml`: one engine that must keep them, and a variant with a
 * bug that is known. When the bug is gone, its test fails until it leaves `knownFailures`.
 */
import { defineSubject } from "causalgate";
import { describeLaws } from "causalgate/vitest";
import engine, { engine as build, only } from "./001-own-engine.ts";

const laws = ["history-invariance", "cache-equality", "definition-equality", "context-limit"];

describeLaws(engine, { laws });

const unlimited = defineSubject({
  name: "own engine without a limit",
  only,
  arithmetic: "float64",
  build: ({ config, ...model }) =>
    build({ ...model, config: { ...config, maxPositionEmbeddings: Infinity } }),
});

describeLaws(unlimited, {
  laws,
  knownFailures: { "context-limit": "the cache grows beyond the context; issue 12" },
});
