// A stack machine running bytecode: one big switch in a loop, as interpreters are. The program it runs adds up the
// lengths of the Collatz sequences of 1, 2, …, size and counts each length modulo 64 in a table.
#include "report.h"

enum { PUSH, LOAD, STORE, ADD, MUL, AND, HALVE, LESS, JUMP, JUMP_UNLESS, ADD_AT, CALL, RETURN, HALT };
enum { NUMBER, LENGTH, N, SUM, LIMIT, VARIABLES };

static int32_t code[256];
static int used;
static int32_t table[64];

static int emit(int32_t operation) {
  code[used] = operation;
  return used++;
}

static int emit_with(int32_t operation, int32_t operand) {
  emit(operation);
  return emit(operand);
}

static void emit_step(void) {  // n = n & 1 ? 3 * n + 1 : n / 2
  emit_with(LOAD, N), emit_with(PUSH, 1), emit(AND);
  int even = emit_with(JUMP_UNLESS, 0);
  emit_with(LOAD, N), emit_with(PUSH, 3), emit(MUL), emit_with(PUSH, 1), emit(ADD), emit_with(STORE, N);
  emit(RETURN);
  code[even] = used;
  emit_with(LOAD, N), emit(HALVE), emit_with(STORE, N);
  emit(RETURN);
}

static void assemble(void) {
  int start = emit_with(JUMP, 0);
  int step = used;
  emit_step();
  code[start] = used;
  emit_with(PUSH, 1), emit_with(STORE, NUMBER);
  int outer = used;
  emit_with(LOAD, NUMBER), emit_with(LOAD, LIMIT), emit(LESS);
  int done = emit_with(JUMP_UNLESS, 0);
  emit_with(PUSH, 0), emit_with(STORE, LENGTH), emit_with(LOAD, NUMBER), emit_with(STORE, N);
  int inner = used;
  emit_with(PUSH, 1), emit_with(LOAD, N), emit(LESS);
  int end = emit_with(JUMP_UNLESS, 0);
  emit_with(CALL, step);
  emit_with(LOAD, LENGTH), emit_with(PUSH, 1), emit(ADD), emit_with(STORE, LENGTH);
  emit_with(JUMP, inner);
  code[end] = used;
  emit_with(LOAD, SUM), emit_with(LOAD, LENGTH), emit(ADD), emit_with(STORE, SUM);
  emit_with(LOAD, LENGTH), emit_with(PUSH, 63), emit(AND), emit(ADD_AT);
  emit_with(LOAD, NUMBER), emit_with(PUSH, 1), emit(ADD), emit_with(STORE, NUMBER);
  emit_with(JUMP, outer);
  code[done] = used;
  emit(HALT);
}

static void run(int32_t *variables) {
  int32_t stack[64], returns[16];
  int32_t *top = stack, *back = returns;
  const int32_t *next = code;
  for (;;) switch (*next++) {
      case PUSH: *top++ = *next++; break;
      case LOAD: *top++ = variables[*next++]; break;
      case STORE: variables[*next++] = *--top; break;
      case ADD: top--, top[-1] = (int32_t)((uint32_t)top[-1] + (uint32_t)top[0]); break;
      case MUL: top--, top[-1] = (int32_t)((uint32_t)top[-1] * (uint32_t)top[0]); break;
      case AND: top--, top[-1] &= top[0]; break;
      case HALVE: top[-1] = (int32_t)((uint32_t)top[-1] / 2); break;
      case LESS: top--, top[-1] = (uint32_t)top[-1] < (uint32_t)top[0]; break;
      case JUMP: next = code + *next; break;
      case JUMP_UNLESS: next = *--top ? next + 1 : code + *next; break;
      case ADD_AT: table[*--top]++; break;
      case CALL: *back++ = (int32_t)(next + 1 - code), next = code + *next; break;
      case RETURN: next = code + *--back; break;
      case HALT: return;
    }
}

int main(int argc, char **argv) {
  uint32_t size = program_size(argc, argv, 15000);
  int32_t variables[VARIABLES] = {0};
  assemble();
  variables[LIMIT] = (int32_t)size + 1;
  run(variables);
  uint32_t checksum = mix(MIX_START, (uint32_t)variables[SUM]);
  for (int i = 0; i < 64; i++) checksum = mix(checksum, (uint32_t)table[i]);
  report("interpreter", size, checksum);
  return 0;
}
