// The C library's qsort with a comparison callback: indirect calls. Three orders one after the other.
#include "report.h"

typedef struct {
  uint32_t key, value;
} Entry;

static int by_key(const void *a, const void *b) {
  uint32_t x = ((const Entry *)a)->key, y = ((const Entry *)b)->key;
  return x < y ? -1 : x > y;
}

static int by_value_backwards(const void *a, const void *b) {
  uint32_t x = ((const Entry *)a)->value, y = ((const Entry *)b)->value;
  return x < y ? 1 : x > y ? -1 : by_key(a, b);
}

static int by_low_bits(const void *a, const void *b) {
  const Entry *x = a, *y = b;
  int difference = (int)(x->key % 1000) - (int)(y->key % 1000);
  return difference ? difference : by_key(a, b);
}

int main(int argc, char **argv) {
  static int (*const orders[])(const void *, const void *) = {by_key, by_value_backwards, by_low_bits};
  uint32_t size = program_size(argc, argv, 60000);
  Entry *entries = malloc(size * sizeof(Entry));
  if (!entries) return 1;
  uint32_t seed = 7;
  for (uint32_t i = 0; i < size; i++) {
    entries[i].key = next_random(&seed);
    entries[i].value = next_random(&seed) % 5000;
  }
  uint32_t checksum = MIX_START;
  for (int order = 0; order < 3; order++) {
    qsort(entries, size, sizeof(Entry), orders[order]);
    for (uint32_t i = 0; i < size; i += 1 + size / 64) checksum = mix(checksum, entries[i].key);
  }
  report("sort", size, checksum);
  return 0;
}
