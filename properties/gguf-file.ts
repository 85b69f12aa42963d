/** GGUF files built byte by byte, valid or not, without the code of the writer. */
import { writeFile } from "node:fs/promises";
import { expect } from "vitest";
import { expectClear, memory } from "./refusals.ts";

export const U8 = 0;
export const U32 = 4;
export const F32 = 6;
export const BOOL = 7;
export const STRING = 8;
export const ARRAY = 9;
export const U64 = 10;

export interface HandMade {
  magic: string;
  version: number;
  /** Counts in the header; by default the actual ones. */
  tensorCount?: bigint;
  valueCount?: bigint;
  values: { key: string; type: number; bytes: Buffer }[];
  /** Extents in the file's order, `[in, out]`; an absent offset is the next free one. */
  tensors: { name: string; extents: bigint[]; type: number; offset?: bigint; bytes: Buffer }[];
  alignment: number;
}

export function handMade(parts: HandMade): Buffer {
  const { tensorCount = BigInt(parts.tensors.length), valueCount = BigInt(parts.values.length) } =
    parts;
  const pad = (length: number) => Buffer.alloc(-length & (parts.alignment - 1));
  const data: Buffer[] = [];
  let end = 0;
  const infos = parts.tensors.map(({ name, extents, type, offset, bytes }) => {
    const place = u64(offset ?? BigInt(end));
    data.push(bytes, pad(bytes.length));
    end += bytes.length + pad(bytes.length).length;
    return Buffer.concat([str(name), u32(extents.length), ...extents.map(u64), u32(type), place]);
  });
  const header = Buffer.concat([
    Buffer.from(parts.magic, "latin1"),
    u32(parts.version),
    u64(tensorCount),
    u64(valueCount),
    ...parts.values.map(({ key, type, bytes }) => Buffer.concat([str(key), u32(type), bytes])),
    ...infos,
  ]);
  return Buffer.concat([header, pad(header.length), ...data]);
}

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

export function u64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes;
}

export function f32(...values: number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [i, value] of values.entries()) bytes.writeFloatLE(value, 4 * i);
  return bytes;
}

export function str(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([u64(BigInt(bytes.length)), bytes]);
}

/** `first, first + 1, …` as float32. */
export function counting(first: number, length: number): Buffer {
  return f32(...Array.from({ length }, (_, i) => first + i));
}

/** A Llama of one layer: V = 3, D = 4, F = 1, N = 2, K = 1, P = 5; its numbers are 1, 2, 3, … */
export function tinyLlama(): HandMade {
  const shapes: [string, ...number[]][] = [
    ["token_embd.weight", 4, 3],
    ["blk.0.attn_norm.weight", 4],
    ["blk.0.attn_q.weight", 4, 4],
    ["blk.0.attn_k.weight", 4, 2],
    ["blk.0.attn_v.weight", 4, 2],
    ["blk.0.attn_output.weight", 4, 4],
    ["blk.0.ffn_norm.weight", 4],
    ["blk.0.ffn_gate.weight", 4, 1],
    ["blk.0.ffn_up.weight", 4, 1],
    ["blk.0.ffn_down.weight", 1, 4],
    ["output_norm.weight", 4],
  ];
  const sizes: [string, number][] = [
    ["context_length", 5],
    ["embedding_length", 4],
    ["block_count", 1],
    ["feed_forward_length", 1],
    ["attention.head_count", 2],
    ["attention.head_count_kv", 1],
  ];
  return {
    magic: "GGUF",
    version: 3,
    values: [
      { key: "general.architecture", type: STRING, bytes: str("llama") },
      ...sizes.map(([key, value]) => ({ key: `llama.${key}`, type: U32, bytes: u32(value) })),
      { key: "llama.attention.layer_norm_rms_epsilon", type: F32, bytes: f32(1e-5) },
    ],
    tensors: numbered(shapes),
    alignment: 32,
  };
}

/** A GPT-2 of one layer: V = 3, D = 2, F = 3, N = 2, P = 5; its numbers are 1, 2, 3, … */
export function tinyGpt2(): HandMade {
  const word = (key: string, type: number, bytes: Buffer) => ({ key: `gpt2.${key}`, type, bytes });
  return {
    ...tinyLlama(),
    values: [
      { key: "general.architecture", type: STRING, bytes: str("gpt2") },
      { key: "general.name", type: STRING, bytes: str("miniature") },
      word("context_length", U64, u64(5n)),
      word("embedding_length", U32, u32(2)),
      word("block_count", U32, u32(1)),
      word("feed_forward_length", U32, u32(3)),
      word("attention.head_count", U32, u32(2)),
      word("attention.layer_norm_epsilon", F32, f32(0.1)),
    ],
    tensors: numbered([
      ["token_embd.weight", 2, 3],
      ["position_embd.weight", 2, 5],
      ["blk.0.attn_norm.weight", 2],
      ["blk.0.attn_norm.bias", 2],
      ["blk.0.attn_qkv.weight", 2, 6],
      ["blk.0.attn_qkv.bias", 6],
      ["blk.0.attn_output.weight", 2, 2],
      ["blk.0.attn_output.bias", 2],
      ["blk.0.ffn_norm.weight", 2],
      ["blk.0.ffn_norm.bias", 2],
      ["blk.0.ffn_up.weight", 2, 3],
      ["blk.0.ffn_up.bias", 3],
      ["blk.0.ffn_down.weight", 3, 2],
      ["blk.0.ffn_down.bias", 2],
      ["output_norm.weight", 2],
      ["output_norm.bias", 2],
      ["output.weight", 2, 3],
    ]),
  };
}

/** F32 tensors with the numbers 1, 2, 3, … */
export function numbered(shapes: readonly [string, ...number[]][]): HandMade["tensors"] {
  let first = 1;
  return shapes.map(([name, ...extents]) => {
    const size = extents.reduce((product, extent) => product * extent, 1);
    const bytes = counting(first, size);
    first += size;
    return { name, extents: extents.map(BigInt), type: 0, bytes };
  });
}

/** The damage of a file, and the expected error. */
export type Refusal = [
  what: string,
  damage: (parts: HandMade) => HandMade | Buffer,
  message: string,
];

export function adding(key: string, type: number, ...bytes: Buffer[]) {
  return (parts: HandMade): HandMade => ({
    ...parts,
    values: [...parts.values, { key, type, bytes: Buffer.concat(bytes) }],
  });
}

export function saying(key: string, type: number, bytes: Buffer) {
  return (parts: HandMade): HandMade => ({
    ...parts,
    values: parts.values.map((value) => (value.key === key ? { key, type, bytes } : value)),
  });
}

export function withTensor(name: string, change: Partial<HandMade["tensors"][0]>) {
  return (parts: HandMade): HandMade => ({
    ...parts,
    tensors: parts.tensors.map((t) => (t.name === name ? { ...t, ...change } : t)),
  });
}

export function addingTensor(name: string, extents: bigint[], bytes: Buffer) {
  return (parts: HandMade): HandMade => ({
    ...parts,
    tensors: [...parts.tensors, { name, extents, type: 0, bytes }],
  });
}

/** Fails unless the damaged file is refused with its path and the message, in little memory. */
export async function expectRefusal(
  path: string,
  [, damage, message]: Refusal,
  read: (path: string) => Promise<unknown>,
): Promise<void> {
  const damaged = damage(tinyLlama());
  await writeFile(path, Buffer.isBuffer(damaged) ? damaged : handMade(damaged));
  const before = memory();
  const error = await read(path).then(
    () => null,
    (refusal: unknown) => refusal,
  );
  expect(String(error)).toContain(message);
  expectClear(error, path);
  expect(memory() - before).toBeLessThan(2 ** 22);
}
