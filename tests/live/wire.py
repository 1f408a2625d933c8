"""A bad network cable: whoever in this namespace talks to 10.9.0.2 talks to 10.9.0.1 over it.

    wire.py DELAY_MS JITTER_MS LOSS_PERCENT

Packets to 10.9.0.2 come out of a TUN device, wait, get lost, and go in again with their two addresses swapped, which leaves
every checksum right. Kernels without netem can have that too. Says "up" when the wire is there; needs CAP_NET_ADMIN.
"""

import fcntl
import os
import random
import select
import struct
import subprocess
import sys
import time

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000


def open_wire():
    """The TUN device `wire`, up, with the address 10.9.0.1."""
    tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH22x", b"wire", IFF_TUN | IFF_NO_PI))
    for words in ("addr add 10.9.0.1/24 dev wire", "link set wire up"):
        subprocess.run(["ip", *words.split()], check=True)
    return tun


def main(delay, jitter, loss):
    """Relays until killed. Packets stay in order, as on one path."""
    tun, chance, waiting, due = open_wire(), random.Random(1), [], 0.0
    print("up", flush=True)
    while True:
        timeout = max(0.0, waiting[0][0] - time.monotonic()) if waiting else None
        if select.select([tun], [], [], timeout)[0]:
            packet = os.read(tun, 65536)
            is_lost = packet[0] >> 4 != 4 or chance.random() * 100 < loss
            if not is_lost:
                wait = (delay + chance.uniform(-jitter, jitter)) / 1000
                due = max(due, time.monotonic() + wait)
                waiting.append((due, packet[:12] + packet[16:20] + packet[12:16] + packet[20:]))
        while waiting and waiting[0][0] <= time.monotonic():
            os.write(tun, waiting.pop(0)[1])


if __name__ == "__main__":
    main(*map(float, sys.argv[1:]))
