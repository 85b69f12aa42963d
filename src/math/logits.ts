/** Raw next-token scores, one per vocabulary entry: `[V]`, unnormalised, natural-log units. */
export type Logits = Float64Array | Float32Array;
