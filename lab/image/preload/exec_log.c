/*
 * Preloaded into every dynamically linked program of a node (/etc/ld.so.preload), so that
 * tests learn which commands ran without believing the code under test. It appends one
 * JSON line per program start to LOG, and lets the lab stop at the K-th storage command.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LOG "/run/cairn-lab/exec.log"
#define LOG_OLD "/run/cairn-lab/exec.log.1"
#define LOG_LIMIT (16 << 20)
#define HOLD "/run/cairn-lab/hold/"
#define NAMES "/usr/lib/cairn-lab/storage-commands"
#define LINE_LIMIT 8192

struct line {
	char text[LINE_LIMIT];
	size_t used;
};

/* Adds one JSON string; the line always keeps room for its end. */
static int add_string(struct line *line, const char *word)
{
	size_t start = line->used;
	char *out = line->text;

	out[line->used++] = '"';
	for (; *word; word++) {
		unsigned char c = (unsigned char)*word;

		if (line->used > LINE_LIMIT - 64) {
			line->used = start;
			return 0;
		}
		if (c == '"' || c == '\\') {
			out[line->used++] = '\\';
			out[line->used++] = (char)c;
		} else if (c < 0x20) {
			line->used += (size_t)sprintf(out + line->used, "\\u%04x", c);
		} else {
			out[line->used++] = (char)c;
		}
	}
	out[line->used++] = '"';
	return 1;
}

static void describe(struct line *line, int argc, char **argv)
{
	struct timespec now;
	int i, whole = 1;

	clock_gettime(CLOCK_REALTIME, &now);
	line->used = (size_t)sprintf(line->text, "{\"time\":%lld.%06ld,\"pid\":%d,\"ppid\":%d,\"argv\":[",
				     (long long)now.tv_sec, now.tv_nsec / 1000, getpid(), getppid());
	for (i = 0; i < argc && whole; i++) {
		if (i)
			line->text[line->used++] = ',';
		whole = add_string(line, argv[i]);
		if (!whole)
			line->used -= i ? 1 : 0;
	}
	line->used += (size_t)sprintf(line->text + line->used, whole ? "]}\n" : "],\"cut\":true}\n");
}

static void append(const struct line *line)
{
	struct stat now;
	int fd = open(LOG, O_WRONLY | O_APPEND | O_CLOEXEC);

	if (fd < 0)
		return;
	if (fstat(fd, &now) == 0 && now.st_size > LOG_LIMIT && rename(LOG, LOG_OLD) == 0) {
		close(fd);
		fd = open(LOG, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
		if (fd < 0)
			return;
		fchmod(fd, 0666);
	}
	if (write(fd, line->text, line->used) < 0) {
		/* A full /run must not change what the program does. */
	}
	close(fd);
}

static int is_storage_command(const char *command)
{
	const char *slash = strrchr(command, '/');
	const char *name = slash ? slash + 1 : command;
	char pattern[128];
	int found = 0;
	FILE *names = fopen(NAMES, "re");

	while (names && !found && fgets(pattern, sizeof pattern, names)) {
		pattern[strcspn(pattern, "\n")] = 0;
		found = pattern[0] && fnmatch(pattern, name, 0) == 0;
	}
	if (names)
		fclose(names);
	return found;
}

/* udev and systemd run storage commands too, at moments of their own; only those count
   that somebody who logged in, or a pod, started. */
static int is_asked_for(void)
{
	char text[1024];
	ssize_t size;
	int fd = open("/proc/self/cgroup", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return 0;
	size = read(fd, text, sizeof text - 1);
	close(fd);
	text[size > 0 ? size : 0] = 0;
	return strstr(text, "/ssh") || strstr(text, "/kubepods");
}

static int next_count(void)
{
	char text[16] = "";
	int count = 0, fd = open(HOLD "count", O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		return 0;
	flock(fd, LOCK_EX);
	if (pread(fd, text, sizeof text - 1, 0) >= 0) {
		count = atoi(text) + 1;
		if (pwrite(fd, text, (size_t)sprintf(text, "%d\n", count), 0) < 0)
			count = 0;
	}
	close(fd);
	return count;
}

static void hold(const struct line *line, const char *command)
{
	char text[16] = "";
	int fd = open(HOLD "at", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (read(fd, text, sizeof text - 1) < 0)
		text[0] = 0;
	close(fd);
	if (!is_storage_command(command) || !is_asked_for() || next_count() != atoi(text))
		return;
	fd = open(HOLD "held.new", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0)
		return;
	if (write(fd, line->text, line->used) > 0)
		rename(HOLD "held.new", HOLD "held");
	close(fd);
	while (access(HOLD "held", F_OK) == 0)
		usleep(20000);
}

__attribute__((constructor)) static void started(int argc, char **argv)
{
	struct line line;
	int saved = errno;

	if (argc > 0 && argv && argv[0]) {
		describe(&line, argc, argv);
		append(&line);
		hold(&line, argv[0]);
	}
	errno = saved;
}
