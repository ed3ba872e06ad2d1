// Product of two square matrices of doubles, in the textbook's three loops.
#include "report.h"

int main(int argc, char **argv) {
  uint32_t n = program_size(argc, argv, 300);
  double *a = malloc(n * n * sizeof(double));
  double *b = malloc(n * n * sizeof(double));
  double *c = malloc(n * n * sizeof(double));
  if (!a || !b || !c) return 1;
  uint32_t seed = 1;
  for (uint32_t i = 0; i < n * n; i++) {
    a[i] = next_random(&seed) % 1000 / 7.0;
    b[i] = next_random(&seed) % 1000 / 11.0;
  }
  for (uint32_t i = 0; i < n; i++)
    for (uint32_t j = 0; j < n; j++) {
      double sum = 0;
      for (uint32_t k = 0; k < n; k++) sum += a[i * n + k] * b[k * n + j];
      c[i * n + j] = sum;
    }
  uint32_t checksum = MIX_START;
  for (uint32_t i = 0; i < n * n; i++) checksum = mix_double(checksum, c[i]);
  report("matmul", n, checksum);
  return 0;
}
