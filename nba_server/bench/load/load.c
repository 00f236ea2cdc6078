/* The benchmark's load: unary gRPC calls over plain HTTP/2, closed loop (so many in flight) or open loop (so many a second).
 *
 *   load HOST PORT PATH CONNECTIONS IN_FLIGHT RATE SECONDS CUSTOMERS SEED [FILE]
 *
 * FILE holds the message to send instead of a DecideRequest, always the same.
 * RATE 0: closed loop. Else calls are due at even distances, whatever the server does, and their latency counts from when they
 * were due: there is no coordinated omission. Customers are drawn uniformly; request ids are fresh. An answer is counted as
 * an offer when it holds an action. Prints one JSON object; latencies in microseconds, `cpu_share` of the time was spent at work.
 *
 * It speaks just enough HTTP/2: one header block that is indexed after its first use, no padding, no priorities.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 4096, OUT = 1 << 20, IN = 1 << 22, MORE = 1 << 24, ANSWER_FIELD = 6, SUB = 128 };

typedef struct {
  uint32_t stream;
  uint64_t due;
  size_t length;
  int offer, started;
} Call;

typedef struct {
  int fd;
  uint32_t next;
  int64_t window;
  int indexed, flying;
  size_t out_from, out_to, in_to, taken;
  unsigned char *out, *in;
  Call calls[MOST];
} Connection;

static uint64_t histogram[64 * SUB], counted, answers, inside, offers, failed, longest, sent, closing;
static uint64_t random_state;
static const char *path;
static uint64_t customers, seed;
static unsigned char fixed[1 << 16];
static size_t fixed_length;

static uint64_t now(void) {
  struct timespec at;
  clock_gettime(CLOCK_MONOTONIC, &at);
  return (uint64_t)at.tv_sec * 1000000000u + (uint64_t)at.tv_nsec;
}

static uint64_t draw(void) {
  uint64_t z = (random_state += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

/* A log-linear histogram, 128 steps an octave: values are kept to within 1 %. */
static size_t place(uint64_t value) {
  int octave = value < SUB ? 0 : 63 - __builtin_clzll(value) - 6;
  return octave ? (size_t)octave * SUB + (size_t)(value >> octave) : (size_t)value;
}

static void note(uint64_t nanoseconds) {
  uint64_t value = nanoseconds / 100;
  size_t at = place(value);
  if (at >= sizeof histogram / sizeof *histogram) at = sizeof histogram / sizeof *histogram - 1;
  histogram[at]++;
  counted++;
  if (nanoseconds > longest) longest = nanoseconds;
}

static double percentile(double share) {
  uint64_t wanted = (uint64_t)(share * (double)counted + 0.5), seen = 0;
  if (wanted < 1) wanted = 1;
  for (size_t at = 0; at < sizeof histogram / sizeof *histogram; at++) {
    seen += histogram[at];
    if (seen >= wanted) {
      uint64_t octave = at / SUB;
      return (double)((at - octave * SUB) << octave) / 10.0;
    }
  }
  return (double)longest / 1000.0;
}

static void put(Connection *c, const void *bytes, size_t length) {
  if (c->out_to + length > OUT) {
    memmove(c->out, c->out + c->out_from, c->out_to - c->out_from);
    c->out_to -= c->out_from;
    c->out_from = 0;
  }
  if (c->out_to + length > OUT) { fprintf(stderr, "load: the server takes no more\n"); exit(3); }
  memcpy(c->out + c->out_to, bytes, length);
  c->out_to += length;
}

static void frame(Connection *c, size_t length, int type, int flags, uint32_t stream) {
  unsigned char head[9] = {(unsigned char)(length >> 16), (unsigned char)(length >> 8), (unsigned char)length,
                           (unsigned char)type, (unsigned char)flags, (unsigned char)(stream >> 24),
                           (unsigned char)(stream >> 16), (unsigned char)(stream >> 8), (unsigned char)stream};
  put(c, head, sizeof head);
}

static size_t literal(unsigned char *to, int index, const char *name, const char *value) {
  size_t at = 0, length;
  to[at++] = (unsigned char)(0x40 | index);
  if (!index) {
    to[at++] = (unsigned char)(length = strlen(name));
    memcpy(to + at, name, length);
    at += length;
  }
  to[at++] = (unsigned char)(length = strlen(value));
  memcpy(to + at, value, length);
  return at + length;
}

static size_t text(unsigned char *to, int field, const char *value, size_t length) {
  to[0] = (unsigned char)(field << 3 | 2);
  to[1] = (unsigned char)length;
  memcpy(to + 2, value, length);
  return length + 2;
}

static void head_of(unsigned char *body, size_t length) {
  body[0] = body[1] = 0;
  body[2] = (unsigned char)(length >> 16);
  body[3] = (unsigned char)(length >> 8);
  body[4] = (unsigned char)length;
}

static int has_room(const Connection *c) { return c->window >= (int64_t)(fixed_length ? fixed_length : 256); }

static void call(Connection *c, uint64_t due) {
  unsigned char block[512], made[256], *body = made;
  size_t size = 0, length = 5;
  char name[32], request[48];
  block[size++] = 0x83; /* :method POST */
  block[size++] = 0x86; /* :scheme http */
  if (!c->indexed) {
    size += literal(block + size, 4, "", path);
    size += literal(block + size, 1, "", "127.0.0.1");
    size += literal(block + size, 31, "", "application/grpc");
    size += literal(block + size, 0, "te", "trailers");
    c->indexed = 1;
  } else {
    for (int entry = 65; entry >= 62; entry--) block[size++] = (unsigned char)(0x80 | entry);
  }
  if (fixed_length) {
    body = fixed;
    length = fixed_length;
  }
  int n = snprintf(name, sizeof name, "c%07llu", (unsigned long long)(draw() % customers));
  if (!fixed_length) {
    length += text(body + length, 1, name, (size_t)n);
    length += text(body + length, 3, "web", 3);
    n = snprintf(request, sizeof request, "%llx-%llx", (unsigned long long)seed, (unsigned long long)sent++);
    length += text(body + length, 6, request, (size_t)n);
    head_of(body, length - 5);
  }
  Call *mine = &c->calls[(c->next / 2) % MOST];
  *mine = (Call){.stream = c->next, .due = due};
  frame(c, size, 1, 4, c->next);
  put(c, block, size);
  frame(c, length, 0, 1, c->next);
  put(c, body, length);
  c->window -= (int64_t)length;
  c->next += 2;
  c->flying++;
}

static int varint(const unsigned char *from, size_t length, size_t *at, uint64_t *value) {
  *value = 0;
  for (int shift = 0; *at < length && shift < 64; shift += 7) {
    unsigned char byte = from[(*at)++];
    *value |= (uint64_t)(byte & 0x7f) << shift;
    if (!(byte & 0x80)) return 1;
  }
  return 0;
}

/* Walks all fields of the answer; is there an action among them? -1: it cannot be parsed. */
static int holds_offer(const unsigned char *from, size_t length) {
  size_t at = 0;
  int found = 0;
  while (at < length) {
    uint64_t tag, value;
    if (!varint(from, length, &at, &tag)) return -1;
    switch (tag & 7) {
      case 0: if (!varint(from, length, &at, &value)) return -1; break;
      case 1: at += 8; break;
      case 5: at += 4; break;
      case 2:
        if (!varint(from, length, &at, &value) || value > length - at) return -1;
        at += value;
        if (tag >> 3 == ANSWER_FIELD) found = 1;
        break;
      default: return -1;
    }
  }
  return at == length ? found : -1;
}

static void data(Connection *c, uint32_t stream, const unsigned char *from, size_t length) {
  Call *mine = &c->calls[(stream / 2) % MOST];
  if (mine->stream != stream) return;
  if (!mine->started && length >= 5) { /* answers of this size come in one frame; longer ones are counted by their end */
    size_t whole = (size_t)from[1] << 24 | (size_t)from[2] << 16 | (size_t)from[3] << 8 | from[4];
    mine->started = 1;
    mine->offer = whole + 5 == length ? holds_offer(from + 5, whole) : 1;
  }
  mine->length += length;
}

static void ended(Connection *c, uint32_t stream, uint64_t at) {
  Call *mine = &c->calls[(stream / 2) % MOST];
  if (mine->stream != stream) return;
  mine->stream = 0;
  c->flying--;
  if (!mine->started || mine->offer < 0) { failed++; return; }
  answers++;
  if (at <= closing) inside++;
  offers += (uint64_t)mine->offer;
  note(at - mine->due);
}

static void receive(Connection *c) {
  ssize_t got = read(c->fd, c->in + c->in_to, IN - c->in_to);
  if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) { fprintf(stderr, "load: the connection is gone\n"); exit(3); }
  if (got < 0) return;
  c->in_to += (size_t)got;
  uint64_t at = now();
  size_t from = 0;
  while (c->in_to - from >= 9) {
    const unsigned char *head = c->in + from;
    size_t length = (size_t)head[0] << 16 | (size_t)head[1] << 8 | head[2];
    uint32_t stream = ((uint32_t)head[5] << 24 | (uint32_t)head[6] << 16 | (uint32_t)head[7] << 8 | head[8]) & 0x7fffffff;
    if (c->in_to - from - 9 < length) break;
    const unsigned char *payload = head + 9;
    switch (head[3]) {
      case 0: data(c, stream, payload, length); c->taken += length; if (head[4] & 1) ended(c, stream, at); break;
      case 1: if (head[4] & 1) ended(c, stream, at); break;
      case 3: ended(c, stream, at); break;
      case 4: if (!(head[4] & 1)) frame(c, 0, 4, 1, 0); break;
      case 6: if (!(head[4] & 1)) { frame(c, 8, 6, 1, 0); put(c, payload, 8); } break;
      case 7: fprintf(stderr, "load: the server says goodbye\n"); exit(3);
      case 8: if (!stream) c->window += ((int64_t)(payload[0] & 0x7f) << 24 | payload[1] << 16 | payload[2] << 8 | payload[3]); break;
    }
    from += 9 + length;
  }
  memmove(c->in, c->in + from, c->in_to - from);
  c->in_to -= from;
  if (c->taken >= MORE) { /* the window is large: a frame with every read would be work for the server that no client makes */
    size_t taken = c->taken;
    unsigned char more[4] = {(unsigned char)(taken >> 24), (unsigned char)(taken >> 16), (unsigned char)(taken >> 8), (unsigned char)taken};
    frame(c, 4, 8, 0, 0);
    put(c, more, 4);
    c->taken = 0;
  }
}

static void transmit(Connection *c) {
  while (c->out_from < c->out_to) {
    ssize_t gone = write(c->fd, c->out + c->out_from, c->out_to - c->out_from);
    if (gone < 0) { if (errno == EAGAIN || errno == EINTR) return; fprintf(stderr, "load: cannot write\n"); exit(3); }
    c->out_from += (size_t)gone;
  }
  c->out_from = c->out_to = 0;
}

static void open_connection(Connection *c, const char *host, int port) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  int yes = 1;
  memset(c, 0, sizeof *c);
  inet_pton(AF_INET, host, &to.sin_addr);
  c->fd = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(c->fd, (struct sockaddr *)&to, sizeof to)) { fprintf(stderr, "load: cannot connect to %s:%d\n", host, port); exit(3); }
  setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  fcntl(c->fd, F_SETFL, O_NONBLOCK);
  c->next = 1;
  c->window = 65535;
  c->out = malloc(OUT);
  c->in = malloc(IN);
  put(c, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 24);
  frame(c, 6, 4, 0, 0);
  put(c, "\0\4\x7f\xff\xff\xff", 6); /* streams may send as much as they like */
  frame(c, 4, 8, 0, 0);
  put(c, "\x3f\xff\xff\xff", 4);
}

/* Until something arrives, or until `due` when that is not 0: neither late nor spinning, as the store works on this core too. */
static void rest(struct pollfd *polled, int connections, uint64_t due) {
  uint64_t at = now(), nanoseconds = due ? due > at ? due - at : 0 : 100000000u;
  struct timespec most = {.tv_sec = (time_t)(nanoseconds / 1000000000u), .tv_nsec = (long)(nanoseconds % 1000000000u)};
  ppoll(polled, (nfds_t)connections, &most, NULL);
}

static double processor_seconds(void) {
  struct rusage used;
  getrusage(RUSAGE_SELF, &used);
  return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) + (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

int main(int count, char **given) {
  if (count < 10) { fprintf(stderr, "usage: load HOST PORT PATH CONNECTIONS IN_FLIGHT RATE SECONDS CUSTOMERS SEED\n"); return 2; }
  path = given[3];
  int connections = atoi(given[4]), most = atoi(given[5]), turn = 0;
  double rate = atof(given[6]), seconds = atof(given[7]);
  customers = strtoull(given[8], NULL, 10);
  seed = strtoull(given[9], NULL, 10);
  random_state = seed * 77777u;
  if (count > 10) {
    FILE *from = fopen(given[10], "rb");
    if (!from) { fprintf(stderr, "load: cannot read %s\n", given[10]); return 2; }
    fixed_length = 5 + fread(fixed + 5, 1, sizeof fixed - 5, from);
    head_of(fixed, fixed_length - 5);
    fclose(from);
  }
  Connection *all = calloc((size_t)connections, sizeof *all);
  struct pollfd *polled = calloc((size_t)connections, sizeof *polled);
  for (int i = 0; i < connections; i++) open_connection(&all[i], given[1], atoi(given[2]));
  prctl(PR_SET_TIMERSLACK, 1000ul);
  uint64_t start = now(), end = start + (uint64_t)(seconds * 1e9), planned = 0, refused = 0;
  closing = end;
  for (;;) {
    uint64_t at = now();
    int flying = 0;
    for (int i = 0; i < connections; i++) flying += all[i].flying;
    if (at < end && rate == 0) {
      for (; flying < most && has_room(&all[turn % connections]); flying++, turn++) call(&all[turn % connections], now());
    } else if (at < end) {
      uint64_t wanted = (uint64_t)((double)(at - start) * rate / 1e9);
      for (; planned <= wanted; planned++) {
        if (flying >= connections * (MOST - 1) || !has_room(&all[turn % connections])) { refused++; continue; }
        call(&all[turn++ % connections], start + (uint64_t)((double)planned * 1e9 / rate));
        flying++;
      }
    } else if (!flying || at > end + 10000000000u) {
      failed += (uint64_t)flying;
      break;
    }
    for (int i = 0; i < connections; i++) {
      transmit(&all[i]);
      polled[i] = (struct pollfd){.fd = all[i].fd, .events = (short)(POLLIN | (all[i].out_to > all[i].out_from ? POLLOUT : 0))};
    }
    rest(polled, connections, rate > 0 && at < end ? start + (uint64_t)((double)planned * 1e9 / rate) : 0);
    for (int i = 0; i < connections; i++)
      if (polled[i].revents & (POLLIN | POLLERR | POLLHUP)) receive(&all[i]);
  }
  printf("{\"seconds\": %.6f, \"answers\": %llu, \"inside\": %llu, \"offers\": %llu, \"failed\": %llu, \"unsent\": %llu, \"p50_us\": %.1f, \"p90_us\": %.1f, "
         "\"p99_us\": %.1f, \"p999_us\": %.1f, \"max_us\": %.1f, \"cpu_share\": %.4f}\n",
         seconds, (unsigned long long)answers, (unsigned long long)inside, (unsigned long long)offers, (unsigned long long)failed, (unsigned long long)refused,
         percentile(0.5), percentile(0.9), percentile(0.99), percentile(0.999), (double)longest / 1000.0, processor_seconds() / seconds);
  return 0;
}
