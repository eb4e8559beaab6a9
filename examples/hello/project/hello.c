/* Greets whoever runs it, in their language. */
#include <libintl.h>
#include <locale.h>
#include <stdio.h>

#ifndef LOCALEDIR
#define LOCALEDIR "/usr/share/locale"
#endif

int main(void)
{
    setlocale(LC_ALL, "");
    bindtextdomain("hello", LOCALEDIR);
    textdomain("hello");
    puts(gettext("Hello, world!"));
    return 0;
}
