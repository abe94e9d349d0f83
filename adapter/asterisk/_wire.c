/* What wire.py finds with regular expressions, found by comparing and looking for line ends.
 *
 * Its functions mean what those of wire.py mean, for every text that can come from a socket; wire.py says
 * what that is, and tests/unit/test_wire.py holds the two together. Nothing is kept between two calls.
 *
 * The texts are looked at as UTF-8. All that is compared is ASCII, and what is cut out begins and ends
 * beside ASCII, so no letter is ever cut in two.
 */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <string.h>

#define UNIQUEID_LIMIT 150
#define STATES 10
#define HEADERS_LIMIT 500
#define BUCKETS 128
#define BEGINS_THREE 0xE0

/* A place in a text, and where that ends. */
typedef struct {
    const char *at;
    const char *end;
} Place;

typedef struct {
    PyObject *channel_type;
    PyObject *states[STATES];
} Module;

enum Kind { LEFT, KEPT, STATE, ID };

/* Asterisk 16 to 22 (its ast_manager_build_channel_state_string_prefix). */
#define LINE(name, kind) {name ": ", sizeof(name ": ") - 1, kind}
static const struct {
    const char *name;
    size_t length;
    enum Kind kind;
} CHANNEL[] = {
    LINE("Channel", KEPT),
    LINE("ChannelState", STATE),
    LINE("ChannelStateDesc", LEFT),
    LINE("CallerIDNum", KEPT),
    LINE("CallerIDName", KEPT),
    LINE("ConnectedLineNum", KEPT),
    LINE("ConnectedLineName", KEPT),
    LINE("Language", LEFT),
    LINE("AccountCode", LEFT),
    LINE("Context", LEFT),
    LINE("Exten", KEPT),
    LINE("Priority", LEFT),
    LINE("Uniqueid", ID),
    LINE("Linkedid", ID),
};

enum { LINES = sizeof(CHANNEL) / sizeof(*CHANNEL), FIELDS = 9, STATE_FIELD = 1, LINKEDID_FIELD = 8 };

/* -- what stands at a place: each moves it behind what it finds, or leaves it and says no -------------- */

static int
take(Place *place, const char *text, size_t length)
{
    if ((size_t)(place->end - place->at) < length || memcmp(place->at, text, length) != 0) {
        return 0;
    }
    place->at += length;
    return 1;
}

static int
is_new_line(const Place *place)
{
    return place->end - place->at >= 2 && place->at[0] == '\r' && place->at[1] == '\n';
}

static int
is_line_end(const Place *place)
{
    return place->at == place->end || is_new_line(place);
}

static int
is_digit(const Place *place)
{
    return place->at < place->end && *place->at >= '0' && *place->at <= '9';
}

static int
take_new_line(Place *place)
{
    if (!is_new_line(place)) {
        return 0;
    }
    place->at += 2;
    return 1;
}

/* What remains of the line, be it nothing. It ends at a carriage return. */
static Place
take_value(Place *place)
{
    Place value = *place;
    const char *found = memchr(place->at, '\r', place->end - place->at);
    value.end = place->at = found == NULL ? place->end : found;
    return value;
}

/* The microseconds since the epoch in `seconds.micros`, at the end of a line; -1 where it is not that. */
static long long
take_time(Place *place)
{
    long long micros = 0; /* sixteen digits fit */
    int whole = 0, fraction = 0;
    for (; whole < 10 && is_digit(place); whole++) {
        micros = micros * 10 + (*place->at++ - '0');
    }
    if (whole == 0 || !take(place, ".", 1)) {
        return -1;
    }
    for (; fraction < 6 && is_digit(place); fraction++) {
        micros = micros * 10 + (*place->at++ - '0');
    }
    return fraction == 6 && is_line_end(place) ? micros : -1;
}

/* The bytes up to a CR or an LF, be it nothing. */
static Place
take_name(Place *place)
{
    Place name = *place;
    while (place->at < place->end && *place->at != '\r' && *place->at != '\n') {
        place->at++;
    }
    name.end = place->at;
    return name;
}

/* -- letters ------------------------------------------------------------------------------------------- */

static Py_ssize_t
letters_in(const char *from, const char *until)
{
    Py_ssize_t letters = 0;
    for (; from < until; from++) {
        letters += (*from & 0xC0) != 0x80; /* any byte but those that go on with a letter */
    }
    return letters;
}

/* The place behind so many letters, or where the text ends. */
static const char *
behind_letters(PyObject *text, const Place *whole, Py_ssize_t letters)
{
    const char *at = whole->at;
    letters = Py_MIN(Py_MAX(letters, 0), PyUnicode_GET_LENGTH(text));
    if (PyUnicode_IS_ASCII(text)) {
        return at + letters;
    }
    for (; at < whole->end; at++) {
        if ((*at & 0xC0) != 0x80 && letters-- == 0) {
            break;
        }
    }
    return at;
}

/* The whole text. One that cannot be written as UTF-8 never came from a socket: it is not Asterisk's. */
static int
open_text(PyObject *text, Place *whole)
{
    Py_ssize_t length;
    whole->at = PyUnicode_AsUTF8AndSize(text, &length);
    if (whole->at == NULL) {
        if (PyErr_ExceptionMatches(PyExc_UnicodeEncodeError)) {
            PyErr_Clear();
        }
        return 0;
    }
    whole->end = whole->at + length;
    return 1;
}

static PyObject *
text_of(Place value, int is_ascii)
{
    Py_ssize_t length = value.end - value.at;
    if (!is_ascii || length < 2) { /* Python has the texts of one letter and of none already */
        return PyUnicode_FromStringAndSize(value.at, length);
    }
    PyObject *text = PyUnicode_New(length, 127);
    if (text != NULL) {
        memcpy(PyUnicode_1BYTE_DATA(text), value.at, length);
    }
    return text;
}

/* -- a channel ----------------------------------------------------------------------------------------- */

static int
find_lines(Place *place, const char *role, size_t role_length, Place fields[FIELDS])
{
    Place here = *place;
    for (int line = 0; line < LINES; line++) {
        if (!take_new_line(&here) || !take(&here, role, role_length)
            || !take(&here, CHANNEL[line].name, CHANNEL[line].length)) {
            return 0;
        }
        Place value = take_value(&here);
        switch (CHANNEL[line].kind) {
        case LEFT:
            continue;
        case STATE:
            if (value.end - value.at != 1 || *value.at < '0' || *value.at > '9') {
                return 0;
            }
            break;
        case ID:
            if (value.end - value.at > UNIQUEID_LIMIT && letters_in(value.at, value.end) > UNIQUEID_LIMIT) {
                return 0;
            }
            break;
        case KEPT:
            break;
        }
        *fields++ = value;
    }
    if (!is_line_end(&here)) {
        return 0;
    }
    *place = here;
    return 1;
}

static int
are_alike(Place one, Place other)
{
    return one.end - one.at == other.end - other.at && memcmp(one.at, other.at, one.end - one.at) == 0;
}

static int
has_within(Place place, const char *text, size_t length)
{
    for (; (size_t)(place.end - place.at) >= length; place.at++) {
        if (memcmp(place.at, text, length) == 0) {
            return 1;
        }
    }
    return 0;
}

/* Moves it behind the next line end; says no where there is none. */
static int
skip_line(Place *place)
{
    while ((place->at = memchr(place->at, '\r', place->end - place->at)) != NULL) {
        if (take_new_line(place)) {
            return 1;
        }
        place->at++;
    }
    return 0;
}

/* The lines that are known already: what an event begins with, each of its names once. */
typedef struct {
    int is_answer;
    int has_time;
    int is_of_channel;
} Head;

static int
is_named(Place name, const char *text, size_t length)
{
    return (size_t)(name.end - name.at) == length && memcmp(name.at, text, length) == 0;
}

/* The letters that their names begin with: by these alone most others are told from them. */
#define LETTER(letter) (1u << ((letter) & 31))
#define HEAD_LETTERS \
    (LETTER('A') | LETTER('C') | LETTER('E') | LETTER('L') | LETTER('P') | LETTER('T') | LETTER('U'))

static int
is_in_head(Place name, const Head *head)
{
    if (name.at == name.end || !(HEAD_LETTERS & LETTER(*name.at))) {
        return 0;
    }
    for (int line = 0; head->is_of_channel && line < LINES; line++) {
        if (is_named(name, CHANNEL[line].name, CHANNEL[line].length - 2)) { /* without the colon and space */
            return 1;
        }
    }
    return is_named(name, "Event", 5) || (head->has_time && is_named(name, "Timestamp", 9))
           || (head->is_answer ? is_named(name, "ActionID", 8) : is_named(name, "Privilege", 9));
}

static unsigned
bucket_of(Place name)
{
    size_t length = name.end - name.at;
    const unsigned char *letters = (const unsigned char *)name.at;
    if (length == 0) {
        return 0;
    }
    return (length + 7 * letters[0] + 31 * letters[length / 2] + 61 * letters[length - 1]) % BUCKETS;
}

/* Whether a header that may stand once stands again, or there are too many. `rest` is behind the head.
 *
 * Of what it has met it looks at those alone that have as many letters, and the same ones at three places.
 */
static int
has_one_twice(Place rest, const Head *head)
{
    unsigned short first[BUCKETS] = {0}, next[HEADERS_LIMIT + 1], count = 0;
    Place names[HEADERS_LIMIT + 1];
    int limit = HEADERS_LIMIT - 2 - head->has_time - (head->is_of_channel ? LINES : 0);
    while (rest.at < rest.end) {
        int is_line = take_new_line(&rest);
        rest.at += !is_line; /* a carriage return by itself */
        Place name = take_value(&rest);
        name.end = is_line ? memchr(name.at, ':', name.end - name.at) : NULL;
        if (name.end == NULL) {
            continue;
        }
        unsigned bucket = bucket_of(name);
        int is_again = is_in_head(name, head);
        for (unsigned short met = first[bucket]; met != 0 && !is_again; met = next[met]) {
            is_again = are_alike(names[met], name);
        }
        if ((is_again && !has_within(name, "Variable", 8)) || count == limit) {
            return 1;
        }
        names[++count] = name;
        next[count] = first[bucket];
        first[bucket] = count;
    }
    return 0;
}

static PyObject *
channel_of(Module *module, Place fields[FIELDS], int is_ascii)
{
    PyObject *values[FIELDS] = {NULL};
    PyObject *channel = NULL;
    for (int field = 0; field < FIELDS; field++) {
        if (field == STATE_FIELD) {
            values[field] = Py_NewRef(module->states[*fields[field].at - '0']);
        }
        else if (field == LINKEDID_FIELD && are_alike(fields[field], fields[field - 1])) {
            values[field] = Py_NewRef(values[field - 1]); /* who began the call: its uniqueid, once in memory */
        }
        else {
            values[field] = text_of(fields[field], is_ascii);
        }
        if (values[field] == NULL) {
            goto done;
        }
    }
    channel = PyObject_Vectorcall(module->channel_type, values, FIELDS, NULL);
done:
    for (int field = 0; field < FIELDS; field++) {
        Py_XDECREF(values[field]);
    }
    return channel;
}

/* -- the functions of wire.py ------------------------------------------------------------------------- */

static PyObject *
beginning_of(Module *module, Place whole, int is_ascii)
{
    Place here = whole;
    if (!take(&here, "Event: ", 7)) {
        Py_RETURN_NONE;
    }
    Place name = take_name(&here);
    if (!take_new_line(&here)) {
        Py_RETURN_NONE;
    }
    int is_answer = take(&here, "ActionID: ", 10);
    if (!is_answer && !take(&here, "Privilege: ", 11)) {
        Py_RETURN_NONE;
    }
    Place action_id = take_value(&here);
    if (!is_line_end(&here)) {
        Py_RETURN_NONE;
    }

    long long micros = -1; /* since the epoch; sixteen digits fit */
    Place there = here;
    if (take_new_line(&there) && take(&there, "Timestamp: ", 11)) {
        micros = take_time(&there);
        if (micros >= 0) {
            here = there;
        }
    }

    Place fields[FIELDS];
    int is_of_channel = find_lines(&here, "", 0, fields);
    Head head = {is_answer, micros >= 0, is_of_channel};
    if (has_one_twice(here, &head)) {
        Py_RETURN_NONE;
    }
    Py_ssize_t length = is_ascii ? here.at - whole.at : letters_in(whole.at, here.at);

    PyObject *beginning = PyTuple_New(5);
    if (beginning != NULL) {
        PyObject *at = micros < 0 ? Py_NewRef(Py_None) : PyFloat_FromDouble((double)micros / 1e6);
        PyObject *channel = at == NULL      ? NULL
                            : is_of_channel ? channel_of(module, fields, is_ascii)
                                            : Py_NewRef(Py_None);
        PyTuple_SET_ITEM(beginning, 0, channel == NULL ? NULL : text_of(name, is_ascii));
        PyTuple_SET_ITEM(beginning, 1, at);
        PyTuple_SET_ITEM(beginning, 2, channel);
        PyTuple_SET_ITEM(beginning, 3, PyLong_FromSsize_t(length));
        PyTuple_SET_ITEM(beginning, 4, is_answer ? text_of(action_id, is_ascii) : Py_NewRef(Py_None));
        if (PyErr_Occurred()) {
            Py_CLEAR(beginning);
        }
    }
    return beginning;
}

static PyObject *
find_event_header(PyObject *self, PyObject *text)
{
    if (!PyUnicode_Check(text)) {
        return PyErr_Format(PyExc_TypeError, "a text is wanted, not %.100s", Py_TYPE(text)->tp_name);
    }
    Place whole;
    if (!open_text(text, &whole)) {
        return PyErr_Occurred() ? NULL : Py_NewRef(Py_None);
    }
    return beginning_of(PyModule_GetState(self), whole, PyUnicode_IS_ASCII(text));
}

/* A line that is no UTF-8 is read as Latin-1; of a letter that is cut at its end, nothing. */
static PyObject *
decoded_line(Place line)
{
    Py_ssize_t length = line.end - line.at, read = 0;
    PyObject *text = PyUnicode_DecodeUTF8Stateful(line.at, length, NULL, &read);
    int is_latin_1;
    if (text == NULL) {
        is_latin_1 = PyErr_ExceptionMatches(PyExc_UnicodeDecodeError);
        if (is_latin_1) {
            PyErr_Clear();
        }
    }
    else {
        is_latin_1 = length - read == 1 && (unsigned char)line.end[-1] >= BEGINS_THREE && PyUnicode_IS_ASCII(text);
    }
    if (is_latin_1) {
        Py_XDECREF(text);
        text = PyUnicode_DecodeLatin1(line.at, length, NULL);
    }
    return text;
}

/* Each line of the message by itself. */
static PyObject *
decoded_lines(Place message)
{
    PyObject *lines = PyList_New(0), *between = PyUnicode_FromString("\r\n"), *text = NULL;
    Place rest = message;
    int has_more = lines != NULL && between != NULL;
    while (has_more) {
        Place line = rest;
        has_more = skip_line(&rest);
        line.end = has_more ? rest.at - 2 : message.end;
        PyObject *decoded = decoded_line(line);
        if (decoded == NULL || PyList_Append(lines, decoded) < 0) {
            Py_CLEAR(lines);
            has_more = 0;
        }
        Py_XDECREF(decoded);
    }
    if (lines != NULL && between != NULL) {
        text = PyUnicode_Join(between, lines);
    }
    Py_XDECREF(lines);
    Py_XDECREF(between);
    return text;
}

static PyObject *
decoded(Place message)
{
    PyObject *text = text_of(message, 0);
    if (text == NULL && PyErr_ExceptionMatches(PyExc_UnicodeDecodeError)) {
        PyErr_Clear();
        text = decoded_lines(message);
    }
    return text;
}

/* Whether the message is an event of another name than these, or lacks the text that is wanted in those of
 * its name; -1 where it cannot be told.
 */
static int
is_unwanted(Place message, PyObject *wanted)
{
    Place rest = message;
    if (wanted == Py_None || !take(&rest, "Event: ", 7)) {
        return 0;
    }
    Place name = take_name(&rest);
    PyObject *bytes = PyBytes_FromStringAndSize(name.at, name.end - name.at);
    PyObject *text = bytes == NULL ? NULL : PyDict_GetItemWithError(wanted, bytes); /* it stays the dict's */
    Py_XDECREF(bytes);
    Py_ssize_t length;
    char *start;
    if (text == NULL || PyBytes_AsStringAndSize(text, &start, &length) < 0) {
        return PyErr_Occurred() ? -1 : 1;
    }
    return memmem(message.at, message.end - message.at, start, length) == NULL;
}

/* Where the blank line begins that ends what stands here; on the way it sees whether an LF stands alone. */
static const char *
find_blank_line(Place place, int *has_bare_lf)
{
    const char *start = place.at;
    while ((place.at = memchr(place.at, '\n', place.end - place.at)) != NULL) {
        const char *lf = place.at++;
        if (lf == start || lf[-1] != '\r') {
            *has_bare_lf = 1;
        }
        else if (is_new_line(&place)) {
            return lf - 1;
        }
    }
    return NULL;
}

static int
is_line_end_byte(char byte)
{
    return byte == '\r' || byte == '\n';
}

/* The next message of what stands before a blank line, without line ends around it; no where none is left. */
static int
take_message(Place *rest, int has_bare_lf, Place *message)
{
    if (rest->at == NULL) {
        return 0;
    }
    Place here = *message = *rest;
    rest->at = NULL;
    while (has_bare_lf && (here.at = memchr(here.at, '\n', here.end - here.at)) != NULL) {
        const char *lf = here.at++;
        Place there = here;
        int is_bare = lf == message->at || lf[-1] != '\r';
        if (is_bare && (take(&there, "Event: ", 7) || take(&there, "Response: ", 10))) {
            message->end = lf;
            rest->at = here.at;
            break;
        }
    }
    while (message->at < message->end && is_line_end_byte(*message->at)) {
        message->at++;
    }
    while (message->at < message->end && is_line_end_byte(message->end[-1])) {
        message->end--;
    }
    return 1;
}

/* Adds the message and how it begins; no where there was an error. */
static int
add_message(PyObject *self, PyObject *messages, Place message)
{
    PyObject *text = decoded(message);
    PyObject *beginning = text == NULL ? NULL : find_event_header(self, text);
    PyObject *pair = beginning == NULL ? NULL : PyTuple_Pack(2, text, beginning);
    int is_added = pair != NULL && PyList_Append(messages, pair) == 0;
    Py_XDECREF(pair);
    Py_XDECREF(beginning);
    Py_XDECREF(text);
    return is_added;
}

static PyObject *
split_messages(PyObject *self, PyObject *args)
{
    Place rest;
    Py_ssize_t length, dropped = 0;
    PyObject *wanted;
    if (!PyArg_ParseTuple(args, "y#O:split_messages", &rest.at, &length, &wanted)) {
        return NULL;
    }
    if (wanted != Py_None && !PyDict_Check(wanted)) {
        return PyErr_Format(PyExc_TypeError, "a dict is wanted, not %.100s", Py_TYPE(wanted)->tp_name);
    }
    const char *data = rest.at, *blank;
    int has_bare_lf = 0;
    rest.end = data + length;
    PyObject *messages = PyList_New(0);
    while (messages != NULL && (blank = find_blank_line(rest, &has_bare_lf)) != NULL) {
        Place message, stretch = {rest.at, blank};
        rest.at = blank + 4;
        while (messages != NULL && take_message(&stretch, has_bare_lf, &message)) {
            if (memchr(message.at, ':', message.end - message.at) == NULL) {
                continue;
            }
            int is_left_out = is_unwanted(message, wanted);
            dropped += is_left_out > 0;
            if (is_left_out < 0 || (is_left_out == 0 && !add_message(self, messages, message))) {
                Py_CLEAR(messages);
            }
        }
        has_bare_lf = 0;
    }
    return messages == NULL ? NULL : Py_BuildValue("Nnn", messages, rest.at - data, dropped);
}

/* The first two arguments of find_channel and find_values: a text, and a place in it. */
static int
open_at(PyObject *const *arguments, Py_ssize_t count, Place *place)
{
    if (count != 3 || !PyUnicode_Check(arguments[0])) {
        PyErr_SetString(PyExc_TypeError, "a text, a place in it and what to find are wanted");
        return 0;
    }
    Py_ssize_t start = PyLong_AsSsize_t(arguments[1]);
    if ((start == -1 && PyErr_Occurred()) || !open_text(arguments[0], place)) {
        return 0;
    }
    place->at = behind_letters(arguments[0], place, start);
    return 1;
}

static PyObject *
find_channel(PyObject *self, PyObject *const *arguments, Py_ssize_t count)
{
    Place here, fields[FIELDS];
    if (!open_at(arguments, count, &here)) {
        return PyErr_Occurred() ? NULL : Py_NewRef(Py_None);
    }
    Py_ssize_t length;
    const char *role = PyUnicode_AsUTF8AndSize(arguments[2], &length);
    if (role == NULL) {
        return NULL;
    }
    while ((here.at = memchr(here.at, '\r', here.end - here.at)) != NULL) {
        if (find_lines(&here, role, (size_t)length, fields)) {
            return channel_of(PyModule_GetState(self), fields, PyUnicode_IS_ASCII(arguments[0]));
        }
        here.at++;
    }
    Py_RETURN_NONE;
}

static PyObject *
find_values(PyObject *Py_UNUSED(self), PyObject *const *arguments, Py_ssize_t count)
{
    Place here;
    if (!open_at(arguments, count, &here)) {
        return PyErr_Occurred() ? NULL : Py_NewRef(Py_None);
    }
    PyObject *names = arguments[2];
    if (!PyTuple_Check(names)) {
        return PyErr_Format(PyExc_TypeError, "a tuple is wanted, not %.100s", Py_TYPE(names)->tp_name);
    }
    PyObject *values = PyTuple_New(PyTuple_GET_SIZE(names));
    for (Py_ssize_t line = 0; values != NULL && line < PyTuple_GET_SIZE(names); line++) {
        Py_ssize_t length;
        const char *name = PyUnicode_AsUTF8AndSize(PyTuple_GET_ITEM(names, line), &length);
        if (name == NULL) {
            Py_CLEAR(values);
            break;
        }
        if (!take_new_line(&here) || !take(&here, name, (size_t)length) || !take(&here, ": ", 2)) {
            Py_DECREF(values);
            Py_RETURN_NONE;
        }
        PyObject *value = text_of(take_value(&here), PyUnicode_IS_ASCII(arguments[0]));
        if (value == NULL) {
            Py_CLEAR(values);
            break;
        }
        PyTuple_SET_ITEM(values, line, value);
    }
    if (values != NULL && !is_line_end(&here)) {
        Py_DECREF(values);
        Py_RETURN_NONE;
    }
    return values;
}

/* -- the module ---------------------------------------------------------------------------------------- */

#define WITH_FEW(function) ((PyCFunction)(void (*)(void))(function)), METH_FASTCALL

/* What they are given and give: _wire.pyi. */
static PyMethodDef FUNCTIONS[] = {
    {"split_messages", split_messages, METH_VARARGS, "The messages in a piece of the stream."},
    {"find_event_header", find_event_header, METH_O, "How an event begins."},
    {"find_channel", WITH_FEW(find_channel), "The first channel behind a place."},
    {"find_values", WITH_FEW(find_values), "The values of lines that stand at a place."},
    {NULL, NULL, 0, NULL},
};

static int
begin_module(PyObject *self)
{
    Module *module = PyModule_GetState(self);
    PyObject *events = PyImport_ImportModule("adapter.asterisk.events");
    if (events == NULL) {
        return -1;
    }
    module->channel_type = PyObject_GetAttrString(events, "Channel");
    PyObject *state_type = PyObject_GetAttrString(events, "ChannelState");
    Py_DECREF(events);
    for (int state = 0; state_type != NULL && state < STATES; state++) {
        module->states[state] = PyObject_CallFunction(state_type, "i", state);
        if (module->states[state] == NULL) {
            break;
        }
    }
    Py_XDECREF(state_type);
    return PyErr_Occurred() ? -1 : 0;
}

static int
visit_module(PyObject *self, visitproc visit, void *arg)
{
    Module *module = PyModule_GetState(self);
    Py_VISIT(module->channel_type);
    for (int state = 0; state < STATES; state++) {
        Py_VISIT(module->states[state]);
    }
    return 0;
}

static int
clear_module(PyObject *self)
{
    Module *module = PyModule_GetState(self);
    Py_CLEAR(module->channel_type);
    for (int state = 0; state < STATES; state++) {
        Py_CLEAR(module->states[state]);
    }
    return 0;
}

static PyModuleDef_Slot SLOTS[] = {
    {Py_mod_exec, begin_module},
    {0, NULL},
};

static PyModuleDef DEFINITION = {
    PyModuleDef_HEAD_INIT,
    .m_name = "adapter.asterisk._wire",
    .m_doc = "What a message says in the lines that Asterisk writes together, as in wire.py.",
    .m_size = sizeof(Module),
    .m_methods = FUNCTIONS,
    .m_slots = SLOTS,
    .m_traverse = visit_module,
    .m_clear = clear_module,
};

PyMODINIT_FUNC
PyInit__wire(void)
{
    return PyModuleDef_Init(&DEFINITION);
}
