// Sieve of Eratosthenes over a byte array: short inner loops of stores.
#include "report.h"

int main(int argc, char **argv) {
  uint32_t size = program_size(argc, argv, 8000000);
  uint8_t *composite = calloc(size + 1, 1);
  if (!composite) return 1;
  for (uint32_t i = 2; i * i <= size; i++)
    if (!composite[i])
      for (uint32_t j = i * i; j <= size; j += i) composite[j] = 1;
  uint32_t checksum = MIX_START;
  uint32_t count = 0;
  for (uint32_t i = 2; i <= size; i++)
    if (!composite[i]) {
      count++;
      if (count % 1024 == 0) checksum = mix(checksum, i);
    }
  report("sieve", size, mix(checksum, count));
  free(composite);
  return 0;
}
