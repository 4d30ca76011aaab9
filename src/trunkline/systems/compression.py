"""Compressed input: gzip is recognised by its first bytes and unpacked as a stream, within bounds."""

import zlib
from collections.abc import Iterator
from typing import BinaryIO

from trunkline.quarantine import Rejected
from trunkline.systems.system import Origin

CHUNK = 16_384  # bytes; few enough that what is made of a chunk is still in the processor's cache when it is used
MAGIC = b"\x1f\x8b"

# Measurement files shrink 10 to 150 times; what unpacks far beyond that was made to fill memory or disks.
LARGEST_RATIO = 400
FREE = 16 * 1024 * 1024  # bytes of output from which the ratio counts


def uncompressed(stream: BinaryIO, origin: Origin) -> Iterator[bytes | Rejected]:
    """Yield the stream's bytes in chunks of at most `CHUNK`, unpacked where it is gzip (several members included).

    Ends with a `Rejected` where the archive is damaged, cut off, or unpacks to more than `LARGEST_RATIO` times its
    size; what came before is good. Offsets of these are in the compressed file.
    """
    data = stream.read(CHUNK)
    if not data.startswith(MAGIC):
        while data:
            yield data
            data = stream.read(CHUNK)
        return
    taken = made = 0
    unpacker = zlib.decompressobj(wbits=31)
    while data:
        taken += len(data)
        while data:
            try:
                chunk = unpacker.decompress(data, CHUNK)
            except zlib.error as error:
                yield origin.rejected("gzip.damaged", f"The gzip archive is damaged: {error}. Fetch the file again.",
                                      offset=taken - len(data), part=data)  # fmt: skip
                return
            made += len(chunk)
            if made > FREE and made > LARGEST_RATIO * taken:
                yield origin.rejected("gzip.bomb", f"The archive unpacks to more than {LARGEST_RATIO} times its size; "
                                      "the rest was not unpacked.", offset=taken - len(data), part=data)  # fmt: skip
                return
            if chunk:
                yield chunk
            data = unpacker.unconsumed_tail
            if unpacker.eof:
                # Zero bytes between or after members are padding, which gzip itself ignores.
                data = unpacker.unused_data.lstrip(b"\0")
                unpacker = zlib.decompressobj(wbits=31) if data else unpacker
        data = stream.read(CHUNK)
        if data and unpacker.eof:
            data = data.lstrip(b"\0")
            unpacker = zlib.decompressobj(wbits=31)
    if not unpacker.eof:
        yield origin.rejected("gzip.truncated", "The gzip archive is cut off: the file was fetched before it was "
                              "complete, or its transfer broke. Fetch it again.", offset=taken)  # fmt: skip
