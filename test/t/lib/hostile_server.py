"""A server that lies: hostile_server.py FOLDER SEED

Listens on the socket FOLDER/.s.PGSQL.5432 and speaks enough of the protocol to be connected to. Its
answers have wrong shapes, control characters, invalid UTF-8, huge numbers of columns, or end early.
What it does follows from the database's name, a number.
"""
import os
import random
import socket
import struct
import sys
import threading

EVIL = [b"\x1b]0;owned\x07", b"\x1b[2J", b"\xff\xfe", b"\x00"[:0], b"%s%n", b"\xe2\x80\xae" + b"evil", b"a" * 70000,
        b"'; DROP TABLE x; --", b"../../etc/passwd", b"{", b"{\"a\":", b"[" * 5000, b"99999999999999999999", b"-1", b"mighead",
        b"\"\"", b"\r\nX", b"\xc2\x9b31m", b"1"]


def message(kind, body):
    return kind + struct.pack("!i", len(body) + 4) + body


def row(random_, columns):
    body = struct.pack("!h", columns)
    for _ in range(columns):
        if random_.random() < 0.15:
            body += struct.pack("!i", -1)
        else:
            value = random_.choice(EVIL)
            body += struct.pack("!i", len(value)) + value
    return message(b"D", body)


def description(random_, columns):
    body = struct.pack("!h", columns)
    for _ in range(columns):
        name = random_.choice(EVIL[:2] + [b"x"]).replace(b"\0", b"")
        body += name + b"\0" + struct.pack("!ihihih", 0, 0, 25, -1, -1, 0)
    return message(b"T", body)


def error(random_, kind=b"E"):
    body = b""
    for field in b"SVCMDH":
        if random_.random() < 0.9:
            body += bytes([field]) + (b"ERROR" if field in b"SV" else random_.choice(EVIL)) + b"\0"
    return message(kind, body + b"\0")


def answer(random_, query, extended):
    """The messages to a query; truthful enough often enough that commands get far."""
    out = b"1" + struct.pack("!i", 4) + b"2" + struct.pack("!i", 4) if extended else b""
    word = query.split(b" ")[0].rstrip(b";\0").upper()
    if random_.random() < 0.2:
        out += error(random_, b"N")
    roll = random_.random()
    if roll < 0.05:
        return out + error(random_)
    if roll < 0.08:
        return None
    if roll < 0.10:
        return out + bytes(random_.randrange(256) for _ in range(40))
    if word == b"COPY":
        return out + message(b"G", struct.pack("!bhhh", 1, 2, 1, 1)) if roll < 0.9 else out + message(b"C", b"COPY 1\0")
    if word in (b"BEGIN", b"SET", b"CREATE", b"COMMIT") and roll < 0.93:
        return out + message(b"C", word + b"\0")
    if b"pg_extension" in query and b"nspname" in query and roll < 0.9:
        name = b"public" if roll < 0.7 else random_.choice(EVIL)
        return (out + description(random_, 1) + message(b"D", struct.pack("!hi", 1, len(name)) + name) + message(b"C", b"SELECT 1\0"))
    # as many columns as are selected at the top, or any number
    depth, columns = 0, 1
    for byte in query.split(b" FROM ")[0] if roll < 0.95 else b"":
        depth += (byte == 40) - (byte == 41)
        columns += byte == 44 and depth == 0
    if roll > 0.9:
        columns = random_.choice([0, 1, 3, 100])
    out += description(random_, columns)
    for _ in range(random_.choice([0, 1, 1, 3, 20])):
        out += row(random_, columns if roll < 0.97 else random_.choice([0, columns, columns + 1]))
    return out + message(b"C", random_.choice([b"SELECT 1", b"", EVIL[0]]) + b"\0")


def receive(connection, size):
    data = b""
    while len(data) < size:
        part = connection.recv(size - len(data))
        if not part:
            raise EOFError
        data += part
    return data


def serve(connection, seed):
    while True:
        length, code = struct.unpack("!ii", receive(connection, 8))
        body = receive(connection, length - 8)
        if code != 80877103:  # SSLRequest
            break
        connection.sendall(b"N")
    database = body.split(b"\0database\0")[-1].split(b"\0")[0]
    random_ = random.Random("%s %s" % (seed, database))
    ready = message(b"Z", b"T")
    # libpq takes notices before the server is ready
    notice = message(b"N", b"SWARNING\0M" + b"".join(EVIL[:3]) + b"\0\0") if random_.random() < 0.5 else b""
    connection.sendall(message(b"R", struct.pack("!i", 0)) + notice + message(b"S", b"client_encoding\0UTF8\0")
                       + message(b"S", b"server_version\0" + b"15.0\0") + message(b"S", b"standard_conforming_strings\0on\0") + ready)
    query, copying = b"", False
    while True:
        kind = receive(connection, 1)
        body = receive(connection, struct.unpack("!i", receive(connection, 4))[0] - 4)
        if kind == b"X":
            return
        if kind == b"P":
            query = body.split(b"\0")[1]
        if kind in (b"Q", b"S") and not copying:
            out = answer(random_, body if kind == b"Q" else query, kind == b"S")
            if out is None:
                return
            copying = b"G" + struct.pack("!i", 11) in out
            connection.sendall(out if copying else out + ready)
        if kind in (b"c", b"f"):
            copying = False
            connection.sendall((message(b"C", b"COPY 1\0") if random_.random() < 0.8 else error(random_)) + ready)


def guarded(connection, seed):
    try:
        serve(connection, seed)
    except (EOFError, OSError, struct.error, IndexError):
        pass
    finally:
        connection.close()


def main():
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(os.path.join(sys.argv[1], ".s.PGSQL.5432"))
    listener.listen(16)
    print("ready", flush=True)
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=guarded, args=(connection, sys.argv[2]), daemon=True).start()


main()
