/* Every function of WASI preview 1, called as it is, without a C library in between that would choose the arguments. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <wasi/api.h>

#define SHOW(call) printf("%s = %d\n", #call, (int)(call))

/* The header of the C library has no proc_raise any more. */
int32_t proc_raise(int32_t) __attribute__((__import_module__("wasi_snapshot_preview1"), __import_name__("proc_raise")));

static const __wasi_fd_t root = 3;
static char buffer[4096];

static void process(void) {
  __wasi_size_t count, size;
  char *strings[16];
  SHOW(__wasi_args_sizes_get(&count, &size));
  SHOW(__wasi_args_get((uint8_t **)strings, (uint8_t *)buffer));
  printf("%lu %lu %s\n", count, size, strings[count - 1]);
  SHOW(__wasi_environ_sizes_get(&count, &size));
  SHOW(__wasi_environ_get((uint8_t **)strings, (uint8_t *)buffer));
  __wasi_timestamp_t time, resolution;
  for (__wasi_clockid_t clock = 0; clock < 5; clock++) {
    SHOW(__wasi_clock_res_get(clock, &resolution));
    SHOW(__wasi_clock_time_get(clock, 1, &time));
  }
  SHOW(__wasi_random_get((uint8_t *)buffer, 0));
  SHOW(__wasi_random_get((uint8_t *)buffer, 100));
  SHOW(__wasi_random_get((uint8_t *)0xfffffff0, 100));
  SHOW(__wasi_sched_yield());
  SHOW(proc_raise(17));
  SHOW(proc_raise(99));
}

static void descriptors(void) {
  __wasi_prestat_t prestat;
  SHOW(__wasi_fd_prestat_get(root, &prestat));
  SHOW(__wasi_fd_prestat_get(0, &prestat));
  SHOW(__wasi_fd_prestat_dir_name(root, (uint8_t *)buffer, prestat.u.dir.pr_name_len));
  printf("%.*s\n", (int)prestat.u.dir.pr_name_len, buffer);
  __wasi_fdstat_t stat;
  for (__wasi_fd_t fd = 0; fd < 5; fd++) {
    SHOW(__wasi_fd_fdstat_get(fd, &stat));
    if (fd < 4) printf("%d %d %llx\n", stat.fs_filetype, stat.fs_flags, (unsigned long long)stat.fs_rights_base);
  }
}

static void contents(void) {
  __wasi_fd_t fd, other;
  __wasi_rights_t all = ~(__wasi_rights_t)0;
  SHOW(__wasi_path_open(root, 0, "raw", __WASI_OFLAGS_CREAT, all & ~(1ull << 20), 0, 0, &fd));
  __wasi_ciovec_t out[2] = {{(uint8_t *)"hello ", 6}, {(uint8_t *)"world", 5}};
  __wasi_size_t size;
  __wasi_filesize_t position;
  SHOW(__wasi_fd_write(fd, out, 2, &size));
  SHOW(__wasi_fd_pwrite(fd, out, 1, 20, &size));
  SHOW(__wasi_fd_tell(fd, &position));
  SHOW(__wasi_fd_seek(fd, -5, __WASI_WHENCE_CUR, &position));
  __wasi_iovec_t in[2] = {{(uint8_t *)buffer, 2}, {(uint8_t *)buffer + 2, 3}};
  SHOW(__wasi_fd_read(fd, in, 2, &size));
  printf("%lu %.5s %llu\n", size, buffer, (unsigned long long)position);
  SHOW(__wasi_fd_pread(fd, in, 2, 0, &size));
  SHOW(__wasi_fd_advise(fd, 0, 0, __WASI_ADVICE_DONTNEED));
  SHOW(__wasi_fd_allocate(fd, 0, 100));
  __wasi_filestat_t stat;
  SHOW(__wasi_fd_filestat_get(fd, &stat));
  printf("%d %llu\n", stat.filetype, (unsigned long long)stat.size);
  SHOW(__wasi_fd_filestat_set_size(fd, 8));
  SHOW(__wasi_fd_filestat_set_times(fd, 1000000000, 2000000000, __WASI_FSTFLAGS_ATIM | __WASI_FSTFLAGS_MTIM));
  SHOW(__wasi_fd_fdstat_set_flags(fd, __WASI_FDFLAGS_APPEND));
  SHOW(__wasi_fd_write(fd, out, 1, &size));
  SHOW(__wasi_fd_datasync(fd));
  SHOW(__wasi_fd_sync(fd));
  SHOW(__wasi_fd_fdstat_set_rights(fd, __WASI_RIGHTS_FD_READ, 0));
  SHOW(__wasi_fd_write(fd, out, 1, &size));
  SHOW(__wasi_path_open(root, 0, "raw", 0, __WASI_RIGHTS_FD_READ, 0, 0, &other));
  SHOW(__wasi_fd_renumber(other, fd));
  SHOW(__wasi_fd_close(other));
  SHOW(__wasi_fd_close(fd));
}

static void paths(void) {
  __wasi_filestat_t stat;
  __wasi_size_t size;
  SHOW(__wasi_path_create_directory(root, "folder"));
  SHOW(__wasi_path_symlink("../raw", root, "folder/link"));
  SHOW(__wasi_path_link(root, 0, "raw", root, "folder/hard"));
  SHOW(__wasi_path_readlink(root, "folder/link", (uint8_t *)buffer, sizeof buffer, &size));
  SHOW(__wasi_path_filestat_get(root, __WASI_LOOKUPFLAGS_SYMLINK_FOLLOW, "folder/link", &stat));
  printf("%d %llu\n", stat.filetype, (unsigned long long)stat.size);
  SHOW(__wasi_path_filestat_set_times(root, 0, "raw", 0, 3000000000, __WASI_FSTFLAGS_MTIM));
  SHOW(__wasi_path_rename(root, "folder/hard", root, "folder/harder"));
  SHOW(__wasi_path_filestat_get(root, 0, "folder/harder", &stat));
  printf("%llu %llu\n", (unsigned long long)stat.nlink, (unsigned long long)stat.mtim);
  SHOW(__wasi_fd_readdir(root, (uint8_t *)buffer, sizeof buffer, __WASI_DIRCOOKIE_START, &size));
  printf("%lu\n", size);
  SHOW(__wasi_path_remove_directory(root, "folder"));
  SHOW(__wasi_path_unlink_file(root, "folder/link"));
  SHOW(__wasi_path_unlink_file(root, "folder/harder"));
  SHOW(__wasi_path_remove_directory(root, "folder"));
  SHOW(__wasi_path_unlink_file(root, "raw"));
  SHOW(__wasi_path_unlink_file(root, "raw"));
}

static void waiting(void) {
  __wasi_subscription_t subscriptions[2];
  __wasi_event_t events[2];
  __wasi_size_t count;
  memset(subscriptions, 0, sizeof subscriptions);
  subscriptions[0].userdata = 7;
  subscriptions[0].u.tag = __WASI_EVENTTYPE_CLOCK;
  subscriptions[0].u.u.clock.id = __WASI_CLOCKID_MONOTONIC;
  subscriptions[0].u.u.clock.timeout = 1000;
  subscriptions[1].userdata = 8;
  subscriptions[1].u.tag = __WASI_EVENTTYPE_CLOCK;
  subscriptions[1].u.u.clock.id = __WASI_CLOCKID_MONOTONIC;
  subscriptions[1].u.u.clock.timeout = 1000000000;
  SHOW(__wasi_poll_oneoff(subscriptions, events, 2, &count));
  printf("%lu %llu %d %d\n", count, (unsigned long long)events[0].userdata, events[0].error, events[0].type);
  SHOW(__wasi_poll_oneoff(subscriptions, events, 0, &count));
}

static void sockets(void) {
  __wasi_size_t size;
  __wasi_roflags_t flags;
  __wasi_fd_t fd;
  __wasi_iovec_t in = {(uint8_t *)buffer, 1};
  __wasi_ciovec_t out = {(uint8_t *)buffer, 1};
  SHOW(__wasi_sock_accept(1, 0, &fd));
  SHOW(__wasi_sock_recv(1, &in, 1, 0, &size, &flags));
  SHOW(__wasi_sock_send(1, &out, 1, 0, &size));
  SHOW(__wasi_sock_shutdown(1, __WASI_SDFLAGS_RD));
  SHOW(__wasi_sock_shutdown(77, __WASI_SDFLAGS_RD));
}

int main(void) {
  process();
  descriptors();
  contents();
  paths();
  waiting();
  sockets();
  fflush(stdout);
  __wasi_proc_exit(0);
}
