// Copies its input to its output as it comes. Built with
//   clang --target=wasm32-wasi -O2 -c cat.c -o cat.o && clang --target=wasm32-wasi -Wl,--strip-all cat.o -o cat.wasm
#include <unistd.h>

int main(void) {
  char buffer[4096];
  for (ssize_t length; (length = read(0, buffer, sizeof buffer)) > 0;) {
    if (write(1, buffer, length) != length) return 1;
  }
  return 0;
}
