/* An Arduino to test against: unmodified firmware (.hex) on libsimavr in real time, its UART on a pty.
 *
 *   gcc -O2 -o avrboard avrboard.c -lsimavr -lelf -lm
 *   ./avrboard LINK FIRMWARE.hex [MCU]           LINK: where the pty is to be found, as /dev/ttyACM0 is
 *
 * stdin:   adc N MILLIVOLTS | pin PORT BIT 0|1 | cycle | reset | unplug | plug | quit
 * stdout:  plugged | unplugged | reset | spoke | out PORT HEX CYCLE | pwm TIMER VALUE CYCLE | cycle N
 *
 * `out` is a port's register at each change, `pwm` a timer's compare register at each write, `spoke` the first
 * byte since it was plugged in or reset. A busy computer makes it slower than a real one: tests count, or judge
 * by its cycles. It ends when stdin does. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include <simavr/avr_adc.h>
#include <simavr/avr_ioport.h>
#include <simavr/avr_uart.h>
#include <simavr/sim_avr.h>
#include <simavr/sim_hex.h>
#include <simavr/sim_io.h>

enum { HERTZ = 16000000, SLICE = HERTZ / 2000, CHANNELS = 8, COMPARES = 4, BUFFER = 4096, LINE = 128 };

/* The compare registers of the two timers of eight bits: where an ATmega328P and a 2560 have them. */
static const char *const COMPARE_NAME[COMPARES] = {"0A", "0B", "2A", "2B"};
static const avr_io_addr_t COMPARE_AT[COMPARES] = {0x47, 0x48, 0xB3, 0xB4};

static avr_t *avr;
static avr_irq_t *uart_in, *adc_in;
static int master = -1, slave = -1, may_send = 1;
static const char *link_path;
static unsigned millivolts[CHANNELS];
static unsigned char to_board[BUFFER], from_board[BUFFER];
static int to_count, to_next, from_count, has_spoken;

static unsigned long long cycle(void) { return (unsigned long long)avr->cycle; }

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec * 1e-9;
}

/* What the chip tells us. */

static void on_byte(avr_irq_t *irq, uint32_t value, void *param) {
    if (from_count < BUFFER) from_board[from_count++] = value;
}

static void on_ready(avr_irq_t *irq, uint32_t value, void *param) { may_send = 1; }

static void on_full(avr_irq_t *irq, uint32_t value, void *param) { may_send = 0; }

static void on_convert(avr_irq_t *irq, uint32_t value, void *param) {
    for (int n = 0; n < CHANNELS; n++) avr_raise_irq(adc_in + n, millivolts[n]);
}

static void on_port(avr_irq_t *irq, uint32_t value, void *param) {
    printf("out %c %02x %llu\n", (char)(long)param, value, cycle());
}

static void on_compare(avr_irq_t *irq, uint32_t value, void *param) {
    printf("pwm %s %u %llu\n", COMPARE_NAME[(long)param], value, cycle());
}

/* The USB cable: without it the pty is not there. */

static void plug(void) {
    struct termios settings;
    char name[64];
    if (master >= 0) return;
    if (openpty(&master, &slave, name, NULL, NULL)) exit(1);
    tcgetattr(slave, &settings);
    cfmakeraw(&settings);
    tcsetattr(slave, TCSANOW, &settings);
    fcntl(master, F_SETFL, O_NONBLOCK);
    unlink(link_path);
    if (symlink(name, link_path)) exit(1);
    has_spoken = 0;
    puts("plugged");
}

static void unplug(void) {
    if (master < 0) return;
    unlink(link_path);
    close(slave);
    close(master);
    master = slave = -1;
    to_count = to_next = from_count = 0;
    puts("unplugged");
}

static void carry(void) {
    if (master < 0) {
        from_count = 0;
        return;
    }
    if (from_count > 0) {
        int sent = write(master, from_board, from_count);
        if (sent > 0 && !has_spoken) has_spoken = 1, puts("spoke");
        if (sent > 0) memmove(from_board, from_board + sent, from_count -= sent);
    }
    if (to_next == to_count) {
        int came = read(master, to_board, BUFFER);
        to_next = 0;
        to_count = came > 0 ? came : 0;
    }
}

/* Orders. */

static void obey(const char *line) {
    unsigned channel, bit, value;
    char port;
    if (sscanf(line, "adc %u %u", &channel, &value) == 2 && channel < CHANNELS) millivolts[channel] = value;
    else if (sscanf(line, "pin %c %u %u", &port, &bit, &value) == 3 && bit < 8)
        avr_raise_irq(avr_io_getirq(avr, AVR_IOCTL_IOPORT_GETIRQ(port), bit), value);
    else if (!strcmp(line, "cycle")) printf("cycle %llu\n", cycle());
    else if (!strcmp(line, "reset")) avr_reset(avr), has_spoken = 0, puts("reset");
    else if (!strcmp(line, "unplug")) unplug();
    else if (!strcmp(line, "plug")) plug();
    else if (!strcmp(line, "quit")) unplug(), exit(0);
    else fprintf(stderr, "no order: %s\n", line);
}

static void take_orders(void) {
    static char line[LINE];
    static int length;
    char letter;
    int got;
    while ((got = read(0, &letter, 1)) == 1) {
        if (letter == '\n') line[length] = 0, length = 0, obey(line);
        else if (length < LINE - 1) line[length++] = letter;
    }
    if (got == 0) unplug(), exit(0);
}

/* The chip. */

static void load(const char *firmware) {
    uint32_t size, base;
    uint8_t *bytes = read_ihex_file(firmware, &size, &base);
    if (!bytes) exit(1);
    memcpy(avr->flash + base, bytes, size);
    avr->pc = base;
    avr->codeend = avr->flashend;
}

static void wire(void) {
    uint32_t flags = 0, uart = AVR_IOCTL_UART_GETIRQ('0');
    avr_ioctl(avr, AVR_IOCTL_UART_GET_FLAGS('0'), &flags);
    flags &= ~(AVR_UART_FLAG_STDIO | AVR_UART_FLAG_POOL_SLEEP);
    avr_ioctl(avr, AVR_IOCTL_UART_SET_FLAGS('0'), &flags);
    uart_in = avr_io_getirq(avr, uart, UART_IRQ_INPUT);
    avr_irq_register_notify(avr_io_getirq(avr, uart, UART_IRQ_OUTPUT), on_byte, NULL);
    avr_irq_register_notify(avr_io_getirq(avr, uart, UART_IRQ_OUT_XON), on_ready, NULL);
    avr_irq_register_notify(avr_io_getirq(avr, uart, UART_IRQ_OUT_XOFF), on_full, NULL);
    adc_in = avr_io_getirq(avr, AVR_IOCTL_ADC_GETIRQ, ADC_IRQ_ADC0);
    avr_irq_register_notify(avr_io_getirq(avr, AVR_IOCTL_ADC_GETIRQ, ADC_IRQ_OUT_TRIGGER), on_convert, NULL);
    for (long port = 'A'; port <= 'L'; port++) {
        avr_irq_t *irq = avr_io_getirq(avr, AVR_IOCTL_IOPORT_GETIRQ(port), IOPORT_IRQ_REG_PORT);
        if (irq) avr_irq_register_notify(irq, on_port, (void *)port);
    }
    for (long which = 0; which < COMPARES; which++) {
        avr_irq_t *irq = avr_iomem_getirq(avr, COMPARE_AT[which], NULL, AVR_IOMEM_IRQ_ALL);
        avr_irq_register_notify(irq, on_compare, (void *)which);
    }
}

static void run_slice(void) {
    avr_cycle_count_t until = avr->cycle + SLICE;
    while (avr->cycle < until) {
        int state = avr_run(avr);
        if (state == cpu_Done || state == cpu_Crashed) exit(3);
        while (may_send && to_next < to_count) avr_raise_irq(uart_in, to_board[to_next++]);
    }
}

int main(int count, char **words) {
    if (count < 3) return 2;
    link_path = words[1];
    setvbuf(stdout, NULL, _IOLBF, 0);
    signal(SIGPIPE, SIG_IGN);
    fcntl(0, F_SETFL, O_NONBLOCK);
    if (!(avr = avr_make_mcu_by_name(count > 3 ? words[3] : "atmega328p"))) return 1;
    avr_init(avr);
    avr->frequency = HERTZ;
    avr->vcc = avr->avcc = avr->aref = 5000;
    avr->log = LOG_ERROR;
    load(words[2]);
    wire();
    plug();
    double began = now();
    avr_cycle_count_t first = avr->cycle;
    for (;;) {
        run_slice();
        carry();
        take_orders();
        double ahead = (double)(avr->cycle - first) / HERTZ - (now() - began);
        if (ahead > 0.0002) usleep(ahead * 1e6);
        else if (ahead < -0.25) began = now(), first = avr->cycle; /* too slow: no hurry to catch up */
    }
}
