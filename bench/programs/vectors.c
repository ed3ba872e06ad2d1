// 128-bit SIMD: a filter over four floats at a time whose results are sometimes not numbers, and bytes shuffled and summed.
#include <wasm_simd128.h>
#include "report.h"

#define LENGTH 256

static float samples[LENGTH + 8], filtered[LENGTH];
static uint8_t bytes[LENGTH];

static void filter(void) {
  v128_t low = wasm_f32x4_splat(0.25f), high = wasm_f32x4_splat(0.75f), limit = wasm_f32x4_splat(1e30f);
  for (int i = 0; i < LENGTH; i += 4) {
    v128_t a = wasm_v128_load(samples + i), b = wasm_v128_load(samples + i + 1);
    v128_t sum = wasm_f32x4_add(wasm_f32x4_mul(a, low), wasm_f32x4_mul(b, high));
    v128_t quotient = wasm_f32x4_div(wasm_f32x4_sub(a, b), wasm_f32x4_sqrt(sum));  // a negative sum: not a number
    wasm_v128_store(filtered + i, wasm_f32x4_pmin(wasm_f32x4_add(sum, quotient), limit));
  }
}

static uint32_t fold(uint32_t hash) {
  v128_t total = wasm_i32x4_splat((int32_t)hash);
  for (int i = 0; i < LENGTH; i += 16) {
    v128_t part = wasm_v128_load(bytes + i);
    part = wasm_i8x16_shuffle(part, wasm_i8x16_neg(part), 0, 17, 2, 19, 4, 21, 6, 23, 24, 9, 26, 11, 28, 13, 30, 15);
    total = wasm_i32x4_add(total, wasm_u32x4_extadd_pairwise_u16x8(wasm_u16x8_extadd_pairwise_u8x16(part)));
    total = wasm_v128_xor(total, wasm_i32x4_shl(total, 5));
  }
  return (uint32_t)wasm_i32x4_extract_lane(total, 0) ^ (uint32_t)wasm_i32x4_extract_lane(total, 1) ^
         (uint32_t)wasm_i32x4_extract_lane(total, 2) ^ (uint32_t)wasm_i32x4_extract_lane(total, 3);
}

int main(int argc, char **argv) {
  uint32_t size = program_size(argc, argv, 300000);
  uint32_t seed = 11, checksum = MIX_START;
  for (int i = 0; i < LENGTH + 8; i++) samples[i] = (float)(int32_t)(next_random(&seed) % 2001) / 1000.0f - 0.2f;
  for (uint32_t round = 0; round < size; round++) {
    filter();
    for (int i = 0; i < LENGTH; i += 32) memcpy(&bytes[i], &filtered[i / 2], 32);
    checksum = fold(checksum);
    samples[round % LENGTH] = (float)(checksum % 3001) / 1000.0f - 1.0f;
  }
  report("vectors", size, checksum);
  return 0;
}
