/**
 * Figures that the cost model must reproduce exactly. They are the output of another program, which
 * computed them from the stated formulas.
 */

/** A table as text, one row a line: first the names, then integers with thousands separators. */
function table<Names extends number>(names: Names, text: string) {
  return text
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .map((cells) => ({
      names: cells.slice(0, names),
      figures: cells.slice(names).map((cell) => BigInt(cell.replaceAll(",", ""))),
    }));
}

/** FLOPs of a causal pass over n tokens, logits of the last: Llama 2 7B, Llama 3 8B, Mistral 7B. */
export const passGolden = table(
  0,
  `10   129,811,087,360    140,665,946,112    139,877,416,960
   50   648,531,148,800    699,651,325,952    698,862,796,800
   100  1,298,110,873,600  1,399,562,698,752  1,398,774,169,600
   500  6,541,934,592,000  7,046,039,601,152  7,045,251,072,000
   1000 13,214,679,040,000 14,222,100,529,152 14,221,312,000,000`,
);

/** FLOPs of n tokens after a prompt of 10, causal, last logits: n, cached, naive. */
export const generationGolden = table(
  1,
  `llama-2-7b 10   248,809,259,008    1,881,273,794,560
   llama-3-8b 10   275,820,576,768    2,035,120,865,280
   mistral-7b 10   267,935,285,248    2,027,235,573,760
   llama-2-7b 100  1,441,126,678,528  77,206,886,809,600
   llama-3-8b 100  1,629,702,586,368  83,275,205,836,800
   mistral-7b 100  1,550,849,671,168  83,196,352,921,600
   llama-2-7b 1000 13,597,871,177,728 6,689,340,522,496,000
   llama-3-8b 1000 15,402,092,986,368 7,203,008,544,768,000
   mistral-7b 1000 14,613,563,834,368 7,202,220,015,616,000`,
);

/** FLOPs with square attention and all logits: P, n, naive, cached. */
export const squareGolden = table(
  1,
  `demo       4    10   18,603,520          2,831,872
   demo       4    100  1,334,195,200       24,788,992
   assignment 10   20   73,508,000          5,412,000
   assignment 50   20   242,788,000         13,876,000
   assignment 100  20   490,388,000         26,256,000
   assignment 500  20   3,911,188,000       197,296,000
   assignment 1000 20   11,787,188,000      591,096,000
   tiny       3    7    8,580,096           1,829,376
   tiny       3    10   15,432,960          2,452,224
   tiny       3    100  1,321,305,600       24,351,744
   tiny       3    1000 358,006,656,000     585,490,944
   tiny       3    2000 2,455,021,312,000   1,938,578,944
   llama-2-7b 50   100  132,043,584,307,200 1,975,410,229,248
   llama-2-7b 100  100  198,767,096,627,200 2,642,645,352,448
   llama-3-8b 50   100  149,905,447,321,600 2,242,889,383,936
   mistral-7b 50   100  142,059,582,259,200 2,125,398,540,288`,
);

/** FLOPs with causal attention: P, n, naive and cached, all logits, then the last. */
export const causalGolden = table(
  1,
  `demo       4    10   18,419,200          2,828,800         15,961,600          2,730,496
   demo       4    100  1,240,960,000       24,785,920        1,068,928,000       24,687,616
   assignment 10   20   71,932,000          5,394,000         34,932,000          4,494,000
   assignment 50   20   228,732,000         13,386,000        111,732,000         8,486,000
   assignment 100  20   442,732,000         24,276,000        225,732,000         14,376,000
   assignment 500  20   2,874,732,000       147,396,000       1,857,732,000       97,496,000
   assignment 1000 20   7,714,732,000       391,296,000       5,697,732,000       291,396,000
   tiny       3    7    8,488,704           1,827,072         8,399,104           1,821,952
   tiny       3    10   15,214,080          2,449,920         15,047,680          2,444,800
   tiny       3    100  1,185,484,800       24,349,440        1,172,300,800       24,344,320
   tiny       3    1000 229,237,248,000     585,488,640       227,953,408,000     585,483,520
   tiny       3    2000 1,427,946,496,000   1,938,576,640     1,422,818,816,000   1,938,571,520
   llama-2-7b 50   100  131,764,820,377,600 1,974,767,976,448 129,182,701,977,600 1,961,922,920,448
   llama-2-7b 100  100  198,163,274,137,600 2,640,050,126,848 194,270,435,737,600 2,614,097,870,848
   llama-3-8b 50   100  149,626,683,392,000 2,242,247,131,136 139,277,552,844,800 2,190,764,146,688
   mistral-7b 50  100  141,780,818,329,600 2,124,756,287,488 139,198,699,929,600 2,111,911,231,488`,
);

/**
 * Token-steps: P, n; naive, and naive with the sampled token of every step; cached, and cached with
 * the last sampled token.
 */
export const stepGolden = table(
  0,
  `4    1    4         5         4     5
   4    10   85        95        13    14
   50   100  9,950     10,050    149   150
   100  100  14,950    15,050    199   200
   3    7    42        49        9     10
   3    10   75        85        12    13
   3    100  5,250     5,350     102   103
   3    1000 502,500   503,500   1,002 1,003
   3    2000 2,005,000 2,007,000 2,002 2,003
   10   20   390       410       29    30
   50   20   1,190     1,210     69    70
   100  20   2,190     2,210     119   120
   500  20   10,190    10,210    519   520
   1000 20   20,190    20,210    1,019 1,020`,
);

/** Parameters of one block: attention, feed-forward, norms, total. */
export const blockGolden = table(
  1,
  `demo       12,288     33,024      128   45,440
   llama-2-7b 67,108,864 135,266,304 8,192 202,383,360
   llama-3-8b 41,943,040 176,160,768 8,192 218,112,000
   mistral-7b 41,943,040 176,160,768 8,192 218,112,000
   assignment 10,050     10,150      200   20,400
   tiny       16,640     16,576      256   33,472`,
);

/** Parameters: all blocks, the embedding, the total when tied and when not. */
export const parameterGolden = table(
  1,
  `demo       90,880        16,384      107,328       123,712
   llama-2-7b 6,476,267,520 131,072,000 6,607,343,616 6,738,415,616
   llama-3-8b 6,979,584,000 525,336,576 7,504,924,672 8,030,261,248
   mistral-7b 6,979,584,000 131,072,000 7,110,660,096 7,241,732,096
   assignment 40,800        50,000      98,300        148,300
   tiny       100,416       1,280       103,872       105,152`,
);

/** Bytes of an fp16 KV cache: per token, and of one request of 1,024, 4,096 and 8,192 tokens. */
export const kvGolden = table(
  1,
  `llama-2-7b 524,288 536,870,912 2,147,483,648 4,294,967,296
   llama-3-8b 131,072 134,217,728 536,870,912   1,073,741,824`,
);

/**
 * Requests of 1,024 tokens in fp16 on X devices of 80 GiB, weights and caches split evenly: the
 * source of the parameter count and of the KV cache, GB or GiB, then X = 1, 2, 4, 8.
 */
export const evenSplitGolden = table(
  3,
  `assignment assignment GiB 136  296  616  1256
   assignment assignment GB  125  274  572  1168
   assignment exact      GiB 544  1184 2464 5024
   assignment exact      GB  500  1096 2288 4672
   exact      exact      GiB 520  1160 2440 5000
   exact      exact      GB  476  1072 2264 4648
   tied       exact      GiB 528  1168 2448 5008
   tied       exact      GB  484  1080 2272 4656
   exact      assignment GiB 130  290  610  1250
   exact      assignment GB  119  268  566  1162`,
);

/** Requests of 4,096 tokens: tp, KV bytes of a token on a rank, batch. */
export const batchGolden = table(
  1,
  `llama-2-7b 1 524,288 28
   llama-2-7b 2 262,144 63
   llama-2-7b 4 131,072 133
   llama-2-7b 8 65,536 273
   llama-2-7b 16 32,768 553
   llama-3-8b 1 131,072 110
   llama-3-8b 2 65,536 250
   llama-3-8b 4 32,768 530
   llama-3-8b 8 16,384 1090
   llama-3-8b 16 16,384 1104
   mistral-7b 1 131,072 113
   mistral-7b 2 65,536 253
   mistral-7b 4 32,768 533
   mistral-7b 8 16,384 1093
   mistral-7b 16 16,384 1106`,
);

/** One head, d = 128, fp16: N, prefill FLOPs and bytes, decode FLOPs and bytes. */
export const attentionGolden = table(
  0,
  `128  8,388,608      262,144     65,536    67,072
   256  33,554,432     786,432     131,072   133,632
   512  134,217,728    2,621,440   262,144   266,752
   1024 536,870,912    9,437,184   524,288   532,992
   2048 2,147,483,648  35,651,584  1,048,576 1,065,472
   4096 8,589,934,592  138,412,032 2,097,152 2,130,432
   8192 34,359,738,368 545,259,520 4,194,304 4,260,352`,
);
