// A shell for SQLite on an in-memory database: statements from standard input, rows to standard output. SQLite itself is
// built from the sources that the machine's package system gives (sqlite.ts); this file is what it needs of a system:
// no files, no time, no randomness.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "sqlite3.h"

static int refuse_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out) {
  (void)vfs, (void)name, (void)flags, (void)out;
  file->pMethods = 0;
  return SQLITE_CANTOPEN;
}

static int refuse_delete(sqlite3_vfs *vfs, const char *name, int sync) {
  (void)vfs, (void)name, (void)sync;
  return SQLITE_IOERR_DELETE;
}

static int nothing_exists(sqlite3_vfs *vfs, const char *name, int flags, int *out) {
  (void)vfs, (void)name, (void)flags;
  *out = 0;
  return SQLITE_OK;
}

static int same_path(sqlite3_vfs *vfs, const char *name, int size, char *out) {
  (void)vfs;
  snprintf(out, (size_t)size, "%s", name);
  return SQLITE_OK;
}

static int constant_randomness(sqlite3_vfs *vfs, int size, char *out) {
  (void)vfs;
  memset(out, 0x43, (size_t)size);
  return size;
}

static int no_sleep(sqlite3_vfs *vfs, int microseconds) {
  (void)vfs;
  return microseconds;
}

static int standing_time(sqlite3_vfs *vfs, double *now) {
  (void)vfs;
  *now = 2451544.5;  // 2000-01-01
  return SQLITE_OK;
}

static sqlite3_vfs vfs = {
    .iVersion = 1,
    .szOsFile = sizeof(sqlite3_file),
    .mxPathname = 256,
    .zName = "none",
    .xOpen = refuse_open,
    .xDelete = refuse_delete,
    .xAccess = nothing_exists,
    .xFullPathname = same_path,
    .xRandomness = constant_randomness,
    .xSleep = no_sleep,
    .xCurrentTime = standing_time,
};

int sqlite3_os_init(void) {
  return sqlite3_vfs_register(&vfs, 1);
}

int sqlite3_os_end(void) {
  return SQLITE_OK;
}

static int print_row(void *unused, int columns, char **values, char **names) {
  (void)unused, (void)names;
  for (int i = 0; i < columns; i++) printf(i ? "|%s" : "%s", values[i] ? values[i] : "");
  putchar('\n');
  return 0;
}

int main(void) {
  static char sql[1 << 16];
  size_t length = fread(sql, 1, sizeof sql - 1, stdin);
  sql[length] = 0;
  sqlite3 *database;
  char *error = 0;
  if (sqlite3_open(":memory:", &database) != SQLITE_OK) return 2;
  if (sqlite3_exec(database, sql, print_row, 0, &error) != SQLITE_OK) {
    fprintf(stderr, "%s\n", error);
    return 1;
  }
  sqlite3_close(database);
  return 0;
}
