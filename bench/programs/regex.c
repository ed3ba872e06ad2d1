// A backtracking regular-expression matcher (literals, ., classes, *, +, ?, alternation, groups) over generated text.
#include "report.h"

typedef enum { CHAR, ANY, CLASS, SPLIT, GOTO, MATCH } Operation;

typedef struct {
  Operation operation;
  int first, second;  // targets of SPLIT and GOTO; the character of CHAR
  uint8_t set[32];
} Step;

#define STEPS_MAX 128
static Step steps[STEPS_MAX];
static int count;
static const char *pattern;

static int add(Operation operation, int first, int second) {
  if (count == STEPS_MAX) exit(2);
  memset(&steps[count], 0, sizeof(Step));
  steps[count].operation = operation;
  steps[count].first = first;
  steps[count].second = second;
  return count++;
}

// Moves the steps from `from` one place up, to put a SPLIT before them.
static void insert_split(int from, int second) {
  add(GOTO, 0, 0);
  for (int i = count - 1; i > from; i--) {
    steps[i] = steps[i - 1];
    if (steps[i].operation == SPLIT || steps[i].operation == GOTO) {
      if (steps[i].first >= from) steps[i].first++;
      if (steps[i].second >= from) steps[i].second++;
    }
  }
  memset(&steps[from], 0, sizeof(Step));
  steps[from].operation = SPLIT;
  steps[from].first = from + 1;
  steps[from].second = second;
}

static void compile_alternatives(void);

static void compile_class(void) {
  int step = add(CLASS, 0, 0);
  int negated = *++pattern == '^';
  if (negated) pattern++;
  for (; *pattern != ']'; pattern++) {
    uint8_t low = (uint8_t)*pattern, high = low;
    if (pattern[1] == '-') high = (uint8_t)pattern[2], pattern += 2;
    for (int c = low; c <= high; c++) steps[step].set[c / 8] |= (uint8_t)(1 << c % 8);
  }
  if (negated)
    for (int i = 0; i < 32; i++) steps[step].set[i] = (uint8_t)~steps[step].set[i];
  pattern++;
}

static void compile_atom(void) {
  if (*pattern == '(') {
    pattern++;
    compile_alternatives();
    pattern++;
  } else if (*pattern == '[') compile_class();
  else if (*pattern == '.') add(ANY, 0, 0), pattern++;
  else add(CHAR, *pattern, 0), pattern++;
}

static void compile_sequence(void) {
  while (*pattern && *pattern != '|' && *pattern != ')') {
    int start = count;
    compile_atom();
    if (*pattern == '*') {
      insert_split(start, count + 2);
      add(GOTO, start, 0);
      pattern++;
    } else if (*pattern == '+') {
      add(SPLIT, start, count + 1);
      pattern++;
    } else if (*pattern == '?') {
      insert_split(start, count + 1);
      pattern++;
    }
  }
}

static void compile_alternatives(void) {
  int start = count;
  compile_sequence();
  if (*pattern != '|') return;
  insert_split(start, count + 2);
  int jump = add(GOTO, 0, 0);
  pattern++;
  compile_alternatives();
  steps[jump].first = count;
}

static uint32_t tried;

static const char *match(int step, const char *text) {
  for (;;) {
    const Step *s = &steps[step];
    tried++;
    switch (s->operation) {
      case CHAR:
        if (*text != (char)s->first) return 0;
        text++, step++;
        break;
      case ANY:
        if (!*text) return 0;
        text++, step++;
        break;
      case CLASS:
        if (!*text || !(s->set[(uint8_t)*text / 8] >> (uint8_t)*text % 8 & 1)) return 0;
        text++, step++;
        break;
      case SPLIT: {
        const char *end = match(s->first, text);
        if (end) return end;
        step = s->second;
        break;
      }
      case GOTO: step = s->first; break;
      case MATCH: return text;
    }
  }
}

int main(int argc, char **argv) {
  static const char *const patterns[] = {
      "[a-c]+x", "(ab|ba)*c", "h.*o", "[^aeiou ]+[aeiou]?[^aeiou ]+", "(a|b|c|d|e)+f", "the (quick|slow) ?fox", "q[a-z]*u[a-z]*k"};
  uint32_t size = program_size(argc, argv, 200000);
  char *text = malloc(size + 1);
  if (!text) return 1;
  uint32_t seed = 5, checksum = MIX_START;
  for (uint32_t i = 0; i < size; i++) text[i] = "abcdefghij xo thequickfo"[next_random(&seed) % 24];
  text[size] = 0;
  for (uint32_t i = 100; i < size; i += 100) text[i] = 0;  // lines of a hundred characters
  for (size_t p = 0; p < sizeof patterns / sizeof *patterns; p++) {
    uint32_t found = 0;
    count = 0;
    pattern = patterns[p];
    compile_alternatives();
    add(MATCH, 0, 0);
    for (const char *start = text; start < text + size; start++) {
      const char *end = match(0, start);
      if (end) found = found * 31 + (uint32_t)(end - start);
    }
    checksum = mix(checksum, found);
  }
  report("regex", size, mix(checksum, tried));
  free(text);
  return 0;
}
