// SPDX-License-Identifier: MIT
/*
 * ata.c - the ATA driver against the register model: every request ends, with its data or with -EIO
 *
 * Data must be right whatever happens to interrupts; a hung or failing drive is reset and tried three times;
 * the next request works again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "drivers/ata/port.h"
#include "kernel/boot.h"
#include "kernel/lib/errno.h"
#include "tests/host/ata/model.h"

static struct block_device *disk;

static void set_up_channel(void)
{
    spin_init(&channel.lock, RANK_PERCPU, "channel");
    list_init(&channel.queue);
    channel.base = 0x1f0;
    channel.control = 0x3f6;
    channel.bus_master = 0xc000;
    channel.prds_bus = MODEL_PAGES * PAGE_SIZE;
    channel.prds = (struct prd *)(model_page(pages) + channel.prds_bus);
    for (int i = 0; i < 2; i++) {
        struct ata_drive *d = &channel.drive[i];
        d->channel = &channel;
        d->select = i ? DEVICE_SLAVE : 0;
        d->dev.unit = i;
        d->dev.whole = &d->dev;
        strcpy(d->dev.name, i ? "hdb" : "hda");
        drive_identify(d);
    }
    disk = &channel.drive[0].dev;
    port_out8(channel.control, 0);
}

static void start(bool lba48, bool pio)
{
    model_start(lba48, 0);
    ata_pio_only = pio;
    set_up_channel();
    model.commands = 0;
}

static struct io_request *request(enum io_op op, u64 sector)
{
    struct io_request *r = calloc(1, sizeof(*r));
    r->op = op;
    r->sector = sector;
    r->dev = disk;
    return r;
}

static void add(struct io_request *r, u32 page, u32 offset, u32 bytes)
{
    r->piece[r->pieces++] = (struct io_piece){.page = &pages[page], .offset = offset, .bytes = bytes};
}

static void submit(struct io_request *r)
{
    r->status = 1;
    ata_submit(disk, r);
}

static int finish(struct io_request *r)
{
    for (u32 i = 0; r->status == 1; i++) {
        assert_true(i < 5000); /* every request ends */
        model_step();
    }
    return r->status;
}

/* The request's memory equals the disk. */
static void check_same(const struct io_request *r)
{
    const u8 *at = model.disk[r->sector];
    for (u32 i = 0; i < r->pieces; i++) {
        assert_memory_equal(model_page(r->piece[i].page) + r->piece[i].offset, at, r->piece[i].bytes);
        at += r->piece[i].bytes;
    }
}

static void fill(const struct io_request *r, u8 seed)
{
    for (u32 i = 0; i < r->pieces; i++)
        for (u32 j = 0; j < r->piece[i].bytes; j++)
            model_page(r->piece[i].page)[r->piece[i].offset + j] = (u8)(seed + i * 31 + j * 3);
}

static struct io_request *big(enum io_op op, u64 sector, u32 count, u32 stride)
{
    struct io_request *r = request(op, sector);
    for (u32 i = 0; i < count; i++)
        add(r, (i * stride) % (MODEL_PAGES - 1), 0, PAGE_SIZE);
    return r;
}

static void run_ok(struct io_request *r)
{
    submit(r);
    assert_int_equal(finish(r), 0);
    if (r->op != IO_FLUSH)
        check_same(r);
    free(r);
}

/* --- what a healthy drive does --- */

static void test_identify(void **state UNUSED)
{
    start(true, false);
    assert_true(channel.drive[0].present && channel.drive[0].lba48 && channel.drive[0].dma);
    assert_int_equal(disk->sectors, MODEL_SECTORS);
    assert_int_equal(channel.drive[0].multiple, 16);
    assert_false(channel.drive[1].present);
    model_start(true, 1);
    set_up_channel();
    assert_false(channel.drive[0].present);
}

static void test_dma_moves_scattered_pages_with_one_command(void **state UNUSED)
{
    start(true, false);
    run_ok(big(IO_READ, 100, 64, 5));
    assert_int_equal(model.commands, 1);
    assert_int_equal(model.last_command, CMD_READ_DMA_EXT);
    assert_int_equal(model.last_prds, 64);
    struct io_request *w = big(IO_WRITE, 700, 64, 5);
    fill(w, 9);
    run_ok(w);
    assert_int_equal(model.last_command, CMD_WRITE_DMA_EXT);
}

static void test_adjacent_pages_share_prds_within_64k(void **state UNUSED)
{
    start(true, false);
    run_ok(big(IO_READ, 8, 64, 1));
    assert_int_equal(model.last_prds, 4);
    assert_int_equal(model.commands, 1);
}

static void test_small_requests_use_28_bits(void **state UNUSED)
{
    start(true, false);
    run_ok(big(IO_READ, 8, 4, 3));
    assert_int_equal(model.last_command, CMD_READ_DMA);
}

static void test_a_28_bit_drive_gets_big_requests_in_parts(void **state UNUSED)
{
    start(false, false);
    run_ok(big(IO_READ, 8, 64, 3));
    assert_int_equal(model.commands, 2);
    assert_int_equal(model.last_command, CMD_READ_DMA);
    struct io_request *r = request(IO_WRITE, 30); /* parts that end inside a page */
    add(r, 3, 512, 1024);
    for (u32 i = 0; i < 50; i++)
        add(r, 10 + i, 0, PAGE_SIZE);
    fill(r, 77);
    run_ok(r);
}

static void test_pio_moves_the_same_data(void **state UNUSED)
{
    start(true, true);
    run_ok(big(IO_READ, 33, 64, 7));
    assert_int_equal(model.last_command, CMD_READ_MULTIPLE_EXT);
    struct io_request *w = request(IO_WRITE, 5);
    add(w, 1, 1536, 512);
    add(w, 9, 0, 4096);
    add(w, 2, 512, 3072);
    fill(w, 40);
    run_ok(w);
    assert_int_equal(model.last_command, CMD_WRITE_MULTIPLE);
}

static void test_frames_above_4g_go_by_pio(void **state UNUSED)
{
    start(true, false);
    page_high[3] = true;
    run_ok(big(IO_READ, 8, 8, 1));
    assert_int_equal(model.last_command, CMD_READ_MULTIPLE);
}

static void test_flush_reaches_the_drive_in_its_turn(void **state UNUSED)
{
    start(true, false);
    struct io_request *w = big(IO_WRITE, 8, 4, 1), *f = request(IO_FLUSH, 0), *r = big(IO_READ, 8, 4, 2);
    submit(w);
    submit(f);
    submit(r);
    assert_int_equal(finish(r), 0);
    assert_int_equal(w->status, 0);
    assert_int_equal(f->status, 0);
    const u8 order[] = {CMD_WRITE_DMA, CMD_FLUSH_EXT, CMD_READ_DMA};
    assert_memory_equal(model.log, order, sizeof(order));
    free(w);
    free(f);
    free(r);
    start(false, false);
    run_ok(request(IO_FLUSH, 0));
    assert_int_equal(model.last_command, CMD_FLUSH);
}

/* --- what a sick one does --- */

static void test_a_dropped_interrupt_is_noticed(void **state UNUSED)
{
    for (int pio = 0; pio < 2; pio++) {
        start(true, pio);
        model.drop_interrupts = 3;
        run_ok(big(IO_READ, 8, 40, 1));
        run_ok(big(IO_WRITE, 8, 40, 1));
        model.drop_interrupts = 1;
        run_ok(request(IO_FLUSH, 0));
        assert_int_equal(model.resets, 0);
    }
}

static void test_a_hung_drive_is_reset_and_tried_again(void **state UNUSED)
{
    for (int pio = 0; pio < 2; pio++) {
        start(true, pio);
        model.hang_commands = 2;
        run_ok(big(IO_READ, 8, 40, 3));
        assert_int_equal(model.resets, 2);
        assert_int_equal(channel.drive[0].multiple, 16);
    }
}

static void test_three_tries_then_eio_then_service_again(void **state UNUSED)
{
    for (int kind = 0; kind < 2; kind++) {
        start(true, false);
        *(kind ? &model.hang_commands : &model.fail_commands) = 3;
        struct io_request *r = big(IO_READ, 8, 4, 1), *next = big(IO_READ, 80, 4, 3);
        submit(r);
        submit(next);
        assert_int_equal(finish(r), -EIO);
        assert_int_equal(finish(next), 0);
        check_same(next);
        assert_int_equal(model.resets, 3);
        free(r);
        free(next);
    }
}

static void test_a_drive_that_stays_dead_fails_every_request(void **state UNUSED)
{
    start(true, false);
    model.hang_commands = 1;
    model.hang_resets = 6;
    struct io_request *a = big(IO_WRITE, 8, 4, 1), *b = big(IO_READ, 80, 4, 3), *c = big(IO_READ, 90, 4, 3);
    submit(a);
    submit(b);
    submit(c);
    assert_int_equal(finish(a), -EIO);
    assert_int_equal(finish(b), -EIO);
    assert_int_equal(finish(c), 0); /* the seventh reset brings it back */
    free(a);
    free(b);
    free(c);
}

static void test_one_error_is_mended_by_a_retry(void **state UNUSED)
{
    for (int pio = 0; pio < 2; pio++) {
        start(true, pio);
        model.fail_commands = 1;
        struct io_request *w = big(IO_WRITE, 8, 20, 3);
        fill(w, 3);
        run_ok(w);
        assert_int_equal(model.resets, 1);
    }
}

static void test_a_failure_while_the_watch_is_awake_is_seen_at_once(void **state UNUSED)
{
    start(true, false);
    model.fail_commands = 3;
    struct io_request *r = big(IO_WRITE, 8, 4, 1);
    u64 began = model.now;
    submit(r);
    assert_int_equal(finish(r), -EIO);
    assert_true(model.now - began < WATCH_MS * 1000000ul);
    free(r);
}

static void test_needless_interrupts_change_nothing(void **state UNUSED)
{
    for (int pio = 0; pio < 2; pio++) {
        start(true, pio);
        channel_interrupt(&channel);
        struct io_request *r = big(IO_READ, 8, 64, 3);
        submit(r);
        while (r->status == 1) {
            channel_interrupt(&channel);
            model_step();
            channel_interrupt(&channel);
        }
        assert_int_equal(r->status, 0);
        check_same(r);
        free(r);
        struct io_request *f = request(IO_FLUSH, 0);
        submit(f);
        channel_interrupt(&channel);
        assert_int_equal(f->status, 1); /* the drive is still busy with it */
        assert_int_equal(finish(f), 0);
        free(f);
    }
}

static void test_random_faults_never_lose_a_request_or_its_data(void **state UNUSED)
{
    srand(7);
    u32 failed = 0;
    for (int round = 0; round < 300; round++) {
        start(rand() % 2, rand() % 2);
        for (int i = 0; i < 8; i++) {
            model.drop_interrupts = rand() % 3;
            model.fail_commands = rand() % 4 == 0 ? rand() % 4 : 0;
            model.hang_commands = rand() % 6 == 0 ? rand() % 3 : 0;
            struct io_request *r =
                big(rand() % 2 ? IO_READ : IO_WRITE, rand() % 1000, 1 + rand() % 64, 1 + rand() % 5);
            fill(r, (u8)i);
            submit(r);
            if (finish(r) == 0)
                check_same(r);
            else
                failed++;
            free(r);
        }
    }
    assert_true(failed > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_identify),
        cmocka_unit_test(test_dma_moves_scattered_pages_with_one_command),
        cmocka_unit_test(test_adjacent_pages_share_prds_within_64k),
        cmocka_unit_test(test_small_requests_use_28_bits),
        cmocka_unit_test(test_a_28_bit_drive_gets_big_requests_in_parts),
        cmocka_unit_test(test_pio_moves_the_same_data),
        cmocka_unit_test(test_frames_above_4g_go_by_pio),
        cmocka_unit_test(test_flush_reaches_the_drive_in_its_turn),
        cmocka_unit_test(test_a_dropped_interrupt_is_noticed),
        cmocka_unit_test(test_a_hung_drive_is_reset_and_tried_again),
        cmocka_unit_test(test_three_tries_then_eio_then_service_again),
        cmocka_unit_test(test_a_drive_that_stays_dead_fails_every_request),
        cmocka_unit_test(test_one_error_is_mended_by_a_retry),
        cmocka_unit_test(test_a_failure_while_the_watch_is_awake_is_seen_at_once),
        cmocka_unit_test(test_needless_interrupts_change_nothing),
        cmocka_unit_test(test_random_faults_never_lose_a_request_or_its_data),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
