"""Lossless JPEG streams that the usual encoders do not write: every predictor, point transforms, restart markers.

ITU-T T.81, annex H. Seventeen codes of five bits; slow, for small pictures.
"""


def predictions(left, above, corner):
    return {
        1: left,
        2: above,
        3: corner,
        4: left + above - corner,
        5: left + ((above - corner) >> 1),
        6: above + ((left - corner) >> 1),
        7: (left + above) >> 1,
    }


def difference(bits, value):
    value = (value + 32768) % 65536 - 32768
    if value == -32768:
        return bits + f"{16:05b}"
    length = abs(value).bit_length()
    bits += f"{length:05b}"
    return bits + (f"{value + (1 << length) - 1 if value < 0 else value:0{length}b}" if length else "")


def flushed(bits):
    bits += "1" * (-len(bits) % 8)
    data = bytes(int(bits[at : at + 8], 2) for at in range(0, len(bits), 8))
    return data.replace(b"\xff", b"\xff\0")


def entropy_coded(rows, precision, predictor, transform, restart):
    data, bits = b"", ""
    for number, row in enumerate(rows):
        starts = number == 0 or (restart and number % restart == 0)
        if starts and number:
            data += flushed(bits) + bytes([0xFF, 0xD0 + (number // restart - 1) % 8])
            bits = ""
        for at, value in enumerate(row):
            if starts:
                known = row[at - 1] if at else 1 << (precision - transform - 1)
            elif at == 0:
                known = rows[number - 1][0]
            else:
                above = rows[number - 1]
                known = predictions(row[at - 1], above[at], above[at - 1])[predictor]
            bits = difference(bits, value - known)
    return data + flushed(bits)


def encode(array, precision, predictor=1, transform=0, restart=0):
    """`array` of two dimensions; its lowest `transform` bits are lost; `restart` is in rows."""
    rows = [[int(value) >> transform for value in row] for row in array]
    height, width = array.shape
    stream = b"\xff\xd8\xff\xc4" + (36).to_bytes(2) + bytes([0, 0, 0, 0, 0, 17] + [0] * 11) + bytes(range(17))
    if restart:
        stream += b"\xff\xdd\0\4" + (restart * width).to_bytes(2)
    stream += b"\xff\xc3\0\x0b" + bytes([precision]) + height.to_bytes(2) + width.to_bytes(2) + bytes([1, 1, 0x11, 0])
    stream += b"\xff\xda\0\x08\1\1\0" + bytes([predictor, 0, transform])
    return stream + entropy_coded(rows, precision, predictor, transform, restart) + b"\xff\xd9"
