// How long points of the plane take to escape: a tight loop of floating point.
#include "report.h"

int main(int argc, char **argv) {
  uint32_t size = program_size(argc, argv, 400);
  uint32_t checksum = MIX_START;
  for (uint32_t row = 0; row < size; row++) {
    uint32_t inside = 0;
    for (uint32_t column = 0; column < size; column++) {
      double cx = 3.0 * column / size - 2.1, cy = 2.4 * row / size - 1.2;
      double x = 0, y = 0;
      uint32_t steps = 0;
      while (steps < 256 && x * x + y * y <= 4.0) {
        double next = x * x - y * y + cx;
        y = 2 * x * y + cy;
        x = next;
        steps++;
      }
      inside = inside * 31 + steps;
    }
    checksum = mix(checksum, inside);
  }
  report("mandelbrot", size, checksum);
  return 0;
}
