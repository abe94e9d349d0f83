/* The floor of what reading AMI costs: connect, log in, read, throw away.
 *
 * bare_reader HOST PORT USERNAME, the secret as a line on standard input; ends when Asterisk does.
 */
#define _GNU_SOURCE
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int count, char **given)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *at;
    char secret[256], login[1024];
    static char thrown_away[1 << 18];
    if (count != 4 || fgets(secret, sizeof secret, stdin) == NULL) {
        return EXIT_FAILURE;
    }
    secret[strcspn(secret, "\n")] = '\0';
    if (getaddrinfo(given[1], given[2], &hints, &at) != 0) {
        return EXIT_FAILURE;
    }
    int line = socket(at->ai_family, at->ai_socktype, at->ai_protocol);
    if (line < 0 || connect(line, at->ai_addr, at->ai_addrlen) < 0) {
        perror("connect");
        return EXIT_FAILURE;
    }
    int length = snprintf(login, sizeof login, "Action: Login\r\nUsername: %s\r\nSecret: %s\r\n\r\n", given[3], secret);
    if (length >= (int) sizeof login || write(line, login, length) != length) {
        return EXIT_FAILURE;
    }
    ssize_t got, read_so_far = 0;
    int is_told = 0;
    while ((got = read(line, thrown_away, sizeof thrown_away)) > 0) {
        read_so_far += got;
        if (!is_told && memmem(thrown_away, got, "Authentication accepted", 23) != NULL) {
            is_told = 1;
            puts("logged in");
            fflush(stdout);
        }
    }
    return read_so_far > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
