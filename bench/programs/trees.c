// Binary trees made with malloc, counted and freed again: allocation and recursion.
#include "report.h"

typedef struct Node {
  struct Node *left, *right;
} Node;

static Node *make(uint32_t depth) {
  Node *node = malloc(sizeof(Node));
  if (!node) exit(1);
  node->left = depth ? make(depth - 1) : 0;
  node->right = depth ? make(depth - 1) : 0;
  return node;
}

static uint32_t count(const Node *node) {
  return node ? 1 + count(node->left) + count(node->right) : 0;
}

static void destroy(Node *node) {
  if (!node) return;
  destroy(node->left);
  destroy(node->right);
  free(node);
}

int main(int argc, char **argv) {
  uint32_t size = program_size(argc, argv, 14);
  uint32_t checksum = MIX_START;
  Node *kept = make(size);
  for (uint32_t depth = 4; depth <= size; depth += 2) {
    uint32_t rounds = 1u << (size - depth + 4);
    uint32_t nodes = 0;
    for (uint32_t i = 0; i < rounds; i++) {
      Node *tree = make(depth);
      nodes += count(tree);
      destroy(tree);
    }
    checksum = mix(checksum, nodes);
  }
  report("trees", size, mix(checksum, count(kept)));
  destroy(kept);
  return 0;
}
