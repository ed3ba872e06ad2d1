// Doubly recursive Fibonacci: nothing but calls.
#include "report.h"

__attribute__((noinline)) static uint32_t fib(uint32_t n) {
  return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

int main(int argc, char **argv) {
  uint32_t size = program_size(argc, argv, 35);
  report("fib", size, fib(size));
  return 0;
}
