/**
 * Public reports of bugs with a threshold that have no row in the catalogue: the link, and the
 * report in one line.
 */
export const reports: ReadonlyMap<string, string> = new Map([
  [
    "https://github.com/waybarrios/vllm-mlx/pull/444",
    "a prefix cache is keyed by the low 8 bits of token ids",
  ],
  [
    "https://github.com/NVIDIA/Fuser/issues/3963",
    "a matrix product is wrong if a size is not a multiple of 16",
  ],
  [
    "https://github.com/tile-ai/tilelang-ascend/issues/1341",
    "the rest of the summed dimension is wrong if there are several tiles; one tile is right",
  ],
  [
    "https://github.com/tenstorrent/tt-llk/issues/697",
    "the first tile of a matrix product is right, later tiles are not",
  ],
  [
    "https://github.com/mirage-project/mirage/issues/752",
    "greedy loses the candidates of the chunk of the vocabulary that holds its end",
  ],
  [
    "https://github.com/marian-nmt/marian/issues/209",
    "top-k search has a fixed limit of vocabulary entries",
  ],
  [
    "https://github.com/sgl-project/sglang/issues/36807",
    "top-k is wrong without an error if more candidates than a buffer holds are near the limit",
  ],
  [
    "https://github.com/nunchux-ai/nunchaku/issues/82",
    "adapters of rank 64 work, those of rank 96 and 128 give wrong output",
  ],
  [
    "https://github.com/alasdairforsythe/tokenmonster/issues/23",
    "the largest token id overflows uint16",
  ],
  [
    "https://github.com/shoarora/transformers-trainers/issues/12",
    "token ids are stored in int16 and overflow",
  ],
  [
    "https://github.com/ollama/ollama/issues/17427",
    "a prompt longer than the buffer loses its beginning without an error",
  ],
  [
    "https://github.com/stanford-crfm/helm/issues/367",
    "text that is too long is cut without an error",
  ],
  [
    "https://github.com/ggml-org/llama.cpp/issues/4047",
    "the number of returned log-probabilities is not the requested one",
  ],
]);
