"""Real slaves on a real line: pymodbus's own server. `python slaves.py PORT SLAVE…`; it prints `ready`.

A slave's number below zero: it is there and hears, and its answers are lost. Each slave has holding registers
0 to 15 with 100 times its address and the register's number in them.
"""

import asyncio
import sys

from pymodbus import FramerType
from pymodbus.server import ModbusSerialServer
from pymodbus.simulator import DataType, SimData, SimDevice

REGISTERS = 16


def device(slave: int) -> SimDevice:
    """Return a slave."""
    values = [100 * slave + register for register in range(REGISTERS)]
    return SimDevice(slave, simdata=[SimData(0, values=values, datatype=DataType.REGISTERS)])


async def serve(port: str, slaves: list[int]) -> None:
    """Answer until killed."""

    def lost(is_sent: bool, packet: bytes) -> bytes:
        return b"" if is_sent and -packet[0] in slaves else packet

    devices = [device(abs(slave)) for slave in slaves]
    server = ModbusSerialServer(devices, framer=FramerType.RTU, port=port, baudrate=19_200, trace_packet=lost)
    await server.serve_forever(background=True)
    print("ready", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], [int(each) for each in sys.argv[2:]]))
