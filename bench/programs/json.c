// A recursive-descent JSON parser into a tree of nodes, and a printer back to text; the text is generated.
#include "report.h"

typedef enum { NOTHING, BOOLEAN, NUMBER, STRING, ARRAY, OBJECT } Kind;

typedef struct Value {
  Kind kind;
  double number;
  char *text;
  size_t length;
  struct Value *name, *first, *next;
} Value;

typedef struct {
  char *bytes;
  size_t length, capacity;
} Buffer;

static const char *at;

static void put(Buffer *buffer, char byte) {
  if (buffer->length == buffer->capacity) {
    buffer->capacity = buffer->capacity ? buffer->capacity * 2 : 256;
    buffer->bytes = realloc(buffer->bytes, buffer->capacity);
    if (!buffer->bytes) exit(1);
  }
  buffer->bytes[buffer->length++] = byte;
}

static void put_text(Buffer *buffer, const char *text) {
  while (*text) put(buffer, *text++);
}

static void put_number(Buffer *buffer, int32_t number) {
  char digits[12];
  int count = 0;
  uint32_t rest = number < 0 ? -(uint32_t)number : (uint32_t)number;
  if (number < 0) put(buffer, '-');
  do digits[count++] = (char)('0' + rest % 10);
  while (rest /= 10);
  while (count) put(buffer, digits[--count]);
}

static void generate(Buffer *buffer, uint32_t *seed, int depth) {
  uint32_t choice = next_random(seed) % (depth > 5 ? 4 : 7);
  uint32_t count = next_random(seed) % 6;
  if (choice == 0) put_text(buffer, next_random(seed) % 2 ? "true" : "null");
  else if (choice == 1) put_number(buffer, (int32_t)(next_random(seed) % 200000) - 100000), put_text(buffer, ".5e1");
  else if (choice < 4) {
    put(buffer, '"');
    for (uint32_t i = 0; i < 4 + count * 5; i++) put(buffer, (char)('a' + next_random(seed) % 26));
    put_text(buffer, count % 2 ? "\\n\\\"\"" : "\"");
  } else {
    int object = choice == 4;
    put(buffer, object ? '{' : '[');
    for (uint32_t i = 0; i < count; i++) {
      if (i) put_text(buffer, ", ");
      if (object) put_text(buffer, "\"key"), put_number(buffer, (int32_t)i), put_text(buffer, "\": ");
      generate(buffer, seed, depth + 1);
    }
    put(buffer, object ? '}' : ']');
  }
}

static void skip_space(void) {
  while (*at == ' ' || *at == '\n' || *at == '\t' || *at == '\r') at++;
}

static Value *make(Kind kind) {
  Value *value = calloc(1, sizeof(Value));
  if (!value) exit(1);
  value->kind = kind;
  return value;
}

static Value *parse_string(void) {
  Value *value = make(STRING);
  Buffer buffer = {0};
  for (at++; *at != '"'; at++) {
    if (!*at) exit(2);
    if (*at != '\\') put(&buffer, *at);
    else if (*++at == 'n') put(&buffer, '\n');
    else put(&buffer, *at);
  }
  at++;
  value->length = buffer.length;
  put(&buffer, 0);
  value->text = buffer.bytes;
  return value;
}

static Value *parse(void);

static Value *parse_container(Kind kind, char close) {
  Value *value = make(kind), **last = &value->first;
  at++;
  for (skip_space(); *at != close; skip_space()) {
    Value *name = 0;
    if (kind == OBJECT) {
      if (*at != '"') exit(2);
      name = parse_string();
      skip_space();
      if (*at++ != ':') exit(2);
    }
    *last = parse();
    (*last)->name = name;
    last = &(*last)->next;
    value->length++;
    skip_space();
    if (*at == ',') at++;
    else if (*at != close) exit(2);
  }
  at++;
  return value;
}

static Value *parse(void) {
  skip_space();
  if (*at == '{') return parse_container(OBJECT, '}');
  if (*at == '[') return parse_container(ARRAY, ']');
  if (*at == '"') return parse_string();
  if (!strncmp(at, "null", 4)) return at += 4, make(NOTHING);
  if (!strncmp(at, "true", 4)) return at += 4, make(BOOLEAN);
  char *end;
  Value *value = make(NUMBER);
  value->number = strtod(at, &end);
  if (end == at) exit(2);
  at = end;
  return value;
}

static uint32_t digest(const Value *value, uint32_t hash) {
  hash = mix(hash, value->kind);
  if (value->kind == NUMBER) return mix_double(hash, value->number);
  for (size_t i = 0; value->text && i < value->length; i++) hash = (hash ^ (uint8_t)value->text[i]) * 16777619u;
  for (const Value *child = value->first; child; child = child->next) {
    if (child->name) hash = digest(child->name, hash);
    hash = digest(child, hash);
  }
  return hash;
}

static void destroy(Value *value) {
  while (value) {
    Value *next = value->next;
    destroy(value->first);
    destroy(value->name);
    free(value->text);
    free(value);
    value = next;
  }
}

int main(int argc, char **argv) {
  uint32_t size = program_size(argc, argv, 25000);
  uint32_t seed = 99, checksum = MIX_START;
  Buffer text = {0};
  for (uint32_t i = 0; i < size; i++) {
    text.length = 0;
    generate(&text, &seed, 0);
    put(&text, 0);
    at = text.bytes;
    Value *value = parse();
    checksum = digest(value, checksum);
    destroy(value);
  }
  report("json", size, checksum);
  free(text.bytes);
  return 0;
}
