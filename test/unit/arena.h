/*
 * arena.h
 *	  palloc for drivers and fuzzers that run a core again and again: every
 *	  block is one of malloc's, so that a sanitizer watches its bounds, and all
 *	  are given back together, as a memory context would.
 *
 * It takes the place of libpgcommon's fe_memutils.o, which is linked only
 * where something of it is missing: hence all its functions.  To be included
 * by one source of a program.
 */
#ifndef MIGHEAD_TEST_ARENA_H
#define MIGHEAD_TEST_ARENA_H

#include "postgres_fe.h"

/* A header's size keeps what follows aligned. */
typedef union ArenaBlock
{
	struct
	{
		union ArenaBlock *previous;
		union ArenaBlock *next;
	} link;
	max_align_t alignment;
} ArenaBlock;

static ArenaBlock arena_blocks = {{&arena_blocks, &arena_blocks}};

static void *
arena_enter(ArenaBlock *block)
{
	if (block == NULL)
		abort();
	block->link.previous = &arena_blocks;
	block->link.next = arena_blocks.link.next;
	block->link.next->link.previous = block;
	arena_blocks.link.next = block;
	return block + 1;
}

static void
arena_leave(ArenaBlock *block)
{
	block->link.previous->link.next = block->link.next;
	block->link.next->link.previous = block->link.previous;
}

static inline void
arena_reset(void)
{
	while (arena_blocks.link.next != &arena_blocks)
		pfree(arena_blocks.link.next + 1);
}

void *
palloc(Size size)
{
	return arena_enter(malloc(sizeof(ArenaBlock) + size));
}

void *
palloc0(Size size)
{
	return arena_enter(calloc(1, sizeof(ArenaBlock) + size));
}

void *
palloc_extended(Size size, int flags)
{
	return (flags & MCXT_ALLOC_ZERO) ? palloc0(size) : palloc(size);
}

void *
repalloc(void *pointer, Size size)
{
	ArenaBlock *block = (ArenaBlock *) pointer - 1;

	arena_leave(block);
	return arena_enter(realloc(block, sizeof(ArenaBlock) + size));
}

void
pfree(void *pointer)
{
	arena_leave((ArenaBlock *) pointer - 1);
	free((ArenaBlock *) pointer - 1);
}

char *
pstrdup(const char *text)
{
	return memcpy(palloc(strlen(text) + 1), text, strlen(text) + 1);
}

char *
pnstrdup(const char *text, Size length)
{
	Size used = strnlen(text, length);
	char *copy = memcpy(palloc(used + 1), text, used);

	copy[used] = '\0';
	return copy;
}

void *
pg_malloc(size_t size)
{
	return palloc(size);
}

void *
pg_malloc0(size_t size)
{
	return palloc0(size);
}

void *
pg_malloc_extended(size_t size, int flags)
{
	return palloc_extended(size, flags);
}

void *
pg_realloc(void *pointer, size_t size)
{
	return pointer == NULL ? palloc(size) : repalloc(pointer, size);
}

char *
pg_strdup(const char *text)
{
	return pstrdup(text);
}

void
pg_free(void *pointer)
{
	if (pointer != NULL)
		pfree(pointer);
}

#endif /* MIGHEAD_TEST_ARENA_H */
