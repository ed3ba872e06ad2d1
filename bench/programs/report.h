// What every program of this folder shares: its size from the command line, and one line of output
// ("name size checksum") written without stdio, so that the module holds the program and little else.
#ifndef REPORT_H
#define REPORT_H
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static inline uint32_t program_size(int argc, char **argv, uint32_t otherwise) {
  return argc > 1 ? (uint32_t)strtoul(argv[1], 0, 10) : otherwise;
}

// FNV-1a over 32-bit words: order matters, zero words matter.
static inline uint32_t mix(uint32_t hash, uint32_t word) {
  for (int i = 0; i < 4; i++) {
    hash = (hash ^ (word & 255)) * 16777619u;
    word >>= 8;
  }
  return hash;
}
#define MIX_START 2166136261u

static inline uint32_t mix_double(uint32_t hash, double value) {
  uint64_t bits;
  memcpy(&bits, &value, 8);
  return mix(mix(hash, (uint32_t)bits), (uint32_t)(bits >> 32));
}

// xorshift32: the programs' only source of "random" input.
static inline uint32_t next_random(uint32_t *state) {
  uint32_t x = *state;
  x ^= x << 13;
  x ^= x >> 17;
  x ^= x << 5;
  return *state = x;
}

static void report(const char *name, uint32_t size, uint32_t checksum) {
  static const char digits[] = "0123456789abcdef";
  char line[80];
  char number[10];
  size_t length = strlen(name);
  int count = 0;
  memcpy(line, name, length);
  line[length++] = ' ';
  do {
    number[count++] = digits[size % 10];
    size /= 10;
  } while (size);
  while (count) line[length++] = number[--count];
  line[length++] = ' ';
  for (int shift = 28; shift >= 0; shift -= 4) line[length++] = digits[(checksum >> shift) & 15];
  line[length++] = '\n';
  if (write(1, line, length) != (ssize_t)length) exit(1);
}
#endif
