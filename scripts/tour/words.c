// Counts the words of the text files in a folder and prints the most frequent ones: a small, ordinary C program, built with
//   clang --target=wasm32-wasi -O2 -c words.c -o words.o && clang --target=wasm32-wasi -Wl,--strip-debug words.o -o words.wasm
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS 65536
#define WORD_MAX 32

static struct { char word[WORD_MAX]; unsigned count; } table[SLOTS];

static void count(const char *word) {
  unsigned hash = 2166136261u;
  for (const char *p = word; *p; p++) hash = (hash ^ (unsigned char)*p) * 16777619u;
  for (unsigned i = hash % SLOTS;; i = (i + 1) % SLOTS) {
    if (table[i].count == 0) strcpy(table[i].word, word);
    if (strcmp(table[i].word, word) == 0) { table[i].count++; return; }
  }
}

static unsigned long read_file(const char *path) {
  FILE *file = fopen(path, "r");
  if (!file) return 0;
  char word[WORD_MAX];
  size_t length = 0;
  unsigned long words = 0;
  for (int c; (c = getc(file)) != EOF || length > 0;) {
    if (c != EOF && isalpha(c) && length < WORD_MAX - 1) { word[length++] = (char)tolower(c); continue; }
    word[length] = 0;
    if (length > 3) count(word);
    if (length > 0) words++;
    length = 0;
    if (c == EOF) break;
  }
  fclose(file);
  return words;
}

static int by_count(const void *a, const void *b) {
  const unsigned x = table[*(const int *)a].count, y = table[*(const int *)b].count;
  return x != y ? (x < y) - (x > y) : strcmp(table[*(const int *)a].word, table[*(const int *)b].word);
}

int main(int argc, char **argv) {
  const char *folder = argc > 1 ? argv[1] : "text";
  DIR *directory = opendir(folder);
  if (!directory) { fprintf(stderr, "words: can not open %s: %s\n", folder, strerror(errno)); return 1; }
  unsigned long words = 0, files = 0;
  for (struct dirent *entry; (entry = readdir(directory));) {
    size_t length = strlen(entry->d_name);
    if (length < 3 || strcmp(entry->d_name + length - 3, ".md") != 0) continue;
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
    words += read_file(path);
    files++;
  }
  closedir(directory);
  static int order[SLOTS];
  int used = 0;
  for (int i = 0; i < SLOTS; i++) if (table[i].count) order[used++] = i;
  qsort(order, used, sizeof *order, by_count);
  printf("%lu words in %lu files; most frequent:", words, files);
  for (int i = 0; i < used && i < 8; i++) printf(" %s (%u)", table[order[i]].word, table[order[i]].count);
  printf("\n");
  return 0;
}
