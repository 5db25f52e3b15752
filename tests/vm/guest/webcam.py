"""A webcam on USB, made of nothing: it answers the kernel's own driver for USB over a socket (vhci_hcd), so that the
kernel's own driver for webcams (uvcvideo) finds it. It offers one picture: 640×480, MJPEG, 15 a second, in a bulk
transfer each. Sizes and numbers are those of USB 2.0, of the video class 1.0, and of Documentation/usb/usbip_protocol.

It is unplugged when this program ends. While it is stopped (SIGSTOP) it answers nothing, and its driver hangs.
SIGUSR1 makes every other picture end in the middle, from then on.
"""

import collections
import select
import signal
import socket
import struct
import time

WIDTH, HEIGHT, RATE = 640, 480, 15
# In USB's words: units of 100 ns; more than any picture here takes.
INTERVAL, LARGEST = 10_000_000 // RATE, 16_384
VENDOR, PRODUCT = 0x046D, 0x082B
NAMES = ["", "Bench", "Webcam C170", "B3A7C1D9"]


def described(*parts):
    """A descriptor: its length, then its type and the rest."""
    body = b"".join(part if isinstance(part, bytes) else bytes([part]) for part in parts)
    return bytes([len(body) + 1]) + body


def u16(number):
    return struct.pack("<H", number)


def u32(number):
    return struct.pack("<I", number)


def device():
    return described(1, u16(0x0200), 0xEF, 2, 1, 64, u16(VENDOR), u16(PRODUCT), u16(0x0100), 1, 2, 3, 1)


def configuration():
    camera = described(0x24, 0x02, 1, u16(0x0201), 0, 0, u16(0), u16(0), u16(0), 3, bytes(3))
    to_usb = described(0x24, 0x03, 2, u16(0x0101), 0, 1, 0)
    length = 13 + len(camera) + len(to_usb)
    control = described(0x24, 0x01, u16(0x0100), u16(length), u32(48_000_000), 1, 1) + camera + to_usb
    mjpeg = described(0x24, 0x06, 1, 1, 1, 1, 0, 0, 0, 0)
    bits = LARGEST * 8 * RATE
    picture = described(
        0x24, 0x07, 1, 0, u16(WIDTH), u16(HEIGHT), u32(bits), u32(bits), u32(LARGEST), u32(INTERVAL), 1, u32(INTERVAL)
    )
    length = 14 + len(mjpeg) + len(picture)
    streaming = described(0x24, 0x01, 1, u16(length), 0x81, 0, 2, 0, 0, 0, 1, 0) + mjpeg + picture
    parts = (
        described(0x0B, 0, 2, 0x0E, 3, 0, 2)
        + described(4, 0, 0, 0, 0x0E, 1, 0, 0)
        + control
        + described(4, 1, 0, 1, 0x0E, 2, 0, 0)
        + streaming
        + described(5, 0x81, 2, u16(512), 0)
    )
    return described(2, u16(9 + len(parts)), 2, 1, 0, 0x80, 250) + parts


def string(index):
    text = u16(0x0409) if index == 0 else NAMES[index].encode("utf-16-le")
    return described(3, text)


def agreed():
    """What is agreed on for streaming, whatever was proposed: there is only one choice."""
    return struct.pack("<HBBIHHHHHII", 1, 1, 1, INTERVAL, 0, 0, 0, 0, 0, LARGEST, LARGEST)


def answer(setup):
    """To a control transfer; None refuses."""
    kind, request, value, _, length = struct.unpack("<BBHHH", setup)
    match kind, request, value >> 8:
        case 0x80, 6, 1:
            found = device()
        case 0x80, 6, 2:
            found = configuration()
        case 0x80, 6, 3 if value & 0xFF < len(NAMES):
            found = string(value & 0xFF)
        case 0x80 | 0x81 | 0x82, 0, _:
            found = bytes(2)
        case 0x00 | 0x01 | 0x02, _, _:
            found = b""
        case 0x21, 0x01, 1 | 2:
            found = b""
        case 0xA1, 0x86, 1 | 2:
            found = b"\x03"
        case 0xA1, 0x85, 1 | 2:
            found = u16(len(agreed()))
        case 0xA1, _, 1 | 2:
            found = agreed()
        case _:
            return None
    return found[:length]


def jpeg(moment):
    """A picture of squares of grey that move; YCbCr 4:2:2 without Huffman tables, as webcams send it."""
    categories = ["00", "010", "011", "100", "101", "110", "1110", "11110", "111110"]
    bits, before = [], 0
    for row in range(HEIGHT // 8):
        for column in range(WIDTH // 8):
            level = (7 * column + 5 * row + 25 * moment) % 200 - 100
            difference, before = level - before, level
            category = abs(difference).bit_length()
            bits.append(categories[category])
            if category:
                bits.append(f"{difference if difference > 0 else difference + (1 << category) - 1:0{category}b}")
            bits.append("1010")
            if column % 2:
                bits.append("00000000")
    coded = "".join(bits)
    coded += "1" * (-len(coded) % 8)
    scan = int(coded, 2).to_bytes(len(coded) // 8, "big").replace(b"\xff", b"\xff\x00")
    tables = b"".join(b"\xff\xdb\x00\x43" + bytes([table]) + b"\x08" * 64 for table in (0, 1))
    frame = b"\xff\xc0\x00\x11\x08" + struct.pack(">HH", HEIGHT, WIDTH) + b"\x03\x01\x21\x00\x02\x11\x01\x03\x11\x01"
    begin = b"\xff\xda\x00\x0c\x03\x01\x00\x02\x11\x03\x11\x00\x3f\x00"
    return b"\xff\xd8" + tables + frame + begin + scan + b"\xff\xd9"


class Webcam:
    def __init__(self, wire):
        self.wire = wire
        self.wanted = collections.deque()
        self.pictures = [jpeg(moment) for moment in range(4)]
        assert max(map(len, self.pictures)) + 2 < LARGEST
        self.sent = 0
        self.is_damaged = False
        signal.signal(signal.SIGUSR1, self.on_damage)

    def on_damage(self, *_):
        self.is_damaged = True

    def run(self):
        due = time.monotonic()
        while True:
            wait = max(0, due - time.monotonic())
            if select.select([self.wire], [], [], wait)[0]:
                self.on_message()
            if time.monotonic() >= due:
                due = max(due + 1 / RATE, time.monotonic())
                self.on_picture()

    def receive(self, length):
        data = b""
        while len(data) < length:
            part = self.wire.recv(length - len(data))
            if not part:
                raise SystemExit("the kernel has let go")
            data += part
        return data

    def on_message(self):
        message = self.receive(48)
        command, number, _, direction, endpoint = struct.unpack(">IIIII", message[:20])
        if command == 2:
            (other,) = struct.unpack(">I", message[20:24])
            was_waiting = other in self.wanted
            if was_waiting:
                self.wanted.remove(other)
            self.reply(4, number, -104 if was_waiting else 0)
            return
        (length,) = struct.unpack(">I", message[24:28])
        if direction == 0:
            self.receive(length)
        if endpoint == 1:
            self.wanted.append(number)
            return
        found = answer(message[40:48])
        if found is None:
            self.reply(3, number, -32)
        else:
            self.reply(3, number, 0, found if direction else b"", length)

    def on_picture(self):
        if not self.wanted:
            return
        picture = self.pictures[self.sent % len(self.pictures)]
        if self.is_damaged and self.sent % 2:
            picture = picture[: len(picture) // 2]
        # Its header: that it is one, that the picture ends with it, and whether it is an odd one.
        self.reply(3, self.wanted.popleft(), 0, bytes([2, 0x82 | self.sent % 2]) + picture)
        self.sent += 1

    def reply(self, command, number, status, data=b"", written=0):
        length = len(data) or written
        head = struct.pack(">IIIII", command, number, 0, 0, 0)
        self.wire.sendall(head + struct.pack(">iIIII8x", status, length, 0, 0, 0) + data)


def main():
    ours, kernels = socket.socketpair()
    webcam = Webcam(ours)
    # A high-speed device (3) at the first port.
    with open("/sys/devices/platform/vhci_hcd.0/attach", "w") as attach:
        attach.write(f"0 {kernels.fileno()} 65538 3")
    kernels.close()
    webcam.run()


main()
