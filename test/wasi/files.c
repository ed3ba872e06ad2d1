/* Files and folders through the C library, as ordinary programs use them. Prints what it sees; the numbers must be the same
   on every machine. The preopened folder is "/". */
#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define CHECK(x) \
  do { \
    if (!(x)) { printf("line %d: %s: %s\n", __LINE__, #x, strerror(errno)); exit(1); } \
  } while (0)

static void list(const char *path) {
  DIR *dir = opendir(path);
  CHECK(dir);
  struct dirent *entry;
  printf("%s:", path);
  while ((entry = readdir(dir))) printf(" %s/%d", entry->d_name, entry->d_type);
  printf("\n");
  CHECK(closedir(dir) == 0);
}

static void streams(void) {
  FILE *file = fopen("/notes.txt", "w+");
  CHECK(file);
  for (int i = 0; i < 500; i++) CHECK(fprintf(file, "line %d\n", i) > 0);
  CHECK(fflush(file) == 0);
  printf("ftell %ld\n", ftell(file));
  CHECK(fseek(file, -9, SEEK_END) == 0);
  char line[64];
  CHECK(fgets(line, sizeof line, file));
  printf("last %s", line);
  rewind(file);
  int count = 0, sum = 0, number;
  while (fscanf(file, "line %d\n", &number) == 1) count++, sum += number;
  printf("count %d sum %d\n", count, sum);
  CHECK(fclose(file) == 0);
  file = fopen("/notes.txt", "a");
  CHECK(file && fputs("appended\n", file) >= 0 && fclose(file) == 0);
  struct stat st;
  CHECK(stat("/notes.txt", &st) == 0);
  printf("size %lld regular %d links %d\n", (long long)st.st_size, S_ISREG(st.st_mode), (int)st.st_nlink);
}

static void positions(void) {
  int fd = open("/data", O_RDWR | O_CREAT | O_EXCL, 0644);
  CHECK(fd > 2);
  CHECK(open("/data", O_RDWR | O_CREAT | O_EXCL, 0644) == -1 && errno == EEXIST);
  struct iovec out[3] = {{"abc", 3}, {"", 0}, {"defgh", 5}};
  CHECK(writev(fd, out, 3) == 8);
  CHECK(pwrite(fd, "XY", 2, 20) == 2);
  char a[4] = "", b[8] = "";
  CHECK(lseek(fd, 1, SEEK_SET) == 1);
  struct iovec in[2] = {{a, 3}, {b, 7}};
  CHECK(readv(fd, in, 2) == 10);
  printf("readv %s %.4s at %lld\n", a, b, (long long)lseek(fd, 0, SEEK_CUR));
  CHECK(pread(fd, a, 3, 19) == 3);
  printf("pread %d %c%c\n", a[0], a[1], a[2]);
  CHECK(lseek(fd, -2, SEEK_END) == 20);
  CHECK(lseek(fd, -1, SEEK_SET) == -1 && errno == EINVAL);
  CHECK(ftruncate(fd, 5) == 0);
  CHECK(posix_fallocate(fd, 0, 10) == 0 && posix_fadvise(fd, 0, 0, POSIX_FADV_WILLNEED) == 0);
  struct stat st;
  CHECK(fstat(fd, &st) == 0);
  printf("size %lld\n", (long long)st.st_size);
  CHECK(fcntl(fd, F_SETFL, O_APPEND) == 0);
  CHECK(write(fd, "end", 3) == 3);
  CHECK(fsync(fd) == 0 && fdatasync(fd) == 0);
  CHECK(pread(fd, b, 8, 5) == 8);
  printf("appended %d %.3s\n", b[0], b + 5);
  CHECK(close(fd) == 0);
  CHECK(close(fd) == -1 && errno == EBADF);
}

static void names(void) {
  CHECK(mkdir("/dir", 0755) == 0 && mkdir("/dir/sub", 0755) == 0);
  CHECK(mkdir("/dir", 0755) == -1 && errno == EEXIST);
  CHECK(symlink("sub", "/dir/link") == 0);
  CHECK(link("/data", "/dir/sub/data") == 0);
  char target[16] = "";
  CHECK(readlink("/dir/link", target, sizeof target) == 3);
  struct stat one, two;
  CHECK(lstat("/dir/link", &one) == 0 && S_ISLNK(one.st_mode));
  CHECK(stat("/dir/link/data", &one) == 0 && stat("/data", &two) == 0);
  printf("link to %s, same file %d, links %d\n", target, one.st_ino == two.st_ino, (int)one.st_nlink);
  CHECK(rename("/dir/sub", "/dir/moved") == 0);
  CHECK(stat("/dir/link/data", &one) == -1 && errno == ENOENT);
  list("/");
  list("/dir");
  CHECK(rmdir("/dir/moved") == -1 && errno == ENOTEMPTY);
  CHECK(unlink("/dir/moved") == -1 && errno == EISDIR);
  CHECK(rmdir("/data") == -1 && errno == ENOTDIR);
  CHECK(open("/dir/../../etc/passwd", O_RDONLY) == -1);
  CHECK(open("/data/x", O_RDONLY) == -1 && errno == ENOTDIR);
  CHECK(access("/data", R_OK) == 0 && access("/no", F_OK) == -1);
  struct timespec times[2] = {{1000000000, 0}, {1234567890, 0}};
  CHECK(utimensat(AT_FDCWD, "/data", times, 0) == 0 && stat("/data", &one) == 0);
  printf("times %lld %lld\n", (long long)one.st_atim.tv_sec, (long long)one.st_mtim.tv_sec);
  int dir = open("/dir", O_RDONLY | O_DIRECTORY);
  CHECK(dir > 2);
  int fd = openat(dir, "moved/data", O_RDONLY);
  char byte;
  CHECK(fd > 2 && read(fd, &byte, 1) == 1 && byte == 'a' && close(fd) == 0);
  CHECK(unlinkat(dir, "moved/data", 0) == 0 && unlinkat(dir, "moved", AT_REMOVEDIR) == 0);
  CHECK(unlinkat(dir, "link", 0) == 0 && close(dir) == 0 && rmdir("/dir") == 0);
}

/* What programs do with temporary files, and what "rm -r" does with many. */
static void open_but_gone(void) {
  int fd = open("/temporary", O_RDWR | O_CREAT, 0600);
  CHECK(fd > 2 && write(fd, "still here", 10) == 10 && unlink("/temporary") == 0);
  CHECK(access("/temporary", F_OK) == -1);
  for (int i = 0; i < 300; i++) {
    char name[32];
    snprintf(name, sizeof name, "/many-%03d", i);
    int other = open(name, O_WRONLY | O_CREAT, 0600);
    CHECK(other > 2 && close(other) == 0);
  }
  DIR *dir = opendir("/");
  CHECK(dir);
  struct dirent *entry;
  int removed = 0;
  while ((entry = readdir(dir))) {
    char name[300];
    if (strncmp(entry->d_name, "many-", 5) != 0) continue;
    snprintf(name, sizeof name, "/%s", entry->d_name);
    CHECK(unlink(name) == 0);
    removed++;
  }
  CHECK(closedir(dir) == 0);
  char text[16] = "";
  CHECK(pread(fd, text, 10, 0) == 10 && close(fd) == 0);
  printf("removed %d, %s\n", removed, text);
}

int main(void) {
  streams();
  positions();
  names();
  open_but_gone();
  list("/");
  CHECK(remove("/data") == 0);
  return 0;
}
