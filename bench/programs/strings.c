// Words counted in a hash table with chaining, formatted with snprintf and sorted: the C library's string functions.
#include <stdio.h>
#include "report.h"

typedef struct Entry {
  struct Entry *next;
  uint32_t hash, count;
  char word[];
} Entry;

static Entry **buckets;
static uint32_t bucket_count, entry_count;

static void grow(void) {
  uint32_t wider = bucket_count ? bucket_count * 2 : 64;
  Entry **moved = calloc(wider, sizeof(Entry *));
  if (!moved) exit(1);
  for (uint32_t i = 0; i < bucket_count; i++)
    for (Entry *entry = buckets[i], *next; entry; entry = next) {
      next = entry->next;
      entry->next = moved[entry->hash & (wider - 1)];
      moved[entry->hash & (wider - 1)] = entry;
    }
  free(buckets);
  buckets = moved;
  bucket_count = wider;
}

static void add(const char *word) {
  uint32_t hash = MIX_START;
  for (const char *c = word; *c; c++) hash = (hash ^ (uint8_t)*c) * 16777619u;
  if (entry_count >= bucket_count) grow();
  for (Entry *entry = buckets[hash & (bucket_count - 1)]; entry; entry = entry->next)
    if (entry->hash == hash && !strcmp(entry->word, word)) {
      entry->count++;
      return;
    }
  Entry *entry = malloc(sizeof(Entry) + strlen(word) + 1);
  if (!entry) exit(1);
  strcpy(entry->word, word);
  entry->hash = hash;
  entry->count = 1;
  entry->next = buckets[hash & (bucket_count - 1)];
  buckets[hash & (bucket_count - 1)] = entry;
  entry_count++;
}

static int by_count(const void *a, const void *b) {
  const Entry *x = *(Entry *const *)a, *y = *(Entry *const *)b;
  return x->count != y->count ? (x->count < y->count ? 1 : -1) : strcmp(x->word, y->word);
}

int main(int argc, char **argv) {
  uint32_t size = program_size(argc, argv, 120000);
  uint32_t seed = 3, checksum = MIX_START;
  char word[48];
  for (uint32_t i = 0; i < size; i++) {
    uint32_t a = next_random(&seed) % 97, b = next_random(&seed) % (1 + a);
    if (a % 3) snprintf(word, sizeof word, "%s-%u", a % 2 ? "odd" : "even", b);
    else snprintf(word, sizeof word, "%x/%05d", a * b, (int)b - 20);
    add(word);
  }
  Entry **sorted = malloc(entry_count * sizeof(Entry *));
  if (!sorted) return 1;
  uint32_t place = 0;
  for (uint32_t i = 0; i < bucket_count; i++)
    for (Entry *entry = buckets[i]; entry; entry = entry->next) sorted[place++] = entry;
  qsort(sorted, entry_count, sizeof(Entry *), by_count);
  for (uint32_t i = 0; i < entry_count; i++) checksum = mix(mix(checksum, sorted[i]->hash), sorted[i]->count);
  report("strings", size, checksum);
  return 0;
}
