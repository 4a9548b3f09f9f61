/*
 * What Java itself has no means for: a process that was started before it was known what for takes on the variables
 * and the working directory of a start for it. Java reads the variables when it is first asked for one.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Of the table of the Java Native Interface, https://docs.oracle.com/en/java/javase/17/docs/specs/jni/functions.html */
enum { GET_ARRAY_LENGTH = 171, GET_BYTE_ARRAY_REGION = 200 };

typedef void *const *const *environment;
typedef int (*get_array_length)(environment, void *);
typedef void (*get_byte_array_region)(environment, void *, int, int, char *);

/* A directory and any number of `name=value`, with a NUL between each and the next. 0, or an errno. */
__attribute__((visibility("default"))) int Java_lambkin_runtime_Assignment_take(environment java, void *class, void *array) {
  (void)class;
  union {
    void *found;
    get_array_length call;
  } length_of = {(*java)[GET_ARRAY_LENGTH]};
  union {
    void *found;
    get_byte_array_region call;
  } copy = {(*java)[GET_BYTE_ARRAY_REGION]};
  int length = length_of.call(java, array);
  /* It stays: the variables lie in it. */
  char *text = malloc((size_t)length + 1);
  if (text == NULL) return ENOMEM;
  copy.call(java, array, 0, length, text);
  text[length] = 0;
  if (clearenv() != 0) return ENOMEM;
  for (char *at = text + strlen(text) + 1; at <= text + length; at += strlen(at) + 1)
    if (strchr(at, '=') != NULL && putenv(at) != 0) return errno;
  return chdir(text) == 0 ? 0 : errno;
}
