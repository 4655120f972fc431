/* Two processes of two threads: each keeps values of its own in a vector register across two system calls. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define TIMES 10000

static int *lost;

static void *keep(void *own)
{
	for (int time = 0; time < TIMES; time++) {
		char in[32], out[32];

		memset(in, time * 7 + *(char *)own, sizeof(in));
		/* getpid and sched_yield */
		asm volatile("vmovdqu %1, %%ymm5\n mov $39, %%eax\n syscall\n mov $24, %%eax\n syscall\n vmovdqu %%ymm5, %0"
			     : "=m"(out) : "m"(in) : "rax", "rcx", "r11", "xmm5", "memory");
		if (memcmp(in, out, sizeof(in)))
			__atomic_add_fetch(lost, 1, __ATOMIC_SEQ_CST);
	}
	return NULL;
}

int main(void)
{
	pthread_t other;
	char marks[] = { 31, 62, 93, 124 };

	lost = mmap(NULL, sizeof(*lost), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int child = fork() == 0;
	if (lost == MAP_FAILED || pthread_create(&other, NULL, keep, marks + 2 * child))
		return 1;
	keep(marks + 2 * child + 1);
	pthread_join(other, NULL);
	if (child)
		return 0;
	wait(NULL);
	printf("lost %d of %d\n", *lost, 4 * TIMES);
	return 0;
}
