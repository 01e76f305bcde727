'd\N{DASH}\0'
revision = '\x61\u0062\U00000063\144\
\q' r'\n' u'e'
down_revision = 'a-b' b'c'
