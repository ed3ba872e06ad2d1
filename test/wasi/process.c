/* What a process is told and what it waits for: arguments, environment, clocks, randomness, input. */
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static int64_t now(clockid_t clock) {
  struct timespec time;
  if (clock_gettime(clock, &time) != 0) exit(2);
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

int main(int argc, char **argv) {
  for (int i = 0; i < argc; i++) printf("argument %s\n", argv[i]);
  for (char **variable = environ; *variable; variable++) printf("variable %s\n", *variable);
  time_t seconds = now(CLOCK_REALTIME) / 1000000000;
  printf("year %d\n", gmtime(&seconds)->tm_year + 1900);
  int64_t before = now(CLOCK_MONOTONIC);
  struct timespec pause = {2, 500000000}, resolution;
  if (nanosleep(&pause, NULL) != 0) return 3;
  int64_t slept = now(CLOCK_MONOTONIC) - before;
  printf("slept %d\n", slept >= 2500000000 && slept < 3500000000);
  if (clock_getres(CLOCK_MONOTONIC, &resolution) != 0) return 4;
  unsigned char random[300];
  uint32_t hash = 2166136261u;
  if (getentropy(random, 256) != 0) return 5;
  for (int i = 0; i < 256; i++) hash = (hash ^ random[i]) * 16777619u;
  printf("random %08x\n", hash);
  if (sched_yield() != 0) return 6;
  struct pollfd input = {STDIN_FILENO, POLLIN, 0};
  char line[256];
  int lines = 0;
  size_t bytes = 0;
  while (poll(&input, 1, -1) == 1 && fgets(line, sizeof line, stdin)) {
    lines++;
    bytes += strlen(line);
  }
  printf("lines %d bytes %zu\n", lines, bytes);
  printf("terminal %d\n", isatty(STDOUT_FILENO));
  fprintf(stderr, "done\n");
  exit(42);
}
