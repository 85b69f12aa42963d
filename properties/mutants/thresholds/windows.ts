import { fromFour, type Mechanism, realistic } from "./mechanism.ts";

const forward = "src/reference/forward.ts";
const first = "const first = slidingWindow === null ? 0 : Math.max(0, index - slidingWindow + 1);";

/** Sliding windows: sizes above a limit, and long texts. */
export const windows: readonly Mechanism[] = [
  {
    name: "window-capped",
    dimension: "window",
    thresholds: fromFour,
    bug: "the mask of a window has the size of a buffer: windows above N are N",
    rows: [65],
    links: ["https://github.com/lablup/mlxcel/issues/1776"],
    file: forward,
    find: first,
    replace: (n) => first.replace("- slidingWindow", `- Math.min(slidingWindow, ${n})`),
    needs: "a window above N and a longer text",
    witness: "window",
  },
  {
    name: "window-one-too-many",
    dimension: "window",
    thresholds: realistic,
    bug: "the kernel for windows above N uses <=: one token too many",
    rows: [55],
    links: ["https://github.com/ml-explore/mlx-lm/issues/390"],
    file: forward,
    find: first,
    replace: (n) => first.replace("+ 1)", `+ (slidingWindow > ${n} ? 0 : 1))`),
    needs: "a window above N and a longer text",
    witness: "window",
  },
  {
    name: "window-one-too-few",
    dimension: "window",
    thresholds: realistic,
    bug: "a rotating cache of more than N places keeps one token less than the window",
    rows: [60],
    links: ["https://github.com/ml-explore/mlx-examples/issues/1093"],
    file: forward,
    find: first,
    replace: (n) => first.replace("+ 1)", `+ (slidingWindow > ${n} ? 2 : 1))`),
    needs: "a window above N and a longer text",
    witness: "window",
  },
  {
    name: "window-missing-in-long-text",
    dimension: "context length",
    thresholds: realistic,
    bug: "the kernel for more than N keys has no sliding window",
    rows: [64],
    links: ["https://github.com/ggml-org/llama.cpp/issues/8227"],
    file: forward,
    find: first,
    replace: (n) =>
      first.replace("slidingWindow === null", `slidingWindow === null || index >= ${n}`),
    needs: "a window and more than N tokens",
    witness: "windowed",
  },
  {
    name: "window-trimmed-by-chunks",
    dimension: "context length",
    thresholds: realistic,
    bug: "a windowed cache is trimmed from the front by whole chunks of N",
    rows: [62],
    links: ["https://github.com/ml-explore/mlx-lm/issues/108"],
    file: forward,
    find: first,
    replace: (n) => `${first.replace("const first", "const exact")}
    const trimmed = Math.min(index, ${n} * Math.ceil(exact / ${n}));
    const first = index < ${n} ? exact : trimmed;`,
    needs: "a window and more than N tokens",
    witness: "windowed",
  },
  {
    name: "window-compared-with-local-places",
    dimension: "context length",
    thresholds: realistic,
    bug: "beyond N tokens absolute positions are compared with places of the cache: no key is left",
    rows: [66],
    links: ["https://github.com/Blaizzy/mlx-vlm/issues/1138"],
    file: forward,
    find: first,
    replace: (n) => `${first.replace("const first", "const exact")}
    const first = slidingWindow === null || index < ${n} ? exact : index;`,
    needs: "a window of at least 2 and more than N tokens",
    witness: "windowed",
  },
];
